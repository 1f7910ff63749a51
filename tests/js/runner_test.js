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
