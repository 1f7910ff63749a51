// @ts-check
/** A survey over two settings: cells of colour, lines of equal value, lines of theory, and where the present run stands. */

import { visibleColor } from "../../controls/dom.js";
import { lettering } from "../../lettering.js";
import { formatNumber } from "../../number.js";
import { NO_CLASS, ON_SURFACE, ramp, tint, VIRIDIS } from "../../palette.js";
import { theme } from "../../plot.js";
import { contour, pathOf } from "../marks/contours.js";
import { leveller, paintGrid } from "../marks/matrix.js";
import { drawDot } from "../marks/scatter.js";
import { niceTicks } from "../marks/ticks.js";
import { tipLine } from "../marks/tooltip.js";
import { hatch, layImage, trail } from "../marks/trails.js";
import { classColor } from "./surveylegend.js";
import { at } from "./surveypaths.js";

/** @import { Context } from "../../types.d.ts" */
/** @import { Plane } from "../marks/plane.js" */
/** @import { Range } from "../marks/matrix.js" */
/** @import { SurveyLegend } from "./surveylegend.js" */
/** @import { Surveyed, Way } from "../survey.js" */

const MOST_DECADES = 14;
const MOST_LINES = 9;
/** The share of the cells at either end of the range that all get the colour of the end. */
const ODD = 0.02;

/** @param {Way} way */
export const seenOn = (way) => (way.scale === "log" ? Math.log10 : (/** @type {number} */ value) => value);
/** @param {Way} way @returns {[number, number]} */
export const endsOf = (way) => [seenOn(way)(way.low), seenOn(way)(way.high)];

/**
 * The range of the colours: without the few cells at either end that would take it all.
 * @param {ArrayLike<number>} values @param {boolean} log @param {number} [most]
 * @returns {Range|null}
 */
export function robustRange(values, log, most = Infinity) {
  const good = Float64Array.from(values).filter((value) => Number.isFinite(value) && (!log || value > 0)).sort();
  if (!good.length) return null;
  const low = good[Math.floor(ODD * (good.length - 1))];
  const high = Math.min(most, Math.max(good[Math.ceil((1 - ODD) * (good.length - 1))], low));
  if (log) return { low: Math.max(low, high * 10 ** -MOST_DECADES), high: high > low ? high : low * 10, log };
  return { low: Math.min(low, high), high: high > low ? high : low + 1, log };
}

export class MapOfRuns {
  /** @param {Context} panel @param {Plane} plane @param {SurveyLegend} legend */
  constructor(panel, plane, legend) {
    this.panel = panel;
    this.plane = plane;
    this.legend = legend;
    this.colors = ramp(VIRIDIS);
  }

  /** @param {Surveyed} surveyed @returns {boolean} */
  draw(surveyed) {
    const { plane } = this;
    const { told, x, y, values } = surveyed;
    const { x: across, y: up } = /** @type {{x: Way, y: Way}} */ (told);
    const [xEnds, yEnds] = [endsOf(across), endsOf(up)];
    if (!plane.draw({ x: { range: xEnds, log: across.scale === "log", title: across.title },
      y: { range: yEnds, log: up.scale === "log", title: up.title, grid: false } })) return false;
    const log = told.value.scale === "log";
    const { classes } = told.value;
    const range = classes ? { low: 0, high: Math.max(1, classes.length - 1), log: false } : robustRange(values, log, told.value.most);
    const bad = Array.prototype.some.call(values, (value) => value === Infinity);
    const missing = Array.prototype.some.call(values, Number.isNaN);
    const context = plane.layers.map.beginInside(plane.area);
    const look = theme();
    context.fillStyle = look.sunk;
    context.fillRect(plane.area.left, plane.area.top, plane.area.width, plane.area.height);
    if (bad) hatch(context, plane.area, tint(look.ink, 0.28));
    if (range) layImage(context, this.#image(surveyed, range), xEnds, yEnds, plane.scale, false);
    if (range && !classes) {
      const shown = Float64Array.from(values, (value) => (Number.isFinite(value) ? (log ? Math.log10(Math.max(1e-300, value)) : value) : NaN));
      const grid = { xs: Float64Array.from(x, seenOn(across)), ys: Float64Array.from(y, seenOn(up)), values: shown };
      context.strokeStyle = ON_SURFACE.line;
      context.lineWidth = 0.8;
      for (const level of told.value.levels ?? levels(range)) context.stroke(pathOf(contour(grid, log ? Math.log10(level) : level), plane.scale));
    }
    this.#drawLines(context, surveyed);
    plane.layers.map.end();
    context.strokeStyle = look.rule;
    context.lineWidth = 1;
    context.strokeRect(plane.area.left - 0.5, plane.area.top - 0.5, plane.area.width + 1, plane.area.height + 1);
    this.legend.scale(told.value.title, classes ? null : range, this.colors);
    this.legend.entries(told, { bad, missing });
    return true;
  }

  /** @param {Surveyed} surveyed @param {Range} range */
  #image({ told, x, y, values }, range) {
    const { classes } = told.value;
    const level = leveller(range);
    /** @type {Uint8ClampedArray} */
    const colors = classes ? ramp(classes.map((_, i) => classColor(i, classes.length)).concat(classes.length < 2 ? [NO_CLASS] : [])) : this.colors;
    const image = paintGrid(x.length, y.length, (i, j) => {
      const value = values[j * x.length + i];
      return Number.isFinite(value) && !(range.log && value <= 0) ? value : value <= 0 ? range.low : undefined;
    }, classes ? { low: 0, high: Math.max(1, classes.length - 1), log: false } : range, colors);
    if (level(range.low) >= 0 && told.missing) { // a plain ground where there is nothing to show, no hatching
      const context = /** @type {CanvasRenderingContext2D} */ (image.getContext("2d"));
      context.fillStyle = theme().sunk;
      for (let j = 0; j < y.length; j += 1) for (let i = 0; i < x.length; i += 1) if (Number.isNaN(values[j * x.length + i])) context.fillRect(i, y.length - 1 - j, 1, 1);
    }
    return image;
  }

  /** Lines of theory: white with a dark edge, to be seen on every colour. @param {CanvasRenderingContext2D} context @param {Surveyed} surveyed */
  #drawLines(context, { told, lines }) {
    const { plane } = this;
    const [sx, sy] = [seenOn(told.x), seenOn(/** @type {Way} */ (told.y))];
    const points = lines.count ? lines.x.length / lines.count : 0;
    for (let k = 0; k < lines.count; k += 1) {
      const path = trail(points, (i) => sx(lines.x[k * points + i]), (i) => sy(lines.y[k * points + i]), plane.scale, plane.area);
      context.setLineDash([]);
      context.lineJoin = "round";
      context.lineWidth = 4.2;
      context.strokeStyle = ON_SURFACE.dark;
      context.stroke(path);
      context.setLineDash(told.lines?.[k]?.dash === "dash" ? [7, 5] : []);
      context.lineWidth = 2;
      context.strokeStyle = ON_SURFACE.mark;
      context.stroke(path);
    }
    context.setLineDash([]);
  }

  /** @param {CanvasRenderingContext2D} context @param {Surveyed} surveyed */
  drawMarks(context, { told }) {
    const { plane, panel } = this;
    const { kx, bx, ky, by } = plane.scale;
    const { left, top, width, height } = plane.area;
    const [sx, sy] = [seenOn(told.x), seenOn(/** @type {Way} */ (told.y))];
    const inside = (/** @type {number} */ x, /** @type {number} */ y) => x >= left - 1 && x <= left + width + 1 && y >= top - 1 && y <= top + height + 1;
    for (const dot of told.dots ?? []) {
      const [px, py] = [sx(dot.x) * kx + bx, sy(dot.y) * ky + by];
      if (!inside(px, py)) continue;
      if (dot.class !== undefined) drawDot(context, px, py, 6, classColor(dot.class, told.value.classes?.length ?? 1), ON_SURFACE.mark, ON_SURFACE.edge);
      else {
        context.font = lettering(theme(), 5);
        context.textAlign = "center";
        context.textBaseline = "middle";
        context.lineWidth = 3.5;
        context.strokeStyle = ON_SURFACE.edge;
        context.strokeText("★", px, py);
        context.fillStyle = ON_SURFACE.mark;
        context.fillText("★", px, py);
      }
    }
    const [x, y] = this.#present(told);
    const [px, py] = [sx(x) * kx + bx, sy(y) * ky + by];
    if (inside(px, py)) drawDot(context, px, py, 7.5, visibleColor(panel.series(panel.focus).color), ON_SURFACE.mark, ON_SURFACE.edge);
    plane.frame.dataset.here = [x, y].join(" ");
  }

  /** @param {Surveyed["told"]} told @returns {[number, number]} */
  #present(told) {
    const value = (/** @type {Way} */ way) => Number(at(this.panel.params, way.path) ?? NaN);
    return [value(told.x), value(/** @type {Way} */ (told.y))];
  }

  /** The cell of the present run. @param {Surveyed} surveyed @returns {[number, number]|null} */
  here(surveyed) {
    const [x, y] = this.#present(surveyed.told);
    return this.#cell(surveyed, seenOn(surveyed.told.x)(x), seenOn(/** @type {Way} */ (surveyed.told.y))(y));
  }

  /** @param {Surveyed} surveyed @param {number} x @param {number} y as the axes count @returns {[number, number]|null} */
  #cell({ told, x: xs, y: ys }, x, y) {
    const [[x0, x1], [y0, y1]] = [endsOf(told.x), endsOf(/** @type {Way} */ (told.y))];
    const [i, j] = [Math.floor(((x - x0) / (x1 - x0)) * xs.length), Math.floor(((y - y0) / (y1 - y0)) * ys.length)];
    return i >= 0 && i < xs.length && j >= 0 && j < ys.length ? [i, j] : null;
  }

  /** @param {Surveyed} surveyed @param {[number, number]} pixel */
  cellAt(surveyed, pixel) { return this.#cell(surveyed, ...this.plane.valueAt(...pixel)); }

  /** @param {Surveyed} surveyed @param {[number, number]} cell @returns {[number, number]} as the axes count */
  cursorAt({ told, x, y }, [i, j]) { return [seenOn(told.x)(x[i]), seenOn(/** @type {Way} */ (told.y))(y[j])]; }

  /** @param {Surveyed} surveyed @param {[number, number]} cell @returns {[string, number][]} parameters of the run that a cell stands for */
  opens({ told, x, y }, [i, j]) {
    const up = /** @type {Way} */ (told.y);
    return [[told.x.path, setting(told.x, x[i])], [up.path, setting(up, y[j])]];
  }

  /** @param {Surveyed} surveyed @param {[number, number]} cell */
  #value({ told, x, values }, [i, j]) {
    const value = values[j * x.length + i];
    if (told.value.classes) return Number.isFinite(value) ? told.value.classes[value] : told.bad;
    return Number.isFinite(value) ? formatNumber(value, 4) : value === Infinity ? told.bad : told.missing || "–";
  }

  /** @param {Surveyed} surveyed @param {[number, number]} cell */
  lines(surveyed, cell) {
    const { told, x, y } = surveyed;
    return [tipLine(told.x.title, formatNumber(x[cell[0]], 3)), tipLine(/** @type {Way} */ (told.y).title, formatNumber(y[cell[1]], 3)),
      tipLine(told.value.title, this.#value(surveyed, cell))];
  }

  /** @param {Surveyed} surveyed @param {[number, number]} cell */
  words(surveyed, cell) {
    const { told, x, y } = surveyed;
    return `${told.x.title} ${formatNumber(x[cell[0]], 3)}, ${/** @type {Way} */ (told.y).title} ${formatNumber(y[cell[1]], 3)}: ${this.#value(surveyed, cell)}`;
  }
}

/** A value as a parameter takes it: few digits, whole where it must be, within its bounds. @param {Way} way @param {number} value */
export function setting(way, value) {
  const short = way.whole ? Math.round(value) : Number(value.toPrecision(4));
  return Math.max(way.bounds[0], Math.min(way.bounds[1], short));
}

/** Values whose lines are drawn where nobody says: decades, or round numbers. @param {Range} range */
function levels({ low, high, log }) {
  if (!log) return niceTicks(low, high, 6);
  const [first, last] = [Math.ceil(Math.log10(low)), Math.floor(Math.log10(high))];
  const skip = Math.max(1, Math.ceil((last - first + 1) / MOST_LINES));
  return Array.from({ length: Math.max(0, Math.floor((last - first) / skip) + 1) }, (_, i) => 10 ** (first + i * skip));
}
