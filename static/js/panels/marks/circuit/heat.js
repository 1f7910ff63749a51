// @ts-check
/** A small matrix as a picture: a cell an entry, blue below and red above 0, what is no number in its own colour. */

import { BROKEN, diverging, ramp } from "../../../palette.js";
import { mapOf } from "./sizes.js";

/** @import { TapeNode } from "./structure.d.ts" */

const SCALE = 2;
/** @type {Map<boolean, Uint8ClampedArray>} */
const tables = new Map();

/** @param {boolean} dark */
function table(dark) {
  const known = tables.get(dark) ?? ramp(diverging(dark));
  tables.set(dark, known);
  return known;
}

/** The largest size among numbers: what the colours end at. @param {ArrayLike<number>} values */
export function reachOf(values) {
  let reach = 0;
  for (let i = 0; i < values.length; i += 1) if (Number.isFinite(values[i])) reach = Math.max(reach, Math.abs(values[i]));
  return reach || 1;
}

/** The colour of a value. @param {number} value @param {number} reach @param {boolean} dark */
export function colorOf(value, reach, dark) {
  if (!Number.isFinite(value)) return BROKEN;
  const colors = table(dark);
  const at = Math.round(127.5 + 127.5 * Math.max(-1, Math.min(1, value / reach))) * 3;
  return `rgb(${colors[at]} ${colors[at + 1]} ${colors[at + 2]})`;
}

/** All maps are drawn on one canvas, in memory: what is read back at once is slower to draw elsewhere. @type {CanvasRenderingContext2D|null} */
let easel = null;

/**
 * @param {ArrayLike<number>} values row by row @param {TapeNode} node whose shape it has @param {boolean} dark
 * @returns {string} address of a picture
 */
export function heat(values, node, dark) {
  const { rows, columns, cell, width, height } = mapOf(node);
  easel ??= /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d", { willReadFrequently: true }));
  const { canvas } = easel;
  const context = easel;
  [canvas.width, canvas.height] = [width * SCALE, height * SCALE];
  const reach = reachOf(values);
  const side = cell * SCALE;
  const gap = cell >= 5 ? 1 : 0;
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      context.fillStyle = colorOf(values[row * columns + column], reach, dark);
      context.fillRect(column * side, row * side, side - gap, side - gap);
    }
  }
  return canvas.toDataURL();
}
