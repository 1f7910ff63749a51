// @ts-check
/** Profiles over layers: which curves the nets have, and the honest range of their common axis. */

import { visit } from "../../extremes.js";
import { lettering } from "../../lettering.js";
import { tint } from "../../palette.js";
import { stillsOfNets } from "./nets.js";

/** @import { Context, WireFrame } from "../../types.d.ts" */
/** @import { Theme } from "../../plot.js" */
/** @import { Curve } from "../marks/curves.js" */
/** @import { Area, Scale } from "../marks/overlay.js" */

/**
 * The curves of one array, one a net; the first layer is 1.
 * @param {Context} panel
 * @param {string} role
 * @param {boolean} [solid] without the nets' dashes, which belong to theory's line
 * @param {WireFrame|null} [answer] that comes before the run's own arrays
 * @returns {Curve[]}
 */
export function profilesOfNets(panel, role, solid = false, answer = null) {
  return stillsOfNets(panel, role, answer?.arrays[panel.keyOf(role)]).flatMap(({ net, values, shape, dash, ...style }) => {
    const columns = shape.length > 1 ? shape[1] : 1;
    return Array.from({ length: columns }, (_, column) => ({ ...style, dash: solid ? "solid" : dash, index: net, length: shape[0], x: (i) => i + 1,
      y: (i) => values[i * columns + column] }));
  });
}

const DECADES = 40;

/**
 * The range of a profile's axis: all of every net, no end cut off, rounded outward; zeros have no place where `log`.
 * @param {Curve[]} curves
 * @param {boolean} log
 * @param {number[]} levels reference levels that should be seen
 * @returns {[number, number]} in log10 where `log`
 */
export function wholeRange(curves, log, levels) {
  let low = Infinity;
  let high = -Infinity;
  const take = (/** @type {number} */ value) => {
    if (!Number.isFinite(value) || (log && value <= 0)) return;
    low = Math.min(low, value);
    high = Math.max(high, value);
  };
  for (const curve of curves) {
    visit(curve, (least, greatest) => {
      if (!Number.isFinite(least) || !Number.isFinite(greatest) || (log && least <= 0)) return least === Infinity;
      take(least);
      take(greatest);
      return true;
    }, take);
  }
  levels.forEach(take);
  if (!(low <= high)) return log ? [-1, 1] : [0, 1];
  if (log) {
    const top = Math.log10(high);
    const bottom = Math.max(Math.log10(low), top - 10 * DECADES);
    const step = top - bottom > 60 ? 10 : top - bottom > 24 ? 4 : top - bottom > 8 ? 2 : top - bottom > 3 ? 1 : 0.5;
    /** @type {[number, number]} */
    const range = [Math.floor((bottom - 0.02) / step) * step, Math.ceil((top + 0.02) / step) * step];
    return range[1] - range[0] < 1 ? [range[0] - 0.5, range[1] + 0.5] : range;
  }
  if (low > 0 && low < 0.5 * high) low = 0;
  if (high < 0 && high > 0.5 * low) high = 0;
  const span = high - low || Math.abs(high) || 1;
  const step = 10 ** Math.floor(Math.log10(span)) / 4;
  return [Math.floor((low - (low ? span * 0.02 : 0)) / step) * step, Math.ceil((high + span * 0.02) / step) * step];
}

/**
 * Mark what a curve cannot show: a cross at the top where a value is no number or infinite, a ring at the bottom where
 * it is exactly zero on a logarithmic axis.
 * @param {CanvasRenderingContext2D} context
 * @param {Curve} curve
 * @param {Scale} pixels
 * @param {Area} area
 * @param {{log: boolean, font: string}} how
 */
export function drawGaps(context, curve, { kx, bx }, area, { log, font }) {
  const shift = (curve.index % 4) * 4;
  let told = false;
  context.strokeStyle = curve.color;
  context.lineWidth = 1.6;
  for (let i = 0; i < curve.length; i += 1) {
    const value = curve.y(i);
    const x = curve.x(i) * kx + bx;
    if (log && value === 0) {
      context.beginPath();
      context.arc(x, area.top + area.height - 4 - shift, 2.6, 0, 2 * Math.PI);
      context.stroke();
    } else if (!Number.isFinite(value)) {
      const y = area.top + 6 + shift;
      context.beginPath();
      context.moveTo(x - 3, y - 3);
      context.lineTo(x + 3, y + 3);
      context.moveTo(x + 3, y - 3);
      context.lineTo(x - 3, y + 3);
      context.stroke();
      if (told) continue;
      told = true;
      context.font = font;
      context.fillStyle = curve.color;
      context.textBaseline = "middle";
      context.textAlign = x > area.left + area.width - 40 ? "right" : "left";
      const along = 28 * (curve.index % 4); // one beside the other, below the crosses of all nets
      context.fillText(Number.isNaN(value) ? "NaN" : "∞", x + (context.textAlign === "right" ? 4 - along : along - 4), area.top + 30);
    }
  }
}

/**
 * Draw a level with its name.
 * @param {CanvasRenderingContext2D} context @param {{at: number, label?: string}} level @param {Area} area @param {Scale} scale
 * @param {Theme} look @param {boolean} log
 */
export function drawLevel(context, { at, label }, area, { ky, by }, look, log) {
  const y = Math.round((log ? Math.log10(at) : at) * ky + by) + 0.5;
  if (!(y >= area.top && y <= area.top + area.height)) return;
  context.setLineDash([2, 3]);
  context.lineWidth = 1;
  context.strokeStyle = look.ink2;
  context.beginPath();
  context.moveTo(area.left, y);
  context.lineTo(area.left + area.width, y);
  context.stroke();
  context.setLineDash([]);
  if (!label) return;
  context.font = lettering(look);
  context.textAlign = "right";
  context.textBaseline = y - area.top > 16 ? "bottom" : "top";
  context.fillStyle = look.ink2;
  context.fillText(label, area.left + area.width - 4, context.textBaseline === "bottom" ? y - 1 : y + 2);
}

/** Say in the corner what the dashed line is. @param {CanvasRenderingContext2D} context @param {string} words @param {Area} area @param {Theme} look */
export function drawKey(context, words, area, look) {
  context.font = lettering(look);
  context.textAlign = "right";
  context.textBaseline = "middle";
  const width = context.measureText(words).width;
  const right = area.left + area.width - 6;
  context.fillStyle = tint(look.card, 0.8);
  context.fillRect(right - width - 32, area.top + 2, width + 36, 16);
  context.fillStyle = look.ink2;
  context.fillText(words, right, area.top + 10);
  context.strokeStyle = look.ink;
  context.lineWidth = 1.2;
  context.setLineDash([6, 3]);
  context.beginPath();
  context.moveTo(right - width - 28, area.top + 10);
  context.lineTo(right - width - 6, area.top + 10);
  context.stroke();
  context.setLineDash([]);
}

/** Whether there is a number to draw; a curve without places has nothing to miss. @param {Curve} curve */
export function hasValues(curve) {
  let some = curve.length === 0;
  visit(curve, (least, greatest) => {
    some ||= Number.isFinite(least) || Number.isFinite(greatest);
    return some || least === Infinity;
  }, (value) => { some ||= Number.isFinite(value); });
  return some;
}
