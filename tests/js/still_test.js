// @ts-check
// Where the playhead rests between two frames the pictures of that very step are asked for.

import { History } from "../../static/js/history.js";
import { Unanswered } from "../../static/js/session.js";
import { Still } from "../../static/js/still.js";
import { decode } from "../../static/js/wire.js";
import { same } from "./assert.js";
import { encode } from "./frames.js";

/** @import { WireFrame } from "../../static/js/types.d.ts" */

const SPECS = { field: { axes: ["place"], description: "", unit: "" } };
/** @param {number} step @param {number} value @returns {WireFrame} */
const frame = (step, value) => decode(encode({ step }, { field: { values: new Float64Array(5000).fill(value), shape: [5000] } }));

/** A page whose run has frames at some steps, and what it asks and says. @param {Record<string, unknown>} [questions] */
function page(questions = { pictures: {} }) {
  const history = new History(SPECS, 100);
  for (const step of [0, 40, 80]) history.append(frame(step, step));
  /** @type {(PromiseWithResolvers<WireFrame> & {step: number})[]} */
  const asked = [];
  /** @type {(number|null)[]} */
  const said = [];
  const lab = Object.assign(new EventTarget(), { boot: /** @type {any} */ ({ questions }), history, step: 80, playing: false, waiting: false,
    /** @param {string} _question @returns {Promise<WireFrame>} */
    ask(_question) {
      const one = { ...Promise.withResolvers(), step: lab.step };
      asked.push(one);
      return one.promise;
    } });
  new Still(lab, (step) => said.push(step));
  /** @param {number} step */
  const seek = (step) => {
    lab.step = step;
    lab.dispatchEvent(new Event("step"));
  };
  return { lab, history, asked, said, seek };
}

/** @param {number} milliseconds */
const pass = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const of = (/** @type {History} */ history, /** @type {number} */ step) => history.snapshot("field", step)?.values[0];

Deno.test("the pictures of the step where the playhead rests replace those of the frame before", async () => {
  const { lab, history, asked, seek } = page();
  let told = 0;
  lab.addEventListener("still", () => { told += 1; });
  for (const step of [50, 51, 52]) seek(step);
  await pass(150);
  same(asked.map(({ step }) => step), [52], "one that only passes by is not asked about");
  same([of(history, 52), history.pictured(52)], [40, 40]);
  asked[0].resolve(frame(52, 52));
  await pass(0);
  same([of(history, 52), history.pictured(52), told], [52, 52, 1]);
  same([of(history, 53), of(history, 40)], [40, 40], "no other step has them");
  seek(52);
  await pass(150);
  same(asked.length, 1, "what is known is not asked for again");
  same([of(history.fork(60), 52), of(history.fork(45), 52)], [52, 40]);
});

Deno.test("nothing is asked for at the newest step, while it plays, and where the laboratory cannot tell", async () => {
  const { lab, asked, seek } = page();
  seek(80);
  lab.playing = true;
  seek(50);
  await pass(150);
  same(asked.length, 0);
  const other = page({});
  other.seek(50);
  await pass(150);
  same(other.asked.length, 0);
});

Deno.test("an answer that comes late is not shown elsewhere, and the next step is asked about", async () => {
  const { history, asked, seek } = page();
  seek(50);
  await pass(150);
  seek(60);
  await pass(150);
  same(asked.length, 1, "one at a time");
  asked[0].resolve(frame(50, 50));
  await pass(0);
  await pass(150);
  same([of(history, 60), asked.map(({ step }) => step).join()], [40, "50,60"]);
});

Deno.test("where the step cannot be told any more, one is told of which step the pictures are", async () => {
  const { said, asked, seek } = page();
  seek(50);
  await pass(150);
  asked[0].resolve(frame(90, 90)); // the server knows nothing before a checkpoint
  await pass(0);
  same(said.at(-1), 40);
  seek(80);
  same(said.at(-1), null);
  seek(50);
  await pass(150);
  same(asked.length, 1, "nor is it asked for again");
  seek(60);
  await pass(150);
  asked[1].reject(new Unanswered("not connected"));
  await pass(0);
  same(said.at(-1), 40);
});
