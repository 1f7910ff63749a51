// @ts-check
// A laboratory as panels, controls, claims and menus see it: the run on screen, the playhead, the choices about the pictures,
// and what can be done with them. It draws nothing and knows no element of the page.

import { withNobodyChosen } from "./address.js";
import { Film } from "./film.js";
import { t } from "./i18n.js";
import { Keeper } from "./keeper.js";
import { Run } from "./run.js";
import { Runner } from "./runner.js";
import { SeriesNames } from "./seriesnames.js";
import { Session, streamAt } from "./session.js";

/** @import { Wish } from "./runner.js" */
/** @import { Transport } from "./transport.js" */
/** @import { Asking, Boot, How, PageState, Params, Problem, WireFrame } from "./types.d.ts" */

/**
 * Events: "scene", "history", "grow", "step", "params", "focus", "view", "play", "pause" as their names say; "look" (quite
 * other pictures are wanted), "taken" (the server runs what was wanted last), "state" (what an address says of the run has
 * changed; `detail` may say {step, push}: an entry of the browser's history), "problems" (`detail` is what the server refused),
 * "shown" (the pictures of the view that was chosen are made).
 */
export class Laboratory extends EventTarget {
  t = t;
  /** What the visitor chose about the pictures (tabs, scales): plain JSON, kept in the address. */
  view;
  /** A claim is open whose visitor has not yet said what he expects: pictures that tell the outcome wait. */
  awaited = false;
  #run;
  #names = new SeriesNames();
  #transport;
  #film;
  #keeper;
  #runner;
  /** The step whose parameters the controls show, and how many changes are in force there. */
  #shown = { step: 0, changes: 0 };

  /** @param {Boot} boot @param {Transport} transport */
  constructor(boot, transport) {
    super();
    this.boot = boot;
    this.name = boot.name;
    this.view = { ...boot.view };
    this.session = new Session(streamAt(boot.stream));
    this.#transport = transport;
    this.#run = new Run({ ...boot.defaults, ...boot.params }, boot.changes);
    this.#film = new Film(this.session, boot.arrays);
    this.#keeper = new Keeper(this, boot.arrays);
    this.#runner = new Runner(boot, { run: this.#run, film: this.#film, session: this.session, transport, keeper: this.#keeper });
    this.#listen();
  }

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

  /** What the controls show: parameters in force at a step, and what was refused, to be mended. */
  get shown() { return this.#run.shown(this.#shown.step); }

  /** Whether a refused field is still to be mended. */
  get faulty() { return Object.keys(this.#run.refused).length > 0; }

  /** The parameters in force at a step: those of the start with every change up to it. @param {number} step */
  paramsAt(step) { return this.#run.at(step); }

  /** Name, colour and dash of a series; the scene tells. @param {number} i */
  series(i) { return this.#names.of(this.scene, i); }

  /** The series in focus, by index. */
  get focus() { return Number.isInteger(this.view.focus) ? this.view.focus : 0; }

  /** @param {number} i */
  setFocus(i) {
    if (i === this.focus) return;
    if (i) this.view.focus = i;
    else delete this.view.focus;
    this.#tell("state");
    this.#tell("focus");
  }

  /** Remember a choice about the pictures; undefined forgets it. @param {string} key @param {any} value */
  setView(key, value) {
    if (value === undefined) delete this.view[key];
    else this.view[key] = value;
    this.#tell("state");
    this.#tell("view");
  }

  /**
   * Ask the run a question that the laboratory declares. Where the playhead stands in the past, the
   * nearest state that the server kept is asked: the answer tells its step.
   * @param {string} question its name
   * @param {Record<string, any>} [params] of the question
   * @param {Asking} [how]
   * @returns {Promise<WireFrame>} the last answer; rejected with a list of problems where the server refuses
   */
  ask(question, params = {}, { now = false, ...how } = {}) {
    return this.session.ask(question, params, now || this.step >= this.history.lastStep ? null : this.step, how);
  }

  /** A checkpoint of the newest state. */
  checkpoint() { return this.ask("checkpoint", {}, { now: true }); }

  /** Stop, and put the playhead at a step. @param {number} step */
  seek(step) {
    this.#transport.pause();
    this.#transport.seek(step);
  }

  /** Let the playhead stand at some steps only; null: at any. @param {number[]|null} stops */
  setStops(stops) { this.#transport.setStops(stops); }

  /** Change parameters: the rest of the run where they are live, else the whole of it. @param {Params} values top-level fields @param {How} [how] */
  change(values, how) {
    this.awaited = false;
    this.#runner.change(values, how);
  }

  /**
   * Set the laboratory up anew: these parameters over the defaults, no changes on the way.
   * @param {Params} params @param {Partial<Omit<PageState, "params">> & {push?: boolean, awaited?: boolean}} [state] push: as an
   *   entry of the browser's history
   */
  load(params, { awaited = false, changes = [], view = withNobodyChosen(this.view), step = null, push = true } = {}) {
    this.awaited = awaited;
    this.#look(view);
    this.#runner.load({ ...this.boot.defaults, ...params }, changes, { step, push });
  }

  /** Set everything as an address says, and go on with the kept run where there is one. @param {PageState} state */
  async open({ params, changes, view, step }) {
    const found = await this.#runner.find(params, changes);
    if (!found) return;
    this.#look(view);
    this.#runner.open(found, step);
  }

  /** Begin the same run again: the same settings, the same seed. */
  startOver() {
    this.load(this.params, { view: this.view });
  }

  /** Go on from a visitor's checkpoint file. @param {ArrayBuffer} bytes */
  upload(bytes) { this.#runner.upload(this.base, bytes); }

  /** Go on from a checkpoint of this run, some settings changed. @param {ArrayBuffer} bytes @param {Params} [values] */
  goOnFrom(bytes, values = {}) { this.#runner.goOnFrom(bytes, values); }

  /** Show what was refused: near each control, and in words on top. @param {Problem[]} problems */
  showProblems(problems, upload = false) { this.#tell("problems", { problems, upload }); }

  /** Keep the run as it stands, where runs can be kept. */
  keep() { this.#runner.keep(this.playing); }

  /** A frame of the animation has gone by. @param {number} now milliseconds */
  tick(now) { this.#runner.tick(now); }

  /** From now on a lost connection is taken up where the page is. */
  recover() { this.#runner.recover(); }

  /** What an address says: only what the server took; null before it took anything. @returns {PageState|null} */
  state(step = this.#transport.midway && !this.playing ? this.#transport.step : null) {
    return this.#run.accepted && { params: this.base, changes: this.changes, view: this.view, step };
  }

  /** What was asked for and neither taken nor refused; null where the server is up to date. @returns {PageState|null} */
  get wanted() {
    const { course, accepted } = this.#run;
    return accepted && course !== accepted ? { params: course.base, changes: [...course.changes], view: this.view, step: null } : null;
  }

  /** Stop, and look at other pictures. @param {PageState["view"]} view */
  #look(view) {
    this.#transport.pause();
    this.view = { ...view };
    this.#tell("view");
    this.#tell("look");
  }

  /** The controls show what is in force where the playhead is, also while the run is still on its way there. */
  #showParams(step = this.#transport.step) {
    this.#shown = { step, changes: this.#run.changesAt(step) };
    this.#tell("params");
  }

  /** The playhead is at rest or has moved: other changes may be in force. */
  #follow() {
    if (this.#runner.free && this.#run.changesAt(this.#transport.step) !== this.#shown.changes) this.#showParams();
  }

  #listen() {
    const [transport, runner, film] = [this.#transport, this.#runner, this.#film];
    runner.listen();
    runner.addEventListener("params", (event) => this.#showParams(/** @type {CustomEvent<number|null>} */ (event).detail ?? undefined));
    runner.addEventListener("taken", (event) => {
      const { entry } = /** @type {CustomEvent<Wish>} */ (event).detail;
      this.#tell("taken");
      if (entry || !runner.held) this.#tell("state", entry);
    });
    runner.addEventListener("refused", (event) => this.#tell("problems", /** @type {CustomEvent} */ (event).detail));
    film.addEventListener("history", () => this.#follow());
    for (const type of ["scene", "history", "grow"]) film.addEventListener(type, () => this.#tell(type));
    transport.addEventListener("step", () => {
      this.#follow();
      this.#tell("step");
      if (!transport.playing && !runner.held) this.#tell("state");
      if (this.boot.pace === "live" && !transport.playing) runner.pull();
    });
    for (const type of ["play", "pause"]) {
      transport.addEventListener(type, () => {
        runner.pull();
        this.#tell(type);
        if (runner.held) return;
        this.#tell("state");
        if (type === "pause") runner.keep(false);
      });
    }
  }

  /** @param {string} type @param {any} [detail] */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
