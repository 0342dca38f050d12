/* Names and marks on the map: the important first, and none on top of another. */

const labels = [];
/* Where a name may stand, in pixels below its point; a mark stays where it is. */
const SHIFTS = {
  mark: [0], "region-name": [0, -16, 16, -30, 30], district: [0, 30, -30], "stop-name": [-11, 11],
};

/* Below so many pixels a metre (a whole city) there is room for the large signs and names only. */
const FAR = 0.022;

function addLabel(map, kind, rank, { x, y, r = 0 }, text) {
  const span = el("span", {}, text);
  const icon = L.divIcon({ className: `label ${kind}`, html: span, iconSize: null });
  const marker = L.marker([y, x], { icon, pane: "labels", interactive: false, keyboard: false });
  marker.addTo(map);
  const label = { kind, rank, x, y, r, span, marker };
  labels.push(label);
  return label;
}

/* Show as many labels as fit; called after every zoom and whenever a text changed. */
function placeLabels(map) {
  const scale = 2 ** map.getZoom();
  const around = ({ x, y }, size) => {
    const at = map.latLngToLayerPoint([y, x]);
    return [at.x - size, at.y - size, at.x + size, at.y + size];
  };
  const far = scale < FAR;
  byId("map").classList.toggle("far", far);
  const taken = [...chosen(), ...OFFICES].map((place) => around(place, far ? 8 : 11)); // signs keep their place
  for (const { span } of labels) span.hidden = false;
  const sizes = labels.map(({ span }) => [span.offsetWidth, span.offsetHeight]); // one reflow for all
  labels.forEach((label, i) => {
    const [width, height] = sizes[i];
    const at = map.latLngToLayerPoint([label.y, label.x]);
    const inside = label.r * scale * 2;
    const big = label.kind === "mark" ? inside >= Math.max(height, width * 0.8) && !(far && state.layer === "people")
      : label.kind !== "region-name" || !far || inside >= width * 0.5;
    const near = label.kind !== "stop-name" || scale > 0.1;
    const boxAt = (dy) => [at.x - width / 2, at.y + dy - height / 2, at.x + width / 2, at.y + dy + height / 2];
    const free = (box) => taken.every((b) => box[2] < b[0] || box[0] > b[2] || box[3] < b[1] || box[1] > b[3]);
    const shift = width && big && near ? SHIFTS[label.kind].find((dy) => free(boxAt(dy))) : undefined;
    label.span.hidden = shift === undefined;
    if (shift === undefined) return;
    label.span.style.transform = `translate(-50%, calc(-50% + ${shift}px))`;
    taken.push(boxAt(shift));
  });
}
