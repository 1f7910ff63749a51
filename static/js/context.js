// @ts-check
// What a panel knows: its own data by role, the playhead, what it may ask and change. It never sees the laboratory.

import { isDark } from "./controls/dom.js";
import { t } from "./i18n.js";
import { theme } from "./plot.js";

/** @import { ArraySpec, Asking, How, Panel, Series, Snapshot, Source, Still, WireFrame } from "./types.d.ts" */

/** One panel's view of what runs. */
export class Context {
  /** @type {Source} */
  #source;
  #panel;

  /**
   * @param {Panel} panel
   * @param {Source} source
   * @param {HTMLElement} host
   * @param {AbortSignal} signal aborted when the panel is torn down
   */
  constructor(panel, source, host, signal) {
    this.#panel = panel;
    this.#source = source;
    this.host = host;
    this.signal = signal;
    this.options = panel.options;
    this.title = panel.title;
    this.place = panel.place;
    this.t = t;
  }

  /** Names of the roles that the panel was given. @returns {string[]} */
  get roles() { return Object.keys(this.#panel.arrays); }

  /** Whether a role was given. @param {string} role */
  has(role) { return role in this.#panel.arrays; }

  /** A name for what this panel shows that is the same at each visit. @param {string} role */
  keyOf(role) { return this.#panel.arrays[role] ?? role; }

  /** What the array of a role means. @param {string} role @returns {ArraySpec|undefined} */
  spec(role) { return this.#source.boot.arrays?.[this.#panel.arrays[role]]; }

  /** The panel's arrays of the present run, by role. */
  data = {
    /** One with a step axis. @param {string} role @returns {Series|undefined} */
    series: (role) => this.#source.history.series(this.#panel.arrays[role]),
    /** One of the scene, else the snapshot at a step. @param {string} role @param {number} [step] @returns {Still|undefined} */
    still: (role, step = this.step) => {
      const name = this.#panel.arrays[role];
      return this.#source.scene?.arrays[name] ?? this.#source.history.snapshot(name, step);
    },
    /** All its snapshots, the oldest first. @param {string} role @returns {Snapshot[]} */
    film: (role) => this.#source.history.snapshots.get(this.#panel.arrays[role]) ?? [],
    /** A text of the scene, else the one at a step. @param {string} role @param {number} [step] @returns {string|undefined} */
    text: (role, step = this.step) => {
      const name = this.#panel.arrays[role];
      return this.#source.scene?.texts[name] ?? this.#source.history.text(name, step);
    },
    /** The same, read as JSON. @param {string} role @param {any} [otherwise] @param {number} [step] */
    told: (role, otherwise = [], step = this.step) => {
      const text = this.data.text(role, step);
      return text ? JSON.parse(text) : otherwise;
    },
    /** All texts that came, the oldest first. @param {string} role */
    texts: (role) => this.#source.history.texts.get(this.#panel.arrays[role]) ?? [],
  };

  get scene() { return this.#source.scene; }

  get history() { return this.#source.history; }

  get step() { return this.#source.step; }

  /** How many steps the whole run has. */
  get total() { return Math.max(1, this.#source.history.total); }

  get playing() { return this.#source.playing; }

  /** The visitor is to say first what he expects: what tells the outcome waits. */
  get awaited() { return this.#source.awaited ?? false; }

  /** The parameters in force at the playhead; a panel reads none by a name of its own, its options name them. */
  get params() { return this.#source.params; }

  /** The JSON schema of a parameter and all definitions. @param {string} name */
  schemaOf(name) {
    const { schema } = this.#source.boot;
    return { node: schema?.properties?.[name], schema };
  }

  /** Name of the laboratory, for files that are saved. */
  get name() { return this.#source.name; }

  /** Name, colour and dash of a series. @param {number} i */
  series(i) { return this.#source.series(i); }

  /** How many series the scene names. */
  get seriesCount() { return JSON.parse(this.#source.scene?.texts.series ?? "[]").length; }

  /** The series in focus. */
  get focus() { return this.#source.focus; }

  set focus(i) { this.#source.setFocus(i); }

  /** Series that the visitor has hidden. @returns {Set<number>} */
  get hidden() { return new Set(this.#source.view.hidden ?? []); }

  /**
   * A choice about the pictures, or with a second argument: remember one; undefined forgets it.
   * @param {string} key @param {any[]} value
   */
  view(key, ...value) {
    if (value.length) this.#source.setView(key, value[0]);
    return this.#source.view[key];
  }

  /** Go to the first tab, and to where its pictures begin. */
  toFirstTab() {
    this.view("tab", undefined);
    this.tell("look");
    document.getElementById("tabs")?.scrollIntoView({ block: "nearest" });
  }

  /** The name of the question that a role stands for. @param {string} role */
  questionOf(role) { return this.#panel.questions?.[role] ?? ""; }

  /** Whether the answer to a role's question grows: it comes coarse first, and may be ended. @param {string} role */
  grows(role) { return this.#source.boot.questions?.[this.questionOf(role)]?.parts ?? false; }

  /**
   * Ask the run something that the panel has declared.
   * @param {string} role of the question
   * @param {Record<string, any>} [params]
   * @param {Asking} [how]
   * @returns {Promise<WireFrame>} the last answer; rejected with a list of problems where the server refuses
   */
  ask(role, params = {}, how = {}) {
    return this.#source.ask(this.questionOf(role), params, how);
  }

  /** Tell the page something: "asked" or "look". @param {string} type */
  tell(type) { this.#source.dispatchEvent(new Event(type)); }

  /** @param {Record<string, any>} changes top-level parameters @param {How} [how] */
  change(changes, how) { this.#source.change(changes, how); }

  /** Stop, and put the playhead at a step. @param {number} step */
  seek(step) { this.#source.seek(step); }

  /** Let the playhead stand at some steps only: what lies between them is one step to the visitor. @param {number[]|null} stops */
  stops(stops) { this.#source.setStops?.(stops); }

  /** What can be done with the run as a whole. */
  run = {
    startOver: () => this.#source.startOver(),
    /** @param {ArrayBuffer} bytes */
    upload: (bytes) => this.#source.upload(bytes),
    /** @param {ArrayBuffer} bytes @param {Record<string, any>} changes */
    goOnFrom: (bytes, changes) => this.#source.goOnFrom(bytes, changes),
    /** @param {string} path @param {string} sentence */
    refuse: (path, sentence) => this.#source.showProblems([{ path, sentence }], true),
  };

  get size() { return { width: this.host.clientWidth, height: this.host.clientHeight }; }

  get theme() { return theme(); }

  get dark() { return isDark(); }
}
