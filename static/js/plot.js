// @ts-check
// Plotly in the page's own type and colours, light and dark; and the few options that every plot shares.

import { h, isDark } from "./controls/dom.js";
import { NOTHING } from "./palette.js";

/**
 * @typedef {{ink: string, ink2: string, ink3: string, rule: string, ruleStrong: string, card: string, sunk: string,
 *   accent: string, bad: string, font: string, sizes: number[], dark: boolean}} Theme
 */

/** What was read last, and what the stylesheets made it of. @type {{look: Theme|null, lecturing: boolean}} */
const seen = { look: null, lecturing: false };

/** The page's tokens as a plot needs them. They are read when the theme changes or a lecture begins: reading makes the browser work out its styles. @returns {Theme} */
export function theme() {
  const lecturing = "present" in document.documentElement.dataset;
  if (seen.look?.dark !== isDark() || seen.lecturing !== lecturing) Object.assign(seen, { look: read(), lecturing });
  return /** @type {Theme} */ (seen.look);
}

/** @returns {Theme} */
function read() {
  const style = getComputedStyle(document.documentElement);
  const token = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: token("ink"), ink2: token("ink-2"), ink3: token("ink-3"), rule: token("rule"), ruleStrong: token("rule-strong"),
    card: token("card"), sunk: token("sunk"), accent: token("accent"), bad: token("bad"), font: token("sans"), dark: isDark(),
    sizes: [1, 2, 3, 4, 5].map((size) => parseFloat(token(`size-${size}`))),
  };
}

/** Plotly's config: no bar of buttons (the page has its own), no links, no surprise on double click. */
export const CONFIG = {
  displayModeBar: false, displaylogo: false, responsive: false, showTips: false, doubleClick: false, scrollZoom: false,
  showAxisDragHandles: true, plotGlPixelRatio: Math.min(2, window.devicePixelRatio || 1),
};

/** An axis in the page's colours. @param {Theme} look @param {Record<string, any>} [more] */
export function axis(look, more = {}) {
  return {
    gridcolor: look.rule, zerolinecolor: look.ruleStrong, linecolor: look.ruleStrong, tickcolor: look.ruleStrong,
    color: look.ink2, zeroline: false, ticks: "outside", ticklen: 4, tickfont: { size: look.sizes[0] }, automargin: false,
    exponentformat: "power", hoverformat: ".4~g", ...more,
    title: { text: more.title ?? "", font: { size: look.sizes[0] }, standoff: 6 },
  };
}

/** A layout with transparent paper, the page's font and a constant uirevision. @param {Theme} look @param {Record<string, any>} [more] */
export function layout(look, more = {}) {
  return {
    paper_bgcolor: NOTHING, plot_bgcolor: NOTHING, showlegend: false, hovermode: false, dragmode: false,
    font: { family: look.font, size: look.sizes[0], color: look.ink2 }, margin: { l: 52, r: 12, t: 8, b: 36 },
    // No `transition`, not even of 0 ms: with one, Plotly.react animates ranges and a second call brings the first back.
    uirevision: "kept", autosize: false, ...more,
  };
}

/**
 * A row of mutually exclusive buttons.
 * @param {string} label for assistive technology
 * @param {{value: any, text: string, title?: string}[]} choices
 * @param {any} value
 * @param {(value: any) => void} onChoose
 * @returns {{element: HTMLElement, set: (value: any) => void}}
 */
export function segments(label, choices, value, onChoose) {
  const buttons = choices.map((choice) => h("button", { type: "button", class: "segment", title: choice.title,
    dataset: { value: String(choice.value) }, on: { click: () => { set(choice.value); onChoose(choice.value); } } }, choice.text));
  const element = h("div", { class: "segments", role: "group", "aria-label": label }, ...buttons);
  /** @param {any} next plain JSON */
  function set(next) {
    buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(choices[i].value === next)));
  }
  set(value);
  return { element, set };
}

/**
 * Where a panel's own switches go: the heading of its card, or a bar on top of the host where it has none.
 * @param {HTMLElement} host
 * @param {...Node} switches
 */
export function placeSwitches(host, ...switches) {
  const tools = host.closest(".panel")?.querySelector(":scope > .panel-head > .panel-tools");
  const bar = tools?.parentElement?.querySelector(":scope > .panel-switches") ?? h("div", { class: "panel-switches" });
  bar.append(...switches);
  if (tools) tools.before(bar); else host.prepend(bar);
  return bar;
}

/** What Plotly drew, twice as fine. @param {HTMLElement} gd Plotly's element @returns {Promise<HTMLImageElement>} */
export async function printed(gd) {
  const { width, height } = gd.getBoundingClientRect();
  const image = new Image();
  image.src = await window.Plotly.toImage(gd, { format: "png", width, height, scale: 2 });
  await image.decode();
  return image;
}

/**
 * Several layers of a picture drawn into one.
 * @param {HTMLImageElement} ground
 * @param {HTMLCanvasElement[]} canvases over all of it, from below to above
 * @param {string} background
 * @returns {HTMLCanvasElement}
 */
export function flatten(ground, canvases, background) {
  const whole = document.createElement("canvas");
  whole.width = ground.naturalWidth;
  whole.height = ground.naturalHeight;
  const context = /** @type {CanvasRenderingContext2D} */ (whole.getContext("2d"));
  context.fillStyle = background;
  context.fillRect(0, 0, whole.width, whole.height);
  for (const layer of [ground, ...canvases]) context.drawImage(layer, 0, 0, whole.width, whole.height);
  return whole;
}
