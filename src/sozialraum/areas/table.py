"""One table per study: the planning areas with everything the sources say about them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sozialraum.areas import other
from sozialraum.areas.hierarchy import unit_ids
from sozialraum.areas.join import JoinAudit, compare_total, join
from sozialraum.errors import InputError
from sozialraum.inputs import Inputs, data_folder
from sozialraum.study import Study
from sozialraum.study.model import Edition, Register
from sozialraum.study.residents import check_residents

LARGEST_OVERLAP = 0.01
"""Share of the smaller of two areas that may lie in both."""

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd


@dataclass
class AreaTable:
    """The joined inputs of a study.

    Attributes
    ----------
    study : Study
    areas : geopandas.GeoDataFrame
        All areas of the layer (the whole city), index `area_id`, sorted: `name`, `geometry` in
        the study's metric CRS, `in_region` (bool), `<level>_id` and, where the study has the
        level's layer, `<level>_name`, and the resident register: `population`, `under_15`,
        `from_15_to_65`, `under_65`, `from_65`, `from_15_to_27`, `age_*`.
    editions : dict
        Edition id -> indicators in percent (`S1`…, `D1`…), `valid`, `valid_text`, and
        `population` where the edition has it.
    registers : dict
        Edition id -> register at the edition's own reference date.
    classes, context : dict
        Edition id -> published classes; context indicators.
    ba : pandas.DataFrame or None
        Measures of the BA workbook with their `_lo` and `_hi`.
    ba_book : object or None
        The workbook's reporting month, notes and markers.
    audit : JoinAudit
    inputs : Inputs
    notes : list of str
        What the readers decided (German), for the report.
    markers : dict
        Source -> how often each marker stood for a missing or suppressed value.
    """

    study: Study
    areas: gpd.GeoDataFrame
    inputs: Inputs
    audit: JoinAudit
    editions: dict[str, pd.DataFrame] = field(default_factory=dict)
    registers: dict[str, pd.DataFrame] = field(default_factory=dict)
    classes: dict[str, pd.DataFrame] = field(default_factory=dict)
    context: dict[str, pd.DataFrame] = field(default_factory=dict)
    ba: pd.DataFrame | None = None
    ba_book: Any = None
    notes: list[str] = field(default_factory=list)
    markers: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def region(self) -> pd.Index:
        """Ids of the study region's areas."""
        return self.areas.index[self.areas["in_region"]]

    def seen_by(self, study: Study, inputs: Inputs) -> AreaTable:
        """The same table with other records of what is looked at and read."""
        return replace(self, study=study, inputs=inputs)


def read_areas(study: Study, data: str | Path | Inputs | None = None) -> AreaTable:
    """Read and join every table the study names.

    Parameters
    ----------
    study : Study
    data : path or Inputs, optional
        The data folder; default as in `data_folder`. What is read is recorded in `inputs`.

    Returns
    -------
    AreaTable

    Raises
    ------
    InputError
        A file is missing or cannot be used, or its key set differs from the area layer's by more
        than the study's `exceptions`.

    Examples
    --------
    >>> import sozialraum as sr
    >>> table = sr.areas.read_areas(sr.load_study("demo"))
    >>> len(table.areas), len(table.region)
    (162, 50)
    """
    inputs = data if isinstance(data, Inputs) else Inputs(data_folder(data, study))
    layer = study.area_layer
    audit = JoinAudit()
    columns = tuple(level.column for level in study.levels if level.column)
    areas = other.area_layer(inputs.path(layer.path), layer, columns)
    table = AreaTable(study, areas, inputs, audit)
    table.notes += areas.attrs.get("notes", [])
    areas["in_region"] = other.in_region(areas.index, study.region, layer.path)
    named = {*study.indicators.excluded, *study.counts.jobcenter_addresses}
    if unknown := sorted(named - set(areas.index)):
        raise InputError(
            f"The study names areas that the layer does not have: {', '.join(unknown)}",
            where=layer.path,
            expected="ids of the area layer under indicators.excluded and jobcenter_addresses",
        )
    audit.add(layer.path, "matched", f"{len(areas)} Gebiete mit Umriss", count=len(areas))
    report_borders(areas, layer.path, audit)
    _add_levels(table)
    register = _register(table, study.population)
    for column in register.columns:
        areas[column] = register[column]
    for edition in study.editions:
        _add_edition(table, edition)
    _add_workbook(table)
    if table.ba is None:
        check_residents(study)
    return table


def report_borders(areas: gpd.GeoDataFrame, source: str, audit: JoinAudit) -> None:
    """Record where areas in and around the region overlap or leave a narrow gap.

    Nothing is repaired: an overlap this small changes no figure, and a larger one is refused.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        Metric CRS, index `area_id`; column `in_region`.
    source : str
        File of the layer.
    audit : JoinAudit

    Raises
    ------
    InputError
        Two areas share more than `LARGEST_OVERLAP` of the smaller one: whoever lives there would
        be counted in one of them by chance.
    """
    import numpy as np

    from sozialraum.sources.coverage import overlaps

    left, bottom, right, top = areas.geometry[areas["in_region"]].total_bounds
    found = overlaps(areas.cx[left:right, bottom:top])
    area = areas.geometry.area
    smaller = np.minimum(area[found["left"]].to_numpy(), area[found["right"]].to_numpy())
    large = found[found["overlap"].to_numpy() > LARGEST_OVERLAP * smaller]
    if len(large):
        first = large.iloc[0]
        raise InputError(
            f"The areas {first['left']} and {first['right']} overlap by {first['overlap']:,.0f} m²"
            + (f", and {len(large) - 1} more pairs overlap" if len(large) > 1 else ""),
            where=source,
            expected=f"areas that share at most {LARGEST_OVERLAP:.0%} of the smaller one",
            hint="Correct the layer: one of the two outlines is wrong or stands twice",
        )
    for kind, word in (("overlap", "überlappen sich"), ("gap", "lassen einen schmalen Spalt")):
        some = found[found[kind] > 0]
        if len(some):
            pairs = "; ".join(f"{r.left} und {r.right}" for r in some.head(5).itertuples())
            size = f"{some[kind].sum():.2f}".replace(".", ",")
            text = f"Umrisse {word}, zusammen {size} m² (nicht verändert): {pairs}"
            audit.add(source, kind, text, sorted({*some["left"], *some["right"]}), len(some))


def _join(table: AreaTable, frame: pd.DataFrame, path: str, value: str | None) -> pd.DataFrame:
    """Join a reader's frame and keep what the reader noted."""
    table.notes += frame.attrs.get("notes", [])
    if frame.attrs.get("markers"):
        table.markers[path] = dict(frame.attrs["markers"])
    return join(
        table.areas,
        frame,
        source=path,
        audit=table.audit,
        exceptions=table.study.exceptions.get(path, ()),
        value=value,
    )


def _check_date(path: str, found: str | None, said: Any) -> None:
    if found is not None and found != said.isoformat():
        raise InputError(
            f"The table's reference date is {found}",
            where=path,
            expected=f"{said.isoformat()}, as the study says",
            hint="Correct the file's name or the reference date in the study",
        )


def _register(table: AreaTable, register: Register) -> pd.DataFrame:
    from sozialraum.sources import ewr

    path = table.inputs.path(register.path)
    digits = table.study.area_layer.id_digits
    if register.grid:
        frame = other.register_of_grid(path, table.areas, table.study.area_layer.metric_crs)
    elif register.layout is not None:
        frame = other.register(path, register.layout, table.areas, digits)
    else:
        frame = ewr.read_register(path, id_digits=digits or 8)
    _check_date(register.path, frame.attrs.get("reference_date"), register.reference_date)
    return _join(table, frame, register.path, "population")


def _add_levels(table: AreaTable) -> None:
    import numpy as np
    import pandas as pd

    from sozialraum.sources import lor

    areas = table.areas
    if not table.study.levels:
        other.whole_region(areas, table.study.region)
    for level in table.study.levels:
        if level.column is not None:
            ids = pd.Index(areas.pop(level.column))
        else:
            ids = unit_ids(areas.index, level.digits or 1)
        areas[f"{level.key}_id"] = ids
        if level.path is None:
            if level.column is not None or level.key == "region":
                areas[f"{level.key}_name"] = np.asarray(ids, dtype=object)
            continue
        path = table.inputs.path(level.path)
        names = lor.read_names(
            path, id=level.id or "id", name=level.name or "name", digits=level.digits
        )
        unknown = sorted(set(ids) - set(names.index))
        if unknown:
            raise InputError(
                f"{len(unknown)} units have no name: {', '.join(unknown[:12])}",
                where=level.path,
                expected="a name for the unit of every area",
            )
        areas[f"{level.key}_name"] = names.reindex(ids).to_numpy()


def _add_edition(table: AreaTable, edition: Edition) -> None:
    from sozialraum.sources import mss

    digits = table.study.area_layer.id_digits or 8
    first = edition.indicators[0]
    path = table.inputs.path(edition.path)
    if edition.layout is not None:
        frame = other.edition(path, edition, table.areas, table.study.area_layer.id_digits)
    else:
        frame = mss.read_indicators(path, id_digits=digits)
    _check_date(edition.path, frame.attrs.get("reference_date"), edition.reference_date)
    lacking = [c for c in (*edition.indicators, *edition.changes) if c not in frame]
    if lacking:
        raise InputError(
            f"The edition {edition.id} has no values for {', '.join(lacking)}",
            where=edition.path,
            expected="every indicator that the study names for it",
        )
    table.editions[edition.id] = _join(table, frame, edition.path, first)
    if edition.classes:
        classes = mss.read_classes(table.inputs.path(edition.classes), id_digits=digits)
        table.classes[edition.id] = _join(table, classes, edition.classes, None)
    if edition.context:
        context = mss.read_context(table.inputs.path(edition.context), id_digits=digits)
        table.context[edition.id] = _join(table, context, edition.context, None)
    if edition.register_:
        same = edition.register_.path == table.study.population.path
        table.registers[edition.id] = table.areas if same else _register(table, edition.register_)
        theirs = table.editions[edition.id].get("population")
        ours = table.registers[edition.id]["population"]
        if theirs is not None:
            differ = theirs.notna() & (theirs != ours)
            if differ.any():
                table.audit.add(
                    edition.path,
                    "note",
                    "Einwohnerzahl weicht vom Melderegister ab",
                    list(ours.index[differ]),
                )


def _add_workbook(table: AreaTable) -> None:
    """The BA's counts, where a workbook lies in the data folder; it covers the region at least."""
    from sozialraum.sources import ba

    declared = table.study.counts.table
    digits = table.study.area_layer.id_digits
    if declared is not None:
        path = table.inputs.path(declared.path)
        book = other.count_table(path, declared, table.areas, digits)
    elif (found := table.inputs.newest(table.study.counts.ba_workbook)) is not None:
        path = found
        book = ba.read_workbook(path, id_digits=digits or 8)
    else:
        return
    name = path.relative_to(table.inputs.root).as_posix()
    measure = table.study.counts.ba_measure
    columns = [str(c) for c in book.areas]
    if measure not in columns:
        raise InputError(
            f"The workbook has no column {measure!r}",
            where=name,
            expected="one of " + ", ".join(c for c in columns if not c.endswith(("_lo", "_hi"))),
            hint="Name the measure in the study under counts.ba_measure",
        )
    region = table.areas[table.areas["in_region"]]
    covered = table.areas if len(book.areas) > len(region) else region
    joined = join(
        covered,
        book.areas,
        source=name,
        audit=table.audit,
        exceptions=table.study.exceptions.get(name, ()),
        value=measure,
    )
    table.ba = joined.reindex(table.areas.index)
    table.ba_book = book
    table.notes += list(book.notes)
    table.markers[name] = dict(book.markers)
    whole = table.study.region.prefix
    if whole and whole in book.totals.index:
        total = float(book.totals[measure][whole])
        compare_total(table.audit, name, measure, total, float(joined[measure][region.index].sum()))
