// @ts-check
/** Numbers as coloured pixels: a map of values in one of the page's colour scales, and the scale's legend. */

import { lettering } from "../../lettering.js";
import { BROKEN, channels, shade } from "../../palette.js";
import { scaleTicks } from "./ticks.js";

/** @import { Theme } from "../../plot.js" */
/** @import { Area } from "./overlay.js" */
/** @import { Format } from "./ticks.js" */
/** @typedef {{low: number, high: number, log: boolean}} Range */

const LEVELS = 256;
/** Pixels by which a number of the legend may stand out to a side of the strip. */
const OUTSIDE = 12;
const BROKEN_PARTS = channels(BROKEN);

/**
 * Paint a grid of values into a canvas of one pixel a value.
 * @param {number} columns @param {number} rows
 * @param {(column: number, row: number) => number|undefined} value row 0 is at the bottom
 * @param {Range} range
 * @param {Uint8ClampedArray} colors
 * @param {(column: number, row: number) => number} [opacity] from 0 to 1; whole if none
 * @returns {HTMLCanvasElement} transparent where a value is missing (undefined), red where it is not finite
 */
export function paintGrid(columns, rows, value, range, colors, opacity) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, columns);
  canvas.height = Math.max(1, rows);
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = context.createImageData(canvas.width, canvas.height);
  const { data } = image;
  const level = leveller(range);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const number = value(column, row);
      if (number === undefined) continue;
      const at = ((rows - 1 - row) * columns + column) * 4;
      const finite = Number.isFinite(number);
      const source = finite ? colors : BROKEN_PARTS;
      const index = finite ? Math.round(level(number) * (LEVELS - 1)) * 3 : 0;
      data[at] = source[index];
      data[at + 1] = source[index + 1];
      data[at + 2] = source[index + 2];
      data[at + 3] = opacity ? 255 * opacity(column, row) : 255;
    }
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

/** Map a value to 0..1 of the range; beyond it to the nearer end. @param {Range} range */
export function leveller({ low, high, log }) {
  const map = (/** @type {number} */ x) => (log ? Math.log10(x) : x);
  const from = map(low);
  const span = map(high) - from || 1;
  return (/** @type {number} */ x) => {
    const part = (map(x) - from) / span;
    return Number.isNaN(part) ? 0 : Math.max(0, Math.min(1, part));
  };
}

/**
 * The range of many values: positive ones only where `log`; at most 16 decades.
 * @param {ArrayLike<number>[]} lists @param {boolean} log
 * @param {[number, number]} [least] what it holds at least, on a linear scale
 * @returns {Range}
 */
export function rangeOfValues(lists, log, least) {
  let [low, high] = (!log && least) || [Infinity, -Infinity];
  for (const values of lists) {
    for (let i = 0; i < values.length; i += 1) {
      const value = values[i];
      if (!Number.isFinite(value) || (log && value <= 0)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  if (!(low <= high)) return { low: log ? 0.1 : 0, high: 1, log };
  if (log) return { low: Math.max(low, high * 1e-16), high: high > low ? high : low * 10, log };
  return { low: Math.min(0, low), high: high > low ? high : low + 1, log };
}

/**
 * Draw the legend: a strip of the scale with its numbers below, which hardly stand out to its sides.
 * @param {CanvasRenderingContext2D} context
 * @param {Area} area of the strip @param {Range} range @param {Uint8ClampedArray} colors @param {Theme} look
 * @param {Format} format
 * @param {string} [broken] name of the values that are no numbers, where there are any
 */
export function drawLegend(context, area, range, colors, look, format, broken = "") {
  for (let x = 0; x < area.width; x += 1) {
    context.fillStyle = shade(colors, x / area.width);
    context.fillRect(area.left + x, area.top, 1.5, area.height);
  }
  const level = leveller(range);
  const { values, texts } = scaleTicks(range, format);
  context.fillStyle = look.ink2;
  context.font = lettering(look);
  context.textBaseline = "top";
  context.textAlign = "center";
  let taken = -Infinity;
  values.forEach((value, i) => {
    const half = context.measureText(texts[i]).width / 2;
    const inside = Math.max(0, half - OUTSIDE);
    const at = area.left + Math.min(Math.max(level(value) * area.width, inside), area.width - inside);
    if (at - half < taken) return;
    context.fillText(texts[i], at, area.top + area.height + 3);
    taken = at + half + 6;
  });
  context.textAlign = "left";
  if (!broken) return;
  context.fillStyle = BROKEN;
  context.fillRect(area.left + area.width + 18, area.top, 14, area.height);
  context.fillStyle = look.ink;
  context.textBaseline = "middle";
  context.fillText(broken, area.left + area.width + 37, area.top + area.height / 2 + 0.5);
}
