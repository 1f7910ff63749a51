// @ts-check
/** Small grids of values as pictures: grey, or with a sign; many of them side by side. */

import { channels, ramp } from "../../palette.js";

/** @import { Area } from "./overlay.js" */

/**
 * One picture, a pixel a value, row 0 on top.
 * @param {ArrayLike<number>} values (h, w) or (h, w, 3), row by row
 * @param {number} height @param {number} width @param {number} channelsEach 1, or 3 for red, green and blue
 * @param {{low: number, high: number, anchors: string[]}} scale colours from low to high; of one with three channels only the ends count
 * @param {string} [broken] the colour of what is no number
 * @returns {HTMLCanvasElement}
 */
export function paint(values, height, width, channelsEach, { low, high, anchors }, broken = anchors[0]) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = context.createImageData(width, height);
  const table = ramp(anchors);
  const lost = channels(broken);
  const share = (/** @type {number} */ value) => Math.max(0, Math.min(1, (value - low) / (high - low || 1)));
  for (let i = 0; i < width * height; i += 1) {
    for (let c = 0; c < 3; c += 1) {
      const value = values[channelsEach === 3 ? 3 * i + c : i];
      image.data[4 * i + c] = Number.isNaN(value) ? lost[c] : channelsEach === 3 ? 255 * share(value) : table[3 * Math.round(255 * share(value)) + c];
    }
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

/**
 * Places for pictures of one shape in rows, as large as they fit.
 * @param {number} count @param {number} width @param {number} height of the room
 * @param {{aspect?: number, gap?: number, caption?: number, most?: number}} [how] aspect: width over height; most: largest width of one
 * @returns {Area[]}
 */
export function gridOf(count, width, height, { aspect = 1, gap = 6, caption = 0, most = 160 } = {}) {
  let best = { side: 0, columns: 1 };
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const side = Math.min(most, (width - gap * (columns - 1)) / columns, ((height - (gap + caption) * rows + gap) / rows) * aspect);
    if (side > best.side) best = { side, columns };
  }
  const { columns } = best;
  const side = Math.max(1, Math.floor(best.side));
  const tall = side / aspect;
  const left = Math.max(0, (width - columns * side - (columns - 1) * gap) / 2);
  return Array.from({ length: count }, (_, i) => ({ left: left + (i % columns) * (side + gap), top: Math.floor(i / columns) * (tall + gap + caption), width: side, height: tall }));
}
