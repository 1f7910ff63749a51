// @ts-check
/**
 * Looking at a drawing larger than its room: drag, pinch, Ctrl and wheel, and keys. What a visitor chose stays until reset.
 * Until then all of it is seen, or, where its letters would be too small, the part in which something happens.
 */

import { s } from "./svg.js";

/** @typedef {{x: number, y: number, scale: number}} Look */

const ZOOM = { least: 0.05, most: 3, fit: 1.25, step: 1.25 };
/** Below the first scale numbers cannot be read; a part of the drawing is then seen at the second. */
const READABLE = { least: 0.4, part: 0.65 };
/** Pixels from the edge of the room within which nothing is followed. */
const MARGIN = 60;

/** The scale of a drawing that nobody has moved. @param {number} fitting at which it fills its room @returns {number} */
export const restScale = (fitting) => (fitting < READABLE.least ? READABLE.part : Math.min(ZOOM.fit, fitting));

export class Viewport {
  /** @type {Look} */
  look = { x: 0, y: 0, scale: 1 };
  /** The visitor has moved it. */
  own = false;
  #size = { width: 1, height: 1 };
  /** Where something happens, in the drawing. */
  #place = { x: 0, y: 0 };
  /** @type {Map<number, {x: number, y: number}>} */
  #fingers = new Map();
  #onLook;

  /**
   * @param {HTMLElement} frame @param {SVGElement} content
   * @param {(look: Look) => void} [onLook] told after every movement
   */
  constructor(frame, content, onLook = () => {}) {
    this.frame = frame;
    this.content = content;
    this.#onLook = onLook;
    this.svg = s("svg", { class: "circuit" }, content);
    frame.append(this.svg);
    this.#listen();
  }

  /** The drawing has another size: it is fitted into its room unless the visitor looks elsewhere. @param {number} width @param {number} height */
  resize(width, height) {
    this.#size = { width, height };
    if (this.own) this.#apply();
    else this.#rest();
  }

  /** Something happens here: it is seen, unless the visitor looks elsewhere. @param {{x: number, y: number}} place */
  follow(place) {
    this.#place = place;
    if (this.own || !this.#isPart) return;
    const [dx, dy] = this.#outside(place);
    if (dx || dy) this.#rest();
  }

  /** Show all of it. */
  fit() {
    const scale = Math.min(ZOOM.fit, this.#fitting);
    this.own = scale !== restScale(this.#fitting);
    this.#center(scale, { x: this.#size.width / 2, y: this.#size.height / 2 });
  }

  /** The scale at which it fills its room. */
  get #fitting() { return Math.min(this.frame.clientWidth / this.#size.width, this.frame.clientHeight / this.#size.height); }

  /** Not all of it is seen, or not where it lies by itself. */
  get #isPart() { return this.own || this.look.scale > this.#fitting; }

  #rest() { this.#center(restScale(this.#fitting), this.#place); }

  /** Look at a place: as near to the middle as it comes without room beyond the drawing. @param {number} scale @param {{x: number, y: number}} place */
  #center(scale, place) {
    const along = (/** @type {number} */ room, /** @type {number} */ size, /** @type {number} */ at) => (
      size * scale <= room ? (room - size * scale) / 2 : Math.max(room - size * scale, Math.min(0, room / 2 - at * scale)));
    this.look = { scale, x: along(this.frame.clientWidth, this.#size.width, place.x), y: along(this.frame.clientHeight, this.#size.height, place.y) };
    this.#apply();
  }

  /** @param {number} factor @param {{x: number, y: number}} [about] pixels of the frame; its middle by default */
  zoom(factor, about = { x: this.frame.clientWidth / 2, y: this.frame.clientHeight / 2 }) {
    const { look } = this;
    const scale = Math.max(ZOOM.least, Math.min(ZOOM.most, look.scale * factor));
    const k = scale / look.scale;
    this.own = true;
    this.look = { scale, x: about.x - (about.x - look.x) * k, y: about.y - (about.y - look.y) * k };
    this.#apply();
  }

  /** @param {number} dx @param {number} dy in pixels */
  pan(dx, dy) {
    this.own = true;
    this.look = { ...this.look, x: this.look.x + dx, y: this.look.y + dy };
    this.#apply();
  }

  /** In and out, by one step. @param {1|-1} way */
  step(way) { this.zoom(ZOOM.step ** way); }

  /** Bring a place of the drawing into view where it is outside. @param {{x: number, y: number}} place */
  reveal(place) {
    const [dx, dy] = this.#outside(place);
    if (!this.own) this.follow(place);
    else if (dx || dy) this.pan(dx, dy);
  }

  /** How far a place is from where it is well seen, in pixels. @param {{x: number, y: number}} place */
  #outside({ x, y }) {
    const { look, frame } = this;
    const off = (/** @type {number} */ at, /** @type {number} */ room) => (at < MARGIN ? MARGIN - at : at > room - MARGIN ? room - MARGIN - at : 0);
    return [off(x * look.scale + look.x, frame.clientWidth), off(y * look.scale + look.y, frame.clientHeight)];
  }

  #apply() {
    const { x, y, scale } = this.look;
    this.content.setAttribute("transform", `translate(${x.toFixed(2)} ${y.toFixed(2)}) scale(${scale.toFixed(4)})`);
    this.frame.classList.toggle("is-zoomed", this.own);
    this.#onLook(this.look);
  }

  #listen() {
    const { frame, svg } = this;
    const at = (/** @type {PointerEvent|WheelEvent} */ event) => {
      const box = frame.getBoundingClientRect();
      return { x: event.clientX - box.left, y: event.clientY - box.top };
    };
    svg.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY * 0.01), at(event));
    }, { passive: false });
    svg.addEventListener("pointerdown", (event) => {
      if (event.defaultPrevented || event.button !== 0) return;
      this.#fingers.set(event.pointerId, at(event));
      if (this.#fingers.size > 1 || event.pointerType === "mouse" || this.#isPart) svg.setPointerCapture(event.pointerId);
      frame.classList.add("is-panned");
    });
    svg.addEventListener("pointermove", (event) => {
      const before = this.#fingers.get(event.pointerId);
      if (!before) return;
      const now = at(event);
      const other = [...this.#fingers].find(([id]) => id !== event.pointerId)?.[1];
      if (other) {
        const distance = (/** @type {{x: number, y: number}} */ one) => Math.max(12, Math.hypot(one.x - other.x, one.y - other.y));
        this.zoom(distance(now) / distance(before), { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 });
      } else if (event.pointerType === "mouse" || this.#isPart) this.pan(now.x - before.x, now.y - before.y);
      this.#fingers.set(event.pointerId, now);
    });
    for (const type of /** @type {const} */ (["pointerup", "pointercancel"])) {
      svg.addEventListener(type, (event) => {
        this.#fingers.delete(event.pointerId);
        frame.classList.toggle("is-panned", this.#fingers.size > 0);
      });
    }
  }
}
