/* Cards: one area, or one room, with why it stands where it stands. */

function showCard() {
  const area = areaById.get(state.area);
  const room = roomById.get(state.room);
  replace(byId("card"), area ? areaCard(area) : room ? roomCard(room) : el("p", {}, t("card.none")));
}

const cardTitle = (text, kind) => [
  el("p", { class: "kind" }, kind),
  el("h3", { id: "card-title", tabindex: "-1", "data-key": "card-title" }, text),
];
const bracket = (low, high, format = number) =>
  (known(low) && low !== high ? ` (${range(low, high, format)})` : "");

function areaCard(area) {
  const kind = [`${DATA.study.areaTitle} ${area.id}`, area.region_name].filter(Boolean).join(" · ");
  const { edition, date: when } = DATA.info;
  return el("article", {},
    cardTitle(area.name, kind),
    area.excluded && el("p", { class: "notice" }, t("card.excluded"), " ", original("span", area.excluded)),
    area.sentence && original("p", area.sentence, { class: "lead" }),
    areaFacts(area),
    indicators(area),
    el("h4", {}, t("card.groups")),
    facts(...TARGETS.map(({ key }) => [groupName(key), groupText(area, key)])),
    el("h4", {}, t("card.reach")),
    areaReach(area),
    area.flags && original("p", area.flags, { class: "notice" }),
    el("p", { class: "note" }, t("card.source", { edition, date: date(when) })));
}

function areaFacts(area) {
  const published = (now, then, kind) =>
    (then && then !== now ? t("card.published", { value: word(kind, then) }) : "");
  const chance = known(area.p_top) &&
    ` · ${t("card.ptop", { p: probability(area.p_top), top: DATA.study.top })}`;
  const ranks = { share: number(area.rank_by_share), count: number(area.rank_by_count) };
  return facts(
    [t("card.status"), word("status", area.status_class),
      published(area.status_class, area.status_published, "status")],
    [t("card.rank"), rankText(area.rank, area.rank_lo, area.rank_hi), chance],
    [t("card.ranks"), t("card.ranks.value", ranks)],
    [t("card.dynamics"), word("dynamics", area.dynamics_class),
      published(area.dynamics_class, area.dynamics_published, "dynamics")],
    [t("card.population"), number(area.population)],
    [recipientsLabel(), number(area.recipients), bracket(area.recipients_lo, area.recipients_hi)],
    known(area.old_age) && [t("card.oldage"), number(area.old_age)],
    [shareLabel(), percent(area.share),
      bracket(area.share_lo, area.share_hi, percent)],
    known(area.location_quotient) &&
      [t("card.quotient", { region: DATA.info.region }), number(area.location_quotient, 2)],
    area.cluster && [t("card.cluster"), word("cluster", area.cluster),
      area.cluster_sentence && [" · ", original("span", area.cluster_sentence)]]);
}

const groupName = (key) => [targetTitle(key), detail(counted(key))];

function groupText(area, key) {
  const weight = pick(area, "weight", key);
  if (weight === 0) return t(key === "worse" && area.possibly_worse ? "card.group.possible" : "card.group.none");
  const rank = rankText(pick(area, "rank", key), pick(area, "rank_lo", key), pick(area, "rank_hi", key));
  return t("card.group", { count: number(weight), rank });
}

/* The nearest room on the table, and how many of the area's people are reached. */
function areaReach(area) {
  const rooms = chosen();
  const { covered } = reach(rooms);
  const weight = people();
  const units = UNITS.area.flatMap((position, u) => (position === area.i ? [u] : []));
  const all = sum(units.map((u) => weight[u]));
  const reached = sum(units.map((u) => (covered[u] ? weight[u] : 0)));
  const near = rooms.length && rooms.reduce((a, b) => (walk(area, b) < walk(area, a) ? b : a));
  const figures = { reached: number(reached), all: number(all), share: percent(reached / all, 0) };
  return [
    near ? el("p", {}, t("card.nearest"), " ", roomButton(near),
      DATA.study.ways === "straight" &&
        ` (${t("card.metres", { metres: number(Math.round(walk(area, near) / 10) * 10) })})`)
      : el("p", {}, t("plan.none")),
    all > 0 && el("p", {}, t("card.reached", { ...figures, group: targetTitle(state.target) }),
      detail(" ", t("counted.are", { what: counted(state.target) }))),
  ];
}

/* Indicators: value, value before, and what each one adds to the index, as bars with numbers. */
function indicators(area) {
  const shown = INDICATORS.filter((key) => known(area[key]));
  if (!shown.length) return null;
  const adds = shown.some((key) => known(area[`explained_${key}`]));
  const before = DATA.info.previous && shown.some((key) => known(area[`${key}_previous`]));
  const head = (text) => el("th", { scope: "col" }, text);
  const row = (key) => el("tr", {},
    el("th", { scope: "row" }, has(`indicator.${key}`) ? `${key}: ${t(`indicator.${key}`)}` : key),
    el("td", {}, points(area[key])),
    before && el("td", {}, points(area[`${key}_previous`])),
    adds && el("td", {}, bar(area[`explained_${key}`]), signed(area[`explained_${key}`])));
  return [
    el("h4", {}, t("card.indicators")),
    el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": t("card.indicators") },
      el("table", { class: "indicators" },
        el("thead", {}, el("tr", {}, head(t("card.indicator")), head(DATA.info.edition),
          before && head(DATA.info.previous), adds && head(t("card.adds")))),
        el("tbody", {}, shown.map(row)))),
  ];
}

const MOST_ADDED = Math.max(0.01,
  ...AREAS.flatMap((area) => INDICATORS.map((key) => Math.abs(area[`explained_${key}`] ?? 0))));

function bar(value) {
  if (!known(value)) return null;
  const length = (value / MOST_ADDED) * 48;
  return svg("svg", { class: "bar", viewBox: "-50 0 100 12", "aria-hidden": "true" },
    svg("rect", {
      x: Math.min(0, length), y: 2, width: Math.abs(length), height: 8, class: value > 0 ? "more" : "less",
    }),
    svg("line", { x1: 0, x2: 0, y1: 0, y2: 12, class: "axis" }));
}

function roomCard(room) {
  const place = chosen().indexOf(room) + 1;
  return el("article", {},
    cardTitle(room.name, place ? t("room.kind.chosen", { place }) : t("room.kind")),
    !room.eligible && el("p", { class: "notice" }, t("room.not"), " ", original("span", room.reason)),
    room.eligible && [
      roomReason(room, place),
      button("toggle-room", t(place ? "room.remove.this" : "room.add"), () => toggleRoom(room)),
    ],
    roomFacts(room),
    room.eligible && [
      roomServes(room),
      place > 0 && alternatives(room),
      el("h4", {}, t("room.clarify")),
      el("ul", {}, ["space", "hours", "access", "consent"].map((key) => el("li", {}, t(`room.clarify.${key}`)))),
    ]);
}

/* Why it was proposed: what it adds in its place, and what would be lost without it. */
function roomReason(room, place) {
  const rooms = chosen();
  const { gains, reached, covered } = reach(rooms);
  const loss = reached - reach(rooms.filter((other) => other !== room)).reached;
  return el("p", { class: "lead" }, place
    ? t("room.why", { gain: number(gains[place - 1]), place, loss: number(loss) })
    : !candidate(room) ? t("room.whynot.unsuited", { group: targetTitle(state.target) })
      : t("room.whynot", { gain: number(cover(covered, room, { keep: false })) }));
}

function roomFacts(room) {
  const planned = (!state.hand && DATA.presence[`${state.target}|${state.p}|${room.id}`]) || {};
  const hours = { open: number(planned.hours_open, 1), booked: number(planned.hours_appointment, 1) };
  return facts(
    room.address && [t("room.address"), original("span", room.address)],
    room.area && [t("room.area"), areaButton(room.area)],
    room.venue_types && [t("room.types"), original("span", room.venue_types)],
    room.operator && [t("room.operator"), original("span", room.operator)],
    [t("room.operator.kind"), word("operator", room.operator_kind),
      room.operator_reason && [" · ", original("span", room.operator_reason)]],
    known(planned.stability) &&
      [t("room.stability"), t("room.stability.value", { share: percent(planned.stability, 0) })],
    known(planned.hours_open) && [t("room.hours"), t("room.hours.value", hours)]);
}

/* Whom it serves: people within walking distance by group, and where they live. */
function roomServes(room) {
  const own = within(room, state.radius);
  const served = (key) => number(sum(own.map((u) => people(key)[u])));
  const weight = people();
  const byArea = new Map();
  for (const u of own) byArea.set(UNITS.area[u], (byArea.get(UNITS.area[u]) ?? 0) + weight[u]);
  const most = [...byArea]
    .filter(([position, count]) => position >= 0 && count >= DATA.study.minimumCount)
    .sort((a, b) => b[1] - a[1]).slice(0, 6);
  return [
    el("h4", {}, t("room.serves", { metres: number(state.radius) })),
    facts(...TARGETS.map(({ key }) =>
      [groupName(key), served(key), !room.suits.includes(key) && ` · ${t("room.unsuited")}`])),
    most.length > 0 && el("p", {}, t("room.areas"), " ", most.map(([position, count], i) =>
      [i > 0 && ", ", areaButton(AREAS[position]), ` (${number(count)})`])),
  ];
}

/* The rooms that would lose least if this one cannot be had. */
function alternatives(room) {
  const rooms = chosen();
  const others = rooms.filter((other) => other !== room);
  const lost = reach(others).reached - reach(rooms).reached;
  const list = candidates(others).filter((other) => other.room !== room).slice(0, 3);
  return list.length > 0 && [
    el("h4", {}, t("room.alternatives")),
    el("ul", { class: "places" }, list.map(({ room: other, gain }) => el("li", {},
      roomButton(other), detail(t("room.alternative", { change: signed(lost + gain, 0) }))))),
  ];
}
