/* Method, sources, limits, accessibility, feedback: what makes the figures checkable. */

/* Old-age benefits are not the Jobcenter's task: who was taken out before rooms were sought. */
const oldAge = () => (known(DATA.figures.old_age) && known(DATA.figures.demand)
  ? el("p", {}, t("method.oldage", { old: number(DATA.figures.old_age), all: number(DATA.figures.recipients), rest: number(DATA.figures.demand) })) : null);

function showMethod() {
  const { info, study, quality } = DATA;
  const section = (key, ...body) => [el("h3", {}, t(`method.${key}`)), ...body];
  const paragraph = (key, values) => el("p", {}, t(`method.${key}.text`, values));
  replace(byId("method"),
    section("need", paragraph("need", { indicators: INDICATORS.join(", "), city: info.city, edition: info.edition })),
    INDICATORS.some((key) => has(`indicator.${key}`)) ? el("ul", {}, INDICATORS.filter((key) => has(`indicator.${key}`)).map((key) => el("li", {}, el("strong", {}, key), `: ${t(`indicator.${key}`)}`))) : null,
    section("count", original("p", info.note), paragraph("count", { minimum: study.minimumCount }), oldAge()),
    section("rank", paragraph("rank", { top: study.top })),
    section("cluster", paragraph("cluster")),
    section("reach", paragraph("reach", { detour: number(study.detour, 2), metres: number(study.radius) })),
    section("limits", el("ul", {}, [1, 2, 3, 4].map((i) => el("li", {}, t(`method.limits.${i}`))))),
    quality.length ? section("quality", el("details", {}, el("summary", {}, t("method.quality.count", { count: number(quality.length) })), el("ul", {}, quality.map((q) => original("li", [q.topic, q.finding, q.detail].filter(Boolean).join(" · ")))))) : null,
    section("sources", el("ul", {}, info.sources.map((s) => el("li", {}, original("span", s.attribution || [s.title, s.publisher, s.licence].filter(Boolean).join(", ")),
      s.date ? ` · ${t("method.date", { date: date(s.date) })}` : "", s.licence && !s.attribution.includes(s.licence) ? ` · ${s.licence}` : "", s.url ? [" · ", linked(s.url)] : "")))),
    section("accessibility", paragraph("accessibility"), study.accessibility ? original("p", study.accessibility) : null),
    section("feedback", el("p", {}, study.feedback ? linked(study.feedback) : t("method.feedback.none")), study.organisation ? original("p", study.organisation) : null),
    section("run", facts([t("method.fingerprint"), info.fingerprint], [t("method.reference"), date(info.date)], [t("method.edition"), [info.edition, info.previous].filter(Boolean).join(" / ")], ["sozialraum", info.version], ["Leaflet", `${L.version} (BSD-2-Clause)`])),
    el("p", { class: "note" }, t("method.fingerprint.text")));
}
