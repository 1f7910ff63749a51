// @ts-check
/** Points in a plane: filled or hollow discs, with an edge that shows on any ground. */

/** @import { Scale } from "./overlay.js" */

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Scale} scale
 * @param {object} points
 * @param {number} points.count
 * @param {(i: number) => number} points.x
 * @param {(i: number) => number} points.y
 * @param {(i: number) => string} points.color
 * @param {(i: number) => boolean} [points.hollow]
 * @param {number} [points.radius]
 * @param {string} [points.edge] colour of the edge
 * @param {string} [points.filling] of hollow ones; nothing if none
 * @param {number} [points.opacity]
 */
export function drawPoints(context, { kx, bx, ky, by }, { count, x, y, color, hollow = () => false, radius = 3, edge = "", filling = "", opacity = 1 }) {
  context.globalAlpha = opacity;
  context.lineWidth = 1;
  for (let i = 0; i < count; i += 1) {
    const [px, py] = [x(i) * kx + bx, y(i) * ky + by];
    if (!Number.isFinite(px) || !Number.isFinite(py)) continue;
    context.beginPath();
    context.arc(px, py, radius, 0, 2 * Math.PI);
    if (hollow(i)) {
      if (filling) {
        context.fillStyle = filling;
        context.fill();
      }
      context.lineWidth = 1.8;
      context.strokeStyle = color(i);
      context.stroke();
      continue;
    }
    context.fillStyle = color(i);
    context.fill();
    if (!edge) continue;
    context.lineWidth = 1;
    context.strokeStyle = edge;
    context.stroke();
  }
  context.globalAlpha = 1;
}

/** A large point to look at or to take hold of. @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} radius @param {string} color @param {string} mark @param {string} edge */
export function drawDot(context, x, y, radius, color, mark, edge) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = color;
  context.fill();
  context.lineWidth = 2.5;
  context.strokeStyle = mark;
  context.stroke();
  context.lineWidth = 1;
  context.strokeStyle = edge;
  context.beginPath();
  context.arc(x, y, radius + 1.7, 0, 2 * Math.PI);
  context.stroke();
}

/**
 * Such a point beyond the edge of the picture: an arrow there points to it.
 * @param {CanvasRenderingContext2D} context @param {number} x @param {number} y of its tip @param {number} angle @param {number} radius @param {string} color @param {string} mark
 */
export function drawBeyond(context, x, y, angle, radius, color, mark) {
  const corner = (/** @type {number} */ back, /** @type {number} */ aside) => /** @type {const} */ ([
    x - back * Math.cos(angle) - aside * Math.sin(angle), y - back * Math.sin(angle) + aside * Math.cos(angle)]);
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(...corner(2 * radius, radius));
  context.lineTo(...corner(2 * radius, -radius));
  context.closePath();
  Object.assign(context, { fillStyle: color, lineWidth: 2.5, strokeStyle: mark, lineJoin: "round" });
  context.stroke();
  context.fill();
}

/**
 * The place nearest to a pixel, if it is near.
 * @param {number} count @param {(i: number) => [number, number]} pixelOf @param {number} x @param {number} y @param {number} [within]
 * @returns {number} -1 if none
 */
export function nearest(count, pixelOf, x, y, within = 10) {
  let best = -1;
  let least = within;
  for (let i = 0; i < count; i += 1) {
    const [px, py] = pixelOf(i);
    const distance = Math.hypot(px - x, py - y);
    if (distance < least) [best, least] = [i, distance];
  }
  return best;
}
