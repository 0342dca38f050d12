/* The first panel: the answer in short, in plain words, and what was asked. */

function placeButton(key, text, choice) {
  const onclick = () => select(choice, { focus: true, reveal: true });
  return el("button", { type: "button", class: "link", "data-key": key, onclick }, text);
}
const areaButton = (area) => placeButton(`a-${area.id}`, area.name, { area: area.id });
const roomButton = (room) => placeButton(`r-${room.id}`, room.name, { room: room.id });
const detail = (...text) => el("span", { class: "detail" }, ...text);

function showOverview() {
  replace(byId("overview"),
    keyFigures(), whereNeedIs(), whereRoomsAre(), howUneven(), plainWords(), assignment());
}

function keyFigures() {
  const { figures, info } = DATA;
  const figure = (value, text) => el("li", {}, el("strong", {}, value), el("span", {}, text));
  const base = baseOfRooms();
  const share = known(figures.share_city) && figures.share_city !== figures.share
    ? t("overview.share", { per: shareLabel(), city: info.city, share: percent(figures.share_city) })
    : shareLabel();
  return el("ul", { class: "figures" },
    known(figures.population) &&
      figure(number(figures.population), t("overview.population", { region: info.region })),
    known(figures.recipients) &&
      figure(number(figures.recipients), [recipientsLabel(), base && detail(" ", base)]),
    known(figures.share) && figure(percent(figures.share), share));
}

/* Rooms are sought for fewer than all recipients: for how many, and who is left out. */
function baseOfRooms() {
  const { recipients, demand, old_age: old } = DATA.figures;
  const [kind] = TARGETS[0]?.counted ?? [];
  if (!known(demand) || demand === recipients || !["remit", "recipients"].includes(kind)) return "";
  return t(kind === "remit" && old ? "base.remit" : "base.shown", { demand: number(demand) });
}

function whereNeedIs() {
  const { top } = DATA.study;
  const first = AREAS.filter((a) => known(a.rank) && a.rank <= top).sort((a, b) => a.rank - b.rank);
  if (!first.length) return null;
  const core = { certain: number(CORE.certain.length), possible: number(CORE.possible.length), top };
  return [
    el("h3", {}, t("overview.where")),
    el("p", {}, t("overview.core", core)),
    el("ol", { class: "places" }, first.map((area) => {
      const rank = rankText(area.rank, area.rank_lo, area.rank_hi);
      const figures = { rank, share: percent(area.share), count: number(area.recipients) };
      return el("li", {}, areaButton(area), detail(t("overview.area", figures)));
    })),
  ];
}

function whereRoomsAre() {
  const rooms = chosen();
  const { reached, total, before } = reach(rooms);
  const sentence = t(state.offices && before ? "overview.reached" : "overview.reached.alone", {
    rooms: number(rooms.length), reached: number(reached), total: number(total),
    share: percent(total ? reached / total : null), group: targetTitle(state.target), metres: number(state.radius),
  });
  const toPlan = () => {
    update({ tab: "rooms" });
    byId("tab-rooms").focus();
  };
  return [
    el("h3", {}, t("overview.rooms")),
    el("p", {}, rooms.length ? sentence
      : ruledOut() ? t("rules.unmet", { p: number(state.p), why: ruledOut() }) : t("plan.none"),
      rooms.length > 0 && detail(" ", t("counted.are", { what: counted(state.target) }))),
    el("ol", { class: "places" },
      rooms.map((room) => el("li", {}, roomButton(room), detail(original("span", room.operator || ""))))),
    el("button", { type: "button", class: "action", "data-key": "to-plan", onclick: toPlan }, t("overview.plan")),
  ];
}

/* The Lorenz curve, and in words what the quarter of the people in the poorest areas holds of it. */
function howUneven() {
  const [people, recipients] = DATA.lorenz;
  if (people.length < 3) return null;
  const size = 220, left = 46, bottom = 34, top = 6;
  const x = (share) => left + share * size, y = (share) => top + (1 - share) * size;
  const ticks = [0, 0.5, 1].map((share) => [
    svg("text", { x: left - 6, y: y(share) + 4, "text-anchor": "end" }, percent(share, 0)),
    svg("text", { x: x(share), y: y(0) + 16, "text-anchor": "middle" }, percent(share, 0)),
  ]);
  const next = people.findIndex((share) => share >= 0.75);
  const step = (0.75 - people[next - 1]) / (people[next] - people[next - 1]);
  const below = recipients[next - 1] + step * (recipients[next] - recipients[next - 1]);
  const sentence = t("uneven.text", { share: percent(1 - below, 0), region: DATA.info.region });
  const { gini, gini_lo: low, gini_hi: high } = DATA.figures;
  const measure = known(gini) && known(low)
    && t("uneven.gini", { gini: number(gini, 2), low: number(low, 2), high: number(high, 2) });
  return [
    el("h3", {}, t("uneven.title")),
    el("p", {}, sentence),
    el("figure", { class: "curve lorenz" },
      svg("svg", { viewBox: `0 0 ${left + size + 14} ${top + size + bottom}`, role: "img", "aria-label": sentence },
        svg("path", { d: `M${x(0)} ${y(1)}V${y(0)}H${x(1)}`, class: "axis" }),
        svg("path", { d: `M${x(0)} ${y(0)}L${x(1)} ${y(1)}`, class: "even" }),
        svg("polyline", { points: people.map((share, i) => `${x(share)},${y(recipients[i])}`).join(" "),
          class: "curve-line" }), ticks),
      el("p", { class: "note" }, t("uneven.note"), measure && ` ${measure}`)),
  ];
}

const plainWords = () => [
  el("h3", { id: "simple" }, t("simple.title")),
  ["simple.1", "simple.2", "simple.3", "simple.4"].map((key) => el("p", { class: "simple" }, t(key))),
];

const assignment = () => DATA.study.question && [
  el("h3", {}, t("overview.question")),
  original("p", DATA.study.question, { class: "question" }),
];
