// @ts-check
// Play, pause, step, rewind, speed and scrubber: one playhead for every picture on the page.

import { h } from "./controls/dom.js";
import { t } from "./i18n.js";
import { icon } from "./icons.js";
import { formatCount } from "./number.js";

const SPEEDS = [0.25, 0.5, 1, 2, 4, 8, 16];
const SECONDS_PER_RUN = 9;
const SLOWEST = 24;

const KEYS = "descentlab.keys";

/** Whether single keys play and step wherever the focus is: who dictates or has a tremor may switch that off. */
function keysAreOn() {
  try { return localStorage.getItem(KEYS) !== "off"; } catch { return true; }
}

/** @param {boolean} on */
function switchKeys(on) {
  try { localStorage.setItem(KEYS, on ? "on" : "off"); } catch { /* private mode: they stay on */ }
}

/** Events: "step" (`step` changed), "play", "pause". */
export class Transport extends EventTarget {
  #position = 0;
  #total = 0;
  #computed = 0;
  #speed = 1;
  #playing = false;
  /** Where the playhead may stand, ascending, both ends among them; null: at every step. @type {number[]|null} */
  #stops = null;
  #parts;

  /**
   * @param {HTMLElement} host
   * @param {{pace?: "ahead"|"live", tempo?: number}} [options] live: the run is computed as the playhead goes; tempo: steps a second
   */
  constructor(host, { pace = "ahead", tempo = 0 } = {}) {
    super();
    this.pace = pace;
    this.tempo = tempo;
    this.#parts = this.#build(host);
    this.#show();
  }

  get step() {
    const step = Math.floor(this.#position);
    return this.#stops ? this.#stops[this.#stopAt(step)] : step;
  }

  /** Index of the last stop that is not after a step. @param {number} step */
  #stopAt(step) {
    return Math.max(0, (this.#stops ?? []).findLastIndex((stop) => stop <= step));
  }

  /** Let the playhead stand at some steps only. @param {number[]|null} stops ascending; null: at every step */
  setStops(stops) {
    if (String(stops) === String(this.#stops)) return;
    const before = this.step;
    this.#stops = stops?.length ? stops : null;
    this.#show();
    if (this.step !== before) this.dispatchEvent(new Event("step"));
  }

  get total() {
    return this.#total;
  }

  get playing() {
    return this.#playing;
  }

  get speed() {
    return this.#speed;
  }

  get atEnd() {
    return this.#total > 0 && this.step >= this.#total;
  }

  /** Between the ends: a live change made here has a past and a future. */
  get midway() {
    return this.step > 0 && this.step < this.#total;
  }

  /** Whether there is nothing in view that the playhead moves: then the bar says so, unless it is what trains. @param {boolean} idle */
  setIdle(idle) {
    this.#parts.host.classList.toggle("is-idle", idle && this.pace !== "live");
  }

  /** @param {number} total steps of the run @param {number} computed the last step at hand @param {number[]} marks */
  setRun(total, computed, marks) {
    this.#total = total;
    this.#computed = Math.max(0, computed);
    this.#showMarks(marks);
    if (this.#position > total) this.seek(total);
    this.#show();
  }

  play() {
    if (this.atEnd) this.seek(0);
    if (this.#playing) return;
    this.#playing = true;
    this.#show();
    this.dispatchEvent(new Event("play"));
  }

  pause() {
    if (!this.#playing) return;
    this.#playing = false;
    this.#show();
    this.dispatchEvent(new Event("pause"));
  }

  toggle() {
    if (this.#playing) this.pause();
    else this.play();
  }

  /** Put the playhead at `step`; fractions are kept for a smooth ride. */
  seek(/** @type {number} */ step) {
    const before = this.step;
    this.#position = Math.min(Math.max(0, step), this.#total);
    if (this.step === before) return;
    this.#show();
    this.dispatchEvent(new Event("step"));
  }

  /** Stop, and move by whole steps. */
  stepBy(/** @type {number} */ steps) {
    this.pause();
    const aim = this.#stops ? this.#stops[Math.max(0, Math.min(this.#stops.length - 1, this.#stopAt(this.step) + steps))] : this.step + steps;
    this.seek(Math.min(aim, this.pace === "live" ? Math.max(this.#computed, this.step + 1) : this.#total));
  }

  rewind() {
    this.pause();
    this.seek(0);
  }

  toEnd() {
    this.pause();
    this.seek(this.pace === "live" ? this.#computed : this.#total);
  }

  /** @param {number} speed one of SPEEDS, or the nearest of them */
  setSpeed(speed) {
    this.#speed = SPEEDS.reduce((best, s) => (Math.abs(s - speed) < Math.abs(best - speed) ? s : best));
    this.#show();
  }

  faster(/** @type {number} */ by) {
    const at = SPEEDS.indexOf(this.#speed) + by;
    this.setSpeed(SPEEDS[Math.min(Math.max(at, 0), SPEEDS.length - 1)]);
  }

  /** A frame of the animation: move on while playing, never past what is computed. @param {number} seconds */
  advance(seconds) {
    if (!this.#playing || this.#computed <= 0) return;
    const rate = this.pace === "live" ? Infinity : this.tempo ? this.tempo * this.#stride : Math.max(SLOWEST, this.#total / SECONDS_PER_RUN);
    const next = this.pace === "live" ? this.#computed : this.#position + rate * this.#speed * seconds;
    this.seek(Math.min(next, this.#computed));
    if (this.atEnd) this.pause();
  }

  /** Steps from the stop at the playhead to the next. */
  get #stride() {
    if (!this.#stops) return 1;
    const at = this.#stopAt(Math.floor(this.#position));
    return Math.max(1, (this.#stops[at + 1] ?? this.#total) - this.#stops[at]);
  }

  /** Handle a key of the page; true when it was one of ours. @param {KeyboardEvent} event */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !keysAreOn()) return false;
    const by = event.shiftKey ? 10 : 1;
    const act = {
      " ": () => this.toggle(), ArrowRight: () => this.stepBy(by), ArrowLeft: () => this.stepBy(-by),
      Home: () => this.rewind(), End: () => this.toEnd(), "+": () => this.faster(1), "=": () => this.faster(1),
      "-": () => this.faster(-1), "?": () => this.help(),
    }[event.key];
    act?.();
    return Boolean(act);
  }

  help() {
    if (!this.#parts.help.open) this.#parts.help.showModal();
  }

  #build(/** @type {HTMLElement} */ host) {
    const button = (/** @type {import("./icons.js").IconName} */ name, /** @type {string} */ label, /** @type {string} */ keys, /** @type {() => void} */ act, extra = "") => {
      const element = h("button", { type: "button", class: `icon-button ${extra}`, "aria-label": label,
        title: `${label} (${keys})`, "aria-keyshortcuts": keys, on: { click: act } }, icon(name));
      return element;
    };
    const play = button("play", t("Play"), "Space", () => this.toggle(), "play-button");
    const scrubber = /** @type {HTMLInputElement} */ (h("input", { type: "range", class: "scrubber", min: 0, max: 0, step: 1,
      value: 0, "aria-label": t("Playhead: step of the run"), on: { input: () => {
        this.pause();
        this.seek(Number(scrubber.value));
      } } }));
    const marks = h("div", { class: "scrubber-marks", "aria-hidden": "true" });
    const readout = h("span", { class: "readout" });
    const speed = /** @type {HTMLSelectElement} */ (h("select", { class: "speed", "aria-label": t("Speed"),
      title: `${t("Speed")} (+ −)`, on: { change: () => this.setSpeed(Number(speed.value)) } },
    ...SPEEDS.map((s) => h("option", { value: s }, `${s}×`))));
    speed.hidden = this.pace === "live";
    const help = this.#buildHelp();
    host.append(
      h("div", { class: "transport-buttons" },
        button("rewind", t("Back to the start"), "Home", () => this.rewind()),
        button("back", t("One step back"), "ArrowLeft", () => this.stepBy(-1)), play,
        button("forward", t("One step on"), "ArrowRight", () => this.stepBy(1)),
        button("end", t("To the end"), "End", () => this.toEnd())),
      h("div", { class: "scrubber-track" }, marks, scrubber),
      h("p", { class: "idle-note" }, t("Nothing in this view moves with the playhead.")), readout, speed,
      button("help", t("Keyboard"), "?", () => this.help(), "help-button"), help);
    return { host, play, scrubber, marks, readout, speed, help };
  }

  #buildHelp() {
    /** @type {[string[], string][]} */
    const rows = [
      [["Space"], t("play or pause")], [["←", "→"], t("one step back, one step on")],
      [["Shift", "←"], t("ten steps (with → too)")], [["Home"], t("back to the start")], [["End"], t("to the end")],
      [["+", "−"], t("faster, slower")],
      [["Shift"], t("hold while you change a setting: run again from the start")],
      [["?"], t("this list")],
    ];
    const keys = /** @type {HTMLInputElement} */ (h("input", { type: "checkbox", role: "switch", class: "switch", checked: keysAreOn(),
      on: { change: () => switchKeys(keys.checked) } }));
    const dialog = /** @type {HTMLDialogElement} */ (h("dialog", { class: "key-help", closedby: "any", "aria-label": t("Keyboard") },
      h("h2", {}, t("Keyboard")),
      h("table", {}, h("tbody", {}, ...rows.map(([keys, words]) => h("tr", {},
        h("th", { scope: "row" }, ...keys.map((key) => h("kbd", {}, key))), h("td", {}, words))))),
      h("label", { class: "key-switch" }, keys, t("These keys work anywhere on the page")),
      h("form", { method: "dialog" }, h("button", { class: "button button-accent" }, t("Close")))));
    return dialog;
  }

  #show() {
    const { play, scrubber, readout, speed } = this.#parts;
    const label = this.#playing ? t("Pause") : this.atEnd ? t("Play again") : t("Play");
    if (play.dataset.shows !== label) {
      play.replaceChildren(icon(this.#playing ? "pause" : "play"));
      play.dataset.shows = label;
      play.setAttribute("aria-label", label);
      play.title = `${label} (Space)`;
    }
    if (Number(scrubber.max) !== this.#total) scrubber.max = String(this.#total);
    scrubber.value = String(this.step);
    scrubber.setAttribute("aria-valuetext", t("step {step} of {total}", { step: this.step, total: this.#total }));
    const share = (/** @type {number} */ step) => `${this.#total ? (100 * step) / this.#total : 0}%`;
    scrubber.style.setProperty("--played", share(this.step));
    scrubber.style.setProperty("--computed", share(Math.max(this.#computed, this.step)));
    const words = `${formatCount(this.step)} / ${formatCount(this.#total)}`;
    if (readout.textContent !== words) readout.textContent = words;
    speed.value = String(this.#speed);
  }

  #showMarks(/** @type {number[]} */ marks) {
    const key = `${marks.join()}/${this.#total}`;
    if (this.#parts.marks.dataset.key === key) return;
    this.#parts.marks.dataset.key = key;
    this.#parts.marks.replaceChildren(...marks.map((step) => h("span", { class: "scrubber-mark",
      style: `--at: ${(step / Math.max(1, this.#total)).toFixed(5)}`,
      title: t("Settings changed at step {step}", { step: formatCount(step) }) })));
  }
}
