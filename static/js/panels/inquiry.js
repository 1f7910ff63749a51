// @ts-check
/**
 * A question to the run with settings of its own, and its answer: as curves, as a matrix, as numbers, and in a sentence.
 *
 * Roles, all of the same question: perhaps `x` and `y`, curves (the last axis is drawn over), `more` (further curves over the
 * same places); `marks` (curve,), a place on each curve of `y` that is marked; `lower` and `upper`: a band round the curves of `y`;
 * `matrix` (row, column); `names`, a text: JSON [{name, color, dashed}] of the curves of `y`; `numbers`, a text: JSON [{group,
 * name, value, unit, share, digits}]; `remark`, a text: JSON sentence; `next`, a text: JSON value of a parameter, or null.
 * `table`, a text: JSON {head, rows: [{series, cells}]}. `structure`: of a tape, where one of its leaves is asked about.
 * Options: `settings`: [{name, title, value, options: [{value, label}] or low, high, scale}]; `leaf`: {node, entry}, names
 * of the question's parameters; `curves`: [{role, label}], what is drawn where there are no names; `dashed`: roles;
 * `of_series`: the rows of `y` are the run's series;
 * `focus`, the parameter of the question that is the series in focus; `side_labels`: words at the left and the right end of the
 * curves; `row_title`, `column_title`: what a matrix is over; `x_scale`, `y_scale`, `x_title`, `y_title`; `apply`: {moves, label}: the
 * parameter that `next` sets; `button_label`: asked for only when it is pressed; `still`: the answer is the same at every
 * step of a run; `follows`: asked again as the playhead moves.
 */

import { h, swatch, visibleColor } from "../controls/dom.js";
import { lettering } from "../lettering.js";
import { formatNumber } from "../number.js";
import { SERIES, tint } from "../palette.js";
import { theme } from "../plot.js";
import { asker } from "./parts/asking.js";
import { Chart } from "./parts/chart.js";
import { Matrix } from "./parts/askedmatrix.js";
import { drawBand } from "./marks/curves.js";
import { wholeRange } from "./parts/profile.js";
import { settingControl } from "./parts/setting.js";
import { nameText } from "./marks/circuit/sizes.js";

/** @import { Context, Picture, Values, WireFrame } from "../types.d.ts" */
/** @import { Curve } from "./marks/curves.js" */
/** @import { Setting } from "./parts/setting.js" */

/** Milliseconds without another run until the question is asked again: where a hand drags, the run's own picture comes first. */
const REST = 150;

/** @param {HTMLElement} host @param {Context} panel @returns {Promise<Picture>} */
export async function create(host, panel) {
  const { t, options } = panel;
  /** @type {Setting[]} */
  const settings = options.settings ?? [];
  const role = panel.roles.find((one) => panel.questionOf(one)) ?? "remark";
  /** @type {Record<string, any>} */
  const chosen = { ...Object.fromEntries(settings.map(({ name, value }) => [name, value])), ...panel.view(`ask:${panel.questionOf(role)}`) };
  /** @type {WireFrame|null} */
  let answer = null;
  /** @type {import("../types.d.ts").History|null} */
  let shownRun = null;
  let pressed = !options.button_label;
  const tools = h("div", { class: "tool-row" }, ...settings.map(setting));
  const leaf = options.leaf ? h("select", { class: "select", "aria-label": t("Variable"), on: { change: () => { pressed = true; ask.now(); } } }) : null;
  if (leaf) tools.append(h("label", { class: "tool" }, t("Variable"), leaf));
  if (options.button_label) tools.append(h("button", { type: "button", class: "button", on: { click: () => { pressed = true; ask.now(); } } }, options.button_label));
  const apply = options.apply ? h("button", { type: "button", class: "button button-accent", on: { click: go } }, options.apply.label) : null;
  if (apply) tools.append(apply);
  const remark = h("p", { class: "inquiry-remark", role: "status" });
  const problem = h("p", { class: "refusal", role: "alert" });
  const legend = h("div", { class: "inquiry-legend" });
  const matrix = new Matrix(panel);
  const numbers = h("div", { class: "inquiry-numbers", hidden: true });
  const room = h("div", { class: "inquiry-room" });
  const board = h("div", { class: "inquiry-board", hidden: true });
  host.append(tools, problem, remark, legend, h("div", { class: "inquiry-body" }, room, matrix.element, numbers), board);
  const drawn = panel.has("x");
  room.hidden = !drawn;
  const chart = drawn ? new Chart(room, panel, { layers: ["band", "curves"], named: false, refresh: () => draw(), draw: () => draw(),
    headOf: (curve, i) => `${options.x_title ?? ""} ${curve ? formatNumber(place(curve.x(i)), 3) : ""}`.trim() }) : null;
  const logX = options.x_scale === "log";
  const place = (/** @type {number} */ x) => (logX ? 10 ** x : x);

  const ask = asker(panel, role, {
    question,
    show(next) { answer = next; show(); },
    refuse(sentence) { problem.textContent = sentence; },
    every: 300,
  });

  function question() {
    if (!pressed) return null;
    const own = options.focus ? { ...chosen, [options.focus]: panel.focus } : { ...chosen };
    if (!leaf) return own;
    listLeaves();
    if (!leaf.value) return null;
    const [node, entry] = leaf.value.split(" ").map(Number);
    return { ...chosen, [options.leaf.node]: node, [options.leaf.entry]: entry };
  }

  /** The entries that may be asked about. */
  function listLeaves() {
    if (!leaf) return;
    /** @type {{name: string, node: number, shape: number[]}[]} */
    const leaves = panel.data.told("structure", { leaves: [] }).leaves;
    const entries = leaves.flatMap(({ name, node, shape }) => Array.from({ length: shape.reduce((product, n) => product * n, 1) }, (_, entry) => {
      const columns = shape.at(-1) ?? 1;
      const where = shape.length > 1 ? ` ${Math.floor(entry / columns) + 1}, ${(entry % columns) + 1}` : shape.length ? ` ${entry + 1}` : "";
      return { value: `${node} ${entry}`, label: `${nameText(name)}${where}` };
    })).slice(0, 200);
    const key = JSON.stringify(entries);
    if (leaf.dataset.key === key) return;
    const before = leaf.value;
    leaf.dataset.key = key;
    leaf.replaceChildren(...entries.map(({ value, label }) => h("option", { value }, label)));
    if (entries.some(({ value }) => value === before)) leaf.value = before;
  }

  /** @param {Setting} one */
  function setting(one) {
    return settingControl(one, chosen[one.name], (value) => {
      chosen[one.name] = value;
      panel.view(`ask:${panel.questionOf(role)}`, { ...chosen });
      pressed = true;
      ask.soon(40);
    });
  }

  /** @param {string} one @param {any} [otherwise] */
  function told(one, otherwise = null) {
    const text = panel.has(one) ? answer?.texts[panel.keyOf(one)] : undefined;
    return text ? JSON.parse(text) : otherwise;
  }

  /** @param {string} one */
  const array = (one) => (panel.has(one) ? answer?.arrays[panel.keyOf(one)] : undefined);

  /** @param {number} row @param {{name: string, color?: number, dashed?: boolean}|undefined} named @param {string} one @param {string} label @param {number} group */
  function lookOf(row, named, one, label, group) {
    if (options.of_series) {
      const { name, color, dash } = panel.series(row);
      return { name, color: visibleColor(color), dash };
    }
    return { name: named?.name ?? label, color: visibleColor(SERIES[(named?.color ?? group + row) % SERIES.length]),
      dash: named?.dashed || (options.dashed ?? []).includes(one) ? "dash" : "solid" };
  }

  /** @returns {Curve[]} */
  function curves() {
    const xs = array("x")?.values;
    if (!xs) return [];
    const names = told("names");
    /** @type {{role: string, label: string}[]} */
    const wanted = names ? [{ role: "y", label: "" }] : options.curves ?? [{ role: "y", label: panel.spec("y")?.description ?? "" }];
    return wanted.flatMap(({ role: one, label }, group) => {
      const found = array(one);
      if (!found) return [];
      const columns = xs.length;
      return Array.from({ length: Math.max(1, Math.round(found.values.length / columns)) }, (_, row) => ({ index: group + row, ...lookOf(row, names?.[row], one, label, group), length: columns,
        x: (/** @type {number} */ i) => (logX ? Math.log10(xs[i]) : xs[i]), y: (/** @type {number} */ i) => found.values[row * columns + i] }));
    });
  }

  function show() {
    remark.textContent = told("remark", "");
    if (apply) apply.disabled = told("next") === null;
    matrix.show(array("matrix"));
    showNumbers();
    showBoard();
    draw();
  }

  function showBoard() {
    /** @type {{head: string[], rows: {series: number, cells: (number|string|null)[]}[]}} */
    const { head, rows } = told("table", { head: [], rows: [] });
    board.hidden = !rows.length;
    board.replaceChildren(h("table", { class: "ranking" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("Racer")), ...head.map((name) => h("th", { scope: "col", class: "is-number" }, name)))),
      h("tbody", {}, ...rows.map(({ series, cells }) => {
        const { name, color, dash } = panel.series(series);
        return h("tr", {}, h("th", { scope: "row" }, swatch({ color: visibleColor(color), dash }, 22), " ", name),
          ...cells.map((cell) => h("td", { class: "is-number" }, typeof cell === "number" ? formatNumber(cell, 3) : cell ?? "–")));
      }))));
  }

  /** Numbers by group, with a bar where they stand beside each other. */
  function showNumbers() {
    /** @type {{group: string, name: string, value: number|null, unit: string, share: number|null, digits?: number}[]} */
    const all = told("numbers", []);
    const groups = Map.groupBy(all, ({ group }) => group);
    numbers.hidden = !groups.size;
    numbers.replaceChildren(...[...groups].map(([title, list]) => h("section", {}, h("h3", {}, title), h("dl", {}, ...list.map(({ name, value, unit, share, digits }) => (
      h("div", {}, h("dt", {}, name), h("dd", {}, value === null ? "–" : `${formatNumber(value, digits)} ${unit}`.trim(), share !== null && h("span", { class: "inquiry-bar", style: `--p: ${share}` })))))))));
  }

  /** @param {CanvasRenderingContext2D} context @param {Curve[]} all */
  function drawMarks(context, all) {
    if (!chart) return;
    const { area, scale: { kx, bx, ky, by } } = chart.plane;
    const places = array("marks")?.values ?? [];
    all.forEach((curve, row) => {
      const i = Array.from({ length: curve.length }, (_, k) => k).find((k) => Math.abs(curve.x(k) - (logX ? Math.log10(places[row]) : places[row])) < 1e-9);
      if (i === undefined) return;
      const y = chart.log ? Math.log10(curve.y(i)) : curve.y(i);
      if (!Number.isFinite(y)) return;
      context.beginPath();
      context.arc(kx * curve.x(i) + bx, ky * y + by, 4.5, 0, 2 * Math.PI);
      Object.assign(context, { fillStyle: curve.color, strokeStyle: theme().card, lineWidth: 2 });
      context.stroke();
      context.fill();
    });
    if (!options.side_labels) return;
    Object.assign(context, { font: lettering(theme(), 2, "italic"), fillStyle: theme().ink2, textBaseline: "bottom" });
    [`← ${options.side_labels[0]}`, `${options.side_labels[1]} →`].forEach((words, i) => {
      context.textAlign = i ? "right" : "left";
      context.fillText(words, i ? area.left + area.width - 6 : area.left + 6, area.top + area.height - 6);
    });
  }

  function draw() {
    if (!chart) return;
    if (!answer) {
      chart.drawAxes(chart.log ? [-6, 0] : [0, 1], logX ? [0, 3] : [0, 1], { log: logX }); // nothing was asked yet
      return;
    }
    const all = curves();
    chart.take(all);
    legend.replaceChildren(...(all.length > 1 ? all.map(({ name, color, dash }) => h("span", { class: "legend-entry" }, swatch({ color, dash }, 20), name)) : []));
    const xs = all.flatMap((curve) => [curve.x(0), curve.x(curve.length - 1)]).filter(Number.isFinite);
    if (!xs.length || !chart.drawAxes(wholeRange(all, chart.log, []), [Math.min(...xs), Math.max(...xs)], { log: logX })) return;
    drawBands();
    const context = chart.plane.layers.curves.beginInside(chart.plane.area);
    chart.drawCurves(context, true);
    drawMarks(context, all);
    chart.plane.layers.curves.end();
    chart.plane.frame.dataset.curves = String(all.length);
  }

  /** Between the rows of `lower` and those of `upper`, in the colours of the rows of `y`. */
  function drawBands() {
    if (!chart) return;
    const { area, scale, layers } = chart.plane;
    const context = layers.band.beginInside(area);
    const [lower, upper] = [array("lower")?.values, array("upper")?.values];
    if (lower && upper) {
      const rows = Math.round(lower.length / (chart.curves[0]?.length || 1));
      for (const curve of chart.curves.filter(({ index }) => index < rows)) {
        const edge = (/** @type {Values} */ values) => ({ ...curve, y: (/** @type {number} */ i) => values[curve.index * curve.length + i] });
        drawBand(context, edge(lower), edge(upper), scale, chart.log, tint(curve.color, options.of_series ? 0.12 : 0.2));
      }
    }
    layers.band.end();
  }

  /** Take what the answer leads to. */
  function go() {
    const next = told("next");
    if (next === null) return;
    const name = options.apply.moves;
    panel.change({ [name]: { ...panel.params[name], ...next } }, { effect: "restart", stay: true });
  }

  /** Another run is on screen. */
  function again() {
    listLeaves();
    if (pressed) ask.soon(REST);
  }

  return {
    words: !drawn && !panel.has("matrix"),
    scene: again,
    update(history) {
      if (options.still && history === shownRun) return;
      shownRun = history;
      again();
    },
    ...(options.follows ? { playhead: () => { if (pressed) ask.follow(); } } : {}),
    focus: () => { if (options.focus && pressed) ask.soon(60); },
    theme: show, resize: draw, view: () => chart?.viewChanged(), frame: chart ? chart.plane.frame : undefined, ...(chart ? { png: () => chart.plane.png() } : {}) };
}
