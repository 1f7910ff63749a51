// @ts-check
// What a visitor does to the run, and which runs are kept.

import { Run } from "../../static/js/run.js";
import { same } from "./assert.js";

globalThis.matchMedia = /** @type {any} */ (() => ({ matches: false })); // of a browser; the module asks for it at once
const { Runner } = await import("../../static/js/runner.js");

/** What the keeper of a laboratory is told while a run plays, stops and another is looked for. @param {string} pace @param {Record<string, any>} questions */
async function kept(pace, questions) {
  /** @type {string[]} */
  const told = [];
  const keeper = { save: () => told.push("save"), tick: () => told.push("tick"), find: async () => { told.push("find"); return null; } };
  const parts = /** @type {any} */ ({ run: new Run({}), keeper, transport: { playing: true }, session: { connected: true }, film: { history: { lastStep: 0 } } });
  const runner = new Runner(/** @type {any} */ ({ pace, questions }), parts);
  runner.tick(0);
  runner.keep(false);
  await runner.find({}, []);
  return told;
}

Deno.test("runs are kept where there are checkpoints, and no other laboratory is asked for one", async () => {
  same(await kept("live", { checkpoint: {} }), ["tick", "save", "find"]);
  same(await kept("live", { sample: {} }), []);
  same(await kept("ahead", { checkpoint: {} }), []);
});

/** What happens to the playhead of a finished run when a setting is changed. @param {import("../../static/js/types.d.ts").How} how */
function afterTheEnd(how) {
  /** @type {string[]} */
  const told = [];
  const transport = { playing: false, step: 10, atEnd: true, midway: false, total: 10, pause: () => {}, setRun: () => {},
    seek: (/** @type {number} */ step) => told.push(`seek ${step}`), play: () => told.push("play") };
  const film = Object.assign(new EventTarget(), { total: 10, history: { total: 10, lastStep: 10, marks: [] },
    show: (/** @type {any} */ { course }) => told.push(`run ${JSON.stringify(course.base)}`) });
  const parts = /** @type {any} */ ({ run: new Run({ rate: 1 }), film, transport, session: new EventTarget(), keeper: {} });
  const runner = new Runner(/** @type {any} */ ({ pace: "ahead", questions: {}, schema: {} }), parts);
  runner.listen();
  runner.change({ rate: 2 }, { effect: "restart", ...how });
  film.dispatchEvent(new Event("history"));
  return told;
}

Deno.test("a finished run that is changed is seen finished; one that is to be watched plays from its start", () => {
  same(afterTheEnd({}).slice(-1), ["seek 10"]);
  same(afterTheEnd({ replay: true }), ['run {"rate":2}', "seek 0", "play"]);
});

/** Until which step a new run waits before it is shown, when a setting is dragged at step 4 of 10. @param {string} pace @param {import("../../static/js/types.d.ts").How} how */
function awaited(pace, how) {
  let step = NaN;
  const transport = { playing: false, step: 4, atEnd: false, midway: true, total: 10, pause: () => {}, seek: () => {} };
  const film = { history: { lastStep: 10 }, show: (/** @type {any} */ { waitFor }) => { step = waitFor; } };
  const parts = /** @type {any} */ ({ run: new Run({ rate: 1 }), film, transport, session: {}, keeper: {} });
  new Runner(/** @type {any} */ ({ pace, questions: {}, schema: {} }), parts).change({ rate: 2 }, { effect: "restart", dragging: true, ...how });
  return step;
}

Deno.test("under a playhead that stays a run is shown when it has come so far; nobody waits for one that is trained", () => {
  same(awaited("ahead", { stay: true }), 4);
  same(awaited("ahead", {}), Infinity);
  same(awaited("live", { stay: true }), 0);
});
