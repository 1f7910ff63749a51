// @ts-check
// The run on the screen and the run that is being computed. A new run replaces the old picture only when it
// has something to show, so that dragging a slider never flickers through an empty stage.

import { History } from "./history.js";
import { liveChange } from "./run.js";
import { set, start } from "./session.js";

/** @import { Course } from "./run.js" */
/** @import { Request, Session } from "./session.js" */
/** @import { ArraySpec, Changes, Params, Ready, WireFrame } from "./types.d.ts" */

const PATIENCE = 250;

/**
 * What is to be shown. The page may put more into it: it comes back with the event that tells of it.
 * @typedef {object} Wish
 * @property {Course} course
 * @property {number} [waitFor] the step that the run must reach before it is shown (or a moment has passed)
 * @property {boolean} [glance] another may follow at once: only the start is asked for
 * @property {{bytes: ArrayBuffer, params: Params, changes?: Changes}} [checkpoint] where the run goes on, the parameters in
 *   force there, and the changes that follow
 * @property {History} [past] what the run had shown until then
 * @property {boolean} [visitors] the checkpoint is a visitor's file
 * @property {boolean} [ground] only for a checkpoint to stand on: shown to nobody
 */

/**
 * Events: "scene" (another scene is in `scene`), "history" (another history is on screen), "grow" (it is
 * longer), and with the wish as `detail`: "taken" (the server runs it; `total` is known), "lost" (the checkpoint fits
 * no more).
 */
export class Film extends EventTarget {
  #session;
  #specs;
  /** @type {History|null} */
  #coming = null;
  /** @type {WireFrame|null} */
  #comingScene = null;
  #since = 0;
  #waitFor = 0;
  /** A checkpoint follows: nothing before it is shown. */
  #ground = false;
  /** What the server runs. @type {Course|null} */
  #served = null;
  /** The step of the checkpoint on which it stands: the server knows nothing before. */
  #floor = 0;

  /**
   * @param {Session} session
   * @param {Record<string, ArraySpec>} specs
   */
  constructor(session, specs) {
    super();
    this.#session = session;
    this.#specs = specs;
    this.history = new History(specs, 0);
    /** @type {WireFrame|null} */
    this.scene = null;
    this.sceneKey = "";
    /** @type {Record<string, (detail: any) => void>} */
    const heard = {
      ready: (detail) => this.#ready(detail),
      scene: (detail) => {
        this.#comingScene = detail;
        if (!this.scene) this.#showScene();
      },
      frame: (detail) => this.#take(detail),
      problems: ({ wish }) => {
        if (wish?.ground || (wish?.checkpoint && !wish.visitors)) this.#tell("lost", wish);
      },
      status: () => {
        this.#served = null;
        this.#ground = false;
      },
    };
    for (const [type, listener] of Object.entries(heard)) {
      session.addEventListener(type, (event) => listener(/** @type {CustomEvent} */ (event).detail));
    }
  }

  get total() {
    return (this.#coming ?? this.history).total;
  }

  /** True while the newest run is not yet the one on screen. */
  get waiting() {
    return this.#coming !== null;
  }

  /** True while the server stands on what is there for a checkpoint only: nothing of it is shown. */
  get onGround() {
    return this.#ground;
  }

  /** Ask the server for what is to be shown. @param {Wish} wish */
  show(wish) {
    this.#session.request(this.request(wish));
  }

  /** What must be asked of the server for it: also what a new connection asks. @param {Wish} wish @returns {Request<Wish>} */
  request(wish) {
    const { course, checkpoint } = wish;
    if (!checkpoint) return { message: () => this.#message(wish), wish };
    /** @type {Request<Wish>} */
    const upload = { message: () => ({ type: "upload", changes: checkpoint.changes ?? [] }), bytes: checkpoint.bytes, wish };
    if (wish.visitors) return upload;
    return { message: () => start(checkpoint.params, [], this.sceneKey, 0), wish: { course, ground: true }, then: upload };
  }

  /** The shortest way to a course: a live change where its past is on screen, else a start. @param {Wish} wish */
  #message({ course, glance }) {
    const change = liveChange(this.#served, course);
    const reached = (this.#coming ?? this.history).lastStep;
    if (change && change.step <= reached && change.step >= this.#floor) return set(change.step, change.values);
    return start(course.base, course.changes, this.sceneKey, glance ? 0 : undefined);
  }

  /** @param {Ready & {wish: Wish}} ready */
  #ready({ step, total, scene, wish }) {
    this.sceneKey = scene ?? "";
    this.#ground = wish.ground ?? false;
    this.#served = this.#ground ? null : wish.course; // nothing else can stand on what is there for a checkpoint
    if (this.#ground) return;
    if (wish.checkpoint) this.#floor = step;
    else if (step === 0) this.#floor = 0;
    const base = wish.past ?? (this.#coming && this.#coming.lastStep >= step ? this.#coming : this.history);
    this.#coming = step > 0 ? base.fork(step) : new History(this.#specs, total);
    this.#coming.total = total;
    this.#coming.marks = wish.course.changes.map(([at]) => at);
    this.#waitFor = wish.waitFor ?? 0;
    this.#since = performance.now();
    this.#tell("taken", wish);
  }

  /** @param {WireFrame} frame */
  #take(frame) {
    if (this.#ground) return;
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

  /** @param {string} type @param {Wish} [detail] */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
