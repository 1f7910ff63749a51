/**
 * The phase diagram of an activation: where in the plane (sigma_w, sigma_b) gradients grow or fade with depth.
 *
 * Roles, all of the scene: `sigma_w` (n,), `sigma_b` (m,), `chi` (m, n), the critical line `critical_w`, `critical_b`,
 * and `dots` (net, 2) in the same plane. A click or a drag moves the net in focus (option `moves`: the fields it sets).
 */

import { h, visibleColor } from "../controls/dom.js";
import { formatNumber } from "../i18n.js";
import { axis, CONFIG, flatten, layout, theme } from "../plot.js";
import { areaOf, Overlay, scaleOf } from "./parts/overlay.js";
import { tipLine, Tooltip } from "./parts/tooltip.js";

const DIVERGING = [[0, "#3b6fb6"], [0.25, "#9cbfe0"], [0.5, "#f3f1ea"], [0.75, "#e8a98a"], [1, "#b5432f"]];

/** @param {HTMLElement} host @param {object} panel @param {object} lab */
export async function create(host, panel, lab) {
  const { t } = lab;
  const { arrays, options } = panel;
  const gd = h("div", { class: "plot", role: "img", "aria-label": panel.title });
  const pad = h("div", { class: "scrub-pad phase-pad" });
  const frame = h("div", { class: "plot-frame plot-phase" }, gd);
  host.append(frame, h("p", { class: "hint" }, t("Blue: gradients vanish with depth. Red: they explode. On the line they survive. Click to move the net.")));
  const overlay = new Overlay(frame, "overlay-phase");
  frame.append(pad);
  const tooltip = new Tooltip(frame);
  let ready = false;

  function plot() {
    const { clientWidth: width, clientHeight: height } = frame;
    const scene = lab.scene?.arrays;
    if (!width || !height || !scene?.[arrays.chi]) return;
    const look = theme();
    const [w, b, chi] = [arrays.sigma_w, arrays.sigma_b, arrays.chi].map((name) => scene[name]);
    const columns = w.values.length;
    const z = Array.from({ length: b.values.length }, (_, row) => Array.from({ length: columns }, (_none, i) => Math.log10(chi.values[row * columns + i])));
    const critical = { x: [...(scene[arrays.critical_w]?.values ?? [])], y: [...(scene[arrays.critical_b]?.values ?? [])] };
    window.Plotly.react(gd, [
      { type: "heatmap", x: [...w.values], y: [...b.values], z, zmin: -1, zmax: 1, colorscale: DIVERGING, zsmooth: "best", hoverinfo: "skip",
        colorbar: { thickness: 10, outlinewidth: 0, tickvals: [-1, -0.5, 0, 0.5, 1], ticktext: ["0.1", "0.32", "1", "3.2", "10"], title: { text: "χ" } } },
      { type: "scatter", mode: "lines", ...critical, line: { color: "#1b1f23", width: 2.5 }, hoverinfo: "skip" },
    ], layout(look, { width, height, margin: { l: 52, r: 10, t: 8, b: 42 },
      xaxis: axis(look, { title: options.x_title ?? "σ<sub>w</sub>", range: [w.values[0], w.values.at(-1)], showgrid: false }),
      yaxis: axis(look, { title: options.y_title ?? "σ<sub>b</sub>", range: [b.values[0], b.values.at(-1)], showgrid: false }) }), CONFIG);
    ready = true;
    const area = areaOf(gd);
    Object.assign(pad.style, { left: `${area.left}px`, top: `${area.top}px`, width: `${area.width}px`, height: `${area.height}px` });
    drawDots();
  }

  function drawDots() {
    if (!ready) return;
    const dots = lab.scene?.arrays[arrays.dots];
    overlay.resize(frame.clientWidth, frame.clientHeight);
    const area = areaOf(gd);
    const { kx, bx, ky, by } = scaleOf(gd);
    const context = overlay.begin();
    const count = dots?.shape[0] ?? 0;
    for (let net = count - 1; net >= 0; net -= 1) {
      const [x, y] = [dots.values[net * 2], dots.values[net * 2 + 1]];
      if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
      const px = Math.max(area.left, Math.min(area.left + area.width, x * kx + bx));
      const py = Math.max(area.top, Math.min(area.top + area.height, y * ky + by));
      context.beginPath();
      context.arc(px, py, net === lab.focus ? 8 : 6, 0, 2 * Math.PI);
      context.fillStyle = visibleColor(lab.series(net).color);
      context.fill();
      context.lineWidth = 2;
      context.strokeStyle = "#ffffff";
      context.stroke();
    }
    frame.dataset.dots = String(count);
  }

  const valueAt = (event) => {
    const { kx, bx, ky, by } = scaleOf(gd);
    const box = frame.getBoundingClientRect();
    return [(event.clientX - box.left - bx) / kx, (event.clientY - box.top - by) / ky];
  };

  function move(event, dragging) {
    const [w, b] = valueAt(event).map((value) => Number(Math.max(0, value).toPrecision(3)));
    lab.change({ ...options.moves?.set, [options.moves?.w ?? "sigma_w"]: w, [options.moves?.b ?? "sigma_b"]: b }, { dragging, effect: "restart" });
  }

  pad.addEventListener("pointerdown", (event) => {
    if (!ready || event.button !== 0) return;
    pad.setPointerCapture(event.pointerId);
    move(event, true);
  });
  pad.addEventListener("pointermove", (event) => {
    if (!ready) return;
    if (pad.hasPointerCapture(event.pointerId)) move(event, true);
    const [w, b] = valueAt(event);
    const box = frame.getBoundingClientRect();
    tooltip.show(event.clientX - box.left, event.clientY - box.top, [tipLine("σw", formatNumber(w, 3)), tipLine("σb", formatNumber(b, 3))]);
  });
  pad.addEventListener("pointerup", (event) => {
    if (pad.hasPointerCapture(event.pointerId)) move(event, false);
  });
  pad.addEventListener("pointerleave", () => tooltip.hide());
  lab.addEventListener("focus", drawDots);
  const observer = new ResizeObserver(() => requestAnimationFrame(plot));
  observer.observe(frame);

  return {
    scene: plot,
    theme: plot,
    resize: plot,
    png: () => flatten(gd, [overlay.canvas], theme().card),
    destroy() {
      observer.disconnect();
      lab.removeEventListener("focus", drawDots);
      window.Plotly.purge(gd);
      frame.remove();
    },
  };
}
