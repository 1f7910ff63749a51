// @ts-check
/**
 * How large gates and the numbers at wires are. Sizes follow from structure alone: names and shapes, never values, so
 * that nothing moves while numbers change.
 */

import { formatNumber } from "../../../number.js";

/** @import { Translate } from "../../../types.d.ts" */
/** @import { Gate, TapeNode, Wire } from "./structure.d.ts" */

/** Pixels of one number at a wire: room for −1.23e−7. */
const NUMBER = 50;
const LINE = 15;
/** A matrix is drawn so large at most. */
const MAP = 66;
const CELL = { least: 1, most: 13 };
const CAPTION = 15;
/** Pixels from a wire to the numbers at it. */
export const CLEAR = 4;
const ROUND = 36;

/** Width of a text at 14 pixels, near enough: Latin letters, digits and signs; what is written in squares is wider. @param {string} text */
const widthOf = (text) => [...text].reduce((sum, letter) => sum + (letter > "\u2E80" ? 14 : /[WMmw]/.test(letter) ? 11 : /[ilj.,|1' ]/.test(letter) ? 4.8 : 8.1), 0);

/** A shape as people write it. @param {number[]} shape */
export const shapeText = (shape) => shape.join("×");

/** A matrix where a single number may stand too. @param {TapeNode} node @param {Translate} t */
export const countText = ({ shape }, t) => t("{shape} numbers", { shape: shapeText(shape) });

/** Whether a value is drawn as a map, not written. @param {TapeNode} node */
export const isMap = (node) => node.size > 1;

/** Rows and columns of a map; a vector stands upright. @param {TapeNode} node @returns {[number, number]} */
export function gridOf({ shape, size }) {
  if (shape.length < 2) return [size, 1];
  const columns = shape[shape.length - 1];
  return [size / columns, columns];
}

/** Pixels of a map's cell, and of the map. @param {TapeNode} node */
export function mapOf(node) {
  const [rows, columns] = gridOf(node);
  const cell = Math.max(CELL.least, Math.min(CELL.most, Math.floor(MAP / Math.max(rows, columns))));
  return { rows, columns, cell, width: columns * cell, height: rows * cell };
}

const SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉";

/** @type {Record<string, string>} */
const GREEK = { alpha: "α", beta: "β", gamma: "γ", delta: "δ", epsilon: "ε", eta: "η", theta: "θ", kappa: "κ", lambda: "λ", mu: "μ", nu: "ν", rho: "ρ", sigma: "σ", tau: "τ", phi: "φ", chi: "χ", psi: "ψ", omega: "ω" };

/** A name as it is written: Greek letters, and digits at its end are an index. @param {string} name */
export const nameText = (name) => name.replace(/^[a-z]+(?=_?\d*$)/, (word) => GREEK[word] ?? word).replace(/(?<=[A-Za-zα-ω])_?(\d+)$/, (_, digits) => [...digits].map((digit) => SUBSCRIPTS[Number(digit)]).join(""));

/** What stands in a gate. @param {Gate} gate */
export function textOf({ kind, node, group }) {
  if (group) return group.title;
  if (kind === "leaf") return nameText(node.label) || node.symbol;
  return node.symbol;
}

/** What stands over the numbers of a wire: the name that a line gave, and a matrix' shape. @param {Wire} wire */
export function captionOf({ node, shows }) {
  if (shows === "share") return "";
  const name = node.name === "leaf" || node.name === "constant" ? "" : nameText(node.label);
  return [name, isMap(node) ? shapeText(node.shape) : ""].filter(Boolean).join("  ");
}

/** @param {Gate} gate @returns {{width: number, height: number}} */
export function sizeOf(gate) {
  const text = textOf(gate);
  switch (gate.kind) {
    case "fork": return { width: 8, height: 8 };
    case "end": return { width: 10, height: 10 };
    case "leaf": return { width: Math.max(40, Math.ceil(widthOf(text)) + 20), height: isMap(gate.node) ? 32 : 38 };
    case "constant": return { width: Math.max(22, Math.ceil(widthOf(text)) + 10), height: 24 };
    case "fold": return { width: Math.max(48, Math.ceil(widthOf(text)) + 28), height: 44 };
    default: return { width: text.length <= 2 ? ROUND : Math.max(ROUND, Math.ceil(widthOf(text)) + 18), height: ROUND };
  }
}

/**
 * The place of a wire's numbers: value and gradient on both sides of the wire.
 * @param {Wire} wire @param {boolean} across @returns {{width: number, height: number}}
 */
export function labelSize(wire, across) {
  const { node, shows } = wire;
  if (shows === "value" && !isMap(node)) return { width: 8, height: 8 }; // the constant says it itself
  const map = mapOf(node);
  const words = captionOf(wire);
  const one = isMap(node) ? { width: map.width + 4, height: map.height } : { width: NUMBER, height: LINE };
  const caption = words ? CAPTION : 0;
  const width = Math.max(one.width, Math.ceil(widthOf(words) * 0.75));
  if (shows === "share" && !isMap(node)) return { width, height: LINE + 3 };
  if (across) return { width, height: 2 * (one.height + CLEAR + caption) };
  return { width: 2 * (one.width + CLEAR), height: one.height + 2 * caption + 4 };
}

/** A number at a wire. @param {number} value */
export const shortNumber = (value) => formatNumber(value, 3);
