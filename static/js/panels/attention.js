// @ts-check
/**
 * Who looks at whom: weights from every place of a text to the places that it reads, as a map and on the words.
 *
 * Roles: `weights`, a still array (head, query, key) or (query, key); `tokens`, a text: JSON list of words, a place each;
 * perhaps `keys`, the same of the places that are read, where they are others.
 * Options: `heads`, words for the heads; `x_title`, `y_title`.
 */

import { h } from "../controls/dom.js";
import { formatNumber } from "../number.js";
import { ramp, tint, VIRIDIS } from "../palette.js";
import { placeSwitches, segments, theme } from "../plot.js";
import { paintGrid } from "./marks/matrix.js";
import { Plane } from "./marks/plane.js";
import { tipLine } from "./marks/tooltip.js";
import { visible } from "./marks/tokens.js";

/** @import { Context, Picture } from "../types.d.ts" */

/** @param {HTMLElement} host @param {Context} panel @returns {Promise<Picture>} */
export async function create(host, panel) {
  const { t, options } = panel;
  const words = h("div", { class: "attention-words", role: "group", "aria-label": t("Places of the text; the one that is chosen looks at the coloured ones") });
  const room = h("div", { class: "attention-map" });
  host.append(h("div", { class: "attention-box" }, words, room));
  const plane = new Plane(room, { label: panel.title, layers: ["map"], signal: panel.signal, square: true, fixed: true, margin: { left: 64, bottom: 44 } });
  const state = { head: 0, query: -1, hover: -1, key: "" };
  /** @type {ReturnType<segments>|null} */
  let heads = null;

  const tokens = () => /** @type {string[]} */ (panel.data.told("tokens"));
  const keys = () => (panel.has("keys") ? /** @type {string[]} */ (panel.data.told("keys")) : tokens());
  const queryNow = () => (state.hover >= 0 ? state.hover : state.query);

  /** The weights of the head that is shown: (query, key). */
  function weights() {
    const whole = panel.data.still("weights");
    if (!whole) return null;
    const [queries, places] = whole.shape.slice(-2);
    const count = whole.shape.length > 2 ? whole.shape[0] : 1;
    const head = Math.min(state.head, count - 1);
    const first = head * queries * places;
    return { count, queries, places, at: (/** @type {number} */ q, /** @type {number} */ k) => whole.values[first + q * places + k] };
  }

  /** @param {number} count */
  function showHeads(count) {
    if (heads || count < 2) return;
    heads = segments(t("Head"), Array.from({ length: count }, (_, i) => ({ value: i, text: options.heads?.[i] ?? String(i + 1), title: t("head {n}", { n: i + 1 }) })), state.head, (value) => {
      state.head = value;
      draw();
    });
    placeSwitches(host, h("span", { class: "tool" }, t("Head")), heads.element);
  }

  function draw() {
    const now = weights();
    if (!now) return;
    showHeads(now.count);
    showWords(now);
    const look = theme();
    const ticks = (/** @type {string[]} */ list, /** @type {boolean} */ up) => ({ values: list.map((_, i) => (up ? list.length - 1 - i : i) + 0.5), texts: list.map((word) => shown(word).slice(0, 9)) });
    if (!plane.draw({ x: { range: [0, now.places], ticks: ticks(keys(), false), title: options.x_title ?? t("is read") },
      y: { range: [0, now.queries], ticks: ticks(tokens(), true), title: options.y_title ?? t("reads"), grid: false } })) return;
    const { area, scale } = plane;
    const context = plane.layers.map.beginInside(area);
    context.imageSmoothingEnabled = false;
    context.drawImage(paintGrid(now.places, now.queries, (k, row) => now.at(now.queries - 1 - row, k), { low: 0, high: 1, log: false }, ramp(VIRIDIS)), area.left, area.top, area.width, area.height);
    const query = queryNow();
    if (query >= 0) {
      context.strokeStyle = look.accent;
      context.lineWidth = 2.5;
      context.strokeRect(area.left + 1, area.top + query * -scale.ky, area.width - 2, -scale.ky);
    }
    plane.layers.map.end();
    plane.frame.dataset.head = String(state.head);
  }

  const shown = (/** @type {string} */ word) => [...word].map((c) => (c.trim() ? c : visible(c))).join("");

  /** The words, each a button; what the chosen one looks at is coloured. @param {NonNullable<ReturnType<weights>>} now */
  function showWords(now) {
    const list = tokens();
    const key = JSON.stringify(list);
    if (key !== state.key) {
      state.key = key;
      state.query = Math.min(list.length, now.queries) - 1;
      words.replaceChildren(...list.map((word, i) => h("button", { type: "button", class: "attention-word", on: {
        click: () => { state.query = i; draw(); },
        pointerenter: () => { state.hover = i; draw(); },
        pointerleave: () => { state.hover = -1; draw(); },
      } }, shown(word))));
    }
    const query = queryNow();
    const same = keys().length === list.length;
    [...words.children].forEach((child, i) => {
      const word = /** @type {HTMLElement} */ (child);
      const weight = same && query >= 0 && i < now.places ? now.at(query, i) : 0;
      word.style.backgroundColor = tint(theme().accent, Number((0.75 * Math.min(1, Math.max(0, weight || 0))).toFixed(3)));
      word.setAttribute("aria-pressed", String(i === state.query));
      word.title = weight ? t("weight {value}", { value: formatNumber(weight, 3) }) : "";
    });
    words.dataset.query = String(query);
  }

  plane.pad.addEventListener("pointermove", (event) => {
    const now = weights();
    if (!now || !plane.ready) return;
    const [x, y] = plane.valueAt(...plane.pixel(event));
    const [k, q] = [Math.max(0, Math.min(now.places - 1, Math.floor(x))), Math.max(0, Math.min(now.queries - 1, now.queries - 1 - Math.floor(y)))];
    if (state.hover !== q) {
      state.hover = q;
      draw();
    }
    plane.tooltip.show(...plane.pixel(event), [tipLine(t("{one} looks at {other}", { one: shown(tokens()[q] ?? ""), other: shown(keys()[k] ?? "") }), formatNumber(now.at(q, k), 3))]);
  });
  plane.pad.addEventListener("pointerleave", () => {
    plane.tooltip.hide();
    state.hover = -1;
    draw();
  });
  plane.pad.addEventListener("click", () => { state.query = state.hover; draw(); });

  return { scene: draw, playhead: draw, theme: draw, resize: draw, frame: plane.frame, png: () => plane.png() };
}
