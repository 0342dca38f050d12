/* The same content as a table: sort, filter, search, copy, download, linked with the map. */

const view = { of: "areas", sort: "rank", down: false, query: "", only: "" };
const column = (key, value, show, extra = {}) => ({ key, value, show, ...extra });
const amount = (key, digits = 0) => column(key, (row) => row[key], (row) => number(row[key], digits), { digits, numeric: true });

const TABLES = {
  areas: {
    rows: AREAS,
    name: (area) => areaButton(area),
    columns: () => [amount("rank"), column("ranks", (a) => a.rank_lo, (a) => range(a.rank_lo, a.rank_hi) || UNKNOWN, { numeric: true, text: true }),
      column("name", (a) => a.name), column("id", (a) => a.id), column("region", (a) => a.region_name || a.region_id),
      column("status", (a) => a.status_class, (a) => word("status", a.status_class)), column("dynamics", (a) => a.dynamics_class, (a) => word("dynamics", a.dynamics_class)),
      column("share", (a) => a.share, (a) => percent(a.share), { numeric: true }), amount("recipients"), amount("population"),
      ...INDICATORS.map((key) => column(key, (a) => a[key], (a) => points(a[key], 2), { numeric: true, title: key })),
      amount("rank_by_share"), amount("rank_by_count"), column("note", (a) => a.excluded || a.flags)],
    filter: ["status", (a) => a.status_class],
  },
  regions: {
    rows: REGIONS,
    name: (region) => region.name,
    columns: () => [amount("rank"), column("name", (r) => r.name), column("id", (r) => r.id), column("status", (r) => r.status_class, (r) => word("status", r.status_class)),
      column("share", (r) => r.share, (r) => percent(r.share), { numeric: true }), amount("recipients"), amount("population")],
    filter: ["status", (r) => r.status_class],
  },
  rooms: {
    rows: ROOMS,
    name: (room) => roomButton(room),
    columns: () => { const rooms = chosen(), { gains } = reach(rooms); const place = (r) => { const i = rooms.indexOf(r); return i < 0 ? null : i; };
      return [column("place", (r) => (place(r) === null ? null : place(r) + 1), (r) => (place(r) === null ? "" : number(place(r) + 1)), { numeric: true }),
        column("name", (r) => r.name), column("gain", (r) => (place(r) === null ? null : gains[place(r)]), (r) => (place(r) === null ? "" : number(gains[place(r)])), { numeric: true }),
        column("operator", (r) => r.operator), column("kind", (r) => r.operator_kind, (r) => word("operator", r.operator_kind)),
        column("address", (r) => r.address), column("types", (r) => r.venue_types), column("area", (r) => r.area?.name ?? r.area_id),
        column("eligible", (r) => String(r.eligible), (r) => (r.eligible ? t("yes") : t("no"))), column("reason", (r) => r.reason), column("id", (r) => r.id)]; },
    filter: ["eligible", (r) => String(r.eligible)],
  },
};
const heading = (c) => c.title ?? t(`column.${c.key}`);
const cell = (c, row) => (c.show ? c.show(row) : c.value(row) || "");

/* Unknown values stand last, whichever way the table is sorted. */
function shownRows() {
  const { rows, columns, filter } = TABLES[view.of];
  const all = columns();
  const by = all.find((c) => c.key === view.sort) ?? all[0];
  const collator = new Intl.Collator(LOCALES[state.lang], { numeric: true });
  const compare = (a, b) => {
    const [x, y] = [by.value(a), by.value(b)];
    if (!known(x) || x === "" || !known(y) || y === "") return (known(y) && y !== "") - (known(x) && x !== "");
    return (typeof x === "number" ? x - y : collator.compare(by.show ? by.show(a) : x, by.show ? by.show(b) : y)) * (view.down ? -1 : 1);
  };
  return rows.filter((row) => (!view.only || filter[1](row) === view.only) && (!view.query || matches(all.map((c) => cell(c, row)).join(" "), view.query))).sort(compare);
}

function showTable() {
  const { rows, columns, filter, name } = TABLES[view.of];
  const choices = [...new Set(rows.map(filter[1]).filter(Boolean))];
  const change = (changes) => { Object.assign(view, changes); showRows(); };
  replace(byId("table"),
    el("div", { class: "controls" },
      field("table-of", t("table.of"), el("select", { id: "table-of", "data-key": "table-of", onchange: (e) => { Object.assign(view, { of: e.target.value, only: "", sort: e.target.value === "rooms" ? "place" : "rank", down: false }); showTable(); } },
        Object.keys(TABLES).filter((key) => TABLES[key].rows.length).map((key) => option(key, t(`table.${key}`), key === view.of)))),
      field("table-search", t("table.search"), el("input", { id: "table-search", "data-key": "table-search", type: "search", value: view.query, autocomplete: "off", oninput: (e) => change({ query: e.target.value }) })),
      field("table-only", t(`table.filter.${filter[0]}`), el("select", { id: "table-only", "data-key": "table-only", onchange: (e) => change({ only: e.target.value }) },
        option("", t("table.all"), !view.only), choices.map((c) => option(c, filter[0] === "eligible" ? t(c === "true" ? "yes" : "no") : word("status", c), c === view.only)))),
      el("div", { class: "buttons" }, el("button", { type: "button", class: "action", "data-key": "table-copy", onclick: copyTable }, t("table.copy")),
        el("button", { type: "button", class: "action", "data-key": "table-csv", onclick: downloadTable }, t("table.csv")))),
    el("p", { id: "table-status", role: "status" }),
    el("div", { class: "scroll", tabindex: "0", role: "region", "aria-labelledby": "table-caption" }, el("table", { class: "content" },
      el("caption", { id: "table-caption" }, t(`table.${view.of}.caption`, { date: date(DATA.info.date) })), el("thead", { id: "table-head" }), el("tbody", { id: "table-rows" }))),
    el("p", { class: "note" }, t("table.unknown")));
  showRows();

  function showRows() {
    const all = columns();
    replace(byId("table-head"), el("tr", {}, all.map((c) => el("th", { scope: "col", "aria-sort": view.sort === c.key ? (view.down ? "descending" : "ascending") : null, class: c.numeric ? "numeric" : null },
      el("button", { type: "button", "data-key": `sort-${c.key}`, onclick: () => change({ sort: c.key, down: view.sort === c.key && !view.down }) }, heading(c),
        el("span", { "aria-hidden": "true" }, view.sort === c.key ? (view.down ? " ▼" : " ▲") : ""))))));
    const list = shownRows();
    replace(byId("table-rows"), list.map((row) => el("tr", { class: row.id === state.area || row.id === state.room ? "current" : null, "data-row": row.id },
      all.map((c) => (c.key === "name" ? el("th", { scope: "row" }, name(row)) : el("td", { class: c.numeric ? "numeric" : null }, cell(c, row)))))));
    byId("table-status").textContent = t("table.count", { shown: number(list.length), all: number(rows.length) });
  }
}

/* A text that a spreadsheet would read as a formula gets an apostrophe in front. */
const harmless = (text) => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);
function exported(separator, quote) {
  const all = TABLES[view.of].columns();
  const plainNumber = (c, value) => (!known(value) ? "" : state.lang === "de" ? String(value).replace(".", ",") : String(value));
  const text = (c, row) => (c.numeric && !c.text ? plainNumber(c, c.value(row)) : quote(harmless(cell(c, row) === UNKNOWN ? "" : cell(c, row))));
  return [all.map((c) => quote(heading(c))), ...shownRows().map((row) => all.map((c) => text(c, row)))].map((cells) => cells.join(separator)).join("\r\n");
}
const say = (key) => { byId("table-status").textContent = t(key); };

async function copyTable() {
  const text = exported("\t", (v) => v.replace(/[\t\r\n]+/g, " "));
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
  const separator = state.lang === "de" ? ";" : ",";
  const text = exported(separator, (v) => `"${v.replace(/"/g, '""')}"`);
  const url = URL.createObjectURL(new Blob(["\ufeff", text, "\r\n"], { type: "text/csv;charset=utf-8" }));
  el("a", { href: url, download: `${view.of}-${DATA.info.date}-${DATA.info.fingerprint}.csv` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
  say("table.saved");
}
