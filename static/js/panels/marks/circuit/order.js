// @ts-check
/**
 * In which order the things of a layer stand: as few crossings of wires as can be found, and operands as they are written.
 * dagre puts gates into layers and a place into every layer that a wire passes; here the places of each layer are ordered.
 *
 * Begun from several orders (the expression read as a tree; dagre's own), the best is taken after sifting: each place is
 * moved to where it costs least among its layer, until nothing gets better (Matuszewski, Schönfeld and Molitor 1999).
 * Where wires still cross, the two operands of a gate change places, each with all that leads to it alone.
 */

/** @import { Graph } from "../../../../vendor/dagre.d.ts" */
/**
 * @typedef {{from: string[], to: string[]}} Near what stands before a place and after it, in the order of operands
 * @typedef {Map<string, Near>} Nearness
 * @typedef {{slot: number, weight: number}} Operand which operand of its gate a wire is, and what it costs beside a crossing that two of them stand against their order
 * @typedef {(one: string, other: string) => number} Cost of standing in this order
 */

const ROUNDS = 24;
/** Of exchanges; each that helps may make room for others. */
const EXCHANGES = 3;
/** Places in which exchanges are tried: so many take a tenth of a second. */
const MOST = 400;

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
  const met = walkBack(layers, near);
  const starts = [treelike(layers, met), centred(layers, near, met), dagres, dagres.map((layer) => layer.toReversed())];
  const sifted = starts.map((start) => new Sifting(start, near, cost));
  const [best] = sifted.toSorted((a, b) => a.cost - b.cost);
  if (ids.length <= MOST) best.exchange();
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

/** When a walk from the result back, first operands first, meets each place. @param {string[][]} layers @param {Nearness} near @returns {Map<string, number>} */
function walkBack(layers, near) {
  /** @type {Map<string, number>} */
  const met = new Map();
  const visit = (/** @type {string} */ id) => {
    if (met.has(id)) return;
    met.set(id, met.size);
    near.get(id)?.from.forEach(visit);
  };
  for (const layer of layers.toReversed()) layer?.forEach((id) => { if (!near.get(id)?.to.length) visit(id); });
  return met;
}

/** Layers by a number for each place; where two have the same, as the walk back meets them. @param {string[][]} layers @param {(id: string) => number} of @param {Map<string, number>} met */
const sorted = (layers, of, met) => layers.map((layer) => {
  const keys = new Map((layer ?? []).map((id) => [id, [of(id), met.get(id) ?? 0]]));
  const key = (/** @type {string} */ id) => /** @type {number[]} */ (keys.get(id));
  return (layer ?? []).toSorted((a, b) => key(a)[0] - key(b)[0] || key(a)[1] - key(b)[1]);
});

/** As the walk back meets them: without a crossing where every value is used once. @param {string[][]} layers @param {Map<string, number>} met */
const treelike = (layers, met) => sorted(layers, (id) => met.get(id) ?? 0, met);

/** The same, but what is used several times stands amid its users. @param {string[][]} layers @param {Nearness} near @param {Map<string, number>} met */
function centred(layers, near, met) {
  const usersOf = (/** @type {string} */ id) => near.get(id)?.to ?? [];
  return sorted(layers, (id) => {
    let at = id;
    while (usersOf(at).length === 1) [at] = usersOf(at);
    const places = usersOf(at).map((user) => met.get(user) ?? 0);
    return places.length ? places.reduce((sum, place) => sum + place, 0) / places.length : met.get(id) ?? 0;
  }, met);
}

/** All that leads to a place and to nothing else, itself with it. @param {string} id @param {Nearness} near @param {Set<string>} [found] @returns {Set<string>} */
function branch(id, near, found = new Set()) {
  const { from, to } = /** @type {Near} */ (near.get(id));
  if (to.length > 1) return found;
  found.add(id);
  for (const one of from) branch(one, near, found);
  return found;
}

/** An order of layers on its way to a better one; sifted when it is made. */
class Sifting {
  #near;
  #disorder;
  /** @type {Map<string, number>} */
  #at = new Map();

  /** @param {string[][]} start @param {Nearness} near @param {Cost} disorder */
  constructor(start, near, disorder) {
    this.#near = near;
    this.#disorder = disorder;
    this.layers = start;
    this.#take(start);
    this.#sift();
    this.cost = this.#sum();
  }

  /** @param {string[][]} layers */
  #take(layers) {
    this.layers = layers.map((layer) => [...layer]);
    this.layers.forEach((layer) => this.#number(layer));
  }

  /** @param {string[]} layer */
  #number(layer) { layer.forEach((id, i) => this.#at.set(id, i)); }

  /** Where in its layer a place stands. @param {string} id */
  #place(id) { return /** @type {number} */ (this.#at.get(id)); }

  /** Crossings of what leads to two places, one above the other. @param {string} one @param {string} other @param {("from"|"to")[]} sides */
  #crossings(one, other, sides) {
    let count = 0;
    const [a, b] = [/** @type {Near} */ (this.#near.get(one)), /** @type {Near} */ (this.#near.get(other))];
    for (const side of sides) {
      for (const x of a[side]) for (const y of b[side]) if (this.#place(x) > this.#place(y)) count += 1;
    }
    return count;
  }

  /** @type {Cost} */
  #pair(one, other) { return this.#crossings(one, other, ["from", "to"]) + this.#disorder(one, other); }

  /** What all of it costs. */
  #sum() {
    let total = 0;
    for (const layer of this.layers) layer.forEach((id, i) => { for (const other of layer.slice(i + 1)) total += this.#crossings(id, other, ["from"]) + this.#disorder(id, other); });
    return total;
  }

  #sift() {
    for (let round = 0; round < ROUNDS; round += 1) {
      let won = 0;
      for (const layer of round % 2 ? this.layers : this.layers.toReversed()) for (const id of [...layer]) won += this.#settle(layer, id);
      if (!won) break;
    }
  }

  /** Move a place of a layer to where it costs least; how much is won. @param {string[]} layer @param {string} id */
  #settle(layer, id) {
    const from = this.#place(id);
    let [best, target, sum] = [0, from, 0];
    for (const way of [-1, 1]) {
      sum = 0;
      for (let i = from + way; i >= 0 && i < layer.length; i += way) {
        const other = layer[i];
        sum += way > 0 ? this.#pair(other, id) - this.#pair(id, other) : this.#pair(id, other) - this.#pair(other, id);
        if (sum < best - 1e-9) [best, target] = [sum, i];
      }
    }
    if (target === from) return 0;
    layer.splice(from, 1);
    layer.splice(target, 0, id);
    this.#number(layer);
    return -best;
  }

  /** Try for each gate of two operands whether it is better that they change places, as long as wires cross. */
  exchange() {
    for (let round = 0; round < EXCHANGES; round += 1) {
      const before = this.cost;
      for (const { from } of this.#near.values()) if (this.cost >= 1 && from.length === 2) this.#try(from);
      if (this.cost === before) return;
    }
  }

  /** @param {string[]} operands two, of one gate */
  #try(operands) {
    const before = this.layers;
    const [upper, lower] = operands.toSorted((a, b) => this.#place(a) - this.#place(b)).map((id) => branch(id, this.#near));
    this.#take(before.map((layer) => {
      const theirs = [...layer.filter((id) => lower.has(id)), ...layer.filter((id) => upper.has(id))];
      return layer.map((id) => (lower.has(id) || upper.has(id) ? /** @type {string} */ (theirs.shift()) : id));
    }));
    this.#sift();
    const cost = this.#sum();
    if (cost < this.cost - 1e-9) this.cost = cost;
    else this.#take(before);
  }
}
