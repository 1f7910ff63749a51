// @ts-check
/** The edges between a net's units, drawn as gentle curves. */

/** @typedef {{layer: number, index: number, unit: number, x: number, y: number}} Unit */
/** @typedef {{from: Unit, to: Unit, at: number, weight: number}} Edge */

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
