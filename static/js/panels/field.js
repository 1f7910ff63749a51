// @ts-check
/**
 * A function over the plane as it is learned, the points that it is learned from, and the boundary where it decides.
 *
 * Roles: `values`, a still array (m, n), or (net, m, n): the net in focus is shown; `x` (n,), `y` (m,) of its grid;
 * perhaps `points` (k, 2), `labels` (k,) whole numbers, and `held_out` (k,), 1 for points that are only tested.
 * Options: `boundary`, the value where it decides (0.5 if none); `range` of the values, [0, 1] if none; `classes`,
 * words for the labels; `x_title`, `y_title`, `value_title`.
 */

import { h } from "../controls/dom.js";
import { formatNumber } from "../number.js";
import { CLASSES, ramp } from "../palette.js";
import { theme } from "../plot.js";
import { contour, pathOf } from "./marks/contours.js";
import { paintGrid } from "./marks/matrix.js";
import { Plane } from "./marks/plane.js";
import { drawPoints, nearest } from "./marks/scatter.js";
import { tipLine } from "./marks/tooltip.js";
import { Surface } from "./parts/surface.js";

/** @import { Context, Picture } from "../types.d.ts" */

/** @param {HTMLElement} host @param {Context} panel @returns {Promise<Picture>} */
export async function create(host, panel) {
  const { t, options } = panel;
  const plane = new Plane(host, { label: panel.title, layers: ["field", "points"], signal: panel.signal, square: true, margin: { left: 40, bottom: options.x_title ? 38 : 26 } });
  const { field, points } = plane.layers;
  const boundary = options.boundary ?? 0.5;
  const [low, high] = options.range ?? [0, 1];
  const legend = h("span", { class: "field-legend" });
  host.append(legend);
  /** @type {Surface|null} */
  let surface = null;

  /** The function on its grid, of the net in focus. */
  function gridNow() {
    const [xs, ys, values] = ["x", "y", "values"].map((role) => panel.data.still(role));
    if (!xs || !ys || !values) return null;
    const size = xs.values.length * ys.values.length;
    const net = values.shape.length > 2 ? Math.min(panel.focus, values.shape[0] - 1) : 0;
    return { xs: xs.values, ys: ys.values, values: Array.prototype.slice.call(values.values, net * size, (net + 1) * size) };
  }

  /** From the first class through nothing to the second. */
  const anchors = () => {
    const { card } = theme();
    const [one, two] = CLASSES;
    return [one, mixed(one, card), card, mixed(two, card), two];
  };

  function draw() {
    const grid = gridNow();
    if (!grid) return;
    const { xs, ys, values } = grid;
    surface = new Surface(xs, ys, values);
    const ends = (/** @type {ArrayLike<number>} */ places) => /** @type {[number, number]} */ ([places[0], places[places.length - 1]]);
    if (!plane.draw({ x: { range: ends(xs), title: options.x_title }, y: { range: ends(ys), title: options.y_title, grid: false } })) return;
    const { area, scale } = plane;
    const context = field.beginInside(area);
    const clamped = (/** @type {number} */ value) => Math.max(low, Math.min(high, value));
    const image = paintGrid(xs.length, ys.length, (i, j) => { const value = values[j * xs.length + i]; return Number.isNaN(value) ? value : clamped(value); }, { low, high, log: false }, ramp(anchors()));
    const [dx, dy] = [(xs[xs.length - 1] - xs[0]) / (xs.length - 1), (ys[ys.length - 1] - ys[0]) / (ys.length - 1)];
    context.imageSmoothingQuality = "high";
    context.globalAlpha = 0.72;
    context.drawImage(image, (xs[0] - dx / 2) * scale.kx + scale.bx, (ys[ys.length - 1] + dy / 2) * scale.ky + scale.by, dx * xs.length * scale.kx, -dy * ys.length * scale.ky);
    context.globalAlpha = 1;
    context.lineWidth = 2.2;
    context.lineCap = "round";
    context.strokeStyle = theme().ink;
    context.stroke(pathOf(contour(grid, boundary), scale));
    field.end();
    drawData();
    plane.frame.dataset.step = String(panel.step);
  }

  function drawData() {
    const { area, scale } = plane;
    const context = points.beginInside(area);
    const places = panel.has("points") ? panel.data.still("points") : undefined;
    if (places) {
      const labels = panel.has("labels") ? panel.data.still("labels")?.values : undefined;
      const held = panel.has("held_out") ? panel.data.still("held_out")?.values : undefined;
      drawPoints(context, scale, { count: places.shape[0], x: (i) => places.values[2 * i], y: (i) => places.values[2 * i + 1], radius: 3.6,
        color: (i) => CLASSES[Math.abs(labels?.[i] ?? 0) % CLASSES.length], hollow: (i) => held?.[i] === 1, edge: theme().card });
    }
    points.end();
    plane.frame.dataset.points = String(places?.shape[0] ?? 0);
    showLegend();
  }

  function showLegend() {
    const words = /** @type {string[]} */ (options.classes ?? []);
    if (legend.children.length === words.length) return;
    legend.replaceChildren(...words.map((name, i) => h("span", { class: "legend-entry" }, h("i", { class: "legend-disc", style: `background: ${CLASSES[i % CLASSES.length]}` }), name)));
  }

  plane.pad.addEventListener("pointermove", (event) => {
    if (!surface || !plane.ready) return;
    const [px, py] = plane.pixel(event);
    const [x, y] = plane.valueAt(px, py);
    const places = panel.has("points") ? panel.data.still("points") : undefined;
    const { kx, bx, ky, by } = plane.scale;
    const hit = places ? nearest(places.shape[0], (i) => [places.values[2 * i] * kx + bx, places.values[2 * i + 1] * ky + by], px, py, 7) : -1;
    const label = hit >= 0 ? panel.data.still("labels")?.values[hit] : undefined;
    plane.tooltip.show(px, py, [tipLine(t("point"), `(${formatNumber(x, 3)}, ${formatNumber(y, 3)})`),
      tipLine(options.value_title ?? t("value"), formatNumber(surface.at(x, y), 3)),
      ...(label === undefined ? [] : [tipLine(t("class"), String(options.classes?.[label] ?? label))])]);
  });
  plane.pad.addEventListener("pointerleave", () => plane.tooltip.hide());
  plane.onZoom = draw;

  return { scene: draw, update: draw, playhead: draw, theme: draw, resize: draw, focus: draw, frame: plane.frame, png: () => plane.png() };
}

/** Halfway between two hexadecimal colours. @param {string} one @param {string} two */
function mixed(one, two) {
  const parts = [one, two].map((color) => [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16)));
  return `#${[0, 1, 2].map((c) => Math.round((parts[0][c] + parts[1][c]) / 2).toString(16).padStart(2, "0")).join("")}`;
}
