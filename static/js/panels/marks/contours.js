// @ts-check
/** Where a function on a grid takes a value: lines through its cells (marching squares, linear between grid points). */

/** @import { Scale } from "./overlay.js" */

/**
 * @typedef {{xs: ArrayLike<number>, ys: ArrayLike<number>, values: ArrayLike<number>}} Grid values (m, n) row by row; y belongs to rows
 */

/**
 * The pieces of the line where the function takes a value.
 * @param {Grid} grid
 * @param {number} level
 * @returns {number[]} x0, y0, x1, y1 of each piece; cells with a value that is not finite have none
 */
export function contour({ xs, ys, values }, level) {
  const n = xs.length;
  /** @type {number[]} */
  const pieces = [];
  for (let j = 0; j + 1 < ys.length; j += 1) {
    for (let i = 0; i + 1 < n; i += 1) {
      const at = j * n + i;
      const a = values[at] - level;
      const b = values[at + 1] - level;
      const c = values[at + n + 1] - level;
      const d = values[at + n] - level;
      if (a < 0 === b < 0 && b < 0 === c < 0 && c < 0 === d < 0) continue; // most cells
      if (!Number.isFinite(a + b + c + d)) continue;
      const [x0, x1, y0, y1] = [xs[i], xs[i + 1], ys[j], ys[j + 1]];
      /** @type {[number, number][]} */
      const crossings = [];
      if (a < 0 !== b < 0) crossings.push([x0 + ((x1 - x0) * a) / (a - b), y0]);
      if (b < 0 !== c < 0) crossings.push([x1, y0 + ((y1 - y0) * b) / (b - c)]);
      if (c < 0 !== d < 0) crossings.push([x1 + ((x0 - x1) * c) / (c - d), y1]);
      if (d < 0 !== a < 0) crossings.push([x0, y1 + ((y0 - y1) * d) / (d - a)]);
      // A saddle has four: the value in the middle tells which two corners the line cuts off.
      if (crossings.length === 4 && a + b + c + d < 0 !== a < 0) crossings.push(/** @type {[number, number]} */ (crossings.shift()));
      for (let k = 0; k + 1 < crossings.length; k += 2) pieces.push(...crossings[k], ...crossings[k + 1]);
    }
  }
  return pieces;
}

/** Pieces as a path of pixels. @param {number[]} pieces @param {Scale} scale @returns {Path2D} */
export function pathOf(pieces, { kx, bx, ky, by }) {
  const path = new Path2D();
  for (let k = 0; k < pieces.length; k += 4) {
    path.moveTo(pieces[k] * kx + bx, pieces[k + 1] * ky + by);
    path.lineTo(pieces[k + 2] * kx + bx, pieces[k + 3] * ky + by);
  }
  return path;
}
