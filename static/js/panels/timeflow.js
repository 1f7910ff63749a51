/**
 * The gradient on its way back through time: what is left of the last character's loss, so many characters before it,
 * for every net of the run; the bound of the vanilla RNN; the way that leads through the forget gates alone; where the
 * window cuts. A slider rescales the recurrent matrix for the question only, the run goes on untouched.
 */

/** @import { Context, Picture } from "../types.d.ts" */

import { h, visibleColor } from "../controls/dom.js";
import { formatNumber } from "../i18n.js";
import { axis, CONFIG, layout, theme } from "../plot.js";
import { asker } from "./parts/asking.js";

const LONGEST = 300;
const FLOOR = 1e-18;
const LAGS = [5, 20, 50];

/** Its card waits for Plotly. */
export const plotly = true;

/** @param {HTMLElement} host @param {Context} panel @returns {Promise<Picture>} */
export async function create(host, panel) {
  const { t } = panel;
  const state = { answer: null, radius: 0, parts: Boolean(panel.view("ways")) };
  const gd = h("div", { class: "flow-plot", role: "img", "aria-label": panel.title });
  const radius = /** @type {HTMLInputElement} */ (h("input", { type: "range", min: 0, max: 2, step: 0.01, value: 0, "aria-label": t("Spectral radius of Wh, rescaled") }));
  const radiusOut = h("output", {});
  const ways = /** @type {HTMLInputElement} */ (h("input", { type: "checkbox", on: { change: () => {
    state.parts = ways.checked;
    panel.view("ways", state.parts || undefined);
    draw();
  } } }));
  ways.checked = state.parts;
  const beside = h("button", { type: "button", class: "button train-beside", on: { click: () => panel.change({ compare: others() }, { effect: "restart" }) } });
  const refusal = h("p", { class: "refusal", role: "alert" });
  const words = h("p", { class: "letter-note" });
  const table = h("div", { class: "scroll-x", tabindex: 0, role: "region", "aria-label": t("Gradient by lag, as numbers") });
  host.append(
    h("div", { class: "tool-row" },
      h("label", { class: "tool", title: t("Only for this picture: the largest eigenvalue of Wh is given this size") }, t("Rescale Wh to radius"), radius, radiusOut),
      h("label", { class: "tool" }, ways, t("the direct way and the way around")), beside),
    refusal, gd, words, table);

  const others = () => ["rnn", "lstm", "gru"].filter((cell) => cell !== panel.params.cell);
  const window_ = () => panel.params.sequence_length ?? 50;
  const flow = asker(panel, "flow", {
    question: () => ({ window: Math.max(2, Math.min(LONGEST, Math.round(window_() * 1.5))), spectral_radius: state.radius }),
    show: (answer) => { state.answer = answer; draw(); },
    refuse: (sentence) => { refusal.textContent = sentence; }, every: 2500,
  });

  function curve(values, net, T, more) {
    const style = panel.series(net);
    const y = Array.from({ length: T }, (_, lag) => {
      const value = values[net * T + lag];
      return value > FLOOR ? value : null;
    });
    return { type: "scatter", mode: "lines", x: y.map((_, lag) => lag), y, name: style.name, line: { color: visibleColor(style.color), width: 2.4 },
      hovertemplate: `%{fullData.name}: %{y:.3~g}<extra></extra>`, ...more };
  }

  function draw() {
    if (!state.answer || !gd.clientWidth) return;
    const { arrays, texts } = state.answer;
    const cells = JSON.parse(texts.cells);
    const T = arrays.hidden.shape[1];
    const look = theme();
    const traces = [];
    cells.forEach((cell, net) => {
      const style = panel.series(net);
      const color = visibleColor(style.color);
      const line = (dash, width = 1.7) => ({ line: { color, width, dash } });
      traces.push(curve(arrays.hidden.values, net, T, { name: t("{net}: dL/dh", { net: style.name }) }));
      if (cell === "rnn") traces.push(curve(arrays.bound.values, net, T, { name: t("{net}: bound σᵏ", { net: style.name }), ...line("dash") }));
      if (cell === "lstm") traces.push(curve(arrays.state.values, net, T, { name: t("{net}: dL/dc", { net: style.name }), ...line("longdash") }));
      if (state.parts && cell !== "rnn") {
        traces.push(curve(arrays.direct.values, net, T, { name: t("{net}: direct way", { net: style.name }), ...line("dot", 2) }));
        traces.push(curve(arrays.around.values, net, T, { name: t("{net}: way around", { net: style.name }), ...line("dashdot", 1.3) }));
      }
    });
    const cut = window_() - 0.5;
    const measured = [...arrays.hidden.values, ...arrays.state.values].filter((x) => x > FLOOR && Number.isFinite(x)).map(Math.log10);
    const range = measured.length ? [Math.floor(Math.min(...measured)) - 0.3, Math.ceil(Math.max(...measured)) + 2.3] : [-6, 1];
    const width = gd.clientWidth;
    window.Plotly.react(gd, traces, layout(look, {
      width, height: gd.clientHeight, hovermode: "x unified", showlegend: true, hoverlabel: { bgcolor: look.card, bordercolor: look.rule, font: { color: look.ink } },
      legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", font: { size: 11.5 } }, margin: { l: 60, r: 12, t: width < 500 ? 90 : 48, b: 40 },
      xaxis: axis(look, { range: [0, T - 1], title: t("characters back"), showgrid: false }),
      yaxis: axis(look, { type: "log", range, title: t("size of the gradient"), nticks: 8, dtick: Math.max(1, Math.ceil((range[1] - range[0]) / 8)) }),
      shapes: [{ type: "rect", xref: "x", yref: "paper", x0: cut, x1: T, y0: 0, y1: 1, line: { width: 0 }, fillcolor: look.ink, opacity: 0.06 },
        { type: "line", xref: "x", yref: "paper", x0: cut, x1: cut, y0: 0, y1: 1, line: { color: look.ink2, width: 1.2, dash: "dot" } }],
      annotations: [{ x: cut, xanchor: "left", xref: "x", y: 0.98, yref: "paper", yanchor: "top", showarrow: false, font: { size: 11, color: look.ink2 }, text: ` ${t("training cuts here")}` }],
    }), CONFIG);
    host.dataset.nets = String(cells.length);
    host.dataset.step = String(state.answer.step);
    tell(cells, arrays, T);
  }

  function tell(cells, arrays, T) {
    const lags = LAGS.filter((lag) => lag < T);
    const ratio = (net, lag) => arrays.hidden.values[net * T + lag] / arrays.hidden.values[net * T];
    table.replaceChildren(h("table", { class: "flow-table" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("Net")), h("th", { scope: "col" }, t("largest singular value σ")), h("th", { scope: "col" }, t("spectral radius ρ")),
        ...lags.map((lag) => h("th", { scope: "col" }, t("left after {n}", { n: lag }))))),
      h("tbody", {}, ...cells.map((_cell, net) => h("tr", {}, h("th", { scope: "row" }, panel.series(net).name),
        h("td", {}, formatNumber(arrays.spectrum.values[2 * net], 3)), h("td", {}, formatNumber(arrays.spectrum.values[2 * net + 1], 3)),
        ...lags.map((lag) => h("td", {}, formatNumber(ratio(net, lag), 2))))))));
    const rnn = cells.indexOf("rnn");
    const sigma = rnn >= 0 ? arrays.spectrum.values[2 * rnn] : NaN;
    words.textContent = rnn < 0 ? t("The LSTM’s dL/dc is multiplied by forget gates alone on its direct way; dL/dh also goes through the matrix and the squashing.")
      : sigma < 1 ? t("σ is below 1: the vanilla RNN’s gradient must shrink at every step, at least as fast as the dashed bound.")
        : t("σ is above 1: the bound no longer forbids an explosion. What happens is between the bound and the squashing, whose slope is at most 1.");
  }

  const showRadius = () => { radiusOut.textContent = state.radius > 0 ? state.radius.toFixed(2) : t("as trained"); };
  radius.addEventListener("input", () => {
    state.radius = Number(radius.value);
    showRadius();
    flow.soon(60);
  });
  showRadius();

  return {
    scene() {
      state.answer = null;
      beside.hidden = (panel.params.compare ?? []).length > 0;
      beside.textContent = t("Train {a} and {b} beside it", { a: others()[0].toUpperCase(), b: others()[1].toUpperCase() });
      flow.soon(50);
    },
    update: () => flow.follow(),
    playhead: () => flow.follow(),
    theme: draw,
    resize: draw,
    png: () => window.Plotly.toImage(gd, { format: "png", width: gd.clientWidth, height: gd.clientHeight, scale: 2 }),
    frame: gd,
  };
}
