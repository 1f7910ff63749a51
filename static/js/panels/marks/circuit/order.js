// @ts-check
/**
 * In which order the things of a layer stand: as few crossings of wires as can be found, and operands as they are written.
 * dagre puts gates into layers and a place into every layer that a wire passes; here the places of each layer are ordered.
 *
 * Begun from several orders (the expression read as a tree; dagre's own), the best is taken after sifting: each place is
 * moved to where it costs least among its layer, until nothing gets better (Matuszewski, Schönfeld and Molitor 1999).
 */

/** @import { Graph } from "../../../../vendor/dagre.d.ts" */
/**
 * @typedef {{from: string[], to: string[]}} Near what stands before a place and after it, in the order of operands
 * @typedef {Map<string, Near>} Nearness
 * @typedef {{slot: number, weight: number}} Operand which operand of its gate a wire is, and what it costs beside a crossing that two of them stand against their order
 * @typedef {(one: string, other: string) => number} Cost of standing in this order
 */

const ROUNDS = 24;

/**
 * @param {Graph} graph in layers, as dagre has it when it asks for an order
 * @param {(graph: Graph, options: object) => void} usual dagre's own way
 * @param {(wire: string) => Operand} operandOf
 */
export function order(graph, usual, operandOf) {
  usual(graph, {});
  const ids = graph.nodes().filter((id) => graph.node(id).rank !== undefined);
  /** @type {string[][]} */
  const layers = [];
  for (const id of ids) (layers[graph.node(id).rank] ??= []).push(id);
  const near = nearness(graph, ids, operandOf);
  const cost = disorder(graph, near, operandOf);
  const dagres = layers.map((layer) => (layer ?? []).toSorted((a, b) => graph.node(a).order - graph.node(b).order));
  const starts = [treelike(layers, near), dagres, dagres.map((layer) => layer.toReversed())].map((start) => sift(start, near, cost));
  const [best] = starts.toSorted((a, b) => a.cost - b.cost);
  for (const layer of best.layers) layer.forEach((id, i) => { graph.node(id).order = i; });
}

/** @param {Graph} graph @param {string[]} ids @param {(wire: string) => Operand} operandOf @returns {Nearness} */
function nearness(graph, ids, operandOf) {
  const slot = (/** @type {string} */ id) => operandOf(wireAt(graph, id)).slot;
  return new Map(ids.map((id) => [id, {
    from: (graph.inEdges(id) ?? []).map(({ v }) => v).sort((a, b) => slot(a) - slot(b)),
    to: (graph.outEdges(id) ?? []).map(({ w }) => w),
  }]));
}

/** The wire that passes a place; "" for a gate. @param {Graph} graph @param {string} id */
const wireAt = (graph, id) => graph.node(id).edgeObj?.name ?? "";

/** What two operands of one gate cost that stand against the order in which they are written. @param {Graph} graph @param {Nearness} near @param {(wire: string) => Operand} operandOf @returns {Cost} */
function disorder(graph, near, operandOf) {
  return (one, other) => {
    const [target] = near.get(one)?.to ?? [];
    if (!target || near.get(other)?.to[0] !== target) return 0;
    const [a, b] = [operandOf(wireAt(graph, one)), operandOf(wireAt(graph, other))];
    return a.slot > b.slot && b.slot >= 0 ? a.weight : 0;
  };
}

/** The order of a walk from the result back, first operands first: without a crossing where every value is used once. @param {string[][]} layers @param {Nearness} near */
function treelike(layers, near) {
  /** @type {Map<string, number>} */
  const met = new Map();
  const visit = (/** @type {string} */ id) => {
    if (met.has(id)) return;
    met.set(id, met.size);
    near.get(id)?.from.forEach(visit);
  };
  for (const layer of layers.toReversed()) layer?.forEach((id) => { if (!near.get(id)?.to.length) visit(id); });
  return layers.map((layer) => (layer ?? []).toSorted((a, b) => (met.get(a) ?? 0) - (met.get(b) ?? 0)));
}

/**
 * @param {string[][]} start @param {Nearness} near @param {Cost} disorder
 * @returns {{layers: string[][], cost: number}}
 */
function sift(start, near, disorder) {
  const layers = start.map((layer) => [...layer]);
  /** @type {Map<string, number>} */
  const at = new Map();
  const number = (/** @type {string[]} */ layer) => layer.forEach((id, i) => at.set(id, i));
  layers.forEach(number);
  /** Crossings of what leads to two places, one above the other. @param {string} one @param {string} other @param {("from"|"to")[]} sides */
  const crossings = (one, other, sides) => {
    let count = 0;
    const [a, b] = [/** @type {Near} */ (near.get(one)), /** @type {Near} */ (near.get(other))];
    for (const side of sides) {
      for (const x of a[side]) for (const y of b[side]) if (/** @type {number} */ (at.get(x)) > /** @type {number} */ (at.get(y))) count += 1;
    }
    return count;
  };
  /** @type {Cost} */
  const cost = (one, other) => crossings(one, other, ["from", "to"]) + disorder(one, other);
  /** Move a place of a layer to where it costs least; how much is won. @param {string[]} layer @param {string} id */
  const settle = (layer, id) => {
    const from = /** @type {number} */ (at.get(id));
    let [best, target, sum] = [0, from, 0];
    for (const way of [-1, 1]) {
      sum = 0;
      for (let i = from + way; i >= 0 && i < layer.length; i += way) {
        const other = layer[i];
        sum += way > 0 ? cost(other, id) - cost(id, other) : cost(id, other) - cost(other, id);
        if (sum < best - 1e-9) [best, target] = [sum, i];
      }
    }
    if (target === from) return 0;
    layer.splice(from, 1);
    layer.splice(target, 0, id);
    number(layer);
    return -best;
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    let won = 0;
    for (const layer of round % 2 ? layers : layers.toReversed()) for (const id of [...layer]) won += settle(layer, id);
    if (!won) break;
  }
  let total = 0;
  for (const layer of layers) layer.forEach((id, i) => { for (const other of layer.slice(i + 1)) total += crossings(id, other, ["from"]) + disorder(id, other); });
  return { layers, cost: total };
}
