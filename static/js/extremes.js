// @ts-check
// The least and the greatest number of each stretch of a long row: who looks at all of a curve need not look at every number.

/** Numbers of a stretch. */
export const STRETCH = 16;

/** Extremes of the whole stretches of one row that grows at its end; what is not a number counts in neither. */
export class Extremes {
  /** Infinity where a stretch has no number. @type {number[]} */
  low = [];
  /** @type {number[]} */
  high = [];
  /** Whether something in the stretch is not a number. @type {boolean[]} */
  holes = [];

  /** How many stretches are known. */
  get count() { return this.low.length; }

  /** Learn the stretches that are whole by now. @param {ArrayLike<number>} values all of the row */
  extend(values) {
    for (let end = (this.count + 1) * STRETCH; end <= values.length; end += STRETCH) {
      let [low, high, hole] = [Infinity, -Infinity, false];
      for (let i = end - STRETCH; i < end; i += 1) {
        const value = values[i];
        if (value < low) low = value;
        if (value > high) high = value;
        hole ||= Number.isNaN(value);
      }
      this.low.push(low);
      this.high.push(high);
      this.holes.push(hole);
    }
  }

  /** The row is another from an index on. @param {number} index */
  forget(index) {
    for (const list of [this.low, this.high, this.holes]) list.length = Math.min(list.length, Math.floor(index / STRETCH));
  }
}

/**
 * Visit the numbers of a curve, by whole stretches where their extremes say enough.
 * @param {{length: number, y: (i: number) => number, extremes?: Extremes}} curve
 * @param {(low: number, high: number, stretch: number) => boolean} enough of a stretch; false: each of its numbers is visited
 * @param {(value: number, i: number) => void} each
 */
export function visit(curve, enough, each) {
  const { extremes, length } = curve;
  const whole = extremes ? Math.min(extremes.count, Math.floor(length / STRETCH)) : 0;
  for (let k = 0; k < whole; k += 1) {
    if (enough(/** @type {Extremes} */ (extremes).low[k], /** @type {Extremes} */ (extremes).high[k], k)) continue;
    for (let i = k * STRETCH; i < (k + 1) * STRETCH; i += 1) each(curve.y(i), i);
  }
  for (let i = whole * STRETCH; i < length; i += 1) each(curve.y(i), i);
}
