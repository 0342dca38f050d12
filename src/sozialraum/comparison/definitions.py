"""What two runs must have in common before their figures are set beside each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from sozialraum.errors import StudyError
from sozialraum.study.compared import compared

if TYPE_CHECKING:
    from sozialraum.publish.finished import Finished
    from sozialraum.study import Study
    from sozialraum.study.model import Edition

_NO_DEFINITION = {"edition", "previous", "rank_draws", "coverage", "top", "design_effect"}
"""Settings of `indicators` that change precision or date, not what is measured."""

FLAG = "--although-different"


@dataclass(frozen=True)
class Difference:
    """One definition that differs.

    Attributes
    ----------
    measure : {'share', 'index', 'dynamics', 'region'}
    title : str
        What differs, German.
    before, after : str
        How each run defines it.
    """

    measure: str
    title: str
    before: str
    after: str


def same_figures(before: Finished, after: Finished) -> bool:
    """Whether both runs show the same counts, so that nothing between them can be chance.

    True where edition, reference date, and what the study says about its counts are equal, and
    the files they are read from have the same hashes.
    """
    return _counted(before) == _counted(after)


def _counted(run: Finished) -> tuple[Any, ...]:
    edition = edition_of(run.study)
    asked = [
        None if part is None else part.model_dump(mode="json")
        for part in (run.study.population, run.study.counts, run.study.old_age, edition)
    ]
    patterns = {text for part in asked for text in _texts(part)}
    inputs = sorted(
        (name, record["sha256"])
        for name, record in run.manifest["inputs"].items()
        if any(fnmatchcase(name, pattern) for pattern in patterns)
    )
    derived = bool(run.content.figures.get("counts_derived", True))
    return run.info.reference_date, derived, asked, inputs


def _texts(value: Any) -> Iterator[str]:
    """Every text in nested values."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts(part)


def differences(before: Finished, after: Finished) -> list[Difference]:
    """Definitions of share, index, dynamics and region that differ between two runs.

    Parameters
    ----------
    before, after : Finished

    Returns
    -------
    list of Difference
        Empty where all measures mean the same in both.

    Raises
    ------
    StudyError
        The runs have no planning areas in common, or not the same ones.
    """
    areas = [set(run.content.areas.index) for run in (before, after)]
    if areas[0] != areas[1]:
        only = [len(areas[0] - areas[1]), len(areas[1] - areas[0])]
        raise StudyError(
            f"The runs have different areas: {only[0]} only in the first, {only[1]} only in the "
            "second",
            where=f"{before.folder} and {after.folder}",
            expected="two runs over the same areas of the same layer",
            hint="Run the earlier study again on the areas of the later one",
        )
    found = []
    for measure, title, define in (
        ("share", "Anteil der Leistungsberechtigten", _share),
        ("index", "Bedarfsindex und Statusklasse", _index),
        ("dynamics", "Dynamik", _dynamics),
    ):
        told = [define(run) for run in (before, after)]
        if told[0] != told[1]:
            found.append(Difference(measure, title, *told))
    return found


def check_comparable(
    before: Finished, after: Finished, *, although_different: bool = False
) -> list[Difference]:
    """Refuse to compare shares or indices that are defined differently.

    A difference in the dynamics alone is not refused: changes of a change are not compared.

    Parameters
    ----------
    although_different : bool
        Compare nevertheless; the result names every difference.

    Returns
    -------
    list of Difference

    Raises
    ------
    StudyError
        Share or index are defined differently; the message says how.
    """
    found = differences(before, after)
    refused = [d for d in found if d.measure in ("share", "index")]
    if refused and not although_different:
        first = refused[0]
        raise StudyError(
            f"The runs define '{first.title}' differently: {first.before} / {first.after}"
            + (f"; and {len(refused) - 1} more" if len(refused) > 1 else ""),
            where=f"{before.folder} and {after.folder}",
            expected="the same indicators and the same base of the share",
            hint=f"Run one of them with the other's definitions, or add {FLAG}: the page then "
            "says so at its top",
        )
    return found


def _share(run: Finished) -> str:
    """What the share counts, and of whom; rounded counts are not exact ones."""
    rules = run.study.disclosure
    rounded = f", gerundet auf Vielfache von {rules.rounding_base}"
    return _counts(run) + (rounded if rules.method == "round" else "")


def _counts(run: Finished) -> str:
    study = run.study
    if not run.content.figures.get("counts_derived", True):
        base = getattr(study.counts, "base", "")
        of = f" je {base}" if base else ""
        return f"{study.counts.ba_measure} aus einer Tabelle{of}"
    edition = edition_of(study)
    if edition is None:
        return "Zahl aus einer Tabelle"
    parts = [f"{i} (auf {edition.bases.get(i, '?')})" for i in study.counts.from_indicators]
    return f"abgeleitet aus {' und '.join(parts)}, auf alle Einwohnerinnen und Einwohner"


def _index(run: Finished) -> str:
    study, edition = run.study, edition_of(run.study)
    what = "der Anteil allein" if edition is None else ", ".join(sorted(edition.indicators))
    return "; ".join([f"Indikatoren {what}", *_rules(study)])


def edition_of(study: Study) -> Edition | None:
    """The edition of the index; None where the share alone ranks."""
    return None if study.indicators.edition is None else study.edition(study.indicators.edition)


def _rules(study: Study) -> list[str]:
    """Every setting that changes how indicators become an index, as 'setting value'."""
    dump: dict[str, Any] = study.indicators.model_dump(mode="json", exclude=_NO_DEFINITION)
    for section in ("composite", "index"):
        extra = getattr(study, section, None)
        if extra is not None:
            dump[section] = extra.model_dump(mode="json")
    return [f"{key} {dump[key]}" for key in sorted(dump) if dump[key] not in (None, [], {}, "")]


def _dynamics(run: Finished) -> str:
    found = compared(run.study)
    if found is None:
        return "keine"
    if found.earlier is None:
        return f"veröffentlichte Veränderungen {', '.join(found.names)}"
    years = round((found.later.reference_date - found.earlier.reference_date).days / 365.25)
    return f"Indikatoren {', '.join(sorted(found.names))} über {years} Jahre"
