// @ts-check
/** What is written into a chart besides its curves: marks of changed settings, names of level lines. */

import { lettering } from "../../lettering.js";

/**
 * Dashed lines where settings were changed during the run.
 * @param {CanvasRenderingContext2D} context @param {number[]} marks
 * @param {import("../marks/overlay.js").Area} area @param {import("../marks/overlay.js").Scale} pixels
 * @param {import("../../plot.js").Theme} look @param {(step: number) => string} words
 */
export function drawMarks(context, marks, area, pixels, look, words) {
  if (!marks.length) return; // to set a font makes the browser work out its styles
  context.save();
  context.setLineDash([4, 3]);
  context.lineWidth = 1.3;
  context.strokeStyle = look.ink;
  context.font = lettering(look, 1, "600");
  context.textBaseline = "top";
  for (const step of marks) {
    const x = Math.round(step * pixels.kx + pixels.bx) + 0.5;
    if (x < area.left || x > area.left + area.width) continue;
    context.beginPath();
    context.moveTo(x, area.top);
    context.lineTo(x, area.top + area.height);
    context.stroke();
    const text = words(step);
    const width = context.measureText(text).width;
    const left = x + 5 + width > area.left + area.width ? x - 5 - width : x + 5;
    context.globalAlpha = 0.85;
    context.fillStyle = look.card;
    context.fillRect(left - 2, area.top + 1, width + 4, 15);
    context.globalAlpha = 1;
    context.fillStyle = look.ink;
    context.fillText(text, left, area.top + 3);
  }
  context.restore();
}

/**
 * The names of level reference lines, above their right ends; one that would lie on another is left out.
 * @param {CanvasRenderingContext2D} context @param {import("../marks/curves.js").Curve[]} curves
 * @param {import("../marks/overlay.js").Area} area @param {import("../marks/overlay.js").Scale} pixels
 * @param {import("../../plot.js").Theme} look @param {boolean} log
 */
export function nameLevels(context, curves, area, pixels, look, log) {
  context.font = lettering(look);
  context.textAlign = "right";
  context.textBaseline = "bottom";
  /** @type {number[]} */
  const taken = [];
  for (const curve of [...curves].reverse()) {
    const value = curve.y(curve.length - 1);
    const y = (log ? Math.log10(value) : value) * pixels.ky + pixels.by;
    if (!(y > area.top + 8 && y < area.top + area.height) || taken.some((other) => Math.abs(other - y) < 13)) continue;
    taken.push(y);
    const width = context.measureText(curve.name).width;
    context.fillStyle = look.card;
    context.fillRect(area.left + area.width - width - 8, y - 14, width + 8, 13);
    context.fillStyle = look.ink2;
    context.fillText(curve.name, area.left + area.width - 4, y - 1);
  }
  context.textAlign = "left";
}
