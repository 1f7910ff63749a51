/**
 * Data before and after preprocessing: the cloud of points, its covariance, and the loss over two weights.
 *
 * Roles, all of the scene: `before`, `after` (n, 2); perhaps `labels` (n,); `covariance_before`, `covariance_after`
 * (2, 2); `axis` (k,) of the two weights; `contour_before`, `contour_after` (k, k); `condition` (2,) of the Hessian.
 */

import { h } from "../controls/dom.js";
import { formatNumber } from "../i18n.js";
import { axis, CONFIG, layout, theme } from "../plot.js";
import { colorscale, VIRIDIS } from "./parts/colors.js";

const CLASSES = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"];

/** @param {HTMLElement} host @param {object} panel @param {object} lab */
export async function create(host, panel, lab) {
  const { t } = lab;
  const { arrays } = panel;
  const sides = [["before", t("As it comes")], ["after", t("After preprocessing")]].map(([side, title]) => {
    const cloud = h("div", { class: "plot cloud-plot", role: "img", "aria-label": t("{title}: the data", { title }) });
    const loss = h("div", { class: "plot cloud-plot", role: "img", "aria-label": t("{title}: the loss over two weights", { title }) });
    const words = h("p", { class: "cloud-words" });
    const element = h("div", { class: "cloud-side" }, h("h3", {}, title), cloud, words, loss);
    return { side, cloud, loss, words, element };
  });
  const frame = h("div", { class: "cloud-sides" }, ...sides.map(({ element }) => element));
  host.append(frame);

  function plot() {
    const scene = lab.scene?.arrays;
    if (!scene?.[arrays.before] || !frame.clientWidth) return;
    const look = theme();
    const labels = scene[arrays.labels]?.values;
    sides.forEach(({ side, cloud, loss, words }, i) => {
      const width = cloud.clientWidth;
      const height = Math.min(320, Math.max(200, width * 0.8));
      const points = scene[arrays[side]].values;
      const count = points.length / 2;
      const xs = Array.from({ length: count }, (_, k) => points[2 * k]);
      const ys = Array.from({ length: count }, (_, k) => points[2 * k + 1]);
      const color = labels ? Array.from(labels, (label) => CLASSES[Math.abs(Math.round(label)) % CLASSES.length]) : look.accent;
      window.Plotly.react(cloud, [{ type: "scatter", mode: "markers", x: xs, y: ys, marker: { color, size: 4, opacity: 0.6 }, hoverinfo: "skip" }],
        layout(look, { width, height, xaxis: axis(look, { zeroline: true }), yaxis: axis(look, { zeroline: true, scaleanchor: "x" }) }), CONFIG);
      const covariance = scene[arrays[`covariance_${side}`]]?.values;
      const condition = scene[arrays.condition]?.values[i];
      words.textContent = [covariance && t("Covariance {a}, {b}; {b}, {c}.", { a: formatNumber(covariance[0], 3), b: formatNumber(covariance[1], 3), c: formatNumber(covariance[3], 3) }),
        Number.isFinite(condition) && t("Condition number of the loss: {number}.", { number: formatNumber(condition, 3) })].filter(Boolean).join(" ");
      const grid = scene[arrays[`contour_${side}`]];
      const weights = scene[arrays.axis]?.values;
      if (!grid || !weights) return;
      const k = weights.length;
      const z = Array.from({ length: k }, (_, row) => Array.from({ length: k }, (_none, column) => Math.log10(grid.values[row * k + column] + 1e-12)));
      window.Plotly.react(loss, [{ type: "contour", x: [...weights], y: [...weights], z, colorscale: colorscale(VIRIDIS), showscale: false, ncontours: 18, hoverinfo: "skip", line: { width: 0.5 } }],
        layout(look, { width, height, xaxis: axis(look, { title: "w₁" }), yaxis: axis(look, { title: "w₂", scaleanchor: "x" }) }), CONFIG);
    });
    frame.dataset.points = String(scene[arrays.before].shape[0]);
  }

  const observer = new ResizeObserver(() => requestAnimationFrame(plot));
  observer.observe(frame);
  return {
    scene: plot,
    theme: plot,
    resize: plot,
    destroy() {
      observer.disconnect();
      for (const { cloud, loss } of sides) for (const gd of [cloud, loss]) window.Plotly.purge(gd);
      frame.remove();
    },
  };
}
