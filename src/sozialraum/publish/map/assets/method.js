/* Method, sources, limits, accessibility, feedback: what makes the figures checkable. */

function showMethod() {
  const { info, study } = DATA;
  const paragraph = (key, values) => el("p", {}, t(`method.${key}.text`, values));
  const section = (key, ...body) => [el("h3", {}, t(`method.${key}`)), ...body];
  const way = t(`method.way.${study.ways}`, { detour: number(study.detour, 2) });
  const editions = [info.edition, info.previous].filter(Boolean).join(" / ");
  replace(byId("method"),
    section("need",
      paragraph("need", { indicators: INDICATORS.join(", "), city: info.city, edition: info.edition }),
      indicatorNames()),
    section("count", original("p", info.note), paragraph("count", { minimum: study.minimumCount }), oldAge()),
    section("rank", paragraph("rank", { top: study.top })),
    AVAILABLE.includes("cluster") && section("cluster", paragraph("cluster")),
    section("reach", paragraph("reach", { way, metres: number(study.radius) })),
    section("limits", el("ul", {}, [1, study.ways === "straight" ? 2 : "ways", 3, 4].map((i) => el("li", {}, t(`method.limits.${i}`))))),
    DATA.quality.length > 0 && section("quality", findings()),
    section("sources", el("ul", {}, info.sources.map(sourceNote))),
    section("accessibility", paragraph("accessibility"), study.accessibility && original("p", study.accessibility)),
    section("feedback",
      el("p", {}, study.feedback ? linked(study.feedback) : t("method.feedback.none")),
      study.organisation && original("p", study.organisation)),
    section("run", facts(
      [t("method.fingerprint"), info.fingerprint], [t("method.reference"), date(info.date)],
      [t("method.edition"), editions], ["sozialraum", info.version], ["Leaflet", `${L.version} (BSD-2-Clause)`])),
    el("p", { class: "note" }, t("method.fingerprint.text")));
}

function indicatorNames() {
  const named = INDICATORS.filter((key) => has(`indicator.${key}`));
  return named.length > 0 &&
    el("ul", {}, named.map((key) => el("li", {}, el("strong", {}, key), `: ${t(`indicator.${key}`)}`)));
}

const findings = () => el("details", {},
  el("summary", {}, t("method.quality.count", { count: number(DATA.quality.length) })),
  el("ul", {}, DATA.quality.map(({ topic, finding, detail: more }) =>
    original("li", [topic, finding, more].filter(Boolean).join(" · ")))));

function sourceNote(source) {
  const named = [source.title, source.publisher, source.licence].filter(Boolean).join(", ");
  const licence = source.attribution && !source.attribution.includes(source.licence) && source.licence;
  return el("li", {},
    original("span", source.attribution || named),
    source.date && ` · ${t("method.date", { date: date(source.date) })}`,
    licence && ` · ${licence}`,
    source.url && [" · ", linked(source.url)]);
}

/* Old-age benefits are not the Jobcenter's task: who was taken out before rooms were sought. */
function oldAge() {
  const { old_age: old, recipients, demand } = DATA.figures;
  if (!known(old) || !known(demand)) return null;
  return el("p", {}, t("method.oldage", { old: number(old), all: number(recipients), rest: number(demand) }));
}
