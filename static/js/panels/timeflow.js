// @ts-check
/**
 * The gradient on its way back through time: what is left of the last step's loss, so many steps before it, for every
 * net of the run. A slider rescales the recurrent matrix for the question only, the run goes on untouched.
 *
 * Question `flow`: {window, spectral_radius}. The answer's text `curves` lists {array, net, name, dash, width, way}: rows
 * of its arrays (net, lag); those with `way` are shown on request; `remark` says what they mean; `spectrum` (net, 2).
 * Scene: `offer`, perhaps {title, changes}: what else could be trained beside. Option `window`: the parameter that tells
 * where training cuts.
 */

import { h, swatch, visibleColor } from "../controls/dom.js";
import { slide, toggle } from "../controls/tools.js";
import { formatNumber } from "../number.js";
import { lettering } from "../lettering.js";
import { theme } from "../plot.js";
import { drawCurve } from "./marks/curves.js";
import { Plane } from "./marks/plane.js";
import { tipLine } from "./marks/tooltip.js";
import { asker } from "./parts/asking.js";

/** @import { Context, Picture, WireFrame } from "../types.d.ts" */
/** @import { Curve } from "./marks/curves.js" */

const LONGEST = 300;
const FLOOR = 1e-18;
const LAGS = [5, 20, 50];

/** @param {HTMLElement} host @param {Context} panel @returns {Promise<Picture>} */
export async function create(host, panel) {
  const { t, options } = panel;
  /** @type {{answer: WireFrame|null, radius: number, ways: boolean, curves: (Curve & {width: number})[]}} */
  const state = { answer: null, radius: 0, ways: Boolean(panel.view("ways")), curves: [] };
  const radius = slide(t("Rescale Whh to the spectral radius"), { min: 0, max: 2, step: 0.01, value: 0, words: (value) => (value > 0 ? value.toFixed(2) : t("as trained")),
    name: t("Spectral radius of Whh, rescaled"), title: t("Only for this picture: the largest eigenvalue of Whh gets this absolute value"),
    onMove: (value) => { state.radius = value; flow.soon(60); } });
  const ways = toggle(t("the direct way and the way around"), state.ways, (on) => {
    state.ways = on;
    panel.view("ways", on || undefined);
    draw();
  });
  const beside = h("button", { type: "button", class: "button train-beside", hidden: true, on: { click: () => {
    const offer = panel.data.told("offer", null);
    if (offer) panel.change(offer.changes, { effect: "restart" });
  } } });
  const refusal = h("p", { class: "refusal", role: "alert" });
  const words = h("p", { class: "letter-note" });
  const legend = h("div", { class: "flow-legend" });
  const table = h("div", { class: "scroll-x", tabindex: 0, role: "region", "aria-label": t("Gradient by lag, as numbers") });
  const plot = h("div", { class: "flow-plot" });
  host.append(
    h("div", { class: "tool-row" },
      radius.element, ways.element, beside),
    refusal, legend, plot, words, table);
  const plane = new Plane(plot, { label: panel.title, layers: ["under", "curves"], signal: panel.signal, margin: { left: 60, bottom: 38 } });
  plane.onZoom = () => draw();

  const cut = () => Number(panel.params[options.window] ?? 50);
  const flow = asker(panel, "flow", {
    question: () => ({ window: Math.max(2, Math.min(LONGEST, Math.round(cut() * 1.5))), spectral_radius: state.radius }),
    show: (answer) => { state.answer = answer; draw(); tell(); },
    refuse: (sentence) => { refusal.textContent = sentence; }, every: 2500,
  });

  /** @param {WireFrame} answer */
  function curvesOf({ arrays, texts }) {
    /** @type {{array: string, net: number, name: string, dash: string, width: number, way: boolean}[]} */
    const told = JSON.parse(texts.curves);
    return told.filter(({ way, net }) => (state.ways || !way) && !panel.hidden.has(net)).map(({ array, net, name, dash, width }) => {
      const { values, shape } = arrays[array];
      return { index: net, name, dash, width, color: visibleColor(panel.series(net).color), length: shape[1], x: (/** @type {number} */ i) => i,
        y: (/** @type {number} */ i) => (values[net * shape[1] + i] > FLOOR ? values[net * shape[1] + i] : NaN) };
    });
  }

  function draw() {
    if (!state.answer) return;
    state.curves = curvesOf(state.answer);
    const T = state.answer.arrays.hidden.shape[1];
    const levels = state.curves.filter(({ width }) => width > 2).flatMap((curve) => Array.from({ length: curve.length }, (_, i) => Math.log10(curve.y(i)))).filter(Number.isFinite);
    const range = /** @type {[number, number]} */ (levels.length ? [Math.floor(Math.min(...levels)) - 0.3, Math.ceil(Math.max(...levels)) + 1.2] : [-6, 1]);
    if (!plane.draw({ x: { range: [0, T - 1], title: t("characters back"), whole: true }, y: { range, log: true, title: t("size of the gradient") } })) return;
    const look = theme();
    const { area, scale } = plane;
    const below = plane.layers.under.beginInside(area);
    const x = (cut() - 0.5) * scale.kx + scale.bx;
    below.fillStyle = look.ink;
    below.globalAlpha = 0.06;
    below.fillRect(x, area.top, area.left + area.width - x, area.height);
    below.globalAlpha = 1;
    below.strokeStyle = look.ink2;
    below.setLineDash([2, 3]);
    below.beginPath();
    below.moveTo(x, area.top);
    below.lineTo(x, area.top + area.height);
    below.stroke();
    below.setLineDash([]);
    below.fillStyle = look.ink2;
    below.font = lettering(look);
    below.textBaseline = "top";
    const said = t("training cuts the gradient here");
    const left = Math.min(x + 5, area.left + area.width - below.measureText(said).width - 3);
    Object.assign(below, { strokeStyle: look.card, lineWidth: 4, lineJoin: "round" }); // where it is narrow it stands over the line
    below.strokeText(said, left, area.top + 5);
    below.fillText(said, left, area.top + 5);
    plane.layers.under.end();
    const context = plane.layers.curves.beginInside(area);
    for (const curve of state.curves) drawCurve(context, curve, scale, { log: true, width: curve.width, top: area.top - 4, bottom: area.top + area.height + 4 });
    plane.layers.curves.end();
    legend.replaceChildren(...state.curves.map((curve) => h("span", { class: "legend-entry" }, swatch(curve, 24), curve.name)));
    host.dataset.nets = String(new Set(state.curves.map(({ index }) => index)).size);
    host.dataset.step = String(state.answer.step);
  }

  function tell() {
    if (!state.answer) return;
    const { arrays, texts } = state.answer;
    const [nets, T] = arrays.hidden.shape;
    const lags = LAGS.filter((lag) => lag < T);
    const left = (/** @type {number} */ net, /** @type {number} */ lag) => arrays.hidden.values[net * T + lag] / arrays.hidden.values[net * T];
    const heading = (/** @type {string} */ text) => h("th", { scope: "col" }, text);
    table.replaceChildren(h("table", { class: "flow-table" },
      h("thead", {}, h("tr", {}, heading(t("Net")), heading(t("largest singular value σ₁")), heading(t("spectral radius ρ(Whh)")), ...lags.map((n) => heading(t("left after {n}", { n }))))),
      h("tbody", {}, ...Array.from({ length: nets }, (_, net) => h("tr", {}, h("th", { scope: "row" }, panel.series(net).name),
        h("td", {}, formatNumber(arrays.spectrum.values[2 * net], 3)), h("td", {}, formatNumber(arrays.spectrum.values[2 * net + 1], 3)),
        ...lags.map((lag) => h("td", {}, formatNumber(left(net, lag), 2))))))));
    words.textContent = JSON.parse(texts.remark);
  }

  plane.pad.addEventListener("pointermove", (event) => {
    if (!state.curves.length) return;
    const lag = Math.max(0, Math.min(state.curves[0].length - 1, Math.round(plane.valueAt(...plane.pixel(event))[0])));
    plane.tooltip.show(...plane.pixel(event), [h("div", { class: "tip-title" }, t("{n} characters back", { n: lag })),
      ...state.curves.map((curve) => tipLine(curve.name, formatNumber(curve.y(lag), 3), swatch(curve, 18)))]);
  });
  plane.pad.addEventListener("pointerleave", () => plane.tooltip.hide());

  return {
    scene() {
      state.answer = null;
      const offer = panel.data.told("offer", null);
      beside.hidden = !offer;
      beside.textContent = offer?.title ?? "";
      flow.soon(50);
    },
    playhead: flow.follow,
    theme: draw,
    resize: draw,
    view: draw,
    frame: plane.frame,
    png: () => plane.png(),
  };
}
