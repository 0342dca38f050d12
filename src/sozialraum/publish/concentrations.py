"""What the stage of concentration hands over besides columns: tables, the Lorenz curve, checks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from sozialraum.concentration.inequality import MEASURES
from sozialraum.errors import DisclosureError
from sozialraum.publish.columns import Column, describe
from sozialraum.publish.further import FurtherTable
from sozialraum.publish.terms import own_terms

if TYPE_CHECKING:
    import geopandas as gpd

    from sozialraum.concentration.cluster import Concentration
    from sozialraum.concentration.editions import Development
    from sozialraum.publish.content import Content
    from sozialraum.study import Study

LOCAL = (
    describe("area_id"),
    describe("name"),
    describe("cluster"),
    Column("local_quadrant", "eigener Anteil – Anteile ringsum (lokales Morans I)"),
    Column("local_p", "Wahrscheinlichkeit bei zufälliger Anordnung, für sich geprüft", "number", 4),
    Column("local_q", "dieselbe, bereinigt um die Zahl der Prüfungen", "number", 4),
    Column("alone", "hebt sich ab, für sich geprüft", "boolean"),
    Column("sure", "hebt sich ab, mit Kontrolle falscher Entdeckungen", "boolean"),
)
DEVELOPMENT = (
    describe("area_id"),
    describe("name"),
    Column("share_before", "Anteil in der vorigen Ausgabe", "number", 6, "", True),
    Column("share_now", "Anteil in der aktuellen Ausgabe", "number", 6, "", True),
    Column("change", "Veränderung in Prozentpunkten", "number", 2, "Prozentpunkte"),
    Column("change_p", "Wahrscheinlichkeit, für sich geprüft (Gi* der Veränderung)", "number", 4),
    Column("change_q", "dieselbe, bereinigt um die Zahl der Prüfungen", "number", 4),
    Column("member_before", "damals in einer Konzentration", "boolean"),
    Column("member_now", "jetzt in einer Konzentration", "boolean"),
    Column("status", "was aus der Konzentration wurde"),
)
INEQUALITY = (
    Column("measure", "Maß (Kurzname)"),
    Column("meaning", "Maß"),
    *(
        Column(f"{name}{of}", f"{title} {where}", "number", 4)
        for of, where in (("", "im Untersuchungsgebiet"), ("_city", "in der ganzen Stadt"))
        for name, title in (("value", "Wert"), ("lo", "untere Grenze"), ("hi", "obere Grenze"))
    ),
)
CHANGE = (
    Column("measure", "Maß (Kurzname)"),
    Column("meaning", "Maß"),
    Column("where", "Gebiet"),
    Column("before", "Wert in der vorigen Ausgabe", "number", 4),
    Column("after", "Wert in der aktuellen Ausgabe", "number", 4),
    Column("change", "Veränderung", "number", 4),
    Column("lo", "untere Grenze der Veränderung", "number", 4),
    Column("hi", "obere Grenze der Veränderung", "number", 4),
)
CURVE = (
    describe("population_share"),
    describe("recipients_share"),
)
FOUND = ("areas", "names", "beyond", "cases", "expected", "relative_risk", "p_value", "p_circles")


def tables(
    areas: pd.DataFrame,
    concentration: Concentration,
    development: Development | None,
    study: Study,
) -> tuple[FurtherTable, ...]:
    """Tables of local statistics, inequality and development, not yet released.

    Parameters
    ----------
    areas : pandas.DataFrame
        Index `area_id` of the region: `name`.
    concentration, development
        Results of the stage.
    study : Study

    Returns
    -------
    tuple of FurtherTable
        `local`, `inequality` and, with a previous edition, `development` and
        `inequality_change`. The report tells them in its section on concentration.
    """
    alpha = study.concentration.alpha
    found = []
    if "local_p" in concentration.areas:
        local = concentration.areas[["cluster", "local_quadrant", "local_p", "local_q"]].copy()
        # The side is chosen after looking, so a single test counts both sides, as the q-value does.
        local["alone"] = (2 * local["local_p"] <= alpha).where(local["local_p"].notna(), None)
        local["sure"] = (local["local_q"] <= alpha).where(local["local_q"].notna(), None)
        found.append(_of_areas("local", "Lokale Statistik", areas, local, LOCAL))
    rows = [
        {"measure": name, "meaning": own_terms(meaning, study)}
        | {
            f"{column}{of}": concentration.figures.get(f"{name}{of}{ending}")
            for of in ("", "_city")
            for column, ending in (("value", ""), ("lo", "_lo"), ("hi", "_hi"))
        }
        for name, meaning in MEASURES.items()
        if name in concentration.figures
    ]
    if rows:
        title = "Maße der Ungleichheit mit Intervallen"
        frame = pd.DataFrame(rows)
        found.append(
            FurtherTable("inequality", "Ungleichheit", title, frame, INEQUALITY, in_report=False)
        )
    if development is not None:
        moved = development.areas.assign(change=100 * development.areas["change"])
        found.append(
            _of_areas("development", "Konzentration im Zeitverlauf", areas, moved, DEVELOPMENT)
        )
        parts = {
            study.region.name: development.inequality,
            study.region.city: development.inequality_city,
        }
        frame = pd.concat(
            [part.reset_index().assign(where=where) for where, part in parts.items()],
            ignore_index=True,
        )
        frame["meaning"] = frame["measure"].map(
            {m: own_terms(t, study) for m, t in MEASURES.items()}
        )
        title = "Veränderung der Ungleichheit mit Intervallen"
        sheet = "Ungleichheit im Zeitverlauf"
        found.append(
            FurtherTable("inequality_change", sheet, title, frame, CHANGE, in_report=False)
        )
    return tuple(found)


def with_patterns(
    content: Content,
    concentration: Concentration,
    development: Development | None,
    surface: gpd.GeoDataFrame,
) -> Content:
    """Put what the stage found beside its columns into a content, before it is released.

    Parameters
    ----------
    content : Content
        From `publish.assemble`.
    concentration, development
        Results of the stage; no development: no previous edition.
    surface : geopandas.GeoDataFrame
        From `sozialraum.concentration.surface_units`.

    Returns
    -------
    Content
        With `surface` and the tables of `tables`.
    """
    found = tables(content.areas, concentration, development, content.study)
    return replace(content, surface=surface, further=(*content.further, *found))


def with_tables(content: Content) -> Content:
    """Add the Lorenz curve and the concentrations as tables, from what was released.

    Parameters
    ----------
    content : Content
        Released by `publish.gate`: the tables tell nothing that is withheld.
    """
    found = []
    if len(content.lorenz) > 1:
        found.append(
            FurtherTable(
                "lorenz", "Lorenzkurve", "Lorenzkurve", content.lorenz, CURVE, in_report=False
            )
        )
    if len(content.clusters):
        frame = pd.DataFrame(content.clusters.drop(columns="geometry"))
        frame = frame.rename(columns={"p": "p_value"}).reset_index(drop=True)
        columns = tuple(describe(c) for c in FOUND if c in frame)
        title = "Konzentrationen, die auffälligste zuerst"
        found.append(
            FurtherTable("clusters", "Konzentrationen", title, frame, columns, in_report=False)
        )
    return replace(content, further=(*content.further, *found))


def check_surface(content: Content) -> None:
    """Refuse a surface that shows more than the units of demand it is made from.

    Every shown value stands for a unit that is published with at least the minimum of persons, so
    an area whose count is withheld, which has no units, has no surface either.

    Parameters
    ----------
    content : Content

    Raises
    ------
    DisclosureError
        A value without a published unit, or with too few persons behind it.
    """
    surface = content.surface
    if surface is None or not len(surface):
        return
    first = next(iter(content.study.targets))
    held = content.units[f"people_{first}"].reindex(surface.index)
    least = content.study.disclosure.minimum_count
    wrong = ~((held >= least) & (surface["behind"] >= least))
    if wrong.any():
        raise DisclosureError(
            f"The surface shows {wrong.sum()} places with too few persons behind them",
            where=f"surface, first {surface.index[wrong][0]}",
            expected=f"units that are published with at least {least} persons",
            hint="Build the surface from the merged units (sozialraum.concentration.surface_units)",
        )


def _of_areas(
    name: str, sheet: str, areas: pd.DataFrame, frame: pd.DataFrame, columns: tuple[Column, ...]
) -> FurtherTable:
    """A table by area, whose every figure is withheld with the area's count."""
    flat = frame.assign(name=areas["name"].reindex(frame.index)).reset_index()
    own = tuple(c.name for c in columns if c.name not in ("area_id", "name"))
    return FurtherTable(name, sheet, sheet, flat, columns, of_counts=own, in_report=False)
