// @ts-check
/**
 * Data before and after preprocessing: the cloud of points, its covariance, and a cut through the loss.
 *
 * Roles, all of the scene: `before`, `after` (n, 2); perhaps `labels` (n,); `covariance_before`, `covariance_after`
 * (d, d); `axis` (k,) of both directions, or `axis_before` and `axis_after`; `contour_before`, `contour_after` (k, k);
 * `directions_before`, `directions_after` (2, 3): the steepest and the flattest direction, as shares of w₁, w₂ and the bias;
 * `condition` (2,) of the Hessian, before and after.
 */

import { h } from "../controls/dom.js";
import { formatNumber } from "../number.js";
import { CLASSES, ON_SURFACE, ramp, shade, signs, VIRIDIS } from "../palette.js";
import { theme } from "../plot.js";
import { contour, pathOf } from "./marks/contours.js";
import { paintGrid } from "./marks/matrix.js";
import { stacked } from "./marks/overlay.js";
import { Plane } from "./marks/plane.js";
import { drawPoints } from "./marks/scatter.js";

/** @import { Context, Picture } from "../types.d.ts" */

const MOST = 6;
const LEVELS = 14;

/** @param {HTMLElement} host @param {Context} panel @returns {Promise<Picture>} */
export async function create(host, panel) {
  const { t } = panel;
  const sides = [["before", t("Raw")], ["after", t("After preprocessing")]].map(([side, title]) => {
    const matrix = h("div", { class: "cloud-matrix" });
    const lossTitle = h("h4", {}, t("The loss, cut where it is steepest and flattest"));
    const words = h("p", { class: "cloud-words" });
    const [cloudHost, lossHost] = [h("div", { class: "cloud-plot" }), h("div", { class: "cloud-plot" })];
    const how = { signal: panel.signal, margin: { left: 40, bottom: 38, right: 8 }, square: true };
    const cloud = new Plane(cloudHost, { ...how, label: t("{title}: the data", { title }), layers: ["points"] });
    const loss = new Plane(lossHost, { ...how, label: t("{title}: the loss along its steepest and its flattest direction", { title }), layers: ["map"] });
    const element = h("section", { class: "cloud-side" }, h("h3", {}, title), cloudHost, matrix, lossTitle, lossHost, words);
    return { side, cloud, loss, lossHost, lossTitle, matrix, words, element };
  });
  /** @typedef {typeof sides[number]} Side */
  const frame = h("div", { class: "cloud-sides" }, ...sides.map(({ element }) => element));
  host.append(frame);
  const of = (/** @type {string} */ role) => (panel.has(role) ? panel.data.still(role) : undefined);

  function draw() {
    const before = of("before");
    if (!before || !frame.clientWidth) return;
    sides.forEach((one, i) => {
      drawCloud(one);
      drawMatrix(one);
      drawLoss(one, of("condition")?.values[i] ?? NaN);
    });
    frame.dataset.points = String(before.shape[0]);
  }

  /** @param {Side} one */
  function drawCloud({ side, cloud }) {
    const points = of(side);
    if (!points) return;
    const { values, shape: [count, columns] } = points;
    const x = (/** @type {number} */ i) => values[columns * i];
    const y = (/** @type {number} */ i) => (columns > 1 ? values[columns * i + 1] : 0);
    const most = 1.08 * Array.from({ length: count }, (_, i) => Math.max(Math.abs(x(i)), Math.abs(y(i)))).reduce((a, b) => Math.max(a, b), 1e-9);
    if (!cloud.draw({ x: { range: [-most, most], title: "x₁", grid: true }, y: { range: [-most, most], title: "x₂" } })) return;
    const context = cloud.layers.points.beginInside(cloud.area);
    drawPoints(context, cloud.scale, { count, x, y, color: colorOf(), radius: 2.6, opacity: 0.65 });
    if (of(`covariance_${side}`) && columns > 1) drawEllipse(context, cloud, count, x, y);
    cloud.layers.points.end();
  }

  /** What a point is coloured by: its class, or its number in viridis. @returns {(i: number) => string} */
  function colorOf() {
    const labels = of("labels")?.values;
    const look = theme();
    if (!labels) return () => look.accent;
    const all = Array.from(labels);
    if (all.every(Number.isInteger)) return (i) => CLASSES[Math.abs(all[i]) % CLASSES.length];
    const [low, high] = [Math.min(...all), Math.max(...all)];
    const table = ramp(VIRIDIS);
    return (i) => shade(table, (all[i] - low) / (high - low || 1));
  }

  /** @param {CanvasRenderingContext2D} context @param {Plane} cloud @param {number} count @param {(i: number) => number} x @param {(i: number) => number} y */
  function drawEllipse(context, cloud, count, x, y) {
    const indices = Array.from({ length: count }, (_, i) => i);
    const { kx, bx, ky, by } = cloud.scale;
    context.beginPath();
    for (const [px, py] of ellipse(indices.map(x), indices.map(y))) context.lineTo(px * kx + bx, py * ky + by);
    context.strokeStyle = theme().ink;
    context.lineWidth = 1.8;
    context.stroke();
  }

  /** @param {Side} one */
  function drawMatrix({ side, matrix }) {
    const covariance = of(`covariance_${side}`);
    matrix.hidden = !covariance;
    if (!covariance) return;
    const d = covariance.shape[0];
    const shown = Math.min(d, MOST);
    const values = Array.from(covariance.values);
    const most = Math.max(...values.map(Math.abs), 1e-300);
    const { below, above } = signs(panel.dark);
    matrix.replaceChildren(
      h("h4", {}, d > shown ? t("Covariance (the first {count} of {all})", { count: shown, all: d }) : t("Covariance")),
      h("table", { class: "covariance" }, h("tbody", {}, ...Array.from({ length: shown }, (_, row) => h("tr", {}, ...Array.from({ length: shown }, (_none, column) => {
        const value = values[row * d + column];
        const cell = h("td", {}, formatNumber(Math.abs(value) < most * 1e-9 ? 0 : value, 2));
        cell.style.background = `color-mix(in srgb, ${value < 0 ? below : above} ${Math.round(45 * (Math.abs(value) / most) ** 0.7)}%, var(--card))`;
        return cell;
      }))))));
  }

  /** @param {Side} one @param {number} condition */
  function drawLoss({ side, loss, lossHost, lossTitle, words }, condition) {
    const grid = of(`contour_${side}`);
    const weights = (of(`axis_${side}`) ?? of("axis"))?.values;
    lossHost.hidden = lossTitle.hidden = !grid || !weights;
    words.textContent = Number.isFinite(condition)
      ? t("Condition number: {number}. {words}", { number: formatNumber(condition, 3), words: condition > 30
        ? t("A long valley: the loss is very sensitive to one direction and hardly to the other.")
        : condition > 4 ? t("An oval bowl.") : t("A round bowl: equally steep in every direction.") }) : "";
    if (!grid || !weights) return;
    const k = weights.length;
    const finite = Array.from(grid.values).filter(Number.isFinite);
    const [lowest, highest] = [Math.min(...finite), Math.max(...finite)];
    const floor = Math.max(1e-12, 1e-4 * (highest - lowest));
    const z = Float64Array.from(grid.values, (value) => Math.log10(value - lowest + floor));
    const [low, high] = [Math.log10(floor), Math.log10(highest - lowest + floor)];
    const range = /** @type {[number, number]} */ ([weights[0], weights[k - 1]]);
    const directions = of(`directions_${side}`)?.values ?? [];
    const titles = [t("steepest: {direction}", { direction: madeOf(directions, 0) }), t("flattest: {direction}", { direction: madeOf(directions, 1) })];
    if (!loss.draw({ x: { range, title: titles[0] }, y: { range, title: titles[1], grid: false } })) return;
    const { area, scale } = loss;
    const context = loss.layers.map.beginInside(area);
    context.drawImage(paintGrid(k, k, (i, j) => z[j * k + i], { low, high, log: false }, ramp(VIRIDIS)), area.left, area.top, area.width, area.height);
    context.strokeStyle = ON_SURFACE.line;
    context.lineWidth = 0.9;
    for (let i = 1; i < LEVELS; i += 1) context.stroke(pathOf(contour({ xs: weights, ys: weights, values: z }, low + ((high - low) * i) / LEVELS), scale));
    loss.layers.map.end();
  }

  for (const { cloud, loss } of sides) cloud.onZoom = loss.onZoom = draw;

  return {
    scene: draw,
    update: draw,
    theme: draw,
    resize: draw,
    frame,
    png: async () => stacked([sides[1].cloud.axesLayer.canvas, sides[1].cloud.layers.points.canvas], theme().card),
  };
}

/** A direction as a sum, its small shares left out. @param {ArrayLike<number>} directions @param {number} row */
function madeOf(directions, row) {
  const shares = ["w₁", "w₂", "b"].map((name, i) => ({ name, share: directions[3 * row + i] ?? 0 })).filter(({ share }) => Math.abs(share) > 0.05);
  const sign = Math.sign(shares.reduce((most, { share }) => (Math.abs(share) > Math.abs(most) ? share : most), 0));
  return shares.map(({ name, share }, i) => `${share * sign < 0 ? "− " : i ? "+ " : ""}${formatNumber(Math.abs(share), 2)} ${name}`).join(" ");
}

/** Where a Gaussian of the points' own mean and covariance has two standard deviations. @param {number[]} xs @param {number[]} ys @returns {[number, number][]} */
function ellipse(xs, ys) {
  const mean = (/** @type {number[]} */ list) => list.reduce((sum, value) => sum + value, 0) / list.length;
  const [mx, my] = [mean(xs), mean(ys)];
  const about = (/** @type {number[]} */ one, /** @type {number} */ m1, /** @type {number[]} */ two, /** @type {number} */ m2) => mean(one.map((value, i) => (value - m1) * (two[i] - m2)));
  const [a, b, c] = [about(xs, mx, xs, mx), about(xs, mx, ys, my), about(ys, my, ys, my)];
  const l11 = Math.sqrt(Math.max(0, a)); // the circle, through the covariance's Cholesky factor
  const l21 = l11 > 0 ? b / l11 : 0;
  const l22 = Math.sqrt(Math.max(0, c - l21 * l21));
  return Array.from({ length: 73 }, (_, i) => (i / 72) * 2 * Math.PI).map((angle) => (
    [mx + 2 * l11 * Math.cos(angle), my + 2 * (l21 * Math.cos(angle) + l22 * Math.sin(angle))]));
}
