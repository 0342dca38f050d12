/* The same content as a table: sort, filter, search, copy, download, linked with the map. */

const view = { of: "areas", sort: "rank", down: false, query: "", only: "" };

/* A column: what is sorted and exported (value) and what is shown. */
const column = (key, value, show = null, more = {}) => ({ key, value, show, ...more });
const wordColumn = (key, value, kind = key) => column(key, value, (row) => word(kind, value(row)));
const numeric = (key, format, value = (row) => row[key], more = {}) =>
  column(key, value, (row) => (known(value(row)) ? format(value(row)) : UNKNOWN), { numeric: true, ...more });
const amount = (key) => numeric(key, number);
const rankSet = column("ranks", (row) => row.rank_lo, (row) => range(row.rank_lo, row.rank_hi) || UNKNOWN,
  { numeric: true, text: true });
const indicatorColumns = () =>
  INDICATORS.map((key) => numeric(key, points, (row) => row[key], { title: key }));

/* People and rank of every target group, as on the cards and in the layer of priorities. */
const groupColumns = () => TARGETS.flatMap(({ key }) => [
  numeric(`weight_${key}`, number, (area) => pick(area, "weight", key),
    { title: t("column.weight", { group: targetTitle(key), what: counted(key) }) }),
  numeric(`rank_${key}`, number, (area) => pick(area, "rank", key),
    { title: t("column.rank.group", { group: targetTitle(key) }) }),
]);

function roomColumns() {
  const rooms = chosen();
  const { gains } = reach(rooms);
  const at = new Map(rooms.map((room, i) => [room, i]));
  const blank = (key, value) => column(key, value, (row) => (known(value(row)) ? number(value(row)) : ""),
    { numeric: true });
  return [
    blank("place", (room) => (at.has(room) ? at.get(room) + 1 : null)),
    column("name", (room) => room.name),
    blank("gain", (room) => (at.has(room) ? gains[at.get(room)] : null)),
    column("operator", (room) => room.operator),
    wordColumn("kind", (room) => room.operator_kind, "operator"),
    column("address", (room) => room.address),
    column("types", (room) => room.venue_types),
    column("area", (room) => room.area?.name ?? room.area_id),
    column("eligible", (room) => String(room.eligible), (room) => t(room.eligible ? "yes" : "no")),
    column("reason", (room) => room.reason),
    column("id", (room) => room.id),
  ];
}

const TABLES = {
  areas: {
    rows: AREAS,
    name: areaButton,
    columns: () => [
      amount("rank"), rankSet, column("name", (area) => area.name),
      wordColumn("status", (area) => area.status_class), numeric("share", percent), amount("recipients"),
      wordColumn("dynamics", (area) => area.dynamics_class), wordColumn("cluster", (area) => area.cluster),
      amount("population"), ...indicatorColumns(), ...groupColumns(),
      amount("rank_by_share"), amount("rank_by_count"),
      column("region", (area) => area.region_name || area.region_id, null,
        { title: foreign() ? undefined : DATA.study.regionTitle || undefined }),
      column("id", (area) => area.id),
      column("note", (area) => area.excluded || area.flags || "", null, { wide: true }),
    ],
    filter: { by: "status", value: (area) => area.status_class, show: (value) => word("status", value) },
  },
  regions: {
    rows: REGIONS,
    name: (region) => region.name,
    columns: () => [
      amount("rank"), column("name", (region) => region.name),
      wordColumn("status", (region) => region.status_class), numeric("share", percent), amount("recipients"),
      wordColumn("dynamics", (region) => region.dynamics_class), amount("population"),
      column("id", (region) => region.id),
    ],
    filter: { by: "status", value: (region) => region.status_class, show: (value) => word("status", value) },
  },
  rooms: {
    rows: ROOMS,
    name: roomButton,
    columns: roomColumns,
    filter: {
      by: "eligible", value: (room) => String(room.eligible), show: (value) => t(value === "true" ? "yes" : "no"),
    },
  },
};
const heading = (c) => c.title ?? t(`column.${c.key}`);
const cell = (c, row) => (c.show ? c.show(row) : c.value(row) || "");

/* The rows as they are shown. Unknown values stand last, whichever way the table is sorted. */
function shownRows() {
  const { rows, columns, filter } = TABLES[view.of];
  const all = columns();
  const by = all.find((c) => c.key === view.sort) ?? all[0];
  const collator = new Intl.Collator(LOCALES[state.lang], { numeric: true });
  const empty = (value) => !known(value) || value === "";
  const compare = (a, b) => {
    const [x, y] = [by.value(a), by.value(b)];
    if (empty(x) || empty(y)) return empty(x) - empty(y);
    const order = typeof x === "number" ? x - y : collator.compare(cell(by, a), cell(by, b));
    return view.down ? -order : order;
  };
  const fits = (row) => (!view.only || filter.value(row) === view.only) &&
    (!view.query || matches(all.map((c) => cell(c, row)).join(" "), view.query));
  return rows.filter(fits).sort(compare);
}

function showTable() {
  const { rows, filter } = TABLES[view.of];
  const tables = Object.keys(TABLES).filter((key) => TABLES[key].rows.length);
  const values = [...new Set(rows.map(filter.value).filter(Boolean))];
  const other = (event) => {
    const of = event.target.value;
    Object.assign(view, { of, only: "", sort: of === "rooms" ? "place" : "rank", down: false });
    showTable();
  };
  replace(byId("table"),
    el("div", { class: "controls" },
      field("table-of", t("table.of"),
        choice("table-of", other, tables.map((key) => option(key, t(`table.${key}`), key === view.of)))),
      field("table-search", t("table.search"), el("input", {
        id: "table-search", "data-key": "table-search", type: "search", value: view.query, autocomplete: "off",
        oninput: (event) => arrange({ query: event.target.value }),
      })),
      field("table-only", t(`table.filter.${filter.by}`),
        choice("table-only", (event) => arrange({ only: event.target.value }),
          option("", t("table.all"), !view.only),
          values.map((value) => option(value, filter.show(value), value === view.only)))),
      el("div", { class: "buttons" },
        button("table-copy", t("table.copy"), copyTable), button("table-csv", t("table.csv"), downloadTable))),
    el("p", { id: "table-status", role: "status" }),
    el("p", { id: "table-caption", class: "kind" }, t(`table.${view.of}.caption`, { date: date(DATA.info.date) })),
    el("div", { class: "scroll", tabindex: "0", role: "region", "aria-labelledby": "table-caption" },
      el("table", { class: "content", "aria-labelledby": "table-caption" },
        el("thead", { id: "table-head" }), el("tbody", { id: "table-rows" }))),
    el("p", { class: "note" }, t("table.unknown")));
  arrange();
}

/* Sort, filter or search, without building the controls again. */
function arrange(changes = {}) {
  Object.assign(view, changes);
  const { rows, columns, name } = TABLES[view.of];
  const all = columns();
  const list = shownRows();
  const current = (row) => row.id === state.area || row.id === state.room;
  const data = (c, row) => (c.key === "name" ? el("th", { scope: "row" }, name(row))
    : el("td", { class: c.numeric ? "numeric" : c.wide ? "wide" : null }, cell(c, row)));
  replace(byId("table-head"), el("tr", {}, all.map(sortable)));
  replace(byId("table-rows"), list.map((row) =>
    el("tr", { class: current(row) ? "current" : null, "data-row": row.id }, all.map((c) => data(c, row)))));
  byId("table-status").textContent = t("table.count", { shown: number(list.length), all: number(rows.length) });
}

function sortable(c) {
  const sorted = view.sort === c.key;
  const onclick = () => arrange({ sort: c.key, down: sorted && !view.down });
  return el("th", {
    scope: "col", class: c.numeric ? "numeric" : null,
    "aria-sort": sorted ? (view.down ? "descending" : "ascending") : null,
  }, el("button", { type: "button", "data-key": `sort-${c.key}`, onclick }, heading(c),
    sorted && el("span", { "aria-hidden": "true" }, view.down ? " ▼" : " ▲")));
}

/* A text that a spreadsheet would read as a formula gets an apostrophe in front. */
const harmless = (text) => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);

function exported(separator, quote) {
  const all = TABLES[view.of].columns();
  const figure = (value) => {
    if (!known(value)) return "";
    return state.lang === "de" ? String(value).replace(".", ",") : String(value);
  };
  const words = (text) => quote(text === UNKNOWN ? "" : harmless(text));
  const line = (row) => all.map((c) => (c.numeric && !c.text ? figure(c.value(row)) : words(cell(c, row))));
  const lines = [all.map((c) => quote(heading(c))), ...shownRows().map(line)];
  return lines.map((cells) => cells.join(separator)).join("\r\n");
}
const say = (key) => { byId("table-status").textContent = t(key); };

async function copyTable() {
  const text = exported("\t", (value) => value.replace(/[\t\r\n]+/g, " "));
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = el("textarea", { "aria-hidden": "true" }, text); // where the page may not use the clipboard
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  say("table.copied");
}

function downloadTable() {
  const text = exported(state.lang === "de" ? ";" : ",", (value) => `"${value.replace(/"/g, '""')}"`);
  const url = URL.createObjectURL(new Blob(["\ufeff", text, "\r\n"], { type: "text/csv;charset=utf-8" }));
  el("a", { href: url, download: `${view.of}-${DATA.info.date}-${DATA.info.fingerprint}.csv` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
  say("table.saved");
}
