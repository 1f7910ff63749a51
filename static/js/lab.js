// A laboratory's page: what is set, what runs, and where the playhead stands. It knows panel kinds and schemas,
// never a laboratory's name.

import { hideBanner } from "./banners.js";
import { createControls } from "./controls.js";
import { Film } from "./film.js";
import { showFocus } from "./focus.js";
import { boot, t } from "./i18n.js";
import { Keeper } from "./keeper.js";
import { buildColumns, byId, fetchTexts, listenToKeys, sayProblems, watchConnection } from "./page.js";
import { Painter } from "./painter.js";
import { SeriesNames } from "./seriesnames.js";
import { Session } from "./session.js";
import { Stage } from "./stage.js";
import { PageMemory, withNobodyHidden } from "./state.js";
import { Transport } from "./transport.js";
import "./theme.js";

const still = matchMedia("(prefers-reduced-motion: reduce)");
/** The run is computed while it is watched, and kept in the browser. */
const live = boot.pace === "live";

/**
 * What panels, claims and menus see. Events: "scene", "history", "grow", "step", "params", "focus", "view".
 */
class Lab extends EventTarget {
  name = boot.name;
  boot = boot;
  t = t;
  /** Parameters at the start of the run. @type {Record<string, any>} */
  base = { ...boot.defaults, ...boot.params };
  /** Live changes: after so many steps, these fields took these values. @type {[number, Record<string, any>][]} */
  changes = boot.changes ?? [];
  /** What the visitor chose about the pictures (tabs, scales): plain JSON, kept in the address. */
  view = { ...boot.view };
  /** The series in focus, by index. */
  focus = 0;

  #names = new SeriesNames();
  #memory = new PageMemory(boot.name, boot.defaults);
  #transport = new Transport(byId("transport"), { pace: boot.pace });
  #session = new Session(boot.stream);
  #film = new Film(this.#session, boot.arrays);
  #stage = new Stage(this, { stage: byId("stage"), row: byId("rows"), side: byId("side"), tabs: byId("tabs") });
  #keeper = new Keeper(this);
  #painter = new Painter(this, this.#stage, this.#transport);
  #controls = createControls(byId("controls"), boot.schema, this.base, {
    t, series: (i) => this.series(i), lab: this, onChange: (changes, how) => this.change(changes, how),
  });
  /** Where the playhead goes when the newest run comes on screen. @type {(() => void)|null} */
  #arrival = null;
  /** How things stood when a drag began. @type {{playing: boolean, step: number, atEnd: boolean}|null} */
  #drag = null;
  #stickToEnd = false;
  /** How many of the changes the controls show. */
  #shownChanges = 0;
  /** What the server took last: a refused setting falls back to it. @type {{base: object, changes: any[]}|null} */
  #accepted = null;
  /** A run was asked for that has nothing to do with the one before. */
  #fresh = false;

  get params() { return this.paramsAt(this.step); }

  get scene() { return this.#film.scene; }

  get history() { return this.#film.history; }

  get step() { return Math.min(this.#transport.step, Math.max(0, this.#film.history.lastStep)); }

  get total() { return this.#film.total; }

  /** The parameters in force at a step: those of the start with every change up to it. */
  paramsAt(step) {
    return Object.assign({ ...this.base }, ...this.changes.filter(([at]) => at <= step).map(([, values]) => values));
  }

  /** Name, colour and dash of a series; the scene tells. @param {number} i */
  series(i) {
    return this.#names.of(this.scene, i);
  }

  setFocus(i) {
    if (i === this.focus) return;
    this.focus = i;
    this.#emit("focus");
    showFocus(byId("focus"), this);
  }

  /** Remember a choice about the pictures; undefined forgets it. */
  setView(key, value) {
    if (value === undefined) delete this.view[key];
    else this.view[key] = value;
    this.#remember();
    this.#emit("view");
  }

  /** True while the newest run has nothing on screen yet. */
  get waiting() { return this.#film.waiting; }

  get playing() { return this.#transport.playing; }

  /**
   * Ask the run a question that the laboratory declares. Where the playhead stands in the past, the
   * nearest state that the server kept is asked: the answer tells its step.
   * @param {string} question its name
   * @param {Record<string, any>} [params] of the question
   * @param {{now?: boolean}} [how] now: ask the newest state in any case
   * @returns {Promise<import("./types.d.ts").WireFrame>} rejected with a list of problems where the server refuses
   */
  ask(question, params = {}, { now = false } = {}) {
    return this.#session.ask(question, params, now || this.step >= this.history.lastStep ? null : this.step);
  }

  /** Go on from a visitor's checkpoint file. @param {ArrayBuffer} bytes */
  upload(bytes) {
    this.#transport.pause();
    this.#keeper.forget();
    this.changes = [];
    this.#arrival = () => this.#transport.seek(this.history.lastStep);
    this.#film.upload(bytes);
  }

  /** Go on from a checkpoint of this run, some settings changed. @param {ArrayBuffer} bytes */
  goOnFrom(bytes, changes = {}) {
    this.#transport.pause();
    this.base = { ...this.params, ...changes };
    this.changes = [];
    this.#arrival = () => this.#transport.seek(this.history.lastStep);
    this.#film.resume(this.base, bytes, this.history);
    this.#showParams(this.step);
    this.#emit("params");
  }

  /** Begin the same run again: the same settings, the same seed. */
  startOver() {
    this.load(this.params, { view: this.view });
  }

  /** Stop, and put the playhead at a step. */
  seek(step) {
    this.#transport.pause();
    this.#transport.seek(step);
  }

  /**
   * Change parameters. A live one, moved in the middle of a run, changes the rest of the run from the playhead
   * on; anything else (or shift held) begins the run again.
   * @param {Record<string, any>} changes top-level fields
   * @param {{dragging?: boolean, effect?: "live"|"restart", shift?: boolean}} [how]
   */
  change(changes, { dragging = false, effect, shift = false } = {}) {
    const kind = effect ?? (Object.keys(changes).every((name) => boot.schema.properties[name]?.effect === "live") ? "live" : "restart");
    const at = this.#drag?.live ? this.#drag.step : this.#transport.step;
    const alters = kind === "live" && !shift && (this.#drag ? this.#drag.live : this.#transport.midway);
    if (!this.#drag) this.#drag = { playing: this.#transport.playing, step: at, atEnd: this.#transport.atEnd, live: alters };
    this.#transport.pause();
    if (alters) this.#alter(at, changes);
    else this.#restart(changes, dragging);
    this.#showParams(alters ? at : this.#transport.total);
    if (!dragging) this.#settle();
    this.#emit("params");
  }

  /** Set the laboratory up anew: these parameters over the defaults, no changes on the way. */
  load(params, { changes = [], view = withNobodyHidden(this.view), step = null, push = true } = {}) {
    this.base = { ...boot.defaults, ...params };
    this.changes = changes;
    this.view = { ...view };
    this.focus = 0;
    this.#stickToEnd = false;
    this.#drag = null;
    if (push) this.#memory.push(this.#state(step));
    this.#showParams(step ?? 0);
    this.#arrival = () => this.#open(step);
    this.#transport.pause();
    this.#fresh = true;
    this.#film.start(this.base, this.changes, step ?? 0);
    for (const type of ["params", "view"]) this.#emit(type);
    this.#stage.show();
  }

  /** The first picture of the stage in view that can be saved. */
  stagePicture() {
    return this.#stage.picture();
  }

  /** The controls follow the playhead: they show what is in force there. */
  #showParams(step = this.step) {
    this.#controls.update(this.paramsAt(step));
    this.#shownChanges = this.#changesInForce(step);
  }

  #changesInForce = (step = this.step) => this.changes.filter(([at]) => at <= step).length;

  #alter(step, values) {
    const earlier = this.changes.filter(([at]) => at < step);
    const here = this.changes.find(([at]) => at === step)?.[1] ?? {};
    const merged = { ...here, ...values };
    this.changes = [...earlier, [step, merged]];
    this.#film.alter(step, merged, this.base, this.changes, this.#drag?.playing || live ? step : Infinity);
  }

  #restart(changes, dragging) {
    this.base = { ...this.params, ...changes };
    this.changes = [];
    const toEnd = !live && (dragging || this.#drag?.atEnd);
    this.#fresh = true;
    this.#stickToEnd ||= toEnd;
    this.#film.start(this.base, [], toEnd ? Infinity : 0);
    if (this.#stickToEnd) this.#transport.seek(this.#transport.total);
  }

  /** A drag has ended (or a click was all): where the playhead goes from here. */
  #settle() {
    const { playing, step, atEnd, live: altered } = this.#drag ?? {};
    this.#drag = null;
    if (altered) {
      if (playing) this.#arrival = () => this.#transport.play();
      return;
    }
    this.#arrival = () => {
      this.#stickToEnd = false;
      if (live) this.#transport.seek(0);
      if (live && (playing || atEnd || step === 0)) this.#transport.play();
      if (live) return;
      if (atEnd) this.#transport.seek(this.total);
      else if (playing || step === 0) this.#open(null);
      else this.#transport.seek(step);
    };
  }

  /** Show a run as a visitor meets it: at a step if the link names one, else played from the start. */
  #open(step) {
    if (step !== null && step !== undefined) this.#transport.seek(step);
    else if (still.matches) this.#transport.seek(live ? 0 : this.total);
    else {
      this.#transport.seek(0);
      this.#transport.play();
    }
  }

  #state(step = this.#transport.midway && !this.#transport.playing ? this.#transport.step : null) {
    return { params: this.base, changes: this.changes, view: this.view, step };
  }

  #remember() {
    this.#memory.write(this.#state());
  }

  #emit(type) {
    this.dispatchEvent(new Event(type));
  }

  async begin() {
    this.#listenToFilm();
    this.#listenToSession();
    this.#listenToTransport();
    this.#listenToPage();
    buildColumns(this, { memory: this.#memory, link: () => {
      this.#memory.write(this.#state());
      return this.#memory.link();
    } });
    this.#arrival = () => this.#open(boot.step || null);
    this.#painter.begin((now) => { if (live && this.playing && !this.#drag) this.#keeper.tick(now); });
    if (await fetchTexts(this, boot.view)) this.#controls.update(this.base);
    const kept = live ? await this.#keeper.find(this.base, this.changes) : null;
    if (kept) this.#resumeFrom(kept);
    this.#session.recoverWith(() => this.#newConnection());
  }

  /** Go on with the run of the last visit. @param {import("./keeper.js").Kept} kept */
  #resumeFrom(kept) {
    this.base = { ...kept.params };
    this.changes = [];
    this.#arrival = () => {
      this.#transport.seek(kept.at);
      if (kept.playing) this.#transport.play();
    };
  }

  /** What a new connection must ask for to be where the page is. */
  #newConnection() {
    const { kept } = this.#keeper;
    if (!kept || this.#fresh) return this.#film.again(this.base, this.changes);
    if (!this.#arrival) this.#resumeFrom({ ...kept, playing: this.#transport.playing });
    this.#transport.pause();
    return this.#film.resumeAgain(kept.params, kept.bytes, this.#keeper.past(kept));
  }

  #listenToFilm() {
    const film = this.#film;
    const show = () => this.#transport.setRun(film.history.total, film.history.lastStep, film.history.marks);
    film.addEventListener("ready", () => {
      if (this.#fresh) this.#keeper.forget();
      this.#fresh = false;
      this.#accepted = { base: this.base, changes: this.changes };
      this.#controls.showProblems([]);
      hideBanner("problems");
      if (!this.#drag) this.#remember();
      this.#pull();
    });
    film.addEventListener("lost", () => { // the kept checkpoint no longer fits: begin again
      this.#keeper.forget();
      this.#arrival = () => this.#open(null);
      film.start(this.base, this.changes, 0);
    });
    film.addEventListener("scene", () => {
      byId("stage-wait")?.remove();
      this.#stage.each("scene", this.scene);
      this.#emit("scene");
      showFocus(byId("focus"), this);
    });
    film.addEventListener("history", () => {
      byId("stage-wait")?.remove();
      show();
      if (this.#stickToEnd) this.#transport.seek(film.history.total);
      if (!this.#drag) {
        const arrive = this.#arrival;
        this.#arrival = null;
        arrive?.();
      }
      this.#painter.touchHistory(true);
      this.#emit("history");
      document.documentElement.dataset.lab = "running";
    });
    film.addEventListener("grow", () => {
      show();
      if (this.#stickToEnd) this.#transport.seek(film.history.total);
      this.#painter.touchHistory(false);
      this.#emit("grow");
    });
  }

  #listenToSession() {
    this.#session.addEventListener("problems", ({ detail }) => this.showProblems(detail.problems, detail.upload));
    watchConnection(this.#session);
  }

  /** Show what the server refused: near each control, and in words on top. */
  showProblems(problems, upload = false) {
    byId("stage-wait")?.remove();
    this.#drag = null;
    this.#fresh = false;
    if (live && this.#accepted && !upload) {
      Object.assign(this, this.#accepted); // the run before goes on; the control keeps what was refused, to be mended
      this.#arrival = null;
    }
    this.#controls.showProblems(problems);
    sayProblems(problems, upload);
  }

  #listenToTransport() {
    const transport = this.#transport;
    transport.addEventListener("step", () => {
      this.#painter.touchStep();
      if (!this.#drag && this.#changesInForce() !== this.#shownChanges) {
        this.#showParams();
        this.#emit("params");
      }
      this.#emit("step");
      if (!transport.playing && !this.#drag) this.#remember();
      if (live && !transport.playing) this.#pull();
    });
    for (const type of ["play", "pause"]) {
      transport.addEventListener(type, () => {
        this.#pull();
        this.#emit(type);
        if (!this.#drag) this.#remember();
        if (live && type === "pause" && !this.#drag) this.#keeper.save(false);
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
      const state = this.#memory.read();
      if (state) this.load(state.params, { ...state, push: false });
      if (state?.view.kept) fetchTexts(this, state.view).then(() => this.load(this.base, { ...state, view: this.view, push: false }));
    });
    listenToKeys(this.#transport);
  }
}

new Lab().begin();
