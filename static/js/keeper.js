// Keeps a live run: its newest checkpoint in memory, for a lost connection, and in the browser's database, for a reload.

import { History } from "./history.js";
import { equal } from "./state.js";
import { find, keep } from "./store.js";

const PAUSE = 10_000;
/** Saving may take this share of the time at most. */
const SHARE = 0.03;

/**
 * @typedef {{base: Record<string, any>, changes: [number, object][], params: Record<string, any>, step: number,
 *   at: number, playing: boolean, bytes: ArrayBuffer, past: ReturnType<History["pack"]>}} Kept params are those in force
 *   at `step`, where the run stands; the playhead stands at 'at'
 */

export class Keeper {
  /** The newest of the present run. @type {Kept|null} */
  kept = null;
  #lab;
  #next = 0;
  #saving = false;

  /** @param {object} lab */
  constructor(lab) {
    this.#lab = lab;
  }

  /** The run of an earlier visit that had this very setting. @returns {Promise<Kept|null>} */
  async find(base, changes) {
    const kept = await find("runs", this.#lab.name);
    this.kept = kept && equal(kept.base, base) && equal(kept.changes, changes) ? kept : null;
    return this.kept;
  }

  /** What a kept run had shown. @param {Kept} kept */
  past(kept) {
    return History.unpack(this.#lab.boot.arrays, kept.past);
  }

  /** Another run begins. */
  forget() {
    this.kept = null;
  }

  /** Save now and then. @param {number} now milliseconds */
  tick(now) {
    if (now > this.#next) {
      this.#next = now + PAUSE;
      this.save(true);
    }
  }

  /** Save the run as it stands. @param {boolean} playing whether it shall go on by itself after a reload */
  async save(playing) {
    const lab = this.#lab;
    if (this.#saving || lab.waiting || lab.history.lastStep < 1) return;
    this.#saving = true;
    const began = performance.now();
    try {
      const { base, changes, history } = lab;
      const { step, arrays } = await lab.ask("checkpoint", {}, { now: true });
      if (lab.base !== base || lab.history !== history || lab.waiting || !arrays.file) return;
      this.kept = { base, changes, params: lab.paramsAt(step), step, at: lab.step, playing, bytes: arrays.file.values.slice().buffer, past: history.pack() };
      await keep("runs", lab.name, this.kept);
    } catch {
      return; // the run was replaced, or the connection lost: the next one will do
    } finally {
      this.#saving = false;
      this.#next = Math.max(this.#next, performance.now() + (performance.now() - began) / SHARE);
    }
  }
}
