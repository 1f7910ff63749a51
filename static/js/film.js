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
  /** A checkpoint is on its way: nothing before it is shown. @type {{past: History|null, begun: boolean, visitors?: boolean}|null} */
  #resuming = null;

  /**
   * @param {import("./session.js").Session} session
   * @param {Record<string, import("./history.js").ArraySpec>} specs
   */
  constructor(session, specs) {
    super();
    this.#session = session;
    this.#specs = specs;
    this.history = new History(specs, 0);
    /** @type {import("./types.d.ts").WireFrame|null} */
    this.scene = null;
    this.sceneKey = "";
    session.addEventListener("ready", ({ detail }) => this.#ready(detail));
    session.addEventListener("scene", ({ detail }) => {
      this.#comingScene = detail;
      if (!this.scene) this.#showScene();
    });
    session.addEventListener("frame", ({ detail }) => this.#take(detail));
    session.addEventListener("problems", () => {
      const lost = this.#resuming && !this.#resuming.visitors;
      this.#resuming = null;
      if (lost) this.#tell("lost");
    });
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

  /**
   * Go on from a checkpoint under these parameters. "lost" tells when the server refuses it.
   * @param {Record<string, any>} params
   * @param {ArrayBuffer} bytes of the checkpoint
   * @param {History|null} past what the run had shown until then
   */
  resume(params, bytes, past) {
    this.#session.start(...this.resumeAgain(params, bytes, past));
  }

  /** The same for a new connection: the arguments of `Session.start`; the checkpoint follows by itself. */
  resumeAgain(params, bytes, past) {
    const [first, changes, options] = this.#prepare(params, [], 0);
    this.#resuming = { past, begun: false };
    queueMicrotask(() => this.#session.upload(bytes));
    return [first, changes, { ...options, budget: 0 }];
  }

  /** Put a visitor's checkpoint in place of the run; refused, the run goes on as it was. @param {ArrayBuffer} bytes */
  upload(bytes) {
    this.#waitFor = 0;
    this.#marks = [];
    this.#resuming = { past: new History(this.#specs, 0), begun: true, visitors: true };
    this.#session.upload(bytes);
  }

  /** What a new connection must ask for to show this run again: the arguments of `Session.start`. */
  again(params, changes) {
    return this.#prepare(params, changes, Math.max(0, this.history.lastStep));
  }

  #prepare(params, changes, waitFor) {
    this.#waitFor = waitFor;
    this.#marks = [...new Set(changes.map(([step]) => step))];
    this.#resuming = null;
    return [params, changes, { scene: this.sceneKey }];
  }

  #ready({ step, total, scene }) {
    this.sceneKey = scene ?? "";
    if (this.#resuming && !this.#resuming.begun) {
      this.#resuming.begun = true;
      return;
    }
    const past = this.#resuming?.past;
    this.#resuming = null;
    const base = past ?? (this.#coming && this.#coming.lastStep >= step ? this.#coming : this.history);
    this.#coming = step > 0 ? base.fork(step) : new History(this.#specs, total);
    this.#coming.total = total;
    this.#coming.marks = this.#marks;
    this.#since = performance.now();
    this.#tell("ready");
  }

  #take(frame) {
    if (this.#resuming) return;
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
