// @ts-check
/** Arrays of several nets: their first axis is the net; shorter nets are filled up with NaN. */

import { lettering } from "../../lettering.js";
import { visibleColor } from "../../controls/dom.js";

/** @import { Context, SeriesLook, Still } from "../../types.d.ts" */
/** @import { Area } from "../marks/overlay.js" */
/** @import { Theme } from "../../plot.js" */

/**
 * @typedef {{net: number, name: string, color: string, dash: string, values: ArrayLike<number>, shape: number[]}} NetStill
 */

/**
 * One net's part of an array whose first axis is the net, without what it was filled up with.
 * @param {Still} still @param {number} net @param {SeriesLook} look @param {string} axis of its first own axis
 * @returns {Still}
 */
function partOf({ values, shape }, net, look, axis) {
  const own = shape.slice(1);
  const size = own.reduce((product, n) => product * n, 1);
  const part = /** @type {Float64Array} */ (values).subarray(net * size, (net + 1) * size);
  const width = own.length ? size / (own[0] || 1) : 1;
  let rows = own[0] ?? 1;
  if (axis === "layer") rows = Math.min(rows, look.layers ?? rows); // a layer of NaN is a finding, not a filling
  else if (part.some((value) => !Number.isNaN(value))) {
    while (rows > 1 && part.subarray((rows - 1) * width, rows * width).every(Number.isNaN)) rows -= 1;
  }
  return { values: part.subarray(0, rows * width), shape: [rows, ...own.slice(1)] };
}

/**
 * The still arrays of every net that is shown.
 * @param {Context} panel
 * @param {string} role
 * @param {Still} [still] the whole; what the scene or the playhead's snapshot has, if not given
 * @returns {NetStill[]}
 */
export function stillsOfNets(panel, role, still = panel.data.still(role)) {
  if (!still) return [];
  const axis = panel.spec(role)?.axes[1] ?? "";
  return Array.from({ length: still.shape[0] }, (_, net) => net).filter((net) => !panel.hidden.has(net)).map((net) => {
    const look = panel.series(net);
    return { net, name: look.name, color: visibleColor(look.color), dash: look.dash, ...partOf(still, net, look, axis) };
  });
}

/**
 * All snapshots of one net's array, the oldest first.
 * @param {Context} panel @param {string} role @param {number} net
 * @returns {{step: number, values: ArrayLike<number>}[]}
 */
export function filmOfNet(panel, role, net) {
  const axis = panel.spec(role)?.axes[1] ?? "";
  return panel.data.film(role).map((still) => ({ step: still.step, values: partOf(still, net, panel.series(net), axis).values }));
}

/**
 * Places for one small picture a net, side by side, or in rows where it is narrow.
 * @param {number} count @param {number} width @param {number} height
 * @param {{left: number, right: number, top: number, bottom: number}} margin round each picture
 * @param {number} [least] narrowest cell in pixels
 * @returns {Area[]}
 */
export function tiles(count, width, height, margin, least = 150) {
  const fit = Math.max(1, Math.min(count, Math.floor(width / least)));
  const columns = count > fit ? Math.ceil(count / Math.ceil(count / fit)) : fit;
  const rows = Math.max(1, Math.ceil(count / columns));
  return Array.from({ length: count }, (_, i) => {
    const cellWidth = width / columns;
    const cellHeight = height / rows;
    return { left: (i % columns) * cellWidth + margin.left, top: Math.floor(i / columns) * cellHeight + margin.top,
      width: cellWidth - margin.left - margin.right, height: cellHeight - margin.top - margin.bottom };
  });
}

/**
 * The heading of a net's small picture: its line and its name, cut off where there is no room.
 * @param {CanvasRenderingContext2D} context
 * @param {{name: string, color: string}} net
 * @param {Area} area of the picture below the heading
 * @param {Theme} look
 */
export function drawHeading(context, { name, color }, area, look) {
  context.font = lettering(look, 1, "600");
  const lines = twoLines(context, name, area.width - 12);
  const top = area.top - 13 - (lines.length - 1) * 14;
  context.fillStyle = color;
  context.beginPath();
  context.roundRect(area.left, top - 2, 14, 4, 2);
  context.fill();
  context.fillStyle = look.ink;
  context.textBaseline = "middle";
  context.textAlign = "left";
  lines.forEach((line, i) => context.fillText(line, area.left + (i ? 0 : 20), top + 14 * i));
  context.textBaseline = "alphabetic";
}

/**
 * A name in one line, or in two where it is too long; the first leaves room for the swatch.
 * @param {CanvasRenderingContext2D} context @param {string} name @param {number} width
 * @returns {string[]}
 */
function twoLines(context, name, width) {
  if (context.measureText(name).width <= width - 8) return [name];
  const words = name.split(" ");
  let first = "";
  while (words.length && context.measureText(`${first} ${words[0]}`).width <= width - 8) first = `${first} ${words.shift()}`.trim();
  if (!first) return [clipped(context, name, width - 8)];
  const rest = words.filter((word, i) => i > 0 || word !== "·").join(" ");
  return rest ? [first.replace(/ ·$/, ""), clipped(context, rest, width + 12)] : [first];
}

/** A text that fits, its end replaced by an ellipsis. @param {CanvasRenderingContext2D} context @param {string} text @param {number} width */
export function clipped(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  let end = text.length;
  while (end > 1 && context.measureText(`${text.slice(0, end)}…`).width > width) end -= 1;
  return `${text.slice(0, end).trimEnd()}…`;
}
