/** Arrays of several nets: the first net's have the plain name, those of net i the suffix "@i". */

import { visibleColor } from "../../controls/dom.js";

/** The name of a net's array. @param {string} name of the first net's @param {number} net @returns {string} */
export const keyOf = (name, net) => (net ? `${name}@${net}` : name);

/**
 * @typedef {{net: number, name: string, color: string, dash: string, values: ArrayLike<number>, shape: number[]}} Still
 */

/**
 * The still arrays of every net that is shown.
 * @param {string} name of the first net's array
 * @param {object} lab
 * @param {number} step the snapshot at or before it; the scene is looked at first
 * @returns {Still[]}
 */
export function stillsOfNets(name, lab, step) {
  const found = [];
  const hidden = lab.view.hidden ?? [];
  const whole = lab.scene?.arrays[name] ?? lab.history.snapshot(name, step);
  for (let net = 0; net < (whole?.shape[0] ?? 0); net += 1) {
    const still = partOf(whole, net);
    const style = lab.series(net);
    if (hidden.includes(net)) continue;
    found.push({ net, name: style.name, color: visibleColor(style.color), dash: style.dash, values: still.values, shape: still.shape });
  }
  return found;
}

/** One net's part of an array whose first axis is the net. */
function partOf({ values, shape, ...more }, net) {
  const size = values.length / shape[0];
  return { ...more, values: values.subarray(net * size, (net + 1) * size), shape: shape.slice(1) };
}

/** All snapshots of one net's array, oldest first. @returns {{step: number, values: ArrayLike<number>}[]} */
export function filmOfNet(name, net, history) {
  return (history.snapshots.get(name) ?? []).map((still) => partOf(still, net));
}

/**
 * Places for one small picture a net, side by side, or in rows where it is narrow.
 * @param {number} count @param {number} width @param {number} height
 * @param {{left: number, right: number, top: number, bottom: number}} margin round each picture
 * @param {number} [least] narrowest cell in pixels
 * @returns {import("./overlay.js").Area[]}
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
 * @param {import("./overlay.js").Area} area of the picture below the heading
 * @param {import("../../plot.js").Theme} look
 */
export function drawHeading(context, { name, color }, area, look) {
  context.font = `600 12px ${look.font}`;
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

/** A name in one line, or in two where it is too long; the first leaves room for the swatch. */
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
