// @ts-check
/** A computation as the server tells it, made ready: ids are texts, and a constant's gate says its number. */

import { Reveal } from "./reveal.js";
import { isMap, shortNumber } from "./sizes.js";

/** @import { Structure } from "./structure.d.ts" */

/** What a panel knows of a tape: the same objects for as long as the tape is the same, whatever its numbers. */
export class Tape {
  /** @type {Structure|null} */
  structure = null;
  /** @type {Reveal|null} */
  reveal = null;
  #told = "";

  /**
   * Take what is told, as soon as the numbers for it are there.
   * @param {string|undefined} told @param {ArrayLike<number>} values of all nodes: constants are told by their number
   */
  take(told, values) {
    if (!told || !values.length || (told === this.#told && this.structure && saysConstants(this.structure, values))) return;
    const structure = readStructure(JSON.parse(told), values);
    if (structure.nodes.some(({ at, size }) => at + size > values.length)) return; // its numbers are still to come
    this.#told = told;
    this.structure = structure;
    this.reveal = new Reveal(structure);
  }
}

/** Whether the gates of constants say these numbers: another text may have the same structure (x*2 and x*3). @param {Structure} structure @param {ArrayLike<number>} values */
function saysConstants(structure, values) {
  return structure.nodes.every((node) => node.name !== "constant" || isMap(node) || node.symbol === shortNumber(values[node.at]));
}

/** @param {any} told @param {ArrayLike<number>} values @returns {Structure} */
function readStructure(told, values) {
  const id = String;
  const nodes = told.nodes.map((/** @type {any} */ node) => {
    const one = { ...node, id: id(node.id), operands: node.operands.map(id), edges: node.edges ?? [] };
    if (one.name === "constant") one.symbol = isMap(one) ? one.symbol || "C" : shortNumber(values[one.at]);
    return one;
  });
  return {
    nodes, output: id(told.output), kept: told.kept_bytes ?? 0, rules: told.rules ?? {},
    leaves: told.leaves.map((/** @type {any} */ leaf) => ({ ...leaf, node: id(leaf.node) })),
    walk: told.walk.map((/** @type {any} */ turn) => ({ ...turn, node: id(turn.node) })),
    groups: (told.groups ?? []).map((/** @type {any} */ group) => ({ ...group, id: id(group.id), nodes: group.nodes.map(id), inputs: group.inputs.map(id), output: id(group.output),
      parent: group.parent === null || group.parent === undefined ? null : id(group.parent) })),
  };
}
