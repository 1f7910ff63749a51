// @ts-check
/**
 * A net's loss on a plane through the space of its parameters: the paths of all series over it, the loss of each net beside
 * the loss at its nearest point of the plane, how far off the plane it lies, and what the nets say of their data.
 *
 * Roles, arrays of one question whose answer grows; the question stands at `loss`: `across` (n,), `up` (m,) and `loss` (m, n), the
 * surface; `paths` (series, step, 2), nearest points of the plane; `y` and `flat` (series, step), the loss of the net and at the
 * nearest point; `off` and `share` (series, step), how far off the plane; `points` (k, 2) and `labels` (k,), the data; `field_x`,
 * `field_y`, `moments`, `fields` (series, moment, row, column), the chance of class 1 in 255ths, 0 for none; `about`, a text, JSON
 * {axes: [name, name], remark, through}. NaN: the series has no such step.
 * Options: `settings`: [{name, title, value, options or low, high, scale}] of the question; `focus`: its parameter that takes the series in focus.
 */

import { h, swatch, visibleColor } from "../controls/dom.js";
import { formatNumber } from "../number.js";
import { CLASSES, ramp } from "../palette.js";
import { placeSwitches, segments, theme } from "../plot.js";
import { rangeOf } from "./marks/curves.js";
import { contour, pathOf } from "./marks/contours.js";
import { paintGrid } from "./marks/matrix.js";
import { Plane } from "./marks/plane.js";
import { drawPoints } from "./marks/scatter.js";
import { tipLine, Tooltip } from "./marks/tooltip.js";
import { layImage } from "./marks/trails.js";
import { asker } from "./parts/asking.js";
import { Chart } from "./parts/chart.js";
import { nearestPoint } from "./parts/comets.js";
import { FlatView, zoomButtons } from "./parts/flat.js";
import { lossScale } from "./parts/lossscale.js";
import { ReliefView } from "./parts/relief.js";
import { seriesChoice } from "./parts/serieschoice.js";
import { settingControl } from "./parts/setting.js";
import { Surface } from "./parts/surface.js";

/** @import { Context, Picture, Values, WireFrame } from "../types.d.ts" */
/** @import { Setting } from "./parts/setting.js" */
/** @import { Trail } from "./parts/comets.js" */
/** @import { Curve } from "./marks/curves.js" */

/** Its card waits for Plotly. */
export const plotly = true;

/** The chance of a half, as it comes. */
const EVEN = 128;

/** @param {HTMLElement} host @param {Context} panel @returns {Promise<Picture>} */
export async function create(host, panel) {
  const { t, options } = panel;
  /** @type {Setting[]} */
  const settings = options.settings;
  const viewKey = `ask:${panel.questionOf("loss")}`;
  /** @type {Record<string, any>} */
  const chosen = { ...Object.fromEntries(settings.map(({ name, value }) => [name, value])), ...panel.view(viewKey) };
  /** @type {WireFrame|null} */
  let answer = null;
  let key = "";
  /** @type {Surface|null} */
  let surface = null;

  const who = seriesChoice(panel, t("Through whose last point the plane goes"));
  const tools = h("div", { class: "tool-row" }, ...settings.map((setting) => settingControl(setting, chosen[setting.name], (value) => {
    chosen[setting.name] = value;
    panel.view(viewKey, { ...chosen });
    follow();
  })));
  const problem = h("p", { class: "refusal", role: "alert" });
  const remark = h("p", { class: "inquiry-remark", role: "status" });
  const flatHost = h("div", { class: "landscape-flat" });
  const reliefHost = h("div", { class: "landscape-relief" });
  const stage = h("div", { class: "landscape netplane-stage" }, flatHost, reliefHost);
  const dataHost = h("figure", { class: "netplane-data" });
  const board = h("div", { class: "netplane-board" });
  const chartHost = h("div", { class: "netplane-chart" });
  const legend = h("div", { class: "inquiry-legend" }, h("span", { class: "legend-entry" }, swatch({ color: "currentColor", dash: "solid" }, 22), t("loss of the net")),
    h("span", { class: "legend-entry" }, swatch({ color: "currentColor", dash: "dot" }, 22), t("loss at its nearest point of the plane")), h("span", {}, t("pale: the other racers")));
  host.append(who.element, tools, problem, stage, remark, h("div", { class: "netplane-below" }, dataHost, board), legend, chartHost);
  const flat = new FlatView(flatHost, t);
  /** @type {ReliefView|null} */
  let relief = null;
  flatHost.append(zoomButtons(flat, t));
  const tooltip = new Tooltip(flat.frame);
  const data = new Plane(dataHost, { label: t("The data and where each net decides"), layers: ["field", "points", "nets"], signal: panel.signal, margin: { left: 8, right: 8, bottom: 8 }, square: true, fixed: true });
  dataHost.append(h("figcaption", {}, t("Where each net decides now")));
  const chart = new Chart(chartHost, panel, { layers: ["faded", "bright"], named: false, scrubs: true, refresh: () => drawCurves(), draw: () => drawCurves(),
    headOf: (_curve, step) => t("step {step}", { step: formatNumber(step) }) });
  const inSpace = () => panel.view("space") === "3d";
  const space = segments(t("View"), [{ value: "2d", text: "2D", title: t("From above") }, { value: "3d", text: "3D", title: t("In three dimensions") }],
    inSpace() ? "3d" : "2d", (value) => panel.view("space", value === "2d" ? undefined : value));
  placeSwitches(host, space.element);
  const line = h("div", { class: "playhead-line" });
  chart.plane.frame.append(line);

  // --- asking -------------------------------------------------------------------------------------------------
  const focus = () => Math.max(0, panel.focus);
  const question = () => ({ ...chosen, [options.focus]: focus() });
  const ask = asker(panel, "loss", { question, every: Infinity, newest: true,
    show(next) {
      problem.textContent = "";
      answer = next;
      show();
    },
    refuse(sentence) { problem.textContent = sentence; } });

  /** Ask where something that the answer depends on is another. */
  function follow() {
    if (!panel.scene) return;
    const now = JSON.stringify([question(), panel.params]);
    if (now === key) return;
    key = now;
    if (!answer) remark.textContent = t("computing …");
    ask.soon(80);
  }

  const array = (/** @type {string} */ role) => answer?.arrays[panel.keyOf(role)];
  const values = (/** @type {string} */ role) => /** @type {Values} */ (array(role)?.values ?? new Float64Array());
  const length = () => array("y")?.shape[1] ?? 0;
  const at = () => Math.max(0, Math.min(panel.step, length() - 1));
  /** @param {string} role @param {number} series */
  const rowOf = (role, series) => values(role).subarray(series * length(), (series + 1) * length());
  /** @returns {{axes: [string, string], remark: string, through: number}} */
  const about = () => JSON.parse(answer?.texts[panel.keyOf("about")] ?? '{"axes": ["", ""], "remark": "", "through": 0}');

  // --- drawing ------------------------------------------------------------------------------------------------
  async function show() {
    who.show(panel.seriesCount);
    if (!answer) return;
    remark.textContent = about().remark;
    surface = new Surface(values("across"), values("up"), values("loss"));
    flat.setTrails(trails());
    relief?.setTrails(flat.trails);
    flat.theme();
    makeBoard();
    drawCurves();
    drawData();
    flat.hover = null;
    await drawSurface(surface);
    Object.assign(stage.dataset, { columns: String(surface.xs.length), trails: String(flat.trails.length), through: String(about().through) });
  }

  /** @param {Surface} seen */
  async function drawSurface(seen) {
    stage.dataset.space = inSpace() ? "3d" : "2d";
    space.set(stage.dataset.space);
    const colors = lossScale(seen.values, Infinity, chart.log ? "log" : "linear", formatNumber);
    const nowhere = { minima: [], local: [], saddles: [] };
    if (inSpace()) {
      relief ??= new ReliefView(reliefHost, t, ({ index, name, color, dash }, step) => wordsOf(index, name, color, dash, step));
      relief.setTrails(flat.trails);
      relief.pending = { step: at(), hidden: panel.hidden, focus: focus() };
      await relief.draw(seen, colors, nowhere, about().axes);
    } else await flat.draw(seen, colors, nowhere, false, about().axes);
    place();
  }

  /** @returns {Trail[]} */
  function trails() {
    const paths = values("paths");
    return Array.from({ length: array("paths")?.shape[0] ?? 0 }, (_, index) => {
      const { name, color, dash } = panel.series(index);
      const out = rowOf("y", index).findIndex(Number.isNaN);
      return { points: Float64Array.from(paths.subarray(2 * index * length(), 2 * (index + 1) * length())), length: length(), index, name, color: visibleColor(color), dash,
        divergedAt: out < 0 ? Infinity : out };
    }).filter(({ divergedAt }) => divergedAt > 0); // who cannot train a net has no path
  }

  function drawCurves() {
    if (!answer) return;
    const own = focus();
    /** @param {string} role @param {number} index @param {Partial<Curve>} how @returns {Curve} */
    const curve = (role, index, how) => {
      const { name, color } = panel.series(index);
      const row = rowOf(role, index);
      return { index, name, color: visibleColor(color), dash: "solid", length: length(), x: (i) => i, y: (i) => row[i], ...how };
    };
    const shown = flat.trails.map(({ index }) => index).filter((index) => !panel.hidden.has(index));
    const { name } = panel.series(own);
    chart.take([...shown.filter((index) => index !== own).map((index) => curve("y", index, { faint: true })),
      ...(shown.includes(own) ? [curve("y", own, { name: t("{name}: loss of the net", { name }) }), curve("flat", own, { name: t("{name}: on the plane", { name }), dash: "dot" })] : [])]);
    if (!chart.drawAxes(rangeOf(chart.curves, chart.log, chart.range), [0, panel.total])) return;
    const { bright, faded } = chart.plane.layers;
    chart.drawCurves(bright.beginInside(chart.plane.area), true);
    bright.end();
    faded.beginInside(chart.plane.area).drawImage(bright.canvas, 0, 0, faded.width, faded.height);
    faded.end();
    const { area } = chart.plane;
    Object.assign(line.style, { top: `${area.top}px`, height: `${area.height}px` });
    chart.plane.frame.dataset.curves = String(chart.curves.length);
    placeHead();
  }

  function placeHead() {
    if (!chart.plane.ready) return;
    const { area, scale, frame, layers } = chart.plane;
    const x = Math.max(area.left - 1, Math.min(area.left + area.width + 1, panel.step * scale.kx + scale.bx));
    line.style.transform = `translateX(${x.toFixed(1)}px)`;
    layers.bright.canvas.style.clipPath = `inset(0 ${Math.max(0, frame.clientWidth - x).toFixed(1)}px 0 0)`;
  }

  function drawData() {
    if (!answer) return;
    const [xs, ys, points, labels] = [values("field_x"), values("field_y"), values("points"), values("labels")];
    if (!data.draw({ x: { range: [xs[0], xs[xs.length - 1]], ticks: { values: [], texts: [] } }, y: { range: [ys[0], ys[ys.length - 1]], grid: false, ticks: { values: [], texts: [] } } })) return;
    drawPoints(data.layers.points.beginInside(data.area), data.scale, { count: labels.length, x: (i) => points[2 * i], y: (i) => points[2 * i + 1], radius: 3, color: (i) => CLASSES[labels[i]], edge: theme().card });
    data.layers.points.end();
    drawNets();
  }

  /** What a net said at the kept step before the playhead. @param {number} index */
  function fieldOf(index) {
    const moments = values("moments");
    const [, count, rows, columns] = array("fields")?.shape ?? [0, 1, 0, 0];
    let moment = 0;
    while (moment + 1 < count && moments[moment + 1] <= at()) moment += 1;
    const begin = (index * count + moment) * rows * columns;
    return values("fields").subarray(begin, begin + rows * columns);
  }

  /** Where the nets decide, and the chances of the one in focus. */
  function drawNets() {
    if (!answer || !data.ready) return;
    const { field, nets } = data.layers;
    const [xs, ys, look] = [values("field_x"), values("field_y"), theme()];
    const ground = field.beginInside(data.area);
    const own = fieldOf(focus());
    if (own[0]) {
      const half = (/** @type {Values} */ places) => (places[1] - places[0]) / 2;
      const [dx, dy] = [half(xs), half(ys)];
      const image = paintGrid(xs.length, ys.length, (i, j) => own[j * xs.length + i], { low: 1, high: 255, log: false }, ramp([CLASSES[0], look.card, CLASSES[1]]));
      ground.globalAlpha = 0.5;
      layImage(ground, image, [xs[0] - dx, xs[xs.length - 1] + dx], [ys[0] - dy, ys[ys.length - 1] + dy], data.scale, true);
      ground.globalAlpha = 1;
    }
    field.end();
    const context = nets.beginInside(data.area);
    const shown = flat.trails.filter(({ index }) => !panel.hidden.has(index)).sort((one, other) => Number(one.index === focus()) - Number(other.index === focus()));
    for (const { index, color } of shown) {
      const said = fieldOf(index);
      if (!said[0]) continue;
      const path = pathOf(contour({ xs, ys, values: said }, EVEN), data.scale);
      context.lineCap = "round";
      for (const [width, ink] of /** @type {[number, string][]} */ ([[index === focus() ? 5 : 3.4, look.card], [index === focus() ? 3 : 1.6, color]])) {
        Object.assign(context, { lineWidth: width, strokeStyle: ink });
        context.stroke(path);
      }
    }
    nets.end();
  }

  /** @type {{index: number, cells: HTMLElement[]}[]} */
  let rows = [];

  function makeBoard() {
    const head = [t("Loss"), t("On the plane"), t("Off the plane"), t("Share off")];
    const titles = ["", t("Loss at the nearest point of the plane"), t("Distance of the net's parameters from the plane"),
      t("Share of the squared distance from the last point that lies off the plane")];
    rows = flat.trails.map(({ index }) => ({ index, cells: head.map(() => h("td", { class: "is-number" })) }));
    board.replaceChildren(h("table", { class: "ranking" }, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("Racer")),
      ...head.map((name, i) => h("th", { scope: "col", class: "is-number", title: titles[i] || undefined }, name)))),
    h("tbody", {}, ...rows.map(({ index, cells }) => {
      const { name, color, dash } = panel.series(index);
      return h("tr", { class: index === focus() ? "is-focus" : "" }, h("th", { scope: "row" }, swatch({ color: visibleColor(color), dash }, 20), " ", name), ...cells);
    }))));
    tellBoard();
  }

  function tellBoard() {
    const step = at();
    for (const { index, cells } of rows) {
      const [loss, on, off, share] = ["y", "flat", "off", "share"].map((role) => rowOf(role, index)[step]);
      const said = [formatNumber(loss, 3), formatNumber(on, 3), formatNumber(off, 3), `${formatNumber(100 * share, 3)}%`];
      cells.forEach((cell, i) => { cell.textContent = Number.isNaN(loss) ? "–" : said[i]; });
    }
    board.dataset.step = String(step);
  }

  function place() {
    if (inSpace()) relief?.place(at(), panel.hidden, focus());
    else flat.place(at(), panel.hidden, focus());
  }

  function playhead() {
    if (!answer) return;
    place();
    drawNets();
    tellBoard();
    placeHead();
  }

  // --- pointing -----------------------------------------------------------------------------------------------
  /** @param {PointerEvent} event @returns {[number, number]} pixels of the frame */
  const pixel = (event) => {
    const box = flat.frame.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  /** What is said of a path at a step. @param {number} index @param {string} name @param {string} color @param {string} dash @param {number} step */
  function wordsOf(index, name, color, dash, step) {
    const [loss, on, off] = ["y", "flat", "off"].map((role) => rowOf(role, index)[step]);
    return [h("div", { class: "tip-title" }, swatch({ color, dash }), name), tipLine(t("step"), formatNumber(step)), tipLine(t("loss of the net"), formatNumber(loss, 4)),
      tipLine(t("on the plane"), formatNumber(on, 4)), tipLine(t("off the plane"), formatNumber(off, 3))];
  }

  /** @param {PointerEvent} event */
  function point(event) {
    if (!flat.ready || !surface || event.buttons) return tooltip.hide();
    const [x, y] = pixel(event);
    const hit = nearestPoint(flat.trails, at(), x, y, flat.scale, panel.hidden);
    const { kx, bx, ky, by } = flat.scale;
    if (hit) {
      const { trail: { index, name, color, dash }, step } = hit;
      tooltip.show(hit.x, hit.y, wordsOf(index, name, color, dash, step));
    } else {
      const loss = surface.at((x - bx) / kx, (y - by) / ky);
      if (Number.isFinite(loss)) tooltip.show(x, y, [tipLine(t("loss"), formatNumber(loss, 3))]);
      else tooltip.hide();
    }
    if (flat.hover !== hit) {
      flat.hover = hit;
      flat.drawTrails();
    }
  }
  /** @type {[number, number]|null} */
  let pressed = null;
  flat.frame.addEventListener("pointermove", point);
  flat.frame.addEventListener("pointerdown", (event) => { pressed = pixel(event); }, { capture: true });
  flat.frame.addEventListener("pointerup", (event) => {
    const [x, y] = pixel(event);
    if (!pressed || Math.hypot(x - pressed[0], y - pressed[1]) > 4) return;
    const hit = nearestPoint(flat.trails, at(), x, y, flat.scale, panel.hidden);
    if (hit) panel.focus = hit.trail.index;
  }, { capture: true });
  flat.frame.addEventListener("pointerleave", () => tooltip.hide());

  return {
    scene: () => { who.show(panel.seriesCount); follow(); },
    update: () => { who.show(panel.seriesCount); follow(); },
    params: follow,
    focus: () => { who.show(panel.seriesCount); follow(); show(); },
    view: () => { chart.viewChanged(); show(); },
    playhead,
    theme: show,
    resize: async () => {
      if (inSpace() ? !relief?.drawn : !flat.ready) await show();
      flat.resize();
      relief?.resize();
      drawCurves();
      drawData();
    },
    frame: stage,
    png: () => (inSpace() && relief?.drawn ? relief.png() : flat.ready ? flat.png() : chart.plane.png()),
    table: () => board.firstElementChild ? /** @type {HTMLElement} */ (board.firstElementChild.cloneNode(true)) : h("p", {}, t("No numbers yet: the run has not begun.")),
    destroy() {
      flat.destroy();
      relief?.destroy();
    },
  };
}
