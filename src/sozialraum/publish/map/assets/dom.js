"use strict";
/* Elements are made here; texts become text nodes, never markup. */

const el = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
const svg = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

const byId = (id) => document.getElementById(id);

/* Show other children, but leave the keyboard where it was: elements keep their data-key. */
function replace(container, ...children) {
  const active = document.activeElement;
  const key = container.contains(active) ? active.dataset.key : null;
  container.replaceChildren(...children.flat(Infinity).filter(Boolean));
  if (key) container.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
}

/* Facts as a description list: pairs of term and text; pairs without text are left out. */
const facts = (...pairs) =>
  el("dl", { class: "facts" }, pairs.filter((p) => p && p[1] !== null && p[1] !== "").map(([term, ...text]) =>
    el("div", {}, el("dt", {}, term), el("dd", {}, ...text))));

/* A text that stays in the language of the study, whatever the language of the page. */
const original = (tag, text, attributes = {}) =>
  el(tag, { ...attributes, lang: DATA.info.language === state.lang ? null : DATA.info.language }, text);

/* Only addresses of the web and of mail become links; anything else stays text. */
function linked(address) {
  if (/^https?:\/\/[^\s]+$/i.test(address)) return el("a", { href: address, rel: "noopener noreferrer" }, address);
  if (/^[^\s@:/]+@[^\s@:/]+$/.test(address)) return el("a", { href: `mailto:${address}` }, address);
  return address;
}
