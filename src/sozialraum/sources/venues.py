"""Catalogues of venues: rooms in which a consultation might take place.

Each reader returns one frame with the same columns (`COLUMNS`), one row per record of the file: a
record is what its publisher lists (a house, a project, an offer), houses are made of records in
`sozialraum.presence`. Nothing is judged here. Contact data (telephone, e-mail, web pages, names of
contact persons) is not read, and is removed from free text.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sozialraum.errors import InputError
from sozialraum.sources import osm
from sozialraum.sources.files import MEGABYTE, read_bytes
from sozialraum.sources.tables import decode
from sozialraum.sources.venue_list import TEMPLATE

if TYPE_CHECKING:
    from sozialraum.study.places import VenueFile

LARGEST_LIST = 20 * MEGABYTE
LAYERS = (".gpkg", ".geojson", ".json", ".parquet")
"""Endings of vector files."""

COLUMNS: dict[str, str] = {
    "name": "name of the record",
    "address": "street and number as published",
    "postcode": "five digits, text",
    "operator": "who runs it",
    "operator_hint": "what the source says about the kind of operator",
    "venue_type": "type of venue as the source or the study says, German",
    "audience": "whom it is for, where the source says so; empty: nothing is known",
    "barrier_free": "ja, nein or empty (unknown)",
    "opening": "opening days or hours as published; empty: unknown",
    "size": "size of the room as published; empty: unknown",
    "opted_out": "True: the operator does not want to take part",
    "note": "remark of the source, e.g. a temporary location",
    "x": "metres, metric CRS of the study, whole",
    "y": "metres, metric CRS of the study, whole",
    "lon": "degrees, WGS 84",
    "lat": "degrees, WGS 84",
    "source": "id of the source",
    "source_id": "id of the record in its source; may repeat",
}
"""Columns of the frame that every reader returns. Unknown text is empty, never a guess."""

OPERATOR_KINDS = {"öffentlich", "kirchlich", "gemeinnützig", "privat"}
YES = {"ja", "j", "yes", "y", "true", "1", "x"}


def read_venues(path: Path, file: VenueFile, *, metric_crs: str = "EPSG:25833") -> pd.DataFrame:
    """Read one catalogue of venues.

    Parameters
    ----------
    path : pathlib.Path
        The file; CSV (comma, semicolon or tab; UTF-8 or Windows-1252), GeoJSON, GeoPackage or
        GeoParquet; of OpenStreetMap also an extract (``.osm.pbf``).
    file : sozialraum.study.places.VenueFile
        `kind` names the reader, `venue_type` the type where the file does not say, `source` the
        id of the source (default: the kind).
    metric_crs : str
        Projected CRS of the columns `x` and `y`.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`, one row per record in the order of the file, unknown text empty.

    Raises
    ------
    InputError
        The file is missing or not readable, a column is missing, or a coordinate is missing or
        cannot belong to the study's part of the world.

    Examples
    --------
    >>> from sozialraum import demo
    >>> from sozialraum.study.places import VenueFile
    >>> file = VenueFile(path="osm_libraries.csv", kind="osm", venue_type="Bibliothek")
    >>> venues = read_venues(demo.folder() / "venues/osm_libraries.csv", file)
    >>> venues["venue_type"].unique().tolist()
    ['Bibliothek']
    """
    if not path.is_file():
        raise InputError("The list of venues is missing", where=str(path))
    frame = _finish(_READERS[file.kind](path), path, metric_crs)
    frame.loc[frame["venue_type"] == "", "venue_type"] = file.venue_type
    frame["source"] = file.source or file.kind
    return frame


def clean(text: object) -> str:
    r"""Text without control characters, doubled blanks and contact data.

    Control characters U+0080 to U+009F come from Windows-1252 text that was taken for Latin-1;
    they are read as what was meant (a dash, a quotation mark).

    Examples
    --------
    >>> clean("Stephans \x96 Der  Nachbarschaftsladen ")
    'Stephans – Der Nachbarschaftsladen'
    >>> clean("Übergang, Tel. 030 1234567, post@example.org")
    'Übergang'
    """
    if isinstance(text, str):
        return _cleaned(text) if text else ""
    if text is None or text is pd.NA or (isinstance(text, float) and np.isnan(text)):
        return ""
    return _cleaned(str(text))


@lru_cache(maxsize=100_000)
def _cleaned(text: str) -> str:
    read = unicodedata.normalize("NFC", text)
    if not read.isprintable() or "\ufffd" in read:  # most text needs no look at each character
        read = "".join(_meant(c) for c in read)
    low = read.lower()
    for signs, pattern in _CONTACT.items():
        if any(sign in low for sign in signs):
            read = re.sub(pattern, " ", read, flags=re.IGNORECASE)
    return " ".join(read.split()).strip(" ,;")


_CONTACT = {
    ("@",): r"\S+@\S+\.\w+",
    ("://", "www."): r"(?:https?://|www\.)\S+",
    ("tel", "fon", "mob", "fax"): r"(?:Tel|Telefon|Fon|Mobil|Fax)\b[.:]*\s*[+(]?\d[\d\s()/-]{4,}",
}
"""What contact data looks like, by the signs without which there is none of it."""


def _meant(character: str) -> str:
    if "\x80" <= character <= "\x9f":
        character = character.encode("latin-1").decode("cp1252", errors="replace")
    return " " if unicodedata.category(character) in {"Cc", "Cf"} or character == "�" else character


def _read_csv(path: Path, required: Iterable[str]) -> pd.DataFrame:
    """A CSV as text; delimiter from the header, encoding UTF-8 or Windows-1252."""
    text, _ = decode(read_bytes(path, limit=LARGEST_LIST), where=str(path))
    lines = text.splitlines(keepends=True)
    start = next(
        (
            i
            for i, line in enumerate(lines)
            if line.strip() and not line.lstrip('"').startswith("#")
        ),
        None,
    )
    if start is None:
        raise InputError("The list of venues is empty", where=str(path))
    delimiter = max(";,\t", key=lines[start].count)
    body = "".join(line for line in lines[start:] if not line.lstrip('"').startswith("#"))
    try:
        reader = csv.reader(io.StringIO(body, newline=""), delimiter=delimiter)
        rows = [row for row in reader if row]
    except csv.Error as error:
        raise InputError(
            f"The list of venues is not well formed: {error}", where=str(path)
        ) from None
    header = [h.strip() for h in rows[0]]
    if twice := sorted({h for h in header if h and header.count(h) > 1}):
        raise InputError(f"The column {twice[0]!r} stands twice", where=str(path))
    for number, row in enumerate(rows[1:], 2):
        if len(row) > len(header) and any(cell.strip() for cell in row[len(header) :]):
            raise InputError(
                f"Record {number - 1} has {len(row)} cells, the header {len(header)}",
                where=str(path),
                hint=f"A cell that contains the delimiter {delimiter!r} needs quotation marks",
            )
    width = len(header)
    cells = [(row + [""] * width)[:width] for row in rows[1:] if any(c.strip() for c in row)]
    frame = pd.DataFrame(cells, columns=header, dtype=object)
    return _with_columns(frame, path, required)


def _read_points(path: Path) -> pd.DataFrame:
    """Attributes of a vector layer with `lon` and `lat` (WGS 84, NaN without geometry)."""
    import geopandas as gpd
    from pyproj.exceptions import CRSError
    from shapely.errors import ShapelyError

    from sozialraum.sources.vector import read_layer

    layer = read_layer(path)
    if layer.crs is None:
        raise InputError("The list of venues names no CRS", where=str(path))
    try:
        points = gpd.GeoSeries(layer.geometry, crs=layer.crs).representative_point()
        points = points.to_crs("EPSG:4326")
    except (CRSError, ShapelyError) as error:
        raise InputError(f"The positions cannot be read: {error}", where=str(path)) from None
    table = pd.DataFrame({str(column): values for column, values in layer.attributes.items()})
    table = table.drop(columns=["lon", "lat"], errors="ignore")
    return table.assign(lon=points.x.to_numpy(), lat=points.y.to_numpy())


def _with_columns(frame: pd.DataFrame, path: Path, required: Iterable[str]) -> pd.DataFrame:
    if lacking := [c for c in required if c not in frame.columns]:
        raise InputError(
            f"The list of venues lacks the columns {lacking}",
            where=str(path),
            expected=", ".join(required),
            hint="Check the `kind` of the file in the study",
        )
    return frame


def _stadtteilzentren(path: Path) -> pd.DataFrame:
    """Neighbourhood centres of Berlin's Senate programme: only public and non-profit operators.

    `Standortnummer` is a project's number and repeats; the Bezirk column can be wrong and is not
    read: the position decides.
    """
    table = _read_csv(
        path,
        ["Standortnummer", "Einrichtungsname", "Einrichtungsart", "Adresse", "PLZ", "Träger"]
        + ["X_Koordinate", "Y_Koordinate"],
    )
    return pd.DataFrame(
        {
            "name": table["Einrichtungsname"],
            "address": table["Adresse"],
            "postcode": table["PLZ"],
            "operator": table["Träger"],
            "operator_hint": "gemeinnützig oder öffentlich (Programm Stadtteilzentren)",
            "venue_type": table["Einrichtungsart"],
            "note": table.get("Anmerkungen", ""),
            "lon": table["X_Koordinate"],
            "lat": table["Y_Koordinate"],
            "source_id": table["Standortnummer"],
        }
    )


def _jugendfreizeit(path: Path) -> pd.DataFrame:
    """Youth clubs of Berlin: rows are offers, several of them may share a house."""
    table = _with_columns(
        _read_points(path), path, ["e_nr", "e_name", "e_strasse", "e_hnr", "t_name", "t_art"]
    )

    def text(column: str) -> pd.Series:
        if column not in table:
            return pd.Series("", index=table.index, dtype=object)
        return table[column].astype(object).map(clean)

    # A number that the street repeats ("Plöner Str. 4-18" with number 4) would stand there twice.
    street = text("e_strasse").str.replace(r"\s+\d+(\s*[-–/]\s*\d+)?$", "", regex=True)
    girls, children = text("gend1") == "ja", text("zielgr1") == "ja"
    youth = text("zielgr2") == "ja"
    audience = np.select(
        [girls, children & ~youth], ["Mädchen", "Kinder"], default="Jugendliche"
    ).astype(object)
    playground = text("e_art").str.contains(r"\bPbS\b|\bASP\b|Kinderfarm")
    return pd.DataFrame(
        {
            "name": text("e_name"),
            "address": street + " " + text("e_hnr") + text("e_zus"),
            "postcode": text("e_plz"),
            "operator": text("t_name"),
            "operator_hint": text("t_art"),
            "venue_type": np.where(playground, "Betreuter Spielplatz", ""),
            "audience": audience,
            "lon": table["lon"],
            "lat": table["lat"],
            "source_id": text("e_nr"),
        }
    )


def _osm(path: Path) -> pd.DataFrame:
    """OpenStreetMap: an extract, a layer of tags, or a CSV with id, name, street, lat, lon."""
    if path.suffix.lower() in osm.EXTRACTS:
        return osm.venue_records(osm.read_extract(path))
    if path.suffix.lower() in LAYERS:
        return osm.venue_records(_read_points(path))
    table = _read_csv(path, ["id", "name", "lat", "lon"])

    def column(*names: str) -> pd.Series | str:
        return next((table[n] for n in names if n in table), "")

    return pd.DataFrame(
        {
            "name": table["name"],
            "address": column("street", "address"),
            "postcode": column("zip_code", "postcode"),
            "operator": column("operator"),
            "operator_hint": column("operator:type", "operator_type"),
            "barrier_free": column("wheelchair"),
            "opening": column("opening_hours"),
            "lon": table["lon"],
            "lat": table["lat"],
            "source_id": table["id"],
        }
    )


def _plain(path: Path) -> pd.DataFrame:
    """A list kept by hand (`sozialraum.sources.venue_list`): CSV, or points of a layer."""
    if path.suffix.lower() in LAYERS:
        table = _with_columns(_read_points(path), path, ["name"])
    else:
        table = _read_csv(path, ["name", "lon", "lat"])
    if unknown := sorted(set(table.columns) - set(TEMPLATE) - {"id", "fid"}):
        raise InputError(
            f"The list of venues has columns that are not known: {', '.join(unknown)}",
            where=str(path),
            expected=", ".join(TEMPLATE),
            hint="Contact data does not belong into this list",
        )
    if "operator_kind" in table:
        stated = table["operator_kind"].map(clean)
        if odd := sorted(set(stated) - OPERATOR_KINDS - {""}):
            raise InputError(
                f"The list of venues has a kind of operator that is not known: {', '.join(odd)}",
                where=str(path),
                expected="öffentlich, kirchlich, gemeinnützig, privat or nothing",
            )
    table = table.rename(columns={"operator_kind": "operator_hint", "id": "source_id"})
    if "source_id" not in table:
        table["source_id"] = [str(i) for i in range(1, len(table) + 1)]
    return table.drop(columns="fid", errors="ignore")


_READERS: dict[str, Callable[[Path], pd.DataFrame]] = {
    "stadtteilzentren": _stadtteilzentren,
    "jugendfreizeit": _jugendfreizeit,
    "osm": _osm,
    "plain": _plain,
}


def _finish(frame: pd.DataFrame, path: Path, metric_crs: str) -> pd.DataFrame:
    """All columns in their order, clean text, checked coordinates in both systems."""
    from pyproj import CRS, Transformer

    given = frame.reindex(columns=list(COLUMNS))
    result = pd.DataFrame({c: [clean(v) for v in given[c].tolist()] for c in COLUMNS}, dtype=object)
    # An OSM key "wheelchair" says more than yes and no; only the two are certain.
    barrier = result["barrier_free"].str.lower()
    known = {"yes": "ja", "ja": "ja", "no": "nein", "nein": "nein"}
    result["barrier_free"] = barrier.map(known).fillna("").astype(object)
    result["opted_out"] = result["opted_out"].str.lower().isin(YES)
    result["postcode"] = result["postcode"].str.replace(r"\.0$", "", regex=True)
    for column in ("lon", "lat"):
        degrees = pd.to_numeric(result[column].str.replace(",", "."), errors="coerce")
        if degrees.isna().any():
            row = int(np.flatnonzero(degrees.isna())[0])
            raise InputError(
                f"A venue has no usable position: {result['name'].iloc[row] or 'without a name'}",
                where=f"{path}, record {row + 1}, {column} = {frame[column].iloc[row]!r}",
                expected="degrees (WGS 84), e.g. 13.3048 and 52.5163",
            )
        result[column] = degrees.round(6).to_numpy()
    use = CRS.from_user_input(metric_crs).area_of_use
    if use is not None and len(result):
        odd = (
            (result["lon"] < use.west - 6)
            | (result["lon"] > use.east + 6)
            | (result["lat"] < use.south - 6)
            | (result["lat"] > use.north + 6)
        )
        if odd.any():
            row = int(np.flatnonzero(odd)[0])
            raise InputError(
                f"A venue lies far outside the area of {metric_crs}: {result['name'].iloc[row]}",
                where=f"{path}, record {row + 1}",
                expected="lon and lat in degrees",
                hint="Check whether longitude and latitude are swapped",
            )
    project = Transformer.from_crs("EPSG:4326", metric_crs, always_xy=True)
    x, y = project.transform(result["lon"].to_numpy(float), result["lat"].to_numpy(float))
    result["x"], result["y"] = np.rint(x), np.rint(y)
    return result[list(COLUMNS)]
