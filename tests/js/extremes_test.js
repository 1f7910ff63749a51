// @ts-check
// Long curves: what is found out by their extremes is what all their numbers say, and few of these are looked at.

import { STRETCH } from "../../static/js/extremes.js";
import { Series } from "../../static/js/history.js";
import { drawCurve, goesBelowZero, rangeOf } from "../../static/js/panels/marks/curves.js";
import { hasValues, wholeRange } from "../../static/js/panels/parts/profile.js";
import { assert, same } from "./assert.js";

/** @import { Curve } from "../../static/js/panels/marks/curves.js" */

/** A repeatable stream of numbers between 0 and 1. @param {number} seed */
function random(seed) {
  let state = seed;
  return () => {
    state = (1664525 * state + 1013904223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** A row that came in pieces, as a curve. @param {number[]} values */
function curveOf(values) {
  const series = new Series(1, 1, 10);
  for (let from = 0; from < values.length; from += 700) {
    const piece = Float64Array.from(values.slice(from, from + 700));
    series.write(piece, piece.length, from + piece.length - 1);
    series.extremes(0);
  }
  const looked = { times: 0 };
  /** @type {Curve} */
  const curve = { index: 0, name: "", color: "black", dash: "solid", length: values.length, x: (i) => i, y: (i) => {
    looked.times += 1;
    return values[i];
  } };
  return { plain: curve, known: { ...curve, extremes: series.extremes(0) }, looked, series };
}

const LONG = 50_000;
const next = random(7);
const falling = Array.from({ length: LONG }, (_, i) => 3 * Math.exp(-i / 9000) * (0.5 + next()));
/** @type {Record<string, number[]>} */
const RUNS = {
  falling,
  "with a spike": falling.map((value, i) => (i === 31_234 ? 40 : value)),
  "measured now and then": falling.map((value, i) => (i % 100 ? NaN : value)),
  "measured late": falling.map((value, i) => (i < 20_011 ? NaN : value)),
  "running away": falling.map((value, i) => (i > 40_000 ? value * 1.01 ** (i - 40_000) : value)),
  "gone": falling.map((value, i) => (i > 40_000 ? (i % 3 ? NaN : Infinity) : value)),
  "reaching zero": falling.map((value, i) => (i % 977 ? value : 0)),
  "below zero": falling.map((value, i) => (i % 4999 ? value : -value)),
  nothing: falling.map(() => NaN),
  infinite: falling.map(() => Infinity),
  "as large as numbers are": falling.map((_, i) => (i % 2 ? 1e305 : Infinity)),
  short: falling.slice(0, STRETCH - 1),
};

Deno.test("ranges, signs and gaps are those of all the numbers", () => {
  for (const [name, values] of Object.entries(RUNS)) {
    const { plain, known } = curveOf(values);
    for (const log of [true, false]) {
      same(rangeOf([known], log), rangeOf([plain], log), name);
      same(wholeRange([known], log, [1]), wholeRange([plain], log, [1]), name);
    }
    same([goesBelowZero([known]), hasValues(known)], [goesBelowZero([plain]), hasValues(plain)], name);
  }
});

Deno.test("what is written anew is known anew", () => {
  const { series } = curveOf(falling);
  series.write(Float64Array.of(-1, 99), 2, 101);
  const known = series.extremes(0);
  same(known.low.map((low, k) => Math.min(...series.row(0, k * STRETCH, (k + 1) * STRETCH)) === low).every(Boolean), true);
  same([known.low[6], known.high[6], known.count], [-1, 99, Math.floor(LONG / STRETCH)]);
});

/** The highest and the lowest pixel of each column that a curve is drawn through. @param {Curve} curve @param {boolean} log */
function columns(curve, log) {
  /** @type {Map<number, [number, number]>} */
  const seen = new Map();
  const to = (/** @type {number} */ x, /** @type {number} */ y) => {
    const [top, bottom] = seen.get(Math.round(x)) ?? [Infinity, -Infinity];
    seen.set(Math.round(x), [Math.min(top, y), Math.max(bottom, y)]);
  };
  Object.assign(globalThis, { Path2D: class {
    moveTo = to;
    lineTo = to;
  } });
  const context = /** @type {any} */ ({ setLineDash() {}, stroke() {} });
  drawCurve(context, curve, { kx: 500 / curve.length, bx: 40, ky: -50, by: 150 }, { log, width: 1, top: 0, bottom: 300 });
  return seen;
}

Deno.test("a long curve is drawn through the pixels of all its numbers", () => {
  for (const [name, values] of Object.entries(RUNS)) {
    const { plain, known } = curveOf(values);
    for (const log of [true, false]) {
      const [all, some] = [columns(plain, log), columns(known, log)];
      same([...some.keys()].sort(), [...all.keys()].sort(), name);
      for (const [x, [top, bottom]] of all) { // a stretch on the border of two columns is drawn in one of them
        const near = [x - 1, x, x + 1].flatMap((at) => some.get(at) ?? []);
        assert(Math.min(...near) <= top && Math.max(...near) >= bottom, `${name} at ${x}: ${near}, not ${top} to ${bottom}`);
      }
      const ends = (/** @type {Map<number, [number, number]>} */ seen) => [Math.min(...[...seen.values()].flat()), Math.max(...[...seen.values()].flat())];
      same(ends(some), ends(all), name);
    }
  }
});

Deno.test("few numbers of a long curve are looked at", () => {
  const { known, looked } = curveOf(RUNS["with a spike"]);
  columns(known, true);
  rangeOf([known], true);
  goesBelowZero([known]);
  hasValues(known);
  assert(looked.times < LONG / 8, `${looked.times} of ${LONG}`);
});
