/* The first panel: the answer in short, in plain words, and what was asked. */

function placeButton(key, text, choice) {
  const onclick = () => select(choice, { focus: true, reveal: true });
  return el("button", { type: "button", class: "link", "data-key": key, onclick }, text);
}
const areaButton = (area) => placeButton(`a-${area.id}`, area.name, { area: area.id });
const roomButton = (room) => placeButton(`r-${room.id}`, room.name, { room: room.id });
const detail = (...text) => el("span", { class: "detail" }, ...text);

function showOverview() {
  replace(byId("overview"), keyFigures(), whereNeedIs(), whereRoomsAre(), plainWords(), assignment());
}

function keyFigures() {
  const { figures, info } = DATA;
  const figure = (value, text) => el("li", {}, el("strong", {}, value), el("span", {}, text));
  const share = known(figures.share_city)
    ? t("overview.share", { per: shareLabel(), city: info.city, share: percent(figures.share_city) })
    : shareLabel();
  return el("ul", { class: "figures" },
    known(figures.population) &&
      figure(number(figures.population), t("overview.population", { region: info.region })),
    known(figures.recipients) && figure(number(figures.recipients), recipientsLabel()),
    known(figures.share) && figure(percent(figures.share), share));
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
    el("p", {}, rooms.length ? sentence : t("plan.none")),
    el("ol", { class: "places" },
      rooms.map((room) => el("li", {}, roomButton(room), detail(original("span", room.operator || ""))))),
    el("button", { type: "button", class: "action", "data-key": "to-plan", onclick: toPlan }, t("overview.plan")),
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
