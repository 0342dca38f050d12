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

const NEED = labelled("need",
  [shade(4, "sehr niedrig"), shade(3, "niedrig"), shade(1, "mittel"), shade(0, "hoch")]);
const DYNAMICS = labelled("change", [
  { key: "negativ", fill: "url(#p-worse)", ink: "#3d1500", mark: "▲" },
  { key: "stabil", fill: "#f1efe9", ink: "#4a4a45", mark: "=" },
  { key: "positiv", fill: "url(#p-better)", ink: "#06283d", mark: "▼" },
]);

/* Five classes around the mean of the region, the same as in the report. */
const total = (name) => sum(AREAS.map((area) => area[name] ?? 0));
const MEAN = DATA.figures.share ?? total("recipients") / total("population");
const SHARES = [0.5, 0.8, 1.25, 1.75, Infinity].map((quotient, i, all) => {
  const bound = (q) => percent(q * MEAN);
  const label = () => t(`share.step.${i}`, { low: i ? bound(all[i - 1]) : "", high: bound(quotient) });
  return shade(i, `share${i}`, { upper: quotient * MEAN, label });
}).reverse();

const CLUSTERS = labelled("role", [
  { key: "Konzentration", fill: "url(#p-core)", ink: "#ffffff", mark: "K" },
  { key: "einzeln hoch", fill: "#3c83b0", ink: "#ffffff", mark: "h" },
  { key: "einzeln niedrig", fill: "url(#p-dots)", ink: "#3a2f14", mark: "n" },
  { key: "niedrige Umgebung", fill: "#e9d9b8", ink: "#3a2f14", mark: "–" },
  { key: "unauffällig", fill: "#f7f6f2", ink: "#4a4a45" },
]);

const PRIORITY = [
  { key: "certain", fill: "#5a2a6e", ink: "#ffffff" },
  { key: "likely", fill: "url(#p-likely)", ink: "#2c0f38" },
  { key: "possible", fill: "url(#p-possible)", ink: "#2c0f38" },
  { key: "other", fill: "#fbfafb", ink: "#4a4a4a" },
].map((c) => ({ ...c, label: () => t(`priority.${c.key}`, { top: DATA.study.top }) }));
const PEOPLE = [{ key: "people", fill: "#f1f3f4", ink: "#22303a", label: () => t("people.none") }];

/* The first k areas by need: certain if the whole rank set is within k, else possible. */
const CORE = (() => {
  const { top } = DATA.study;
  const certain = (area) => area.top_certain ?? (known(area.rank) && (area.rank_hi ?? area.rank) <= top);
  const possible = (area) => area.top_possible ?? (known(area.rank) && (area.rank_lo ?? area.rank) <= top);
  return {
    certain: AREAS.filter(certain),
    possible: AREAS.filter((area) => possible(area) && !certain(area)),
  };
})();

/* A column of a target group; for the first group the general one stands in. */
const pick = (row, name, target) =>
  row[`${name}_${target}`] ?? (target === TARGETS[0]?.key ? row[name] : null);

/* Certain: the whole rank set is within k. Likely: the rank is. Possible: the set begins there. */
function priority(area) {
  const { top } = DATA.study;
  const rank = rankOf(area);
  if (!known(rank)) return NONE;
  const [certain, likely, possible, other] = PRIORITY;
  if ((pick(area, "rank_hi", state.target) ?? rank) <= top) return certain;
  if (rank <= top) return likely;
  return (pick(area, "rank_lo", state.target) ?? rank) <= top ? possible : other;
}

const rankOf = (area) => pick(area, "rank", state.target);
const orBlank = (value, show) => (known(value) ? show(value) : "");
const orNone = (value, show) => (known(value) && value !== "" ? show(value) : t("none"));

const LAYERS = {
  need: {
    classes: NEED,
    classOf: (area) => byWord(NEED, area.status_class),
    value: (area) => orNone(area.status_class, (value) => {
      const status = word("status", value);
      return known(area.rank) ? t("need.value", { status, rank: number(area.rank) }) : t("need.only", { status });
    }),
    mark: (area) => orBlank(area.rank, number),
  },
  share: {
    classes: SHARES,
    classOf: (area) => (known(area.share) ? SHARES.findLast((c) => area.share < c.upper) : NONE),
    value: (area) => orNone(area.share, (share) => t("share.value", { share: percent(share), per: shareLabel() })),
    mark: (area) => orBlank(area.share, (share) => number(share * 100)),
  },
  people: {
    classes: PEOPLE,
    classOf: (area) => (known(area.recipients) ? PEOPLE[0] : NONE),
    value: (area) => orNone(area.recipients, (count) => t("people.value", { count: number(count) })),
    mark: (area) => orBlank(area.recipients, number),
  },
  dynamics: {
    classes: DYNAMICS,
    classOf: (area) => byWord(DYNAMICS, area.dynamics_class),
    value: (area) => orNone(area.dynamics_class,
      (value) => t("dynamics.value", { dynamics: word("dynamics", value) })),
    mark: (area) => byWord(DYNAMICS, area.dynamics_class).mark ?? (area.dynamics_class ? "?" : ""),
  },
  cluster: {
    classes: CLUSTERS,
    classOf: (area) => byWord(CLUSTERS, area.cluster),
    value: (area) => word("cluster", area.cluster),
    mark: (area) => byWord(CLUSTERS, area.cluster).mark ?? "",
  },
  target: {
    classes: PRIORITY,
    classOf: (area) => priority(area),
    value: (area) => orNone(rankOf(area), (value) => {
      const rank = rankText(value, pick(area, "rank_lo", state.target), pick(area, "rank_hi", state.target));
      return t("target.value", { rank, group: targetTitle(state.target) });
    }),
    mark: (area) => orBlank(rankOf(area), number),
  },
};
const foreign = () => state.lang !== DATA.info.language;
const shareLabel = () => (foreign() ? t(DATA.info.below65 ? "share.per.below" : "share.per") : DATA.info.share);
function recipientsLabel() {
  const key = `recipients.${DATA.info.recipients}`;
  return foreign() && has(key) ? t(key) : DATA.info.recipients;
}

/* Which layers the content can fill. */
const AVAILABLE = Object.keys(LAYERS).filter((key) =>
  AREAS.some((area) => LAYERS[key].classOf(area) !== NONE));
const coresShown = () => state.core && state.layer !== "target";
const MOST_PEOPLE = Math.max(...AREAS.map((area) => area.recipients ?? 0), 1);
const MIDDLING = AREAS.map((area) => area.r).sort((a, b) => a - b)[Math.floor(AREAS.length / 2)] ?? 0;
/* The largest circle grows with the areas while these are small, so that circles do not hide each other. */
const largestCircle = () => Math.max(9, Math.min(24, 2.2 * MIDDLING * 2 ** map.getZoom()));
const circleRadius = (count) => largestCircle() * Math.sqrt(count / MOST_PEOPLE);

/* The legend: every class with its name and number of areas, then what lines and signs mean. */
function showLegend() {
  const { classes, classOf } = LAYERS[state.layer];
  const { top } = DATA.study;
  const count = (c) => AREAS.filter((area) => classOf(area) === c).length;
  const shown = [...classes, ...[MASKED, NONE].filter(count)];
  const entry = (c) => el("li", {}, swatch(c.fill, c.mark),
    el("span", {}, c.label ? c.label() : t(`legend.${c.key}`)), el("span", { class: "count" }, number(count(c))));
  const values = { group: targetTitle(state.target), top, per: shareLabel(), mean: percent(MEAN), city: DATA.info.city,
    region: DATA.info.region };
  byId("core").closest(".field").hidden = state.layer === "target"; // that layer is the core itself
  replace(byId("legend-body"),
    el("p", { class: "legend-title" },
      el("span", {}, t(`layer.${state.layer}.title`, values)), el("span", { class: "count" }, t("legend.areas"))),
    el("ul", { class: "classes" }, shown.map(entry)),
    state.layer === "people" && circleLegend(),
    el("p", { class: "legend-note" }, t(`layer.${state.layer}.note`, values)),
    signLegend());
}

function signLegend() {
  const { top } = DATA.study;
  const sign = (name, key, values) => el("li", {},
    el("span", { class: `sign ${name}`, "aria-hidden": "true" }), el("span", {}, t(key, values)));
  const all = OFFICES.every((office) => counts(office));
  return el("ul", { class: "signs" },
    coresShown() && [sign("certain", "legend.certain", { top }), sign("possible", "legend.possible", { top })],
    state.layer === "cluster" && DATA.clusters.length > 0 && sign("hotspot", "legend.hotspot"),
    sign("room on", "legend.chosen", { group: targetTitle(state.target), metres: number(state.radius) }),
    sign("room", "legend.room"),
    OFFICES.length > 0 && sign("office", all ? "legend.office" : "legend.office.some"));
}

const swatch = (paint, mark = "") => svg("svg", { class: "swatch", viewBox: "0 0 30 18", "aria-hidden": "true" },
  svg("rect", { x: 0.5, y: 0.5, width: 29, height: 17, fill: paint, stroke: "#5c6b76" }),
  mark && svg("text", { x: 15, y: 13, "text-anchor": "middle", class: "swatch-mark" }, mark));

function circleLegend() {
  const unit = 10 ** Math.floor(Math.log10(Math.max(MOST_PEOPLE, 10)));
  const sizes = [...new Set([unit / 2, unit, Math.floor(MOST_PEOPLE / unit) * unit])].sort((a, b) => a - b);
  const circle = (r) => svg("svg", { width: 2 * r + 2, height: 2 * r + 2, "aria-hidden": "true" },
    svg("circle", { cx: r + 1, cy: r + 1, r, class: "amount" }));
  return el("ul", { class: "circles" },
    sizes.map((size) => el("li", {}, circle(circleRadius(size)), el("span", {}, number(size)))));
}
