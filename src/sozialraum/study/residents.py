"""Which residents a study counts: its own register, or the one of the edition it computes.

Shares are turned into counts of persons by residents of the same day. A study that names none
therefore takes the register of its edition, and takes another one as soon as the edition changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sozialraum.errors import StudyError

if TYPE_CHECKING:
    from sozialraum.study.model import Register, Study


def with_residents(document: Any) -> Any:
    """Fill in the register of the edition where a document of a study has no `population`.

    Without an edition (the share alone ranks), the register of the latest edition that has one.

    Parameters
    ----------
    document : mapping or anything
        As read from a file; what is no study comes back as it is.

    Examples
    --------
    >>> register = {"path": "2022.csv", "reference_date": "2022-12-31"}
    >>> edition = {"id": "2023", "reference_date": "2022-12-31", "register": register}
    >>> study = {"indicators": {"edition": "2023"}, "editions": [edition]}
    >>> with_residents(study)["population"]["path"]
    '2022.csv'
    """
    if not isinstance(document, dict) or document.get("population") is not None:
        return document
    register = _of_edition(document)
    return document if register is None else document | {"population": register}


def without_residents(document: dict[str, Any]) -> dict[str, Any]:
    """Take out a `population` that is the edition's own, so that another edition brings its own.

    Examples
    --------
    >>> register = {"path": "2022.csv", "reference_date": "2022-12-31"}
    >>> edition = {"id": "2023", "reference_date": "2022-12-31", "register": register}
    >>> study = {"indicators": {"edition": "2023"}, "editions": [edition]}
    >>> without_residents(with_residents(study)) == study
    True
    """
    register = _of_edition(document)
    if register is None or document.get("population") != register:
        return document
    return {key: value for key, value in document.items() if key != "population"}


def _of_edition(document: dict[str, Any]) -> Any:
    rules = document.get("indicators")
    wanted = rules.get("edition") if isinstance(rules, dict) else None
    found = [e for e in _editions(document) if e.get("register") is not None]
    if wanted is not None:
        found = [e for e in found if e.get("id") == wanted]
    found.sort(key=lambda e: str(e.get("reference_date")))
    return found[-1]["register"] if found else None


def _editions(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    editions = document.get("editions")
    for edition in editions if isinstance(editions, list | tuple) else ():
        if isinstance(edition, dict):
            yield edition


def residents_missing(study: Study) -> str:
    """What to say where a study has no residents at all."""
    wanted = study.indicators.edition
    if wanted is None:
        why, date = "no edition has a register", "DATE"
    else:
        why = f"the edition {wanted!r} has no register"
        date = study.edition(wanted).reference_date.isoformat()
    return (
        f"is missing, and {why}; write 'population: {{path: FILE, reference_date: {date}}}' "
        "with a table of residents by age"
    )


def check_residents(study: Study) -> None:
    """Refuse residents of another day than the shares that counts are derived from.

    To be called where no workbook and no table gives the counts. An edition without a register
    is let through: no count is derived from it.

    Raises
    ------
    StudyError
        Names both dates and the lines to write.

    Examples
    --------
    >>> import sozialraum as sr
    >>> check_residents(sr.load_study("demo"))
    """
    if study.indicators.edition is None:
        return
    edition = study.edition(study.indicators.edition)
    own = edition.register_
    if own is None or study.population.reference_date == own.reference_date:
        return
    raise StudyError(
        f"The residents are of {study.population.reference_date}, the shares of the edition "
        f"{edition.id} of {edition.reference_date}, and no workbook gives the counts",
        where="population.reference_date",
        expected="residents of the same day, because counts of persons are derived from shares "
        "and residents",
        hint=f"Take the register of that edition: write '{_line(own, study.population)}'",
    )


def _line(register: Register, instead_of: Register) -> str:
    """One line of YAML that replaces a register, whichever settings the other one has."""
    import yaml

    ours = register.model_dump(mode="json", by_alias=True)
    usual = register.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    theirs = instead_of.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    said = {key: value for key, value in ours.items() if key in usual or key in theirs}
    said["reference_date"] = register.reference_date  # written without quotes
    flow = yaml.safe_dump(
        said, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10**6
    )
    return f"population: {flow.strip()}"
