"""Invented names: areas by what the land is used for, and the houses and streets of the city."""

from __future__ import annotations

import numpy as np

from sozialraum.demo.city import City

CITY = "Musterstadt"

_POOLS = {
    "forest": ["Erlenforst", "Hirschgrund", "Fuchskaute", "Buchenschlag"],
    "industry": ["Hafenbecken West", "Am Gaswerk", "Drahtwerk", "Güterbahnhof Süd", "Kalkwerk",
                 "Am Umspannwerk", "Lagerhausviertel", "Zementkai"],
    "estate": ["Ahornsiedlung Nord", "Ahornsiedlung Süd", "Am Wasserspeicher", "Gänseanger Ost",
               "Gänseanger West", "Kupfersiedlung", "Zeilenhöfe", "Hohe Lohe", "Lerchenfeld",
               "Sternhäuser", "Punkthäuser Ost", "Ringzeile", "Habichtshöhe", "Falkenried"],
    "villa": ["Seewinkel", "Landhausviertel", "Am Erlensee", "Villenkolonie Hagen", "Kirschallee",
              "Fliederhang", "Nussbaumweg", "Amselgrund", "Sonnenleite", "Birkenhag",
              "Magnolienweg", "Weinbergstieg", "Ulmenkamp"],
    "centre": ["Rathausmarkt", "Kornmarkt", "Domviertel", "Tuchmacherplatz", "Salzgasse",
               "Münzhof", "Altes Spital", "Brückenkopf", "Fischertor", "Posthof"],
    "park": ["Stadtparkviertel", "Rosenwiesen", "Am Volksgarten", "Lindenhain", "Parkstraße Nord",
             "Schlossgartenviertel"],
    "homes": [
        "Gerberplatz", "Böttcherstraße", "Webervorstadt", "Kesselhaus", "Färbergraben",
        "Alte Gießerei", "Leinpfad", "Papiermühle", "Kattunfabrik", "Seilerbahn", "Ziegelhof",
        "Glashütte", "Dachsbau", "Krugwiesen", "Haberfeld", "Hopfengarten", "Marstallplatz",
        "Zeughausstraße", "Pappelplatz", "Linsengasse", "Roggenfeld", "Dreschplatz", "Imkerweg",
        "Schäferbrunnen", "Klosterhufe", "Bleichwiese", "Kalkberg", "Tonkuhle", "Lehmgrube",
        "Sandhang", "Steinmetzplatz", "Marmorstraße", "Schieferweg", "Kiesgrube", "Basaltstraße",
        "Nordhang", "Windmühlenfeld", "Sternwarte", "Observatoriumsplatz", "Ankerplatz",
        "Treidelweg", "Fährstraße", "Lotsenviertel", "Reusenplatz", "Netzmacherweg", "Ufermark",
        "Petersfelder Markt", "Petersfelder Höfe", "Gleisdorf Nord", "Gleisdorf Süd",
        "Stellwerkplatz", "Drehscheibe", "Lokschuppen", "Schwellenweg", "Weichenstraße",
        "Kohlenhof", "Rosenauer Markt", "Rosenauer Feld", "Spalierweg", "Gärtnerviertel",
        "Staudenweg", "Rhabarberfeld", "Quittenplatz", "Mispelweg", "Holunderplatz",
        "Schlehenweg", "Ginsterhof", "Heidelandplatz", "Wacholderweg", "Kiefernkamp",
        "Harzerweg", "Köhlerplatz", "Meilerweg", "Uhrmacherplatz", "Orgelbauerstraße",
        "Glockengießerplatz", "Geigenbauerweg", "Notenviertel", "Lautenplatz", "Trommlerweg",
        "Buchbinderplatz", "Setzerstraße", "Letternhof", "Druckereiviertel", "Tintenstraße",
        "Federplatz", "Kompassplatz", "Globusstraße", "Kartographenweg", "Magnetstraße",
        "Pendelplatz", "Fernrohrstraße", "Prismenweg", "Linsenschleiferhof", "Ofensetzerplatz",
        "Kachelweg", "Töpferbrunnen", "Scherbenhof", "Krügerplatz", "Zinngießerhof",
        "Hufschmiedplatz", "Nagelschmiede", "Sensenwerk", "Hammerwerk", "Ambossplatz",
        "Wagnerhof", "Stellmacherplatz", "Deichselweg", "Kutscherhof", "Poststallplatz",
        "Laternenplatz", "Brunnenmeisterweg", "Pumpenhaus", "Wehrstraße", "Schleusengarten",
        "Biberplatz", "Otterweg", "Reiherstieg", "Kranichplatz", "Storchennest", "Schwalbenhof",
        "Zeisigplatz", "Stieglitzweg", "Pirolstraße", "Wachtelfeld", "Rebhuhnweg", "Lerchenplatz",
        "Hafermarkt", "Gerstenhof", "Malzstraße", "Brauhausplatz", "Fassmacherweg", "Kellerberg",
        "Gipsmühle", "Walkmühle", "Sägemühle", "Ölmühle", "Schöpfradweg", "Mahlsteinplatz",
        "Wollmarkt", "Spinnerei", "Nadelstraße", "Fingerhutplatz", "Garnviertel", "Spulenweg",
        "Samtstraße", "Leinenhof", "Filzplatz", "Hutmacherplatz", "Schusterbrunnen",
        "Sattlerplatz", "Riemerweg", "Kürschnerhof",
    ],
}  # fmt: skip

AREAS = {
    "Ankerplatz": (-2.45, -1.1), "Reusenplatz": (-2.9, -0.8), "Kattunfabrik": (-2.1, -1.5),
    "Leinpfad": (-2.2, -0.3), "Speicherhöfe": (-3.3, 0.1), "Stadtparkviertel": (-1.5, -0.4),
    "Ahornsiedlung Nord": (-3.7, -2.5), "Ahornsiedlung Süd": (-3.8, -3.0),
    "Gänseanger West": (-1.7, -4.4), "Gänseanger Ost": (-0.9, -4.5), "Pappelplatz": (-0.75, -2.7),
    "Kesselhaus": (-0.5, -3.2), "Lindenhain": (-2.9, -3.6), "Heidelandplatz": (-2.7, -4.6),
    "Am Erlensee": (-4.5, -1.4), "Erlenforst": (-5.8, -2.5), "Wallstraße": (-0.6, -0.8),
    "Seilerbahn": (-1.8, -2.2), "Gerberplatz": (-1.5, -1.4), "Kalkberg": (3.6, -3.4),
    "Nordhang": (0.8, 2.2), "Webervorstadt": (-0.9, 2.1), "Rosenwiesen": (3.4, -1.3),
    "Am Volksgarten": (2.3, 2.3), "Hohe Lohe": (1.6, 4.4), "Kupfersiedlung": (4.6, 1.3),
    "Gleisdorf Nord": (2.0, -0.6), "Gleisdorf Süd": (2.3, -1.3), "Rosenauer Markt": (3.1, -0.6),
    "Petersfelder Markt": (-0.4, 1.5), "Petersfelder Höfe": (-1.4, 1.4),
    "Steinbruchrand": (4.8, -3.0),
    "Hagener Holz": (5.8, 3.2), "Drahtwerk": (2.1, -3.0), "Ostkai": (5.9, -0.6),
    "Rathausmarkt": (0.0, 0.0), "Schlossgartenviertel": (0.75, -0.4), "Nordfriedhof": (-1.2, 3.6),
}  # fmt: skip
"""Planning areas with a place of their own; the others are named after their use."""

REGIONS = {
    "Neuhafen": (-2.3, -0.3), "Leinpfad": (-2.6, -1.4), "Stadtparkviertel": (-1.3, -0.8),
    "Wallvorstadt": (-0.5, -0.9), "Altstadt": (0.2, 0.0), "Lindental": (-1.6, -2.0),
    "Lindental Süd": (-1.7, -3.0), "Ahornsiedlung": (-3.6, -2.6), "Erlensee": (-4.4, -1.0),
    "Auenvorstadt": (-5.8, 0.2), "Heideland": (-3.2, -4.3), "Gänseanger": (-1.2, -4.4),
    "Pappelplatz": (-0.7, -2.7), "Erlenforst": (-5.9, -2.5), "Mühlradviertel": (-2.2, 1.9),
    "Speicherviertel": (-4.4, 1.6), "Petersfeld West": (-1.3, 1.3), "Petersfeld": (-0.3, 2.3),
    "Brückenvorstadt": (-0.3, 0.6),
    "Zollkai": (1.2, 1.3), "Nordkai": (0.4, 2.9), "Webervorstadt": (-0.9, 2.4),
    "Nordhang": (0.9, 2.6), "Windmühlenfeld": (-2.8, 3.4), "Hagen": (-4.6, 2.9),
    "Ziegelfeld": (2.4, 3.2),
    "Hohe Lohe": (1.6, 4.4), "Lerchenfeld": (-0.6, 4.3), "Volksgarten": (2.4, 1.9),
    "Kupferdamm Nord": (4.2, 1.8), "Hagener Holz": (5.6, 3.2), "Kupferdamm": (4.6, 0.7),
    "Gleisdorf": (2.2, -0.9), "Gleisdorf Nord": (1.9, 0.3), "Rosenau": (3.2, -1.3),
    "Rosenwiesen": (3.4, -0.2), "Ostvorstadt": (5.6, -0.2), "Steinbruch": (3.1, -3.2),
    "Steinbruch Ost": (4.8, -2.6), "Kalkberg": (3.6, -4.0), "Südbahnviertel": (0.8, -3.0),
    "Brunnenfeld": (1.3, -1.9), "Quittengrund": (0.4, -4.4), "Hammerfeld": (2.0, -4.2),
    "Glockenviertel": (1.0, -1.0), "Marmorfeld": (5.4, -1.6), "Kranichfeld": (3.2, 4.4),
}  # fmt: skip
"""Bezirksregionen and where they lie, in kilometres from the town hall."""

FORECASTS = {
    "Neuhafen/Stadtpark": (-1.9, -0.6), "Wallvorstadt/Altstadt": (0.0, -0.5),
    "Erlensee/Auen": (-4.6, -0.6), "Lindental": (-1.7, -2.3), "Ahornsiedlung": (-3.4, -2.8),
    "Gänseanger/Heideland": (-2.2, -4.4), "Erlenforst": (-5.9, -2.5), "Mühlrad": (-3.6, 1.8),
    "Petersfeld": (-0.7, 1.7), "Windmühlenfeld": (-3.0, 3.4), "Ziegelfeld": (1.9, 3.2),
    "Hohe Lohe": (1.2, 4.3), "Kupferdamm/Hagen": (4.8, 2.4), "Gleisdorf": (1.9, -0.5),
    "Rosenau": (3.3, -0.9), "Ostvorstadt": (5.2, -0.4), "Steinbruch": (3.6, -3.0),
    "Südbahn": (1.0, -3.2), "Kalkberg": (3.0, -4.2),
}  # fmt: skip

STATIONS = {
    "U-Bahn": ["Rathausmarkt", "Wallring", "Gerberplatz", "Neuhafen", "Ahornsiedlung",
               "Stadtpark", "Gürtelstraße", "Lindental", "Gänseanger", "Kornmarkt", "Petersfeld",
               "Nordallee", "Hohe Lohe", "Rosenauer Markt", "Steinbruch", "Kupferdamm",
               "Webervorstadt", "Sternwarte", "Heideland", "Ostvorstadt", "Mühlrad", "Hagen",
               "Brückenkopf", "Zeughaus", "Marstall", "Tonkuhle", "Kalkberg", "Ziegelfeld",
               "Quittenplatz", "Ankerplatz"],
    "S-Bahn": ["Musterstadt Hauptbahnhof", "Westkreuzung", "Erlensee", "Lindental Bahnhof",
               "Südbahnhof", "Gleisdorf", "Hammerfeld", "Ostvorstadt Bahnhof", "Nordhang",
               "Petersfeld Bahnhof", "Lokschuppen", "Volksgarten", "Drahtwerk", "Heidelandstraße",
               "Kupfersiedlung", "Rosenwiesen"],
}  # fmt: skip


def area_names(city: City, area: np.ndarray, residents: np.ndarray) -> dict[str, str]:
    """A name for each planning area, after what most of its land or people are."""
    pools = {use: list(names) for use, names in _POOLS.items()}
    names = place_names(city, area, AREAS)
    pools = {use: [n for n in pool if n not in AREAS] for use, pool in pools.items()}
    for key in np.unique(area):
        if str(key) in names:
            continue
        inside = area == key
        uses, code = np.unique(city.use[inside], return_inverse=True)
        weight = np.bincount(code, residents[inside] + 60)
        order = [str(u) for u in uses[np.argsort(-weight, kind="stable")]]
        special = [u for u in ("estate", "villa", "industry", "park") if u in order]
        first = order[:1] if order[0] != "homes" else special + order
        pool = next(pools[u] for u in [*first, "homes"] if pools.get(u))
        names[str(key)] = pool.pop(0)
    return names


def place_names(
    city: City, keys: np.ndarray, places: dict[str, tuple[float, float]]
) -> dict[str, str]:
    """A name for each unit: the places and the units' middles matched at least total distance."""
    from scipy.optimize import linear_sum_assignment

    units, code = np.unique(keys, return_inverse=True)
    size = np.bincount(code)
    middle = np.column_stack([np.bincount(code, city.xy[:, d]) / size for d in (0, 1)])
    at = np.array(list(places.values()))
    rows, columns = linear_sum_assignment(((middle[:, None] - at) ** 2).sum(axis=2))
    labels = list(places)
    return {str(units[r]): labels[c] for r, c in zip(rows, columns, strict=True)}
