/* Cards: one area, or one room, with why it stands where it stands. */

function showCard() {
  const area = areaById.get(state.area);
  const room = roomById.get(state.room);
  replace(byId("card"), area ? areaCard(area) : room ? roomCard(room) : el("p", {}, t("card.none")));
}
const title = (text, kind) => [el("p", { class: "kind" }, kind), el("h3", { id: "card-title", tabindex: "-1", "data-key": "card-title" }, text)];
const reachedIn = (area, covered) => {
  const weight = people();
  let reached = 0, all = 0;
  UNITS.area.forEach((position, u) => {
    if (position !== area.i) return;
    all += weight[u];
    if (covered[u]) reached += weight[u];
  });
  return { reached, all };
};
const nearest = (place, rooms) => rooms.map((room) => [room, walk(place, room)]).sort((a, b) => a[1] - b[1])[0];

function areaCard(area) {
  const { info, study } = DATA;
  const source = t("card.source", { edition: info.edition, date: date(info.date) });
  const near = nearest(area, chosen());
  const { reached, all } = reachedIn(area, reach(chosen()).covered);
  const published = (now, then, kind) => (then && then !== now ? t("card.published", { value: word(kind, then) }) : "");
  return el("article", {}, title(area.name, `${study.areaTitle} ${area.id}${area.region_name ? ` · ${area.region_name}` : ""}`),
    area.excluded ? el("p", { class: "notice" }, t("card.excluded"), " ", original("span", area.excluded)) : null,
    area.sentence ? original("p", area.sentence, { class: "lead" }) : null,
    facts(
      [t("card.status"), word("status", area.status_class), published(area.status_class, area.status_published, "status")],
      [t("card.rank"), rankText(area.rank, area.rank_lo, area.rank_hi), known(area.p_top) ? ` · ${t("card.ptop", { p: percent(area.p_top, 0), top: study.top })}` : ""],
      [t("card.ranks"), t("card.ranks.value", { share: number(area.rank_by_share), count: number(area.rank_by_count) })],
      [t("card.dynamics"), word("dynamics", area.dynamics_class), published(area.dynamics_class, area.dynamics_published, "dynamics")],
      [t("card.population"), number(area.population)],
      [recipientsLabel(), number(area.recipients), bracket(area.recipients_lo, area.recipients_hi)],
      known(area.old_age) ? [t("card.oldage"), number(area.old_age)] : null,
      [t("card.share", { per: shareLabel() }), percent(area.share), bracket(area.share_lo, area.share_hi, percent)],
      known(area.location_quotient) ? [t("card.quotient", { region: info.region }), number(area.location_quotient, 2)] : null,
      area.cluster ? [t("card.cluster"), word("cluster", area.cluster), area.cluster_sentence ? [" · ", original("span", area.cluster_sentence)] : ""] : null),
    indicators(area),
    el("h4", {}, t("card.groups")),
    facts(...TARGETS.map(({ key }) => [targetTitle(key), pick(area, "weight", key) === 0 ? t("card.group.none") : t("card.group", { count: number(pick(area, "weight", key)),
      rank: rankText(pick(area, "rank", key), pick(area, "rank_lo", key), pick(area, "rank_hi", key)) })])),
    el("h4", {}, t("card.reach")),
    near ? el("p", {}, t("card.nearest"), " ", roomButton(near[0]), ` (${t("card.metres", { metres: number(Math.round(near[1] / 10) * 10) })})`) : el("p", {}, t("plan.none")),
    all ? el("p", {}, t("card.reached", { reached: number(reached), all: number(all), share: percent(reached / all, 0), group: targetTitle(state.target) })) : null,
    area.flags ? original("p", area.flags, { class: "notice" }) : null,
    el("p", { class: "note" }, source));
}
const bracket = (low, high, format = number) => {
  const text = range(low, high, format);
  return text && low !== high ? ` (${text})` : "";
};

/* Indicators: value, value before, and how much each one adds to the index, as bars with numbers. */
function indicators(area) {
  const shown = INDICATORS.filter((key) => known(area[key]));
  if (!shown.length) return null;
  const adds = INDICATORS.some((key) => known(area[`explained_${key}`]));
  const most = Math.max(...AREAS.flatMap((a) => INDICATORS.map((key) => Math.abs(a[`explained_${key}`] ?? 0))), 0.01);
  const bar = (value) => svg("svg", { class: "bar", viewBox: "-50 0 100 12", "aria-hidden": "true" },
    svg("rect", { x: Math.min(0, (value / most) * 48), y: 2, width: (Math.abs(value) / most) * 48, height: 8, class: value > 0 ? "more" : "less" }),
    svg("line", { x1: 0, x2: 0, y1: 0, y2: 12, class: "axis" }));
  const before = DATA.info.previous && INDICATORS.some((key) => known(area[`${key}_previous`]));
  return [el("h4", {}, t("card.indicators")), el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": t("card.indicators") }, el("table", { class: "indicators" },
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, t("card.indicator")), el("th", { scope: "col" }, DATA.info.edition),
      before ? el("th", { scope: "col" }, DATA.info.previous) : null, adds ? el("th", { scope: "col" }, t("card.adds")) : null)),
    el("tbody", {}, shown.map((key) => el("tr", {}, el("th", { scope: "row" }, has(`indicator.${key}`) ? `${key}: ${t(`indicator.${key}`)}` : key),
      el("td", {}, points(area[key], 2)), before ? el("td", {}, points(area[`${key}_previous`], 2)) : null,
      adds ? el("td", {}, known(area[`explained_${key}`]) ? [bar(area[`explained_${key}`]), signed(area[`explained_${key}`])] : UNKNOWN) : null)))))];
}

function roomCard(room) {
  const rooms = chosen();
  const place = rooms.indexOf(room);
  const result = reach(rooms);
  const others = rooms.filter((other) => other !== room);
  const without = reach(others);
  const own = within(room, state.radius);
  const served = (key) => sum(own.map((u) => people(key)[u]));
  const planned = state.hand ? {} : DATA.presence[`${state.target}|${state.p}|${room.id}`] ?? {};
  return el("article", {}, title(room.name, place >= 0 ? t("room.kind.chosen", { place: place + 1 }) : t("room.kind")),
    !room.eligible ? el("p", { class: "notice" }, t("room.not"), " ", original("span", room.reason)) : null,
    room.eligible ? el("p", { class: "lead" }, place >= 0
      ? t("room.why", { gain: number(result.gains[place]), place: place + 1, loss: number(result.reached - without.reached) })
      : t("room.whynot", { gain: number(cover(result.covered.slice(), room, { keep: false })) })) : null,
    room.eligible ? el("button", { type: "button", class: "action", "data-key": "toggle-room", onclick: () => toggleRoom(room) },
      t(place >= 0 ? "room.remove.this" : "room.add")) : null,
    facts([t("room.address"), original("span", room.address)], [t("room.area"), room.area ? areaButton(room.area) : ""],
      [t("room.types"), original("span", room.venue_types)], [t("room.operator"), original("span", room.operator)],
      [t("room.operator.kind"), word("operator", room.operator_kind), room.operator_reason ? [" · ", original("span", room.operator_reason)] : ""],
      known(planned.stability) ? [t("room.stability"), t("room.stability.value", { share: percent(planned.stability, 0) })] : null,
      known(planned.hours_open) ? [t("room.hours"), t("room.hours.value", { open: number(planned.hours_open, 1), booked: number(planned.hours_appointment, 1) })] : null),
    room.eligible ? [
      el("h4", {}, t("room.serves", { metres: number(state.radius) })),
      facts(...TARGETS.map(({ key }) => [targetTitle(key), number(served(key)), room.suits.includes(key) ? "" : ` · ${t("room.unsuited")}`])),
      servedAreas(own), place >= 0 ? alternatives(others, result.reached) : null,
      el("h4", {}, t("room.clarify")), el("ul", {}, ["space", "hours", "access", "consent"].map((key) => el("li", {}, t(`room.clarify.${key}`))))] : null);
}

function servedAreas(own) {
  const byArea = new Map();
  for (const u of own) if (UNITS.area[u] >= 0) byArea.set(UNITS.area[u], (byArea.get(UNITS.area[u]) ?? 0) + people()[u]);
  const list = [...byArea].filter(([, count]) => count >= DATA.study.minimumCount).sort((a, b) => b[1] - a[1]).slice(0, 6);
  return list.length ? el("p", {}, t("room.areas"), " ", list.map(([position, count], i) => [i ? ", " : "", areaButton(AREAS[position]), ` (${number(count)})`])) : null;
}

/* The rooms that would lose least if this one cannot be had. */
function alternatives(others, reached) {
  const before = reach(others).reached;
  const list = candidates(others).filter(({ room }) => room.id !== state.room).slice(0, 3);
  return list.length ? [el("h4", {}, t("room.alternatives")), el("ul", { class: "places" }, list.map(({ room, gain }) => el("li", {}, roomButton(room),
    el("span", { class: "detail" }, t("room.alternative", { change: signed(before + gain - reached, 0) })))))] : null;
}
