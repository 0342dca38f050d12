/* What if: number of rooms, target group, walking distance, offices, rooms picked by hand. */

function showPlanning() {
  const rooms = chosen();
  const result = reach(rooms);
  replace(byId("rooms"), el("p", {}, t("plan.intro")), controls(), resultBox(rooms, result), curve(), roomList(rooms, result), adder(rooms), clarify());
}

const field = (id, text, ...input) => el("div", { class: "field" }, el("label", { for: id }, text), ...input);
const option = (value, text, selected) => el("option", { value, selected }, text);

function controls() {
  const most = mostRooms();
  const by = (name, read = (v) => v) => (event) => update({ [name]: read(event.target.value), ...(name === "p" ? { hand: null } : {}) });
  return el("div", { class: "controls" },
    field("plan-target", t("plan.target"), el("select", { id: "plan-target", "data-key": "plan-target", onchange: by("target") },
      TARGETS.map((target) => option(target.key, targetTitle(target.key), target.key === state.target)))),
    field("plan-radius", t("plan.radius"), el("select", { id: "plan-radius", "data-key": "plan-radius", onchange: by("radius", Number) },
      DATA.study.radii.map((r) => option(r, `${number(r)} m`, r === state.radius)))),
    field("plan-p", t("plan.p"), el("input", { id: "plan-p", "data-key": "plan-p", type: "range", min: 0, max: most, step: 1, value: state.p,
      "aria-valuetext": t("plan.p.value", { p: state.p }), disabled: !most, oninput: by("p", Number) }),
    el("output", { for: "plan-p" }, state.hand ? t("plan.hand.short") : number(state.p))),
    el("div", { class: "field check" }, el("input", { id: "plan-offices", "data-key": "plan-offices", type: "checkbox", checked: state.offices,
      onchange: (event) => update({ offices: event.target.checked }) }), el("label", { for: "plan-offices" }, t("plan.offices"))));
}

function resultBox(rooms, { reached, total, gains, before }) {
  const step = state.hand ? null : proposals()[state.p];
  const last = gains.at(-1);
  const bound = step?.[2];
  const proof = !step || !rooms.length ? "" : step[3] ? t("plan.proven", { p: number(state.p) })
    : known(bound) ? t("plan.bound", { bound: number(Math.floor(bound)), gap: percent(bound ? Math.max(0, (bound - reached) / bound) : 0) }) : t("plan.unproven");
  return el("div", { class: "result", role: "status" },
    el("p", { class: "big" }, el("strong", {}, t("plan.reached", { reached: number(reached), total: number(total), share: percent(total ? reached / total : null) }))),
    el("p", {}, targetTitle(state.target), " · ", state.hand ? t("plan.by.hand", { rooms: number(rooms.length) }) : t("plan.by.run", { rooms: number(rooms.length) })),
    state.offices ? el("p", {}, t("plan.before", { before: number(before) })) : null,
    rooms.length ? el("p", {}, t("plan.last", { gain: number(last), name: rooms.at(-1).name })) : null,
    proof ? el("p", { class: "proof" }, proof) : null,
    state.hand ? el("button", { type: "button", class: "action", "data-key": "plan-back", onclick: () => update({ hand: null }) }, t("plan.back")) : null);
}

/* Reached share against the number of rooms; the same numbers stand below as a table. */
function curve() {
  const steps = proposals();
  if (steps.length < 2) return null;
  const total = totalOf() || 1;
  const width = 420, height = 170, left = 44, bottom = 26, most = steps.length - 1;
  const highest = Math.min(1, Math.ceil(10 * Math.max(...steps.map((s) => s[1] / total), 0.1)) / 10);
  const x = (p) => left + (p / most) * (width - left - 14);
  const y = (share) => height - bottom - (share / highest) * (height - bottom - 12);
  const path = steps.map((s, p) => `${p ? "L" : "M"}${x(p).toFixed(1)} ${y(s[1] / total).toFixed(1)}`).join("");
  const ticks = [0, highest / 2, highest];
  const now = reach(chosen()).reached / total;
  const label = t("curve.label", { first: percent(steps[0][1] / total), most: number(most), last: percent(steps[most][1] / total) });
  return el("figure", { class: "curve" },
    el("figcaption", {}, t("curve.title")),
    svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label },
      ticks.map((share) => [svg("line", { x1: left, x2: width - 14, y1: y(share), y2: y(share), class: "grid" }),
        svg("text", { x: left - 6, y: y(share) + 4, "text-anchor": "end" }, percent(share, 0))]),
      steps.map((_, p) => (most <= 12 || p % 5 === 0 ? svg("text", { x: x(p), y: height - 8, "text-anchor": "middle" }, number(p)) : null)),
      svg("path", { d: path, class: "curve-line" }),
      steps.map((s, p) => svg("circle", { cx: x(p), cy: y(s[1] / total), r: p === state.p && !state.hand ? 6 : 3.5, class: s[3] ? "proven" : "open" })),
      state.hand ? svg("rect", { x: x(Math.min(state.hand.length, most)) - 5, y: y(Math.min(now, highest)) - 5, width: 10, height: 10, class: "by-hand" }) : null),
    el("p", { class: "note" }, t("curve.note")),
    el("details", { "data-key": "curve-table", open: curve.open, ontoggle: (event) => { curve.open = event.target.open; } },
      el("summary", { "data-key": "curve-summary" }, t("curve.table")),
      el("table", {}, el("thead", {}, el("tr", {}, ["curve.p", "curve.reached", "curve.share", "curve.gain", "curve.proven"].map((k) => el("th", { scope: "col" }, t(k))))),
        el("tbody", {}, steps.map((s, p) => el("tr", {}, [number(p), number(s[1]), percent(s[1] / total),
          p ? number(s[1] - steps[p - 1][1]) : "", s[3] ? t("yes") : t("no")].map((c) => el("td", {}, c))))))));
}

function roomList(rooms, { gains, total }) {
  if (!rooms.length) return el("p", {}, t("plan.none"));
  return [el("h3", {}, t("plan.rooms")), el("ol", { class: "places rooms" }, rooms.map((room, i) => el("li", {}, roomButton(room),
    el("span", { class: "detail" }, t("plan.gain", { gain: number(gains[i]), share: percent(total ? gains[i] / total : null) }),
      candidate(room) ? "" : ` · ${t("room.unsuited")}`),
    el("button", { type: "button", class: "small", "data-key": `out-${room.id}`, "aria-label": t("room.remove.name", { name: room.name }), onclick: () => toggleRoom(room) }, t("room.remove")))))];
}

function adder(rooms) {
  const choices = candidates(rooms);
  if (!choices.length) return null;
  return el("div", { class: "field adder" }, el("label", { for: "plan-add" }, t("plan.add")),
    el("select", { id: "plan-add", "data-key": "plan-add" }, choices.map(({ room, gain }) => option(room.id, `${room.name} (+${number(gain)})`))),
    el("button", { type: "button", class: "action", "data-key": "plan-add-do", onclick: () => toggleRoom(roomById.get(byId("plan-add").value)) }, t("room.add")));
}

const clarify = () => el("div", { class: "note" }, oldAge(), el("p", {}, t("plan.clarify")));
