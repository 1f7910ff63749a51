// @ts-check
/** Where the units of a net stand, a column a layer, and the gentle curves that join them. */

/** @typedef {{layer: number, index: number, unit: number, x: number, y: number}} Unit */
/** @typedef {{from: Unit, to: Unit, at: number, weight: number}} Edge at: its place among the weights, layer by layer, (to, from) row by row */

/** Edges that are drawn where there are more: the largest. */
const MOST_EDGES = 1500;

/** A gentle curve from one unit to the other. @param {Edge} edge @param {number} side */
export function pathOf({ from, to }, side) {
  const path = new Path2D();
  const [x0, x1] = [from.x + side / 2, to.x - side / 2];
  const middle = (x0 + x1) / 2;
  path.moveTo(x0, from.y);
  path.bezierCurveTo(middle, from.y, middle, to.y, x1, to.y);
  return path;
}

/** How high the curve stands at a share of its way. @param {Edge} edge @param {number} share */
export const heightAt = ({ from, to }, share) => from.y + (to.y - from.y) * share * share * (3 - 2 * share);

/**
 * Units and edges of a net, the weights still to be told.
 * @param {number[]} sizes units of every layer
 * @param {{left: number, top: number, width: number, height: number}} area @param {number} largest side of a unit
 * @returns {{units: Unit[], edges: Edge[], side: number}}
 */
export function layOut(sizes, { left, top, width, height }, largest) {
  const column = width / Math.max(1, sizes.length - 1);
  const side = Math.max(5, Math.min(largest, (height / Math.max(...sizes)) * 0.8, column * 0.55));
  const layers = sizes.map((size, layer) => {
    const pitch = Math.min(side * 1.7, height / Math.max(1, size));
    return Array.from({ length: size }, (_, index) => ({ layer, index, unit: 0, x: left + column * layer, y: top + height / 2 + (index - (size - 1) / 2) * pitch }));
  });
  const units = layers.flat();
  units.forEach((unit, i) => { unit.unit = i; });
  const edges = layers.slice(1).flatMap((to, l) => to.flatMap((one) => layers[l].map((from) => ({ from, to: one, at: 0, weight: NaN }))));
  edges.forEach((edge, i) => { edge.at = i; });
  return { units, edges, side };
}

/** The edges worth drawing: the largest, and all of a unit that is pointed at. @param {Edge[]} edges @param {number} about */
export function worthDrawing(edges, about) {
  if (edges.length <= MOST_EDGES) return edges;
  const sizes = Float64Array.from(edges, ({ weight }) => Math.abs(weight) || 0).sort();
  const least = sizes[sizes.length - MOST_EDGES];
  return edges.filter(({ weight, from, to }) => Math.abs(weight) >= least || from.unit === about || to.unit === about);
}
