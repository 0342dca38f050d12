"""Joining a table to the list of planning areas, and saying loudly what did not join."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sozialraum.errors import InputError
from sozialraum.sources.tables import normal_name

if TYPE_CHECKING:
    import pandas as pd

MOST_NAMED = 12


@dataclass
class JoinAudit:
    """What happened when the sources were joined.

    Attributes
    ----------
    findings : list of dict
        `source`, `kind` (matched, missing, extra, no_value, name_differs, total_differs, overlap,
        gap, note), `count`, `detail` (German, for readers), `area_ids`.
    """

    findings: list[dict[str, object]] = field(default_factory=list)

    def add(
        self,
        source: str,
        kind: str,
        detail: str,
        ids: Collection[str] = (),
        count: int | None = None,
    ) -> None:
        """Record one finding."""
        self.findings.append(
            {
                "source": source,
                "kind": kind,
                "count": len(ids) if count is None else count,
                "detail": detail,
                "area_ids": sorted(ids),
            }
        )

    def frame(self) -> pd.DataFrame:
        """The findings as a table."""
        import pandas as pd

        columns = ["source", "kind", "count", "detail", "area_ids"]
        return pd.DataFrame(self.findings, columns=columns)


def listed(ids: Collection[str]) -> str:
    """The first few ids, for a message."""
    shown = sorted(map(str, ids))
    more = f" and {len(shown) - MOST_NAMED} more" if len(shown) > MOST_NAMED else ""
    return ", ".join(shown[:MOST_NAMED]) + more


def join(
    areas: pd.DataFrame,
    table: pd.DataFrame,
    *,
    source: str,
    audit: JoinAudit,
    exceptions: Collection[str] = (),
    value: str | None = None,
) -> pd.DataFrame:
    """Bring a table into the order of the areas.

    Parameters
    ----------
    areas : pandas.DataFrame
        Index `area_id`, unique; column `name`.
    table : pandas.DataFrame
        Index of area ids; a column `name`, where present, is compared and then dropped.
    source : str
        What the table is, for audit and messages.
    audit : JoinAudit
        Receives what did and did not match.
    exceptions : collection of str
        Ids that may be missing on one side; the study names them.
    value : str, optional
        Column whose missing values are counted in the audit.

    Returns
    -------
    pandas.DataFrame
        The table's columns, one row per area in the order of `areas`; NaN where the area is a
        named exception.

    Raises
    ------
    InputError
        An id stands twice, or the two key sets differ by more than the named exceptions.

    Examples
    --------
    >>> import pandas as pd
    >>> areas = pd.DataFrame({"name": ["A-Kiez", "B"]}, index=["01", "02"])
    >>> table = pd.DataFrame({"name": ["A Kiez", "B"], "n": [3, 4]}, index=["01", "02"])
    >>> audit = JoinAudit()
    >>> join(areas, table, source="register", audit=audit)["n"].tolist()
    [3, 4]
    >>> [f["kind"] for f in audit.findings]
    ['matched', 'name_differs']
    """
    twice = table.index[table.index.duplicated()].unique()
    if len(twice):
        raise InputError(
            f"{len(twice)} area id(s) stand more than once: {listed(twice)}",
            where=source,
            expected="one row for each area",
            hint="Correct the file, or mend the ids explicitly when reading it",
        )
    allowed = set(exceptions)
    missing = set(areas.index) - set(table.index)
    extra = set(table.index) - set(areas.index)
    if missing - allowed or extra - allowed:
        raise InputError(
            f"The area ids do not match the area layer: {len(missing - allowed)} missing"
            + (f" ({listed(missing - allowed)})" if missing - allowed else "")
            + f", {len(extra - allowed)} unknown"
            + (f" ({listed(extra - allowed)})" if extra - allowed else ""),
            where=source,
            expected=f"the {len(areas)} ids of the area layer, as text",
            hint="Check the vintage of the boundaries (ids changed in 2021); "
            "ids that may differ are named in the study under 'exceptions'",
        )
    matched = len(set(areas.index) & set(table.index))
    audit.add(source, "matched", f"{matched} von {len(areas)} Gebieten zugeordnet", count=matched)
    if missing:
        audit.add(
            source, "missing", "im Datensatz nicht enthalten (in der Studie zugelassen)", missing
        )
    if extra:
        audit.add(source, "extra", "nur im Datensatz enthalten (in der Studie zugelassen)", extra)
    joined = table.reindex(areas.index)
    if "name" in joined:
        theirs, ours = joined.pop("name"), areas["name"]
        differ = theirs.notna() & (theirs.astype(str).str.strip() != ours.astype(str).str.strip())
        if differ.any():
            detail = _names_that_differ(areas[differ], theirs)
            audit.add(source, "name_differs", detail, list(areas.index[differ]))
    if value is not None and value in joined:
        empty = areas.index[joined[value].isna()]
        if len(empty):
            audit.add(source, "no_value", f"Gebiete ohne Wert ({value})", list(empty))
    return joined


def _names_that_differ(areas: pd.DataFrame, theirs: pd.Series) -> str:
    """Pairs of names, first those of the region and those that differ in more than spelling."""
    ours = areas["name"]
    other = {i for i in areas.index if normal_name(theirs[i]) != normal_name(ours[i])}
    inside = areas["in_region"] if "in_region" in areas else ours.notna()
    order = sorted(areas.index, key=lambda i: (not inside[i], i not in other, i))
    pairs = [f"{i}: {ours[i]} / {theirs[i]}" for i in order[:MOST_NAMED]]
    if len(order) > MOST_NAMED:
        pairs.append(f"und {len(order) - MOST_NAMED} weitere")
    if not other:
        return f"Namen weichen nur in der Schreibweise ab: {'; '.join(pairs)}"
    only = f"{len(other)} davon nicht nur in der Schreibweise"
    return f"Namen weichen ab, {only}: {'; '.join(pairs)}"


def _about(total: float, of_areas: float) -> str:
    percent = 100 * abs(total - of_areas) / max(total, of_areas)
    much = "weniger als 1" if percent < 1 else f"rund {percent:.0f}"
    return f"um {much} Prozent {'größer' if total > of_areas else 'kleiner'}"


def compare_total(
    audit: JoinAudit, source: str, what: str, total: float, of_areas: float, tolerance: float = 0.5
) -> None:
    """Record where a published total differs from the sum of its areas, and roughly by how much.

    Neither number is told: the sum would be one more total from which a count that is withheld
    could be computed.

    Parameters
    ----------
    audit : JoinAudit
        Receives the finding.
    source, what : str
        The table, and what is counted (German).
    total, of_areas : float
        The published total and the sum of the areas with a figure.
    tolerance : float
        A difference up to this is rounding.

    Examples
    --------
    >>> audit = JoinAudit()
    >>> compare_total(audit, "register", "Einwohner", total=103, of_areas=100)
    >>> audit.findings[0]["detail"].split(" als ")[0]
    'Einwohner: veröffentlichte Summe um rund 3 Prozent größer'
    """
    if abs(total - of_areas) > tolerance:
        audit.add(
            source,
            "total_differs",
            f"{what}: veröffentlichte Summe {_about(total, of_areas)} als die der Gebiete mit "
            "Angabe; die Differenz sind Gebiete ohne Angabe und Personen, die keinem Gebiet "
            "zugeordnet sind",
            count=1,
        )
