// @ts-check
/**
 * What a step of the walk does, as movement: a value runs along its wires into the gate; on the way back the upstream
 * gradient arrives, meets the local one, and the product runs on. So an add is seen to hand on, a max to choose one way,
 * a multiplication to exchange its inputs.
 */

import { s } from "./svg.js";
import { shortNumber } from "./sizes.js";

/** @import { Drawing, DrawnWire } from "./drawing.js" */

/** One moving number. @typedef {{g: SVGGElement, along: (share: number) => {x: number, y: number}, from: number, to: number}} Mover */

const DURATION = 820;

export class Motion {
  #drawing;
  #request = 0;

  /** @param {Drawing} drawing @param {AbortSignal} signal */
  constructor(drawing, signal) {
    this.#drawing = drawing;
    signal.addEventListener("abort", () => this.stop());
  }

  /** Take away what is still moving. */
  stop() {
    cancelAnimationFrame(this.#request);
    this.#drawing.motion.replaceChildren();
    this.#drawing.root.classList.remove("is-moving");
  }

  /**
   * Values run into a gate.
   * @param {DrawnWire[]} into @param {(wire: DrawnWire) => number|null} valueOf null where it is a matrix @param {number} [duration]
   */
  forward(into, valueOf, duration = DURATION) {
    const movers = into.map((wire) => this.#chip("value", valueOf(wire), this.#track(wire, false), 0, 1));
    this.#run(movers, duration * 0.7);
  }

  /**
   * The gradient comes back through a gate.
   * @param {DrawnWire[]} arriving wires on which it comes, from the other side
   * @param {{wire: DrawnWire, share: number|null, local: number|null, from: {x: number, y: number}|null}[]} leaving what leaves, the
   *   local gradient, and where that comes from (another wire's value, for a multiplication)
   * @param {number|null} upstream @param {{x: number, y: number}} gate its middle @param {number} [duration]
   */
  backward(arriving, leaving, upstream, gate, duration = DURATION) {
    const movers = arriving.map((wire) => this.#chip("gradient", upstream, this.#track(wire, true), 0, 0.42));
    for (const { wire, share, local, from } of leaving) {
      const path = this.#track(wire, true);
      const target = path(1);
      if (share === 0) continue; // nothing goes there: the wire stays cut
      movers.push(this.#chip("gradient", share, (at) => path(at * 0.55), 0.45, 1));
      if (from && local !== null) movers.push(this.#chip("value", local, line(from, { x: (target.x + gate.x) / 2, y: (target.y + gate.y) / 2 }), 0.3, 0.92));
    }
    this.#run(movers, duration);
  }

  /** Places on a wire, 0 where the movement begins. @param {DrawnWire} wire @param {boolean} back @returns {(share: number) => {x: number, y: number}} */
  #track({ path }, back) {
    const length = path.getTotalLength();
    return (share) => path.getPointAtLength(length * (back ? 1 - share : share));
  }

  /** @param {"value"|"gradient"} what @param {number|null} number @param {Mover["along"]} along @param {number} from @param {number} to @returns {Mover} */
  #chip(what, number, along, from, to) {
    const text = number === null ? "" : shortNumber(number);
    const width = Math.max(12, text.length * 7 + 12);
    const g = s("g", { class: `chip chip-${what}`, visibility: "hidden" }, s("rect", { x: -width / 2, y: -10, width, height: 20, rx: 10 }), s("text", {}, text));
    this.#drawing.motion.append(g);
    return { g, along, from, to };
  }

  /** @param {Mover[]} movers @param {number} duration */
  #run(movers, duration) {
    if (!movers.length) return;
    this.#drawing.root.classList.add("is-moving");
    const begin = performance.now();
    const frame = (/** @type {number} */ now) => {
      const share = (now - begin) / duration;
      for (const { g, along, from, to } of movers) {
        const own = (share - from) / (to - from);
        g.setAttribute("visibility", own >= 0 && own <= 1 ? "visible" : "hidden");
        if (own < 0 || own > 1) continue;
        const { x, y } = along(ease(own));
        g.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
      }
      if (share < 1) this.#request = requestAnimationFrame(frame);
      else this.stop();
    };
    this.#request = requestAnimationFrame(frame);
  }
}

/** @param {number} x */
const ease = (x) => (x < 0.5 ? 2 * x * x : 1 - (-2 * x + 2) ** 2 / 2);

/** @param {{x: number, y: number}} a @param {{x: number, y: number}} b @returns {(share: number) => {x: number, y: number}} */
const line = (a, b) => (share) => ({ x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share - Math.sin(Math.PI * share) * 14 });
