// The run on the screen and the run that is being computed. A new run replaces the old picture only when it
// has something to show, so that dragging a slider never flickers through an empty stage.

import { History } from "./history.js";

const PATIENCE = 250;

/**
 * Events: "scene" (another scene is in `scene`), "history" (another history is on screen), "grow" (it is
 * longer), "ready" (a run begins or is altered; `total` is known).
 */
export class Film extends EventTarget {
  #session;
  #specs;
  #coming = null;
  #comingScene = null;
  #since = 0;
  #waitFor = 0;
  #marks = [];

  /**
   * @param {import("./session.js").Session} session
   * @param {Record<string, import("./history.js").ArraySpec>} specs
   */
  constructor(session, specs) {
    super();
    this.#session = session;
    this.#specs = specs;
    this.history = new History(specs, 0);
    /** @type {import("./wire.js").WireFrame|null} */
    this.scene = null;
    this.sceneKey = "";
    session.addEventListener("ready", ({ detail }) => this.#ready(detail));
    session.addEventListener("scene", ({ detail }) => {
      this.#comingScene = detail;
      if (!this.scene) this.#showScene();
    });
    session.addEventListener("frame", ({ detail }) => this.#take(detail));
  }

  get total() {
    return (this.#coming ?? this.history).total;
  }

  /** True while the newest run is not yet the one on screen. */
  get waiting() {
    return this.#coming !== null;
  }

  /**
   * Begin a run.
   * @param {Record<string, any>} params
   * @param {[number, Record<string, any>][]} changes
   * @param {number} waitFor the step that the new run must reach before it is shown (or a moment has passed)
   */
  start(params, changes, waitFor) {
    this.#session.start(...this.#prepare(params, changes, waitFor));
  }

  /**
   * Go on from `step` under other parameters; `changes` is the whole list, the new one included.
   * @param {number} step
   * @param {Record<string, any>} values
   */
  alter(step, values, params, changes, waitFor) {
    const replaced = this.#coming && this.#coming.lastStep < step;
    if (replaced || this.history.lastStep < step) this.start(params, changes, waitFor);
    else {
      this.#prepare(params, changes, waitFor);
      this.#session.set(step, values);
    }
  }

  /** What a new connection must ask for to show this run again: the arguments of `Session.start`. */
  again(params, changes) {
    return this.#prepare(params, changes, Math.max(0, this.history.lastStep));
  }

  #prepare(params, changes, waitFor) {
    this.#waitFor = waitFor;
    this.#marks = [...new Set(changes.map(([step]) => step))];
    return [params, changes, { scene: this.sceneKey }];
  }

  #ready({ step, total, scene }) {
    this.sceneKey = scene ?? "";
    const base = this.#coming && this.#coming.lastStep >= step ? this.#coming : this.history;
    this.#coming = step > 0 ? base.fork(step) : new History(this.#specs, total);
    this.#coming.total = total;
    this.#coming.marks = this.#marks;
    this.#since = performance.now();
    this.#tell("ready");
  }

  #take(frame) {
    const target = this.#coming ?? this.history;
    target.append(frame);
    if (!this.#coming) {
      this.#tell("grow");
      return;
    }
    const reached = frame.final || frame.step >= Math.min(this.#waitFor, this.#coming.total);
    const empty = this.history.lastStep < 0;
    if (!reached && !empty && performance.now() - this.#since < PATIENCE) return;
    this.history = this.#coming;
    this.#coming = null;
    this.#showScene();
    this.#tell("history");
  }

  #showScene() {
    if (!this.#comingScene) return;
    this.scene = this.#comingScene;
    this.#comingScene = null;
    this.#tell("scene");
  }

  #tell(type) {
    this.dispatchEvent(new Event(type));
  }
}
