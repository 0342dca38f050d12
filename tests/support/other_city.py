"""A made-up Jobcenter far from Berlin: ids, levels, tables and layouts of its own."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

COLUMNS, ROWS, SIDE = 6, 5, 900.0
WEST, SOUTH = 560_000.0, 5_930_000.0
CRS = "EPSG:25832"
QUARTERS = ("Altstadt", "Hafen", "Geest")


class City:
    """Thirty square neighbourhoods in three quarters, with residents and recipients."""

    def __init__(self, seed: int = 7) -> None:
        random = np.random.default_rng(seed)
        self.number = list(range(COLUMNS * ROWS))
        self.quarter = [n % COLUMNS * len(QUARTERS) // COLUMNS for n in self.number]
        homes = list(enumerate(QUARTERS[q] for q in self.quarter))
        self.ids = [f"{name[:2].upper()}-{n:02d}" for n, name in homes]
        self.names = [f"{name} {n + 1}" for n, name in homes]
        self.residents = random.integers(700, 5200, len(self.ids)).tolist()
        rate = random.uniform(0.03, 0.28, len(self.ids))
        self.recipients = [int(p * r) for p, r in zip(self.residents, rate, strict=True)]
        self.old = [int(p * 0.2) for p in self.residents]
        self.jobless = [round(float(100 * r / 2), 2) for r in rate]
        self.pupils = [round(float(x), 2) for x in random.uniform(2, 30, len(self.ids))]

    def corner(self, n: int) -> tuple[float, float]:
        """South-west corner of a neighbourhood, metres."""
        return WEST + n % COLUMNS * SIDE, SOUTH + n // COLUMNS * SIDE

    def layer(self, path: Path, ids: list[str] | None = None, key: str = "KENNUNG") -> None:
        """Polygons as GeoJSON, with the quarter in a column."""
        features = []
        for n, area in enumerate(ids or self.ids):
            x, y = self.corner(n)
            ring = [[x, y], [x + SIDE, y], [x + SIDE, y + SIDE], [x, y + SIDE], [x, y]]
            properties = {key: area, "NAME": self.names[n], "QUARTIER": QUARTERS[self.quarter[n]]}
            geometry = {"type": "Polygon", "coordinates": [ring]}
            features.append({"type": "Feature", "properties": properties, "geometry": geometry})
        crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::25832"}}
        document = {"type": "FeatureCollection", "crs": crs, "features": features}
        path.write_text(json.dumps(document), encoding="utf-8")

    def wide(self, path: Path, *, suppressed: int | None = None) -> None:
        """Counts and residents as a spreadsheet program of an office saves them."""
        lines = ["Stadt Nordhafen, Statistikstelle;;;", "Kennung;Einwohner;Ab 65;Leistungen SGB II"]
        for n, area in enumerate(self.ids):
            count = "*" if n == suppressed else f"{self.recipients[n]:,}".replace(",", ".")
            lines.append(f"{area};{self.residents[n]};{self.old[n]};{count}")
        path.write_bytes("\r\n".join(lines).encode("cp1252"))

    def percentages(self, path: Path) -> None:
        """Two indicators of the city's own, with decimal comma."""
        lines = ["Kennung;Arbeitslose in %;Übergewicht bei Einschulung in %"]
        for area, *values in zip(self.ids, self.jobless, self.pupils, strict=True):
            lines.append(";".join([area, *(f"{v:.2f}".replace(".", ",") for v in values)]))
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def workbook(self, path: Path) -> None:
        """Names instead of ids, headings over three rows and over columns, totals at the end."""
        from openpyxl import Workbook

        book = Workbook()
        sheet = book.active
        sheet.title = "Profile"
        sheet["A1"] = "Statistische Daten zu den Stadtteilen"
        sheet["A2"] = "Stadtteil"
        sheet["B2"] = "Bevölkerung"
        sheet["B3"], sheet["C3"] = "Insgesamt", "65 Jahre und älter"
        sheet["D2"] = "Soziales"
        sheet["D3"], sheet["D4"] = "Leistungsberechtigte nach SGB II", "Insgesamt"
        sheet["E4"] = "darunter unter 15 Jahren"
        for span in ("A2:A4", "B2:C2", "B3:B4", "C3:C4", "D2:E2", "D3:E3"):
            sheet.merge_cells(span)
        rows = zip(self.names, self.residents, self.old, self.recipients, strict=True)
        for name, residents, old, recipients in rows:
            sheet.append([name, residents, old, recipients, recipients // 4])
        for title in ("Bezirk", "Nordhafen"):
            figures = (self.residents, self.old, self.recipients)
            sheet.append([title, *map(sum, figures), sum(r // 4 for r in self.recipients)])
        sheet.append(["– bedeutet: nichts vorhanden"])
        book.save(path)

    def long(self, path: Path, ids: list[str]) -> None:
        """One row per month, area and figure."""
        lines = ["monat,stadtteil,merkmal,insgesamt"]
        for month, factor in (("2025-01", 1.1), ("2025-02", 1.0)):
            for n, area in enumerate(ids):
                lines.append(f"{month},{area},Bevölkerung,{self.residents[n]}")
                count = round(self.recipients[n] * factor)
                lines.append(f"{month},{area},Leistungsberechtigte,{count}")
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def squares(self, path: Path) -> None:
        """Kilometre cells with residents and recipients, and nothing else."""
        lines = ["Zelle;Einwohner;Leistungsberechtigte"]
        for n, (people, count) in enumerate(zip(self.residents, self.recipients, strict=True)):
            north, east = 3_400_000 + n // COLUMNS * 1000, 4_320_000 + n % COLUMNS * 1000
            lines.append(f"CRS3035RES1000mN{north}E{east};{people};{count}")
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def grid(self, path: Path) -> None:
        """Residents per 100 m cell in the layout of the Zensus, four cells per neighbourhood."""
        from pyproj import Transformer

        carry = Transformer.from_crs(CRS, "EPSG:3035", always_xy=True)
        people: dict[tuple[int, int], int] = {}
        for n, residents in enumerate(self.residents):
            x, y = self.corner(n)
            for k, (dx, dy) in enumerate(((200, 200), (700, 200), (200, 700), (700, 700))):
                east, north = carry.transform(x + dx, y + dy)
                cell = int(east // 100) * 100, int(north // 100) * 100
                people[cell] = people.get(cell, 0) + residents // 4 + (k < residents % 4)
        lines = ["GITTER_ID_100m;x_mp_100m;y_mp_100m;Einwohner"]
        for (east, north), count in sorted(people.items()):
            lines.append(f"CRS3035RES100mN{north}E{east};{east + 50};{north + 50};{count}")
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def rooms(self, path: Path) -> None:
        """A list kept by hand, one room in every third neighbourhood."""
        from pyproj import Transformer

        degrees = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
        lines = ["name;operator;operator_kind;venue_type;lon;lat"]
        for n in self.number[::3]:
            x, y = self.corner(n)
            lon, lat = degrees.transform(x + 400, y + 500)
            kind = ("öffentlich", "gemeinnützig")[n % 2]
            lines.append(f"Haus {n};Träger {n} e. V.;{kind};Nachbarschaftshaus;{lon:.6f};{lat:.6f}")
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
