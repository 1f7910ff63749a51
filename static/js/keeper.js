// @ts-check
// Keeps live runs: the newest checkpoint of the present one in memory, for a lost connection; those of the last runs in
// the browser's database, for a reload or a way back. Each run by itself: two tabs do not meet.

import { History } from "./history.js";
import { paramsAt, sameCourse } from "./run.js";
import { findAll, forget, keep, nameOf, tidy } from "./store.js";

/** @import { Course } from "./run.js" */
/** @import { ArraySpec, Params, WireFrame } from "./types.d.ts" */

const PAUSE = 10_000;
/** Saving may take this share of the time at most. */
const SHARE = 0.03;
const TAB = "descentlab.tab";

/**
 * params are those in force at `step`, where the run stands; the playhead stands at `at`.
 * @typedef {{key: string, time: number, course: Course, params: Params, step: number, at: number, playing: boolean,
 *   bytes: ArrayBuffer, past: ReturnType<History["pack"]>}} Kept
 */

/**
 * What the keeper must know of the page.
 * @typedef {object} KeptRun
 * @property {string} name of the laboratory
 * @property {Course|null} course on screen; null while another is on its way
 * @property {History} history
 * @property {number} step
 * @property {boolean} playing
 * @property {() => Promise<WireFrame>} checkpoint asks the server for one
 */

export class Keeper {
  /** The newest of the present run. @type {Kept|null} */
  kept = null;
  #source;
  #specs;
  #next = 0;
  /** @type {Promise<void>|null} */
  #saving = null;

  /** @param {KeptRun} source @param {Record<string, ArraySpec>} specs of its arrays */
  constructor(source, specs) {
    this.#source = source;
    this.#specs = specs;
  }

  /** The run of an earlier visit that had this very course, this tab's own before another's. @param {Course} course @returns {Promise<Kept|null>} */
  async find(course) {
    const alike = (await this.#all()).filter((kept) => sameCourse(kept.course, course));
    this.kept = alike.find(({ key }) => key.endsWith(tab())) ?? alike[0] ?? null;
    return this.kept;
  }

  /** What a kept run had shown. @param {Kept} kept */
  past({ past }) {
    return History.unpack(this.#specs, past);
  }

  /** Another run begins. */
  forget() {
    this.kept = null;
  }

  /** The run is begun again: what was kept of it must not come back. @param {Course} course */
  async drop(course) {
    this.forget();
    await forget("runs", this.#key(course));
  }

  /** Save now and then. @param {number} now milliseconds */
  tick(now) {
    if (now > this.#next && !this.#saving) {
      this.#next = now + PAUSE;
      this.save(true);
    }
  }

  /** Save the run as it stands. @param {boolean} playing whether it shall go on by itself after a reload */
  save(playing) {
    const saving = (this.#saving ?? Promise.resolve()).then(() => this.#save(playing)) // one after the other: the last word counts
      .finally(() => { if (this.#saving === saving) this.#saving = null; });
    this.#saving = saving;
    return saving;
  }

  /** @param {boolean} playing */
  async #save(playing) {
    const { course, history } = this.#source;
    if (!course || history.lastStep < 1) return;
    const began = performance.now();
    try {
      const { step, arrays } = await this.#source.checkpoint();
      if (this.#source.history !== history || !arrays.file) return;
      const key = this.#key(course);
      const kept = { key, time: Date.now(), course, params: paramsAt(course, step), step, at: this.#source.step,
        playing: playing && this.#source.playing, // it may have been stopped meanwhile
        bytes: bytesOf(arrays.file), past: history.pack(this.#source.step) };
      if (this.#source.course === course) this.kept = kept;
      await keep("runs", key, kept);
      await tidy("runs");
    } catch {
      return; // the run was replaced, or the connection lost: the next one will do
    } finally {
      this.#next = Math.max(this.#next, performance.now() + (performance.now() - began) / SHARE);
    }
  }

  /** All kept runs of the laboratory, the newest first. @returns {Promise<Kept[]>} */
  async #all() {
    return (await findAll("runs", `${this.#source.name}/`)).sort((a, b) => b.time - a.time);
  }

  /** @param {Course} course */
  #key(course) {
    return `${this.#source.name}/${nameOf(JSON.stringify([course.base, course.changes]))}/${tab()}`;
  }
}

/** The bytes of a file that came as an array. @param {import("./types.d.ts").WireArray} file */
export function bytesOf(file) {
  return /** @type {ArrayBuffer} */ (file.values.slice().buffer);
}

/** A name of this tab, kept over reloads; taken out while the page lives, so that a copy of the tab has another. */
const tab = (() => {
  let name = Math.random().toString(36).slice(2, 10);
  const take = () => {
    try {
      name = sessionStorage.getItem(TAB) ?? name;
      sessionStorage.removeItem(TAB);
    } catch { /* refused: a new name at each visit */ }
  };
  take();
  addEventListener("pageshow", take);
  addEventListener("pagehide", () => {
    try { sessionStorage.setItem(TAB, name); } catch { /* refused */ }
  });
  return () => name;
})();
