/* What colours mean. A layer has classes (legend), a class per area, a value in words (tooltip,
   screen reader) and a short mark that stands in the area, so that no layer rests on colour alone. */

const NONE = { key: "none", fill: "url(#p-none)", ink: "#4a5560" };
const MASKED = { key: "masked", fill: "url(#p-masked)", ink: "#3c3c3c" };
const RAMP = ["#eef3d9", "#bfdcc0", "#7fbcc0", "#3c83b0", "#173f7a"]; // as in the report
const INK = ["#22303a", "#22303a", "#0d1b24", "#ffffff", "#ffffff"];
const shade = (step, key, extra = {}) => ({ key, fill: RAMP[step], ink: INK[step], ...extra });

const MASKED_WORDS = /^nicht bestimmbar/;
const labelled = (kind, classes) => classes.map((c) => ({ ...c, label: () => word(kind, c.key) }));
const byWord = (classes, value) =>
  !value ? NONE : MASKED_WORDS.test(value) ? MASKED : classes.find((c) => c.key === value) ?? MASKED;

const NEED = labelled("need", [shade(4, "sehr niedrig"), shade(3, "niedrig"), shade(1, "mittel"), shade(0, "hoch")]);
const DYNAMICS = labelled("change", [
  { key: "negativ", fill: "url(#p-worse)", ink: "#3d1500", mark: "▲" },
  { key: "stabil", fill: "#f1efe9", ink: "#4a4a45", mark: "=" },
  { key: "positiv", fill: "url(#p-better)", ink: "#06283d", mark: "▼" },
]);

/* Five classes around the mean of the region, the same as in the report. */
const MEAN = DATA.figures.share ?? sum(AREAS.map((a) => a.recipients ?? 0)) / sum(AREAS.map((a) => a.population ?? 0));
const SHARES = [0.5, 0.8, 1.25, 1.75, Infinity].map((quotient, i, all) => {
  const bound = (q) => percent(q * MEAN);
  const label = () => t(`share.step.${i}`, { low: i ? bound(all[i - 1]) : "", high: bound(quotient) });
  return shade(i, `share${i}`, { upper: quotient * MEAN, label });
}).reverse();

/* Concentration: whatever roles the method gave, the ones with greater need darker. */
const CLUSTERS = (() => {
  const names = [...new Set(AREAS.map((area) => area.cluster).filter(Boolean))];
  const quiet = /unauff|keine|nicht signifikant/i;
  const mean = (name) => {
    const values = AREAS.filter((a) => a.cluster === name && known(a.share)).map((a) => a.share);
    return quiet.test(name) ? -1 : sum(values) / Math.max(values.length, 1);
  };
  const looks = [{ fill: "url(#p-core)", ink: "#ffffff" }, { fill: "#b9a3cf", ink: "#25123a" },
    { fill: "url(#p-dots)", ink: "#22303a" }, { fill: "url(#p-better)", ink: "#06283d" }];
  return labelled("cluster", names.sort((a, b) => mean(b) - mean(a)).map((key, i) =>
    ({ key, mark: quiet.test(key) ? "" : String(i + 1),
      ...(quiet.test(key) ? { fill: "#f4f2f6", ink: "#4a4a4a" } : looks[Math.min(i, looks.length - 1)]) })));
})();

const PRIORITY = [
  { key: "certain", fill: "#5a2a6e", ink: "#ffffff" },
  { key: "possible", fill: "url(#p-possible)", ink: "#2c0f38" },
  { key: "other", fill: "#f6f2f7", ink: "#4a4a4a" },
].map((c) => ({ ...c, label: () => t(`priority.${c.key}`, { top: DATA.study.top }) }));
const PEOPLE = [{ key: "people", fill: "#f1f3f4", ink: "#22303a", label: () => t("people.none") }];

const pick = (row, name, target) => row[`${name}_${target}`] ?? (target === TARGETS[0]?.key ? row[name] : null);

function priority(area, target = state.target) {
  const rank = pick(area, "rank", target);
  if (!known(rank)) return NONE;
  const top = DATA.study.top;
  if ((pick(area, "rank_hi", target) ?? rank) <= top) return PRIORITY[0];
  return (pick(area, "rank_lo", target) ?? rank) <= top ? PRIORITY[1] : PRIORITY[2];
}

const LAYERS = {
  need: {
    classes: () => NEED,
    classOf: (area) => byWord(NEED, area.status_class),
    value: (area) => (known(area.need_index)
      ? t("need.value", { status: word("status", area.status_class), rank: number(area.rank) })
      : area.status_class ? t("need.only", { status: word("status", area.status_class) }) : t("none")),
    mark: (area) => (known(area.rank) ? number(area.rank) : ""),
  },
  share: {
    classes: () => SHARES,
    classOf: (area) => (known(area.share) ? SHARES.findLast((c) => area.share < c.upper) : NONE),
    value: (area) => (known(area.share) ? t("share.value", { share: percent(area.share), per: shareLabel() }) : t("none")),
    mark: (area) => (known(area.share) ? number(area.share * 100, 0) : ""),
  },
  people: {
    classes: () => PEOPLE,
    classOf: (area) => (known(area.recipients) ? PEOPLE[0] : NONE),
    value: (area) => (known(area.recipients) ? t("people.value", { count: number(area.recipients) }) : t("none")),
    mark: (area) => (known(area.recipients) ? number(area.recipients) : ""),
  },
  dynamics: {
    classes: () => DYNAMICS,
    classOf: (area) => byWord(DYNAMICS, area.dynamics_class),
    value: (area) => (area.dynamics_class ? t("dynamics.value", { dynamics: word("dynamics", area.dynamics_class) }) : t("none")),
    mark: (area) => byWord(DYNAMICS, area.dynamics_class).mark ?? (area.dynamics_class ? "?" : ""),
  },
  cluster: {
    classes: () => CLUSTERS,
    classOf: (area) => byWord(CLUSTERS, area.cluster),
    value: (area) => word("cluster", area.cluster),
    mark: (area) => byWord(CLUSTERS, area.cluster).mark ?? "",
  },
  target: {
    classes: () => PRIORITY,
    classOf: (area) => priority(area),
    value: (area) => {
      const rank = pick(area, "rank", state.target);
      if (!known(rank)) return t("none");
      const set = rankText(rank, pick(area, "rank_lo", state.target), pick(area, "rank_hi", state.target));
      return t("target.value", { rank: set, group: targetTitle(state.target) });
    },
    mark: (area) => { const rank = pick(area, "rank", state.target); return known(rank) ? number(rank) : ""; },
  },
};
const shareLabel = () => (state.lang === DATA.info.language ? DATA.info.share : t("share.per"));
const recipientsLabel = () =>
  (state.lang !== DATA.info.language && has(`recipients.${DATA.info.recipients}`) ? t(`recipients.${DATA.info.recipients}`) : DATA.info.recipients);

/* Which layers the content can fill. */
const AVAILABLE = Object.keys(LAYERS).filter((key) => AREAS.some((area) => LAYERS[key].classOf(area) !== NONE));
const circleRadius = (people) => 24 * Math.sqrt(people / Math.max(...AREAS.map((a) => a.recipients ?? 0), 1));

/* The legend: every class with its name and number of areas, then what lines and signs mean. */
function showLegend() {
  const layer = LAYERS[state.layer];
  const classes = [...layer.classes(), MASKED, NONE];
  const count = (c) => AREAS.filter((area) => layer.classOf(area) === c).length;
  const entry = (c) => el("li", {}, swatch(c.fill, c.mark),
    el("span", {}, c.label ? c.label() : t(`legend.${c.key}`)), el("span", { class: "count" }, number(count(c))));
  const shown = classes.filter((c) => layer.classes().includes(c) || count(c));
  const sign = (name, text) => el("li", {}, el("span", { class: `sign ${name}`, "aria-hidden": "true" }), el("span", {}, text));
  replace(byId("legend-body"),
    el("p", { class: "legend-title" }, el("span", {}, t(`layer.${state.layer}.title`, { group: targetTitle(state.target), top: DATA.study.top })),
      el("span", { class: "count" }, t("legend.areas"))),
    el("ul", { class: "classes" }, shown.map(entry)),
    state.layer === "people" ? circleLegend() : null,
    el("p", { class: "legend-note" }, t(`layer.${state.layer}.note`, { top: DATA.study.top, per: shareLabel(), mean: percent(MEAN) })),
    el("ul", { class: "signs" },
      state.core && state.layer !== "target" ? [sign("certain", t("legend.certain", { top: DATA.study.top })), sign("possible", t("legend.possible", { top: DATA.study.top }))] : [],
      state.layer === "cluster" && DATA.clusters.length ? sign("hotspot", t("legend.hotspot")) : [],
      sign("room on", t("legend.chosen", { group: targetTitle(state.target), metres: number(state.radius) })), sign("room", t("legend.room")),
      OFFICES.length ? sign("office", t(OFFICES.every((o) => counts(o)) ? "legend.office" : "legend.office.some")) : []));
}

const swatch = (paint, mark = "") => svg("svg", { class: "swatch", viewBox: "0 0 30 18", "aria-hidden": "true" },
  svg("rect", { x: 0.5, y: 0.5, width: 29, height: 17, fill: paint, stroke: "#5c6b76" }),
  mark ? svg("text", { x: 15, y: 13, "text-anchor": "middle", class: "swatch-mark" }, mark) : null);

function circleLegend() {
  const most = Math.max(...AREAS.map((a) => a.recipients ?? 0));
  const unit = 10 ** Math.floor(Math.log10(Math.max(most, 10)));
  const sizes = [...new Set([unit / 2, unit, Math.floor(most / unit) * unit])].sort((a, b) => a - b);
  return el("ul", { class: "circles" }, sizes.map((size) => {
    const r = circleRadius(size);
    return el("li", {}, svg("svg", { width: 2 * r + 2, height: 2 * r + 2, "aria-hidden": "true" },
      svg("circle", { cx: r + 1, cy: r + 1, r, class: "amount" })), el("span", {}, number(size)));
  }));
}
