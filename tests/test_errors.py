"""Errors that a person can act on."""

from __future__ import annotations

import pickle

import pytest

from sozialraum.errors import InputError, SozialraumError
from sozialraum.presence.problem import InfeasibleError


@pytest.mark.parametrize(
    "error",
    [
        InputError("A name is unknown", where="a.csv, row 3", hint="Did you mean 'b'?"),
        InfeasibleError("2 rooms are wanted", rule="p", shortfall=1, hint="Take fewer"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_of_the_second_process_says_what_it_said_there(error: SozialraumError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))
