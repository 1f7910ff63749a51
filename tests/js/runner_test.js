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

/**
 * A runner of a run of ten steps, all computed, and what its parts were told: as they note it, and the wishes themselves.
 * @param {{pace: string, step: number, questions?: Record<string, any>}} how where the playhead stands
 */
function standing({ pace, step, questions = {} }) {
  /** @type {string[]} */
  const told = [];
  /** @type {any[]} */
  const wishes = [];
  const run = new Run({ rate: 1, steps: 5 });
  run.accept(run.course);
  const transport = { playing: false, step, atEnd: step === 10, midway: step > 0 && step < 10, total: 10, pause() {}, setRun() {},
    seek: (/** @type {number} */ to) => told.push(`seek ${to}`), play: () => told.push("play") };
  const film = Object.assign(new EventTarget(), { total: 10, history: { total: 10, lastStep: 10, marks: [] }, show(/** @type {any} */ wish) {
    told.push(`run ${JSON.stringify(wish.course.base)}`);
    wishes.push(wish);
  } });
  const session = Object.assign(new EventTarget(), { connected: true, pullTo() {} });
  const keeper = { save: async () => { told.push("save"); }, drop: async () => { told.push("drop"); }, forget() {} };
  const runner = new Runner(/** @type {any} */ ({ pace, questions, schema: {} }), /** @type {any} */ ({ run, film, transport, session, keeper }));
  runner.listen();
  const refuse = (/** @type {any} */ wish) => session.dispatchEvent(new CustomEvent("problems", { detail: { problems: [], wish } }));
  return { told, wishes, run, runner, film, refuse };
}

/** A trained run of a laboratory that keeps runs. */
const trained = () => standing({ pace: "live", step: 4, questions: { checkpoint: {} } });

/**
 * What happens to the playhead of a finished run when a setting is changed, and a run comes on screen.
 * @param {import("../../static/js/types.d.ts").How} how @param {"newest"|"older"} of the run that was asked for last, or one before
 */
function afterTheEnd(how, of = "newest") {
  const { told, run, runner, film } = standing({ pace: "ahead", step: 10 });
  runner.change({ rate: 2 }, { effect: "restart", ...how });
  film.dispatchEvent(new CustomEvent("taken", { detail: { course: of === "newest" ? run.course : { base: { rate: 1.5 }, changes: [] } } }));
  film.dispatchEvent(new Event("history"));
  return told;
}

Deno.test("a finished run that is changed is seen finished; one that is to be watched plays from its start", () => {
  same(afterTheEnd({}).slice(-1), ["seek 10"]);
  same(afterTheEnd({ replay: true }), ['run {"rate":2,"steps":5}', "seek 0", "play"]);
});

Deno.test("the playhead does not go where it is to go before the run that was asked for last is there", () => {
  same(afterTheEnd({ replay: true }, "older"), ['run {"rate":2,"steps":5}']);
});

Deno.test("a run that is looked for gives way to what is wanted meanwhile", async () => {
  /** @type {(kept: any) => void} */
  let found = () => {};
  const run = new Run({ rate: 1 });
  const keeper = { find: () => new Promise((resolve) => { found = resolve; }) };
  const parts = /** @type {any} */ ({ run, keeper, session: { connected: false }, film: { history: { lastStep: 0 } } });
  const runner = new Runner(/** @type {any} */ ({ pace: "live", questions: { checkpoint: {} } }), parts);
  const first = runner.find({ rate: 2 }, []);
  run.restart(0, { rate: 3 });
  found(null);
  same([await first, run.course.base], [null, { rate: 3 }]);
  const second = runner.find({ rate: 4 }, []);
  found(null);
  same(await second, { course: run.course, kept: null });
});

Deno.test("what is set while the run that is left is being kept is not undone by the way back", async () => {
  const { run, runner } = trained();
  const looking = runner.find({ rate: 3, steps: 5 }, []);
  runner.change({ rate: 2 }, { effect: "restart" });
  same([await looking, run.course.base], [null, { rate: 2, steps: 5 }]);
});

Deno.test("a run that is left for another is kept for the way back; of one that is begun again nothing comes back", async () => {
  const one = trained();
  one.runner.load({ rate: 2, steps: 5 }, [], { step: null, push: true });
  await Promise.resolve();
  same(one.told, ["save"]);
  const other = trained();
  other.runner.load({ rate: 1, steps: 5 }, [], { step: null, push: true });
  await Promise.resolve();
  same(other.told, ["drop", 'run {"rate":1,"steps":5}']);
});

Deno.test("all that was typed and refused stays to be mended, also where it was typed faster than the server answered", async () => {
  const { run, runner, refuse, film, wishes } = trained();
  film.history.lastStep = 0;
  runner.change({ rate: -1 }, { effect: "restart" });
  runner.change({ steps: 7 }, { effect: "restart" });
  for (const wish of wishes) refuse(wish);
  same([run.course.base, run.refused], [{ rate: 1, steps: 5 }, { rate: -1, steps: 7 }]);
  await Promise.resolve();
});

Deno.test("the way back to a run that was to be left, and was not, is no entry of what is set after it", async () => {
  const { runner, refuse, film, wishes } = trained();
  runner.change({ rate: -1 }, { effect: "restart" });
  await new Promise((resolve) => { setTimeout(resolve); }); // the run is kept
  same(wishes[0].entry, { step: null, push: true });
  refuse(wishes[0]);
  film.history.lastStep = 0; // nothing more is left that could be gone back to
  runner.change({ rate: 2 }, { effect: "restart" });
  same(wishes[1].entry, undefined);
});

/** Until which step a new run waits before it is shown, when a setting is dragged at step 4 of 10. @param {string} pace @param {import("../../static/js/types.d.ts").How} how */
function awaited(pace, how) {
  const { runner, wishes } = standing({ pace, step: 4 });
  runner.change({ rate: 2 }, { effect: "restart", dragging: true, ...how });
  return wishes[0].waitFor;
}

Deno.test("under a playhead that stays a run is shown when it has come so far; nobody waits for one that is trained", () => {
  same(awaited("ahead", { stay: true }), 4);
  same(awaited("ahead", {}), Infinity);
  same(awaited("live", { stay: true }), 0);
  same(awaited("ahead", { effect: "throughout" }), 4);
});

Deno.test("what is refused in place of a checkpoint brings the run before back", () => {
  const { runner, run, film, wishes, refuse } = trained();
  const before = run.course;
  runner.change({ rate: -1 }, { effect: "live" });
  refuse(wishes[0]);
  same(wishes.length, 1, "the run before goes on");
  runner.change({ rate: -1 }, { effect: "live" });
  Object.assign(film, { onGround: true });
  refuse(wishes[1]);
  same([wishes.length, wishes[2].course === before], [3, true]);
  refuse(wishes[2]);
  same(wishes.length, 3, "what brings it back is asked for once");
});
