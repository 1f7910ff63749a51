/** How losses become colours and heights: linear, or the logarithm of the distance to the lowest. */

/**
 * @typedef {object} LossScale
 * @property {"log"|"linear"} kind
 * @property {(loss: number) => number} map loss -> height
 * @property {number} low height of the lowest point
 * @property {number} high
 * @property {{tickvals: number[], ticktext: string[]}} ticks of the colour bar, labelled with losses
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
  const map = (loss) => Math.log10(Math.max(0, loss - lowest) + floor);
  const first = Math.ceil(Math.log10(floor));
  const last = Math.floor(Math.log10(span));
  const skip = Math.max(1, Math.ceil((last - first + 1) / 7));
  const decades = [];
  for (let decade = last; decade >= first; decade -= skip) decades.unshift(10 ** decade);
  const texts = decades.map((d) => format(lowest + d, 3));
  const told = decades.filter((_, i) => texts.indexOf(texts[i]) === i); // near a lowest of -2.12 many decades read -2.12
  return { kind: "log", map, low: map(lowest), high: map(highest),
    ticks: { tickvals: told.map((d) => map(lowest + d)), ticktext: told.map((d) => format(lowest + d, 3)) } };
}

/** Round numbers that divide an interval into about `count` parts. @returns {number[]} */
export function niceTicks(low, high, count) {
  const rough = (high - low) / count;
  if (!(rough > 0) || !Number.isFinite(rough)) return [low];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough);
  const ticks = [];
  for (let i = Math.ceil(low / step); i * step <= high + step * 1e-9; i += 1) ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}

/** Anchors of viridis; dark and low at one end, bright and high at the other. */
export const VIRIDIS = ["#440154", "#482878", "#3e4989", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#b5de2b", "#fde725"];

/** As Plotly wants it. @param {string[]} anchors @returns {[number, string][]} */
export function colorscale(anchors) {
  return anchors.map((color, i) => [i / (anchors.length - 1), color]);
}
