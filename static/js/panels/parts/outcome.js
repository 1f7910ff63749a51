// @ts-check
/** How each racer stands at a step: rank, and in words whether it runs, finished, diverged or is stuck. */

/**
 * @typedef {object} Standing
 * @property {number} index @property {number} rank 1 is best
 * @property {number} loss @property {boolean} out diverged
 * @property {number} finish step at which the tolerance was reached, or -1
 * @property {string} state as the scene's `statuses` name it
 */

/** The first step from which a racer's losses stay non-finite, or Infinity. @param {import("../../history.js").Series} series @param {number} row */
export function firstNonFinite(series, row) {
  let step = series.length;
  while (step > 0 && !Number.isFinite(series.at(row, step - 1))) step -= 1;
  return step < series.length ? step : Infinity;
}

/**
 * Rank the racers at a step: those at the finish by when they got there, then the others by loss, the diverged last.
 * @param {{loss: number, finish: number, out: boolean}[]} racers
 * @returns {number[]} indices from best to worst
 */
export function ranking(racers) {
  const order = racers.map((_, i) => i);
  const key = (/** @type {{finish: number, out: boolean}} */ racer) => (racer.out ? 2 : racer.finish >= 0 ? 0 : 1);
  return order.sort((a, b) => {
    const one = racers[a];
    const two = racers[b];
    return key(one) - key(two) || (key(one) === 0 ? one.finish - two.finish : one.loss - two.loss) || a - b;
  });
}
