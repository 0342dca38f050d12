from __future__ import annotations

import inspect

import pytest

from sozialraum import need

# These take the results of the stages before; a run shows them (see the notebooks).
STAGES = {"assess", "standing"}


@pytest.mark.parametrize("name", need.__all__)
def test_every_public_name_is_there_and_shows_an_example(name):
    thing = getattr(need, name)
    text = inspect.getdoc(thing) or ""
    assert text
    if inspect.isfunction(thing) and thing.__module__.rpartition(".")[2] not in STAGES:
        assert "Examples\n--------\n>>> " in text
        assert "Parameters\n----------" in text
        assert "Returns\n-------" in text


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = need.nothing


def test_listing_the_names_loads_no_module():
    assert set(need.__all__) <= set(dir(need))
