// @ts-check
/** A small matrix as a map: a cell an entry, blue below and red above 0, what is no number in its own colour. */

import { BROKEN, diverging, ramp, shade } from "../../../palette.js";
import { largest } from "./reveal.js";
import { mapOf } from "./sizes.js";
import { put, s } from "./svg.js";

/** @import { TapeNode } from "./structure.d.ts" */
/** @typedef {(values: ArrayLike<number>, dark: boolean) => void} Paint */

/** From this many entries on a map is one picture, not a cell an element. */
const MANY = 256;
/** Pixels of a picture for one of the drawing. */
const FINE = 2;
/** From this size on a cell keeps a hair's breadth from the next. */
const APART = { from: 5, by: 0.5 };
/** @type {Map<boolean, Uint8ClampedArray>} */
const tables = new Map();

/** @param {boolean} dark */
function table(dark) {
  const known = tables.get(dark) ?? ramp(diverging(dark));
  tables.set(dark, known);
  return known;
}

/** The colour of a value. @param {number} value @param {number} reach what the colours end at @param {boolean} dark */
function colorOf(value, reach, dark) {
  if (!Number.isFinite(value)) return BROKEN;
  return shade(table(dark), 0.5 + 0.5 * (value / reach));
}

/**
 * A map: how its cells are painted, and how one of them is pointed at.
 * @param {TapeNode} node whose shape it has @param {number} x @param {number} y its corner
 * @returns {{element: SVGGElement, paint: Paint, point: (entry: number|null) => void}}
 */
export function heatMap(node, x, y) {
  const element = s("g", { class: "map-picture", transform: `translate(${x} ${y})`, visibility: "hidden" });
  const paint = node.size < MANY ? cells(element, node) : picture(element, node);
  const { cell, columns } = mapOf(node);
  const hand = s("rect", { class: "map-hand", width: cell, height: cell, visibility: "hidden" });
  element.append(hand);
  return { element, paint, point: (entry) => put(hand, entry === null ? { visibility: "hidden" } : { visibility: null, x: (entry % columns) * cell, y: Math.floor(entry / columns) * cell }) };
}

/** @param {TapeNode} node @param {(x: number, y: number, side: number) => void} act called for each entry, row by row */
function eachCell(node, act) {
  const { rows, columns, cell } = mapOf(node);
  const side = cell - (cell >= APART.from ? APART.by : 0);
  for (let row = 0; row < rows; row += 1) for (let column = 0; column < columns; column += 1) act(column * cell, row * cell, side);
}

/** Elements: painted at once with all that changes in a frame. @param {SVGGElement} element @param {TapeNode} node @returns {Paint} */
function cells(element, node) {
  /** @type {{rect: SVGRectElement, shown: string}[]} */
  const all = [];
  eachCell(node, (x, y, side) => all.push({ rect: s("rect", { x, y, width: side, height: side }), shown: "" }));
  element.append(...all.map(({ rect }) => rect));
  return (values, dark) => {
    const reach = largest(values) || 1;
    all.forEach((one, i) => {
      const color = colorOf(values[i], reach, dark);
      if (one.shown === color) return;
      one.shown = color;
      one.rect.setAttribute("fill", color);
    });
  };
}

/** Large ones are drawn on one canvas, in memory: what is read back at once is slower to draw elsewhere. @type {CanvasRenderingContext2D|null} */
let easel = null;

/** @param {SVGGElement} element @param {TapeNode} node @returns {Paint} */
function picture(element, node) {
  const { width, height } = mapOf(node);
  const image = s("image", { width, height, preserveAspectRatio: "none" });
  element.append(image);
  return (values, dark) => {
    easel ??= /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d", { willReadFrequently: true }));
    const context = easel;
    [context.canvas.width, context.canvas.height] = [width * FINE, height * FINE];
    const reach = largest(values) || 1;
    let i = 0;
    eachCell(node, (x, y, side) => {
      context.fillStyle = colorOf(values[i], reach, dark);
      context.fillRect(x * FINE, y * FINE, side * FINE, side * FINE);
      i += 1;
    });
    image.setAttribute("href", context.canvas.toDataURL());
  };
}
