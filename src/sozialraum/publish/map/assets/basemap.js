/* An online background map, only where the study names one: nothing is asked before the reader agrees,
   and the agreement is kept nowhere. One image per view, in the coordinates of the study. */

const MOST_PIXELS = 2048; // what map services commonly allow for one image
let background = null;

function basemapAddress(bounds, size) {
  const { url, layer, crs, origin } = DATA.basemap;
  const [x, y] = origin;
  const box = [bounds.getWest() + x, bounds.getSouth() + y, bounds.getEast() + x, bounds.getNorth() + y];
  const query = new URLSearchParams({
    SERVICE: "WMS", VERSION: "1.3.0", REQUEST: "GetMap", LAYERS: layer, STYLES: "", CRS: crs,
    BBOX: box.map(Math.round).join(","), FORMAT: "image/png",
    WIDTH: Math.min(Math.round(size.x), MOST_PIXELS), HEIGHT: Math.min(Math.round(size.y), MOST_PIXELS),
  });
  return `${url}?${query}`;
}

function showBackground() {
  if (!background) return;
  const bounds = map.getBounds();
  background.setBounds(bounds).setUrl(basemapAddress(bounds, map.getSize()));
}

function toggleBackground() {
  if (background) {
    background.remove();
    background = null;
  } else {
    const bounds = map.getBounds();
    const address = basemapAddress(bounds, map.getSize());
    background = L.imageOverlay(address, bounds, { pane: "background", alt: "", interactive: false }).addTo(map);
  }
  byId("map").classList.toggle("with-background", Boolean(background));
  nameBackground();
}

function nameBackground() {
  if (!DATA.basemap) return;
  const { hostname } = new URL(DATA.basemap.url);
  byId("basemap-text").textContent = t("basemap.text", { host: hostname });
  byId("basemap-source").textContent = background ? DATA.basemap.attribution : "";
  const toggle = byId("basemap-toggle");
  toggle.textContent = t(background ? "basemap.off" : "basemap.on");
  toggle.setAttribute("aria-pressed", String(Boolean(background)));
}

function startBackground() {
  if (!DATA.basemap) return;
  map.createPane("background").style.zIndex = 405; // above the grey ground, below the areas
  map.on("moveend", showBackground);
  byId("basemap-toggle").addEventListener("click", toggleBackground);
}
