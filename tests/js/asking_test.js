// @ts-check
// A panel's questions: one at a time, and one that grows is ended where other settings are asked for.

import { asker } from "../../static/js/panels/parts/asking.js";
import { assert, same } from "./assert.js";

/** @import { Asking, Context, WireFrame } from "../../static/js/types.d.ts" */
/** @typedef {PromiseWithResolvers<any> & {params: Record<string, any>, how: Asking}} Asked */

/** A panel whose questions the test answers, and an asker of them. @param {boolean} grows @param {number} [every] */
function asking(grows, every = Infinity) {
  /** @type {Asked[]} */
  const asked = [];
  /** @type {[string, any][]} */
  const shown = [];
  const settings = { budget: 100, over: false };
  const leave = new AbortController();
  const panel = { signal: leave.signal, step: 0, history: {}, playing: false, grows: () => grows, t: (/** @type {string} */ words) => words,
    ask(/** @type {string} */ _role, /** @type {Record<string, any>} */ params, /** @type {Asking} */ how) {
      const one = { ...Promise.withResolvers(), params, how };
      how.signal?.addEventListener("abort", () => one.reject(new Error("no longer wanted")));
      asked.push(one);
      return one.promise;
    } };
  const ask = asker(/** @type {Context} */ (/** @type {unknown} */ (panel)), "y", { question: () => (settings.over ? null : { budget: settings.budget }), every,
    show: (answer, question) => shown.push([/** @type {any} */ (answer), question.budget]) });
  return { ask, asked, shown, settings, leave, panel };
}

/** When a question that follows the playhead has been asked. */
const later = () => new Promise((resolve) => { setTimeout(resolve, 200); });

const answer = (/** @type {string} */ name) => /** @type {WireFrame} */ (/** @type {unknown} */ (name));

Deno.test("other settings end an answer that grows, and are asked for at once", async () => {
  const { ask, asked, shown, settings } = asking(true);
  const first = ask.now();
  asked[0].how.part?.(answer("half"));
  ask.now();
  same(asked.length, 1, "the same question is not asked twice at a time");
  settings.budget = 200;
  ask.now();
  assert(asked[0].how.signal?.aborted ?? false, "the older is ended");
  await first;
  same(asked.map(({ params }) => params.budget), [100, 200]);
  asked[0].how.part?.(answer("late"));
  asked[1].resolve("whole");
  await asked[1].promise;
  await Promise.resolve();
  same(shown, [["half", 100], ["whole", 200]]);
});

Deno.test("an answer of one piece is waited for: a slider that is dragged sends no crowd of questions", async () => {
  const { ask, asked, shown, settings } = asking(false);
  const first = ask.now();
  for (const budget of [200, 300, 400]) {
    settings.budget = budget;
    ask.now();
  }
  assert(!asked[0].how.signal?.aborted, "it goes on");
  asked[0].resolve("one");
  await first;
  same(asked.map(({ params }) => params.budget), [100, 400]);
  same(shown, [["one", 100]]);
});

Deno.test("a panel that is torn down wants no answer any more", async () => {
  const { ask, asked, shown, leave } = asking(true);
  const first = ask.now();
  leave.abort();
  await first;
  assert(asked[0].how.signal?.aborted ?? false, "it is ended");
  same([asked.length, shown], [1, []]);
});

Deno.test("the playhead moved while an answer was on its way: the question is asked again where it is now", async () => {
  const { ask, asked, shown, panel, leave } = asking(false, 0);
  const first = ask.now();
  panel.step = 60;
  ask.follow();
  asked[0].resolve("at 0");
  await first;
  await later();
  same(asked.length, 2);
  asked[1].resolve("at 60");
  await asked[1].promise;
  await Promise.resolve();
  ask.follow();
  await later();
  same(shown, [["at 0", 100], ["at 60", 100]]);
  leave.abort();
});

Deno.test("another run at the same step is asked about as well", async () => {
  const { ask, asked, panel, leave } = asking(false, 0);
  const first = ask.now();
  asked[0].resolve("of the run before");
  await first;
  ask.follow();
  await later();
  same(asked.length, 1, "nothing has changed");
  panel.history = {};
  ask.follow();
  await later();
  same(asked.length, 2);
  leave.abort();
});

Deno.test("an answer is not shown where there is nothing to ask any more", async () => {
  const { ask, asked, shown, settings } = asking(false);
  const first = ask.now();
  settings.over = true;
  asked[0].resolve("of what was typed before");
  await first;
  same(shown, []);
});
