/* The map: vector layers only, one unit = one metre, so that the scale bar is exact. */

const CALM = matchMedia("(prefers-reduced-motion: reduce)").matches;
const BOUNDS = [[DATA.bounds[1], DATA.bounds[0]], [DATA.bounds[3], DATA.bounds[2]]];
const LINE = { interactive: false, fill: false };
const shapes = new Map(); // area id -> Leaflet polygon
const signs = new Map(); // room id -> Leaflet marker
let map, zoomControl, highlight, circles, hotspots, cores, walks, touched = false;

function startMap() {
  map = L.map("map", {
    crs: L.CRS.Simple, attributionControl: false, zoomControl: false, zoomSnap: 0.25, zoomDelta: 0.5,
    minZoom: -9, maxZoom: 1, wheelPxPerZoomLevel: 120, boxZoom: false,
    zoomAnimation: !CALM, fadeAnimation: !CALM, markerZoomAnimation: !CALM, inertia: !CALM,
  });
  fitRegion(); // vector layers need a view to appear
  const panes = ["ground", "areas", "borders", "amounts", "halo", "walks", "labels"];
  panes.forEach((name, i) => {
    const pane = map.createPane(name);
    pane.style.zIndex = 400 + 10 * i;
    if (name !== "areas") { pane.style.pointerEvents = "none"; pane.setAttribute("aria-hidden", "true"); }
  });
  const renderers = Object.fromEntries(panes.map((name) => [name, L.svg({ pane: name, padding: 0.6 })]));
  const on = (name, more) => ({ pane: name, renderer: renderers[name], ...more });

  drawGround(on);
  for (const area of AREAS) shapes.set(area.id, drawArea(area, on));
  drawBorders(on);
  cores = L.layerGroup().addTo(map);
  hotspots = L.layerGroup(DATA.clusters.map((cluster) =>
    L.polygon(polygons(cluster.rings), on("borders", { ...LINE, className: "hotspot" }))));
  const large = AREAS.filter((area) => known(area.recipients)).sort((a, b) => b.recipients - a.recipients);
  circles = L.layerGroup(large.map((area) =>
    L.circleMarker([area.y, area.x],
      on("amounts", { interactive: false, radius: circleRadius(area.recipients), className: "amount", area }))));
  walks = L.layerGroup().addTo(map);
  highlight = L.layerGroup().addTo(map);
  for (const [areas, className] of [[CORE.possible, "core possible"], [CORE.certain, "core"]]) {
    for (const area of areas) L.polygon(polygons(area.rings), on("borders", { ...LINE, className })).addTo(cores);
  }
  for (const room of ROOMS) if (room.eligible) signs.set(room.id, drawRoom(room));
  OFFICES.forEach(drawOffice);

  L.control.scale({ imperial: false, position: "bottomright", maxWidth: 140 }).addTo(map);
  labels.sort((a, b) => a.rank - b.rank);
  startBackground();
  map.on("zoomend", () => {
    circles.eachLayer((circle) => circle.setRadius(circleRadius(circle.options.area.recipients)));
    if (state.layer === "people") showLegend();
    placeLabels(map);
  });
  map.on("dragstart zoomstart", () => { touched = document.readyState === "complete"; });
  new ResizeObserver(() => fitAgain()).observe(byId("map"));
}

/* The whole region, beside the legend where that lies on the map. */
function fitRegion() {
  const legend = byId("legend");
  const beside = legend.open && getComputedStyle(legend).position === "absolute" ? legend.offsetWidth + 14 : 10;
  map.fitBounds(BOUNDS, { paddingTopLeft: [beside, 10], paddingBottomRight: [52, 10], animate: false });
}

/* Keep the whole region in view while the reader has not moved the map. */
function fitAgain(force = false) {
  if (force) touched = false;
  const before = touched;
  map.invalidateSize({ animate: false, pan: false });
  if (!before) fitRegion();
  touched = before;
  placeLabels(map);
}

function drawGround(on) {
  for (const district of DATA.surroundings) {
    L.polygon(polygons(district.rings), on("ground", { interactive: false, className: "district" })).addTo(map);
    addLabel(map, "district", 30, district, district.name);
  }
  L.polygon(polygons(DATA.outline), on("ground", { interactive: false, className: "region-ground" })).addTo(map);
  for (const [kind, { rings, lines }] of Object.entries(DATA.orientation)) {
    for (const polygon of rings) {
      L.polygon(polygon.map(line), on("borders", { interactive: false, className: kind })).addTo(map);
    }
    for (const steps of lines) L.polyline(line(steps), on("borders", { ...LINE, className: kind })).addTo(map);
  }
}

function drawBorders(on) {
  for (const region of REGIONS) {
    L.polygon(polygons(region.rings), on("borders", { ...LINE, className: "region" })).addTo(map);
    if (region.name) addLabel(map, "region-name", 20, region, region.name);
  }
  L.polygon(polygons(DATA.outline), on("borders", { ...LINE, className: "outline" })).addTo(map);
  DATA.stops.x.forEach((x, i) => {
    const kind = DATA.stops.kind[i];
    if (kind === "Bus") return; // hundreds, and each near another
    const y = DATA.stops.y[i];
    L.circleMarker([y, x], on("amounts", { interactive: false, radius: 2, className: "stop" })).addTo(map);
    addLabel(map, "stop-name", 40, { x, y }, `${kind.charAt(0)} ${DATA.stops.name[i]}`);
  });
}

function drawArea(area, on) {
  const shape = L.polygon(polygons(area.rings), on("areas", { className: "area", weight: 1 })).addTo(map);
  shape.bindTooltip(() => el("span", {}, el("strong", {}, area.name), el("br"), LAYERS[state.layer].value(area)),
    { sticky: true, direction: "top", opacity: 1 });
  shape.on("click", () => { select({ area: area.id }); shape.getElement().focus({ preventScroll: true }); });
  const path = shape.getElement();
  path.setAttribute("tabindex", "0");
  path.setAttribute("role", "button");
  path.dataset.area = area.id;
  path.addEventListener("keydown", (event) => areaKey(event, area));
  path.addEventListener("focus", () => showHighlight(area));
  path.addEventListener("blur", () => showHighlight());
  area.label = addLabel(map, "mark", 10, area, "");
  return shape;
}

/* Enter opens the card, arrows go to the next area in their direction, Escape closes the tooltip. */
function areaKey(event, area) {
  const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
  if (event.key === "Enter" || event.key === " ") {
    select({ area: area.id }, { focus: event.key === "Enter" });
  } else if (event.key === "Escape") {
    shapes.get(area.id).closeTooltip();
  } else if (way) {
    const cost = (other) => {
      const dx = other.x - area.x, dy = other.y - area.y;
      const along = dx * way[0] + dy * way[1], across = Math.abs(dx * way[1]) + Math.abs(dy * way[0]);
      return along > 0 ? along + 2 * across : Infinity;
    };
    const next = AREAS.reduce((best, other) => (cost(other) < cost(best) ? other : best), area);
    shapes.get(next.id).getElement().focus();
  } else return;
  event.preventDefault();
  event.stopPropagation();
}

function drawRoom(room) {
  const icon = L.divIcon({ className: "room-sign", html: el("span", { class: "room" }), iconSize: [26, 26] });
  const marker = L.marker([room.y, room.x], { icon, keyboard: true }).addTo(map);
  marker.bindTooltip(() => el("span", {}, el("strong", {}, room.name), el("br"), roomValue(room)),
    { direction: "top", opacity: 1, offset: [0, -12] });
  marker.on("click", () => select({ room: room.id }));
  const sign = marker.getElement();
  sign.dataset.room = room.id;
  sign.addEventListener("keydown", (event) => {
    if (event.key === "Escape") marker.closeTooltip();
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    select({ room: room.id }, { focus: event.key === "Enter" });
  });
  return marker;
}

function drawOffice(office) {
  const html = el("span", { class: "office" }, /Jobcenter/i.test(office.name) ? "JC" : office.name.charAt(0));
  const icon = L.divIcon({ className: "office-sign", html, iconSize: [26, 20] });
  const marker = L.marker([office.y, office.x], { icon, keyboard: false, interactive: true }).addTo(map);
  marker.bindTooltip(
    () => el("span", {}, office.name, office.approximate && ` (${t("office.approximate")})`),
    { direction: "top", opacity: 1 });
  office.sign = marker.getElement();
  office.sign.setAttribute("role", "img");
  office.sign.setAttribute("aria-label", office.name);
}

const roomValue = (room) => {
  const rooms = chosen();
  const place = rooms.indexOf(room);
  return place < 0 ? t("room.free")
    : t("room.chosen", { place: place + 1, gain: number(reach(rooms).gains[place]) });
};

/* A place was chosen, on the map, in the table or in a list: show its card everywhere. */
function select(choice, { focus = false, reveal = false } = {}) {
  update({ area: null, room: null, ...choice, tab: "card" });
  const place = choice.area ? areaById.get(choice.area) : roomById.get(choice.room);
  if (reveal && place && !map.getBounds().contains([place.y, place.x])) {
    map.panTo([place.y, place.x], { animate: !CALM });
  }
  if (focus) byId("card-title")?.focus();
  else toPanel();
}

/* On a phone the panel lies below the map: bring what was chosen into view. */
const NARROW = matchMedia("(max-width: 59.99rem), (max-height: 31.99rem)");
function toPanel() {
  if (NARROW.matches) byId("tabs").scrollIntoView({ behavior: CALM ? "auto" : "smooth" });
}

function showHighlight(focused = null) {
  highlight.clearLayers();
  for (const [area, name] of [[areaById.get(state.area), "selected"], [focused, "focused"]]) {
    if (!area) continue;
    for (const className of ["halo", name]) {
      L.polygon(polygons(area.rings), { ...LINE, pane: "halo", className }).addTo(highlight);
    }
  }
}

function paintAreas() {
  const layer = LAYERS[state.layer];
  for (const area of AREAS) {
    const look = layer.classOf(area);
    const shape = shapes.get(area.id);
    shape.setStyle({ fillColor: look.fill, fillOpacity: 1, color: "#7d8a94" });
    shape.getElement().setAttribute("aria-label", t("area.name", { name: area.name, value: layer.value(area) }));
    shape.getElement().setAttribute("aria-pressed", String(state.area === area.id));
    area.label.span.textContent = layer.mark(area);
    area.label.span.style.color = look.ink;
  }
  const extras = [[circles, state.layer === "people"], [hotspots, state.layer === "cluster"], [cores, coresShown()]];
  for (const [group, shown] of extras) {
    if (shown) group.addTo(map);
    else group.remove();
  }
  placeLabels(map);
}

function paintRooms() {
  const rooms = chosen();
  const { gains } = reach(rooms);
  const walking = { ...LINE, pane: "walks", radius: state.radius / DATA.study.detour, className: "walk" };
  walks.clearLayers();
  // Along streets the reach is no circle; what is reached stands in the figures.
  for (const room of DATA.study.ways === "straight" ? rooms : []) L.circle([room.y, room.x], walking).addTo(walks);
  for (const office of OFFICES) office.sign.classList.toggle("off", !state.offices || !counts(office));
  for (const [id, marker] of signs) {
    const room = roomById.get(id);
    const place = rooms.indexOf(room);
    const sign = marker.getElement();
    const mark = sign.firstElementChild;
    mark.textContent = place < 0 ? "" : String(place + 1);
    mark.className = place < 0 ? "room" : "room on";
    sign.hidden = place < 0 && !candidate(room) && state.room !== id;
    sign.classList.toggle("current", state.room === id);
    marker.setZIndexOffset(place < 0 ? 0 : 1000);
    const value = place < 0 ? t("room.free") : t("room.chosen", { place: place + 1, gain: number(gains[place]) });
    sign.setAttribute("aria-label", t("room.name", { name: room.name, value }));
    sign.setAttribute("aria-pressed", String(state.room === id));
  }
}

function nameControls() {
  zoomControl?.remove();
  const titles = { zoomInTitle: t("zoom.in"), zoomOutTitle: t("zoom.out") };
  zoomControl = L.control.zoom({ position: "topright", ...titles }).addTo(map);
}
