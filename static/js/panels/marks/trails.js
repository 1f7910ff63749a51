// @ts-check
/** A line through places of a plane, broken where a number is missing; and cells of an image laid into the plane. */

/** @import { Area, Scale } from "./overlay.js" */

/**
 * The path through points; what lies beyond the area up or down is drawn at its edge.
 * @param {number} count @param {(i: number) => number} x @param {(i: number) => number} y as the axes count
 * @param {Scale} scale @param {Area} area @returns {Path2D}
 */
export function trail(count, x, y, { kx, bx, ky, by }, area) {
  const path = new Path2D();
  let pen = false;
  for (let i = 0; i < count; i += 1) {
    const px = x(i) * kx + bx;
    const py = Math.max(area.top - 4, Math.min(area.top + area.height + 4, y(i) * ky + by));
    if (!Number.isFinite(px) || Number.isNaN(py)) pen = false;
    else if (pen) path.lineTo(px, py);
    else {
      path.moveTo(px, py);
      pen = true;
    }
  }
  return path;
}

/**
 * Lay an image over a part of the plane.
 * @param {CanvasRenderingContext2D} context @param {HTMLCanvasElement} image @param {[number, number]} xs @param {[number, number]} ys its ends
 * @param {Scale} scale @param {boolean} smooth
 */
export function layImage(context, image, xs, ys, { kx, bx, ky, by }, smooth) {
  context.imageSmoothingEnabled = smooth;
  context.imageSmoothingQuality = "high";
  context.drawImage(image, xs[0] * kx + bx, ys[1] * ky + by, (xs[1] - xs[0]) * kx, (ys[0] - ys[1]) * ky);
}

/** Fill a part with oblique lines: a mark that is no colour of a scale. @param {CanvasRenderingContext2D} context @param {Area} area @param {string} color */
export function hatch(context, { left, top, width, height }, color) {
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  context.beginPath();
  for (let x = left - height; x < left + width; x += 7) {
    context.moveTo(x, top + height);
    context.lineTo(x + height, top);
  }
  context.lineWidth = 1;
  context.strokeStyle = color;
  context.stroke();
  context.restore();
}
