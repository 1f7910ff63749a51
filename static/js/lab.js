// @ts-check
// A laboratory's page: its parts, wired together, and what panels, claims and menus see of it. It knows panel kinds and
// schemas, never a laboratory's name.

import { withNobodyHidden, withTexts } from "./address.js";
import { hideBanner } from "./banners.js";
import { createControls } from "./controls.js";
import { Film } from "./film.js";
import { showFocus } from "./focus.js";
import { boot as bootBlock, t } from "./i18n.js";
import { Keeper } from "./keeper.js";
import { buildColumns, byId, listenToKeys, sayProblems, sayTextMissing, watchConnection } from "./page.js";
import { Painter } from "./painter.js";
import { Run } from "./run.js";
import { Runner } from "./runner.js";
import { SeriesNames } from "./seriesnames.js";
import { Session, streamAt } from "./session.js";
import { Stage } from "./stage.js";
import { PageMemory } from "./state.js";
import { Transport } from "./transport.js";
import "./theme.js";

/** @import { Wish } from "./runner.js" */
/** @import { Boot, How, PageState, Params, Problem, WireFrame } from "./types.d.ts" */

const boot = /** @type {Boot} */ (bootBlock);

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
  #names = new SeriesNames();
  #memory = new PageMemory(boot.name, boot.defaults);
  #transport = new Transport(byId("transport"), boot);
  #session = new Session(streamAt(boot.stream));
  #film = new Film(this.#session, boot.arrays);
  #stage = new Stage(this, { stage: byId("stage"), row: byId("rows"), side: byId("side"), tabs: byId("tabs") });
  #keeper = new Keeper(this, boot.arrays);
  #runner = new Runner(boot, { run: this.#run, film: this.#film, session: this.#session, transport: this.#transport, keeper: this.#keeper });
  #painter = new Painter(this, this.#stage, this.#transport);
  #controls = createControls(byId("controls"), boot.schema, this.#run.course.base, {
    t, series: (i) => this.series(i), lab: this, onChange: (changes, how) => this.change(changes, how),
  });
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

  /** Let the playhead stand at some steps only; null: at any. @param {number[]|null} stops */
  setStops(stops) { this.#transport.setStops(stops); }

  /** Change parameters: the rest of the run where they are live, else the whole of it. @param {Params} values top-level fields @param {How} [how] */
  change(values, how) { this.#runner.change(values, how); }

  /**
   * Set the laboratory up anew: these parameters over the defaults, no changes on the way.
   * @param {Params} params @param {Partial<Omit<PageState, "params">> & {push?: boolean}} [state] push: as an entry of
   *   the browser's history
   */
  load(params, { changes = [], view = withNobodyHidden(this.view), step = null, push = true } = {}) {
    this.#look(view);
    this.#runner.load({ ...boot.defaults, ...params }, changes, { step, push });
  }

  /** Begin the same run again: the same settings, the same seed. */
  startOver() {
    this.#keeper.drop({ base: this.base, changes: this.changes });
    this.load(this.params, { view: this.view });
  }

  /** Go on from a visitor's checkpoint file. @param {ArrayBuffer} bytes */
  upload(bytes) { this.#runner.upload(this.base, bytes); }

  /** Go on from a checkpoint of this run, some settings changed. @param {ArrayBuffer} bytes @param {Params} [values] */
  goOnFrom(bytes, values = {}) { this.#runner.goOnFrom(bytes, values); }

  /** Show what the server refused: near each control, and in words on top. @param {Problem[]} problems */
  showProblems(problems, upload = false) {
    byId("stage-wait")?.remove();
    this.#controls.showProblems(problems);
    sayProblems(problems, upload);
  }

  /** Begin with what the address says. */
  async begin() {
    this.#listenToRun();
    this.#listenToFilm();
    this.#listenToTransport();
    this.#listenToPage();
    buildColumns(this, { memory: this.#memory, link: () => {
      this.#remember();
      return this.#memory.link();
    } });
    this.#painter.begin((now) => this.#runner.tick(now));
    await this.#set({ params: this.#run.course.base, changes: boot.changes, view: boot.view, step: boot.step || null });
    this.#runner.recover();
  }

  /** Set everything as an address says, and go on with the kept run where there is one. @param {PageState} state */
  async #set({ params, changes, view, step }) {
    const { kept: names, ...looks } = view;
    const { texts, missing } = await this.#memory.texts(names);
    if (missing.length) sayTextMissing();
    const found = await this.#runner.find(withTexts(params, texts), changes);
    this.#look(looks);
    this.#runner.open(found, step);
  }

  /** Stop, and look at other pictures. @param {PageState["view"]} view */
  #look(view) {
    this.#transport.pause();
    this.view = { ...view };
    this.focus = 0;
    this.#emit("view");
    this.#stage.show();
  }

  /** The controls follow the playhead: they show what is in force there. */
  #showParams(step = this.step) {
    this.#controls.update(this.#run.shown(step));
    this.#shownChanges = this.#run.changesAt(step);
    this.#emit("params");
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

  #listenToRun() {
    const runner = this.#runner;
    runner.listen();
    runner.addEventListener("params", (event) => this.#showParams(/** @type {CustomEvent<number|null>} */ (event).detail ?? undefined));
    runner.addEventListener("taken", (event) => {
      const { entry } = /** @type {CustomEvent<Wish>} */ (event).detail;
      if (!Object.keys(this.#run.refused).length) {
        this.#controls.showProblems([]);
        hideBanner("problems");
      }
      if (entry) this.#memory.enter(this.#state(entry.step), entry.push);
      else if (!runner.held) this.#remember();
    });
    runner.addEventListener("refused", (event) => {
      const { problems, upload } = /** @type {CustomEvent<{problems: Problem[], upload?: boolean}>} */ (event).detail;
      this.showProblems(problems, upload);
    });
    watchConnection(this.#session);
  }

  #listenToFilm() {
    const film = this.#film;
    film.addEventListener("scene", () => {
      byId("stage-wait")?.remove();
      this.#stage.each("scene");
      this.#emit("scene");
      showFocus(byId("focus"), this);
    });
    film.addEventListener("history", () => {
      byId("stage-wait")?.remove();
      this.#painter.touchHistory(true);
      this.#emit("history");
      document.documentElement.dataset.lab = "running";
    });
    film.addEventListener("grow", () => {
      this.#painter.touchHistory(false);
      this.#emit("grow");
    });
  }

  #listenToTransport() {
    const [transport, runner] = [this.#transport, this.#runner];
    transport.addEventListener("step", () => {
      this.#painter.touchStep();
      if (runner.free && this.#run.changesAt(this.step) !== this.#shownChanges) this.#showParams();
      this.#emit("step");
      if (!transport.playing && !runner.held) this.#remember();
      if (boot.pace === "live" && !transport.playing) runner.pull();
    });
    for (const type of ["play", "pause"]) {
      transport.addEventListener(type, () => {
        runner.pull();
        this.#emit(type);
        if (runner.held) return;
        this.#remember();
        if (type === "pause") runner.keep(false);
      });
    }
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
    document.addEventListener("visibilitychange", () => { if (document.hidden) this.#runner.keep(this.playing); });
    listenToKeys(this.#transport);
  }
}

new Lab().begin();
