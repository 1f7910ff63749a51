// @ts-check
// What need not be drawn sixty times a second: at once where it is told to, else not more often than that.

/**
 * @param {() => void} draw
 * @param {number} pause milliseconds between two drawings
 * @param {AbortSignal} signal ends it
 * @returns {{now: () => void, soon: () => void}} soon: when the pause since the last drawing is over
 */
export function paced(draw, pause, signal) {
  let timer = 0;
  let last = -Infinity;
  signal.addEventListener("abort", () => clearTimeout(timer));

  function now() {
    clearTimeout(timer);
    timer = 0;
    last = performance.now();
    draw();
  }

  return { now, soon() { timer ||= setTimeout(now, Math.max(0, last + pause - performance.now())); } };
}
