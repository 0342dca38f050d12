"""What the package offers by name."""

import pytest

from sozialraum import access


def test_every_public_name_exists_and_an_unknown_one_is_refused():
    for name in access.__all__:
        assert getattr(access, name).__doc__
    assert dir(access) == access.__all__
    with pytest.raises(AttributeError, match="nothing"):
        _ = access.nothing
