"""Errors that a person can act on.

Every error that leaves the program is one paragraph: what is wrong, where (file, sheet, row,
column), what was expected, and what to do. The command line prints it and ends with `exit_code`.
"""

from __future__ import annotations

from typing import Any


class SozialraumError(Exception):
    """Base of all errors that are meant for a reader.

    Parameters
    ----------
    what : str
        What is wrong, as a sentence without the final stop.
    where : str, optional
        File, sheet, row, column or study key.
    expected : str, optional
        What was expected there.
    hint : str, optional
        What to do about it.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", expected: str = "", hint: str = "") -> None:
        self.what, self.where, self.expected, self.hint = what, where, expected, hint
        parts = [what.rstrip(".") + (f" ({where})." if where else ".")]
        if expected:
            parts.append(f"Expected: {expected.rstrip('.')}.")
        if hint:
            parts.append(hint if hint.endswith("?") else hint.rstrip(".") + ".")
        super().__init__(_paragraph(" ".join(parts)))

    def __reduce__(self) -> tuple[Any, ...]:
        """The same sentence in another process: it is not what the constructor takes."""
        return _again, (type(self), str(self), vars(self))


def _again(kind: type[SozialraumError], text: str, state: dict[str, Any]) -> SozialraumError:
    error = kind.__new__(kind, text)
    vars(error).update(state)
    return error


def _paragraph(text: str) -> str:
    """One line without signs that steer a terminal: parts of it come from files of strangers."""
    return "".join(c if c.isprintable() else "\ufffd" for c in " ".join(text.split()))


class StudyError(SozialraumError):
    """The call or the study file is wrong."""

    exit_code = 2


class InputError(SozialraumError):
    """Input data cannot be used."""

    exit_code = 3


class DisclosureError(SozialraumError):
    """Publishing was stopped by disclosure control."""

    exit_code = 4


class EnvironmentFault(SozialraumError):
    """Disk, network, permission or a missing program."""

    exit_code = 5
