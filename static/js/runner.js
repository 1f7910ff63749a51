// @ts-check
// What a visitor does to the run: sets it up, changes it on the way, begins it again, goes on from a checkpoint. One wish
// after the other goes to the server; a live run that is left is kept for the way back.

import { History } from "./history.js";
import { Intent } from "./playhead.js";
import { sameCourse } from "./run.js";

/** @import { Film, Wish as FilmWish } from "./film.js" */
/** @import { Keeper, Kept } from "./keeper.js" */
/** @import { Aim } from "./playhead.js" */
/** @import { Course, Run } from "./run.js" */
/** @import { Session } from "./session.js" */
/** @import { Transport } from "./transport.js" */
/** @import { Boot, Changes, How, Params, Problem } from "./types.d.ts" */

/**
 * What the page asks for: `values` were just set, `fresh` has nothing to do with the run before, `entry` becomes an
 * entry of the browser's history when the server takes it, at a step.
 * @typedef {FilmWish & {values?: Params, fresh?: boolean, entry?: {step: number|null, push: boolean}}} Wish
 */

const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
/** Milliseconds that leaving a live run may take, to keep it for the way back. */
const FAREWELL = 600;

/**
 * Events: "params" (controls show another step's parameters: `detail`), "taken" (the server runs the wish in `detail`),
 * "refused" (`detail` has `problems` and, for a visitor's file, `upload`).
 */
export class Runner extends EventTarget {
  #boot;
  #live;
  #run;
  #film;
  #session;
  #transport;
  #keeper;
  #intent;
  /** What was asked for last. @type {Wish} */
  #wish;

  /** @param {Boot} boot @param {{run: Run, film: Film, session: Session, transport: Transport, keeper: Keeper}} parts */
  constructor(boot, { run, film, session, transport, keeper }) {
    super();
    this.#boot = boot;
    this.#live = boot.pace === "live";
    this.#run = run;
    this.#film = film;
    this.#session = session;
    this.#transport = transport;
    this.#keeper = keeper;
    this.#intent = new Intent({ live: this.#live, still: () => reducedMotion.matches });
    this.#wish = { course: run.course, fresh: true };
  }

  /** A setting is being dragged. */
  get held() { return this.#intent.held; }

  /** The playhead is the visitor's: nothing was asked for that is still to come. */
  get free() { return this.#intent.state === "free"; }

  /** Hear what the server says to the wishes. */
  listen() {
    const film = this.#film;
    film.addEventListener("taken", (event) => {
      const wish = /** @type {CustomEvent<Wish>} */ (event).detail;
      if (wish.fresh) this.#keeper.forget();
      this.#run.accept(wish.course);
      this.#tell("taken", wish);
      this.pull();
    });
    film.addEventListener("lost", () => { // the kept checkpoint fits no more: begin again
      this.#keeper.forget();
      this.#intent.open(null);
      this.#ask({ course: this.#run.course });
    });
    film.addEventListener("history", () => {
      this.#measure();
      if (this.#run.course === this.#run.accepted) this.#go(this.#intent.arrive()); // else it is not what was asked for last
    });
    film.addEventListener("grow", () => this.#measure());
    this.#session.addEventListener("problems", (event) => {
      const { problems, wish } = /** @type {CustomEvent<{problems: Problem[], wish?: Wish}>} */ (event).detail;
      if (wish?.ground || (wish?.checkpoint && !wish.visitors)) return; // "lost" follows
      if (wish && this.#run.refuse(wish.course, wish.values)) {
        delete wish.entry; // its moment will not come
        this.#go(this.#intent.cancel());
        this.#tell("params");
      }
      const { course, accepted } = this.#run;
      if (this.#film.onGround && course === accepted && wish?.course !== accepted) this.#film.show(this.#recovery()); // it was asked for in place of the checkpoint
      this.#tell("refused", { problems, upload: wish?.visitors });
    });
  }

  /**
   * Change parameters. A live one, moved in the middle of a run, changes the rest of the run from the playhead
   * on; one that holds throughout leaves changes and playhead where they are; anything else (or shift held) begins
   * the run again.
   * @param {Params} values top-level fields @param {How} [how]
   */
  change(values, { dragging = false, effect, shift = false, stay: stays = false, replay = false } = {}) {
    const properties = this.#boot.schema.properties;
    const kind = effect ?? (Object.keys(values).every((name) => properties?.[name]?.effect === "live") ? "live" : "restart");
    const holds = kind === "throughout" && !shift;
    const stay = stays || holds;
    const { playing, step, atEnd, midway, total } = this.#transport;
    const may = kind === "live" && !shift;
    const drag = this.#intent.grab({ playing, step, atEnd }, may && midway, stay);
    const alters = may && drag.alters;
    const at = drag.alters ? drag.from.step : step;
    this.#transport.pause();
    if (alters) this.#ask({ course: this.#run.alter(at, values), values, waitFor: drag.from.playing || this.#live ? at : Infinity });
    else {
      const toEnd = !replay && this.#intent.restart(dragging);
      const entry = drag.first && this.#leaves ? { step: null, push: true } : undefined; // the way back to what was trained
      const waitFor = toEnd ? Infinity : stay && !this.#live ? step : 0; // else the picture would go back and forth
      const course = holds ? this.#run.hold(values) : this.#run.restart(this.#step, values);
      this.#ask({ course, values, fresh: true, entry, glance: dragging && this.#live, waitFor });
      if (toEnd) this.#transport.seek(total);
    }
    if (replay) this.#intent.open(null);
    else if (!dragging) this.#intent.release();
    this.#tell("params", alters ? at : total);
  }

  /** Run these parameters, complete. @param {Params} base @param {Changes} changes @param {{step: number|null, push: boolean}} entry */
  load(base, changes, entry) {
    const { step } = entry;
    this.#ask({ course: this.#run.load(base, changes), fresh: true, entry, waitFor: step ?? 0 });
    this.#intent.open(step);
    this.#tell("params", step ?? 0);
  }

  /** Want a run that an address names, and look for one that was kept of it; null where something else was wanted meanwhile. @param {Params} base @param {Changes} changes */
  async find(base, changes) {
    const before = this.#wish;
    if (this.#leaves) await this.#farewell();
    if (this.#wish !== before) return null;
    const course = this.#run.load(base, changes);
    const kept = this.#keeps ? await this.#keeper.find(course) : null;
    return this.#run.course === course ? { course, kept } : null;
  }

  /** Go on with the kept run, else begin. @param {{course: Course, kept: Kept|null}} found @param {number|null} step where the playhead is to be */
  open({ course, kept }, step) {
    this.#intent.open(step);
    this.#ask(kept ? this.#resumption(kept, kept) : { course, fresh: true, waitFor: step ?? 0 });
    this.#tell("params", kept?.at ?? step ?? 0);
  }

  /** Go on from a visitor's checkpoint file. @param {Params} base @param {ArrayBuffer} bytes */
  upload(base, bytes) {
    this.#transport.pause();
    this.#intent.expect({ seek: "newest", play: false });
    this.#ask({ course: this.#run.load(base), checkpoint: { bytes, params: base }, past: new History(this.#boot.arrays, 0), visitors: true, fresh: true });
  }

  /** Go on from a checkpoint of this run, some settings changed. @param {ArrayBuffer} bytes @param {Params} values */
  goOnFrom(bytes, values) {
    this.#transport.pause();
    const course = this.#run.restart(this.#step, values);
    this.#intent.expect({ seek: "newest", play: false });
    this.#ask({ course, checkpoint: { bytes, params: course.base }, past: this.#film.history, values });
    this.#tell("params");
  }

  /** Computed ahead, the whole run is asked for at once; live, only what the playhead needs. */
  pull() {
    const { playing, step } = this.#transport;
    this.#session.pullTo(this.#live && !playing ? step : Infinity);
  }

  /** Keep the run as it stands, for a reload or a way back. @param {boolean} playing whether it shall go on by itself */
  keep(playing) {
    if (this.#keeps) this.#keeper.save(playing);
  }

  /** Keep a run that plays, now and then. @param {number} now milliseconds */
  tick(now) {
    if (this.#keeps && this.#transport.playing && !this.held) this.#keeper.tick(now);
  }

  /** A lost connection is taken up where the page is. */
  recover() {
    this.#session.recoverWith(() => this.#film.request(this.#recovery()));
  }

  #recovery() {
    const { course, accepted } = this.#run;
    if (course !== accepted) return this.#wish;
    const { kept } = this.#keeper;
    const fits = kept && sameCourse(kept.course, course);
    return fits ? this.#resumption(kept, null) : { course, waitFor: Math.max(0, this.#film.history.lastStep) };
  }

  /** Go on with a kept run. @param {Kept} kept @param {{at: number, playing: boolean}|null} aim @returns {Wish} */
  #resumption(kept, aim) {
    if (aim) this.#intent.expect({ seek: aim.at, play: aim.playing });
    const { bytes, params, step } = kept;
    const changes = this.#run.course.changes.filter(([at]) => at >= step);
    return { course: this.#run.course, checkpoint: { bytes, params, changes }, past: aim ? this.#keeper.past(kept) : this.#film.history };
  }

  /** Runs can be kept: they are trained while watched, and the laboratory gives checkpoints. */
  get #keeps() { return this.#live && "checkpoint" in this.#boot.questions; }

  /** Whether a run is left that is worth keeping for the way back. */
  get #leaves() { return this.#keeps && this.#film.history.lastStep > 0 && this.#session.connected; }

  /** Ask for a run, when the one that is left is kept. @param {Wish} wish */
  async #ask(wish) {
    const before = this.#wish;
    if (before.course !== this.#run.accepted) { // its moment is still to come
      if (before.entry) wish.entry ??= before.entry;
      if (wish.values) wish.values = { ...before.values, ...wish.values };
    }
    this.#wish = wish;
    const { accepted } = this.#run;
    if (wish.entry && this.#keeps && accepted && sameCourse(wish.course, accepted)) this.#keeper.drop(accepted); // begun again: what was kept of it must not come back
    else if (wish.entry && this.#leaves) await this.#farewell();
    if (this.#wish === wish) this.#film.show(wish);
  }

  /** Keep the run on screen, if that takes no longer than a moment. */
  #farewell() {
    return Promise.race([this.#keeper.save(false), new Promise((resolve) => setTimeout(resolve, FAREWELL))]);
  }

  /** The step on screen. */
  get #step() { return Math.min(this.#transport.step, Math.max(0, this.#film.history.lastStep)); }

  /** The transport learns how long the run is. */
  #measure() {
    const { total, lastStep, marks } = this.#film.history;
    this.#transport.setRun(total, lastStep, marks);
    if (this.#intent.stick) this.#transport.seek(total);
  }

  /** @param {Aim|null} aim */
  #go(aim) {
    if (!aim) return;
    const { seek, play } = aim;
    if (seek !== null) this.#transport.seek(seek === "end" ? this.#film.total : seek === "newest" ? this.#film.history.lastStep : seek);
    if (play) this.#transport.play();
  }

  /** @param {string} type @param {any} [detail] */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
