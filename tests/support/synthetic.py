"""A released `Content` of a made-up district, for the tests of the writers.

Areas are Voronoi cells with straight borders; every kind of row that a writer must cope with is
there: an excluded area, a withheld count, a masked dynamics class, rooms that are not eligible.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from sozialraum.publish.content import Content, Info, Proposal, SourceNote
from sozialraum.study import load_study

CRS = "EPSG:25833"
TARGETS = ("everybody", "young", "families", "worse")


def content(n: int = 24, *, names: dict[str, str] | None = None, seed: int = 1) -> Content:
    """A small but complete `Content`; `names` overrides area names by id."""
    rng = np.random.default_rng(seed)
    frame = shapely.box(380_000, 5_815_000, 386_000, 5_821_000)
    points = shapely.points(rng.uniform(380_000, 386_000, n), rng.uniform(5_815_000, 5_821_000, n))
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(points), extend_to=frame, ordered=True)
    )
    cells = shapely.intersection(cells, frame)
    n_regions = max(2, n // 6)
    ids = [f"04{(i % n_regions) + 1:02d}{(i % n_regions) + 1:02d}{i + 1:02d}" for i in range(n)]
    areas = gpd.GeoDataFrame(
        {"name": [f"Testkiez {i + 1}" for i in range(n)]},
        geometry=list(cells),
        index=pd.Index(ids, name="area_id"),
        crs=CRS,
    ).sort_index()
    for key, value in (names or {}).items():
        areas.loc[key, "name"] = value
    population = rng.integers(2_000, 9_000, n)
    population[3] = 61
    share = rng.beta(3, 25, n)
    recipients = np.round(share * population).astype(float)
    areas["region_id"] = areas.index.str[:6]
    areas["region_name"] = "Bezirksregion " + areas["region_id"]
    areas["population"] = population
    areas["recipients"] = recipients
    areas["recipients_lo"] = np.floor(recipients * 0.98)
    areas["recipients_hi"] = np.ceil(recipients * 1.02)
    for column in ("", "_lo", "_hi"):
        areas[f"share{column}"] = areas[f"recipients{column}"] / population
    areas["location_quotient"] = areas["share"] / (recipients.sum() / population.sum())
    for k in (1, 2, 3, 4):
        areas[f"S{k}"] = share * 100 * k / 2
        areas[f"S{k}_previous"] = areas[f"S{k}"] + rng.normal(0, 0.5, n)
        areas[f"explained_S{k}"] = rng.normal(0, 0.4, n)
    areas["excluded"] = None
    areas["excluded"] = areas["excluded"].astype(object)
    withheld = areas.index[3]
    areas["need_index"] = (share - share.mean()) / share.std()
    areas["status_index"] = areas["need_index"]
    areas["status_class"] = pd.cut(
        areas["need_index"],
        [-9, -1, 1, 1.5, 9],
        labels=["hoch", "mittel", "niedrig", "sehr niedrig"],
    ).astype(object)
    areas["status_published"] = None
    areas["dynamics_index"] = rng.normal(0, 1, n)
    areas["dynamics_class"] = pd.cut(
        areas["dynamics_index"], [-9, -1, 1, 9], labels=["positiv", "stabil", "negativ"]
    ).astype(object)
    areas["dynamics_published"] = None
    areas.loc[areas.index[5], "dynamics_class"] = "nicht bestimmbar (Maskierung)"
    areas.loc[areas.index[7], ["recipients", "recipients_lo", "recipients_hi"]] = np.nan
    areas.loc[areas.index[7], ["share", "share_lo", "share_hi", "location_quotient"]] = np.nan
    gone = ["recipients", "recipients_lo", "recipients_hi", "share", "share_lo", "share_hi"]
    gone += ["location_quotient", "need_index", "status_index", "dynamics_index"]
    areas.loc[withheld, gone + [f"S{k}" for k in (1, 2, 3, 4)]] = np.nan
    areas.loc[withheld, ["status_class", "dynamics_class"]] = None
    areas.loc[withheld, "excluded"] = "unter 300 Einwohner"
    areas["rank"] = areas["need_index"].rank(ascending=False)
    areas["rank_lo"] = (areas["rank"] - 3).clip(lower=1)
    areas["rank_hi"] = (areas["rank"] + 3).clip(upper=n - 1)
    areas["p_top"] = 1 / (1 + np.exp(areas["rank"] - 10.5))
    areas["top_certain"] = areas["rank_hi"] <= 10
    areas["top_possible"] = areas["rank_lo"] <= 10
    areas["rank_by_share"] = areas["share"].rank(ascending=False)
    areas["rank_by_count"] = areas["recipients"].rank(ascending=False)
    areas["old_age"] = np.round(areas["recipients"] * 0.17)
    areas["cluster"] = np.where(areas["need_index"] > 1, "Konzentration", "unauffällig")
    areas.loc[withheld, "cluster"] = None
    areas["cluster_sentence"] = ""
    areas.loc[areas.index[7], ["cluster", "cluster_sentence"]] = None
    areas["sentence"] = "Der Index liegt über dem Mittel, vor allem wegen der Kinder (S4)."
    areas["flags"] = ""
    for t in TARGETS:
        areas[f"rank_{t}"] = areas["rank"]
        areas[f"rank_lo_{t}"] = areas["rank_lo"]
        areas[f"rank_hi_{t}"] = areas["rank_hi"]
        areas[f"weight_{t}"] = areas["recipients"]
    regions = areas.dissolve("region_id", aggfunc={"population": "sum", "recipients": "sum"})
    regions["name"] = "Bezirksregion " + regions.index
    regions["share"] = regions["recipients"] / regions["population"]
    regions["location_quotient"] = regions["share"] / regions["share"].mean()
    regions["need_index"] = (regions["share"] - regions["share"].mean()) / regions["share"].std()
    regions["rank"] = regions["need_index"].rank(ascending=False)
    for column in ("recipients_lo", "recipients_hi"):
        regions[column] = regions["recipients"]
    for column in ("share_lo", "share_hi"):
        regions[column] = regions["share"]
    regions["status_class"], regions["dynamics_class"], regions["excluded"] = (
        "mittel",
        "stabil",
        None,
    )
    outline = gpd.GeoDataFrame({"name": ["Testbezirk"]}, geometry=[frame], crs=CRS)

    m = 60
    unit_points = shapely.points(
        np.round(rng.uniform(380_100, 385_900, m)), np.round(rng.uniform(5_815_100, 5_820_900, m))
    )
    units = gpd.GeoDataFrame(geometry=unit_points, crs=CRS)
    units["area_id"] = gpd.sjoin(units, areas[["geometry"]], predicate="within")["area_id"]
    units["x"], units["y"] = shapely.get_x(unit_points), shapely.get_y(unit_points)
    for t in TARGETS:
        units[f"people_{t}"] = rng.integers(3, 90, m).astype(float)
    units.index = pd.Index([f"u{i:04d}" for i in range(m)], name="unit_id")

    r = 14
    room_points = shapely.points(
        np.round(rng.uniform(380_100, 385_900, r)), np.round(rng.uniform(5_815_100, 5_820_900, r))
    )
    rooms = gpd.GeoDataFrame(
        {
            "name": [f"Nachbarschaftshaus {i + 1}" for i in range(r)],
            "address": [f"Teststraße {i + 1}" for i in range(r)],
            "operator": ["Beispiel e. V."] * r,
            "operator_kind": ["association"] * r,
            "operator_reason": ["Rechtsform im Namen: e. V."] * r,
            "venue_types": ["Nachbarschaftshaus"] * r,
            "sources": ["stadtteilzentren"] * r,
            "eligible": [i % 7 != 6 for i in range(r)],
            "reason": ["" if i % 7 != 6 else "Träger unbekannt" for i in range(r)],
            "suits": [TARGETS] * r,
        },
        geometry=room_points,
        index=pd.Index([f"s{i:03d}" for i in range(r)], name="site_id"),
        crs=CRS,
    )
    rooms["area_id"] = gpd.sjoin(rooms, areas[["geometry"]], predicate="within")["area_id"]
    rooms["x"], rooms["y"] = shapely.get_x(room_points), shapely.get_y(room_points)
    ll = rooms.geometry.to_crs("EPSG:4326")
    rooms["lon"], rooms["lat"] = ll.x.round(6), ll.y.round(6)
    offices = gpd.GeoDataFrame(
        {"name": ["Jobcenter Testbezirk"], "approximate": [False], "targets": [()]},
        geometry=[shapely.Point(383_000, 5_818_000)],
        crs=CRS,
    )
    offices["x"], offices["y"] = 383_000.0, 5_818_000.0

    presence_rows, frontier_rows, siting = [], [], {}
    candidates = rooms.index[rooms["eligible"]].tolist()
    distance = 1.23 * np.hypot(
        units["x"].to_numpy()[:, None] - rooms.loc[candidates, "x"].to_numpy(),
        units["y"].to_numpy()[:, None] - rooms.loc[candidates, "y"].to_numpy(),
    )
    for t in TARGETS:
        people = units[f"people_{t}"].to_numpy()
        for radius in (800.0, 1000.0, 1500.0):
            for with_offices in (False, True):
                covered = np.zeros(m, bool)
                if with_offices:
                    covered = (
                        1.23 * np.hypot(units["x"] - 383_000, units["y"] - 5_818_000) <= radius
                    )
                    covered = covered.to_numpy().copy()
                chosen: list[str] = []
                steps = [Proposal(0, (), float(people[covered].sum()), 0.0, 0.0, True)]
                for p in range(1, 9):
                    gains = [(people[~covered & (d <= radius)]).sum() for d in distance.T]
                    best = int(np.argmax(gains))
                    if candidates[best] in chosen:
                        break
                    chosen.append(candidates[best])
                    covered |= distance[:, best] <= radius
                    got = float(people[covered].sum())
                    steps.append(Proposal(p, tuple(chosen), got, got / people.sum(), got, p < 5))
                siting[t, radius, with_offices] = steps
        before = 0.0
        for step in siting[t, 1000.0, True]:
            frontier_rows.append(
                (t, step.p, step.reached, step.reached / people.sum(), step.bound, 0.0)
            )
        headline = siting[t, 1000.0, True][-1]
        before = siting[t, 1000.0, True][0].reached
        for order, site in enumerate(headline.sites, 1):
            total = siting[t, 1000.0, True][order].reached
            room = rooms.loc[site]
            presence_rows.append(
                (t, headline.p, order, site, room["name"], room["operator"], room["operator_kind"])
                + (room["lon"], room["lat"], total - before, (total - before) / people.sum())
                + (total / people.sum(), 0.8, np.nan, np.nan)
            )
            before = total
    ordered = areas.dropna(subset=["recipients"]).sort_values("share")
    study = load_study("charlottenburg-wilmersdorf")
    empty = gpd.GeoDataFrame({"name": []}, geometry=[], crs=CRS)
    return Content(
        study=study,
        info=Info(
            title="Präsenz im Sozialraum",
            subtitle="Testbezirk",
            region_name="Testbezirk",
            city_name="Teststadt",
            reference_date="2024-12-31",
            edition="2025",
            previous_edition="2023",
            language="de",
            fingerprint="0123456789ab",
            fictitious=True,
            internal=False,
            recipients_label="Personen mit Leistungen nach SGB II oder SGB XII",
            share_label="Anteil an allen Einwohnerinnen und Einwohnern",
            recipients_note="Abgeleitet aus veröffentlichten Anteilen.",
            version="0",
            sources=(
                SourceNote("lor_2021", "Testdaten", "niemand", "CC0", "Daten, CC0", "2024-12-31"),
            ),
            warnings=(),
        ),
        areas=areas,
        regions=regions,
        outline=outline,
        surroundings=empty,
        stops=gpd.GeoDataFrame(
            {"name": ["Testplatz"], "kind": ["U-Bahn"]},
            geometry=[shapely.Point(382_000, 5_817_000)],
            crs=CRS,
        ),
        orientation={},
        rooms=rooms,
        offices=offices,
        units=units,
        presence=pd.DataFrame(
            presence_rows,
            columns=["target", "p", "order", "site_id", "name", "operator", "operator_kind", "lon"]
            + ["lat", "reached", "reached_share", "cumulative_share", "stability", "hours_open"]
            + ["hours_appointment"],
        ),
        frontier=pd.DataFrame(
            frontier_rows, columns=["target", "p", "reached", "reached_share", "bound", "gap"]
        ),
        siting=siting,
        lorenz=pd.DataFrame(
            {
                "population_share": np.r_[
                    0, ordered["population"].cumsum() / ordered["population"].sum()
                ],
                "recipients_share": np.r_[
                    0, ordered["recipients"].cumsum() / ordered["recipients"].sum()
                ],
            }
        ),
        clusters=gpd.GeoDataFrame(
            {
                "areas": [4],
                "cases": [900],
                "expected": [450.0],
                "relative_risk": [2.1],
                "p": [0.001],
            },
            geometry=[shapely.box(381_000, 5_816_000, 383_000, 5_818_000)],
            crs=CRS,
        ),
        quality=[
            {"topic": "Verknüpfung", "finding": "53 von 53", "detail": "alle Gebiete gefunden"}
        ],
        figures={
            "population": int(population.sum()),
            "recipients": float(areas["recipients"].sum()),
            "share": float(areas["recipients"].sum() / population.sum()),
            "share_city": 0.13,
            "gini": 0.28,
            "moran": 0.41,
            "moran_p": 0.001,
        },
    )
