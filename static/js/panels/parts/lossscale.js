// @ts-check
/** How losses become colours and heights: linear, or the logarithm of the distance to the lowest. */

import { niceTicks } from "../marks/ticks.js";

/**
 * @typedef {object} LossScale
 * @property {"log"|"linear"} kind
 * @property {(loss: number) => number} map loss -> height
 * @property {number} low height of the lowest point
 * @property {number} high
 * @property {{tickvals: number[], ticktext: string[]}} ticks of the colour bar, labelled with round losses
 */

/**
 * Make the scale of a surface.
 * A logarithm of f itself would fail below zero and at minima that are not 0, so it is log10(f - lowest + floor),
 * floor being a tenth of what separates the lowest hundredth of the grid from the lowest point.
 * @param {ArrayLike<number>} values of the grid
 * @param {number} lowestKnown loss of the best known minimum, or Infinity
 * @param {"log"|"linear"} kind
 * @param {(value: number, digits?: number) => string} format
 * @returns {LossScale}
 */
export function lossScale(values, lowestKnown, kind, format) {
  const finite = Float64Array.from(values).filter(Number.isFinite).sort();
  const lowest = Math.min(lowestKnown, finite[0] ?? 0);
  const highest = finite.at(-1) ?? 1;
  if (kind === "linear" || !(highest > lowest)) {
    const steps = niceTicks(lowest, highest, 5);
    return { kind: "linear", map: (loss) => loss, low: lowest, high: highest,
      ticks: { tickvals: steps, ticktext: steps.map((value) => format(value, 3)) } };
  }
  const span = highest - lowest;
  const floor = Math.max((finite[Math.floor(finite.length * 0.01)] - lowest) * 0.1, span * 1e-7);
  const map = (/** @type {number} */ loss) => Math.log10(Math.max(0, loss - lowest) + floor);
  const first = Math.ceil(Math.log10(floor));
  const last = Math.floor(Math.log10(span));
  const skip = Math.max(1, Math.ceil((last - first + 1) / 7));
  const decades = [];
  for (let decade = last; decade >= first; decade -= skip) decades.unshift(10 ** decade);
  const round = decades.map((d) => Math.min(Math.round(lowest / d + 1), Math.floor(highest / d)) * d).filter((loss) => loss > lowest);
  const texts = round.map((loss) => format(loss, 3));
  const told = round.filter((_, i) => texts.indexOf(texts[i]) === i); // near a lowest of -2.12 many decades read -2.12
  return { kind: "log", map, low: map(lowest), high: map(highest),
    ticks: { tickvals: told.map(map), ticktext: told.map((loss) => format(loss, 3)) } };
}
