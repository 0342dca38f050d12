/* The data block: columns become rows, coordinates become points (metres from a local origin). */

const DATA = JSON.parse(byId("data").textContent);

const rows = (columns) => columns.id.map((_, i) => {
  const row = { i };
  for (const [name, values] of Object.entries(columns)) row[name] = values[i] ?? null;
  return row;
});

const AREAS = rows(DATA.areas);
const REGIONS = rows(DATA.regions);
const ROOMS = rows(DATA.rooms);
const OFFICES = DATA.offices;
const UNITS = DATA.units;
const TARGETS = DATA.study.targets.filter((target) => UNITS.people[target.key]);
const INDICATORS = Object.keys(DATA.areas).filter((name) => /^S\d+$/.test(name));

const areaById = new Map(AREAS.map((area) => [area.id, area]));
const roomById = new Map(ROOMS.map((room) => [room.id, room]));
for (const room of ROOMS) room.area = areaById.get(room.area_id) ?? null;

/* Leaflet wants [y, x]; a line is stored as its first point and the steps from point to point. */
function line(steps) {
  const points = [];
  for (let i = 0, x = 0, y = 0; i < steps.length; i += 2) {
    x += steps[i];
    y += steps[i + 1];
    points.push([y, x]);
  }
  return points;
}
const polygons = (rings) => rings.map((polygon) => polygon.map(line));
