/** Small helpers that make elements and icons; every control and panel is built with them. */

import { seenOn } from "../palette.js";

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an element.
 * @param {string} tag
 * @param {Record<string, any>} [props] attributes; `class`, `on` (listeners by type), `dataset`; null and false are left out
 * @param {...(Node|string|null|undefined|false)} children
 * @returns {HTMLElement}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") {
      for (const [type, listener] of Object.entries(value)) element.addEventListener(type, listener);
    } else if (name === "dataset") {
      Object.assign(element.dataset, value);
    } else if (name === "value") {
      element.value = value;
    } else {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  for (const child of children) if (child || child === "") element.append(child);
  return element;
}

const PATHS = {
  eye: ["M2 12s3.6-6.5 10-6.5S22 12 22 12s-3.6 6.5-10 6.5S2 12 2 12Z", "M12 9.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6Z"],
  eyeOff: ["M4 4l16 16", "M9.5 6A9.7 9.7 0 0 1 12 5.5c6.4 0 10 6.5 10 6.5a17 17 0 0 1-3 3.7M6 7.6C3.4 9.3 2 12 2 12s3.6 6.5 10 6.5c1.6 0 3-.4 4.200-1"],
  copy: ["M9 9h11v11H9Z", "M5 15H4V4h11v1"],
  trash: ["M4 7h16", "M9 7V4h6v3", "M6 7l1 13h10l1-13"],
  chevron: ["M9 5l7 7-7 7"],
  reset: ["M4 5v5h5", "M4.600 10A8 8 0 1 1 4 13"],
  plus: ["M12 5v14", "M5 12h14"],
  minus: ["M5 12h14"],
  upload: ["M12 16V4", "M7 9l5-5 5 5", "M4 20h16"],
  fit: ["M4 9V4h5", "M15 4h5v5", "M20 15v5h-5", "M9 20H4v-5"],
  close: ["M6 6l12 12", "M18 6L6 18"],
};

/**
 * A 16-pixel line icon that takes the text's colour; hidden from assistive technology, so the button needs a label.
 * @param {keyof typeof PATHS} name
 * @returns {SVGSVGElement}
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", width: 16, height: 16, fill: "none",
    stroke: "currentColor", "stroke-width": 2, "stroke-linecap": "round", "stroke-linejoin": "round",
    "aria-hidden": "true", focusable: "false", class: "icon" })) svg.setAttribute(key, String(value));
  for (const d of PATHS[name]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

/** Dash patterns by their Plotly names, in pixels for a 2-pixel line. */
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
