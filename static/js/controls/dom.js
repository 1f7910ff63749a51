// @ts-check
// Small helpers that make elements; every control and panel is built with them.

import { seenOn } from "../palette.js";

const SVG = "http://www.w3.org/2000/svg";

/**
 * Attributes of an element; besides: `on` (listeners by type), `dataset`, `value`; null, undefined and false are left out.
 * @typedef {{on?: {[K in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[K]) => unknown},
 *   dataset?: Record<string, string|number|undefined>, value?: string|number, [attribute: string]: unknown}} Props
 */

/**
 * Make an element.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Props} [props]
 * @param {...(Node|string|null|undefined|false)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, { on = {}, dataset = {}, value, ...attributes } = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, one] of Object.entries(attributes)) {
    if (one !== null && one !== undefined && one !== false) element.setAttribute(name, one === true ? "" : String(one));
  }
  for (const [type, listener] of Object.entries(on)) element.addEventListener(type, /** @type {EventListener} */ (listener));
  for (const [name, one] of Object.entries(dataset)) if (one !== undefined) element.dataset[name] = String(one);
  if (value !== null && value !== undefined) Object.assign(element, { value });
  for (const child of children) if (child || child === "") element.append(child);
  return element;
}

/**
 * Give an element other children; what stands there and is alike stays, so that little is laid out anew. For elements
 * to which nobody listens.
 * @param {Element} element @param {Node[]} children
 */
export function renew(element, children) {
  const before = [...element.childNodes];
  children.forEach((child, i) => {
    const old = before[i];
    if (!old) element.append(child);
    else if (old.isEqualNode(child)) return;
    else if (old instanceof Text && child instanceof Text) old.data = child.data;
    else if (old instanceof Element && child instanceof Element && old.cloneNode().isEqualNode(child.cloneNode())) renew(old, [...child.childNodes]);
    else old.replaceWith(child);
  });
  for (const rest of before.slice(children.length)) rest.remove();
}

/** Dash patterns by their Plotly names, in pixels for a 2-pixel line. @type {Record<string, number[]>} */
export const DASHES = {
  solid: [], dot: [2, 4], dash: [8, 4], longdash: [13, 5], dashdot: [8, 4, 2, 4], longdashdot: [13, 4, 2, 4],
};

/**
 * A short piece of line in a series' colour and dash, as in a legend.
 * @param {{color: string, dash?: string}} style
 * @param {number} [width] in pixels
 * @returns {SVGSVGElement}
 */
export function swatch({ color, dash = "solid" }, width = 26) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({ viewBox: `0 0 ${width} 12`, width, height: 12, class: "swatch",
    "aria-hidden": "true", focusable: "false" })) svg.setAttribute(key, String(value));
  const line = document.createElementNS(SVG, "line");
  for (const [key, value] of Object.entries({ x1: 1.5, x2: width - 1.5, y1: 6, y2: 6, stroke: color, "stroke-width": 3,
    "stroke-linecap": "round", "stroke-dasharray": (DASHES[dash] ?? []).map((n) => n * 0.8).join(" ") })) {
    line.setAttribute(key, String(value));
  }
  svg.append(line);
  return svg;
}

/**
 * The colour of a series as it can be seen on the page's present background.
 * @param {string} color
 * @returns {string}
 */
export function visibleColor(color) {
  return seenOn(color, isDark());
}

/** Hide an element or show it. An attribute that is written again has its styles worked out again: nothing is written where nothing changes. @param {HTMLElement} element @param {boolean} hidden */
export function hide(element, hidden) {
  if (element.hidden !== hidden) element.hidden = hidden;
}

/** Whether the page is shown in its dark theme. @returns {boolean} */
export function isDark() {
  const chosen = document.documentElement.dataset.theme;
  if (chosen === "dark" || chosen === "light") return chosen === "dark";
  return window.matchMedia("(prefers-color-scheme: dark)").matches;
}

let counter = 0;

/** An id that no other element of the page has. @param {string} name @returns {string} */
export function uniqueId(name) {
  counter += 1;
  return `${name}-${counter}`;
}
