// @ts-check
// Tapes for tests, written as lines: "q = add x y". A name that no line has made is a leaf, a number a constant.

/** @import { Structure, TapeNode } from "../../static/js/panels/marks/circuit/structure.d.ts" */

/**
 * @param {string[]} lines
 * @param {{shapes?: Record<string, number[]>, groups?: any[]}} [more]
 * @returns {Structure}
 */
export function tape(lines, { shapes = {}, groups = [] } = {}) {
  /** @type {TapeNode[]} */
  const nodes = [];
  /** @type {Map<string, TapeNode>} */
  const named = new Map();
  let [at, shares] = [0, 0];
  const make = (/** @type {string} */ name, /** @type {string} */ label, /** @type {TapeNode[]} */ operands) => {
    const shape = shapes[label] ?? [];
    const size = shape.reduce((product, n) => product * n, 1);
    const tracked = name === "leaf" || operands.some((operand) => operand.tracked);
    const edges = operands.map((operand) => {
      if (!operand.tracked) return -1;
      shares += operand.size;
      return shares - operand.size;
    });
    const node = { id: String(nodes.length), name, label, symbol: name === "constant" ? label : name, title: name, operands: operands.map(({ id }) => id), shape, at, size, tracked, edges,
      rule: null, span: null, keeps: [], bytes: 0 };
    at += size;
    nodes.push(node);
    return node;
  };
  for (const line of lines) {
    const [target, , name, ...operands] = line.split(" ");
    const parts = operands.map((operand) => {
      const found = named.get(operand) ?? make(Number.isNaN(Number(operand)) ? "leaf" : "constant", operand, []);
      if (found.name !== "constant") named.set(operand, found);
      return found;
    });
    named.set(target, make(name, target, parts));
  }
  const acting = nodes.filter((node) => node.operands.length).map(({ id }) => id);
  const output = nodes[nodes.length - 1].id;
  const id = (/** @type {string} */ name) => /** @type {TapeNode} */ (named.get(name)).id;
  return { nodes, output, kept: 0, leaves: [], rules: {},
    walk: [...acting.map((node) => ({ turn: /** @type {const} */ ("forward"), node })), { turn: "seed", node: output }, ...acting.toReversed().map((node) => ({ turn: /** @type {const} */ ("backward"), node }))],
    groups: groups.map((group) => ({ kind: "part", title: group.id, rule: null, folded: false, parent: null, ...group, nodes: group.nodes.map(id), inputs: (group.inputs ?? []).map(id), output: id(group.output) })) };
}
