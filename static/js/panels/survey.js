// @ts-check
/**
 * Very many runs at once: a quantity over two settings as a map, or over one as curves. It is asked of the server, fills in
 * coarse to fine, and a click, or the arrow keys and Enter, opens the run of a place.
 *
 * Roles, arrays of one question whose answer grows (`Question.parts`); the question stands at `values`:
 * `x` (n,) and `y` (m,), the middles of the cells; `values` (m, n): infinity is a run that diverged, NaN has nothing to show.
 * Curves over `x` where `survey` tells no `y`: `values` (curve, n), perhaps with `low` and `high` (curve, n), a band.
 * Perhaps `line_x` and `line_y` (line, point), lines of theory; infinity up or down is the picture's edge.
 * `survey`, a text, JSON: `x` and perhaps `y`: {name, title, path, low, high, scale, bounds, whole}: what is drawn and by which
 * parameter a click sets it (dotted path); `axes`: [{name, title}], what the visitor may choose for x and y; `value`: {title,
 * scale, most, levels, classes}: "log" or "linear" colours, the highest that gets a colour of its own, lines of equal
 * value, or names of classes where values are their numbers; `bad`, `missing`: what infinity and NaN are called;
 * `lines`: [{title, dash, series}]; `dots`: [{x, y, title, class}]; `curves`: [{series or name, path}]; `done`: share; `runs`; `remark`.
 *
 * The question is asked with `x`, `y` (names), `x_range`, `y_range` where the visitor has chosen, and the settings below.
 * Options: `settings`: [{name, title, value, options: [{value, label}]}]; `series`: the parameter of the question that takes
 * the series in focus; `fixed`: axes and ranges are not chosen; `watched`: a run that is opened is shown on the first tab, from its start;
 * `hint`: a sentence below.
 */

import { h } from "../controls/dom.js";
import { choice } from "../controls/tools.js";
import { formatNumber } from "../number.js";
import { ON_SURFACE } from "../palette.js";
import { Unanswered } from "../session.js";
import { Plane } from "./marks/plane.js";
import { sentenceOf } from "./parts/asking.js";
import { seriesChoice } from "./parts/serieschoice.js";
import { CurvesOverSetting } from "./parts/surveycurves.js";
import { SurveyLegend } from "./parts/surveylegend.js";
import { MapOfRuns } from "./parts/surveymap.js";
import { SurveyAxes } from "./parts/surveyaxes.js";
import { placed } from "./parts/surveypaths.js";

/** @import { Context, Picture, WireFrame } from "../types.d.ts" */
/**
 * @typedef {{name: string, title: string, path: string, low: number, high: number, scale: "log"|"linear", bounds: [number, number], whole?: boolean}} Way
 * @typedef {object} Told
 * @property {Way} x @property {Way} [y]
 * @property {{name: string, title: string}[]} [axes]
 * @property {{title: string, scale: "log"|"linear", most?: number, levels?: number[], classes?: string[]}} value
 * @property {string} bad @property {string} missing
 * @property {{title: string, dash?: string, series?: number}[]} [lines]
 * @property {{x: number, y: number, title?: string, class?: number}[]} [dots]
 * @property {{series?: number, name?: string, path?: string}[]} [curves]
 * @property {number} done @property {number} runs @property {string} [remark]
 * @typedef {{told: Told, x: ArrayLike<number>, y: ArrayLike<number>, values: ArrayLike<number>, low?: ArrayLike<number>, high?: ArrayLike<number>,
 *   lines: {x: ArrayLike<number>, y: ArrayLike<number>, count: number}}} Surveyed
 */

/** Milliseconds until a question that something newer ended is asked again. */
const PATIENCE = [40, 120, 300, 700, 1500, 3000];
const MOST_ROWS = 17;

/** @param {HTMLElement} host @param {Context} panel @returns {Promise<Picture>} */
export async function create(host, panel) {
  const { t, options } = panel;
  const viewKey = `survey:${panel.questionOf("values")}`;
  const chosen = () => panel.view(viewKey) ?? {};
  const choose = (/** @type {Record<string, any>} */ values) => {
    const next = Object.fromEntries(Object.entries({ ...chosen(), ...values }).filter(([, value]) => value !== undefined));
    panel.view(viewKey, Object.keys(next).length ? next : undefined);
  };
  const who = options.series ? seriesChoice(panel, t("Whose runs")) : null;
  const menus = (options.settings ?? []).map((/** @type {any} */ setting) => ({ setting, menu: choice(setting.title,
    setting.options.map((/** @type {any} */ one) => [one.value, one.label]), chosen()[setting.name] ?? setting.value,
    (value) => choose({ [setting.name]: value === setting.value ? undefined : value })) }));
  const axes = new SurveyAxes(panel, { chosen, choose });
  const tools = h("div", { class: "tool-row survey-tools" }, ...menus.map((/** @type {any} */ { menu }) => menu.element), options.fixed ? null : axes.element);
  const problem = h("p", { class: "field-problem", role: "alert" });
  const hint = h("p", { class: "map-hint", "aria-live": "polite" });
  const legend = new SurveyLegend(panel);
  const box = h("div", { class: "map-box survey-box" }, who?.element, tools, problem);
  host.append(box);
  const plane = new Plane(box, { label: panel.title, layers: ["map", "dots"], signal: panel.signal, name: "plot-survey", margin: { right: 14, top: 8, bottom: 42 } });
  box.append(legend.element, hint);
  const { pad, tooltip } = plane;
  Object.assign(pad, { tabIndex: 0 });
  pad.setAttribute("role", "group");
  pad.setAttribute("aria-label", t("{title}; arrow keys move over the runs, Enter opens one", { title: panel.title }));
  pad.classList.add("map-pad");
  const map = new MapOfRuns(panel, plane, legend);
  const curves = new CurvesOverSetting(panel, plane, legend);
  /** @type {{surveyed: Surveyed|null, key: string, failures: number, timer: number, end: AbortController|null, cursor: [number, number]|null}} */
  const state = { surveyed: null, key: "", failures: 0, timer: 0, end: null, cursor: null };
  panel.signal.addEventListener("abort", () => {
    clearTimeout(state.timer);
    state.end?.abort();
  });

  // --- asking -------------------------------------------------------------------------------------------------
  /** What the survey depends on: the question, and all parameters but those that a click here sets. */
  function wanted() {
    const question = { ...(options.series ? { [options.series]: panel.focus } : {}), ...chosen() };
    const { x, y, curves: all = [] } = state.surveyed?.told ?? {};
    const own = [x?.path, y?.path, ...all.map(({ path }) => path)].filter((path) => path !== undefined);
    const rest = own.reduce((params, path) => placed(params, /** @type {string} */ (path), null), panel.params);
    return { question, key: JSON.stringify([question, rest]) };
  }

  function ask() {
    if (panel.history.lastStep < 0 && !panel.scene) return;
    if (panel.awaited) {
      wait();
      return;
    }
    const { question, key } = wanted();
    if (key === state.key) return;
    clearTimeout(state.timer);
    state.key = key;
    state.end?.abort();
    state.end = new AbortController();
    const { signal } = state.end;
    legend.wait();
    panel.ask("values", question, { now: true, signal, part: (answer) => take(answer, question) })
      .then((answer) => { if (!signal.aborted) take(answer, question); }, (reason) => { if (!signal.aborted) give(reason); });
  }

  /** Show nothing until the visitor has said what he expects. */
  function wait() {
    clearTimeout(state.timer);
    state.end?.abort();
    Object.assign(state, { key: "", surveyed: null });
    clear();
    hint.textContent = t("Say first what you expect; then this fills in.");
  }

  /** Where something newer came, ask again: the newer run may be another. @param {unknown} reason */
  function give(reason) {
    if (reason instanceof Unanswered || !Array.isArray(reason) || reason.every(({ path }) => !path && state.failures < 2 && !sentenceOf(reason))) {
      state.key = "";
      if (state.failures < PATIENCE.length) state.timer = setTimeout(ask, PATIENCE[state.failures]);
      state.failures += 1;
      return;
    }
    problem.textContent = sentenceOf(reason);
    state.surveyed = null;
    clear();
  }

  /** @param {WireFrame} answer @param {Record<string, any>} question */
  function take(answer, question) {
    const find = (/** @type {string} */ role) => answer.arrays[panel.keyOf(role)];
    /** @type {Told} */
    const told = JSON.parse(answer.texts[panel.keyOf("survey")]);
    const [lx, ly] = [find("line_x"), find("line_y")];
    state.surveyed = { told, x: find("x").values, y: find("y").values, values: find("values").values, low: find("low")?.values, high: find("high")?.values,
      lines: { x: lx?.values ?? [], y: ly?.values ?? [], count: lx?.shape[0] ?? 0 } };
    state.failures = 0;
    problem.textContent = "";
    state.key = JSON.stringify([question, JSON.parse(wanted().key)[1]]);
    axes.show(told);
    hint.textContent = told.remark ?? options.hint ?? "";
    draw();
  }

  // --- drawing ------------------------------------------------------------------------------------------------
  const picture = () => (state.surveyed?.told.y ? map : curves);

  function clear() {
    plane.clear();
    legend.clear();
    plane.frame.dataset.done = "";
  }

  function draw() {
    axes.offer();
    who?.show(panel.seriesCount);
    menus.forEach((/** @type {any} */ { setting, menu }) => menu.set(setting.options.map((/** @type {any} */ one) => [one.value, one.label]), chosen()[setting.name] ?? setting.value));
    const { surveyed } = state;
    if (!surveyed) return;
    if (!picture().draw(surveyed)) return;
    const { told, x, y } = surveyed;
    legend.progress(told);
    Object.assign(plane.frame.dataset, { done: String(told.done), columns: String(x.length), rows: String(y.length) });
    drawDots();
  }

  function drawDots() {
    const { surveyed, cursor } = state;
    const context = plane.layers.dots.begin();
    if (!surveyed || !plane.ready) return;
    picture().drawMarks(context, surveyed);
    if (!cursor) return;
    const { kx, bx, ky, by } = plane.scale;
    const [cx, cy] = picture().cursorAt(surveyed, cursor);
    context.beginPath();
    context.arc(cx * kx + bx, cy * ky + by, 8, 0, 2 * Math.PI);
    context.lineWidth = 4;
    context.strokeStyle = ON_SURFACE.edge;
    context.stroke();
    context.lineWidth = 2;
    context.strokeStyle = ON_SURFACE.mark;
    context.stroke();
  }

  // --- reading and opening ------------------------------------------------------------------------------------
  /** @param {[number, number]} cell */
  function open(cell) {
    const { surveyed } = state;
    if (!surveyed) return;
    const values = picture().opens(surveyed, cell);
    if (!values.length) return;
    /** @type {Record<string, any>} */
    const changed = values.reduce((params, [path, value]) => placed(params, path, value), panel.params);
    const tops = [...new Set(values.map(([path]) => path.split(".")[0]))];
    panel.change(Object.fromEntries(tops.map((top) => [top, changed[top]])), { effect: "restart", replay: Boolean(options.watched) });
    panel.tell("asked");
    if (!options.watched) return;
    tooltip.hide();
    panel.toFirstTab();
  }

  /** @param {[number, number]} cell @param {number} x @param {number} y pixels of the frame */
  function tell(cell, x, y) {
    if (state.surveyed) tooltip.show(x, y, picture().lines(state.surveyed, cell));
  }

  pad.addEventListener("pointermove", (event) => {
    const cell = plane.ready && state.surveyed ? picture().cellAt(state.surveyed, plane.pixel(event)) : null;
    if (cell) tell(cell, ...plane.pixel(event));
  });
  pad.addEventListener("pointerleave", () => tooltip.hide());
  pad.addEventListener("click", (event) => {
    const cell = plane.ready && state.surveyed ? picture().cellAt(state.surveyed, plane.pixel(event)) : null;
    if (cell) open(cell);
  });
  pad.addEventListener("keydown", (event) => {
    const by = /** @type {Record<string, [number, number]>} */ ({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1], Enter: [0, 0], " ": [0, 0] })[event.key];
    const { surveyed } = state;
    if (!by || !plane.ready || !surveyed) return;
    event.preventDefault();
    event.stopPropagation();
    const [columns, rows] = [surveyed.x.length, surveyed.y.length];
    const step = event.shiftKey ? Math.max(1, Math.round(columns / 16)) : 1;
    const from = state.cursor ?? picture().here(surveyed) ?? [columns >> 1, rows >> 1];
    const cell = /** @type {[number, number]} */ ([Math.max(0, Math.min(columns - 1, from[0] + by[0] * step)), Math.max(0, Math.min(rows - 1, from[1] + by[1] * (surveyed.told.y ? step : 1)))]);
    state.cursor = cell;
    drawDots();
    const { kx, bx, ky, by: b } = plane.scale;
    const [cx, cy] = picture().cursorAt(surveyed, cell);
    tell(cell, cx * kx + bx, cy * ky + b);
    hint.textContent = picture().words(surveyed, cell);
    if (event.key === "Enter" || event.key === " ") open(cell);
  });
  pad.addEventListener("blur", () => {
    state.cursor = null;
    tooltip.hide();
    drawDots();
  });
  plane.onZoom = draw;

  return {
    scene: () => { ask(); draw(); },
    update: ask,
    params: () => { ask(); drawDots(); },
    focus: () => { ask(); draw(); },
    view: () => { ask(); draw(); },
    theme: draw,
    resize: draw,
    frame: plane.frame,
    png: () => plane.png(),
    table: () => tableOf(panel, state.surveyed),
  };
}

/** @param {Context} panel @param {Surveyed|null} surveyed */
function tableOf(panel, surveyed) {
  if (!surveyed) return h("p", {}, panel.t("No numbers yet: the run has not begun."));
  const { told, x, y, values } = surveyed;
  const some = (/** @type {number} */ n) => Array.from({ length: Math.min(MOST_ROWS, n) }, (_, i) => Math.round((i * (n - 1)) / Math.max(1, Math.min(MOST_ROWS, n) - 1)));
  const say = (/** @type {number} */ value) => (Number.isFinite(value) ? formatNumber(value, 3) : value > 0 ? told.bad : told.missing || "–");
  const head = (/** @type {number} */ j) => (told.y ? formatNumber(y[j], 3) : told.curves?.[j]?.name ?? panel.series(told.curves?.[j]?.series ?? j).name);
  return h("table", {}, h("caption", {}, `${told.value.title}: ${told.x.title}${told.y ? ` × ${told.y.title}` : ""}`),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, told.y?.title ?? ""), ...some(x.length).map((i) => h("th", { scope: "col" }, formatNumber(x[i], 3))))),
    h("tbody", {}, ...some(y.length).map((j) => h("tr", {}, h("th", { scope: "row" }, head(j)),
      ...some(x.length).map((i) => h("td", {}, say(values[j * x.length + i])))))));
}
