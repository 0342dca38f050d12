"""The list of rooms that an analyst keeps by hand: its columns, and an empty one to start from."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from sozialraum.errors import EnvironmentFault, InputError

TEMPLATE: dict[str, str] = {
    "name": "Name der Einrichtung (Pflicht)",
    "address": "Straße und Hausnummer",
    "postcode": "Postleitzahl",
    "operator": "Träger, mit Rechtsform",
    "operator_kind": "öffentlich, kirchlich, gemeinnützig oder privat; leer: unbekannt",
    "venue_type": "Art, z. B. Nachbarschaftshaus, Bibliothek, Familienzentrum",
    "audience": "nur wenn nicht für alle: z. B. Mädchen, Senioren, Jugendliche",
    "barrier_free": "barrierefrei: ja oder nein; leer: unbekannt",
    "opening": "Öffnungstage, z. B. Mo-Fr 9-17",
    "size": "Größe des Raums, z. B. 20 m²",
    "opted_out": "ja, wenn der Träger nicht teilnehmen möchte",
    "note": "Bemerkung, keine Kontaktdaten",
    "lon": "geografische Länge (WGS 84), z. B. 13.3048 (Pflicht)",
    "lat": "geografische Breite (WGS 84), z. B. 52.5163 (Pflicht)",
}
"""Columns of the list that an analyst keeps by hand, with what they mean (German)."""


def template(path: Path) -> None:
    """Write an empty list of venues with explained columns, to be kept by hand.

    Parameters
    ----------
    path : pathlib.Path
        ``.csv`` for a spreadsheet: lines that begin with ``#`` explain the columns, the reader of
        kind ``plain`` skips them. ``.gpkg`` for QGIS: a layer of points in WGS 84 whose position
        stands for `lon` and `lat`; the explanations are in the layer's description.

    Raises
    ------
    InputError
        The file exists already: somebody's list is never overwritten.
    EnvironmentFault
        The file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     template(Path(folder) / "raeume.csv")
    ...     Path(folder, "raeume.csv").read_text("utf-8-sig").splitlines()[-1][:21]
    'name;address;postcode'
    """
    if path.exists():
        raise InputError("There is a file of that name already", where=str(path))
    explained = [f"{column}: {meaning}" for column, meaning in TEMPLATE.items()]
    try:
        if path.suffix.lower() == ".gpkg":
            _empty_layer(path, explained)
            return
        lines = ["# Liste von Einrichtungen. Zeilen mit # sind Erklärungen."]
        lines += [*(f"# {line}" for line in explained), ";".join(TEMPLATE)]
        # The byte order mark makes spreadsheet programs read umlauts.
        path.write_text("\n".join(lines) + "\n", encoding="utf-8-sig", newline="")
    except OSError as error:
        raise EnvironmentFault(
            f"The list cannot be written: {error.strerror or error}", where=str(path)
        ) from None


def _empty_layer(path: Path, explained: list[str]) -> None:
    """A GeoPackage with the columns of the list and no rows."""
    import geopandas as gpd

    columns = [c for c in TEMPLATE if c not in ("lon", "lat")]
    empty = gpd.GeoDataFrame(
        {c: pd.Series(dtype=str) for c in columns}, geometry=gpd.GeoSeries([], crs="EPSG:4326")
    )
    empty.to_file(
        path, layer="raeume", geometry_type="Point",
        layer_options={"DESCRIPTION": "; ".join(explained)},
    )  # fmt: skip
