// @ts-check
/** What is known at a step of the walk: values that were computed, and gradients as far as their shares have arrived. */

import { stepsOf } from "./fold.js";

/** @import { Part, Structure, TapeNode, Turn, Wire } from "./structure.d.ts" */
/** @typedef {{values: ArrayLike<number>, gradients: ArrayLike<number>, shares: ArrayLike<number>, locals?: ArrayLike<number>}} Numbers */

export class Reveal {
  #forward;
  #backward;
  #seed;
  /** For every node the shares that come to it, whoever sends them. @type {Map<string, Part[]>} */
  #coming = new Map();

  /** @param {Structure} structure */
  constructor(structure) {
    this.structure = structure;
    this.#forward = stepsOf(structure, "forward");
    this.#backward = stepsOf(structure, "backward");
    this.#seed = stepsOf(structure, "seed").get(structure.output) ?? Infinity;
    this.nodes = new Map(structure.nodes.map((node) => [node.id, node]));
    for (const node of structure.nodes) {
      node.operands.forEach((operand, slot) => {
        const at = node.edges[slot] ?? -1;
        if (at < 0) return;
        const size = this.nodes.get(operand)?.size ?? 0;
        this.#coming.set(operand, [...(this.#coming.get(operand) ?? []), { at, size, step: this.#backward.get(node.id) ?? Infinity }]);
      });
    }
  }

  get last() { return this.structure.walk.length; }

  /** What happens at a step; null before the first. @param {number} step @returns {Turn|null} */
  turn(step) { return this.structure.walk[step - 1] ?? null; }

  /** The step at which a node is computed. @param {string} node */
  forwardStep(node) { return this.#forward.get(node) ?? 0; }

  /** @param {TapeNode} node @param {number} step @param {Numbers} numbers @returns {ArrayLike<number>|null} null where it is still to come */
  value(node, step, { values }) {
    return step >= this.forwardStep(node.id) ? part(values, node) : null;
  }

  /** The gradient as far as it has come: the sum of what arrived. @param {TapeNode} node @param {number} step @param {Numbers} numbers */
  gradient(node, step, numbers) {
    if (!node.tracked) return null;
    const coming = this.#coming.get(node.id) ?? [];
    const isOutput = node.id === this.structure.output;
    const here = coming.filter((share) => share.step <= step);
    if (here.length === coming.length && (!isOutput || this.#seed <= step) && (here.length || isOutput)) return part(numbers.gradients, node);
    return sum(here, numbers.shares);
  }

  /** Whether more is to come to a node's gradient. @param {TapeNode} node @param {number} step */
  partial(node, step) {
    return (this.#coming.get(node.id) ?? []).some((share) => share.step > step);
  }

  /** What came back along a wire; null where it is still to come. @param {Wire} wire @param {number} step @param {Numbers} numbers */
  share(wire, step, { shares }) {
    return sum(wire.shares.filter((one) => one.step <= step), shares);
  }
}

/** The largest size among the finite numbers. @param {ArrayLike<number>} values */
export function largest(values) {
  let most = 0;
  for (let i = 0; i < values.length; i += 1) if (Number.isFinite(values[i])) most = Math.max(most, Math.abs(values[i]));
  return most;
}

/** @param {ArrayLike<number>} all @param {{at: number, size: number}} place */
export const part = (all, { at, size }) => Array.prototype.slice.call(all, at, at + size);

/** @param {Part[]} parts @param {ArrayLike<number>} all @returns {number[]|null} */
function sum(parts, all) {
  if (!parts.length) return null;
  return parts.map((one) => part(all, one)).reduce((total, one) => total.map((/** @type {number} */ x, /** @type {number} */ i) => x + one[i]));
}
