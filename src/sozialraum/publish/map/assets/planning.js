/* What if: number of rooms, target group, walking distance, offices, rooms picked by hand. */

function showPlanning() {
  const rooms = chosen();
  const result = reach(rooms);
  replace(byId("rooms"),
    el("p", {}, t("plan.intro")),
    controls(),
    resultBox(rooms, result),
    curve(result),
    roomList(rooms, result),
    adder(rooms),
    together(),
    el("div", { class: "note" }, oldAge(), el("p", {}, t("plan.clarify"))));
}

const field = (id, text, ...input) => el("div", { class: "field" }, el("label", { for: id }, text), ...input);
const option = (value, text, selected) => el("option", { value, selected }, text);
const choice = (id, onchange, ...options) => el("select", { id, "data-key": id, onchange }, ...options);
const button = (key, text, onclick, more = {}) =>
  el("button", { type: "button", class: "action", "data-key": key, onclick, ...more }, text);

function controls() {
  const most = mostRooms();
  const targets = TARGETS.map(({ key }) => option(key, targetTitle(key), key === state.target));
  const radii = DATA.study.radii.map((r) => option(r, `${number(r)} m`, r === state.radius));
  return el("div", { class: "controls" },
    field("plan-target", t("plan.target"),
      choice("plan-target", (event) => update({ target: event.target.value }), targets)),
    field("plan-radius", t("plan.radius"),
      choice("plan-radius", (event) => update({ radius: Number(event.target.value) }), radii)),
    field("plan-p", t("plan.p"),
      el("input", {
        id: "plan-p", "data-key": "plan-p", type: "range", min: 0, max: most, step: 1, value: state.p,
        disabled: !most, "aria-valuetext": t("plan.p.value", { p: state.p }),
        oninput: (event) => update({ p: Number(event.target.value), hand: null }),
      }),
      el("output", { for: "plan-p" }, state.hand ? t("plan.hand.short") : number(state.p)),
      ruledOut(most + 1) && el("p", { class: "note" }, t("rules.more", { p: number(most + 1), why: ruledOut(most + 1) }))),
    el("div", { class: "field check" },
      el("input", {
        id: "plan-offices", "data-key": "plan-offices", type: "checkbox", checked: state.offices,
        onchange: (event) => update({ offices: event.target.checked }),
      }),
      el("label", { for: "plan-offices" }, t("plan.offices"))));
}

function resultBox(rooms, { reached, total, gains, before }) {
  const share = percent(total ? reached / total : null);
  const by = t(state.hand ? "plan.by.hand" : "plan.by.run", { rooms: number(rooms.length) });
  const last = rooms.length > 0 && t("plan.last", { gain: number(gains.at(-1)), name: rooms.at(-1).name });
  const answer = t("plan.reached", { reached: number(reached), total: number(total), share });
  const why = state.hand ? "" : ruledOut();
  byId("said").textContent = `${answer}, ${why || by}`; // read out; the panel itself is rebuilt each time
  return el("div", { class: "result" },
    why && el("p", { class: "notice" }, t("rules.unmet", { p: number(state.p), why })),
    el("p", { class: "big" }, el("strong", {}, answer)),
    el("p", {}, targetTitle(state.target), !why && ` · ${by}`),
    el("p", { class: "proof" }, t("counted.are", { what: counted(state.target) })),
    state.offices && el("p", {}, t("plan.before", { before: number(before) })),
    last && el("p", {}, last),
    el("p", { class: "proof" }, proof(reached)),
    DATA.rules && !state.hand && el("p", { class: "proof" }, t(headline() ? "rules.hold" : "rules.none")),
    state.hand && button("plan-back", t("plan.back"), () => update({ hand: null })));
}

/* How good the proposal is: proven best, or at most so far from the best. */
function proof(reached) {
  const step = state.hand ? null : proposals()[state.p];
  if (!step || !state.p || ruledOut()) return "";
  const [, , bound, proven] = step;
  if (proven) return t("plan.proven", { p: number(state.p) });
  if (!known(bound)) return t("plan.unproven");
  const gap = bound ? Math.max(0, (bound - reached) / bound) : 0;
  return t(DATA.rules && headline() ? "rules.bound" : "plan.bound", { bound: number(Math.floor(bound)), gap: percent(gap) });
}

/* Reached share against the number of rooms; the same numbers stand below as a table. */
function curve(result) {
  const steps = proposals();
  if (steps.length < 2) return null;
  const total = result.total || 1;
  const shares = steps.map(([, reached]) => reached / total);
  const possible = steps.map((_, p) => p).filter((p) => !ruledOut(p));
  const most = steps.length - 1;
  const width = 420, height = 170, left = 44, right = 14, top = 12, bottom = 26;
  const highest = Math.min(1, Math.ceil(10 * Math.max(...shares, 0.1)) / 10);
  const x = (p) => left + (p / most) * (width - left - right);
  const y = (share) => height - bottom - (Math.min(share, highest) / highest) * (height - bottom - top);
  const grid = [0, highest / 2, highest].map((share) => [
    svg("line", { x1: left, x2: width - right, y1: y(share), y2: y(share), class: "grid" }),
    svg("text", { x: left - 6, y: y(share) + 4, "text-anchor": "end" }, percent(share, 0)),
  ]);
  const ticks = steps.map((_, p) => (most <= 12 || p % 5 === 0) &&
    svg("text", { x: x(p), y: height - 8, "text-anchor": "middle" }, number(p)));
  const dots = possible.map((p) => svg("circle", {
    cx: x(p), cy: y(shares[p]), r: p === state.p && !state.hand ? 6 : 3.5, class: steps[p][3] ? "proven" : "open",
  }));
  const byHand = state.hand && svg("rect", {
    x: x(Math.min(state.hand.length, most)) - 5, y: y(result.reached / total) - 5,
    width: 10, height: 10, class: "by-hand",
  });
  const label = t("curve.label", { first: percent(shares[0]), most: number(most), last: percent(shares[most]) });
  return el("figure", { class: "curve" },
    el("figcaption", {}, t("curve.title")),
    svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label }, grid, ticks,
      svg("polyline", { points: possible.map((p) => `${x(p)},${y(shares[p])}`).join(" "), class: "curve-line" }),
      dots, byHand),
    el("p", { class: "note" }, t("curve.note")),
    curveTable(steps, shares, possible));
}

function curveTable(steps, shares, possible) {
  const heads = ["curve.p", "curve.reached", "curve.share", "curve.gain", "curve.proven"];
  const row = (p, i) => [
    number(p), number(steps[p][1]), percent(shares[p]), i ? number(steps[p][1] - steps[possible[i - 1]][1]) : "",
    steps[p][3] ? t("yes") : t("no"),
  ];
  const remember = (event) => { curveTable.open = event.target.open; };
  return el("details", { open: curveTable.open, ontoggle: remember },
    el("summary", { "data-key": "curve-summary" }, t("curve.table")),
    el("table", {},
      el("thead", {}, el("tr", {}, heads.map((key) => el("th", { scope: "col" }, t(key))))),
      el("tbody", {}, possible.map((p, i) => el("tr", {}, row(p, i).map((text) => el("td", {}, text)))))));
}

function roomList(rooms, { gains, total }) {
  if (!rooms.length) return el("p", {}, t("plan.none"));
  const remove = (room) => el("button", {
    type: "button", class: "small", "data-key": `out-${room.id}`, onclick: () => toggleRoom(room),
    "aria-label": t("room.remove.name", { name: room.name }),
  }, t("room.remove"));
  return [
    el("h3", {}, t("plan.rooms")),
    el("ol", { class: "places rooms" }, rooms.map((room, i) => {
      const gain = t("plan.gain", { gain: number(gains[i]), share: percent(total ? gains[i] / total : null) });
      return el("li", {}, roomButton(room),
        detail(gain, !candidate(room) && ` · ${t("room.unsuited")}`), remove(room));
    })),
  ];
}

function adder(rooms) {
  const choices = candidates(rooms);
  if (!choices.length) return null;
  const add = () => toggleRoom(roomById.get(byId("plan-add").value));
  return el("div", { class: "field adder" },
    el("label", { for: "plan-add" }, t("plan.add")),
    choice("plan-add", null, choices.map(({ room, gain }) => option(room.id, `${room.name} (+${number(gain)})`))),
    button("plan-add-do", t("room.add"), add));
}

/* The run's rooms for several groups at once: taken like rooms picked by hand, counted group by group. */
function together() {
  if (!DATA.together) return null;
  const { rooms, groups } = DATA.together;
  const take = () => update({
    hand: rooms.map((position) => ROOMS[position].id), radius: DATA.study.radius, offices: true,
  });
  const heads = ["plan.target", "together.same", "together.alone"];
  const row = ([key, share, alone]) => el("tr", {},
    el("th", { scope: "row" }, targetTitle(key)), el("td", {}, percent(share)), el("td", {}, percent(alone)));
  return [
    el("h3", {}, t("together.title")),
    el("p", {}, t("together.text", { rooms: number(rooms.length), metres: number(DATA.study.radius) })),
    el("table", {},
      el("thead", {}, el("tr", {}, heads.map((key) => el("th", { scope: "col" }, t(key))))),
      el("tbody", {}, groups.map(row))),
    button("plan-together", t("together.take"), take),
  ];
}
