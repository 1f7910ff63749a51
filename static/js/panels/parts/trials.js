// @ts-check
// The trials of a search as panels draw them: read from the run up to the playhead, coloured by their loss, one of them chosen.
//
// Roles: `values`, `outcomes` (line, step), `points`, `settings` (line, step, axis); the scene's texts `axes` ({title, low, high,
// scale, choices, whole} each), `lines` ([sampler, repeat] each) and `words` ({outcomes, objective, unit}).

import { h, swatch, visibleColor } from "../../controls/dom.js";
import { formatNumber } from "../../number.js";
import { ramp, shade, VIRIDIS } from "../../palette.js";
import { leveller } from "../marks/matrix.js";
import { tipLine } from "../marks/tooltip.js";

/** @import { Context } from "../../types.d.ts" */
/** @import { Axis } from "../marks/plane.js" */

/** @typedef {{setting: string, title: string, low: number, high: number, scale: "log"|"linear", whole: boolean, unit: string, choices: string[]}} Side */
/** @typedef {{name: string, word: string, sentence: string}} Outcome */
/** @typedef {{line: number, trial: number, sampler: number, repeat: number, u: number[], settings: number[], value: number, outcome: number}} Trial */

export const KEY = "trial";
const COLORS = ramp(VIRIDIS.toReversed());

/** The axes of the space. @param {Context} panel @returns {Side[]} */
export const sidesOf = (panel) => panel.data.told("axes");

/** @param {Context} panel @returns {{outcomes: Outcome[], objective: string, unit: string}} */
export const wordsOf = (panel) => panel.data.told("words", { outcomes: [], objective: "", unit: "" });

/** The trials up to the playhead, in the order of their numbers. @param {Context} panel @returns {Trial[]} */
export function trialsOf(panel) {
  const [values, outcomes, points, settings] = ["values", "outcomes", "points", "settings"].map((role) => panel.data.series(role));
  /** @type {[number, number][]} */
  const lines = panel.data.told("lines");
  if (!values || !outcomes || !points || !settings) return [];
  const axes = points.width;
  /** @type {Trial[]} */
  const found = [];
  for (let trial = 1; trial <= Math.min(panel.step, values.length - 1); trial += 1) {
    lines.forEach(([sampler, repeat], line) => {
      if (!(outcomes.at(line, trial) >= 0)) return;
      const along = (/** @type {typeof points} */ series) => Array.from({ length: axes }, (_, axis) => series.at(line, trial, axis));
      found.push({ line, trial, sampler, repeat, u: along(points), settings: along(settings), value: values.at(line, trial), outcome: outcomes.at(line, trial) });
    });
  }
  return found;
}

/** How losses become colours: low ones bright, by their logarithm where they allow it; the worst tenth are alike. @param {Trial[]} trials */
export function coloring(trials) {
  const finite = trials.map(({ value }) => value).filter(Number.isFinite).sort((a, b) => a - b);
  const low = finite[0] ?? 0;
  const high = Math.max(finite[Math.floor(finite.length * 0.9)] ?? 1, low + 1e-12);
  const range = { low, high, log: low > 0 };
  const level = leveller(range);
  return { range, of: (/** @type {number} */ value) => shade(COLORS, level(value)), colors: COLORS };
}

/** The best of some trials; undefined where none has a value. @param {Trial[]} trials @returns {Trial|undefined} */
export function bestOf(trials) {
  return trials.reduce((/** @type {Trial|undefined} */ best, one) => (Number.isFinite(one.value) && !(best && best.value <= one.value) ? one : best), undefined);
}

/** Trials by their loss; last those that have none. @param {Trial[]} trials @returns {Trial[]} */
export function bestFirst(trials) {
  const loss = (/** @type {Trial} */ { value }) => (Number.isFinite(value) ? value : Infinity);
  return trials.toSorted((a, b) => loss(a) - loss(b) || a.trial - b.trial);
}

/** The trial that the visitor chose, else the best so far. @param {Context} panel @param {Trial[]} trials */
export function chosenOf(panel, trials) {
  const [line, trial] = String(panel.view(KEY) ?? "").split(".").map(Number);
  return trials.find((one) => one.line === line && one.trial === trial) ?? bestOf(trials);
}

/** @param {Context} panel @param {Trial|undefined} one */
export const choose = (panel, one) => { if (one) panel.view(KEY, `${one.line}.${one.trial}`); };

/** A trial's setting in words. @param {Side} side @param {Trial} one @param {number} axis */
export function settingOf(side, one, axis) {
  return side.choices.length ? side.choices[Math.min(side.choices.length - 1, Math.floor(one.u[axis] * side.choices.length))] : formatNumber(one.settings[axis], 4);
}

/** What a tooltip tells of a trial. @param {Context} panel @param {Trial} one @returns {Node[]} */
export function tipOf(panel, one) {
  const { name, color } = panel.series(one.sampler);
  const { outcomes, objective } = wordsOf(panel);
  return [h("div", { class: "tip-title" }, swatch({ color: visibleColor(color) }, 14), ` ${name}, ${panel.t("trial {trial}", { trial: one.trial })}`),
    ...sidesOf(panel).map((side, axis) => tipLine(side.title, settingOf(side, one, axis))),
    tipLine(objective, formatNumber(one.value)), tipLine(panel.t("Outcome"), outcomes[one.outcome]?.word ?? "")];
}

/** An axis of a plane along a side of the space. @param {Side} side @returns {Axis} */
export function axisOf(side) {
  const { choices, scale, low, high, unit, title } = side;
  const named = unit ? `${title} (${unit})` : title;
  if (choices.length) return { range: [0, 1], title: named, grid: false, ticks: { values: choices.map((_, i) => (i + 0.5) / choices.length), texts: choices } };
  const log = scale === "log";
  return { range: log ? [Math.log10(low), Math.log10(high)] : [low, high], log, title: named, grid: false };
}

/** Where a trial lies on such an axis. @param {Side} side @param {Trial} one @param {number} axis */
export function placeOf(side, one, axis) {
  if (side.choices.length) return one.u[axis];
  return side.scale === "log" ? Math.log10(one.settings[axis]) : one.settings[axis];
}

/** How far along each arrow key goes. @type {Record<string, number>} */
export const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** Let arrow keys go from trial to trial, the better ones first. @param {HTMLElement} pad @param {Context} panel @param {() => Trial[]} trials */
export function walkByKeys(pad, panel, trials) {
  pad.tabIndex = 0;
  pad.addEventListener("keydown", (event) => {
    const by = STEPS[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const order = bestFirst(trials().filter(({ value }) => Number.isFinite(value)));
    const now = chosenOf(panel, order);
    const at = now ? order.indexOf(now) : -1;
    choose(panel, order[Math.max(0, Math.min(order.length - 1, at + by))]);
  });
}
