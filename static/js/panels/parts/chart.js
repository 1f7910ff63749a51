// @ts-check
/**
 * What charts of curves share: axes, the switch between logarithm and linear, the tooltip over all curves, the click
 * that brings one into focus, and the drag through time where there is time.
 */

import { h, swatch } from "../../controls/dom.js";
import { formatNumber } from "../../number.js";
import { placeSwitches, segments, theme } from "../../plot.js";
import { drawCurve, goesBelowZero, nearestCurve } from "../marks/curves.js";
import { Plane } from "../marks/plane.js";
import { tipLine } from "../marks/tooltip.js";

/** @import { Context } from "../../types.d.ts" */
/** @import { Curve } from "../marks/curves.js" */
/** @import { Axis } from "../marks/plane.js" */

const MOST_TIPS = 14;
/** Pixels that a pointer may move and still have clicked. */
const STILL = 4;

export class Chart {
  /** @type {Curve[]} */
  curves = [];
  /** @type {[number, number]|null} */
  range = null;
  /** @type {[number, number]} */
  xRange = [0, 1];
  #negative = false;
  #kind = "";

  /**
   * @param {HTMLElement} host
   * @param {Context} panel
   * @param {object} how
   * @param {string[]} how.layers
   * @param {boolean} how.named the curves are the run's series: they can be hidden and brought into focus
   * @param {() => void} how.refresh gathers the curves anew, and draws
   * @param {() => void} how.draw draws what is there, after a zoom
   * @param {boolean} [how.scrubs] a drag moves the playhead
   * @param {(curve: Curve|undefined, i: number) => string} how.headOf what the tooltip stands at
   */
  constructor(host, panel, { layers, named, refresh, draw, scrubs = false, headOf }) {
    this.panel = panel;
    this.named = named;
    this.refresh = refresh;
    this.scrubs = scrubs;
    this.headOf = headOf;
    /** What stands over the curves, and never on them. */
    this.above = h("div", { class: "lines-above" });
    host.classList.add("has-lines");
    host.append(this.above);
    this.plane = new Plane(host, { label: panel.title, layers, signal: panel.signal, name: "plot-lines" });
    this.plane.onZoom = draw;
    this.viewKey = `scale:${panel.keyOf("y")}`;
    this.scale = segments(panel.t("Scale of {title}", { title: panel.title }), [
      { value: "log", text: panel.t("log") }, { value: "linear", text: panel.t("linear") },
    ], this.log ? "log" : "linear", (value) => (
      panel.view(this.viewKey, value === this.#own && !this.#negative ? undefined : value)));
    this.legend = h("span", { class: "lines-legend", hidden: true });
    if (panel.place === "stage") placeSwitches(host, this.legend, this.scale.element);
    else {
      placeSwitches(host, this.scale.element);
      this.above.append(this.legend);
    }
    this.plane.pad.classList.toggle("can-scrub", scrubs);
    this.#kind = this.log ? "log" : "linear";
    this.#listen();
  }

  get #own() { return this.panel.options.y_scale ?? "linear"; }

  /** The visitor's choice, else the panel's own; but curves below 0 are not lost to a logarithm nobody asked for. */
  get log() { return (this.panel.view(this.viewKey) ?? (this.#negative ? "linear" : this.#own)) === "log"; }

  /** Series that are hidden, where the curves are series. @returns {Set<number>} */
  get hidden() { return this.named ? this.panel.hidden : new Set(); }

  /** The curves have other values: fit what depends on their sign. @param {Curve[]} curves */
  take(curves) {
    this.curves = curves;
    this.#negative = goesBelowZero(curves);
    this.scale.set(this.log ? "log" : "linear");
  }

  /** Whether a choice of the visitor asks for another picture; the ranges are then found anew. */
  viewChanged() {
    const kind = this.log ? "log" : "linear";
    if (kind !== this.#kind) this.plane.unzoom();
    this.#kind = kind;
    this.scale.set(kind);
    this.range = null;
    this.refresh();
  }

  /** @param {[number, number]} range @param {[number, number]} xRange @param {Partial<Axis>} [x] @returns {boolean} false where there is no room */
  drawAxes(range, xRange, x = {}) {
    this.range = range;
    this.xRange = xRange;
    const { options } = this.panel;
    this.plane.frame.dataset.scale = this.log ? "log" : "linear";
    return this.plane.draw({ x: { range: xRange, title: options.x_title, ...x }, y: { range, log: this.log, grid: true, title: options.y_title } });
  }

  /** @param {CanvasRenderingContext2D} context @param {boolean} [thick] */
  drawCurves(context, thick = false) {
    const { area, scale } = this.plane;
    for (const curve of this.curves) {
      context.globalAlpha = curve.faint ? 0.45 : 1;
      const width = curve.faint ? 1 : this.named && curve.index === this.panel.focus ? 2.8 : thick ? 2.2 : 1.6;
      drawCurve(context, curve, scale, { log: this.log, width, top: area.top - 4, bottom: area.top + area.height + 4 });
    }
    context.globalAlpha = 1;
  }

  /** A thin line in the ink's colour, dashed. @param {CanvasRenderingContext2D} context @param {Curve} curve */
  drawReference(context, curve) {
    const { area, scale } = this.plane;
    drawCurve(context, { ...curve, color: theme().ink, dash: "dash" }, scale, { log: this.log, width: 1.2, top: area.top - 4, bottom: area.top + area.height + 4 });
  }

  /** Which curve is which, where they are not the run's series (those have cards and a ranking). */
  showLegend() {
    const { ghosts = [] } = this.panel.options;
    const forked = ghosts.some((/** @type {string} */ role) => this.panel.data.series(role));
    const pale = [{ name: this.panel.t("pale: without the change"), color: theme().ink, dash: "dot", faint: true }];
    const told = forked ? pale : this.panel.options.labels && !this.named ? this.curves.map(({ name, color, dash, faint }) => ({ name, color, dash, faint })) : [];
    const key = JSON.stringify(told);
    if (this.legend.dataset.key === key) return;
    this.legend.dataset.key = key;
    this.legend.hidden = told.length < (forked ? 1 : 2);
    this.legend.replaceChildren(...told.map(({ name, color, dash, faint }) => (
      h("span", { class: faint ? "legend-entry is-faint" : "legend-entry" }, swatch({ color, dash }, 20), name))));
  }

  /** The step under the pointer. @param {PointerEvent} event */
  #stepAt(event) {
    const [x] = this.plane.valueAt(...this.plane.pixel(event));
    return Math.max(0, Math.min(this.panel.total, Math.round(x)));
  }

  /** The curve under the pointer: what a click brings into focus. @param {PointerEvent} event */
  #curveAt(event) {
    if (!this.named || !this.plane.ready) return null;
    const [x, y] = this.plane.pixel(event);
    return nearestCurve(this.curves, x, y, this.plane.scale, this.log, this.scrubs ? this.panel.step : Infinity);
  }

  /** @param {PointerEvent} event */
  #point(event) {
    const { plane, panel } = this;
    if (!plane.ready || !this.curves.length) return;
    const [x, y] = plane.pixel(event);
    const { kx, bx } = plane.scale;
    const rows = this.curves.map((curve) => {
      const i = this.scrubs ? Math.round((x - bx) / kx) : nearestIndex(curve, (x - bx) / kx);
      return { curve, i, value: i >= 0 && i < curve.length ? curve.y(i) : NaN };
    });
    if (this.scrubs && rows.every(({ value }) => Number.isNaN(value))) {
      plane.tooltip.hide();
      return;
    }
    rows.sort((a, b) => (Number.isNaN(b.value) ? -1 : Number.isNaN(a.value) ? 1 : b.value - a.value));
    const unit = panel.options.unit ? ` ${panel.options.unit}` : "";
    plane.tooltip.show(x, y, [h("div", { class: "tip-title" }, this.headOf(rows[0].curve, rows[0].i)),
      ...rows.slice(0, MOST_TIPS).map(({ curve, value }) => tipLine(curve.name, `${formatNumber(value, 4)}${unit}`, swatch(curve, 18)))]);
  }

  #listen() {
    const { panel, plane: { pad, tooltip } } = this;
    /** @type {{index: number, x: number}|null} */
    let pressed = null;
    pad.addEventListener("pointermove", (event) => {
      if (pressed && Math.abs(event.clientX - pressed.x) > STILL) { // no click: a drag through time
        pressed = null;
        if (this.scrubs) pad.setPointerCapture(event.pointerId);
      }
      if (pad.hasPointerCapture(event.pointerId) && this.scrubs) panel.seek(this.#stepAt(event));
      pad.classList.toggle("on-curve", !event.buttons && Boolean(this.#curveAt(event)));
      this.#point(event);
    });
    pad.addEventListener("pointerleave", () => tooltip.hide());
    pad.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      const on = this.#curveAt(event);
      if (on) pressed = { index: on.index, x: event.clientX };
      else if (this.scrubs) {
        pad.setPointerCapture(event.pointerId);
        panel.seek(this.#stepAt(event));
      }
    });
    pad.addEventListener("pointerup", () => {
      if (pressed) panel.focus = pressed.index;
      pressed = null;
    });
  }
}

/** The point of a curve nearest to a place on the axis. @param {Curve} curve @param {number} x */
function nearestIndex(curve, x) {
  let best = 0;
  for (let i = 1; i < curve.length; i += 1) if (Math.abs(curve.x(i) - x) < Math.abs(curve.x(best) - x)) best = i;
  return best;
}
