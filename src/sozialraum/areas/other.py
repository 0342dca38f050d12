"""Inputs of other places: the frames that the Berlin readers give, from what a study declares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sozialraum.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

    from sozialraum.sources.ba import BaTable
    from sozialraum.study.layout import CountTable, TableLayout
    from sozialraum.study.model import AreaLayer, Edition, Region

WHOLE, REST = "gesamt", "übrige"
"""Ids of the only units above the areas where a study has no level: the region, and the rest."""


def area_layer(path: Path, layer: AreaLayer, columns: tuple[str, ...]) -> gpd.GeoDataFrame:
    """The areas of a study: polygons, or grid cells from a table."""
    from sozialraum.sources import lor
    from sozialraum.sources.squares import read_squares

    if path.suffix.lower() in (".csv", ".txt"):
        return read_squares(path, id=layer.id, name=layer.name, metric_crs=layer.metric_crs)
    return lor.read_areas(
        path,
        id=layer.id,
        name=layer.name,
        crs=layer.crs,
        metric_crs=layer.metric_crs,
        id_digits=layer.id_digits,
        mend={(m.feature, m.wrong): m.right for m in layer.mend},
        keep=columns,
    )


def in_region(ids: pd.Index, region: Region, where: str) -> Any:
    """Which areas belong to the study region: those with its prefix, or those it lists."""
    if region.areas:
        if unknown := sorted(set(region.areas) - set(ids)):
            raise InputError(
                f"The layer does not have {len(unknown)} areas of the region: "
                + ", ".join(unknown[:12]),
                where=where,
                expected="ids of the area layer under region.areas",
            )
        return ids.isin(region.areas)
    inside = ids.str.startswith(region.prefix)
    if not inside.any():
        raise InputError(
            f"No area id starts with {region.prefix!r}",
            where=where,
            expected="the digits that name the study region (region.prefix)",
        )
    return inside


def whole_region(areas: pd.DataFrame, region: Region) -> None:
    """The level above the areas where a study names none: the region, and the rest."""
    inside = areas["in_region"]
    areas["region_id"] = inside.map({True: WHOLE, False: REST}).to_numpy(object)
    names = {True: region.name, False: f"übriges Gebiet von {region.city}"}
    areas["region_name"] = inside.map(names).to_numpy(object)


def _names(areas: pd.DataFrame) -> dict[str, str]:
    return dict(zip(areas.index.astype(str), areas["name"].astype(str), strict=True))


def register(
    path: Path, layout: TableLayout, areas: pd.DataFrame, id_digits: int | None
) -> pd.DataFrame:
    """Residents as `sozialraum.sources.ewr.read_register` gives them, from a declared table."""
    from sozialraum.sources.declared import read_declared
    from sozialraum.sources.ewr import DERIVED, age_sum

    frame = read_declared(path, layout, id_digits=id_digits, names=_names(areas))
    hidden = frame["population"].isna() & frame["population_lo"].notna()
    if hidden.any():
        raise InputError(
            "The number of residents is suppressed",
            where=f"{path}, area {frame.index[hidden][0]}",
            expected="residents of every area",
        )
    result = frame[list(layout.columns)].copy()
    result.attrs = frame.attrs
    for name, (lo, hi) in DERIVED.items():
        if name not in result:
            try:
                result[name] = age_sum(result, lo, hi)
            except InputError:  # not every place publishes every border of age
                continue
    if "under_65" not in result and "from_65" in result:
        result["under_65"] = result["population"] - result["from_65"]
    return result


def register_of_grid(path: Path, areas: gpd.GeoDataFrame, metric_crs: str) -> pd.DataFrame:
    """Residents of every area, counted by the middle points of grid cells."""
    import pandas as pd

    from sozialraum.areas.cells import assign_cells
    from sozialraum.sources.grid import read_grid

    cells = read_grid(path, metric_crs=metric_crs).rename(columns={"people": "population"})
    notes = list(cells.attrs.get("notes", []))
    placed = assign_cells(cells, areas)
    lost = float(cells["population"].sum() - placed["population"].sum())
    counted = placed.groupby("area_id")["population"].sum().reindex(areas.index, fill_value=0.0)
    frame = pd.DataFrame({"population": counted.astype(float)})
    notes.append(
        f"{path.name}: Einwohnerinnen und Einwohner nach dem Mittelpunkt der Rasterzelle "
        f"zugeordnet; {lost:.0f} liegen außerhalb aller Gebiete."
    )
    frame.attrs["notes"] = notes
    return frame


def edition(path: Path, edition: Edition, areas: pd.DataFrame, id_digits: int | None) -> Any:
    """Indicators as `sozialraum.sources.mss.read_indicators` gives them, from a declared table."""
    from sozialraum.sources.declared import read_declared

    assert edition.layout is not None
    frame = read_declared(
        path, edition.layout, counts=False, id_digits=id_digits, names=_names(areas)
    )
    result = frame[list(edition.layout.columns)].copy()
    result["valid"], result["valid_text"] = True, ""
    result.attrs = frame.attrs
    return result


def count_table(
    path: Path, table: CountTable, areas: pd.DataFrame, id_digits: int | None
) -> BaTable:
    """Counts as `sozialraum.sources.ba.read_workbook` gives them, from a declared table."""
    import pandas as pd

    from sozialraum.sources.ba import BaTable
    from sozialraum.sources.declared import read_declared

    frame = read_declared(path, table.layout, id_digits=id_digits, names=_names(areas))
    totals = pd.DataFrame(
        {"label": pd.Series(dtype=object)} | {c: pd.Series(dtype=float) for c in frame},
        index=pd.Index([], dtype=object, name="unit_id"),
    )
    return BaTable(
        areas=frame,
        totals=totals,
        reporting_month=f"{table.reference_date:%Y-%m}",
        notes=frame.attrs["notes"],
        markers=frame.attrs["markers"],
    )
