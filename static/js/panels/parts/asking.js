// @ts-check
// Questions of a panel to the run: one at a time, the newest wins, asked again as the training goes on. An answer that
// grows is ended where other settings are asked for.

import { equal } from "../../run.js";

/** @import { Context, Problem, WireFrame } from "../../types.d.ts" */

/** Milliseconds until a question that met no run is asked again; each time twice as long. */
const PATIENCE = [400, 800, 1600, 3200];

/** What a rejected question says to the visitor; "" where it met no run: that passes. @param {unknown} reason */
export function sentenceOf(reason) {
  const problems = Array.isArray(reason) ? /** @type {Problem[]} */ (reason) : [];
  return problems.map(({ sentence }) => sentence).join(" ");
}

/** As much of a text as the server needs to take it, or to refuse it as too long. @param {string} text @param {number} most characters that it takes */
export const asFarAs = (text, most) => [...text.slice(0, 2 * (most + 1))].slice(0, most + 1).join(""); // some characters are two units of JavaScript

/**
 * @param {Context} panel
 * @param {string} role of the question among the panel's
 * @param {object} how
 * @param {() => Record<string, any>|null} how.question its parameters; null when there is nothing to ask
 * @param {(answer: WireFrame, question: Record<string, any>) => void} how.show
 * @param {(sentence: string) => void} [how.refuse] "" when all is well again
 * @param {boolean} [how.newest] the newest state is asked, wherever the playhead is
 * @param {number} [how.every] milliseconds between two questions while the run goes on; Infinity: only when told to
 * @returns {{now: () => Promise<void>, soon: (delay?: number) => void, follow: () => void}}
 */
export function asker(panel, role, { question, show, refuse = () => {}, newest = false, every = 1200 }) {
  /** What is being answered, and what ends it. @type {{asked: Record<string, any>, end: AbortController}|null} */
  let busy = null;
  let again = false;
  /** The playhead moved while an answer was on its way. */
  let behind = false;
  let timer = 0;
  let last = -Infinity;
  /** Where the playhead stood, and in which run, when what is shown was asked. */
  let shown = { step: -1, history: /** @type {Context["history"]|null} */ (null) };
  let failures = 0;
  /** A refusal is on screen. */
  let refused = false;
  const say = (/** @type {string} */ sentence) => {
    refused = sentence !== "";
    refuse(sentence);
  };
  panel.signal.addEventListener("abort", () => {
    clearTimeout(timer);
    busy?.end.abort();
  });

  async function now() {
    clearTimeout(timer);
    timer = 0;
    const asked = question();
    if (busy) {
      again = true;
      if (panel.grows(role) && !equal(asked, busy.asked)) busy.end.abort();
      return;
    }
    if (panel.signal.aborted) return;
    if (!asked) {
      if (refused) say("");
      return;
    }
    const end = new AbortController();
    const at = { step: panel.step, history: panel.history };
    busy = { asked, end };
    again = false;
    behind = false;
    let answer = null;
    try {
      answer = await panel.ask(role, asked, { now: newest, part: (early) => { if (!end.signal.aborted) show(early, asked); }, signal: end.signal });
    } catch (reason) {
      if (!end.signal.aborted && question()) give(reason);
    }
    busy = null;
    last = performance.now();
    if (panel.signal.aborted) return;
    if (answer && question()) {
      shown = at;
      failures = 0;
      say("");
      show(answer, asked);
    }
    if (again) now();
    else if (behind) follow();
  }

  /**
   * A refusal is said. Where the run was just replaced, or there is no connection yet, the question is asked again a
   * few times; then that is said too, and the next event asks anew.
   * @param {unknown} reason
   */
  function give(reason) {
    if (Array.isArray(reason) && reason.some(({ path }) => path)) {
      say(sentenceOf(reason));
      return;
    }
    if (failures < PATIENCE.length) soon(PATIENCE[failures]);
    else say(sentenceOf(reason) || panel.t("The server did not answer; try again."));
    failures += 1;
  }

  function soon(delay = 200) {
    clearTimeout(timer);
    timer = setTimeout(now, delay);
  }

  /** The run has gone on, or the playhead has moved. */
  function follow() {
    behind = Boolean(busy);
    if (timer || busy || every === Infinity || (shown.step === panel.step && shown.history === panel.history)) return;
    soon(Math.max(panel.playing ? 0 : 120, last + every - performance.now()));
  }

  return { now: () => { failures = 0; return now(); }, soon: (delay) => { failures = 0; soon(delay); }, follow };
}
