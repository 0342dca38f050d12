/* What the reader chose. It stands in the address, so that a view can be sent and printed again. */

const NAMES = { everybody: "alle", young: "jugend", families: "familien", worse: "verschlechterung" };
const LAYER_NAMES = { need: "bedarf", share: "anteil", people: "menschen", dynamics: "entwicklung",
  cluster: "konzentration", target: "vorrang" };
const TAB_NAMES = { overview: "ueberblick", rooms: "raeume", card: "auswahl", table: "tabelle", method: "methode" };

const DEFAULTS = {
  lang: DATA.info.language,
  layer: "need",
  tab: "overview",
  target: TARGETS[0]?.key ?? "everybody",
  p: DATA.study.rooms,
  radius: DATA.study.radii.includes(DATA.study.radius) ? DATA.study.radius : DATA.study.radii[0],
  offices: true,
  core: true,
  area: null, // id
  room: null, // id
  hand: null, // ids of rooms that were picked by hand; null: the proposal
};
const state = { ...DEFAULTS };
const listeners = [];

/* Change the state, write the address, tell everybody what changed. */
function update(changes, { write = true } = {}) {
  const before = { ...state };
  Object.assign(state, changes);
  state.p = Math.max(0, Math.min(state.p, mostRooms()));
  if (write) writeAddress();
  const changed = new Set(Object.keys(state).filter((key) => state[key] !== before[key]));
  if (changed.size) for (const listener of listeners) listener(changed);
}

const sitingKey = (radius = state.radius) => `${state.target}|${radius}|${Number(state.offices)}`;
const headline = () => state.radius === DATA.study.radius && state.offices;
/* Why there is no proposal with p rooms: the study's rules cannot be met with them. */
const ruledOut = (p = state.p) => (headline() && DATA.rules?.[state.target]?.[p]) || "";
const proposals = () => DATA.siting[sitingKey()] ?? [];
const mostRooms = () => (proposals().length ? proposals().length - 1 : 0);

function writeAddress() {
  const params = new URLSearchParams();
  const put = (name, value, plainly) => { if (value !== plainly) params.append(name, value); };
  put("ebene", LAYER_NAMES[state.layer], LAYER_NAMES[DEFAULTS.layer]);
  put("gruppe", NAMES[state.target] ?? state.target, NAMES[DEFAULTS.target] ?? DEFAULTS.target);
  put("p", state.p, DEFAULTS.p);
  put("weg", state.radius, DEFAULTS.radius);
  put("stellen", Number(state.offices), 1);
  put("kern", Number(state.core), 1);
  if (state.area) params.append("gebiet", state.area);
  if (state.room) params.append("raum", state.room);
  if (state.hand) for (const id of state.hand.length ? state.hand : [""]) params.append("raeume", id);
  put("ansicht", TAB_NAMES[state.tab], TAB_NAMES[DEFAULTS.tab]);
  put("sprache", state.lang, DEFAULTS.lang);
  try {
    history.replaceState(null, "", `#${params}`);
  } catch {
    // inside a notebook's frame there is no address to write
  }
}

/* Read the address; what it does not say, or says wrongly, is as at the start. */
function readAddress() {
  const params = new URLSearchParams(location.hash.slice(1));
  const from = (names, value) => Object.keys(names).find((key) => names[key] === value);
  const given = (name, test) => (params.has(name) && test(params.get(name)) ? params.get(name) : null);
  const group = params.get("gruppe");
  const hand = params.has("raeume") ? params.getAll("raeume").filter((id) => roomById.get(id)?.eligible) : null;
  const radius = Number(params.get("weg"));
  const area = given("gebiet", (v) => areaById.has(v));
  const room = given("raum", (v) => roomById.has(v));
  return {
    lang: given("sprache", (v) => v in DATA.texts) ?? DEFAULTS.lang,
    layer: from(LAYER_NAMES, params.get("ebene")) ?? DEFAULTS.layer,
    tab: from(TAB_NAMES, params.get("ansicht")) ?? (area || room ? "card" : DEFAULTS.tab),
    target: TARGETS.find((x) => x.key === group || NAMES[x.key] === group)?.key ?? DEFAULTS.target,
    p: Number(given("p", (v) => /^\d+$/.test(v)) ?? DEFAULTS.p),
    radius: DATA.study.radii.includes(radius) ? radius : DEFAULTS.radius,
    offices: params.get("stellen") !== "0",
    core: params.get("kern") !== "0",
    area,
    room,
    hand,
  };
}
