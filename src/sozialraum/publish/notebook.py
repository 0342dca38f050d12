"""Maps in a notebook: the run's own offline page, or folium with a background map."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from sozialraum.publish.content import Content

SIMPLIFIED = 10  # metres; a notebook page must stay small
SHOWN = ["name", "population", "recipients", "share", "status_class", "rank", "rank_lo", "rank_hi"]


def summary(
    content: Content, headline: str, ranking: pd.DataFrame, proposal: pd.DataFrame, rows: int = 5
) -> str:
    """HTML of a run for a notebook: the answer, the first areas, the rooms; all texts escaped."""
    from sozialraum.publish.numbers import number, percent

    info, language = content.info, content.info.language
    label = {"de": " – fiktives Beispiel", "en": " – fictitious example"}[language]
    areas = {
        "Gebiet": ranking["name"],
        "Anteil": [percent(v, language=language) for v in ranking["share"]],
        "Rang": [number(v, language=language) for v in ranking["rank"]],
        "Rangmenge": [
            f"{number(lo, language=language)}–{number(hi, language=language)}"
            for lo, hi in zip(ranking["rank_lo"], ranking["rank_hi"], strict=True)
        ],
    }
    rooms = {
        "Raum": proposal["name"],
        "Träger": proposal["operator"],
        "zusätzlich erreicht": [number(v, language=language) for v in proposal["reached"]],
        "erreicht insgesamt": [percent(v, language=language) for v in proposal["cumulative_share"]],
    }
    return (
        f"<p><strong>{escape(info.region_name)}{label if info.fictitious else ''}</strong>, "
        f"Stichtag {escape(info.reference_date)}: {escape(headline)}</p>"
        + _table(areas, rows, f"Größter Bedarf ({rows} von {len(ranking)} Gebieten)")
        + _table(rooms, len(proposal), "Vorgeschlagene Räume")
    )


def _table(columns: dict[str, Any], rows: int, caption: str) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>"
        for row in list(zip(*columns.values(), strict=True))[:rows]
    )
    return f"<table><caption>{escape(caption)}</caption><tr>{head}</tr>{body}</table>"


class Page:
    """A page that a notebook shows in a frame of its own."""

    def __init__(self, html: str, height: int, title: str) -> None:
        self.html, self.height, self.title = html, height, title

    def _repr_html_(self) -> str:
        # srcdoc keeps the page's own content policy; nothing is requested from anywhere.
        return (
            f'<iframe title="{escape(self.title)}" srcdoc="{escape(self.html)}" width="100%" '
            f'height="{self.height}" style="border:1px solid #ccc"></iframe>'
        )


def offline(content: Content, height: int = 640) -> Page:
    """The run's own map, as in ``map.html``."""
    from sozialraum.publish.map import render_map

    return Page(render_map(content), height, content.info.title)


def online(content: Content) -> Any:
    """A folium map of the areas and proposed rooms, with escaped names.

    Raises
    ------
    EnvironmentFault
        folium is not installed.
    """
    from sozialraum.errors import EnvironmentFault

    try:
        import folium
    except ImportError:
        raise EnvironmentFault(
            "folium is not installed", hint="Install it with: pip install 'sozialraum[notebook]'"
        ) from None
    import shapely

    from sozialraum.publish.content import proposed

    areas = content.areas[[*[c for c in SHOWN if c in content.areas], "geometry"]].copy()
    areas["geometry"] = shapely.coverage_simplify(areas.geometry.to_numpy(), SIMPLIFIED)
    areas["name"] = [escape(str(n)) for n in areas["name"]]
    west, south, east, north = areas.to_crs("EPSG:4326").total_bounds
    order = ["hoch", "mittel", "niedrig", "sehr niedrig"]
    found = areas["status_class"].dropna().unique()
    page = areas.explore(
        column="status_class",
        categories=[*order, *sorted(set(found) - set(order))],
        cmap="YlOrRd",
        tooltip=[c for c in SHOWN if c in areas],
        tiles="OpenStreetMap",
        missing_kwds={"color": "lightgrey", "label": "nicht bewertet"},
    )
    chosen = proposed(content.presence, "everybody", content.study.siting.rooms)
    for lat, lon, name in zip(chosen["lat"], chosen["lon"], chosen["name"], strict=True):
        folium.CircleMarker(
            [lat, lon], radius=7, color="#1d3557", fill=True, tooltip=escape(str(name))
        ).add_to(page)
    page.fit_bounds([[south, west], [north, east]])
    return page
