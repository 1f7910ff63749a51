// @ts-check
// A run that the server recorded: it looks to a panel like a laboratory that plays, and takes no orders.

import { History } from "./history.js";
import { SeriesNames } from "./seriesnames.js";
import { decode } from "./wire.js";

/** @import { ArraySpec, Panel, Params, WireFrame } from "./types.d.ts" */
/** @typedef {{name: string, panel: Panel, arrays: Record<string, ArraySpec>, view: Record<string, any>, params: Params, seconds: number}} PreviewBoot */

/** How long the end stays before it begins again, in seconds. */
const HOLD = 2.5;

/** Cut a recording into its messages: each stands after its length and four bytes of nothing. @param {ArrayBuffer} bytes @returns {WireFrame[]} */
export function messagesOf(bytes) {
  const view = new DataView(bytes);
  const found = [];
  for (let at = 0; at + 8 <= bytes.byteLength;) {
    const length = view.getUint32(at, true);
    found.push(decode(bytes.slice(at + 8, at + 8 + length)));
    at += 8 + length;
  }
  return found;
}

export class Recording extends EventTarget {
  focus = -1;
  playing = true;
  #names = new SeriesNames();
  #seconds = 0;
  #length;

  /** @param {PreviewBoot} preview @param {ArrayBuffer} bytes */
  constructor(preview, bytes) {
    super();
    const [scene, ...frames] = messagesOf(bytes);
    this.name = preview.name;
    this.boot = { panels: [preview.panel], arrays: preview.arrays };
    this.view = preview.view;
    this.params = preview.params;
    this.scene = scene;
    this.history = new History(preview.arrays, frames.at(-1)?.step ?? 0);
    for (const frame of frames) this.history.append(frame);
    this.#length = preview.seconds;
    this.step = 0;
  }

  /** Let time pass; true when the playhead moved. @param {number} seconds */
  advance(seconds) {
    this.#seconds = (this.#seconds + seconds) % (this.#length + HOLD);
    const step = Math.min(this.history.lastStep, Math.floor(eased(this.#seconds / this.#length) * this.history.lastStep));
    const moved = step !== this.step;
    this.step = step;
    return moved;
  }

  toEnd() {
    this.step = this.history.lastStep;
    this.playing = false;
  }

  /** @param {number} i */
  series(i) {
    return this.#names.of(this.scene, i);
  }

  setFocus() {}

  setView() {}

  /** @returns {Promise<WireFrame>} */
  ask() {
    return Promise.reject([{ path: "", sentence: "a recording answers no questions" }]);
  }

  change() {}

  seek() {}

  showProblems() {}

  startOver() {}

  upload() {}

  goOnFrom() {}
}

/** A show spends its time on what happens first: slow at the start, then quicker. @param {number} share */
const eased = (share) => (share >= 1 ? 1 : 0.35 * share + 0.65 * share * share);
