/* Start: tabs, language, print; then every change of the state repaints what depends on it. */

const TABS = { overview: showOverview, rooms: showPlanning, card: showCard, table: showTable, method: showMethod };

function showTab() {
  for (const name of Object.keys(TABS)) {
    const on = name === state.tab;
    const tab = byId(`tab-${name}`);
    tab.setAttribute("aria-selected", String(on));
    tab.tabIndex = on ? 0 : -1;
    byId(`panel-${name}`).hidden = !on;
  }
  document.body.dataset.tab = state.tab;
  TABS[state.tab]();
}

function tabKey(event) {
  const names = Object.keys(TABS);
  const at = names.indexOf(state.tab);
  const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: names.length - 1 }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  const name = names[(next + names.length) % names.length];
  update({ tab: name });
  byId(`tab-${name}`).focus();
}

/* Fixed texts of the template carry their key; the rest is painted by the panels. */
function showLanguage() {
  document.documentElement.lang = state.lang;
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  for (const node of document.querySelectorAll("[data-t-label]")) {
    node.setAttribute("aria-label", t(node.dataset.tLabel));
  }
  for (const node of document.querySelectorAll("[data-lang]")) {
    node.setAttribute("aria-pressed", String(node.dataset.lang === state.lang));
  }
  byId("reference").textContent = t("reference", { region: DATA.info.region, date: date(DATA.info.date) });
  nameControls();
  nameBackground();
}

function showLayers() {
  const radio = (key) => el("input", {
    type: "radio", name: "layer", value: key, "data-key": `layer-${key}`, checked: key === state.layer,
    onchange: () => update({ layer: key }),
  });
  replace(byId("layers"), AVAILABLE.map((key) => el("label", {}, radio(key), el("span", {}, t(`layer.${key}`)))));
  replace(byId("group"), TARGETS.map(({ key }) => option(key, targetTitle(key), key === state.target)));
  byId("group-field").hidden = state.layer !== "target";
  byId("core").checked = state.core;
}

const PAINTERS = [
  [["lang"], showLanguage],
  [["lang", "layer", "target", "core", "radius"], () => { showLayers(); showLegend(); }],
  [["lang", "layer", "target", "area", "core"], paintAreas],
  [["lang", "target", "p", "radius", "offices", "hand", "room"], paintRooms],
  [["area"], () => showHighlight()],
  [Object.keys(state), showTab],
];

function repaint(changed) {
  for (const [keys, paint] of PAINTERS) if (keys.some((key) => changed.has(key))) paint();
}

/* Before paper is laid out, give the map the room that title, notices and sources leave on an A4 page. */
function printed(on) {
  if (on) byId("legend").open = true;
  const above = document.querySelector("main").offsetTop;
  document.body.style.setProperty("--printed", `${Math.max(300, 610 - above)}px`);
  document.body.classList.toggle("printing", on);
  fitAgain(true);
}

function listen() {
  byId("tabs").addEventListener("keydown", tabKey);
  for (const name of Object.keys(TABS)) byId(`tab-${name}`).addEventListener("click", () => update({ tab: name }));
  for (const node of document.querySelectorAll("[data-lang]")) {
    node.addEventListener("click", () => update({ lang: node.dataset.lang }));
  }
  for (const node of document.querySelectorAll("[data-skip]")) {
    node.addEventListener("click", (event) => {
      event.preventDefault(); // the address belongs to the state
      byId(`tab-${state.tab}`).focus();
    });
  }
  byId("group").addEventListener("change", (event) => update({ target: event.target.value }));
  byId("core").addEventListener("change", (event) => update({ core: event.target.checked }));
  byId("print").addEventListener("click", () => window.print());
  byId("legend").addEventListener("toggle", () => fitAgain());
  byId("whole").addEventListener("click", () => fitAgain(true));
  window.addEventListener("beforeprint", () => printed(true));
  window.addEventListener("afterprint", () => printed(false));
  window.addEventListener("hashchange", () => update(readAddress(), { write: false }));
}

if (NARROW.matches) byId("legend").open = false; // the answer first, the key on demand
startMap();
listen();
listeners.push(repaint);
Object.assign(state, readAddress());
state.p = Math.min(state.p, mostRooms());
repaint(new Set(Object.keys(state)));
if (state.area || state.room) toPanel();
document.documentElement.dataset.ready = "true";
