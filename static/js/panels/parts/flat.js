// @ts-check
// The landscape seen from above: Plotly's contours and axes; canvases over them for arrows, trails and heads.

/** @import { Theme } from "../../plot.js" */
/** @import { PlotElement, Translate } from "../../types.d.ts" */
/** @import { nearestPoint, Trail } from "./comets.js" */
/** @import { LossScale } from "./lossscale.js" */
/** @import { Surface } from "./surface.js" */

/** Points where the slope is 0. @typedef {{minima: number[][], local: number[][], saddles: number[][]}} Critical */

import { h } from "../../controls/dom.js";
import { icon } from "../../icons.js";
import { lettering } from "../../lettering.js";
import { CONFIG, axis, flatten, layout, printed, theme } from "../../plot.js";
import { colorscale, ON_SURFACE, VIRIDIS } from "../../palette.js";
import { drawComets, drawEdgeMarks } from "./comets.js";
import { areaOf, Overlay, scaleOf } from "../marks/overlay.js";

const LEVELS = 18;

export class FlatView {
  /** The surface as a picture, as long as it and the axes stay. @type {Promise<HTMLImageElement>|null} */
  #print = null;

  /**
   * @param {HTMLElement} host
   * @param {Translate} t
   */
  constructor(host, t) {
    this.host = host;
    this.t = t;
    this.gd = /** @type {PlotElement} */ (h("div", { class: "plot", role: "img", "aria-label": t("Contour map of the surface with the racers' trails") }));
    this.frame = h("div", { class: "plot-frame plot-flat" }, this.gd);
    host.append(this.frame);
    this.under = new Overlay(this.frame, "overlay-arrows");
    this.over = new Overlay(this.frame, "overlay-trails");
    this.frame.addEventListener("wheel", (event) => this.#yieldToPage(event), { capture: true, passive: true });
    /** @type {Trail[]} */
    this.trails = [];
    this.step = 0;
    /** @type {ReturnType<typeof nearestPoint>} */
    this.hover = null;
    /** @type {Set<number>|null} */
    this.hidden = null;
    this.focus = -1;
    this.arrows = false;
    /** @type {Surface|null} */
    this.surface = null;
    /** @type {Theme|null} */
    this.look = null;
    this.home = "";
    this.ready = false;
    /** Called after the axes moved. @type {() => void} */
    this.onView = () => {};
  }

  get area() {
    return areaOf(this.gd);
  }

  get scale() {
    return scaleOf(this.gd);
  }

  /**
   * Draw the surface. The visitor's zoom stays as long as the domain does.
   * @param {Surface} surface
   * @param {LossScale} colors
   * @param {Critical} critical
   * @param {boolean} arrows
   * @param {[string, string]} names of the coordinates
   */
  async draw(surface, colors, critical, arrows, names) {
    Object.assign(this, { surface, arrows });
    const { clientWidth: width, clientHeight: height } = this.frame;
    if (!width || !height) return;
    const look = theme();
    const narrow = width < 520;
    const [xs, ys] = surface.domain;
    const home = JSON.stringify(surface.domain);
    const sameHome = this.home === home && this.ready;
    const kept = sameHome ? [this.gd._fullLayout.xaxis.range.slice(), this.gd._fullLayout.yaxis.range.slice()] : [xs, ys];
    this.home = home;
    const size = (colors.high - colors.low) / LEVELS || 1;
    const contour = {
      type: "contour", x: surface.xs, y: surface.ys, z: surface.rows(colors.map), colorscale: colorscale(VIRIDIS),
      zmin: colors.low, zmax: colors.high, hoverinfo: "skip", autocontour: false, connectgaps: false,
      contours: { start: colors.low, end: colors.high, size, coloring: "heatmap" },
      line: { color: ON_SURFACE.line, width: 0.7, smoothing: 0.6 },
      colorbar: { thickness: 9, outlinewidth: 0, x: 1.008, xpad: 0, len: 1, ypad: 0, tickfont: { size: look.sizes[0], color: look.ink2 },
        ticks: "", ...colors.ticks },
      showscale: !narrow,
    };
    const points = (/** @type {number[][]} */ list, /** @type {string} */ symbol, /** @type {number} */ size_, /** @type {string} */ color) => ({
      type: "scatter", mode: "markers", x: list.map((p) => p[0]), y: list.map((p) => p[1]), hoverinfo: "skip",
      marker: { symbol, size: size_, color, line: { color: ON_SURFACE.edge, width: 1.2 } }, cliponaxis: true,
    });
    const traces = [contour, points(critical.minima, "star", 15, ON_SURFACE.mark), points(critical.local, "star-open", 11, ON_SURFACE.mark),
      points(critical.saddles, "x", 8, ON_SURFACE.mark)];
    const plain = names[0] === "x" && names[1] === "y"; // every reader knows which is which
    const titled = (/** @type {number} */ i) => ({ showgrid: false, ...(plain ? {} : { title: names[i] }) });
    await window.Plotly.react(this.gd, traces, layout(look, {
      width, height, margin: { l: (narrow ? 34 : 42) + (plain ? 0 : 16), r: narrow ? 8 : 58, t: 6, b: (narrow ? 24 : 30) + (plain ? 0 : 14) },
      xaxis: axis(look, { ...titled(0), range: kept[0] }), yaxis: axis(look, { ...titled(1), range: kept[1] }),
      dragmode: matchMedia("(pointer: coarse)").matches ? false : "pan", uirevision: home,
    }), { ...CONFIG, scrollZoom: true });
    if (!this.ready) {
      this.ready = true;
      for (const type of ["plotly_relayouting", "plotly_relayout"]) this.gd.on(type, () => this.moved());
    }
    this.moved();
  }

  /** The axes have moved: everything that lies over them follows. */
  moved() {
    if (!this.ready) return;
    this.#print = null;
    const { clientWidth, clientHeight } = this.frame;
    this.under.resize(clientWidth, clientHeight);
    this.over.resize(clientWidth, clientHeight);
    this.drawArrows();
    this.drawTrails();
    this.onView();
  }

  /** @param {Trail[]} trails */
  setTrails(trails) {
    this.trails = trails;
  }

  /** @param {number} step @param {Set<number>} hidden @param {number} focus */
  place(step, hidden, focus) {
    Object.assign(this, { step, hidden, focus });
    this.drawTrails();
  }

  drawTrails() {
    if (!this.ready || !this.hidden) return;
    this.look ??= theme();
    const { look, area, scale } = this;
    const context = this.over.beginInside(area);
    const heads = drawComets(context, this.trails, this.step, { scale, area, hidden: this.hidden, focus: this.focus, halo: ON_SURFACE.halo });
    drawEdgeMarks(context, heads, { step: this.step, area, font: lettering(look, 1, "600"), ink: look.ink, card: look.card,
      labelOf: (trail) => this.t("{name} diverged", { name: trail.name }) });
    if (this.hover) {
      context.beginPath();
      context.arc(this.hover.x, this.hover.y, 6.5, 0, 2 * Math.PI);
      context.lineWidth = 2;
      context.strokeStyle = look.ink;
      context.stroke();
      context.lineWidth = 1;
      context.strokeStyle = look.card;
      context.stroke();
    }
    this.over.end();
    this.over.canvas.dataset.step = String(this.step);
  }

  /** Arrows downhill on a coarse grid of the present view, all of one length: they show direction. */
  drawArrows() {
    const { area, scale } = this;
    this.under.canvas.hidden = !this.arrows; // an empty layer costs the compositor as much as a full one
    const context = this.under.beginInside(area);
    if (this.arrows && this.surface) {
      const spacing = Math.max(26, Math.min(area.width, area.height) / 15);
      context.lineWidth = 1.3;
      context.strokeStyle = ON_SURFACE.arrow;
      context.fillStyle = ON_SURFACE.arrow;
      for (let py = area.top + spacing / 2; py < area.top + area.height; py += spacing) {
        for (let px = area.left + spacing / 2; px < area.left + area.width; px += spacing) {
          const slope = this.surface.slope((px - scale.bx) / scale.kx, (py - scale.by) / scale.ky);
          const dx = -slope[0] * scale.kx;
          const dy = -slope[1] * scale.ky;
          const size = Math.hypot(dx, dy);
          if (size > 0 && Number.isFinite(size)) arrow(context, px, py, dx / size, dy / size, spacing * 0.3);
        }
      }
    }
    this.under.end();
    this.under.canvas.dataset.arrows = String(Boolean(this.arrows));
  }

  /** The wheel zooms, but a map that shows its whole surface lets the page scroll past it. @param {WheelEvent} event */
  #yieldToPage(event) {
    const { surface } = this;
    if (!this.ready || !surface || event.ctrlKey || event.metaKey) return;
    const { xaxis, yaxis } = this.gd._fullLayout;
    const whole = [xaxis, yaxis].every(({ range }, i) => {
      const [low, high] = surface.domain[i];
      return Math.abs(range[1] - range[0]) >= 0.999 * (high - low);
    });
    if (whole && (event.deltaY > 0 || window.scrollY > 0)) event.stopPropagation();
  }

  /** @param {boolean} arrows */
  setArrows(arrows) {
    this.arrows = arrows;
    if (this.ready) this.drawArrows();
  }

  /** Zoom about the middle of the view; 0 shows the whole surface again. @param {number} factor */
  zoom(factor) {
    if (!this.ready || !this.surface) return;
    const { xaxis, yaxis } = this.gd._fullLayout;
    const [xs, ys] = this.surface.domain;
    const about = (/** @type {[number, number]} */ [a, b]) => [(a + b) / 2 - ((b - a) / 2) * factor, (a + b) / 2 + ((b - a) / 2) * factor];
    window.Plotly.relayout(this.gd, {
      "xaxis.range": factor ? about(xaxis.range) : [...xs], "yaxis.range": factor ? about(yaxis.range) : [...ys],
    });
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.frame;
    if (!this.ready || !width || !height) return;
    if (width === this.gd._fullLayout.width && height === this.gd._fullLayout.height) return;
    window.Plotly.relayout(this.gd, { width, height });
  }

  theme() {
    this.look = theme();
  }

  /** @returns {Promise<HTMLCanvasElement>} */
  async png() {
    this.#print ??= printed(this.gd);
    return flatten(await this.#print, [this.under.canvas, this.over.canvas], theme().card);
  }

  destroy() {
    window.Plotly.purge(this.gd);
    this.frame.remove();
  }
}

/** @param {FlatView} flat @param {Translate} t */
export function zoomButtons(flat, t) {
  return h("div", { class: "zoom-buttons", role: "group", "aria-label": t("Zoom") },
    .../** @type {["plus"|"minus"|"fit", string, number][]} */ ([["plus", t("Zoom in"), 0.6], ["minus", t("Zoom out"), 1 / 0.6], ["fit", t("The whole surface"), 0]]).map(([name, label, factor]) => (
      h("button", { type: "button", class: "icon-button", "aria-label": label, title: label, on: { click: () => flat.zoom(factor) } }, icon(name)))));
}

/** An arrow about a point along a unit vector. @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} dx @param {number} dy @param {number} half */
function arrow(context, x, y, dx, dy, half) {
  const tipX = x + dx * half;
  const tipY = y + dy * half;
  context.beginPath();
  context.moveTo(x - dx * half, y - dy * half);
  context.lineTo(tipX, tipY);
  context.stroke();
  context.beginPath();
  context.moveTo(tipX + dx * 2, tipY + dy * 2);
  context.lineTo(tipX - dx * 4 - dy * 3, tipY - dy * 4 + dx * 3);
  context.lineTo(tipX - dx * 4 + dy * 3, tipY - dy * 4 - dx * 3);
  context.fill();
}
