// @ts-check
/** A survey over one setting: a curve a series, perhaps with its band, lines of theory, and where each series stands. */

import { swatch, visibleColor } from "../../controls/dom.js";
import { formatNumber } from "../../number.js";
import { ON_SURFACE, SERIES, tint } from "../../palette.js";
import { drawBand, drawCurve, nearestCurve } from "../marks/curves.js";
import { drawDot } from "../marks/scatter.js";
import { tipLine } from "../marks/tooltip.js";
import { trail } from "../marks/trails.js";
import { endsOf, robustRange, seenOn, setting } from "./surveymap.js";
import { at } from "./surveypaths.js";

/** @import { Context } from "../../types.d.ts" */
/** @import { Curve } from "../marks/curves.js" */
/** @import { Plane } from "../marks/plane.js" */
/** @import { SurveyLegend } from "./surveylegend.js" */
/** @import { Surveyed } from "../survey.js" */

const NEAR = 24;

export class CurvesOverSetting {
  /** @type {Curve[]} */
  #curves = [];
  #log = false;

  /** @param {Context} panel @param {Plane} plane @param {SurveyLegend} legend */
  constructor(panel, plane, legend) {
    this.panel = panel;
    this.plane = plane;
    this.legend = legend;
  }

  /** @param {Surveyed} surveyed @returns {boolean} */
  draw(surveyed) {
    const { plane, panel } = this;
    const { told, values, low, high } = surveyed;
    this.#log = told.value.scale === "log";
    this.#curves = this.#made(surveyed, values);
    const range = robustRange(low && high ? [...Array.from(low), ...Array.from(high)] : values, this.#log, told.value.most) ?? { low: 0.1, high: 1, log: this.#log };
    const ends = this.#log ? [Math.log10(range.low), Math.log10(range.high)] : [range.low, range.high];
    const room = 0.06 * (ends[1] - ends[0]);
    if (!plane.draw({ x: { range: endsOf(told.x), log: told.x.scale === "log", title: told.x.title },
      y: { range: [ends[0] - room, ends[1] + room], log: this.#log, grid: true, title: told.value.title } })) return false;
    const { area, scale } = plane;
    const context = plane.layers.map.beginInside(area);
    if (low && high) {
      const [lower, upper] = [this.#made(surveyed, low), this.#made(surveyed, high)];
      this.#curves.forEach((curve, i) => drawBand(context, lower[i], upper[i], scale, this.#log, tint(curve.color, 0.2)));
    }
    this.#drawLines(context, surveyed);
    for (const curve of this.#curves) {
      drawCurve(context, curve, scale, { log: this.#log, width: curve.index === panel.focus ? 3 : 1.8, top: area.top - 6, bottom: area.top + area.height + 6 });
    }
    plane.layers.map.end();
    this.legend.scale("", null, new Uint8ClampedArray());
    this.legend.entries(told, { bad: false, missing: false });
    return true;
  }

  /** @param {Surveyed} surveyed @param {ArrayLike<number>} values @returns {Curve[]} */
  #made({ told, x, y }, values) {
    const seen = seenOn(told.x);
    return Array.from({ length: y.length }, (_, k) => {
      const { series, name } = told.curves?.[k] ?? {};
      const look = series === undefined ? { name: name ?? "", color: SERIES[k % SERIES.length], dash: "solid" } : this.panel.series(series);
      return { index: series ?? k, name: name ?? look.name, color: visibleColor(look.color), dash: look.dash, length: x.length,
        x: (/** @type {number} */ i) => seen(x[i]), y: (/** @type {number} */ i) => values[k * x.length + i] };
    });
  }

  /** @param {CanvasRenderingContext2D} context @param {Surveyed} surveyed */
  #drawLines(context, { told, lines }) {
    const { plane, panel } = this;
    const seen = seenOn(told.x);
    const points = lines.count ? lines.x.length / lines.count : 0;
    for (let k = 0; k < lines.count; k += 1) {
      const { series, dash } = told.lines?.[k] ?? {};
      context.lineWidth = 1.4;
      context.setLineDash(dash === "dash" ? [8, 4] : [2, 4]);
      context.strokeStyle = series === undefined ? panel.theme.ink : visibleColor(panel.series(series).color);
      context.stroke(trail(points, (i) => seen(lines.x[k * points + i]), (i) => lines.y[k * points + i], plane.scale, plane.area));
    }
    context.setLineDash([]);
  }

  /** Each series at its present setting. @param {CanvasRenderingContext2D} context @param {Surveyed} surveyed */
  drawMarks(context, surveyed) {
    const { kx, bx, ky, by } = this.plane.scale;
    const { left, width, top, height } = this.plane.area;
    this.#curves.forEach((curve, k) => {
      const place = this.#here(surveyed, k);
      if (place === null) return;
      const value = curve.y(place);
      const level = (this.#log ? Math.log10(value) : value) * ky + by;
      const x = seenOn(surveyed.told.x)(Number(at(this.panel.params, this.#path(surveyed, k)))) * kx + bx;
      if (!Number.isFinite(level) || x < left || x > left + width) return;
      drawDot(context, x, Math.max(top, Math.min(top + height, level)), curve.index === this.panel.focus ? 6.5 : 5, curve.color, ON_SURFACE.mark, ON_SURFACE.edge);
    });
  }

  /** @param {Surveyed} surveyed @param {number} k */
  #path({ told }, k) { return told.curves?.[k]?.path ?? told.x.path; }

  /** The column of the present setting of a curve. @param {Surveyed} surveyed @param {number} k */
  #here(surveyed, k) {
    const value = Number(at(this.panel.params, this.#path(surveyed, k)) ?? NaN);
    const [low, high] = endsOf(surveyed.told.x);
    const column = Math.floor(((seenOn(surveyed.told.x)(value) - low) / (high - low)) * surveyed.x.length);
    return column >= 0 && column < surveyed.x.length ? column : null;
  }

  /** @param {Surveyed} surveyed @returns {[number, number]|null} */
  here(surveyed) {
    const row = Math.max(0, this.#curves.findIndex(({ index }) => index === this.panel.focus));
    const column = this.#here(surveyed, row);
    return column === null ? null : [column, row];
  }

  /** The column under a pixel and the curve that passes nearest. @param {Surveyed} surveyed @param {[number, number]} pixel @returns {[number, number]|null} */
  cellAt(surveyed, pixel) {
    const [low, high] = endsOf(surveyed.told.x);
    const [x] = this.plane.valueAt(...pixel);
    const column = Math.floor(((x - low) / (high - low)) * surveyed.x.length);
    if (column < 0 || column >= surveyed.x.length) return null;
    const near = nearestCurve(this.#curves, ...pixel, this.plane.scale, this.#log, Infinity, NEAR);
    const row = near ? this.#curves.indexOf(near) : this.#curves.findIndex(({ index }) => index === this.panel.focus);
    return [column, Math.max(0, row)];
  }

  /** @param {Surveyed} surveyed @param {[number, number]} cell @returns {[number, number]} as the axes count */
  cursorAt({ told, x }, [i, k]) {
    const value = this.#curves[k].y(i);
    const [low, high] = this.plane.range("y");
    const level = this.#log ? Math.log10(value) : value;
    return [seenOn(told.x)(x[i]), Number.isFinite(level) ? Math.max(low, Math.min(high, level)) : high];
  }

  /** @param {Surveyed} surveyed @param {[number, number]} cell @returns {[string, number][]} */
  opens(surveyed, [i, k]) { return [[this.#path(surveyed, k), setting(surveyed.told.x, surveyed.x[i])]]; }

  /** @param {Surveyed} surveyed @param {number} value */
  #value({ told }, value) { return Number.isFinite(value) ? formatNumber(value, 4) : value === Infinity ? told.bad : "–"; }

  /** @param {Surveyed} surveyed @param {[number, number]} cell */
  lines(surveyed, [i, k]) {
    return [tipLine(surveyed.told.x.title, formatNumber(surveyed.x[i], 3)), ...this.#curves.map((curve, row) => {
      const line = tipLine(curve.name, this.#value(surveyed, curve.y(i)), swatch({ color: curve.color, dash: curve.dash }, 18));
      line.classList.toggle("is-near", row === k);
      return line;
    })];
  }

  /** @param {Surveyed} surveyed @param {[number, number]} cell */
  words(surveyed, [i, k]) {
    return `${this.#curves[k].name}, ${surveyed.told.x.title} ${formatNumber(surveyed.x[i], 3)}: ${this.#value(surveyed, this.#curves[k].y(i))}`;
  }
}
