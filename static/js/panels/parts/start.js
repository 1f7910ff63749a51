// @ts-check
// The start of the race on the map: a handle to drag, a click anywhere to move it there, arrow keys on the handle.

/** @import { Translate } from "../../types.d.ts" */
/** @import { FlatView } from "./flat.js" */

import { h } from "../../controls/dom.js";

const STILL = 4;
/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/** A coordinate rounded to what a pixel can tell. @param {number} value @param {number} perPixel value of one pixel */
function rounded(value, perPixel) {
  const digits = Math.max(0, Math.min(12, 1 - Math.floor(Math.log10(Math.abs(perPixel)))));
  return Number(value.toFixed(digits));
}

export class StartHandle {
  /**
   * @param {FlatView} view
   * @param {object} options
   * @param {() => number[]|null} options.get
   * @param {(point: number[], dragging: boolean, shift: boolean) => void} options.set
   * @param {(x: number, y: number) => boolean} options.isTaken a click there, in pixels, was meant for something else
   * @param {Translate} options.t
   * @param {(value: number, digits?: number) => string} options.format
   */
  constructor(view, { get, set, isTaken, t, format }) {
    this.view = view;
    this.get = get;
    this.set = set;
    this.isTaken = isTaken;
    this.t = t;
    this.format = format;
    this.button = h("button", { type: "button", class: "start-handle", hidden: true,
      title: t("The start. Drag it, or click anywhere on the map.") });
    view.frame.append(this.button);
    /** @type {{point: number[]|null, x: number, y: number, moved: boolean}|null} */
    this.held = null;
    this.button.addEventListener("pointerdown", (event) => this.#grab(event));
    this.button.addEventListener("pointermove", (event) => this.#drag(event));
    for (const type of /** @type {const} */ (["pointerup", "pointercancel"])) this.button.addEventListener(type, (event) => this.#release(event));
    this.button.addEventListener("keydown", (event) => this.#key(event));
    this.#listenForClicks();
  }

  /** Put the handle where the start is. */
  place() {
    if (!this.view.ready) return;
    const point = this.held?.point ?? this.get();
    if (!point) return;
    const { area, scale } = this.view;
    const x = point[0] * scale.kx + scale.bx;
    const y = point[1] * scale.ky + scale.by;
    this.button.hidden = x < area.left || x > area.left + area.width || y < area.top || y > area.top + area.height;
    this.button.style.transform = `translate(${(x - 15).toFixed(1)}px, ${(y - 15).toFixed(1)}px)`;
    this.button.setAttribute("aria-label", this.t("Start at ({x}, {y}); arrow keys move it",
      { x: this.format(point[0], 4), y: this.format(point[1], 4) }));
  }

  /** @param {PointerEvent} event */
  #pointAt(event) {
    const box = this.view.frame.getBoundingClientRect();
    const { area, scale } = this.view;
    const x = Math.min(area.left + area.width, Math.max(area.left, event.clientX - box.left));
    const y = Math.min(area.top + area.height, Math.max(area.top, event.clientY - box.top));
    return [rounded((x - scale.bx) / scale.kx, 1 / scale.kx), rounded((y - scale.by) / scale.ky, 1 / scale.ky)];
  }

  /** @param {PointerEvent} event */
  #grab(event) {
    if (event.button !== 0) return;
    event.preventDefault();
    this.button.focus({ preventScroll: true });
    this.button.setPointerCapture(event.pointerId);
    this.held = { point: this.get(), x: event.clientX, y: event.clientY, moved: false };
    this.button.classList.add("is-held");
  }

  /** @param {PointerEvent} event */
  #drag(event) {
    if (!this.held) return;
    if (!this.held.moved && Math.hypot(event.clientX - this.held.x, event.clientY - this.held.y) < STILL) return;
    this.held.moved = true;
    this.held.point = this.#pointAt(event);
    this.place();
    this.set(this.held.point, true, event.shiftKey);
  }

  /** @param {PointerEvent} event */
  #release(event) {
    if (!this.held) return;
    const { point, moved } = this.held;
    this.held = null;
    this.button.classList.remove("is-held");
    if (moved && point) this.set(point, false, event.shiftKey);
    this.place();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const by = ARROWS[event.key];
    const start = this.get();
    if (!by || !start) return;
    event.preventDefault();
    event.stopPropagation();
    const { scale } = this.view;
    const pixels = event.shiftKey ? 20 : 4;
    const [x, y] = start;
    this.set([rounded(x + (by[0] * pixels) / scale.kx, 1 / scale.kx), rounded(y + (by[1] * pixels) / -scale.ky, 1 / scale.ky)],
      false, false);
    this.place();
  }

  /** Plotly's own drag layer pans; a press that does not move is ours. */
  #listenForClicks() {
    /** @type {{x: number, y: number}|null} */
    let down = null;
    const { frame } = this.view;
    frame.addEventListener("pointerdown", (event) => {
      down = event.button === 0 && event.target !== this.button ? { x: event.clientX, y: event.clientY } : null;
    }, { capture: true });
    this.onUp = (/** @type {PointerEvent} */ event) => {
      if (!down || Math.hypot(event.clientX - down.x, event.clientY - down.y) >= STILL) return;
      down = null;
      const box = frame.getBoundingClientRect();
      const { area } = this.view;
      const x = event.clientX - box.left;
      const y = event.clientY - box.top;
      if (x < area.left || x > area.left + area.width || y < area.top || y > area.top + area.height) return;
      if (this.isTaken(x, y)) return;
      this.set(this.#pointAt(event), false, event.shiftKey);
      this.place();
    };
    window.addEventListener("pointerup", this.onUp, { capture: true });
  }

  destroy() {
    if (this.onUp) window.removeEventListener("pointerup", this.onUp, { capture: true });
    this.button.remove();
  }
}
