// @ts-check
/**
 * Where the nodes of a graph without circles stand: a column for each length of the longest way to them, in a column an
 * order that crosses few edges (by the middle of their neighbours, a few times both ways).
 */

/**
 * @typedef {{id: string, label: string, symbol?: string, group?: string, folded?: boolean}} Node
 * @typedef {{nodes: Node[], edges: {from: string, to: string, of?: string}[]}} Graph
 */

const SWEEPS = 8;

/**
 * @param {Graph} graph
 * @param {(node: Node) => number} widthOf
 * @param {{height: number, gapX: number, gapY: number}} box
 * @returns {{at: Map<string, {x: number, y: number, width: number}>, width: number, height: number}}
 */
export function layered({ nodes, edges }, widthOf, { height, gapX, gapY }) {
  const columns = columnsOf(nodes, edges);
  /** @type {string[][]} */
  const order = [];
  for (const { id } of nodes) (order[columns.get(id) ?? 0] ??= []).push(id);
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const forward = sweep % 2 === 0;
    const indices = order.map((_, i) => i);
    for (const column of forward ? indices.slice(1) : indices.reverse().slice(1)) sortBy(order, column, edges, forward);
  }
  const widths = new Map(nodes.map((node) => [node.id, widthOf(node)]));
  const wide = order.map((ids) => Math.max(...ids.map((id) => widths.get(id) ?? 0)));
  const tallest = Math.max(1, ...order.map((ids) => ids.length));
  const whole = tallest * (height + gapY) - gapY;
  /** @type {Map<string, {x: number, y: number, width: number}>} */
  const at = new Map();
  let left = 8;
  order.forEach((ids, column) => {
    const top = 8 + (whole - (ids.length * (height + gapY) - gapY)) / 2;
    ids.forEach((id, i) => at.set(id, { x: left, y: top + i * (height + gapY), width: wide[column] }));
    left += wide[column] + gapX;
  });
  return { at, width: left - gapX + 8, height: whole + 16 };
}

/** The column of every node: one more than the last of those before it. @param {Node[]} nodes @param {Graph["edges"]} edges */
function columnsOf(nodes, edges) {
  /** @type {Map<string, number>} */
  const columns = new Map(nodes.map(({ id }) => [id, 0]));
  for (let round = 0; round < nodes.length; round += 1) {
    let moved = false;
    for (const { from, to } of edges) {
      const least = (columns.get(from) ?? 0) + 1;
      if ((columns.get(to) ?? 0) >= least) continue;
      columns.set(to, least);
      moved = true;
    }
    if (!moved) break;
  }
  // What only one thing uses stands right before it: a weight stands beside its product, not at the far left.
  for (const { id } of nodes) {
    const users = edges.filter(({ from }) => from === id).map(({ to }) => columns.get(to) ?? 0);
    if (users.length && !edges.some(({ to }) => to === id)) columns.set(id, Math.min(...users) - 1);
  }
  return columns;
}

/** @param {string[][]} order @param {number} column @param {Graph["edges"]} edges @param {boolean} forward */
function sortBy(order, column, edges, forward) {
  const beside = order[column + (forward ? -1 : 1)];
  const middle = (/** @type {string} */ id, /** @type {number} */ own) => {
    const places = edges.filter(({ from, to }) => (forward ? to : from) === id).map(({ from, to }) => beside.indexOf(forward ? from : to)).filter((i) => i >= 0);
    return places.length ? places.reduce((sum, i) => sum + i, 0) / places.length : own;
  };
  const keys = new Map(order[column].map((id, i) => [id, middle(id, i)]));
  order[column].sort((a, b) => (keys.get(a) ?? 0) - (keys.get(b) ?? 0));
}
