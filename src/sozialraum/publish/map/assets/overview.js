/* The first panel: the answer in short, in plain words, and what the reader must know. */

const placeButton = (key, text, choice) =>
  el("button", { type: "button", class: "link", "data-key": key, onclick: () => select(choice, { focus: true, reveal: true }) }, text);
const areaButton = (area) => placeButton(`a-${area.id}`, area.name, { area: area.id });
const roomButton = (room) => placeButton(`r-${room.id}`, room.name, { room: room.id });

function showOverview() {
  const { figures, study, info } = DATA;
  const rooms = chosen();
  const { reached, total, before } = reach(rooms);
  const top = AREAS.filter((a) => known(a.rank) && a.rank <= study.top).sort((a, b) => a.rank - b.rank);
  const certain = top.filter((a) => a.top_certain ?? (known(a.rank_hi) && a.rank_hi <= study.top));
  const possible = AREAS.filter((a) => a.top_possible ?? (known(a.rank_lo) && a.rank_lo <= study.top));
  const figure = (value, text) => el("li", {}, el("strong", {}, value), el("span", {}, text));
  replace(byId("overview"),
    el("ul", { class: "figures" },
      known(figures.population) ? figure(number(figures.population), t("overview.population", { region: info.region })) : null,
      known(figures.recipients) ? figure(number(figures.recipients), recipientsLabel()) : null,
      known(figures.share) ? figure(percent(figures.share),
        known(figures.share_city) ? t("overview.share", { per: shareLabel(), city: info.city, share: percent(figures.share_city) }) : shareLabel()) : null),
    el("h3", {}, t("overview.where")),
    el("p", {}, t("overview.core", { certain: number(certain.length), possible: number(possible.length), top: study.top })),
    el("ol", { class: "places" }, top.map((area) => el("li", {}, areaButton(area),
      el("span", { class: "detail" }, t("overview.area", { rank: rankText(area.rank, area.rank_lo, area.rank_hi), share: percent(area.share), count: number(area.recipients) }))))),
    el("h3", {}, t("overview.rooms")),
    rooms.length || before ? el("p", {}, t(state.offices && OFFICES.length ? "overview.reached" : "overview.reached.alone", { rooms: number(rooms.length), reached: number(reached), total: number(total),
      share: percent(total ? reached / total : null), group: targetTitle(state.target), metres: number(state.radius) })) : el("p", {}, t("plan.none")),
    el("ol", { class: "places" }, rooms.map((room) => el("li", {}, roomButton(room),
      el("span", { class: "detail" }, original("span", room.operator || "")))) ),
    el("button", { type: "button", class: "action", "data-key": "to-plan", onclick: () => { update({ tab: "rooms" }); byId("tab-rooms").focus(); } }, t("overview.plan")),
    el("h3", { id: "simple" }, t("simple.title")),
    ["simple.1", "simple.2", "simple.3", "simple.4"].map((key) => el("p", { class: "simple" }, t(key))),
    study.question ? [el("h3", {}, t("overview.question")), original("p", study.question, { class: "question" })] : null);
}
