// @ts-check
/** A structure as the server tells it, made ready: ids are texts, and a constant's gate says its number. */

import { isMap, shortNumber } from "./sizes.js";

/** @import { Structure } from "./structure.d.ts" */

/** Whether the gates of constants say these numbers: another text may have the same structure (x*2 and x*3). @param {Structure} structure @param {ArrayLike<number>} values */
export function saysConstants(structure, values) {
  return structure.nodes.every((node) => node.name !== "constant" || isMap(node) || node.symbol === shortNumber(values[node.at]));
}

/** @param {any} told @param {ArrayLike<number>} values of all nodes: constants are told by their number @returns {Structure} */
export function readStructure(told, values) {
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
