// @ts-check
/**
 * A leaf of a computation in the hand: its number is dragged, or moved by keys; of a matrix one entry at a time. What is
 * moved is a parameter of the run, which begins again under the playhead. A drag belongs to the pointer, not to the element
 * where it began: that may be drawn anew meanwhile.
 */

import { setTo, shaped } from "../../leafvalues.js";
import { boxText, formatNumber } from "../../number.js";
import { put } from "../marks/circuit/svg.js";

/** @import { Context } from "../../types.d.ts" */
/** @import { Leaf, TapeNode } from "../marks/circuit/structure.d.ts" */

/** Pixels over which a drag goes through the whole range of a leaf. */
const RANGE = 220;
/** Milliseconds after the last key until the movement counts as over. */
const PAUSE = 350;
/** Share of that way for a key, in gradient mode. */
const PER_KEY = 0.01;
/** Two numbers that differ by less of their size are one. */
const SAME = 1e-6;

/** A value on the steps of a leaf, inside its range unless it was outside before. @param {Leaf} leaf @param {number} value @param {number} before */
export function stepped(leaf, value, before) {
  const rounded = Number((Math.round(value / leaf.step) * leaf.step).toPrecision(10));
  return Math.max(Math.min(leaf.low, before), Math.min(Math.max(leaf.high, before), rounded));
}

/** A pointer that is down on a leaf, and how things stood then. @typedef {{pointer: number, x: number, y: number, value: number, node: TapeNode, leaf: Leaf}} Grip */
/** @typedef {{result: number, leaves: {leaf: Leaf, values: number[], gradients: number[]}[]}} Ray where a step begins, and its direction */

/** The step along minus the gradient with which the first leaf has gone through its whole range; 0 where there is no way. @param {Ray} ray */
export function farthest({ leaves }) {
  const lengths = leaves.flatMap(({ leaf, gradients }) => gradients.map((gradient) => (leaf.high - leaf.low) / Math.abs(gradient)));
  const least = Math.min(...lengths);
  return Number.isFinite(least) ? least : 0;
}

export class LeafDrag {
  /** Gradient mode: all leaves move together, along minus the gradient. */
  downhill = false;
  /** Where the present step began, and its length. @type {{ray: Ray, length: number}|null} */
  walk = null;
  /** @type {() => Ray} */
  ray = () => ({ result: NaN, leaves: [] });
  /** What is in the hand, and the numbers that were asked for. @type {{node: TapeNode, leaf: Leaf, entry: number, values: number[]}|null} */
  held = null;
  /** @type {Grip|null} */
  #grip = null;
  /** It has moved since the last frame of the screen, and that was followed at once. */
  #ahead = false;
  #early = (/** @type {Event} */ event) => this.#moved(/** @type {PointerEvent} */ (event), true);
  #panel;
  #read;
  #timer = 0;
  /** Steps along minus the gradient that keys asked for and that are still to be made, each a share of the whole way. @type {number[]} */
  #steps = [];
  /** Entry in hand of each matrix. @type {Map<string, number>} */
  #entries = new Map();

  /**
   * @param {Context} panel its options' `moves` names the parameter
   * @param {(node: TapeNode) => number[]} read the present numbers of a leaf
   * @param {() => void} show draw what is asked for, before the server has answered
   */
  constructor(panel, read, show) {
    this.#panel = panel;
    this.#read = read;
    this.show = show;
    const { signal } = panel;
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
    addEventListener("pointermove", (event) => this.#moved(event, false), { signal });
    for (const type of /** @type {const} */ (["pointerup", "pointercancel"])) {
      addEventListener(type, (event) => { if (event.pointerId === this.#grip?.pointer) this.#letGo(); }, { signal });
    }
  }

  /** The leaf that is in the hand. */
  get node() { return this.held?.node ?? this.#grip?.node ?? null; }

  /** @param {Grip|null} grip */
  #hold(grip) {
    this.#grip = grip;
    this.#ahead = false;
    if (grip) addEventListener("pointerrawupdate", this.#early, { signal: this.#panel.signal });
    else removeEventListener("pointerrawupdate", this.#early);
  }

  /** Another computation is drawn: what was in the hand is no more. */
  drop() {
    clearTimeout(this.#timer);
    this.held = this.walk = null;
    this.#steps = [];
    this.#hold(null);
  }

  /** The entry of a matrix that keys move. @param {TapeNode} node */
  entry(node) { return Math.min(node.size - 1, this.#entries.get(node.id) ?? 0); }

  /** @param {TapeNode} node @param {number} entry */
  choose(node, entry) {
    this.#entries.set(node.id, Math.max(0, Math.min(node.size - 1, entry)));
    this.show();
  }

  /** @param {TapeNode} node @param {Leaf} leaf @param {number} value @param {boolean} dragging */
  move(node, leaf, value, dragging) {
    const values = this.held?.node.id === node.id ? [...this.held.values] : this.#wanted(leaf, this.#read(node));
    const entry = this.entry(node);
    const next = stepped(leaf, value, values[entry]);
    if (dragging && next === values[entry]) return;
    values[entry] = next;
    this.held = { node, leaf, entry, values };
    this.#send(dragging);
    this.show();
  }

  /** All leaves move from where the step began. @param {number} length @param {boolean} dragging */
  #along(length, dragging) {
    if (!this.walk) return;
    this.walk.length = length;
    const { values: name } = this.#panel.options.moves;
    const moved = this.walk.ray.leaves.map(({ leaf, values, gradients }) => [leaf.name, shaped(values.map((value, i) => Number((value - length * gradients[i]).toPrecision(9))), leaf.shape)]);
    this.#panel.change({ [name]: { ...this.#panel.params[name], ...Object.fromEntries(moved) } }, { dragging, effect: "restart", stay: true });
  }

  /** The run may have come where the last step led: the next one that a key asked for goes on from there. */
  arrived() {
    if (!this.downhill) this.#steps = [];
    const ray = this.#steps.length ? this.ray() : null;
    if (!ray || ray.leaves.some(({ leaf, values }) => this.#wanted(leaf, values).some((value, i) => Math.abs(value - values[i]) > SAME * Math.max(1, Math.abs(value))))) return;
    this.walk = { ray, length: 0 };
    this.#along(/** @type {number} */ (this.#steps.shift()) * farthest(ray), false);
  }

  /** What a leaf is to hold, where it was set, though the run on screen may be an older one; else what it holds. @param {Leaf} leaf @param {number[]} values */
  #wanted(leaf, values) {
    return setTo(this.#panel.params[this.#panel.options.moves.values], leaf.name, values.length) ?? values;
  }

  /** It is let go. */
  release() {
    clearTimeout(this.#timer);
    if (this.held) this.#send(false);
    this.held = null;
  }

  /** @param {boolean} dragging */
  #send(dragging) {
    if (!this.held) return;
    const { values: name } = this.#panel.options.moves;
    const { leaf, values } = this.held;
    this.#panel.change({ [name]: { ...this.#panel.params[name], [leaf.name]: shaped(values, leaf.shape) } }, { dragging, effect: "restart", stay: true });
  }

  /**
   * Let an element be dragged.
   * @param {SVGElement} element @param {TapeNode} node @param {() => Leaf|undefined} leafOf
   * @param {(event: PointerEvent) => number} [entryAt] the entry under the pointer, of a matrix
   */
  attach(element, node, leafOf, entryAt) {
    element.addEventListener("pointerdown", (event) => {
      const leaf = leafOf();
      if (event.button !== 0 || !leaf) return;
      event.preventDefault(); // the drawing stays where it is
      element.closest("svg")?.querySelector(`[data-gate="${CSS.escape(node.id)}"]`)?.dispatchEvent(new Event("take"));
      if (entryAt) this.choose(node, entryAt(event));
      element.setPointerCapture(event.pointerId);
      if (this.downhill) this.walk = { ray: this.ray(), length: 0 };
      this.#hold({ pointer: event.pointerId, x: event.clientX, y: event.clientY, value: this.#wanted(leaf, this.#read(node))[this.entry(node)], node, leaf });
    });
  }

  /**
   * The pointer has moved. A browser tells it just before a frame of the screen, and some tell it as soon as they know
   * (early): the first such movement after a frame is followed at once, so that the answer is there a frame earlier.
   * @param {PointerEvent} event @param {boolean} early
   */
  #moved(event, early) {
    if (event.pointerId !== this.#grip?.pointer || (early && this.#ahead)) return;
    this.#ahead = early;
    this.#drag(event);
  }

  /** @param {PointerEvent} event */
  #drag(event) {
    if (!this.#grip) return;
    const { x, y, value, node, leaf } = this.#grip;
    const way = event.clientX - x - (event.clientY - y);
    if (!this.held && Math.abs(way) < 2) return;
    const fine = event.shiftKey ? 0.1 : 1;
    if (!this.downhill) this.move(node, leaf, value + (way * fine * (leaf.high - leaf.low)) / RANGE, true);
    else if (this.walk) this.#along((Math.max(0, way) * fine * farthest(this.walk.ray)) / RANGE, true);
  }

  #letGo() {
    if (this.downhill) this.#along(this.walk?.length ?? 0, false);
    else this.release();
    this.#hold(null);
  }

  /** Arrow keys on a leaf; true when the key was its own. @param {KeyboardEvent} event @param {TapeNode} node @param {Leaf} leaf */
  key(event, node, leaf) {
    const { key } = event;
    const across = /** @type {Record<string, number>} */ ({ ArrowRight: 1, ArrowLeft: -1 })[key] ?? 0;
    const up = /** @type {Record<string, number>} */ ({ ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 })[key] ?? 0;
    if (event.ctrlKey || event.metaKey || event.altKey || (!across && !up)) return false;
    if (this.downhill) {
      const waits = event.repeat && this.#steps.length > 0; // a key that is held waits for its step: when it is let go, the walk ends
      if (across + up > 0 && !waits) this.#steps.push(PER_KEY * (event.shiftKey ? 10 : 1));
      this.arrived();
      return true;
    }
    if (across && node.size > 1) {
      this.choose(node, this.entry(node) + across);
      return true;
    }
    const now = (this.held?.node.id === node.id ? this.held.values : this.#wanted(leaf, this.#read(node)))[this.entry(node)];
    this.move(node, leaf, now + (across + up) * leaf.step * (event.shiftKey ? 10 : 1), true);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.release(), PAUSE);
    return true;
  }

  /**
   * Tell assistive technology what a leaf holds.
   * @param {SVGElement} element @param {TapeNode} node @param {Leaf} leaf @param {ArrayLike<number>} values
   * @param {ArrayLike<number>|null} gradients null where none has come, or none is told
   */
  announce(element, node, leaf, values, gradients) {
    const entry = this.entry(node);
    const columns = node.shape.at(-1) ?? 1;
    const place = node.shape.length > 1 ? `${Math.floor(entry / columns) + 1}, ${(entry % columns) + 1}: ` : node.size > 1 ? `${entry + 1}: ` : "";
    put(element, { "aria-valuemin": leaf.low, "aria-valuemax": leaf.high, "aria-valuenow": values[entry], "aria-valuetext": place + (gradients ? this.#panel.t("{value}, gradient {gradient}", { value: boxText(values[entry]), gradient: formatNumber(gradients[entry], 3) }) : boxText(values[entry])) });
  }
}
