// @ts-check
// Trails of a race as comets: a fine line of where each racer was, bright towards its head.

/** @import { Area, Scale } from "../marks/overlay.js" */

/** Where a head is, in pixels. @typedef {{trail: Trail, x: number, y: number, out: boolean, angle: number}} Head */

import { DASHES, visibleColor } from "../../controls/dom.js";
import { clipSegment } from "../marks/overlay.js";

/** How many of the last steps glow, and how far from the plot the canvas is still given coordinates. */
const TAIL = 36;
const FAR = 4000;

/**
 * @typedef {object} Trail
 * @property {Float64Array} points x, y, x, y, ... one pair a step
 * @property {number} length steps at hand
 * @property {number} index of the racer
 * @property {string} name @property {string} color @property {string} dash
 * @property {boolean} [ghost] how it would have gone on without a change: drawn pale
 * @property {number} divergedAt the step at which it left for good, or Infinity
 */

/**
 * Gather what is drawn of each racer.
 * @param {import("../../history.js").Series} series (racer, step, 2)
 * @param {(i: number) => {name: string, color: string, dash: string}} styleOf
 * @param {(i: number) => number} divergedAt
 * @returns {Trail[]}
 */
export function trailsOf(series, styleOf, divergedAt) {
  return Array.from({ length: series.rows }, (_, index) => {
    const { name, color, dash } = styleOf(index);
    return { points: series.row(index), length: series.length, index, name, color: visibleColor(color), dash,
      divergedAt: divergedAt(index) };
  });
}

/**
 * The trails as they would have gone on without a change, each from where it parts from the racer's own.
 * @param {import("../../history.js").Series} series (racer, step, 2), NaN before the change
 * @param {Trail[]} trails the racers' own
 * @param {(i: number) => number} divergedAt
 * @param {(name: string) => string} called
 * @returns {Trail[]}
 */
export function ghostsOf(series, trails, divergedAt, called) {
  return trails.map((trail) => {
    const points = Float64Array.from(series.row(trail.index));
    let first = 0;
    while (first < points.length && Number.isNaN(points[first])) first += 2;
    if (first >= 2 && first < points.length) points.set(trail.points.subarray(first - 2, first), first - 2);
    return { ...trail, points, length: series.length, dash: "dot", ghost: true, name: called(trail.name), divergedAt: divergedAt(trail.index) };
  });
}

/**
 * Draw all trails up to a step.
 * @param {CanvasRenderingContext2D} context clipped to the area
 * @param {Trail[]} trails
 * @param {number} step
 * @param {object} how
 * @param {Scale} how.scale @param {Area} how.area
 * @param {Set<number>} how.hidden @param {number} how.focus
 * @param {string} how.halo colour round lines and heads, so that they stand out of any surface
 * @returns {Head[]}
 */
export function drawComets(context, trails, step, { scale, area, hidden, focus, halo }) {
  const shown = trails.filter((trail) => !hidden.has(trail.index));
  const rank = (/** @type {Trail} */ trail) => (trail.ghost ? 0 : trail.index === focus ? 2 : 1);
  shown.sort((a, b) => rank(a) - rank(b));
  const paths = shown.map((trail) => pathOf(trail, 0, step, scale, area));
  context.lineJoin = "round";
  context.lineCap = "butt";
  context.strokeStyle = halo;
  shown.forEach((trail, i) => {
    context.lineWidth = trail.ghost ? 3.6 : trail.index === focus ? 5.4 : 4.2;
    context.globalAlpha = trail.ghost ? 0.4 : 0.62;
    context.stroke(paths[i]);
  });
  shown.forEach((trail, i) => {
    context.strokeStyle = trail.color;
    context.setLineDash(DASHES[trail.dash] ?? []);
    context.lineWidth = trail.ghost ? 1.8 : trail.index === focus ? 2.8 : 2;
    context.globalAlpha = trail.ghost ? 0.75 : 0.95;
    context.stroke(paths[i]);
  });
  context.setLineDash([]);
  context.lineCap = "round";
  for (const trail of shown) if (!trail.ghost) drawTail(context, trail, step, scale, area);
  context.globalAlpha = 1;
  const heads = shown.filter((trail) => headed(trail, step)).map((trail) => headOf(trail, step, scale, area));
  for (const head of heads) if (!head.out) drawHead(context, head, head.trail.index === focus, halo);
  return heads;
}

/** Whether a trail has begun: a ghost does so where it was forked. @param {Trail} trail @param {number} step */
const headed = ({ ghost, points, length }, step) => !ghost || !Number.isNaN(points[2 * Math.min(step, length - 1)]);

/** The line from one step to another; what is far outside is cut, so that no coordinate overflows. @param {Trail} trail @param {number} from @param {number} to @param {Scale} scale @param {Area} area */
function pathOf({ points, length }, from, to, { kx, bx, ky, by }, area) {
  const path = new Path2D();
  const near = { left: area.left - FAR, top: area.top - FAR, width: area.width + 2 * FAR, height: area.height + 2 * FAR };
  const last = Math.min(to, length - 1);
  let x0 = NaN;
  let y0 = NaN;
  let pen = false;
  for (let step = from; step <= last; step += 1) {
    const x = points[2 * step] * kx + bx;
    const y = points[2 * step + 1] * ky + by;
    const inside = x > near.left && x < near.left + near.width && y > near.top && y < near.top + near.height;
    if (inside && pen) path.lineTo(x, y);
    else if (step > from && Number.isFinite(x0) && Number.isFinite(y0)) {
      const piece = reach(x0, y0, x, y, near);
      if (piece) {
        path.moveTo(piece[0], piece[1]);
        path.lineTo(piece[2], piece[3]);
      }
    }
    if (inside && !pen) path.moveTo(x, y);
    pen = inside;
    x0 = x;
    y0 = y;
  }
  return path;
}

/** A segment cut to the rectangle; towards infinity it goes straight out. @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 @param {Area} near */
function reach(x0, y0, x1, y1, near) {
  if (Number.isNaN(x1) || Number.isNaN(y1)) return null;
  const bounded = (/** @type {number} */ value) => Math.max(-1e9, Math.min(1e9, value));
  return clipSegment(bounded(x0), bounded(y0), bounded(x1), bounded(y1), near);
}

/** The glow: the last steps once more, thicker towards the head. @param {CanvasRenderingContext2D} context @param {Trail} trail @param {number} step @param {Scale} scale @param {Area} area */
function drawTail(context, trail, step, scale, area) {
  const pieces = 4;
  const first = Math.max(0, step - TAIL);
  context.strokeStyle = trail.color;
  for (let piece = 0; piece < pieces; piece += 1) {
    const from = Math.round(first + ((step - first) * piece) / pieces);
    if (from >= step) continue;
    context.lineWidth = 2.2 + piece * 0.8;
    context.globalAlpha = 0.25 + 0.17 * piece;
    context.stroke(pathOf(trail, from, step, scale, area));
  }
}

/** Where the head is; `out` with the point where it left the plot when it is not in it. @param {Trail} trail @param {number} step @param {Scale} scale @param {Area} area @returns {Head} */
function headOf(trail, step, { kx, bx, ky, by }, area) {
  const { points, length } = trail;
  const pixel = (/** @type {number} */ at) => [points[2 * at] * kx + bx, points[2 * at + 1] * ky + by];
  const within = (/** @type {number[]} */ [x, y]) => x >= area.left - 1 && x <= area.left + area.width + 1 && y >= area.top - 1 && y <= area.top + area.height + 1;
  let at = Math.min(step, length - 1);
  let here = pixel(at);
  if (within(here)) return { trail, x: here[0], y: here[1], out: false, angle: 0 };
  let outer = here;
  while (at > 0 && !within(here)) {
    if (Number.isFinite(here[0]) && Number.isFinite(here[1])) outer = here;
    at -= 1;
    here = pixel(at);
  }
  if (!within(here)) { // it never was in this part of the plane: point towards where it is
    const target = outer.every(Number.isFinite) ? outer : [area.left, area.top];
    here = [area.left + area.width / 2, area.top + area.height / 2];
    outer = target;
  }
  const piece = reach(here[0], here[1], outer[0], outer[1], area);
  const [x, y] = piece ? [piece[2], piece[3]] : here;
  return { trail, x, y, out: true, angle: Math.atan2(outer[1] - here[1], outer[0] - here[0]) };
}

/** @param {CanvasRenderingContext2D} context @param {Head} head @param {boolean} isFocus @param {string} halo */
function drawHead(context, { trail, x, y }, isFocus, halo) {
  context.beginPath();
  context.arc(x, y, isFocus ? 7.5 : 5.8, 0, 2 * Math.PI);
  context.fillStyle = halo;
  context.fill();
  context.beginPath();
  context.arc(x, y, isFocus ? 5.8 : 4.2, 0, 2 * Math.PI);
  context.fillStyle = trail.ghost ? halo : trail.color;
  context.fill();
  if (!trail.ghost) return;
  context.lineWidth = 2;
  context.strokeStyle = trail.color;
  context.stroke();
}

/**
 * At the edge, a mark for every racer that is outside: an arrow for one that may come back, a labelled cross for
 * one that diverged. Labels that would lie on each other are moved apart.
 * @param {CanvasRenderingContext2D} context
 * @param {Head[]} heads
 * @param {object} how
 * @param {number} how.step @param {Area} how.area
 * @param {string} how.font @param {string} how.ink @param {string} how.card
 * @param {(trail: Trail) => string} how.labelOf what a diverged racer's label says
 */
export function drawEdgeMarks(context, heads, { step, area, font, ink, card, labelOf }) {
  /** @type {{left: number, right: number, top: number}[]} */
  const taken = [];
  context.font = font;
  context.textBaseline = "middle";
  for (const { trail, x, y, out, angle } of heads) {
    if (!out) continue;
    const diverged = step >= trail.divergedAt;
    const px = Math.min(area.left + area.width - 7, Math.max(area.left + 7, x));
    const py = Math.min(area.top + area.height - 7, Math.max(area.top + 7, y));
    context.save();
    context.translate(px, py);
    context.rotate(angle);
    context.beginPath();
    context.moveTo(7, 0);
    context.lineTo(-5, -6);
    context.lineTo(-5, 6);
    context.closePath();
    context.lineWidth = 3;
    context.strokeStyle = card;
    context.stroke();
    context.fillStyle = trail.color;
    context.fill();
    context.restore();
    if (!diverged) continue;
    const text = labelOf(trail);
    const width = context.measureText(text).width + 14;
    const left = Math.min(area.left + area.width - width - 16, Math.max(area.left + 4, px > area.left + area.width / 2 ? px - width - 12 : px + 12));
    let top = Math.min(area.top + area.height - 22, Math.max(area.top + 4, py - 10));
    while (taken.some((box) => Math.abs(box.top - top) < 21 && left < box.right && box.left < left + width)) {
      top += top > area.top + area.height / 2 ? -21 : 21;
      if (top < area.top || top > area.top + area.height) break;
    }
    taken.push({ left, right: left + width, top });
    context.beginPath();
    context.roundRect(left, top, width, 20, 5);
    context.fillStyle = card;
    context.globalAlpha = 0.92;
    context.fill();
    context.globalAlpha = 1;
    context.lineWidth = 1.5;
    context.strokeStyle = trail.color;
    context.stroke();
    context.fillStyle = ink;
    context.fillText(text, left + 7, top + 10.5);
  }
}

/**
 * The point of a trail nearest to the pointer.
 * @param {Trail[]} trails @param {number} step @param {number} x @param {number} y in pixels
 * @param {Scale} scale @param {Set<number>} hidden
 * @param {number} [within] pixels
 * @returns {{trail: Trail, step: number, x: number, y: number}|null}
 */
export function nearestPoint(trails, step, x, y, { kx, bx, ky, by }, hidden, within = 14) {
  let best = null;
  let least = within * within;
  for (const trail of trails) {
    if (hidden.has(trail.index)) continue;
    const last = Math.min(step, trail.length - 1);
    for (let at = last; at >= 0; at -= 1) {
      const px = trail.points[2 * at] * kx + bx;
      const py = trail.points[2 * at + 1] * ky + by;
      const distance = (px - x) ** 2 + (py - y) ** 2;
      if (distance < least) {
        least = distance;
        best = { trail, step: at, x: px, y: py };
      }
    }
  }
  return best;
}
