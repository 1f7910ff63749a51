// @ts-check
/**
 * A question to the run with settings of its own, and its answer: as curves, as a matrix, as numbers, and in a sentence.
 *
 * Roles, all of the same question: perhaps `x` and `y`, curves (the last axis is drawn over), `more` (further curves over the
 * same places); `matrix` (row, column); `names`, a text: JSON [{name}] of the curves of `y`; `numbers`, a text: JSON [{name,
 * value, unit}]; `remark`, a text: JSON sentence; `next`, a text: JSON value of a parameter, or null. `structure`: of a
 * tape, where one of its leaves is asked about; `lower` and `upper`: a band round the curves of `y`.
 * Options: `settings`: [{name, title, value, options: [{value, label}] or low, high, scale}]; `leaf`: {node, entry}, names
 * of the question's parameters; `curves`: [{role, label}], what is drawn where there are no names; `dashed`: roles;
 * `focus`, the parameter of the question that is the series in focus; `x_scale`, `y_scale`, `x_title`, `y_title`;
 * `apply`: {moves, label}: the parameter that `next` sets; `button_label`: asked for only when it is pressed; `still`: the
 * answer is the same at every step of a run.
 */

import { h, swatch, visibleColor } from "../controls/dom.js";
import { choice, slide } from "../controls/tools.js";
import { formatNumber } from "../number.js";
import { diverging, SERIES, tint } from "../palette.js";
import { asker } from "./parts/asking.js";
import { Chart } from "./parts/chart.js";
import { drawBand } from "./marks/curves.js";
import { wholeRange } from "./parts/profile.js";
import { paint } from "./marks/images.js";
import { nameText } from "./marks/circuit/sizes.js";

/** @import { Context, Picture, Values, WireFrame } from "../types.d.ts" */
/** @import { Curve } from "./marks/curves.js" */
/** @typedef {{name: string, title: string, value: any, options?: {value: any, label: string}[], low?: number, high?: number, scale?: string}} Setting */

const STOPS = 60;

/** @param {HTMLElement} host @param {Context} panel @returns {Promise<Picture>} */
export async function create(host, panel) {
  const { t, options } = panel;
  /** @type {Setting[]} */
  const settings = options.settings ?? [];
  const role = panel.roles.find((one) => panel.questionOf(one)) ?? "remark";
  /** @type {Record<string, any>} */
  const chosen = { ...Object.fromEntries(settings.map(({ name, value }) => [name, value])), ...panel.view(`ask:${panel.questionOf(role)}`) };
  /** @type {WireFrame|null} */
  let answer = null;
  /** @type {import("../types.d.ts").History|null} */
  let shownRun = null;
  let pressed = !options.button_label;
  const tools = h("div", { class: "tool-row" }, ...settings.map(setting));
  const leaf = options.leaf ? h("select", { class: "select", "aria-label": t("Variable"), on: { change: () => { pressed = true; ask.now(); } } }) : null;
  if (leaf) tools.append(h("label", { class: "tool" }, t("Variable"), leaf));
  if (options.button_label) tools.append(h("button", { type: "button", class: "button", on: { click: () => { pressed = true; ask.now(); } } }, options.button_label));
  const apply = options.apply ? h("button", { type: "button", class: "button button-accent", on: { click: go } }, options.apply.label) : null;
  if (apply) tools.append(apply);
  const remark = h("p", { class: "inquiry-remark", role: "status" });
  const problem = h("p", { class: "refusal", role: "alert" });
  const legend = h("div", { class: "inquiry-legend" });
  const matrix = h("canvas", { class: "inquiry-matrix", role: "img", "aria-label": panel.title, hidden: true });
  const numbers = h("dl", { class: "inquiry-numbers", hidden: true });
  const room = h("div", { class: "inquiry-room" });
  host.append(tools, problem, remark, legend, h("div", { class: "inquiry-body" }, room, matrix, numbers));
  const drawn = panel.has("x");
  room.hidden = !drawn;
  const chart = drawn ? new Chart(room, panel, { layers: ["band", "curves"], named: false, refresh: () => draw(), draw: () => draw(),
    headOf: (curve, i) => `${options.x_title ?? ""} ${curve ? formatNumber(place(curve.x(i)), 3) : ""}`.trim() }) : null;
  const logX = options.x_scale === "log";
  const place = (/** @type {number} */ x) => (logX ? 10 ** x : x);

  const ask = asker(panel, role, {
    question,
    show(next) { answer = next; show(); },
    refuse(sentence) { problem.textContent = sentence; },
    every: 300,
  });

  function question() {
    if (!pressed) return null;
    const own = options.focus ? { ...chosen, [options.focus]: panel.focus } : { ...chosen };
    if (!leaf) return own;
    listLeaves();
    if (!leaf.value) return null;
    const [node, entry] = leaf.value.split(" ").map(Number);
    return { ...chosen, [options.leaf.node]: node, [options.leaf.entry]: entry };
  }

  /** The entries that may be asked about. */
  function listLeaves() {
    if (!leaf) return;
    /** @type {{name: string, node: number, shape: number[]}[]} */
    const leaves = panel.data.told("structure", { leaves: [] }).leaves;
    const entries = leaves.flatMap(({ name, node, shape }) => Array.from({ length: shape.reduce((product, n) => product * n, 1) }, (_, entry) => {
      const columns = shape.at(-1) ?? 1;
      const where = shape.length > 1 ? ` ${Math.floor(entry / columns) + 1}, ${(entry % columns) + 1}` : shape.length ? ` ${entry + 1}` : "";
      return { value: `${node} ${entry}`, label: `${nameText(name)}${where}` };
    })).slice(0, 200);
    const key = JSON.stringify(entries);
    if (leaf.dataset.key === key) return;
    const before = leaf.value;
    leaf.dataset.key = key;
    leaf.replaceChildren(...entries.map(({ value, label }) => h("option", { value }, label)));
    if (entries.some(({ value }) => value === before)) leaf.value = before;
  }

  /** @param {Setting} one */
  function setting({ name, title, options: choices, low = 0, high = 1, scale }) {
    const take = (/** @type {any} */ value) => {
      chosen[name] = value;
      panel.view(`ask:${panel.questionOf(role)}`, { ...chosen });
      pressed = true;
      ask.soon(40);
    };
    if (choices) return choice(title, choices.map(({ label }, i) => [i, label]), Math.max(0, choices.findIndex(({ value }) => value === chosen[name])), (i) => take(choices[Number(i)].value)).element;
    const worth = (/** @type {number} */ at) => {
      const value = scale === "log" ? low * (high / low) ** (at / STOPS) : low + ((high - low) * at) / STOPS;
      return scale === "whole" ? Math.round(value) : Number(value.toPrecision(2));
    };
    const at = scale === "log" ? (STOPS * Math.log(chosen[name] / low)) / Math.log(high / low) : (STOPS * (chosen[name] - low)) / (high - low);
    return slide(title, { min: 0, max: STOPS, step: 1, value: Math.round(at), words: (now) => formatNumber(worth(now)), onMove: (now) => take(worth(now)) }).element;
  }

  /** @param {string} one @param {any} [otherwise] */
  function told(one, otherwise = null) {
    const text = panel.has(one) ? answer?.texts[panel.keyOf(one)] : undefined;
    return text ? JSON.parse(text) : otherwise;
  }

  /** @param {string} one */
  const array = (one) => (panel.has(one) ? answer?.arrays[panel.keyOf(one)] : undefined);

  /** @returns {Curve[]} */
  function curves() {
    const xs = array("x")?.values;
    if (!xs) return [];
    const names = told("names");
    /** @type {{role: string, label: string}[]} */
    const wanted = names ? [{ role: "y", label: "" }] : options.curves ?? [{ role: "y", label: panel.spec("y")?.description ?? "" }];
    return wanted.flatMap(({ role: one, label }, group) => {
      const found = array(one);
      if (!found) return [];
      const columns = xs.length;
      return Array.from({ length: Math.max(1, Math.round(found.values.length / columns)) }, (_, row) => ({ index: group + row, name: names?.[row]?.name ?? label,
        color: visibleColor(SERIES[(group + row) % SERIES.length]), dash: (options.dashed ?? []).includes(one) || (names && row % 2) ? "dash" : "solid", length: columns,
        x: (/** @type {number} */ i) => (logX ? Math.log10(xs[i]) : xs[i]), y: (/** @type {number} */ i) => found.values[row * columns + i] }));
    });
  }

  function show() {
    remark.textContent = told("remark", "");
    if (apply) apply.disabled = told("next") === null;
    showMatrix();
    const list = told("numbers", []);
    numbers.hidden = !list.length;
    numbers.replaceChildren(...list.map((/** @type {{name: string, value: number, unit: string}} */ { name, value, unit }) => h("div", {}, h("dt", {}, name), h("dd", {}, `${formatNumber(value)} ${unit}`.trim()))));
    draw();
  }

  function draw() {
    if (!chart) return;
    if (!answer) {
      chart.drawAxes(chart.log ? [-6, 0] : [0, 1], logX ? [0, 3] : [0, 1], { log: logX }); // nothing was asked yet
      return;
    }
    const all = curves();
    chart.take(all);
    legend.replaceChildren(...(all.length > 1 ? all.map(({ name, color, dash }) => h("span", { class: "legend-entry" }, swatch({ color, dash }, 20), name)) : []));
    const xs = all.flatMap((curve) => [curve.x(0), curve.x(curve.length - 1)]).filter(Number.isFinite);
    if (!xs.length || !chart.drawAxes(wholeRange(all, chart.log, []), [Math.min(...xs), Math.max(...xs)], { log: logX })) return;
    drawBands();
    const context = chart.plane.layers.curves.beginInside(chart.plane.area);
    chart.drawCurves(context, true);
    chart.plane.layers.curves.end();
    chart.plane.frame.dataset.curves = String(all.length);
  }

  /** Between the rows of `lower` and those of `upper`, in the colours of the rows of `y`. */
  function drawBands() {
    if (!chart) return;
    const { area, scale, layers } = chart.plane;
    const context = layers.band.beginInside(area);
    const [lower, upper] = [array("lower")?.values, array("upper")?.values];
    if (lower && upper) {
      for (const [row, curve] of chart.curves.slice(0, Math.round(lower.length / (chart.curves[0]?.length || 1))).entries()) {
        const edge = (/** @type {Values} */ values) => ({ ...curve, y: (/** @type {number} */ i) => values[row * curve.length + i] });
        drawBand(context, edge(lower), edge(upper), scale, chart.log, tint(curve.color, 0.2));
      }
    }
    layers.band.end();
  }

  function showMatrix() {
    const found = array("matrix");
    matrix.hidden = !found;
    if (!found) return;
    const [rows, columns] = found.shape;
    const reach = Math.max(1e-12, ...Array.from(found.values, Math.abs).filter(Number.isFinite));
    const picture = paint(found.values, rows, columns, 1, { low: -reach, high: reach, anchors: diverging(panel.dark) });
    [matrix.width, matrix.height] = [columns, rows];
    /** @type {CanvasRenderingContext2D} */ (matrix.getContext("2d")).drawImage(picture, 0, 0);
    matrix.title = t("{rows} × {columns} numbers from {low} to {high}", { rows, columns, low: formatNumber(-reach, 3), high: formatNumber(reach, 3) });
  }

  /** Take what the answer leads to. */
  function go() {
    const next = told("next");
    if (next === null) return;
    const name = options.apply.moves;
    panel.change({ [name]: { ...panel.params[name], ...next } }, { effect: "restart", stay: true });
  }

  /** Another run is on screen. */
  function again() {
    listLeaves();
    if (pressed) ask.soon(60);
  }

  return {
    scene: again,
    update(history) {
      if (options.still && answer && history === shownRun) return;
      shownRun = history;
      again();
    },
    focus: () => { if (options.focus && pressed) ask.soon(60); },
    theme: show, resize: draw, view: () => chart?.viewChanged(), frame: chart ? chart.plane.frame : undefined, ...(chart ? { png: () => chart.plane.png() } : {}) };
}
