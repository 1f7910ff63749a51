/**
 * Data before and after preprocessing: the cloud of points, its covariance, and the loss over two weights.
 *
 * Roles, all of the scene: `before`, `after` (n, 2); perhaps `labels` (n,); `covariance_before`, `covariance_after`
 * (d, d); `axis` (k,) of the two weights, or `axis_before` and `axis_after`; `contour_before`, `contour_after` (k, k);
 * `condition` (2,) of the Hessian, before and after.
 */

/** @import { Context, Picture } from "../types.d.ts" */

import { h } from "../controls/dom.js";
import { formatNumber } from "../i18n.js";
import { axis, CONFIG, flatten, layout, theme } from "../plot.js";
import { colorscale, VIRIDIS } from "./parts/lossscale.js";

const CLASSES = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8a7a00", "#5b5bd6", "#7f4a1e", "#5f6b76"];
const MOST = 6;

/** Its card waits for Plotly. */
export const plotly = true;

/** @param {HTMLElement} host @param {Context} panel @returns {Promise<Picture>} */
export async function create(host, panel) {
  const { t } = panel;
  const sides = [["before", t("As it comes")], ["after", t("After preprocessing")]].map(([side, title]) => {
    const cloud = h("div", { class: "cloud-plot", role: "img", "aria-label": t("{title}: the data", { title }) });
    const loss = h("div", { class: "cloud-plot", role: "img", "aria-label": t("{title}: the loss over two weights", { title }) });
    const matrix = h("div", { class: "cloud-matrix" });
    const words = h("p", { class: "cloud-words" });
    const element = h("section", { class: "cloud-side" }, h("h3", {}, title), cloud, matrix, h("h4", {}, t("The loss over two weights")), loss, words);
    return { side, cloud, loss, matrix, words, element };
  });
  const frame = h("div", { class: "cloud-sides" }, ...sides.map(({ element }) => element));
  host.append(frame);
  const state = { scene: null, size: "" };
  const of = (role) => panel.data.still(role);

  function plot() {
    const width = sides[0].cloud.clientWidth;
    if (!of("before") || !width) return;
    const look = theme();
    const size = `${width} ${look.dark}`;
    if (state.scene === panel.scene && state.size === size) return;
    Object.assign(state, { scene: panel.scene, size });
    sides.forEach((one, i) => {
      drawCloud(one, look, width);
      drawMatrix(one, look);
      drawLoss(one, look, width, of("condition")?.values[i]);
    });
    frame.dataset.points = String(of("before").shape[0]);
  }

  function drawCloud({ side, cloud }, look, width) {
    const { values, shape } = of(side);
    const columns = shape[1];
    const xs = Array.from({ length: shape[0] }, (_, k) => values[columns * k]);
    const ys = Array.from({ length: shape[0] }, (_, k) => (columns > 1 ? values[columns * k + 1] : 0));
    const labels = of("labels")?.values;
    const whole = labels && labels.every(Number.isInteger);
    const color = whole ? Array.from(labels, (label) => CLASSES[Math.abs(label) % CLASSES.length]) : labels ? [...labels] : look.accent;
    const covariance = of(`covariance_${side}`);
    const traces = [{ type: "scatter", mode: "markers", x: xs, y: ys, hoverinfo: "skip",
      marker: { color, size: 5, opacity: 0.65, ...(labels && !whole ? { colorscale: colorscale(VIRIDIS) } : {}) } }];
    if (covariance && columns > 1) traces.push({ type: "scatter", mode: "lines", hoverinfo: "skip", line: { color: look.ink, width: 1.8 }, ...ellipse(xs, ys) });
    const most = 1.08 * Math.max(...xs.map(Math.abs), ...ys.map(Math.abs), 1e-9);
    window.Plotly.react(cloud, traces, layout(look, { width, height: Math.min(340, width * 0.86), margin: { l: 44, r: 8, t: 6, b: 40 }, uirevision: side,
      xaxis: axis(look, { title: "x₁", zeroline: true, range: [-most, most] }),
      yaxis: axis(look, { title: "x₂", zeroline: true, range: [-most, most], scaleanchor: "x" }) }), CONFIG);
  }

  function drawMatrix({ side, matrix }, look) {
    const covariance = of(`covariance_${side}`);
    matrix.hidden = !covariance;
    if (!covariance) return;
    const d = covariance.shape[0];
    const shown = Math.min(d, MOST);
    const most = Math.max(...covariance.values.map(Math.abs), 1e-300);
    const strength = (value) => (Math.abs(value) / most) ** 0.7;
    const [red, blue] = look.dark ? ["#e2674c", "#5a9be6"] : ["#b23a26", "#2f6db5"];
    matrix.replaceChildren(
      h("h4", {}, d > shown ? t("Covariance (the first {count} of {all})", { count: shown, all: d }) : t("Covariance")),
      h("table", { class: "covariance" }, h("tbody", {}, ...Array.from({ length: shown }, (_, row) => h("tr", {}, ...Array.from({ length: shown }, (_none, column) => {
        const value = covariance.values[row * d + column];
        const cell = h("td", {}, formatNumber(Math.abs(value) < most * 1e-9 ? 0 : value, 2));
        cell.style.background = `color-mix(in srgb, ${value < 0 ? blue : red} ${Math.round(45 * strength(value))}%, var(--card))`;
        return cell;
      }))))));
  }

  function drawLoss({ side, loss, words, element }, look, width, condition) {
    const grid = of(`contour_${side}`);
    const weights = (of(`axis_${side}`) ?? of("axis"))?.values;
    loss.hidden = element.querySelector("h4:not(.cloud-matrix h4)").hidden = !grid || !weights;
    words.textContent = Number.isFinite(condition)
      ? t("Condition number: {number}. {words}", { number: formatNumber(condition, 3), words: condition > 30
        ? t("A long valley: the loss is very sensitive to one direction and hardly to the other.")
        : condition > 4 ? t("An oval bowl.") : t("A round bowl: every direction is as steep.") }) : "";
    if (loss.hidden) return;
    const k = weights.length;
    const lowest = grid.values.reduce((least, x) => (x < least ? x : least), Infinity);
    const highest = grid.values.reduce((most, x) => (x > most && Number.isFinite(x) ? x : most), -Infinity);
    const floor = Math.max(1e-12, 1e-4 * (highest - lowest));
    const z = Array.from({ length: k }, (_, row) => Float64Array.from({ length: k }, (_none, column) => Math.log10(grid.values[row * k + column] - lowest + floor)));
    window.Plotly.react(loss, [{ type: "contour", x: [...weights], y: [...weights], z, colorscale: colorscale(VIRIDIS), showscale: false, ncontours: 20,
      hoverinfo: "skip", line: { width: 0.6, color: "rgba(255,255,255,0.5)" } }],
    layout(look, { width, height: Math.min(340, width * 0.86), margin: { l: 44, r: 8, t: 6, b: 40 }, uirevision: side,
      xaxis: axis(look, { title: t("w₁, beside its best"), showgrid: false }), yaxis: axis(look, { title: t("w₂, beside its best"), showgrid: false, scaleanchor: "x", constrain: "domain" }) }), CONFIG);
  }

  return {
    scene: plot,
    update: plot,
    theme: plot,
    resize: plot,
    png: () => flatten(sides[1].cloud, [], theme().card),
  };
}

/** Where a Gaussian of the points' own mean and covariance has two standard deviations. @param {number[]} xs @param {number[]} ys */
function ellipse(xs, ys) {
  const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length;
  const [mx, my] = [mean(xs), mean(ys)];
  const about = (one, m1, two, m2) => mean(one.map((value, i) => (value - m1) * (two[i] - m2)));
  const [a, b, c] = [about(xs, mx, xs, mx), about(xs, mx, ys, my), about(ys, my, ys, my)];
  const l11 = Math.sqrt(Math.max(0, a)); // the circle, through the covariance's Cholesky factor
  const l21 = l11 > 0 ? b / l11 : 0;
  const l22 = Math.sqrt(Math.max(0, c - l21 * l21));
  const angles = Array.from({ length: 73 }, (_, i) => (i / 72) * 2 * Math.PI);
  return { x: angles.map((angle) => mx + 2 * l11 * Math.cos(angle)), y: angles.map((angle) => my + 2 * (l21 * Math.cos(angle) + l22 * Math.sin(angle))) };
}
