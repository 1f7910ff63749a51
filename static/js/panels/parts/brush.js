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
/** Pixels that an arrow key moves the brush; with Shift. */
const STRIDE = 12;
const FINE = 2;
const ARROWS = /** @type {Record<string, [number, number]>} */ ({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] });

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
  /** What the run was told last. @type {{points: number[][]}|null} */
  #told = null;
  /** Where the stroke last left a point, in pixels. @type {[number, number]|null} */
  #last = null;
  #tools;
  #note;
  /** Where the keys' brush is, in pixels. @type {[number, number]|null} */
  #at = null;
  #cross = h("div", { class: "brush-cross", hidden: true, "aria-hidden": "true" });

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
    plane.frame.append(this.#cross);
    plane.pad.addEventListener("keydown", (event) => this.#key(event), { signal });
    plane.pad.addEventListener("focus", () => this.#showCross(), { signal });
    plane.pad.addEventListener("blur", () => { this.#cross.hidden = true; }, { signal });
    plane.pad.addEventListener("pointerdown", (event) => this.#begin(event), { signal });
    plane.pad.addEventListener("pointermove", (event) => this.#move(event), { signal });
    for (const type of /** @type {const} */ (["pointerup", "pointercancel"])) plane.pad.addEventListener(type, () => this.#end(), { signal });
  }

  /** Another run is on screen: those that were painted are its own, unless they are still to come. */
  done() {
    if (this.#last || !this.points || this.#note.textContent) return;
    const shown = this.#from().length;
    const told = this.#told && this.#panel.params[this.#panel.options.paint] === this.#told ? this.#told.points.length : shown;
    if (!shown || shown === told) this.points = null;
  }

  /** @param {HTMLElement} button */
  #switch(button) {
    this.on = !this.on;
    button.setAttribute("aria-pressed", String(this.on));
    this.#tools.hidden = !this.on;
    const { pad } = this.#plane;
    pad.classList.toggle("can-paint", this.on);
    if (this.on) {
      for (const [name, value] of [["tabindex", "0"], ["role", "application"], ["aria-label", this.#panel.t("Brush: the arrow keys move it, the space bar paints or erases")]]) pad.setAttribute(name, value);
    } else for (const name of ["tabindex", "role", "aria-label"]) pad.removeAttribute(name);
    this.#showCross();
  }

  #showCross() {
    const { pad, area, ready } = this.#plane;
    this.#cross.hidden = !this.on || !ready || document.activeElement !== pad;
    if (this.#cross.hidden) return;
    this.#at ??= [area.left + area.width / 2, area.top + area.height / 2];
    Object.assign(this.#cross.style, { left: `${this.#at[0]}px`, top: `${this.#at[1]}px` });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const by = ARROWS[event.key];
    if (!this.on || !this.#plane.ready || !by && event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    event.stopPropagation();
    this.#showCross();
    const { area } = this.#plane;
    const [x, y] = /** @type {[number, number]} */ (this.#at);
    if (!by) {
      this.points ??= this.#from();
      this.#leave([x, y]);
      this.#end();
      return;
    }
    const stride = event.shiftKey ? FINE : STRIDE;
    const inside = (/** @type {number} */ place, /** @type {number} */ from, /** @type {number} */ size) => Math.max(from, Math.min(from + size, place));
    this.#at = [inside(x + by[0] * stride, area.left, area.width), inside(y + by[1] * stride, area.top, area.height)];
    this.#showCross();
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
    this.#leave(this.#plane.pixel(event));
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (!this.#last) return;
    const [x, y] = this.#plane.pixel(event);
    if (this.#label < 0 || Math.hypot(x - this.#last[0], y - this.#last[1]) >= APART) this.#leave([x, y]);
  }

  /** Leave a point at a pixel, or take away those near it. @param {[number, number]} pixel */
  #leave(pixel) {
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
    if (!enough) return;
    this.#told = { points };
    this.#panel.change({ [options.paint]: this.#told }, { effect: "restart" });
  }
}
