// @ts-check
/** What values at points tell of the unit square around them. */

/** How far the value of one point alone reaches: a standard deviation. */
const REACH = 0.15;
/** So many deviations away a point counts no more. */
const END = 4;
/** The weight of the points around a place at which it is half known. */
const HALF = 0.3;

/**
 * Means in which the nearer points count more (Nadaraya and Watson), and how well each place is known. The more points
 * there are, the narrower each counts, as for the density of points in the plane: by the power -1/6 of their number.
 *
 * @param {{x: number, y: number, value: number}[]} points of the unit square
 * @param {number} cells along each side
 * @returns {{means: Float64Array, known: Float64Array}} row by row, y upwards; known is 0 far from all points, near 1 among many
 */
export function smoothed(points, cells) {
  const width = REACH * points.length ** (-1 / 6);
  const sums = new Float64Array(cells * cells);
  const weights = new Float64Array(cells * cells);
  for (const { x, y, value } of points) {
    const [across, upwards] = [x, y].map((at) => nearby(at, width, cells));
    for (let j = 0; j < upwards.weights.length; j += 1) {
      const row = (upwards.first + j) * cells + across.first;
      for (let i = 0; i < across.weights.length; i += 1) {
        const weight = upwards.weights[j] * across.weights[i];
        sums[row + i] += weight * value;
        weights[row + i] += weight;
      }
    }
  }
  return { means: sums.map((sum, at) => (weights[at] ? sum / weights[at] : 0)), known: weights.map((weight) => weight / (weight + HALF)) };
}

/** The cells near a place on one side, and the weight of the place in each. @param {number} at @param {number} width @param {number} cells */
function nearby(at, width, cells) {
  const first = Math.max(0, Math.ceil((at - END * width) * cells - 0.5));
  const last = Math.min(cells - 1, Math.floor((at + END * width) * cells - 0.5));
  const weights = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => Math.exp(-((((first + i + 0.5) / cells - at) / width) ** 2) / 2));
  return { first, weights };
}
