// @ts-check
/**
 * Curves over layers, ranks or any other axis, which change with the playhead.
 *
 * Roles: `y`, a still array; its last axis is drawn over, the rows before it are curves. Where the first axis is "net",
 * each net has its curve, and `theory` (a dashed line), `lower` and `upper` (a band) belong to their nets. `x`: places
 * on the axis; layers and ranks count from 1.
 * Options: `y_scale`, `x_title`, `y_title`, `unit`, `labels`, `references` (list of {at, label}: levels with their names),
 * `y_range` (what a linear axis shows at least), `from_step` (the first step at which there is anything to show).
 * Question `y`: asks the run for an array too dear for every frame.
 */

import { h, visibleColor } from "../controls/dom.js";
import { formatNumber } from "../number.js";
import { SERIES, tint } from "../palette.js";
import { lettering } from "../lettering.js";
import { theme } from "../plot.js";
import { drawBand } from "./marks/curves.js";
import { Chart } from "./parts/chart.js";
import { drawGaps, drawKey, drawLevel, hasValues, profilesOfNets, wholeRange } from "./parts/profile.js";
import { Request } from "./parts/request.js";

/** @import { Context, Picture } from "../types.d.ts" */
/** @import { Curve } from "./marks/curves.js" */

/** Axes whose entries are counted, from 1. */
const COUNTED = new Set(["layer", "rank", "index"]);

/** @param {HTMLElement} host @param {Context} panel @returns {Promise<Picture>} */
export async function create(host, panel) {
  const { t, options } = panel;
  const axes = panel.spec("y")?.axes ?? [];
  const ofNets = axes[0] === "net";
  const axis = axes[ofNets ? 1 : axes.length - 1] ?? "";
  const counted = COUNTED.has(axis) && !panel.has("x");
  const theorized = panel.has("theory");
  const chart = new Chart(host, panel, { layers: ["under", "curves"], named: ofNets, refresh: () => refresh(), draw: () => draw(),
    headOf: (curve, i) => `${options.x_title ?? ""} ${curve ? formatNumber(curve.x(i)) : ""}`.trim() });
  const { plane } = chart;
  const { under, curves: over } = plane.layers;
  const note = h("p", { class: "plot-note", hidden: true }, t("There are no values to draw here."));
  plane.frame.append(note);
  const request = panel.questionOf("y") ? new Request(plane.frame, panel, "y") : null;
  const levels = [options.references ?? []].flat();
  /** @type {Curve[]} */
  let theory = [];
  /** @type {Curve[][]} */
  let band = [[], []];

  /** @param {string} role @returns {Curve[]} */
  function curvesOf(role) {
    if (!panel.has(role) || panel.step < (options.from_step ?? 0)) return [];
    if (ofNets) return profilesOfNets(panel, role, theorized, role === "y" ? request?.answer : null);
    const still = panel.data.still(role);
    if (!still) return [];
    const xs = panel.has("x") ? panel.data.still("x")?.values : undefined;
    const columns = still.shape.at(-1) ?? still.values.length;
    return Array.from({ length: Math.max(1, Math.round(still.values.length / columns)) }, (_, row) => ({ index: row,
      name: options.labels?.[row] ?? panel.spec(role)?.description ?? panel.keyOf(role), color: visibleColor(SERIES[row % SERIES.length]), dash: "solid",
      length: columns, x: (i) => (xs ? xs[i] : i + Number(counted)), y: (i) => still.values[row * columns + i] }));
  }

  function refresh() {
    if (panel.history.lastStep < 0 && !panel.scene) return;
    chart.take(curvesOf("y"));
    theory = curvesOf("theory");
    band = [curvesOf("lower"), curvesOf("upper")];
    chart.showLegend();
    draw();
  }

  function draw() {
    const shown = [...levels.map(({ at }) => at), ...(chart.log ? [] : options.y_range ?? [])];
    const range = wholeRange([...chart.curves, ...theory], chart.log, shown);
    if (!chart.drawAxes(range, counted ? places(chart.curves) : spanOf([...chart.curves, ...theory]), { whole: counted, grid: false })) return;
    const { area, scale } = plane;
    const look = theme();
    const below = under.beginInside(area);
    const [lower, upper] = band;
    lower.forEach((curve, i) => upper[i] && drawBand(below, curve, upper[i], scale, chart.log, tint(curve.color, look.dark ? 0.3 : 0.2)));
    for (const level of levels) drawLevel(below, level, area, scale, look, chart.log);
    under.end();
    const context = over.beginInside(area);
    chart.drawCurves(context, theorized);
    for (const curve of chart.curves) drawGaps(context, curve, scale, area, { log: chart.log, font: lettering(look, 1, "600") });
    for (const curve of theory) chart.drawReference(context, curve);
    if (theory.length) drawKey(context, t("theory"), area, look);
    over.end();
    note.hidden = Boolean(request) || chart.curves.length > 0 && chart.curves.some(hasValues);
    request?.show();
    plane.frame.dataset.curves = String(chart.curves.length);
  }

  return {
    scene: refresh,
    playhead: refresh,
    theme: refresh,
    resize: draw,
    view: () => chart.viewChanged(),
    focus: draw,
    asked: refresh,
    png: () => plane.png(),
  };
}

/** Half a place of room on both sides, so that a net of one layer is a point in the middle. @param {Curve[]} curves @returns {[number, number]} */
const places = (curves) => [0.5, Math.max(1, ...curves.map((curve) => curve.length)) + 0.5];

/** @param {Curve[]} curves @returns {[number, number]} */
function spanOf(curves) {
  const xs = curves.flatMap((curve) => (curve.length ? [curve.x(0), curve.x(curve.length - 1)] : []));
  return xs.length ? [Math.min(...xs), Math.max(...xs)] : [0, 1];
}
