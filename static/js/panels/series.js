// @ts-check
/**
 * Curves over the steps of a run, which share the playhead.
 *
 * Roles: `y` (and `y2`, `y3`, ...) with a step axis; perhaps `lower` and `upper` (a band), `theory` (thin reference
 * lines, over the role `x`).
 * Options: `ghosts` (roles whose curves tell what the series would have done without a change: pale and dotted), `y_scale` ("log" or "linear"), `y_title`, `unit`, `series_axis` (rows are the run's series), `labels` (names
 * of the curves otherwise), `reference` (a level, or the name of a parameter), `theory_names` (a text of the scene, JSON
 * list, written at the reference lines), `faint` (roles drawn thin and pale), `y_range` (what a linear axis shows at least),
 * `y_usual` (how large the values usually are, where they begin far smaller),
 * `of_focus` (of each role only the row of the series in focus; `labels`, `colors` (places in the palette) and `dashes` by
 * role), `faint_rows` (rows of `y` that are dashed; `labels` and `colors` by row then), `lowest` (a role: the lowest point of its curve is marked, and a button goes there).
 *
 * Curves are painted when the run changes, on two canvases: bright, and whole and faded where any of it lies after the
 * playhead; a frame of the animation only moves the edge of the bright one.
 */

import { h, hide, visibleColor } from "../controls/dom.js";
import { visit } from "../extremes.js";
import { formatNumber } from "../number.js";
import { SERIES, tint } from "../palette.js";
import { theme } from "../plot.js";
import { drawBand, rangeOf } from "./marks/curves.js";
import { Chart } from "./parts/chart.js";
import { drawMarks, nameLevels } from "./parts/notes.js";
import { hasValues, wholeRange } from "./parts/profile.js";

/** @import { Context, Picture } from "../types.d.ts" */
/** @import { Curve } from "./marks/curves.js" */

/** @param {HTMLElement} host @param {Context} panel @returns {Promise<Picture>} */
export async function create(host, panel) {
  const { t, options } = panel;
  const yRoles = panel.roles.filter((role) => /^y\d*$/.test(role));
  const named = !options.of_focus && (options.series_axis !== undefined || (panel.spec("y")?.axes[0] !== "step" && !options.faint_rows));
  const chart = new Chart(host, panel, { layers: ["levels", "faded", "bright"], named, scrubs: true, refresh: () => refresh(), draw: () => draw(),
    headOf: (_curve, step) => t("step {step}", { step: formatNumber(step) }) });
  const { plane } = chart;
  const { levels, faded, bright } = plane.layers;
  const line = h("div", { class: "playhead-line" });
  const note = h("p", { class: "plot-note", hidden: true }, t("There are no values to draw here."));
  plane.frame.append(line, note);
  let best = -1;
  /** Whether the faded curves are those of the bright ones. */
  let copied = false;
  const back = h("button", { type: "button", class: "text-button series-back", hidden: true, on: { click: () => panel.seek(best) } });
  if (options.lowest) chart.above.append(back);
  /** @type {Curve[]} */
  let theory = [];
  /** @type {[Curve[], Curve[]]|null} */
  let band = null;

  /** @param {string} role @param {number} row */
  function styleOf(role, row) {
    if (named) return panel.series(row);
    if (options.faint_rows) {
      return { name: options.labels?.[row] ?? "", color: SERIES[(options.colors?.[row] ?? row) % SERIES.length], dash: options.faint_rows.includes(row) ? "dash" : "solid" };
    }
    const order = yRoles.indexOf(role) + (options.of_focus ? 0 : row);
    if (options.of_focus) {
      const { colors = [], dashes = [], labels = [] } = options;
      return { name: labels[order] ?? panel.keyOf(role), color: SERIES[(colors[order] ?? order) % SERIES.length], dash: dashes[order] ?? "solid" };
    }
    return { name: options.labels?.[role === "y" ? row : order] ?? panel.spec(role)?.description ?? panel.keyOf(role),
      color: SERIES[Math.max(0, order) % SERIES.length], dash: "solid" };
  }

  /** @param {string} role @returns {Curve[]} */
  function curvesOf(role) {
    const series = panel.data.series(role);
    if (!series) return [];
    const shown = options.of_focus ? [Math.max(0, Math.min(panel.focus, series.rows - 1))] : Array.from({ length: series.rows }, (_, row) => row);
    return shown.map((row) => {
      const { name, color, dash } = styleOf(role, row);
      const values = series.row(row);
      const ghost = Boolean(options.ghosts?.includes(role));
      return { index: row, name: ghost ? t("{name}, unchanged", { name }) : name, color: visibleColor(color), dash: ghost ? "dot" : dash,
        faint: ghost || options.faint?.includes(role), length: series.length,
        x: (i) => i, y: (i) => values[i * series.width], extremes: series.width === 1 ? series.extremes(row) : undefined };
    });
  }

  /** Reference lines: rows of a still array over `x`. @returns {Curve[]} */
  function referencesOf() {
    const still = panel.has("theory") ? panel.data.still("theory") : undefined;
    const xs = panel.has("x") ? panel.data.still("x")?.values : undefined;
    if (!still || !xs) return [];
    /** @type {string[]} */
    const names = JSON.parse(panel.scene?.texts[options.theory_names] ?? "[]");
    const columns = still.shape.at(-1) ?? 1;
    return Array.from({ length: Math.round(still.values.length / columns) }, (_, row) => ({ index: row, name: names[row] ?? "", color: theme().ink,
      dash: "dash", length: columns, x: (i) => xs[i], y: (i) => still.values[row * columns + i] }));
  }

  /** Gather curves, fit the axes to them, paint. */
  function refresh() {
    if (panel.history.lastStep < 0) return;
    chart.take(yRoles.flatMap(curvesOf).filter((curve) => !chart.hidden.has(curve.index)));
    theory = referencesOf();
    band = panel.has("lower") && panel.has("upper") ? [curvesOf("lower"), curvesOf("upper")] : null;
    chart.showLegend();
    chart.range = options.y_range && !chart.log ? wholeRange(chart.curves, false, options.y_range)
      : rangeOf([...chart.curves, ...theory, ...(band?.flat() ?? [])], chart.log, chart.range, options.y_usual);
    draw();
  }

  function draw() {
    if (!chart.range || !chart.drawAxes(chart.range, [0, panel.total])) return;
    const { area, scale } = plane;
    const look = theme();
    const none = !band && !theory.length && options.reference === undefined;
    if (none && !levels.canvas.hidden) levels.begin();
    hide(levels.canvas, none); // an empty layer costs the compositor as much as a full one
    if (!none) {
      const below = levels.beginInside(area);
      below.globalAlpha = 0.5;
      drawReferences(below);
      below.globalAlpha = 1;
      nameLevels(below, theory, area, scale, look, chart.log);
      levels.end();
    }
    const context = bright.beginInside(area);
    chart.drawCurves(context, Boolean(options.faint));
    bright.end();
    copied = false;
    const marks = panel.history.marks ?? [];
    plane.frame.dataset.marks = marks.join(" ");
    drawMarks(bright.context, marks, area, scale, look, (step) => t("change at {step}", { step: formatNumber(step) }));
    hide(note, chart.curves.length === 0 || chart.curves.some(hasValues));
    Object.assign(line.style, { top: `${area.top}px`, height: `${area.height}px` });
    markLowest();
    placeHead();
    plane.frame.dataset.curves = String(chart.curves.length);
  }

  /** @param {CanvasRenderingContext2D} context */
  function drawReferences(context) {
    const { scale } = plane;
    const look = theme();
    if (band) {
      const [lower, upper] = band;
      lower.forEach((curve, i) => upper[i] && !chart.hidden.has(i) && drawBand(context, curve, upper[i], scale, chart.log, tint(curve.color, look.dark ? 0.3 : 0.2)));
    }
    for (const curve of theory) chart.drawReference(context, curve);
    const level = typeof options.reference === "string" ? panel.params[options.reference] : options.reference;
    if (!Number.isFinite(chart.log ? Math.log10(level) : level)) return;
    chart.drawReference(context, { index: 0, name: "", color: look.ink3, dash: "dash", length: 2, x: (i) => i * panel.total, y: () => level });
  }

  /** Where the curve that one chooses by is lowest. */
  function markLowest() {
    const curve = options.lowest ? curvesOf(options.lowest)[0] : undefined;
    best = -1;
    let least = Infinity;
    if (curve) {
      visit(curve, (low) => !(low < least), (value, i) => {
        if (value < least) [least, best] = [value, i];
      });
    }
    hide(back, best < 0);
    if (!curve || best < 0) return;
    const words = t("Go back to the best step, {step}", { step: formatNumber(best) });
    if (back.textContent !== words) back.textContent = words;
    const { context } = bright;
    const { kx, bx, ky, by } = plane.scale;
    context.beginPath();
    context.arc(best * kx + bx, (chart.log ? Math.log10(curve.y(best)) : curve.y(best)) * ky + by, 4.5, 0, 2 * Math.PI);
    context.lineWidth = 2;
    context.strokeStyle = curve.color;
    context.fillStyle = theme().card;
    context.fill();
    context.stroke();
  }

  /** What lies after the playhead, faded: a copy of the curves, where there is any. */
  function showAhead() {
    hide(faded.canvas, panel.step >= panel.history.lastStep);
    if (faded.canvas.hidden || copied) return;
    copied = true;
    faded.beginInside(plane.area).drawImage(bright.canvas, 0, 0, faded.width, faded.height);
    faded.end();
  }

  function placeHead() {
    if (!plane.ready) return;
    const { area, scale } = plane;
    const x = Math.max(area.left - 1, Math.min(area.left + area.width + 1, panel.step * scale.kx + scale.bx));
    line.style.transform = `translateX(${x.toFixed(1)}px)`;
    bright.canvas.style.clipPath = `inset(0 ${Math.max(0, bright.width - x).toFixed(1)}px 0 0)`;
    showAhead();
    line.dataset.step = String(panel.step);
    faded.canvas.style.visibility = panel.awaited ? "hidden" : ""; // what is to be foretold is not shown
  }

  return {
    scene: refresh,
    update: refresh,
    playhead: placeHead,
    theme: refresh,
    resize: draw,
    view: () => chart.viewChanged(),
    focus: options.of_focus ? refresh : draw,
    params: () => { if (typeof options.reference === "string") draw(); },
    png: () => plane.png([levels, bright]),
  };
}
