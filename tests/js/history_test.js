// @ts-check
// What a run has shown: joined along steps, kept without the messages it came in.

import { History, MOST_BYTES, MOST_PACKED, Series } from "../../static/js/history.js";
import { decode } from "../../static/js/wire.js";
import { assert, same } from "./assert.js";
import { encode } from "./frames.js";

const SPECS = Object.fromEntries(Object.entries({ losses: ["racer", "step"], places: ["racer", "step", "coordinate"], weights: ["row"], pair: ["row"] })
  .map(([name, axes]) => [name, { axes, description: "", unit: "" }]));

/** @param {number} step @param {Record<string, [number[], number[]]>} arrays values and shape @param {Record<string, string>} [texts] */
const frame = (step, arrays, texts = {}) => decode(encode({ step, texts }, Object.fromEntries(Object.entries(arrays)
  .map(([name, [values, shape]]) => [name, { values: new Float64Array(values), shape }]))));

Deno.test("stretches are joined along their steps, each row contiguous", () => {
  const history = new History(SPECS, 4);
  history.append(frame(0, { losses: [[1, 10], [2, 1]] }));
  history.append(frame(2, { losses: [[2, 3, 20, 30], [2, 2]] }));
  same([...history.series("losses")?.row(1) ?? []], [10, 20, 30]);
  same(history.series("losses")?.at(0, 3), NaN, "not yet");
  same(history.lastStep, 2);
});

Deno.test("a series grows beyond what was foreseen", () => {
  const series = new Series(2, 2, 1);
  series.write(new Float64Array([1, 2, 3, 4]), 1, 0);
  series.write(new Float64Array([5, 6, 7, 8]), 1, 9);
  same([series.at(0, 0, 1), series.at(1, 9), series.at(1, 5), series.length], [2, 7, NaN, 10]);
});

Deno.test("a snapshot holds its own numbers, not the message that it came in", () => {
  const history = new History(SPECS, 10);
  const message = frame(999, { weights: [[1, 2, 3], [3]], losses: [Array(2000).fill(0), [2, 1000]] });
  history.append(message);
  const { values } = history.snapshot("weights", 999) ?? { values: new Float64Array() };
  same(values.buffer.byteLength, 24);
  message.arrays.weights.values[0] = 99;
  same([...values], [1, 2, 3]);
});

Deno.test("snapshots and texts are the latest not after a step; what does not change is kept once", () => {
  const history = new History(SPECS, 10);
  for (const [step, weight, text] of /** @type {[number, number, string][]} */ ([[0, 1, "a"], [3, 1, "a"], [6, 2, "b"]])) {
    history.append(frame(step, { weights: [[weight], [1]] }, { sample: text }));
  }
  same(history.snapshots.get("weights")?.map(({ step }) => step), [0, 6]);
  same([0, 5, 6, 9].map((step) => history.snapshot("weights", step)?.values[0]), [1, 1, 2, 2]);
  same([5, 6].map((step) => history.text("sample", step)), ["a", "b"]);
});

Deno.test("large snapshots are thinned: the first, the last and evenly spaced ones stay, and they fit", () => {
  const history = new History(SPECS, 1000);
  const numbers = 100_000;
  for (let step = 0; step <= 200; step += 1) {
    const values = new Float64Array(numbers).fill(step);
    history.append({ kind: "frame", epoch: 0, step, final: false, texts: {}, arrays: { weights: { values, shape: [numbers] } } });
  }
  const steps = history.snapshots.get("weights")?.map(({ step }) => step) ?? [];
  const most = MOST_BYTES / (8 * numbers);
  assert(steps.length <= most && steps.length > 0.9 * most);
  same([steps[0], steps.at(-1)], [0, 200]);
  const gaps = steps.slice(1).map((step, i) => step - steps[i]);
  assert(Math.max(...gaps) <= 2 * Math.ceil(200 / most), `${gaps}`);
  same(steps.map((step) => history.snapshot("weights", step)?.values[7]), steps);
});

Deno.test("a fork forgets what came later and leaves the original alone", () => {
  const history = new History(SPECS, 10);
  history.marks = [1, 4];
  history.append(frame(5, { losses: [[0, 1, 2, 3, 4, 5], [1, 6]], weights: [[7], [1]] }));
  const fork = history.fork(2);
  same([fork.lastStep, fork.marks, [...fork.series("losses")?.row(0) ?? []], fork.snapshot("weights", 9)], [2, [1], [0, 1, 2], undefined]);
  fork.append(frame(3, { losses: [[99], [1, 1]] }));
  same(history.series("losses")?.at(0, 3), 3);
});

Deno.test("a packed run comes back, its curves, texts and snapshots", () => {
  const history = new History(SPECS, 10);
  history.append(frame(1, { losses: [[1, 2, 3, 4], [2, 2]], weights: [[5], [1]], pair: [[6, 6], [2]] }, { sample: "x" }));
  history.append(frame(2, { losses: [[9, 8], [2, 1]], weights: [[6], [1]], pair: [[7, 7], [2]] }, { sample: "y" }));
  const back = History.unpack(SPECS, structuredClone(history.pack()));
  same([...back.series("losses")?.row(1) ?? []], [3, 4, 8]);
  same([back.snapshot("weights", 2)?.values[0], back.text("sample", 1), back.total, back.lastStep], [6, "x", 10, 2]);
  same([1, 2].map((step) => [back.snapshot("weights", step)?.values[0], back.snapshot("pair", step)?.values[0]]), [[5, 6], [6, 7]]);
  back.append(frame(3, { losses: [[0, 0], [2, 1]] }));
  assert(history.lastStep === 2);
});

Deno.test("of snapshots too large for a database the first, the last and the one on screen are packed", () => {
  const history = new History(SPECS, 10);
  const large = MOST_PACKED / 8;
  for (let step = 0; step <= 9; step += 1) history.append(frame(step, { weights: [Array(large).fill(step), [large]] }));
  const steps = (/** @type {number} */ shown) => new Map(history.pack(shown).snapshots).get("weights")?.map(({ step }) => step);
  same([steps(9), steps(4)], [[0, 9], [0, 4, 9]]);
});
