// @ts-check
/**
 * Rows of data, and what each series fits to them at the playhead: a line, an S-curve, or a boundary between classes.
 *
 * Roles: `positions` (series, step, 2), the two parameters; perhaps `ghosts`, those that it would have without a change; `points` (n, 2); perhaps `labels` (n,), the classes of the
 * points; `best` (k, 2), the parameters of the best fit; `model`, a text of the scene, JSON {kind, axes: [x, y]}, where
 * kind is "line" (y = θ₁ x + θ₂), "curve" (the sigmoid of that) or "boundary" (θ₁ x + θ₂ y = 0).
 */

/** @import { Context, Picture } from "../types.d.ts" */
/** @typedef {(x: number) => number} Shape y over x */

import { DASHES, h, swatch, visibleColor } from "../controls/dom.js";
import { formatNumber } from "../number.js";
import { CLASSES } from "../palette.js";
import { theme } from "../plot.js";
import { drawPoints } from "./marks/scatter.js";
import { Plane } from "./marks/plane.js";
import { tipLine } from "./marks/tooltip.js";

const PIECES = 120;
const NEAR = 14;

/** @type {Record<string, (a: number, b: number) => Shape>} */
const SHAPES = {
  line: (a, b) => (x) => a * x + b,
  curve: (a, b) => (x) => 1 / (1 + Math.exp(-(a * x + b))),
  boundary: (a, b) => (x) => (-a * x) / b,
};

/** @param {HTMLElement} host @param {Context} panel @returns {Promise<Picture>} */
export async function create(host, panel) {
  const { t } = panel;
  const plane = new Plane(host, { label: panel.title, layers: ["points", "fits"], signal: panel.signal, margin: { bottom: 38 } });
  const { points: under, fits: over } = plane.layers;
  plane.onZoom = draw;
  const model = () => panel.data.told("model", { kind: "line", axes: ["x", "y"] });
  const shapeOf = (/** @type {number} */ a, /** @type {number} */ b) => (SHAPES[model().kind] ?? SHAPES.line)(a, b);

  /** What each series that is to be seen fits at the playhead. */
  function fits(role = "positions") {
    const series = panel.data.series(role);
    if (!series) return [];
    const { hidden } = panel;
    const at = Math.min(panel.step, series.length - 1);
    return Array.from({ length: series.rows }, (_, index) => ({ index, a: series.at(index, at, 0), b: series.at(index, at, 1) }))
      .filter(({ index, a, b }) => !hidden.has(index) && Number.isFinite(a) && Number.isFinite(b))
      .sort((one, other) => Number(one.index === panel.focus) - Number(other.index === panel.focus));
  }

  function draw() {
    const points = panel.data.still("points");
    if (!points?.shape[0]) return;
    const [x, y] = [0, 1].map((column) => (/** @type {number} */ i) => points.values[2 * i + column]);
    const { axes } = model();
    if (!plane.draw({ x: { range: spanOf(points.shape[0], x), title: axes[0] }, y: { range: spanOf(points.shape[0], y), title: axes[1], grid: false } })) return;
    const labels = panel.data.still("labels")?.values ?? [];
    const look = theme();
    drawPoints(under.beginInside(plane.area), plane.scale, { count: points.shape[0], x, y, radius: 3, opacity: 0.75,
      color: (i) => (labels.length ? CLASSES[labels[i]] : look.ink3), edge: look.card });
    under.end();
    drawFits();
    plane.frame.dataset.points = String(points.shape[0]);
  }

  function drawFits() {
    if (!plane.ready) return;
    const look = theme();
    const context = over.beginInside(plane.area);
    const best = panel.data.still("best")?.values ?? [];
    context.lineCap = "round";
    if (best.length) { // a pale road with a line in its middle: dots are the futures without a change
      stroke(context, shapeOf(best[0], best[1]), look.ink, 9, [], 0.12);
      stroke(context, shapeOf(best[0], best[1]), look.ink, 1, [], 0.6);
    }
    for (const { index, a, b } of fits("ghosts")) stroke(context, shapeOf(a, b), visibleColor(panel.series(index).color), 1.5, DASHES.dot, 0.6);
    const shown = fits();
    for (const { index, a, b } of shown) {
      const { color, dash } = panel.series(index);
      stroke(context, shapeOf(a, b), look.card, index === panel.focus ? 5 : 3.6, [], 0.6);
      stroke(context, shapeOf(a, b), visibleColor(color), index === panel.focus ? 2.8 : 1.8, DASHES[dash] ?? []);
    }
    over.end();
    plane.frame.dataset.fits = String(shown.length);
  }

  /** @param {CanvasRenderingContext2D} context @param {Shape} shape @param {string} color @param {number} width @param {number[]} dash */
  function stroke(context, shape, color, width, dash, opacity = 1) {
    const [low, high] = plane.range("x");
    const { kx, bx, ky, by } = plane.scale;
    const pixel = (/** @type {number} */ y) => Math.max(-1e5, Math.min(1e5, y * ky + by));
    context.globalAlpha = opacity;
    context.setLineDash(dash);
    context.lineWidth = width;
    context.strokeStyle = color;
    context.beginPath();
    for (let i = 0; i <= PIECES; i += 1) {
      const x = low + ((high - low) * i) / PIECES;
      const y = shape(x);
      if (Number.isFinite(y)) context.lineTo(x * kx + bx, pixel(y));
    }
    context.stroke();
    context.setLineDash([]);
    context.globalAlpha = 1;
  }

  plane.pad.addEventListener("pointermove", (event) => {
    if (!plane.ready) return;
    const [px, py] = plane.pixel(event);
    const { ky, by } = plane.scale;
    const [x] = plane.valueAt(px, py);
    const apart = fits().map((fit) => ({ ...fit, distance: Math.abs(shapeOf(fit.a, fit.b)(x) * ky + by - py) })).filter(({ distance }) => distance < NEAR);
    apart.sort((one, other) => one.distance - other.distance);
    if (!apart.length) {
      plane.tooltip.hide();
      return;
    }
    const [{ index, a, b }] = apart;
    const { name, color, dash } = panel.series(index);
    const names = panel.data.told("coordinates", ["θ₁", "θ₂"]);
    plane.tooltip.show(px, py, [h("div", { class: "tip-title" }, swatch({ color: visibleColor(color), dash }), name),
      tipLine(t("step"), formatNumber(panel.step)), tipLine(names[0], formatNumber(a, 4)), tipLine(names[1], formatNumber(b, 4))]);
  });
  plane.pad.addEventListener("pointerleave", () => plane.tooltip.hide());

  return { scene: draw, update: draw, playhead: drawFits, theme: draw, resize: draw, view: drawFits, focus: drawFits, png: () => plane.png() };
}

/** From the least to the greatest, with a little room. @param {number} count @param {(i: number) => number} of @returns {[number, number]} */
function spanOf(count, of) {
  const values = Array.from({ length: count }, (_, i) => of(i));
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = 0.06 * (high - low || 1);
  return [low - room, high + room];
}
