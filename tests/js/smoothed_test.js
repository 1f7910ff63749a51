// @ts-check
// What points tell of the square around them.

import { smoothed } from "../../static/js/panels/parts/smoothed.js";
import { assert } from "./assert.js";

const CELLS = 40;
const at = (/** @type {number} */ x, /** @type {number} */ y) => Math.floor(y * CELLS) * CELLS + Math.floor(x * CELLS);
const points = Array.from({ length: 64 }, (_, i) => ({ x: (i * 0.618) % 1, y: (i + 0.5) / 64, value: ((i * 29) % 64) / 8 }));

Deno.test("a place has the mean of all points, each counting by a Gaussian of its distance", () => {
  const { means, known } = smoothed(points, CELLS);
  const width = 0.15 / 2; // 64 points, to the power -1/6
  for (const [i, j] of [[0, 0], [7, 31], [20, 20], [39, 5]]) {
    const weights = points.map(({ x, y }) => Math.exp(-(((i + 0.5) / CELLS - x) ** 2 + ((j + 0.5) / CELLS - y) ** 2) / (2 * width ** 2)));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    const mean = points.reduce((total, { value }, k) => total + weights[k] * value, 0) / sum;
    assert(Math.abs(means[j * CELLS + i] - mean) < 0.02, `mean ${means[j * CELLS + i]}, wanted ${mean}`);
    assert(Math.abs(known[j * CELLS + i] - sum / (sum + 0.3)) < 0.005, "how well it is known");
  }
});

Deno.test("one point is known where it lies, less further away without an edge, and not at all far from it", () => {
  const { means, known } = smoothed([{ x: 0.26, y: 0.74, value: -3 }], CELLS);
  assert(known[at(0.26, 0.74)] > 0.7, "known where it lies");
  assert(known[at(0.99, 0.01)] === 0, "unknown far from it");
  assert(known.every((share, k) => share === 0 || Math.abs(means[k] + 3) < 1e-9), "no other value than its own");
  for (let i = at(0.26, 0.74); i < at(0.99, 0.74); i += 1) {
    assert(known[i + 1] <= known[i], "less further away");
    assert(known[i] - known[i + 1] < 0.08, "without an edge");
  }
});
