"""Venues of Musterstadt: an invented list of houses, and in which catalogues they stand.

The study district's houses are listed one by one, so that every case a reader or a rule must cope
with is there: the same house in two catalogues, operators of all kinds, rooms that are not open to
everybody. The other districts get a house or two per Bezirksregion.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from sozialraum.demo.city import City
from sozialraum.demo.names import CITY
from sozialraum.demo.tables import write_csv

BEST_ROOMS = (
    "Nachbarschaftshaus Neuhafen", "Stadtteilzentrum Ahornsiedlung", "Stadtteiltreff Gänseanger",
)  # fmt: skip
"""The rooms in the middle of the district's three hot spots."""


@dataclass(frozen=True)
class House:
    """One record of a catalogue; `shift` (metres) is how far it lies from the true house."""

    name: str
    catalogue: str  # centre | youth | library | community | office
    x: float
    y: float
    operator: str = ""
    public: bool = False
    street: str = ""
    kind: str = ""
    girls: bool = False
    shift: tuple[float, float] = (0.0, 0.0)


_BA = "Bezirksamt Lindental-Neuhafen von Musterstadt"
DISTRICT = (
    House("Nachbarschaftshaus Neuhafen", "centre", -2.45, -1.25, "Nachbarschaft Neuhafen e. V.",
          street="Kattunstraße 12", kind="Nachbarschaftshaus"),
    House("Nachbarschaftshaus Neuhafen", "community", -2.45, -1.25, street="Kattunstraße 12",
          shift=(14, -11)),
    House("Nachbarschaftshaus Neuhafen, mobile Arbeit", "centre", -2.45, -1.25, "Wegweiser gGmbH",
          street="Kattunstraße 12", kind="Nachbarschaftshaus", shift=(3, 2)),
    House("Stadtteilzentrum Ahornsiedlung", "centre", -3.75, -2.75, "Ahornverein e. V.",
          street="Zeilenweg 3", kind="Stadtteilzentrum"),
    House("Stadtteiltreff Gänseanger", "centre", -1.3, -4.35, "Diakoniewerk Lindental gGmbH",
          street="Angerring 41", kind="Stadtteilzentrum"),
    House("Familienzentrum Pappelplatz", "community", -0.75, -2.7, street="Pappelplatz 5"),
    House("Stadtteilzentrum Wallvorstadt", "centre", -0.75, -0.6, "Bürgerstiftung Wallvorstadt",
          street="Wallring 88", kind="Stadtteilzentrum"),
    House("Nachbarschaftstreff Mittendrin \x96 Offene Tür", "centre", -1.9, -2.1,
          "Treffpunkt Lindental e. V.", street="Seilerstraße 27", kind="Nachbarschaftshaus"),
    House("Garten der Kulturen", "centre", -2.9, -3.4, "Grüne Beete e. V.",
          street="Lindenhain 1", kind="Interkultureller Garten"),
    House("Stadtbibliothek Lindental", "library", -1.6, -1.7, street="Lindentaler Straße 60"),
    House("Stadtteilbibliothek Ahornsiedlung", "library", -3.55, -2.6, street="Zeilenweg 20"),
    House("Bücherei am Wallring", "library", -0.35, -0.9, street="Wallring 14"),
    House("Schulbibliothek der Grundschule am Leinpfad", "library", -2.2, -0.3,
          street="Leinpfad 9"),
    House("Vereinsbücherei Briefmarkenfreunde", "library", -4.5, -3.9, street="Kirschallee 2"),
    House("Gemeindesaal Ev. Kirchengemeinde St. Nikolai", "community", -2.75, -1.75,
          street="Kirchgang 2"),
    House("Katholische Pfarrei Heilig Geist, Pfarrsaal", "community", -1.55, -4.1,
          street="Angerring 8"),
    House("Freizeitheim Kleingartenkolonie Abendrot e. V.", "community", -4.9, -4.4,
          street="Kolonieweg 1"),
    House("Kontor Events, Festsaal am Hafen", "community", -3.1, 0.05, street="Speicherstraße 200"),
    House("Seniorentreff Weberhof", "community", -1.1, -1.5, street="Weberhof 4"),
    House("Kiezladen Reuse", "community", -2.95, -0.75, street="Reusenplatz 11"),
    House("Die Villa", "community", -4.3, -1.25, street="Fliederhang 6"),
    House("Bürgerhaus Heideland", "community", -2.6, -4.5, street="Heidelandstraße 150"),
    House("Jugendclub Anker", "youth", -2.6, -1.0, _BA, True, "Ankerplatz 3"),
    House("Jugendclub Anker, Werkstatt", "youth", -2.6, -1.0, _BA, True, "Ankerplatz 3"),
    House("Mädchentreff Luisa", "youth", -1.8, -1.3, "Mädchenarbeit Lindental e. V.", False,
          "Gerberplatz 7", girls=True),
    House("Jugendhaus Ahorn", "youth", -3.9, -2.95, "Ahornverein e. V.", False, "Zeilenweg 31"),
    House("Abenteuerspielplatz Gänseanger", "youth", -1.15, -4.55, "Jugend im Viertel gGmbH",
          False, "Angerring 55", kind="PbS oder ASP oder Kinderfarm"),
    House("Jugendzentrum Halle Süd", "youth", -0.6, -3.1, "Jugend im Viertel e. V.", True,
          "Kesselstraße 18"),  # labelled as public although it is an association
    House("Jugendkulturhaus Kaskade", "youth", -0.9, -1.0, "Kaskade Kulturbetriebe GmbH", False,
          "Stadtparkstraße 2"),
    House("Jobcenter Lindental-Neuhafen", "office", -0.95, -1.95, street="Lindentaler Straße 101"),
    House("Agentur für Arbeit Musterstadt", "office", 0.9, 0.5, street="Salzgasse 40"),
    House("Jobcenter Nordkai-Petersfeld", "office", -0.4, 2.6, street="Nordallee 33"),
)  # fmt: skip


def houses(city: City, area: np.ndarray, regions: dict[str, str]) -> list[House]:
    """All records: the study district's, and one or two per Bezirksregion elsewhere."""
    found = list(DISTRICT)
    for key, name in regions.items():
        inside = city.xy[np.char.startswith(area, key)]
        if key.startswith("21") or not len(inside):
            continue
        x, y = (float(v) for v in inside.mean(axis=0))
        kind = ("Stadtteilzentrum", "Nachbarschaftshaus")[int(key) % 2]
        found.append(House(f"{kind} {name}", "centre", x, y, f"Nachbarn {name} e. V.",
                           street=f"Marktstraße {int(key) % 90 + 1}", kind=kind))  # fmt: skip
        other = House(f"Stadtteilbibliothek {name}", "library", x + 0.3, y - 0.2,
                      street=f"Schulstraße {int(key) % 70 + 1}")  # fmt: skip
        if int(key) % 3 == 0:
            street = f"Schulstraße {int(key) % 60 + 2}"
            other = House(f"Jugendclub {name}", "youth", x - 0.25, y + 0.2,
                          "Bezirksamt von Musterstadt", True, street)  # fmt: skip
        found.append(other)
    return found


def place(city: City, houses: list[House]) -> np.ndarray:
    """Metres (EPSG:25833): the corner of the nearest block with homes, moved by `shift`."""
    homes = np.flatnonzero(np.isin(city.use, ["homes", "estate", "centre", "villa"]))
    xy = np.array([[h.x, h.y] for h in houses])
    nearest = homes[np.argmin(((xy[:, None] - city.xy[homes]) ** 2).sum(axis=2), axis=1)]
    inside = shapely.get_coordinates(shapely.point_on_surface(city.blocks[nearest]))
    return np.round(inside + [h.shift for h in houses], 1)


def catalogues(
    city: City, area: np.ndarray, records: list[House], degrees: Any
) -> dict[str, bytes]:
    """The venue files.

    Parameters
    ----------
    city : City
    area : numpy.ndarray of str
        Planning area of each block.
    records : list of House
    degrees : callable
        EPSG:25833 metres (n, 2) -> lon, lat arrays.
    """
    xy = place(city, records)
    lon, lat = degrees(xy)
    tree = shapely.STRtree(city.blocks)
    inside = area[tree.nearest(shapely.points(xy))]
    rows = list(zip(records, xy.tolist(), lon.tolist(), lat.tolist(), inside, strict=True))
    files = {
        "venues/stadtteilzentren.csv": _centres([r for r in rows if r[0].catalogue == "centre"])
    }
    files["venues/jugendfreizeiteinrichtungen.geojson"] = _youth(
        [r for r in rows if r[0].catalogue == "youth"]
    )
    for catalogue, name, first in (
        ("library", "libraries", 1000), ("community", "community-centers", 2000),
        ("office", "jobcenter_agentur", 3000),
    ):  # fmt: skip
        chosen = [r for r in rows if r[0].catalogue == catalogue]
        files[f"venues/osm_{name}.csv"] = osm_points(
            [(h.name, h.street, la, lo, a) for h, _, lo, la, a in chosen], first
        )
    return files


def osm_points(rows: list[tuple[str, str, float, float, str]], first: int) -> bytes:
    """An export of OpenStreetMap points: name, street, lat, lon, planning area."""
    header = ["id", "name", "street", "zip_code", "lat", "lon", "geojson_feature_id"]
    return write_csv(
        header,
        (
            [9_900_000_000 + first + k, name, street or None, _postcode(area) if street else None,
             round(lat, 7), round(lon, 7), area]
            for k, (name, street, lat, lon, area) in enumerate(rows)
        ),
    )  # fmt: skip


def _postcode(area: str) -> str:
    """Five digits of a range that is not in use."""
    return f"00{area[1]}{area[3:5]}"


def _centres(rows: list[Any]) -> bytes:
    header = [
        "Standortnummer", "Einrichtungsname", "Einrichtungsart", "Adresse", "PLZ", "Stadt",
        "Bezirk", "Webseite", "Telefon", "E_Mail", "Angebot", "Träger", "Anmerkungen",
        "Kurzbeschreibung", "X_Koordinate", "Y_Koordinate", "Foto_Link", "Google_Maps_Link",
        "Sachstand",
    ]  # fmt: skip
    offers = "Stadtteil- und Nachbarschaftsarbeit"
    table = []
    for k, (h, _, lon, lat, area) in enumerate(rows):
        number = f"{900 + k - (k == 2) * 2:06d}_E"  # a project's number: one stands for two rows
        district = {"21": "Lindental-Neuhafen", "22": "Nordkai-Petersfeld"}.get(
            area[:2], "Rosenau-Steinbruch"
        )
        contact = photo = remark = None
        table.append(
            [number, h.name, h.kind, h.street, _postcode(area), CITY, district, contact, contact,
             contact, offers, h.operator, remark, remark, round(lon, 7), round(lat, 7), photo,
             photo, "2024-11-30"]
        )  # fmt: skip
    return write_csv(header, table, delimiter=";", newline="\r\n")


def _youth(rows: list[Any]) -> bytes:
    features = []
    for k, (h, xy, _, _, area) in enumerate(rows):
        street, number = h.street.rsplit(" ", 1)
        properties = {
            "e_nr": f"{area[:2]}01{k + 1:04d}", "e_name": h.name, "e_bez_nr": area[:2],
            "e_bez": None, "e_plz": _postcode(area), "e_ort": CITY, "e_strasse": street,
            "e_hnr": number, "e_zus": None, "e_tel": "", "e_web": None, "e_platz": str(40 + 7 * k),
            "e_art": h.kind or "Jugendfreizeiteinrichtungen (JFE)", "zielgr1": None,
            "zielgr2": "ja" if h.girls else None, "gend1": "ja" if h.girls else None,
            "gend2": None, "t_name": h.operator,
            "t_art": "öffentlicher Träger" if h.public else "freier Träger", "t_web": None,
        }  # fmt: skip
        point = {"type": "Point", "coordinates": xy}
        features.append({"type": "Feature", "properties": properties, "geometry": point})
    return collection("jugendfreizeiteinrichtungen", features)


def collection(name: str, features: list[dict[str, Any]], crs: str = "EPSG::25833") -> bytes:
    """A GeoJSON file that names its CRS, one feature a line."""
    authority = "OGC:1.3:CRS84" if crs == "CRS84" else crs
    head = {
        "type": "FeatureCollection",
        "name": name,
        "crs": {"type": "name", "properties": {"name": f"urn:ogc:def:crs:{authority}"}},
    }
    lines = ",\n".join(json.dumps(f, ensure_ascii=False, separators=(",", ":")) for f in features)
    text = json.dumps(head, ensure_ascii=False)[:-1] + ', "features": [\n' + lines + "\n]}\n"
    return text.encode()
