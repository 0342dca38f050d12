/* Words and numbers in the language of the page. */

const UNKNOWN = "•"; // as in the tables of statistical offices: unknown or withheld
const LOCALES = { de: "de-DE", en: "en-GB" };

function t(key, values = {}) {
  const text = DATA.texts[state.lang][key];
  if (text === undefined) return key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}
const known = (value) => value !== null && value !== undefined;
const has = (key) => key in DATA.texts[state.lang];

const formats = new Map();
function number(value, digits = 0, more = {}) {
  if (!known(value)) return UNKNOWN;
  const key = state.lang + digits + JSON.stringify(more);
  if (!formats.has(key)) {
    const fixed = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    formats.set(key, new Intl.NumberFormat(LOCALES[state.lang], { ...fixed, ...more }));
  }
  return formats.get(key).format(value).replace("-", "−");
}
const percent = (share, digits = 1) => number(share, digits, { style: "percent" });
const points = (value, digits = 2) => percent(known(value) ? value / 100 : null, digits); // of a percentage
const signed = (value, digits = 2) => number(value, digits, { signDisplay: "exceptZero" });

/* A share of random repetitions is never written as certainty. */
const probability = (p) => (p > 0.99 ? t("over", { value: percent(0.99, 0) })
  : p < 0.01 ? t("under", { value: percent(0.01, 0) }) : percent(p, 0));

function range(low, high, format = number) {
  if (!known(low) || !known(high)) return "";
  return low === high ? format(low) : t("range", { low: format(low), high: format(high) });
}
function date(iso) {
  const [year, month, day] = iso.split("-").map(Number);
  if (!day) return iso;
  const when = new Date(Date.UTC(year, month - 1, day));
  return new Intl.DateTimeFormat(LOCALES[state.lang], { dateStyle: "long", timeZone: "UTC" }).format(when);
}

/* Words of the method (classes, kinds) have a translation, or stand as they are. */
const word = (kind, value) => (value ? (has(`${kind}.${value}`) ? t(`${kind}.${value}`) : value) : t("none"));
const targetTitle = (key) => {
  if (state.lang !== DATA.info.language && has(`target.${key}`)) return t(`target.${key}`);
  return DATA.study.targets.find((target) => target.key === key)?.title ?? key;
};
/* What the numbers of a target group count: recipients, children, or all residents of an age. */
const counted = (key) => {
  const [kind, low, high] = DATA.study.targets.find((target) => target.key === key)?.counted ?? [];
  return kind ? t(`counted.${kind}`, { low, high }) : "";
};
const rankText = (rank, low, high) => {
  if (!known(rank)) return UNKNOWN;
  return known(low) && low !== high ? t("rank.set", { rank: number(rank), low: number(low), high: number(high) })
    : number(rank);
};

/* Forgiving search: "Schloss", "Schloß", "Koenig", "Konig" and "König" find each other. */
const plain = (text) => text.toLowerCase().replace(/ß/g, "ss").normalize("NFD").replace(/\p{M}/gu, "");
const spelled = (text) =>
  plain(text.toLowerCase().replace(/ä/g, "ae").replace(/ö/g, "oe").replace(/ü/g, "ue"));
function matches(text, query) {
  return plain(text).includes(plain(query)) || spelled(text).includes(spelled(query));
}
