// @ts-check
/** Curves on a canvas: gaps where numbers are missing, bands, and ranges that a diverging curve does not spoil. */

import { DASHES } from "../../controls/dom.js";
import { STRETCH, visit } from "../../extremes.js";

/** @import { Extremes } from "../../extremes.js" */
/** @import { Scale } from "./overlay.js" */

/**
 * @typedef {object} Curve
 * @property {number} index @property {string} name @property {string} color @property {string} dash
 * @property {number} length
 * @property {(i: number) => number} x
 * @property {(i: number) => number} y
 * @property {boolean} [faint] drawn thin and pale
 * @property {Extremes} [extremes] of `y`, where it is a long row
 */

/** @param {string} dash */
const dashOf = (dash) => /** @type {Record<string, number[]>} */ (DASHES)[dash] ?? [];

/**
 * Draw a curve. Where there are several points in a pixel the envelope is drawn: no spike is lost.
 * @param {CanvasRenderingContext2D} context
 * @param {Curve} curve
 * @param {Scale} scale
 * @param {{log: boolean, width: number, top: number, bottom: number}} how top and bottom bound the pixels drawn
 */
export function drawCurve(context, curve, { kx, bx, ky, by }, { log, width, top, bottom }) {
  const path = new Path2D();
  const across = curve.length > 2 ? Math.abs(curve.x(curve.length - 1) - curve.x(0)) * kx : Infinity;
  const dense = across < curve.length / 2.5;
  const level = (/** @type {number} */ value) => (log ? Math.log10(value) : value);
  const pixel = (/** @type {number} */ at) => Math.max(top, Math.min(bottom, at * ky + by));
  let pen = false;
  let column = NaN;
  let low = 0;
  let high = 0;
  let last = 0;
  const flush = () => {
    if (Number.isNaN(column)) return;
    path.lineTo(column, low);
    path.lineTo(column, high);
    path.lineTo(column, last);
    column = NaN;
  };
  /** What lies between two heights at one place, and the height where it ends. @param {number} x @param {number} from @param {number} to @param {number} end */
  const add = (x, from, to, end) => {
    if (Math.round(x) === column) {
      low = Math.min(low, from);
      high = Math.max(high, to);
    } else {
      flush();
      column = Math.round(x);
      low = from;
      high = to;
    }
    last = end;
  };
  /** @param {number} value @param {number} i */
  const point = (value, i) => {
    const at = level(value);
    const x = curve.x(i) * kx + bx;
    if (!Number.isFinite(at)) {
      flush();
      pen = false;
      if (value === Infinity && i > 0) path.lineTo(x, top);
      return;
    }
    const y = pixel(at);
    if (!pen) {
      path.moveTo(x, y);
      pen = true;
    } else if (!dense) path.lineTo(x, y);
    else add(x, y, y, y);
  };
  // Where a pixel holds several stretches, their extremes are all that is seen of them.
  visit(across < curve.length / (2 * STRETCH) ? curve : { ...curve, extremes: undefined }, (least, greatest, k) => {
    const [from, to] = [level(greatest), level(least)];
    if (curve.extremes?.holes[k] || !pen || !Number.isFinite(from) || !Number.isFinite(to)) return false;
    const x = curve.x((k + 0.5) * STRETCH) * kx + bx;
    add(x, pixel(from), pixel(to), pixel(level(curve.y((k + 1) * STRETCH - 1))));
    return true;
  }, point);
  flush();
  context.lineJoin = "round";
  context.lineWidth = width;
  context.strokeStyle = curve.color;
  context.setLineDash(dashOf(curve.dash));
  context.stroke(path);
  context.setLineDash([]);
}

/**
 * The curve that passes nearest to a place, if it is near.
 * @param {Curve[]} curves @param {number} x @param {number} y in pixels @param {Scale} scale
 * @param {boolean} log @param {number} [until] what lies beyond this x is not seen
 * @param {number} [within] pixels
 * @returns {Curve|null}
 */
export function nearestCurve(curves, x, y, { kx, bx, ky, by }, log, until = Infinity, within = 7) {
  let best = null;
  let least = within;
  for (const curve of curves) {
    for (let i = 0; i < curve.length; i += 1) {
      const px = curve.x(i) * kx + bx;
      if (curve.x(i) > until || Math.abs(px - x) > Math.max(within, Math.abs(kx))) continue;
      const level = (/** @type {number} */ at) => (log ? Math.log10(curve.y(at)) : curve.y(at)) * ky + by;
      const next = i + 1 < curve.length && curve.x(i + 1) <= until ? i + 1 : i;
      const distance = toSegment(x, y, px, level(i), curve.x(next) * kx + bx, level(next));
      if (distance < least) {
        least = distance;
        best = curve;
      }
    }
  }
  return best;
}

/** How far a point is from a segment. @param {number} x @param {number} y @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 */
function toSegment(x, y, x0, y0, x1, y1) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const share = dx || dy ? Math.max(0, Math.min(1, ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy))) : 0;
  return Math.hypot(x - x0 - share * dx, y - y0 - share * dy);
}

/** Pixels: farther out than any picture is high. */
const OUTSIDE = 1e5;

/**
 * Fill between two curves of the same x, up to the picture's edge where one is infinite.
 * @param {CanvasRenderingContext2D} context @param {Curve} lower @param {Curve} upper @param {Scale} scale
 * @param {boolean} log @param {string} color
 */
export function drawBand(context, lower, upper, { kx, bx, ky, by }, log, color) {
  const level = (/** @type {number} */ value) => Math.max(-OUTSIDE, Math.min(OUTSIDE, (log ? Math.log10(value) : value) * ky + by));
  const path = new Path2D();
  /** @type {[number, number][]} */
  const points = [];
  for (let i = 0; i < lower.length; i += 1) points.push([lower.x(i) * kx + bx, level(upper.y(i))]);
  for (let i = lower.length - 1; i >= 0; i -= 1) points.push([lower.x(i) * kx + bx, level(lower.y(i))]);
  const finite = points.filter(([, y]) => Number.isFinite(y));
  finite.forEach(([x, y], i) => (i ? path.lineTo(x, y) : path.moveTo(x, y)));
  path.closePath();
  context.fillStyle = color;
  context.fill(path);
}

/**
 * The range of an axis for curves, in the axis's own unit (log10 of the value where `log`), with round ends so that
 * it seldom changes. A curve that runs away for good counts only until it is far above where all of them began.
 * @param {Curve[]} curves
 * @param {boolean} log
 * @param {[number, number]|null} previous kept while it still fits
 * @param {number} usual how large the values usually are, where the curves begin far smaller
 * @returns {[number, number]}
 */
export function rangeOf(curves, log, previous = null, usual = 0) {
  let begin = usual;
  let end = 0;
  for (const curve of curves) {
    const first = firstValue(curve);
    const last = curve.length ? curve.y(curve.length - 1) : NaN;
    begin = Math.max(begin, Math.abs(first) || 0);
    if (Number.isFinite(last)) end = Math.max(end, Math.abs(last));
  }
  const lost = Math.max((begin || 1) * (log ? 100 : 2.5), Math.min(end, (begin || 1) * 1e6));
  const kept = Math.max(lost, (begin || 1) * (log ? 1e8 : 20));
  let low = Infinity;
  let high = -Infinity;
  for (const curve of curves) {
    const cap = Math.min(Number.MAX_VALUE, curve.length && Number.isFinite(curve.y(curve.length - 1)) ? kept : lost);
    const floor = log ? Number.MIN_VALUE : -cap; // a logarithm has no place for 0
    visit(curve, (least, greatest) => {
      if (least > cap || greatest < floor) return true;
      if (least < floor || greatest > cap) return false;
      low = Math.min(low, least);
      high = Math.max(high, greatest);
      return true;
    }, (value) => {
      if (!(value >= floor && value <= cap)) return;
      low = Math.min(low, value);
      high = Math.max(high, value);
    });
  }
  if (!(low <= high)) return previous ?? (log ? [-3, 0] : [0, 1]);
  if (log) {
    const top = Math.log10(high);
    const bottom = Math.max(Math.log10(low), top - 16);
    const step = top - bottom > 3 ? 1 : 0.5;
    return fitted([Math.floor(bottom / step) * step, Math.ceil((top + 0.02) / step) * step], previous, step);
  }
  if (low > 0 && low < 0.4 * high) low = 0;
  const span = high - low || Math.abs(high) || 1;
  const step = 10 ** Math.floor(Math.log10(span)) / 2;
  return fitted([Math.floor(low / step) * step, Math.ceil((high + span * 0.02) / step) * step], previous, step);
}

/** The first finite value of a curve that is not 0. @param {Curve} curve */
function firstValue(curve) {
  for (let i = 0; i < curve.length; i += 1) {
    const value = curve.y(i);
    if (Number.isFinite(value) && value !== 0) return value;
  }
  return NaN;
}

/** Whether any curve goes below 0, where a logarithm has no place for it. @param {Curve[]} curves @returns {boolean} */
export function goesBelowZero(curves) {
  return curves.some((curve) => {
    let below = false;
    visit(curve, (least) => {
      below ||= least < 0;
      return true;
    }, (value) => { below ||= value < 0; });
    return below;
  });
}

/**
 * The earlier range, where the new one fits into it and would not be much smaller.
 * @param {[number, number]} next @param {[number, number]|null} previous @param {number} step
 * @returns {[number, number]}
 */
function fitted(next, previous, step) {
  if (!previous) return next;
  const inside = previous[0] <= next[0] && previous[1] >= next[1];
  const close = previous[1] - previous[0] <= (next[1] - next[0]) + Math.max(step, 0.35 * (next[1] - next[0]));
  return inside && close ? previous : next;
}
