// @ts-check
/** Points painted on a plane with mouse or finger, class by class, and an eraser; each stroke is a change of the data. */

import { h } from "../../controls/dom.js";
import { icon } from "../../icons.js";
import { CLASSES } from "../../palette.js";
import { placeSwitches } from "../../plot.js";

/** @import { Context } from "../../types.d.ts" */
/** @import { Plane } from "../marks/plane.js" */

/** @typedef {[x: number, y: number, label: number]} PaintedPoint */

/** Pixels between two points of a stroke; of the eraser's reach. */
const APART = 9;
const REACH = 14;
const MOST_CLASSES = 6;

export class Brush {
  /** Whether the pointer paints. */
  on = false;
  /** The points while they are being painted, else null: those of the run are shown. @type {PaintedPoint[]|null} */
  points = null;
  #panel;
  #plane;
  #from;
  #draw;
  /** The class that is painted; -1 erases. */
  #label = 0;
  /** Where the stroke last left a point, in pixels. @type {[number, number]|null} */
  #last = null;
  #tools;
  #note;

  /** @param {HTMLElement} host @param {Context} panel @param {Plane} plane @param {{points: () => PaintedPoint[], draw: () => void}} how points: those to begin with */
  constructor(host, panel, plane, { points, draw }) {
    this.#panel = panel;
    this.#plane = plane;
    this.#from = points;
    this.#draw = draw;
    const { t } = panel;
    const switchOn = h("button", { type: "button", class: "segment-alone", "aria-pressed": "false" }, t("Paint"));
    switchOn.addEventListener("click", () => this.#switch(switchOn));
    placeSwitches(host, switchOn);
    this.#tools = h("div", { class: "brush-tools", hidden: true, role: "group", "aria-label": t("Paint") });
    this.#note = h("span", { class: "brush-note", role: "status" });
    host.prepend(this.#tools);
    this.#fill();
    const { signal } = panel;
    plane.pad.addEventListener("pointerdown", (event) => this.#begin(event), { signal });
    plane.pad.addEventListener("pointermove", (event) => this.#move(event), { signal });
    for (const type of /** @type {const} */ (["pointerup", "pointercancel"])) plane.pad.addEventListener(type, () => this.#end(), { signal });
  }

  /** The run has the points now. */
  done() {
    if (!this.#last && this.points && !this.#note.textContent) this.points = null;
  }

  /** @param {HTMLElement} button */
  #switch(button) {
    this.on = !this.on;
    button.setAttribute("aria-pressed", String(this.on));
    this.#tools.hidden = !this.on;
    this.#plane.pad.classList.toggle("can-paint", this.on);
  }

  #fill() {
    const { t } = this.#panel;
    const choose = (/** @type {number} */ label) => {
      this.#label = label;
      for (const one of this.#tools.querySelectorAll("[data-label]")) one.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (one).dataset.label === String(label)));
    };
    const colors = Array.from({ length: MOST_CLASSES }, (_, i) => h("button", { type: "button", class: "brush-class", dataset: { label: i }, "aria-label": t("Paint class {n}", { n: i + 1 }), style: `--class: ${CLASSES[i]}`, on: { click: () => choose(i) } }));
    const eraser = h("button", { type: "button", class: "segment-alone", dataset: { label: -1 }, on: { click: () => choose(-1) } }, t("Erase"));
    const clear = h("button", { type: "button", class: "icon-button", "aria-label": t("Clear all points"), on: { click: () => { this.points = []; this.#tell(); this.#draw(); } } }, icon("trash"));
    this.#tools.append(...colors, eraser, clear, this.#note);
    choose(0);
  }

  /** @param {PointerEvent} event */
  #begin(event) {
    if (!this.on || event.button !== 0 || !this.#plane.ready) return;
    this.#plane.pad.setPointerCapture(event.pointerId);
    this.points ??= this.#from();
    this.#leave(event);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (!this.#last) return;
    const [x, y] = this.#plane.pixel(event);
    if (this.#label < 0 || Math.hypot(x - this.#last[0], y - this.#last[1]) >= APART) this.#leave(event);
  }

  /** Leave a point where the pointer is, or take away those near it. @param {PointerEvent} event */
  #leave(event) {
    const pixel = this.#plane.pixel(event);
    const [x, y] = this.#plane.valueAt(...pixel);
    const { kx, bx, ky, by } = this.#plane.scale;
    /** @type {PaintedPoint[]} */
    const points = this.points ?? [];
    if (this.#label >= 0) this.points = [...points, /** @type {PaintedPoint} */ ([Number(x.toFixed(3)), Number(y.toFixed(3)), this.#label])];
    else this.points = points.filter(([px, py]) => Math.hypot(px * kx + bx - pixel[0], py * ky + by - pixel[1]) > REACH);
    this.#last = pixel;
    this.#draw();
  }

  #end() {
    if (!this.#last) return;
    this.#last = null;
    this.#tell();
  }

  /** Tell the run of the points, where there are enough to learn from. */
  #tell() {
    const { options, t } = this.#panel;
    const most = options.most ?? Infinity;
    const points = (this.points ?? []).slice(-most).map(([x, y, label]) => [Number(x.toFixed(3)), Number(y.toFixed(3)), label]);
    const enough = points.length >= 10 && new Set(points.map(([, , label]) => label)).size > 1;
    this.#note.textContent = enough ? "" : t("Paint ten points or more, of two classes.");
    if (enough) this.#panel.change({ [options.paint]: { points } }, { effect: "restart" });
  }
}
