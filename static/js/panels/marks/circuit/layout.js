// @ts-check
/**
 * Where gates, wires and the numbers at them stand. Layers, order and places are dagre's; a wire's numbers have a place of
 * their own in it, so nothing lies over anything else.
 */

// @ts-types="../../../../vendor/dagre.d.ts"
import { Graph, layout as arrange } from "../../../../vendor/dagre.js";
import { order } from "./order.js";

/** @import { Gate, Seen, Wire } from "./structure.d.ts" */

/**
 * @typedef {{x: number, y: number}} Point
 * @typedef {{x: number, y: number, width: number, height: number}} Box its middle and its size
 * @typedef {{gates: Map<string, Box>, labels: Map<string, Box>, paths: Map<string, Point[]>, width: number, height: number, across: boolean, layers: number}} Places
 */

/** What is the same whichever operand comes first. */
const COMMUTES = new Set(["add", "multiply", "maximum", "minimum"]);
/** What operands against their order cost beside one crossing: where they may be exchanged, and where not. */
const AGAINST = { commuting: 0.3, other: 1.5 };
const FEW = 2;
/** Layers that branches of a fan pass at least: room in which they come into their order. Of two fans one begins amid the branches of the other. */
const FAN = { alone: 3, first: 5, second: 2 };
const GAP = { rank: 22, most: 40, node: 14, edge: 10, margin: 12 };
/** So much of the way along its numbers a wire is straight. */
const STRAIGHT = 0.7;

/**
 * @param {Seen} view
 * @param {(gate: Gate) => {width: number, height: number}} sizeOf
 * @param {(wire: Wire) => {width: number, height: number}} labelOf
 * @param {boolean} across from left to right; else from top to bottom
 * @param {number} [gap] pixels between layers
 * @returns {Places}
 */
export function place({ gates, wires }, sizeOf, labelOf, across, gap = GAP.rank) {
  const operandOf = operands(gates, wires);
  const graph = new Graph({ directed: true, multigraph: true });
  graph.setGraph({ rankdir: across ? "LR" : "TB", ranksep: gap, nodesep: GAP.node, edgesep: GAP.edge, marginx: GAP.margin, marginy: GAP.margin });
  const branches = Map.groupBy(wires.filter(({ shows }) => shows === "share"), ({ from }) => from);
  for (const gate of gates) graph.setNode(gate.id, { ...sizeOf(gate) });
  const fans = [...branches.keys()].filter((id) => (branches.get(id)?.length ?? 0) > FEW);
  const reach = new Map(fans.map((id, i) => [id, fans.length === 2 ? [FAN.first, FAN.second][i] : FAN.alone]));
  for (const wire of wires) {
    graph.setEdge(wire.from, wire.to, { ...labelOf(wire), labelpos: "c", minlen: reach.get(wire.from) ?? 1, weight: wire.shows === "value" ? 1 : 2 }, wire.id);
  }
  arrange(graph, { customOrder: (layered, usual) => order(layered, usual, operandOf) });
  const boxes = new Map(gates.map(({ id }) => { const { x, y, width, height } = graph.node(id); return [id, { x, y, width, height }]; }));
  /** @type {Map<string, Box>} */
  const labels = new Map();
  /** @type {Map<string, Point[]>} */
  const paths = new Map();
  const ends = endings(wires, graph, boxes, across);
  for (const wire of wires) {
    const { x, y, width, height, points } = graph.edge(wire.from, wire.to, wire.id);
    const label = { x, y, width, height };
    labels.set(wire.id, label);
    paths.set(wire.id, route(boxes, wire, label, points, ends, across));
  }
  const all = [...boxes, ...labels];
  for (const [id, points] of paths) {
    const others = all.filter(([other]) => other !== id);
    paths.set(id, around(eased(points, /** @type {Box} */ (labels.get(id)), others, across), others, across));
  }
  const { width, height } = graph.graph();
  const layers = Math.max(...gates.map(({ id }) => graph.node(id).rank)) / 2; // every other one is for numbers
  return { gates: boxes, labels, paths, width, height, across, layers };
}

/**
 * The gap between layers with which a drawing fills the room that it leaves: wires take their turns in it.
 * @param {Places} places with the usual gap @param {number} room pixels that are free in its direction
 */
export const gapFor = ({ layers }, room) => GAP.rank + Math.max(0, Math.min(GAP.most, Math.floor(room / Math.max(1, layers))));

/** What a wire is to its gate: which operand, and how much its place matters. @param {Gate[]} gates @param {Wire[]} wires @returns {(id: string) => import("./order.js").Operand} */
function operands(gates, wires) {
  const names = new Map(gates.map(({ id, node }) => [id, node.name]));
  const known = new Map(wires.map(({ id, to, slot }) => [id, { slot, weight: COMMUTES.has(names.get(to) ?? "") ? AGAINST.commuting : AGAINST.other }]));
  return (id) => known.get(id) ?? { slot: -1, weight: 0 };
}

/**
 * Where each wire touches its target: wires that come from above touch it above the others.
 * @param {Wire[]} wires @param {Graph} graph @param {Map<string, Box>} boxes @param {boolean} across
 * @returns {Map<string, Point>}
 */
function endings(wires, graph, boxes, across) {
  /** @type {Map<string, Wire[]>} */
  const arriving = new Map();
  for (const wire of wires) arriving.set(wire.to, [...(arriving.get(wire.to) ?? []), wire]);
  /** @type {Map<string, Point>} */
  const ends = new Map();
  for (const [id, list] of arriving) {
    const box = /** @type {Box} */ (boxes.get(id));
    const side = (/** @type {Wire} */ wire) => graph.edge(wire.from, wire.to, wire.id)[across ? "y" : "x"];
    list.sort((a, b) => side(a) - side(b));
    const reach = (across ? box.height : box.width) / 2;
    list.forEach((wire, i) => {
      const off = list.length > 1 ? reach * Math.min(0.62, 0.3 * (list.length - 1)) * ((2 * i) / (list.length - 1) - 1) : 0;
      const isRound = Math.abs(box.width - box.height) < 1;
      const radius = (across ? box.width : box.height) / 2;
      const deep = isRound ? Math.sqrt(Math.max(0, radius * radius - off * off)) : radius;
      ends.set(wire.id, across ? { x: box.x - deep, y: box.y + off } : { x: box.x + off, y: box.y - deep });
    });
  }
  return ends;
}

/**
 * The points of a wire: out of its gate, straight along its numbers, round what lies between, into its target.
 * @param {Map<string, Box>} boxes @param {Wire} wire @param {Box} label @param {Point[]} bends as dagre has them
 * @param {Map<string, Point>} ends @param {boolean} across
 * @returns {Point[]}
 */
function route(boxes, wire, label, bends, ends, across) {
  const from = /** @type {Box} */ (boxes.get(wire.from));
  const start = across ? { x: from.x + from.width / 2, y: from.y } : { x: from.x, y: from.y + from.height / 2 };
  const end = /** @type {Point} */ (ends.get(wire.id));
  const half = ((across ? label.width : label.height) / 2) * STRAIGHT;
  const along = /** @type {"x"|"y"} */ (across ? "x" : "y");
  const inside = bends.slice(1, -1).filter((point) => Math.abs(point[along] - label[along]) > half + 2 && point[along] > start[along] + 2 && point[along] < end[along] - 8);
  const straight = across ? [{ x: label.x - half, y: label.y }, { x: label.x + half, y: label.y }] : [{ x: label.x, y: label.y - half }, { x: label.x, y: label.y + half }];
  return [start, ...[...inside, ...straight].sort((a, b) => a[along] - b[along]), end];
}

/**
 * A wire without the bends that it does not need: it takes the longest way it has for each change of height.
 * @param {Point[]} points @param {Box} label along which it stays straight @param {[string, Box][]} boxes of all but its own numbers @param {boolean} across
 * @returns {Point[]}
 */
function eased(points, label, boxes, across) {
  const [along, beside] = /** @type {["x"|"y", "x"|"y"]} */ (across ? ["x", "y"] : ["y", "x"]);
  const [size, other] = /** @type {["width"|"height", "width"|"height"]} */ (across ? ["width", "height"] : ["height", "width"]);
  const isFree = (/** @type {Point} */ from, /** @type {Point} */ to) => !boxes.some(([, box]) => box[along] + box[size] / 2 > from[along] + 1 && box[along] - box[size] / 2 < to[along] - 1
    && box[beside] + box[other] / 2 > Math.min(from[beside], to[beside]) - 2 && box[beside] - box[other] / 2 < Math.max(from[beside], to[beside]) + 2);
  const kept = [...points];
  for (let i = kept.length - 2; i > 0; i -= 1) {
    const [before, after] = [kept[i - 1], kept[i + 1]];
    const level = Math.abs(before[beside] - kept[i][beside]) < 1 || Math.abs(after[beside] - kept[i][beside]) < 1;
    const told = Math.abs(kept[i][along] - label[along]) < label[size] / 2;
    if (level && !told && isFree(before, after)) kept.splice(i, 1);
  }
  return kept;
}

/**
 * A wire that would run over something bends later, or earlier: only between the layers.
 * @param {Point[]} points @param {[string, Box][]} boxes of all but its own numbers @param {boolean} across
 * @returns {Point[]}
 */
function around(points, boxes, across) {
  const [along, beside] = /** @type {["x"|"y", "x"|"y"]} */ (across ? ["x", "y"] : ["y", "x"]);
  const size = across ? "width" : "height";
  const other = across ? "height" : "width";
  const edge = (/** @type {Point} */ point, /** @type {1|-1} */ way) => boxes.filter(([, box]) => Math.abs(box[along] - point[along]) < box[size] / 2 + 1)
    .reduce((most, [, box]) => (way > 0 ? Math.max(most, box[along] + box[size] / 2) : Math.min(most, box[along] - box[size] / 2)), point[along]);
  return points.flatMap((point, i) => {
    const next = points[i + 1];
    if (!next || Math.abs(next[beside] - point[beside]) < 1) return [point];
    const [low, high] = [Math.min(point[beside], next[beside]), Math.max(point[beside], next[beside])];
    const hit = boxes.some(([, box]) => box[along] + box[size] / 2 > point[along] + 3 && box[along] - box[size] / 2 < next[along] - 3
      && box[beside] + box[other] / 2 > low + 2 && box[beside] - box[other] / 2 < high - 2);
    if (!hit) return [point];
    const [from, to] = [Math.min(edge(point, 1), next[along] - 4), Math.max(edge(next, -1), point[along] + 4)];
    const [first, last] = from < to ? [from, to] : [from, from + 1];
    return [point, { [along]: first, [beside]: point[beside] }, { [along]: last, [beside]: next[beside] }].map((one) => /** @type {Point} */ (one));
  });
}

/**
 * A smooth curve through points that go on in one direction: straight where the points lie on a line.
 * @param {Point[]} points @param {boolean} across
 * @returns {string} an SVG path
 */
export function pathOf(points, across) {
  const text = (/** @type {Point} */ { x, y }) => `${round(x)} ${round(y)}`;
  return points.slice(1).reduce((path, point, i) => {
    const before = points[i];
    const middle = across ? (before.x + point.x) / 2 : (before.y + point.y) / 2;
    const one = across ? { x: middle, y: before.y } : { x: before.x, y: middle };
    const two = across ? { x: middle, y: point.y } : { x: point.x, y: middle };
    return `${path}C${text(one)} ${text(two)} ${text(point)}`;
  }, `M${text(points[0])}`);
}

/** @param {number} x */
const round = (x) => Math.round(x * 10) / 10;
