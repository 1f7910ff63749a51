// @ts-check
/** Looking at a drawing larger than its room: drag, pinch, Ctrl and wheel, and keys. What a visitor chose stays until reset. */

import { s } from "./svg.js";

/** @typedef {{x: number, y: number, scale: number}} Look */

const ZOOM = { least: 0.2, most: 3, fit: 1.25, step: 1.25 };

export class Viewport {
  /** @type {Look} */
  look = { x: 0, y: 0, scale: 1 };
  /** The visitor has moved it. */
  own = false;
  #size = { width: 1, height: 1 };
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
    else this.fit();
  }

  /** The scale at which a drawing is seen that leaves room. */
  get largest() { return ZOOM.fit; }

  /** Show all of it. */
  fit() {
    const { clientWidth: room, clientHeight: tall } = this.frame;
    const { width, height } = this.#size;
    const scale = Math.min(ZOOM.fit, room / width, tall / height);
    this.own = false;
    this.look = { scale, x: (room - width * scale) / 2, y: (tall - height * scale) / 2 };
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
  reveal({ x, y }) {
    const { look, frame } = this;
    const [px, py] = [x * look.scale + look.x, y * look.scale + look.y];
    const margin = 60;
    const off = (/** @type {number} */ at, /** @type {number} */ room) => (at < margin ? margin - at : at > room - margin ? room - margin - at : 0);
    const [dx, dy] = [off(px, frame.clientWidth), off(py, frame.clientHeight)];
    if (this.own && (dx || dy)) this.pan(dx, dy);
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
      if (this.#fingers.size > 1 || event.pointerType === "mouse" || this.own) svg.setPointerCapture(event.pointerId);
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
      } else if (event.pointerType === "mouse" || this.own) this.pan(now.x - before.x, now.y - before.y);
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
