"""From the results of all stages to the one object that is published."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sozialraum.areas.hierarchy import unite
from sozialraum.need.rounded import ENDS, bounds, is_rounded, note
from sozialraum.publish import gate
from sozialraum.publish.content import FRONTIER, PRESENCE, RANKING, Content, Info, SourceNote

if TYPE_CHECKING:
    import geopandas as gpd

    from sozialraum.areas.table import AreaTable
    from sozialraum.need.assessment import Need
    from sozialraum.publish.further import FurtherTable
    from sozialraum.study import Study

COLUMNS = "|".join(
    [
        *RANKING,
        r"region_(id|name)",
        r"S\d+(_previous)?",
        r"(status|dynamics)_(index|published)|location_quotient_city",
        r"old_age|top_(certain|possible)|possibly_worse|comparable|sentence|flags",
        r"explained_.+",
        r"cluster_sentence",
        r"(rank|rank_lo|rank_hi|weight)_.+",
    ]
)
"""Columns of areas and Bezirksregionen that are published (a regular expression)."""

SHARE_LABELS = {
    ("de", False): "Anteil an allen Einwohnerinnen und Einwohnern",
    ("de", True): "Anteil an den Einwohnerinnen und Einwohnern unter 65 Jahren",
    ("en", False): "share of all residents",
    ("en", True): "share of the residents below 65 years",
}
"""What the share refers to, by language and whether a BA workbook gives the counts."""

KINDS = {
    "missing": "fehlt im Datensatz",
    "extra": "nur im Datensatz",
    "no_value": "ohne Wert",
    "name_differs": "anderer Name",
    "total_differs": "Summe weicht ab",
    "matched": "zugeordnet",
    "note": "Hinweis",
    "overlap": "Überlappung",
    "gap": "Spalt",
}


@dataclass(frozen=True)
class Around:
    """Layers for orientation: neighbouring districts, stops, water, green, streets."""

    surroundings: gpd.GeoDataFrame
    stops: gpd.GeoDataFrame
    orientation: dict[str, gpd.GeoDataFrame]


def read_around(table: AreaTable) -> Around:
    """Read the study's layers for orientation, as far as they lie near the region."""
    shapes = table.areas.loc[table.region]
    outline = unite(shapes, pd.Series("region", index=shapes.index))
    return Around(_surroundings(table), _stops(table, outline), _orientation(table, outline))


def assemble(
    table: AreaTable,
    need: Need,
    areas: pd.DataFrame,
    regions: pd.DataFrame,
    rooms: gpd.GeoDataFrame,
    offices: gpd.GeoDataFrame,
    units: gpd.GeoDataFrame,
    around: Around,
    *,
    clusters: gpd.GeoDataFrame,
    figures: dict[str, Any],
    quality: list[dict[str, str]],
    internal: bool,
    warnings: list[str],
    further: tuple[FurtherTable, ...] = (),
) -> Content:
    """Build the content of one study region, without a proposal, not yet released.

    Parameters
    ----------
    table, need : results of the stages
    areas, regions : pandas.DataFrame
        Figures of the region's areas and Bezirksregionen, with ranks.
    rooms, offices, units, around, clusters
        Results of the stages, in the study's metric CRS.
    figures : dict
        Measures for the text.
    quality : list of dict
        Rows for the data quality section, after the join audit's.
    internal : bool
    warnings : list of str
        German sentences that stand in every output.
    further : tuple of FurtherTable
        Tables of single stages.

    Returns
    -------
    Content
    """
    import geopandas as gpd

    study = table.study
    shapes = table.areas.loc[table.region]
    area_frame = gpd.GeoDataFrame(_published(areas), geometry=shapes.geometry, crs=shapes.crs)
    region_frame = unite(shapes, shapes["region_id"])
    region_frame = gpd.GeoDataFrame(
        _published(regions.reindex(region_frame.index)),
        geometry=region_frame.geometry,
        crs=shapes.crs,
    )
    for frame, source in ((area_frame, areas), (region_frame, regions)):
        if gate.HOUSEHOLDS in source:  # the gate asks for it, and takes it out
            frame[gate.HOUSEHOLDS] = source[gate.HOUSEHOLDS].reindex(frame.index)
    outline = unite(region_frame, pd.Series("region", index=region_frame.index)).assign(
        name=study.region.name
    )
    known = areas["recipients"].notna()
    area_frame["flags"] = _flags(areas, offices)
    warnings = warnings + _address_warning(table, offices)
    return Content(
        study=study,
        info=_info(table, need, internal, warnings),
        areas=area_frame,
        regions=region_frame,
        outline=outline.reset_index(drop=True),
        surroundings=around.surroundings,
        stops=around.stops,
        orientation=around.orientation,
        rooms=rooms,
        offices=offices,
        units=units,
        presence=pd.DataFrame(columns=[*PRESENCE]),
        frontier=pd.DataFrame(columns=[*FRONTIER]),
        siting={},
        lorenz=lorenz(areas.loc[known, "recipients"], areas.loc[known, "share_base"]),
        clusters=clusters,
        quality=_quality(table) + quality,
        figures=_totals(table, areas, need) | figures,
        further=further,
    )


def _published(frame: pd.DataFrame) -> pd.DataFrame:
    """Only the columns that `Content` describes; working columns never reach a writer."""
    return frame[[c for c in frame if re.fullmatch(COLUMNS, str(c))]].copy()


def with_sentences(content: Content) -> Content:
    """One German sentence for each area that says why it stands where it stands.

    Built from the released figures, so that it tells nothing that is withheld.
    """
    from dataclasses import replace

    from sozialraum.need.explain import MSS_NAMES, sentences

    study = content.study
    titles = study.edition(study.indicators.edition).titles if study.indicators.edition else {}
    derived = content.figures.get("counts_derived", True)
    of_all = derived or study.counts.base == "population"
    areas = content.areas.copy()
    explained = areas.filter(regex="^explained_")
    points = explained.rename(columns=lambda c: c.removeprefix("explained_"))
    areas["sentence"] = sentences(
        areas,
        points,
        top=study.indicators.top,
        names={**MSS_NAMES, "I_share": "Anteil der Leistungsberechtigten", **titles},
        city=f"von {content.info.city_name}",
        coverage=study.indicators.coverage,
        share_of="der Bevölkerung" + ("" if of_all else " unter 65 Jahren"),
        mean=content.figures.get("index_mean"),
    )
    return replace(content, areas=areas)


def _flags(areas: pd.DataFrame, offices: gpd.GeoDataFrame) -> pd.Series:
    """German notes for single areas, '; ' between them."""
    flags = {area: [note] if note else [] for area, note in areas["flags"].items()}
    for name, area in zip(offices["name"], offices["area_id"], strict=True):
        if area in flags:
            flags[area].append(f"Standort im Gebiet: {name}")
    return pd.Series({area: "; ".join(notes) for area, notes in flags.items()}, dtype=object)


def _address_warning(table: AreaTable, offices: gpd.GeoDataFrame) -> list[str]:
    """People registered at an office's own address inflate its area, unless they are known.

    The Monitoring has removed them; a workbook of the BA may contain them.
    """
    unknown = sorted(set(offices["area_id"]) - set(table.study.counts.jobcenter_addresses))
    if table.ba is None or not unknown:
        return []
    names = ", ".join(str(table.areas.loc[area, "name"]) for area in unknown)
    return [
        "Die Zahlen der Bundesagentur können Personen enthalten, die unter der Anschrift einer "
        f"Dienststelle geführt werden. Ihre Zahl ist nicht bekannt; betroffen sein können: {names}."
    ]


def lorenz(count: pd.Series, base: pd.Series) -> pd.DataFrame:
    """Cumulated shares of residents and recipients, areas in order of their share (Lorenz 1905)."""
    order = (count / base).sort_values(kind="stable").index
    shares = {
        "population_share": np.r_[0.0, (base[order].cumsum() / base.sum()).to_numpy()],
        "recipients_share": np.r_[0.0, (count[order].cumsum() / count.sum()).to_numpy()],
    }
    return pd.DataFrame(shares)


def _totals(table: AreaTable, areas: pd.DataFrame, need: Need) -> dict[str, Any]:
    known = areas["recipients"].notna()
    total = {c: float(areas[c].sum()) for c in ("recipients", "recipients_lo", "recipients_hi")}
    count, base = need.reference["location_quotient"]
    city_count, city_base = need.reference["location_quotient_city"]
    if table.ba is not None:
        total = dict.fromkeys(total, count)
    if "recipients_below" in areas:  # counts are rounded: the total's own bounds, not their sum
        off = (areas[f"recipients_{side}"].sum() for side in ("below", "above"))
        ends = bounds(
            pd.Series([total["recipients"]]), *off, base=table.study.disclosure.rounding_base
        )
        total |= {f"recipients_{k}": float(v.iloc[0]) for k, v in zip(ENDS, ends, strict=True)}
    return total | {
        "population": int(table.areas.loc[table.region, "population"].sum()),
        # A sum that leaves out a rated area is no total; nothing follows from it by subtraction.
        "total_is_partial": total["recipients"] == float(areas["recipients"].sum())
        and bool((areas["excluded"].isna() & ~known).any()),
        "share": count / base,
        "share_base": base,
        "share_city": city_count / city_base,
        "old_age": float(areas["old_age"].sum()),
        "children": float(areas["children"].sum()) if "children" in areas else None,
        "areas": len(areas),
        "areas_without_value": int((~known).sum()),
    }


def _info(table: AreaTable, need: Need, internal: bool, warnings: list[str]) -> Info:
    from sozialraum import __version__

    study = table.study
    with_workbook = table.ba is not None
    return Info(
        title=study.title,
        subtitle=study.subtitle,
        region_name=study.region.name,
        city_name=study.region.city,
        reference_date=study.population.reference_date.isoformat(),
        edition=study.indicators.edition or str(study.population.reference_date.year),
        previous_edition=study.indicators.previous,
        language=study.language,
        fingerprint="",  # of the whole run: `publish.shown` puts it in
        fictitious=study.fictitious,
        internal=internal,
        recipients_label=(
            f"{study.counts.ba_measure} (SGB II)" if with_workbook else study.counts.derived_label
        ),
        share_label=SHARE_LABELS[study.language, with_workbook and study.counts.base == "under_65"],
        recipients_note=" ".join(need.notes),
        version=__version__,
        sources=tuple(_sources(study, with_workbook)),
        warnings=tuple(warnings),
    )


def _sources(study: Study, with_workbook: bool) -> list[SourceNote]:
    """The sources that the study names, each once, in the order of their use."""
    from sozialraum.sources import catalogue

    used: dict[str, str] = {}

    def use(source: str, date: Any) -> None:
        if source:
            used.setdefault(source, "" if date is None else date.isoformat())

    use(study.area_layer.source, study.area_layer.reference_date)
    use(study.population.source, study.population.reference_date)
    for edition in study.editions:
        use(edition.source, edition.reference_date)
        if edition.register_ is not None:
            use(edition.register_.source, edition.register_.reference_date)
    if study.counts.table is not None:
        use(study.counts.table.source, study.counts.table.reference_date)
    elif with_workbook:
        use(study.counts.ba_source, None)
    use(study.venues.grid_source, None)
    for file in study.venues.files:
        use(file.source, file.reference_date)
    notes = []
    for source, date in used.items():
        own = study.sources.get(source)
        entry = catalogue.get(source) if own is None else catalogue.of_study(source, own)
        notes.append(
            SourceNote(
                id=source,
                title=entry.title,
                publisher=entry.publisher,
                licence=entry.licence,
                attribution=entry.attribution,
                reference_date=date or str(entry.reference_date or ""),
                url=entry.url,
            )
        )
    return notes


def _quality(table: AreaTable) -> list[dict[str, str]]:
    rows = [
        {
            "topic": str(f["source"]),
            "finding": f"{KINDS.get(str(f['kind']), str(f['kind']))} ({f['count']})",
            "detail": str(f["detail"]),
        }
        for f in table.audit.findings
    ]
    rows += [{"topic": "Hinweis beim Lesen", "finding": "", "detail": n} for n in table.notes]
    if is_rounded(table):
        base = table.study.disclosure.rounding_base
        finding = f"auf Vielfache von {base} gerundet"
        rows.append({"topic": "Geheimhaltung", "finding": finding, "detail": note(base)})
    return rows


def _surroundings(table: AreaTable) -> gpd.GeoDataFrame:
    """Outlines of the districts around the region, from the same area layer."""
    import geopandas as gpd

    empty = gpd.GeoDataFrame({"name": []}, geometry=[], crs=table.areas.crs)
    if table.areas["in_region"].all() or "district_id" not in table.areas:
        return empty
    others = table.areas[~table.areas["in_region"]]
    near = set(
        others.iloc[
            others.sindex.query(
                table.areas.loc[table.region].union_all(), predicate="dwithin", distance=2.0
            )
        ]["district_id"]
    )
    others = others[others["district_id"].isin(near)]
    outlines = unite(others, others["district_id"], "district_id")
    if "district_name" in table.areas:
        names = table.areas.drop_duplicates("district_id").set_index("district_id")
        outlines["name"] = names["district_name"].reindex(outlines.index)
    elif table.study.layers.districts:
        from sozialraum.sources import lor

        path = table.inputs.path(table.study.layers.districts)
        named = lor.read_districts(path, metric_crs=table.study.area_layer.metric_crs)
        outlines["name"] = named["name"].reindex(outlines.index)
    else:
        outlines["name"] = outlines.index
    return outlines


def _near(frame: gpd.GeoDataFrame, outline: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """What lies in the region's surroundings."""
    box = outline.geometry.iloc[0].envelope.buffer(1000, join_style="mitre")
    return frame.iloc[np.sort(frame.sindex.query(box, predicate="intersects"))]


def _stops(table: AreaTable, outline: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    import geopandas as gpd

    from sozialraum.sources import layers

    crs = table.study.area_layer.metric_crs
    parts = []
    for kind, path in table.study.layers.stops.items():
        stops = layers.read_stops(table.inputs.path(path), metric_crs=crs)
        parts.append(_near(stops, outline)[["name", "geometry"]].assign(kind=kind))
    if not any(len(p) for p in parts):
        return gpd.GeoDataFrame({"name": [], "kind": []}, geometry=[], crs=crs)
    return gpd.GeoDataFrame(pd.concat([p for p in parts if len(p)], ignore_index=True), crs=crs)


def _orientation(table: AreaTable, outline: gpd.GeoDataFrame) -> dict[str, gpd.GeoDataFrame]:
    from sozialraum.sources import layers

    setting = table.study.layers
    found = {}
    for key in ("water", "green", "streets"):
        path = getattr(setting, key)
        if path:
            frame = layers.read_layer(
                table.inputs.path(path), metric_crs=table.study.area_layer.metric_crs
            )
            found[key] = _near(frame, outline).reset_index(drop=True)
    return found
