/**
 * The phase diagram of an activation: where in the plane (sigma_w, sigma_b) gradients grow or fade with depth.
 *
 * Roles, all of the scene: `sigma_w` (n,), `sigma_b` (m,), `chi` (m, n), the critical line `critical_w`, `critical_b`,
 * and `dots` (net, 2) in the same plane, NaN for a net that has no place in it. A click, a drag or the arrow keys move
 * the net in focus. Option `moves`: {w, b, set, others}: the fields that it sets, what else it sets with them, and the
 * list that has the nets after the first.
 */

import { h, swatch, visibleColor } from "../controls/dom.js";
import { formatNumber } from "../i18n.js";
import { axis, CONFIG, flatten, layout, theme } from "../plot.js";
import { areaOf, Overlay, scaleOf } from "./parts/overlay.js";
import { Surface } from "./parts/surface.js";
import { tipLine, Tooltip } from "./parts/tooltip.js";

const BRIGHT = [[0, "#2f6db5"], [0.25, "#8db6dd"], [0.5, "#f6f3ea"], [0.75, "#e9a583"], [1, "#b23a26"]];
const DIM = [[0, "#2a6ab8"], [0.25, "#27496e"], [0.5, "#22272b"], [0.75, "#70402f"], [1, "#bd472d"]];
const STEP = 0.02;

/** @param {HTMLElement} host @param {object} panel @param {object} lab */
export async function create(host, panel, lab) {
  const { t } = lab;
  const { arrays, options } = panel;
  const moves = { w: "sigma_w", b: "sigma_b", ...options.moves };
  const who = h("div", { class: "phase-nets", role: "group", "aria-label": t("The net to move") });
  const gd = h("div", { class: "plot", role: "img", "aria-label": panel.title });
  const pad = h("div", { class: "scrub-pad phase-pad", tabindex: 0, role: "group",
    "aria-label": t("Plane of the standard deviations of weights and biases; arrow keys move the net") });
  const frame = h("div", { class: "plot-frame plot-phase" }, gd);
  const hint = h("p", { class: "phase-hint" });
  host.append(h("div", { class: "phase-box" }, who, frame, hint));
  const overlay = new Overlay(frame, "overlay-phase");
  frame.append(pad);
  const tooltip = new Tooltip(frame);
  const state = { ready: false, drawn: "", surface: null, held: null, names: "" };
  const scene = (role) => lab.scene?.arrays[arrays[role]];

  /** The map of chi and its critical line: drawn anew only when they, the size or the theme change. */
  function plot() {
    const { clientWidth: width, clientHeight: height } = frame;
    const [w, b, chi] = ["sigma_w", "sigma_b", "chi"].map(scene);
    if (!width || !height || !chi) return;
    const look = theme();
    const columns = w.values.length;
    const total = chi.values.reduce((sum, value, i) => sum + (Number.isFinite(value) ? value * (1 + (i % 7)) : i), 0);
    const key = JSON.stringify([width, height, look.dark, columns, w.values[columns - 1], total]);
    if (key !== state.drawn) {
      state.drawn = key;
      state.surface = new Surface(w.values, b.values, chi.values);
      const z = Array.from({ length: b.values.length }, (_, row) => (
        Float64Array.from({ length: columns }, (_none, i) => Math.log10(Math.max(1e-9, chi.values[row * columns + i])))));
      const line = { x: [...(scene("critical_w")?.values ?? [])], y: [...(scene("critical_b")?.values ?? [])] };
      const wide = width > 520;
      window.Plotly.react(gd, [
        { type: "heatmap", x: [...w.values], y: [...b.values], z, zmin: -1, zmax: 1, colorscale: look.dark ? DIM : BRIGHT, zsmooth: "best", hoverinfo: "skip",
          showscale: wide, colorbar: { thickness: 10, outlinewidth: 0, tickvals: [-1, -0.5, 0, 0.5, 1], ticktext: ["≤ 0.1", "0.32", "1", "3.2", "≥ 10"], title: { text: "χ", side: "top" }, x: 1.01, xpad: 4, tickfont: { size: 11 } } },
        { type: "scatter", mode: "lines", ...line, line: { color: look.ink, width: 2.4 }, hoverinfo: "skip" },
      ], layout(look, { width, height, margin: { l: 50, r: wide ? 66 : 10, t: 8, b: 40 }, annotations: words(look, w.values, b.values),
        xaxis: axis(look, { title: options.x_title ?? t("σ<sub>w</sub>, of the weights"), range: [w.values[0], w.values[columns - 1]], showgrid: false }),
        yaxis: axis(look, { title: options.y_title ?? t("σ<sub>b</sub>, of the biases"), range: [b.values[0], b.values[b.values.length - 1]], showgrid: false }) }), CONFIG);
      state.ready = true;
      const area = areaOf(gd);
      Object.assign(pad.style, { left: `${area.left}px`, top: `${area.top}px`, width: `${area.width}px`, height: `${area.height}px` });
    }
    showNets();
    drawDots();
  }

  /** What the two sides of the line are, written where there is room: at the ends of the plane. */
  function words(look, ws, bs) {
    const note = (x, xanchor, text) => ({ x, xanchor, y: bs[bs.length - 1] * 0.94, yanchor: "top", text, showarrow: false, align: xanchor, font: { size: 12.5, color: look.ink } });
    const chi = scene("chi").values;
    const has = (test) => Array.prototype.some.call(chi, test);
    return [has((x) => x < 0.9) && note(ws[0] + (ws[ws.length - 1] - ws[0]) * 0.03, "left", `<b>${t("order")}</b><br>${t("gradients vanish")}`),
      has((x) => x > 1.1) && note(ws[ws.length - 1] - (ws[ws.length - 1] - ws[0]) * 0.03, "right", `<b>${t("chaos")}</b><br>${t("gradients explode")}`)].filter(Boolean);
  }

  function showNets() {
    const count = scene("dots")?.shape[0] ?? 0;
    const styles = Array.from({ length: count }, (_, net) => lab.series(net));
    const names = JSON.stringify([styles, lab.focus, theme().dark]);
    if (names !== state.names) {
      state.names = names;
      who.replaceChildren(...styles.map((style, net) => h("button", { type: "button", class: "net-choice", "aria-pressed": String(net === lab.focus),
        on: { click: () => lab.setFocus(net) } }, swatch({ color: visibleColor(style.color), dash: style.dash }, 18), style.name)));
    }
    const [w, b] = placeOf(lab.focus);
    const chi = state.surface?.at(w, b);
    hint.textContent = Number.isFinite(chi)
      ? t("{name} stands at σ_w {w}, σ_b {b}: χ is {chi}. Click anywhere to move it there.", { name: lab.series(lab.focus).name,
        w: formatNumber(w, 3), b: formatNumber(b, 3), chi: formatNumber(chi, 3) })
      : Number.isFinite(w) ? t("{name} lies outside the picture. Click anywhere to move it there.", { name: lab.series(lab.focus).name })
        : t("{name} has no place in this plane. Click anywhere to give it one.", { name: lab.series(lab.focus).name });
  }

  function placeOf(net) {
    const dots = scene("dots");
    return dots && net < dots.shape[0] ? [dots.values[net * 2], dots.values[net * 2 + 1]] : [NaN, NaN];
  }

  function drawDots() {
    if (!state.ready) return;
    overlay.resize(frame.clientWidth, frame.clientHeight);
    const area = areaOf(gd);
    const { kx, bx, ky, by } = scaleOf(gd);
    const context = overlay.begin();
    const count = scene("dots")?.shape[0] ?? 0;
    const order = Array.from({ length: count }, (_, net) => net).sort((a, b) => Number(a === lab.focus) - Number(b === lab.focus));
    for (const net of order) {
      const [x, y] = net === lab.focus && state.held ? state.held : placeOf(net);
      if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
      const px = Math.max(area.left, Math.min(area.left + area.width, x * kx + bx));
      const py = Math.max(area.top, Math.min(area.top + area.height, y * ky + by));
      context.beginPath();
      context.arc(px, py, net === lab.focus ? 9 : 6.5, 0, 2 * Math.PI);
      context.fillStyle = visibleColor(lab.series(net).color);
      context.fill();
      context.lineWidth = 2.5;
      context.strokeStyle = "#ffffff";
      context.stroke();
      context.lineWidth = 1;
      context.strokeStyle = "rgb(0 0 0 / 55%)";
      context.beginPath();
      context.arc(px, py, (net === lab.focus ? 9 : 6.5) + 1.7, 0, 2 * Math.PI);
      context.stroke();
    }
    frame.dataset.dots = String(count);
    frame.dataset.at = placeOf(lab.focus).join(" ");
  }

  function valueAt(event) {
    const { kx, bx, ky, by } = scaleOf(gd);
    const box = frame.getBoundingClientRect();
    const area = areaOf(gd);
    const x = Math.max(area.left, Math.min(area.left + area.width, event.clientX - box.left));
    const y = Math.max(area.top, Math.min(area.top + area.height, event.clientY - box.top));
    return [(x - bx) / kx, (y - by) / ky].map((value) => Number(Math.max(0, value).toFixed(2)));
  }

  function move([w, b], dragging) {
    const values = { ...moves.set, [moves.w]: w, [moves.b]: b };
    const others = moves.others && lab.params[moves.others];
    const at = lab.focus - 1;
    const changes = lab.focus === 0 || !others?.[at] ? values : { [moves.others]: others.with(at, { ...others[at], ...values }) };
    state.held = dragging ? [w, b] : null;
    lab.change(changes, { dragging, effect: "restart" });
    drawDots();
  }

  pad.addEventListener("pointerdown", (event) => {
    if (!state.ready || event.button !== 0) return;
    pad.setPointerCapture(event.pointerId);
    move(valueAt(event), true);
  });
  pad.addEventListener("pointermove", (event) => {
    if (!state.ready) return;
    if (pad.hasPointerCapture(event.pointerId)) move(valueAt(event), true);
    const [w, b] = valueAt(event);
    const box = frame.getBoundingClientRect();
    tooltip.show(event.clientX - box.left, event.clientY - box.top, [tipLine("σ_w", formatNumber(w, 3)), tipLine("σ_b", formatNumber(b, 3)),
      tipLine("χ", formatNumber(state.surface.at(w, b), 3))]);
  });
  pad.addEventListener("pointerup", (event) => {
    if (state.held) move(valueAt(event), false);
  });
  pad.addEventListener("pointercancel", () => { if (state.held) move(state.held, false); });
  pad.addEventListener("pointerleave", () => tooltip.hide());
  pad.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!by || !state.ready) return;
    event.preventDefault();
    event.stopPropagation();
    const [w, b] = placeOf(lab.focus);
    const far = (event.shiftKey ? 5 : 1) * STEP;
    move([[w, by[0], "sigma_w", 1], [b, by[1], "sigma_b", 0]].map(([from, sign, role, otherwise]) => {
      const most = scene(role).values.at(-1);
      return Number(Math.max(0, Math.min(most, (Number.isFinite(from) ? from : otherwise) + sign * far)).toFixed(3));
    }), false);
  });
  const onFocus = () => {
    showNets();
    drawDots();
  };
  lab.addEventListener("focus", onFocus);
  const observer = new ResizeObserver(() => requestAnimationFrame(plot));
  observer.observe(frame);

  return {
    scene: plot,
    update: plot,
    theme: plot,
    resize: plot,
    png: () => flatten(gd, [overlay.canvas], theme().card),
    destroy() {
      observer.disconnect();
      lab.removeEventListener("focus", onFocus);
      window.Plotly.purge(gd);
      host.replaceChildren();
    },
  };
}
