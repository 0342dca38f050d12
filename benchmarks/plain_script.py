"""What an analyst would write by hand: geopandas, esda, spopt and folium on the same inputs.

Index of the 2025 edition over Berlin, local Moran with 9,999 permutations, coverage with six rooms
in Charlottenburg-Wilmersdorf, and a choropleth. No audit, no uncertainty, no disclosure control, no
report: the yardstick for the time of the whole run (see ``run_vs_script.py``).

    python benchmarks/plain_script.py DATA OUT.html
"""

import sys
import warnings

import esda
import folium
import geopandas as gpd
import libpysal
import numpy as np
import pandas as pd
import pulp
from spopt.locate import MCLP

warnings.simplefilter("ignore")
data, out = sys.argv[1], sys.argv[2]
areas = gpd.read_file(f"{data}/lor_2021/lor_planungsraeume_2021.shp").set_index("PLR_ID")
mss = pd.read_csv(
    f"{data}/mss/2025/mss_2025_index_indikatoren.csv", dtype={"PLR_ID": str}
).set_index("PLR_ID")
valid = mss[["S1", "S2", "S3", "S4"]].dropna()
z = (valid - valid.mean()) / valid.std(ddof=0)
index = z.sum(axis=1)
areas["index"] = (index - index.mean()) / index.std(ddof=0)
areas["S3"], areas["EW"] = mss["S3"], mss["EW"]

inside = areas.dropna(subset="index")
weights = libpysal.weights.Queen.from_dataframe(inside, use_index=True, silence_warnings=True)
weights.transform = "r"
moran = esda.Moran_Local(inside["index"], weights, permutations=9999, seed=1)

district = areas[areas.index.str.startswith("04")].copy()
cells = pd.read_csv(f"{data}/population_grid/population_100m_berlin.csv", sep=";")
cells = gpd.GeoDataFrame(
    cells, geometry=gpd.points_from_xy(cells.x_mp_100m, cells.y_mp_100m), crs=3035
).to_crs(25833)
cells = gpd.sjoin(cells, district[["geometry", "S3"]], predicate="within")
cells["demand"] = cells["Einwohner"] * cells["S3"].fillna(0) / 100
houses = pd.read_csv(f"{data}/venues/stadtteilzentren_2026-06.csv", sep=";")
clubs = gpd.read_file(f"{data}/venues/jugendfreizeiteinrichtungen_2022-12.geojson").to_crs(25833)
points = [gpd.GeoSeries(gpd.points_from_xy(houses.X_Koordinate, houses.Y_Koordinate), crs=4326)]
for name in ("osm_libraries_2026-02", "osm_community-centers_2026-02"):
    table = pd.read_csv(f"{data}/venues/{name}.csv")
    points.append(gpd.GeoSeries(gpd.points_from_xy(table.lon, table.lat), crs=4326))
sites = pd.concat([p.to_crs(25833) for p in points] + [clubs.geometry], ignore_index=True)
sites = sites[sites.within(district.union_all())]
cost = 1.23 * np.hypot(
    cells.geometry.x.to_numpy()[:, None] - sites.x.to_numpy(),
    cells.geometry.y.to_numpy()[:, None] - sites.y.to_numpy(),
)
model = MCLP.from_cost_matrix(cost, cells["demand"].to_numpy(), 1000, p_facilities=6)
model = model.solve(pulp.PULP_CBC_CMD(msg=False))

page = folium.Map(location=[52.5, 13.28], zoom_start=12)
folium.Choropleth(
    district.reset_index().to_json(),
    data=district["index"],
    key_on="feature.properties.PLR_ID",
    columns=["PLR_ID", "index"],
).add_to(page)
for point, chosen in zip(sites.to_crs(4326), model.fac2cli, strict=True):
    if chosen:
        folium.Marker([point.y, point.x]).add_to(page)
page.save(out)
print(f"clusters {int((moran.p_sim < 0.05).sum())}, covered {model.problem.objective.value():.0f}")
