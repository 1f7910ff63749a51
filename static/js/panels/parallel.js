// @ts-check
/**
 * Parallel coordinates: an upright axis for each setting and one for the loss, a line across them for each trial.
 *
 * Roles: see `parts/trials.js`. A click chooses a trial; a drag along an axis shows only the trials that pass there.
 */

import { h } from "../controls/dom.js";
import { formatNumber } from "../number.js";
import { BROKEN, tint } from "../palette.js";
import { lettering } from "../lettering.js";
import { theme } from "../plot.js";
import { Overlay, stacked } from "./marks/overlay.js";
import { Tooltip } from "./marks/tooltip.js";
import { paced } from "./parts/paced.js";
import { bestFirst, choose, chosenOf, coloring, sidesOf, tipOf, trialsOf, walkByKeys, wordsOf } from "./parts/trials.js";

/** @import { Context, Picture } from "../types.d.ts" */
/** @import { Side, Trial } from "./parts/trials.js" */

const MARGIN = { left: 34, right: 34, top: 44, bottom: 26 };
const NEAR = 12;
const PAUSE = 120;

/** @param {HTMLElement} host @param {Context} panel @returns {Promise<Picture>} */
export async function create(host, panel) {
  const { t } = panel;
  const label = t("{title}; arrow keys choose a trial, the best first", { title: panel.title });
  const frame = h("div", { class: "plot-frame plot-parallel", role: "group", "aria-label": label });
  const hint = h("p", { class: "map-hint" }, t("Drag along an axis to see only the trials that pass there; a click beside the lines shows all."));
  host.append(frame, hint);
  const lines = new Overlay(frame, "overlay-lines");
  const over = new Overlay(frame, "overlay-axes");
  const tooltip = new Tooltip(frame);
  /** @type {{trials: Trial[], brushes: Map<number, [number, number]>, from: {axis: number, at: number, moved: boolean}|null}} */
  const state = { trials: [], brushes: new Map(), from: null };
  const scale = () => coloring(state.trials);

  const height = () => Math.max(40, frame.clientHeight - MARGIN.top - MARGIN.bottom);
  const columns = () => sidesOf(panel).length + 1;
  const across = (/** @type {number} */ axis) => MARGIN.left + (axis / Math.max(1, columns() - 1)) * (frame.clientWidth - MARGIN.left - MARGIN.right);
  /** From 0 (below) to 1; on the last axis low losses lie on top. @param {Trial} one @param {number} axis @param {{low: number, high: number, log: boolean}} range */
  function share(one, axis, range) {
    if (axis < columns() - 1) return one.u[axis];
    const of = (/** @type {number} */ value) => (range.log ? Math.log(value) : value);
    if (!Number.isFinite(one.value)) return 0;
    return Math.max(0, Math.min(1, 1 - (of(one.value) - of(range.low)) / (of(range.high) - of(range.low) || 1)));
  }
  const upright = (/** @type {number} */ at) => MARGIN.top + (1 - at) * height();
  const passes = (/** @type {Trial} */ one, /** @type {{low: number, high: number, log: boolean}} */ range) => (
    [...state.brushes].every(([axis, [low, high]]) => { const at = share(one, axis, range); return at >= low && at <= high; }));

  const { now, soon } = paced(draw, PAUSE, panel.signal);

  function draw() {
    if (!frame.clientWidth || !sidesOf(panel).length) return;
    state.trials = trialsOf(panel);
    const { of, range } = scale();
    for (const layer of [lines, over]) layer.resize(frame.clientWidth, frame.clientHeight);
    const context = lines.begin();
    const look = theme();
    const chosen = chosenOf(panel, state.trials);
    let shown = 0;
    for (const one of bestFirst(state.trials).reverse()) { // the better ones over the worse
      const bright = passes(one, range);
      shown += Number(bright);
      stroke(context, one, range, Number.isFinite(one.value) ? of(one.value) : BROKEN, bright ? 1.3 : 0.7, bright ? 0.75 : 0.08);
    }
    if (chosen) {
      stroke(context, chosen, range, look.card, 6, 0.9);
      stroke(context, chosen, range, look.ink, 2.6, 1);
    }
    drawAxes(range);
    frame.dataset.trials = String(shown);
    frame.dataset.chosen = chosen ? `${chosen.line}.${chosen.trial}` : "";
  }

  /** @param {CanvasRenderingContext2D} context @param {Trial} one @param {{low: number, high: number, log: boolean}} range @param {string} color @param {number} width @param {number} alpha */
  function stroke(context, one, range, color, width, alpha) {
    context.strokeStyle = color;
    context.globalAlpha = alpha;
    context.lineWidth = width;
    context.lineJoin = "round";
    context.beginPath();
    for (let axis = 0; axis < columns(); axis += 1) context.lineTo(across(axis), upright(share(one, axis, range)));
    context.stroke();
    context.globalAlpha = 1;
  }

  /** @param {{low: number, high: number, log: boolean}} range */
  function drawAxes(range) {
    const look = theme();
    const context = over.begin();
    const sides = sidesOf(panel);
    const words = wordsOf(panel);
    const room = (frame.clientWidth - MARGIN.left - MARGIN.right) / Math.max(1, columns() - 1);
    for (let axis = 0; axis < columns(); axis += 1) {
      const side = sides[axis];
      const x = Math.round(across(axis)) + 0.5;
      context.strokeStyle = look.ruleStrong;
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(x, MARGIN.top);
      context.lineTo(x, MARGIN.top + height());
      context.stroke();
      const brush = state.brushes.get(axis);
      if (brush) {
        context.fillStyle = tint(look.accent, 0.35);
        context.fillRect(x - 7, upright(brush[1]), 14, (brush[1] - brush[0]) * height());
      }
      context.fillStyle = look.ink;
      context.font = lettering(look, 1, "600");
      context.textBaseline = "bottom";
      context.textAlign = axis === 0 ? "left" : axis === columns() - 1 ? "right" : "center";
      const at = axis === 0 ? 4 : axis === columns() - 1 ? frame.clientWidth - 4 : x;
      context.fillText(side ? side.title : words.objective, at, MARGIN.top - 20 - (columns() > 3 && frame.clientWidth < 560 && axis % 2 ? 13 : 0), Math.max(60, room * 1.2));
      context.font = lettering(look);
      context.fillStyle = look.ink2;
      const ends = side ? endsOf(side) : [formatNumber(range.high, 3), formatNumber(range.low, 3)];
      context.fillText(ends[1], at, MARGIN.top - 5, room);
      context.textBaseline = "top";
      context.fillText(ends[0], at, MARGIN.top + height() + 6, room);
    }
  }

  /** @param {Side} side */
  function endsOf(side) {
    return side.choices.length ? [side.choices[0], side.choices[side.choices.length - 1]] : [formatNumber(side.low, 3), formatNumber(side.high, 3)];
  }

  /** The trial whose line passes nearest. @param {number} x @param {number} y */
  function find(x, y) {
    const { range } = scale();
    const axis = Math.max(0, Math.min(columns() - 2, Math.floor(((x - MARGIN.left) / Math.max(1, frame.clientWidth - MARGIN.left - MARGIN.right)) * (columns() - 1))));
    const part = (x - across(axis)) / (across(axis + 1) - across(axis));
    /** @type {Trial|undefined} */
    let best;
    let least = NEAR;
    for (const one of state.trials) {
      if (!passes(one, range)) continue;
      const at = upright(share(one, axis, range) * (1 - part) + share(one, axis + 1, range) * part);
      if (Math.abs(at - y) < least) [best, least] = [one, Math.abs(at - y)];
    }
    return best;
  }

  /** @param {PointerEvent} event */
  function where(event) {
    const box = frame.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  frame.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    const { x, y } = where(event);
    const axis = Array.from({ length: columns() }, (_, i) => i).find((i) => Math.abs(across(i) - x) < 14);
    if (axis !== undefined) {
      state.from = { axis, at: Math.max(0, Math.min(1, 1 - (y - MARGIN.top) / height())), moved: false };
      frame.setPointerCapture(event.pointerId);
    }
  });
  frame.addEventListener("pointermove", (event) => {
    const { x, y } = where(event);
    if (state.from) {
      const at = Math.max(0, Math.min(1, 1 - (y - MARGIN.top) / height()));
      if (Math.abs(at - state.from.at) * height() < 4) return;
      state.from.moved = true;
      state.brushes.set(state.from.axis, [Math.min(at, state.from.at), Math.max(at, state.from.at)]);
      soon();
      return;
    }
    const one = find(x, y);
    if (!one) { tooltip.hide(); return; }
    tooltip.show(x, y, tipOf(panel, one));
  });
  frame.addEventListener("pointerup", (event) => {
    const { x, y } = where(event);
    const { from } = state;
    state.from = null;
    if (from?.moved) return;
    if (from) state.brushes.delete(from.axis);
    const one = find(x, y);
    if (one) choose(panel, one);
    else state.brushes.clear();
    soon();
  });
  frame.addEventListener("pointerleave", () => tooltip.hide());
  walkByKeys(frame, panel, () => state.trials);

  return {
    scene() { state.brushes.clear(); now(); },
    playhead: soon,
    theme: now,
    resize: now,
    view: soon,
    frame,
    png: async () => stacked([lines.canvas, over.canvas], theme().card),
  };
}
