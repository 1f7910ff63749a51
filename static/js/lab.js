// @ts-check
// A laboratory's page: what is set, what runs, and where the playhead stands, wired together. It knows panel kinds and
// schemas, never a laboratory's name.

import { withNobodyHidden, withTexts } from "./address.js";
import { hideBanner } from "./banners.js";
import { createControls } from "./controls.js";
import { Film } from "./film.js";
import { showFocus } from "./focus.js";
import { History } from "./history.js";
import { boot as bootBlock, t } from "./i18n.js";
import { Keeper } from "./keeper.js";
import { buildColumns, byId, listenToKeys, sayProblems, sayTextMissing, watchConnection } from "./page.js";
import { Painter } from "./painter.js";
import { Intent } from "./playhead.js";
import { Run, sameCourse } from "./run.js";
import { SeriesNames } from "./seriesnames.js";
import { Session, streamAt } from "./session.js";
import { Stage } from "./stage.js";
import { PageMemory } from "./state.js";
import { Transport } from "./transport.js";
import "./theme.js";

/** @import { Wish as FilmWish } from "./film.js" */
/** @import { Kept } from "./keeper.js" */
/** @import { Aim } from "./playhead.js" */
/** @import { Boot, How, PageState, Params, Problem, WireFrame } from "./types.d.ts" */

/**
 * What the page asks for: `values` were just set, `fresh` has nothing to do with the run before, `entry` becomes an
 * entry of the browser's history when the server takes it, at a step.
 * @typedef {FilmWish & {values?: Params, fresh?: boolean, entry?: {step: number|null, push: boolean}}} Wish
 */

const boot = /** @type {Boot} */ (bootBlock);
const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
/** The run is computed while it is watched, and kept in the browser. */
const live = boot.pace === "live";
/** Milliseconds that leaving a live run may take, to keep it for the way back. */
const FAREWELL = 600;

/**
 * What panels, claims and menus see. Events: "scene", "history", "grow", "step", "params", "focus", "view", "play", "pause".
 */
class Lab extends EventTarget {
  name = boot.name;
  boot = boot;
  t = t;
  /** What the visitor chose about the pictures (tabs, scales): plain JSON, kept in the address. */
  view = { ...boot.view };
  /** The series in focus, by index. */
  focus = 0;

  #run = new Run({ ...boot.defaults, ...boot.params }, boot.changes);
  #intent = new Intent({ live, still: () => reducedMotion.matches });
  #names = new SeriesNames();
  #memory = new PageMemory(boot.name, boot.defaults);
  #transport = new Transport(byId("transport"), { pace: boot.pace });
  #session = new Session(streamAt(boot.stream));
  #film = new Film(this.#session, boot.arrays);
  #stage = new Stage(this, { stage: byId("stage"), row: byId("rows"), side: byId("side"), tabs: byId("tabs") });
  #keeper = new Keeper(this, boot.arrays);
  #painter = new Painter(this, this.#stage, this.#transport);
  #controls = createControls(byId("controls"), boot.schema, this.#run.course.base, {
    t, series: (i) => this.series(i), lab: this, onChange: (changes, how) => this.change(changes, how),
  });
  /** What was asked for last. @type {Wish} */
  #wish = { course: this.#run.course, fresh: true };
  /** How many of the changes the controls show. */
  #shownChanges = 0;

  /** The run that the server took last: parameters at the start and live changes. */
  get base() { return (this.#run.accepted ?? this.#run.course).base; }

  get changes() { return (this.#run.accepted ?? this.#run.course).changes; }

  /** The run on screen; null while another comes. */
  get course() { return this.waiting ? null : this.#run.accepted; }

  get params() { return this.paramsAt(this.step); }

  get scene() { return this.#film.scene; }

  get history() { return this.#film.history; }

  get step() { return Math.min(this.#transport.step, Math.max(0, this.#film.history.lastStep)); }

  get total() { return this.#film.total; }

  /** True while the newest run has nothing on screen yet. */
  get waiting() { return this.#film.waiting; }

  get playing() { return this.#transport.playing; }

  /** The parameters in force at a step: those of the start with every change up to it. @param {number} step */
  paramsAt(step) { return this.#run.at(step); }

  /** Name, colour and dash of a series; the scene tells. @param {number} i */
  series(i) { return this.#names.of(this.scene, i); }

  /** @param {number} i */
  setFocus(i) {
    if (i === this.focus) return;
    this.focus = i;
    this.#emit("focus");
    showFocus(byId("focus"), this);
  }

  /** Remember a choice about the pictures; undefined forgets it. @param {string} key @param {any} value */
  setView(key, value) {
    if (value === undefined) delete this.view[key];
    else this.view[key] = value;
    this.#remember();
    this.#emit("view");
  }

  /**
   * Ask the run a question that the laboratory declares. Where the playhead stands in the past, the
   * nearest state that the server kept is asked: the answer tells its step.
   * @param {string} question its name
   * @param {Record<string, any>} [params] of the question
   * @param {{now?: boolean}} [how] now: ask the newest state in any case
   * @returns {Promise<WireFrame>} rejected with a list of problems where the server refuses
   */
  ask(question, params = {}, { now = false } = {}) {
    return this.#session.ask(question, params, now || this.step >= this.history.lastStep ? null : this.step);
  }

  /** A checkpoint of the newest state. */
  checkpoint() { return this.ask("checkpoint", {}, { now: true }); }

  /** The first picture of the stage in view that can be saved. */
  stagePicture() { return this.#stage.picture(); }

  /** Stop, and put the playhead at a step. @param {number} step */
  seek(step) {
    this.#transport.pause();
    this.#transport.seek(step);
  }

  /**
   * Change parameters. A live one, moved in the middle of a run, changes the rest of the run from the playhead
   * on; anything else (or shift held) begins the run again.
   * @param {Params} values top-level fields
   * @param {How} [how]
   */
  change(values, { dragging = false, effect, shift = false } = {}) {
    const kind = effect ?? (Object.keys(values).every((name) => boot.schema.properties?.[name]?.effect === "live") ? "live" : "restart");
    const { playing, step, atEnd, midway } = this.#transport;
    const may = kind === "live" && !shift;
    const drag = this.#intent.grab({ playing, step, atEnd }, may && midway);
    const alters = may && drag.alters;
    const at = drag.alters ? drag.from.step : step;
    this.#transport.pause();
    if (alters) this.#ask({ course: this.#run.alter(at, values), values, waitFor: drag.from.playing || live ? at : Infinity });
    else {
      const toEnd = this.#intent.restart(dragging);
      const entry = drag.first && this.#leaves ? { step: null, push: true } : undefined; // the way back to what was trained
      this.#ask({ course: this.#run.restart(this.step, values), values, fresh: true, entry, waitFor: toEnd ? Infinity : 0 });
      if (toEnd) this.#transport.seek(this.#transport.total);
    }
    this.#showParams(alters ? at : this.#transport.total);
    if (!dragging) this.#intent.release();
    this.#emit("params");
  }

  /**
   * Set the laboratory up anew: these parameters over the defaults, no changes on the way.
   * @param {Params} params @param {Partial<Omit<PageState, "params">> & {push?: boolean}} [state] push: as an entry of
   *   the browser's history
   */
  load(params, { changes = [], view = withNobodyHidden(this.view), step = null, push = true } = {}) {
    this.#transport.pause();
    const course = this.#run.load({ ...boot.defaults, ...params }, changes);
    this.#ask({ course, fresh: true, entry: { step, push }, waitFor: step ?? 0 });
    this.#look(view);
    this.#intent.open(step);
    this.#showParams(step ?? 0);
    this.#emit("params");
  }

  /** Begin the same run again: the same settings, the same seed. */
  startOver() {
    this.#keeper.drop({ base: this.base, changes: this.changes });
    this.load(this.params, { view: this.view });
  }

  /** Go on from a visitor's checkpoint file. @param {ArrayBuffer} bytes */
  upload(bytes) {
    this.#transport.pause();
    this.#intent.expect({ seek: "newest", play: false });
    this.#ask({ course: this.#run.load(this.base), checkpoint: { bytes, params: this.base }, past: new History(boot.arrays, 0), visitors: true, fresh: true });
  }

  /** Go on from a checkpoint of this run, some settings changed. @param {ArrayBuffer} bytes @param {Params} [values] */
  goOnFrom(bytes, values = {}) {
    this.#transport.pause();
    const course = this.#run.restart(this.step, values);
    this.#intent.expect({ seek: "newest", play: false });
    this.#ask({ course, checkpoint: { bytes, params: course.base }, past: this.history, values });
    this.#showParams(this.step);
    this.#emit("params");
  }

  /** Show what the server refused: near each control, and in words on top. @param {Problem[]} problems */
  showProblems(problems, upload = false) {
    byId("stage-wait")?.remove();
    this.#controls.showProblems(problems);
    sayProblems(problems, upload);
  }

  /** Begin with what the address says. */
  async begin() {
    this.#listenToFilm();
    this.#listenToSession();
    this.#listenToTransport();
    this.#listenToPage();
    buildColumns(this, { memory: this.#memory, link: () => {
      this.#remember();
      return this.#memory.link();
    } });
    this.#painter.begin((now) => { if (this.#keeps && this.playing && !this.#intent.held) this.#keeper.tick(now); });
    await this.#set({ params: this.#run.course.base, changes: boot.changes, view: boot.view, step: boot.step || null });
    this.#session.recoverWith(() => this.#film.request(this.#recovery()));
  }

  /** Set everything as an address says, and go on with the kept run where there is one. @param {PageState} state */
  async #set({ params, changes, view, step }) {
    const { kept: names, ...looks } = view;
    const { texts, missing } = await this.#memory.texts(names);
    if (missing.length) sayTextMissing();
    if (this.#leaves) await this.#farewell();
    const course = this.#run.load(withTexts(params, texts), changes);
    const kept = this.#keeps ? await this.#keeper.find(course) : null;
    this.#transport.pause();
    this.#look(looks);
    this.#intent.open(step);
    this.#ask(kept ? this.#resumption(kept, kept) : { course, fresh: true, waitFor: step ?? 0 });
    this.#showParams(kept?.at ?? step ?? 0);
    this.#emit("params");
  }

  /** Go on with a kept run. @param {Kept} kept @param {{at: number, playing: boolean}|null} aim @returns {Wish} */
  #resumption(kept, aim) {
    if (aim) this.#intent.expect({ seek: aim.at, play: aim.playing });
    const { bytes, params } = kept;
    return { course: this.#run.course, checkpoint: { bytes, params }, past: aim ? this.#keeper.past(kept) : this.history };
  }

  /** What a new connection must ask for to be where the page is. */
  #recovery() {
    const { course, accepted } = this.#run;
    if (course !== accepted) return this.#wish;
    const { kept } = this.#keeper;
    const fits = kept && sameCourse(kept.course, course);
    return fits ? this.#resumption(kept, null) : { course, waitFor: Math.max(0, this.history.lastStep) };
  }

  /** Runs can be kept: they are trained while watched, and the laboratory gives checkpoints. */
  get #keeps() { return live && "checkpoint" in boot.questions; }

  /** Whether a run is left that is worth keeping for the way back. */
  get #leaves() { return this.#keeps && this.history.lastStep > 0 && this.#session.connected; }

  /** Ask for a run, when the one that is left is kept. @param {Wish} wish */
  async #ask(wish) {
    const before = this.#wish;
    if (before.entry && before.course !== this.#run.accepted) wish.entry ??= before.entry; // its moment is still to come
    this.#wish = wish;
    if (wish.entry && this.#leaves) await this.#farewell();
    if (this.#wish === wish) this.#film.show(wish);
  }

  /** Keep the run on screen, if that takes no longer than a moment. */
  #farewell() {
    return Promise.race([this.#keeper.save(false), new Promise((resolve) => setTimeout(resolve, FAREWELL))]);
  }

  /** Look at other pictures. @param {PageState["view"]} view */
  #look(view) {
    this.view = { ...view };
    this.focus = 0;
    this.#emit("view");
    this.#stage.show();
  }

  /** The controls follow the playhead: they show what is in force there. */
  #showParams(step = this.step) {
    this.#controls.update(this.#run.shown(step));
    this.#shownChanges = this.#run.changesAt(step);
  }

  /** @param {Aim|null} aim */
  #go(aim) {
    if (!aim) return;
    const { seek, play } = aim;
    if (seek !== null) this.#transport.seek(seek === "end" ? this.total : seek === "newest" ? this.history.lastStep : seek);
    if (play) this.#transport.play();
  }

  /** What the address says: only what the server took. @returns {PageState} */
  #state(step = this.#transport.midway && !this.#transport.playing ? this.#transport.step : null) {
    return { params: this.base, changes: this.changes, view: this.view, step };
  }

  #remember() {
    if (this.#run.accepted) this.#memory.write(this.#state());
  }

  /** @param {string} type */
  #emit(type) {
    this.dispatchEvent(new Event(type));
  }

  #listenToFilm() {
    const film = this.#film;
    const show = () => {
      this.#transport.setRun(film.history.total, film.history.lastStep, film.history.marks);
      if (this.#intent.stick) this.#transport.seek(film.history.total);
    };
    film.addEventListener("taken", (event) => {
      const { course, fresh, entry } = /** @type {CustomEvent<Wish>} */ (event).detail;
      if (fresh) this.#keeper.forget();
      this.#run.accept(course);
      if (!Object.keys(this.#run.refused).length) {
        this.#controls.showProblems([]);
        hideBanner("problems");
      }
      if (entry) this.#memory.enter(this.#state(entry.step), entry.push);
      else if (!this.#intent.held) this.#remember();
      this.#pull();
    });
    film.addEventListener("lost", () => { // the kept checkpoint fits no more: begin again
      this.#keeper.forget();
      this.#intent.open(null);
      this.#ask({ course: this.#run.course });
    });
    film.addEventListener("scene", () => {
      byId("stage-wait")?.remove();
      this.#stage.each("scene");
      this.#emit("scene");
      showFocus(byId("focus"), this);
    });
    film.addEventListener("history", () => {
      byId("stage-wait")?.remove();
      show();
      this.#go(this.#intent.arrive());
      this.#painter.touchHistory(true);
      this.#emit("history");
      document.documentElement.dataset.lab = "running";
    });
    film.addEventListener("grow", () => {
      show();
      this.#painter.touchHistory(false);
      this.#emit("grow");
    });
  }

  #listenToSession() {
    this.#session.addEventListener("problems", (event) => {
      const { problems, wish } = /** @type {CustomEvent<{problems: Problem[], wish?: Wish}>} */ (event).detail;
      if (wish?.ground || (wish?.checkpoint && !wish.visitors)) return; // "lost" follows
      if (wish && this.#run.refuse(wish.course, wish.values)) {
        this.#go(this.#intent.cancel());
        this.#showParams();
        this.#emit("params");
      }
      this.showProblems(problems, wish?.visitors);
    });
    watchConnection(this.#session);
  }

  #listenToTransport() {
    const transport = this.#transport;
    transport.addEventListener("step", () => {
      this.#painter.touchStep();
      if (this.#intent.state === "free" && this.#run.changesAt(this.step) !== this.#shownChanges) {
        this.#showParams();
        this.#emit("params");
      }
      this.#emit("step");
      if (!transport.playing && !this.#intent.held) this.#remember();
      if (live && !transport.playing) this.#pull();
    });
    for (const type of ["play", "pause"]) {
      transport.addEventListener(type, () => {
        this.#pull();
        this.#emit(type);
        if (this.#intent.held) return;
        this.#remember();
        if (this.#keeps && type === "pause") this.#keeper.save(false);
      });
    }
  }

  /** Computed ahead, the whole run is asked for at once; live, only what the playhead needs. */
  #pull() {
    this.#session.pullTo(live && !this.#transport.playing ? this.#transport.step : Infinity);
  }

  #listenToPage() {
    addEventListener("theme", () => {
      this.#controls.refresh();
      this.#stage.each("theme");
    });
    addEventListener("popstate", () => {
      const box = document.activeElement; // one that has the focus keeps what was typed
      if (box instanceof HTMLElement && byId("controls").contains(box)) box.blur();
      const state = this.#memory.moved ? this.#memory.read() : null; // a jump within the page changes nothing
      if (state) this.#set(state);
    });
    document.addEventListener("visibilitychange", () => { if (document.hidden && this.#keeps) this.#keeper.save(this.playing); });
    listenToKeys(this.#transport);
  }
}

new Lab().begin();
