// @ts-check
// What a run has shown so far. Arrays with a "step" axis are joined along it; the others are kept as snapshots.

import { Extremes } from "./extremes.js";

/** @import { ArraySpec, Values, WireFrame } from "./types.d.ts" */

/** One array with a step axis: `rows` curves of `width` numbers a step, each curve contiguous in memory. */
export class Series {
  /** By row, of those that somebody asked for. @type {Extremes[]} */
  #extremes = [];

  /**
   * @param {number} rows product of the axes before "step"
   * @param {number} width product of the axes after "step"
   * @param {number} capacity steps that fit before it must grow
   */
  constructor(rows, width, capacity) {
    this.rows = rows;
    this.width = width;
    this.length = 0;
    this.capacity = Math.max(1, capacity);
    this.values = new Float64Array(rows * this.capacity * width).fill(NaN);
  }

  /** The number of `row` at `step`. @param {number} row @param {number} step @returns {number} NaN where there is none */
  at(row, step, component = 0) {
    return step < this.length ? this.values[(row * this.capacity + step) * this.width + component] : NaN;
  }

  /** A view (no copy) of one row's steps `from` to `to` (exclusive), `width` numbers a step. @param {number} row @param {number} [from] @param {number} [to] */
  row(row, from = 0, to = this.length) {
    const start = row * this.capacity;
    return this.values.subarray((start + from) * this.width, (start + Math.min(to, this.length)) * this.width);
  }

  /** The extremes of a row, up to now; `width` is 1. @param {number} row */
  extremes(row) {
    const known = this.#extremes[row] ??= new Extremes();
    known.extend(this.row(row));
    return known;
  }

  /**
   * Write `count` steps that end at `lastStep`.
   * @param {Values} source laid out (rows, count, width) @param {number} count @param {number} lastStep
   */
  write(source, count, lastStep) {
    if (lastStep >= this.capacity) this.#grow(lastStep + 1);
    const first = lastStep - count + 1;
    for (const known of this.#extremes) known?.forget(first);
    const stretch = count * this.width;
    for (let row = 0; row < this.rows; row += 1) {
      this.values.set(source.subarray(row * stretch, (row + 1) * stretch), (row * this.capacity + first) * this.width);
    }
    this.length = Math.max(this.length, lastStep + 1);
  }

  /** A copy that holds only steps 0 to `step`. @param {number} step */
  fork(step) {
    const copy = new Series(this.rows, this.width, this.capacity);
    copy.length = Math.min(this.length, step + 1);
    for (let row = 0; row < this.rows; row += 1) {
      copy.values.set(this.row(row, 0, copy.length), row * copy.capacity * copy.width);
    }
    return copy;
  }

  /** @param {number} needed */
  #grow(needed) {
    const capacity = Math.max(needed, this.capacity * 2);
    const values = new Float64Array(this.rows * capacity * this.width).fill(NaN);
    for (let row = 0; row < this.rows; row += 1) values.set(this.row(row), row * capacity * this.width);
    this.values = values;
    this.capacity = capacity;
  }
}

/**
 * @typedef {{step: number, values: Values, shape: number[]}} Snapshot
 * @typedef {{step: number, text: string}} TextEntry
 */

/** Everything one run has shown, step by step. */
export class History {
  /**
   * @param {Record<string, ArraySpec>} specs what the arrays mean, from the boot block
   * @param {number} total steps of the whole run
   */
  constructor(specs, total) {
    this.specs = specs;
    this.total = total;
    this.lastStep = -1;
    this.final = false;
    /** Steps at which a live change was made. @type {number[]} */
    this.marks = [];
    /** @type {Map<string, Series>} */
    this.seriesByName = new Map();
    /** @type {Map<string, Snapshot[]>} */
    this.snapshots = new Map();
    /** @type {Map<string, TextEntry[]>} */
    this.texts = new Map();
    /** What was asked of one step between the frames: exactly that step's. @type {WireFrame|null} */
    this.still = null;
  }

  /** The step of which the pictures at a step are. @param {number} step */
  pictured(step) {
    if (this.still?.step === step) return step;
    const all = [...this.snapshots.values()].flatMap((list) => latest(list, step) ?? []);
    const large = all.filter(({ values }) => values.length > SMALL); // the others are kept only where they changed
    return large.length ? Math.min(...large.map((one) => one.step)) : Math.max(-1, ...all.map((one) => one.step));
  }

  /** Take a frame in; what is kept of it is copied, so that no message stays in memory. @param {WireFrame} frame */
  append(frame) {
    for (const [name, array] of Object.entries(frame.arrays)) {
      const stepAxis = this.specs[name]?.axes.indexOf("step") ?? -1;
      if (stepAxis < 0) {
        keep(this.snapshots, name, { step: frame.step, values: array.values, shape: array.shape }, alike,
          (entry) => ({ ...entry, values: entry.values.slice() }));
        thin(this.snapshots.get(name) ?? [], array.values.byteLength);
        continue;
      }
      const rows = array.shape.slice(0, stepAxis).reduce((product, n) => product * n, 1);
      const width = array.shape.slice(stepAxis + 1).reduce((product, n) => product * n, 1);
      let series = this.seriesByName.get(name);
      if (!series) {
        series = new Series(rows, width, this.total + 1);
        this.seriesByName.set(name, series);
      }
      series.write(array.values, array.shape[stepAxis], frame.step);
    }
    for (const [name, text] of Object.entries(frame.texts)) {
      keep(this.texts, name, { step: frame.step, text }, (before, after) => before.text === after.text, (entry) => entry);
    }
    this.lastStep = Math.max(this.lastStep, frame.step);
    this.final ||= frame.final;
  }

  /** @param {string} name @returns {Series|undefined} */
  series(name) {
    return this.seriesByName.get(name);
  }

  /** The latest snapshot at or before `step`. @param {string} name @param {number} step @returns {Snapshot|undefined} */
  snapshot(name, step) {
    const asked = this.still?.step === step && this.still.arrays[name];
    return asked ? { step, ...asked } : latest(this.snapshots.get(name), step);
  }

  /** The latest text at or before `step`. @param {string} name @param {number} step @returns {string|undefined} */
  text(name, step) {
    const asked = this.still?.step === step ? this.still.texts[name] : undefined;
    return asked ?? latest(this.texts.get(name), step)?.text;
  }

  /** The run as plain data that a database can keep: whole series, texts and single numbers, of larger snapshots a few and the one on screen. @param {number} [step] on screen */
  pack(step = this.lastStep) {
    return { total: this.total, lastStep: this.lastStep, marks: this.marks, texts: [...this.texts],
      snapshots: [...this.snapshots].map(([name, list]) => /** @type {const} */ ([name, few(list, step)])),
      series: [...this.seriesByName].map(([name, s]) => /** @type {const} */ ([name, s.rows, s.width, s.length,
        Array.from({ length: s.rows }, (_, row) => s.row(row).slice())])) };
  }

  /** The history that was packed. @param {Record<string, ArraySpec>} specs @param {ReturnType<History["pack"]>} packed */
  static unpack(specs, packed) {
    const history = new History(specs, packed.total);
    Object.assign(history, { lastStep: packed.lastStep, marks: packed.marks });
    history.texts = new Map(packed.texts);
    history.snapshots = new Map(packed.snapshots.map(([name, list]) => [name, [...list]]));
    for (const [name, rows, width, length, values] of packed.series) {
      const series = new Series(rows, width, Math.max(length, packed.total + 1));
      series.length = length;
      values.forEach((row, i) => series.values.set(row, i * series.capacity * width));
      history.seriesByName.set(name, series);
    }
    return history;
  }

  /** A copy that has forgotten everything after `step`. @param {number} step @returns {History} */
  fork(step) {
    const copy = new History(this.specs, this.total);
    copy.lastStep = Math.min(this.lastStep, step);
    copy.marks = this.marks.filter((mark) => mark <= step);
    if (this.still && this.still.step <= step) copy.still = this.still;
    for (const [name, series] of this.seriesByName) copy.seriesByName.set(name, series.fork(step));
    for (const [name, list] of this.snapshots) copy.snapshots.set(name, list.filter((kept) => kept.step <= step));
    for (const [name, list] of this.texts) copy.texts.set(name, list.filter((kept) => kept.step <= step));
    return copy;
  }
}

/**
 * Put an entry at the end of its list; what did not change is kept once.
 * @template {{step: number}} E
 * @param {Map<string, E[]>} map @param {string} name @param {E} entry
 * @param {(before: E, after: E) => boolean} alike @param {(entry: E) => E} own makes it independent of the message
 */
function keep(map, name, entry, alike, own) {
  const list = map.get(name) ?? [];
  if (list.length && list[list.length - 1].step === entry.step) list.pop();
  if (list.length && alike(list[list.length - 1], entry)) return;
  list.push(own(entry));
  map.set(name, list);
}

/** Bytes that the snapshots of one array may hold, here and in a database. */
export const MOST_BYTES = 24_000_000;
export const MOST_PACKED = 2_000_000;

/** Forget snapshots where they stand closest, so that the first, the last and some evenly between them fit. @param {Snapshot[]} list @param {number} bytes of one @param {number} [most] bytes of all */
function thin(list, bytes, most = MOST_BYTES) {
  while (list.length > 2 && list.length * bytes > most) {
    let closest = 1;
    const room = (/** @type {number} */ i) => list[i + 1].step - list[i - 1].step;
    for (let i = 2; i < list.length - 1; i += 1) if (room(i) < room(closest)) closest = i;
    list.splice(closest, 1);
  }
}

/** What a database keeps of a list. @param {Snapshot[]} list @param {number} step on screen */
function few(list, step) {
  const kept = [...list];
  thin(kept, Math.max(0, ...list.map(({ values }) => values.byteLength)), MOST_PACKED);
  const shown = latest(list, step);
  return shown && !kept.includes(shown) ? [...kept, shown].sort((a, b) => a.step - b.step) : kept;
}

const SMALL = 4096;

/** Whether two snapshots say the same; long arrays are not compared. @param {Snapshot} before @param {Snapshot} after */
function alike(before, after) {
  const { values } = after;
  if (values.length > SMALL || values.length !== before.values.length) return false;
  for (let i = 0; i < values.length; i += 1) if (!Object.is(values[i], before.values[i])) return false;
  return after.shape.every((n, i) => n === before.shape[i]);
}

/** @template {{step: number}} E @param {E[]|undefined} list @param {number} step @returns {E|undefined} */
function latest(list, step) {
  if (!list?.length) return undefined;
  let low = 0;
  let high = list.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (list[middle].step <= step) low = middle;
    else high = middle - 1;
  }
  return list[low].step <= step ? list[low] : undefined;
}
