/** Questions of a panel to the run: one at a time, the newest wins, asked again as the training goes on. */

/**
 * @param {object} lab
 * @param {object} how
 * @param {() => Record<string, any>|null} how.question null when there is nothing to ask
 * @param {(answer: import("../../types.d.ts").WireFrame, question: Record<string, any>) => void} how.show
 * @param {(sentence: string) => void} [how.refuse] "" when all is well again
 * @param {number} [how.every] milliseconds between two questions while the run goes on; Infinity: only when told to
 * @returns {{now: () => Promise<void>, soon: (delay?: number) => void, follow: () => void, stop: () => void}}
 */
export function asker(lab, { question, show, refuse = () => {}, every = 1200 }) {
  let busy = false;
  let again = false;
  let timer = 0;
  let last = -Infinity;
  let shown = -1;
  let stopped = false;

  async function now() {
    clearTimeout(timer);
    timer = 0;
    if (busy) {
      again = true;
      return;
    }
    const asked = question();
    if (!asked || stopped) return;
    busy = true;
    again = false;
    let answer = null;
    try {
      answer = await lab.ask(asked);
    } catch (problems) {
      if (Array.isArray(problems) && problems.some((problem) => problem.path)) refuse(problems.map(({ sentence }) => sentence).join(" "));
      else soon(400); // the run was just replaced, or there is no connection yet
    }
    busy = false;
    last = performance.now();
    if (stopped) return;
    if (answer) {
      shown = lab.step;
      refuse("");
      show(answer, asked);
    }
    if (again) now();
  }

  function soon(delay = 200) {
    clearTimeout(timer);
    timer = setTimeout(now, delay);
  }

  /** The run has gone on, or the playhead has moved. */
  function follow() {
    if (timer || busy || every === Infinity || shown === lab.step) return;
    soon(Math.max(lab.playing ? 0 : 120, last + every - performance.now()));
  }

  return { now, soon, follow, stop() { stopped = true; clearTimeout(timer); } };
}
