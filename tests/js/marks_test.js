// @ts-check
// What pictures are made of, in numbers: ticks and contours.

import { contour } from "../../static/js/panels/marks/contours.js";
import { rangeOf } from "../../static/js/panels/marks/curves.js";
import { linearTicks, logTicks, niceTicks, powerOfTen, scaleTicks } from "../../static/js/panels/marks/ticks.js";
import { assert, same } from "./assert.js";

Deno.test("nice ticks are round, evenly spaced, within the interval, and about as many as asked", () => {
  for (const [low, high] of [[0, 1], [-3, 7], [0.001, 0.0042], [-1e6, 2e6], [99, 101]]) {
    const ticks = niceTicks(low, high, 5);
    const step = ticks[1] - ticks[0];
    assert(ticks.length >= 2 && ticks.length <= 7, `${ticks.length} ticks of ${low} to ${high}`);
    ticks.forEach((tick, i) => assert(Math.abs(tick - ticks[0] - i * step) < 1e-9 * Math.max(1, Math.abs(tick)), "even spacing"));
    assert(ticks[0] >= low - 1e-9 * step && ticks[ticks.length - 1] <= high + 1e-9 * step, "within");
    assert([1, 2, 5, 10].some((lead) => Math.abs(step / 10 ** Math.floor(Math.log10(step * (1 + 1e-9))) - lead) < 1e-6), `round step ${step}`);
  }
  same(niceTicks(3, 3, 5), [3]);
  same(niceTicks(0, Infinity, 5), [0]);
});

Deno.test("an axis has a tick for each label; whole numbers where only they mean something", () => {
  const { values, texts } = linearTicks([0, 4], 4, String, true);
  same(values, [0, 1, 2, 3, 4]);
  same(texts, values.map(String));
  assert(linearTicks([0.1, 0.3], 1, String).values.length >= 2, "one number alone tells no scale");
});

Deno.test("logarithmic ticks are decades, fewer where there are many, with numbers between where there are few", () => {
  same(logTicks([-3, 0], 6, String), { values: [-3, -2, -1, 0], texts: [-3, -2, -1, 0].map(powerOfTen) });
  const many = logTicks([-40, 0], 5, String).values;
  assert(many.length <= 6 && many.every(Number.isInteger), "decades");
  const few = logTicks([0, 1], 6, String);
  same(few.texts, ["1", "2", "5", "10"]);
  same(few.values.map((value) => Math.round(10 ** value)), [1, 2, 5, 10]);
});

Deno.test("a scale of colours says at least two numbers, within it", () => {
  for (const [low, high] of [[0.03, 0.4], [0.05, 0.09], [0.521, 0.524], [1e-12, 3], [0.1, 1]]) {
    const { values, texts } = scaleTicks({ low, high, log: true }, String);
    assert(values.length >= 2 && values.length <= 7, `${values.length} numbers from ${low} to ${high}`);
    assert(values.every((value) => value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9)), "within");
    assert(new Set(texts).size === texts.length, `each another: ${texts}`);
  }
  same(scaleTicks({ low: 0, high: 1, log: false }, String).values, [0, 0.5, 1]);
});

const xs = Array.from({ length: 41 }, (_, i) => -2 + i / 10);
/** @param {(x: number, y: number) => number} f */
const grid = (f) => ({ xs, ys: xs, values: xs.flatMap((y) => xs.map((x) => f(x, y))) });

Deno.test("the contour of a cone is a closed circle", () => {
  const pieces = contour(grid((x, y) => Math.hypot(x, y)), 1.05);
  /** @type {Map<string, number>} */
  const ends = new Map();
  let length = 0;
  for (let k = 0; k < pieces.length; k += 4) {
    const [x0, y0, x1, y1] = pieces.slice(k, k + 4);
    for (const [x, y] of [[x0, y0], [x1, y1]]) {
      assert(Math.abs(Math.hypot(x, y) - 1.05) < 0.01, "on the circle");
      const key = `${x.toFixed(9)} ${y.toFixed(9)}`;
      ends.set(key, (ends.get(key) ?? 0) + 1);
    }
    length += Math.hypot(x1 - x0, y1 - y0);
  }
  assert([...ends.values()].every((count) => count === 2), "every end meets another");
  assert(Math.abs(length - 2 * Math.PI * 1.05) < 0.05, `its length is ${length}`);
});

Deno.test("at a saddle the lines stay on the side of their value, and a cell without a number has none", () => {
  for (const level of [0.004, -0.004]) {
    const pieces = contour({ xs: [-1, 1], ys: [-1, 1], values: [1, -1, -1, 1] }, level); // four crossings
    same(pieces.length, 8);
    const middles = [0, 4].map((k) => [(pieces[k] + pieces[k + 2]) / 2, (pieces[k + 1] + pieces[k + 3]) / 2]);
    for (const [x, y] of middles) assert(Math.sign(x * y) === Math.sign(level), `${x}, ${y} at ${level}`);
  }
  same(contour({ xs: [0, 1], ys: [0, 1], values: [0, 1, NaN, 2] }, 0.5), []);
});

Deno.test("a difference that begins near 0 is shown whole; one that runs away for good is not", () => {
  /** @param {number[]} values */
  const curve = (values) => ({ index: 0, name: "", color: "", dash: "solid", length: values.length, x: (/** @type {number} */ i) => i, y: (/** @type {number} */ i) => values[i] });
  const gap = curve([0.0006, 0.03, -0.02, 0.21, 0.002]);
  const [low, high] = rangeOf([gap], false, null, 0.5);
  assert(low <= -0.02 && high >= 0.21 && high < 0.5, `${low} to ${high}`);
  const lost = rangeOf([gap, curve([0.001, 5e5, 1e40, NaN])], false, null, 0.5);
  assert(lost[0] <= -0.02 && lost[1] >= 0.21 && lost[1] < 2, `${lost}`);
});
