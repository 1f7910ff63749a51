// @ts-check
/**
 * Axes, and room for what is drawn between them: canvases that share one scale, a pad for the pointer, a tooltip.
 * A logarithmic axis counts in log10 of its values. The wheel over an axis zooms it, a drag along it moves it, a double
 * click shows everything again; the visitor's zoom stays while the run goes on.
 */

import { h } from "../../controls/dom.js";
import { formatNumber } from "../../number.js";
import { lettering } from "../../lettering.js";
import { theme } from "../../plot.js";
import { Overlay, stacked } from "./overlay.js";
import { Room } from "./room.js";
import { linearTicks, logTicks } from "./ticks.js";
import { Tooltip } from "./tooltip.js";

/** @import { Area, Scale } from "./overlay.js" */
/** @import { Ticks } from "./ticks.js" */

/**
 * @typedef {object} Axis
 * @property {[number, number]} range log10 of the ends where `log`
 * @property {boolean} [log]
 * @property {string} [title]
 * @property {boolean} [grid] faint lines at the ticks
 * @property {boolean} [whole] ticks at integers only
 * @property {Ticks} [ticks] of its own, instead of round numbers
 */

const TICK = 4;

export class Plane {
  /** @type {{x: Axis, y: Axis}} */
  axes = { x: { range: [0, 1] }, y: { range: [0, 1] } };
  /** @type {Area} */
  area = { left: 50, top: 6, width: 0, height: 0 };
  /** Called after the visitor zoomed, moved or reset, and when there is more or less room. @type {() => void} */
  onZoom = () => {};
  ready = false;
  /** @type {Record<"x"|"y", [number, number]|null>} */
  #zoom = { x: null, y: null };
  #margin;
  #square;
  #room;
  /** What the axes were drawn of. */
  #drawn = "";

  /**
   * @param {HTMLElement} host
   * @param {object} how
   * @param {string} how.label for assistive technology
   * @param {string[]} how.layers names of the canvases, from below to above
   * @param {AbortSignal} how.signal
   * @param {string} [how.name] class of the frame
   * @param {{right?: number, top?: number, bottom?: number, left?: number}} [how.margin] at least
   * @param {boolean} [how.square] a unit is as long on both axes
   * @param {boolean} [how.fixed] no zoom
   */
  constructor(host, { label, layers, signal, name = "", margin = {}, square = false, fixed = false }) {
    this.#margin = { right: 10, top: 6, bottom: 24, left: 50, ...margin };
    this.#square = square;
    this.pad = h("div", { class: "scrub-pad" });
    this.frame = h("div", { class: `plot-frame plot-plane ${name}`, role: "group", "aria-label": label });
    host.append(this.frame);
    this.#room = new Room(this.frame, () => this.onZoom(), signal);
    this.axesLayer = new Overlay(this.frame, "overlay-axes");
    /** @type {Record<string, Overlay>} */
    this.layers = Object.fromEntries(layers.map((layer) => [layer, new Overlay(this.frame, `overlay-${layer}`)]));
    this.frame.append(this.pad);
    this.tooltip = new Tooltip(this.frame);
    if (!fixed) this.#listen(signal);
  }

  /** Whether the visitor looks at a part. */
  get zoomed() { return Boolean(this.#zoom.x || this.#zoom.y); }

  /** Show everything again. */
  unzoom() { this.#zoom = { x: null, y: null }; }

  /** The part of an axis that is seen. @param {"x"|"y"} axis @returns {[number, number]} */
  range(axis) { return this.#zoom[axis] ?? this.axes[axis].range; }

  /** How values become pixels. @returns {Scale} */
  get scale() {
    const { left, top, width, height } = this.area;
    const [x0, x1] = this.range("x");
    const [y0, y1] = this.range("y");
    const kx = width / (x1 - x0 || 1);
    const ky = -height / (y1 - y0 || 1);
    return { kx, bx: left - kx * x0, ky, by: top + height - ky * y0 };
  }

  /**
   * Take size and axes, and draw the axes where they are others; the layers are cleared where the size is another.
   * @param {{x: Axis, y: Axis}} [axes]
   * @returns {boolean} false where there is no room
   */
  draw(axes = this.axes) {
    this.axes = axes;
    const { width, height } = this.#room.size;
    if (!width || !height) return false;
    for (const layer of [this.axesLayer, ...Object.values(this.layers)]) layer.resize(width, height);
    const look = theme();
    const wanted = JSON.stringify([axes, this.#zoom, width, height, this.axesLayer.ratio, look]);
    if (wanted === this.#drawn) return true;
    this.#drawn = wanted;
    const context = this.axesLayer.begin();
    context.font = lettering(look);
    const [letter] = look.sizes;
    const bottom = Math.max(this.#margin.bottom, axes.x.title ? 2 * letter + 14 : 0);
    const { top, right } = this.#margin;
    const y = this.#ticks("y", Math.max(2, Math.floor((height - top - bottom) / 34)));
    const widest = Math.max(0, ...y.texts.map((text) => context.measureText(text).width));
    const left = Math.max(this.#margin.left, Math.ceil(widest) + TICK + 8 + (axes.y.title ? letter + 5 : 0));
    this.area = { left, top, width: Math.max(10, width - left - right), height: Math.max(10, height - top - bottom) };
    if (this.#square) this.#makeSquare();
    const x = this.#ticks("x", Math.max(2, Math.floor(this.area.width / (axes.x.whole ? 40 : 62))));
    this.#drawAxes(context, x, y, look);
    const { area } = this;
    Object.assign(this.pad.style, { left: `${area.left}px`, top: `${area.top}px`, width: `${area.width}px`, height: `${area.height}px` });
    this.ready = true;
    return true;
  }

  /** Leave nothing on the picture. */
  clear() {
    this.#drawn = "";
    this.ready = false;
    for (const layer of [this.axesLayer, ...Object.values(this.layers)]) layer.begin();
  }

  /** Both axes get the same pixels a unit: the picture is put into the middle. */
  #makeSquare() {
    const [x0, x1] = this.range("x");
    const [y0, y1] = this.range("y");
    const unit = Math.min(this.area.width / (x1 - x0), this.area.height / (y1 - y0));
    const [width, height] = [unit * (x1 - x0), unit * (y1 - y0)];
    this.area = { left: this.area.left + (this.area.width - width) / 2, top: this.area.top + (this.area.height - height) / 2, width, height };
  }

  /** @param {"x"|"y"} name @param {number} most @returns {Ticks} */
  #ticks(name, most) {
    const axis = this.axes[name];
    const [low, high] = this.range(name);
    const ticks = axis.ticks ?? (axis.log ? logTicks([low, high], most, formatNumber) : linearTicks([low, high], most, formatNumber, axis.whole));
    const slack = 1e-9 * Math.abs(high - low);
    const inside = ticks.values.map((value) => value >= low - slack && value <= high + slack);
    return { values: ticks.values.filter((_, i) => inside[i]), texts: ticks.texts.filter((_, i) => inside[i]) };
  }

  /** @param {CanvasRenderingContext2D} context @param {Ticks} x @param {Ticks} y @param {import("../../plot.js").Theme} look */
  #drawAxes(context, x, y, look) {
    const { left, top, width, height } = this.area;
    const { kx, bx, ky, by } = this.scale;
    const [right, bottom] = [left + width, top + height];
    const half = (/** @type {number} */ pixel) => Math.round(pixel) + 0.5;
    context.lineWidth = 1;
    context.fillStyle = look.ink2;
    context.textBaseline = "middle";
    context.textAlign = "right";
    y.values.forEach((value, i) => {
      const at = half(value * ky + by);
      if (this.axes.y.grid ?? true) line(context, left, at, right, at, look.rule);
      line(context, left - TICK, at, left, at, look.ruleStrong);
      context.fillText(y.texts[i], left - TICK - 3, at);
    });
    context.textBaseline = "top";
    context.textAlign = "center";
    let taken = -Infinity;
    x.values.forEach((value, i) => {
      const at = half(value * kx + bx);
      if (this.axes.x.grid) line(context, at, top, at, bottom, look.rule);
      line(context, at, bottom, at, bottom + TICK, look.ruleStrong);
      const room = context.measureText(x.texts[i]).width / 2;
      const middle = Math.min(at, this.axesLayer.width - room - 1); // the last one stays inside
      if (middle - room < taken) return;
      context.fillText(x.texts[i], middle, bottom + TICK + 3);
      taken = middle + room + 6;
    });
    context.font = lettering(look);
    if (this.axes.x.title) context.fillText(this.axes.x.title, left + width / 2, bottom + look.sizes[0] + 10, width);
    if (!this.axes.y.title) return;
    context.save();
    const middle = look.sizes[0] / 2 + 1;
    context.translate(this.#square ? Math.max(middle, left - 43) : middle, top + height / 2);
    context.rotate(-Math.PI / 2);
    context.textBaseline = "middle";
    context.fillText(this.axes.y.title, 0, 0, height);
    context.restore();
  }

  /** Where an event is, in pixels of the frame. @param {MouseEvent} event @returns {[number, number]} */
  pixel(event) {
    const box = this.frame.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  /** The values under a pixel; log10 of them on a logarithmic axis. @param {number} x @param {number} y @returns {[number, number]} */
  valueAt(x, y) {
    const { kx, bx, ky, by } = this.scale;
    return [(x - bx) / kx, (y - by) / ky];
  }

  /** Axes and layers in one picture. @param {Overlay[]} [layers] all of them if not given @returns {Promise<HTMLCanvasElement>} */
  png(layers = Object.values(this.layers)) {
    return Promise.resolve(stacked([this.axesLayer, ...layers].map(({ canvas }) => canvas), theme().card));
  }

  /** Which axis a place belongs to that is not on the pad. @param {MouseEvent} event @returns {"x"|"y"|null} */
  #axisAt(event) {
    if (!this.ready) return null;
    const [x, y] = this.pixel(event);
    const { left, top, width, height } = this.area;
    if (y > top + height && x >= left && x <= left + width) return "x";
    return x < left && y >= top && y <= top + height ? "y" : null;
  }

  /** @param {AbortSignal} signal */
  #listen(signal) {
    const { frame } = this;
    frame.addEventListener("wheel", (event) => {
      const axis = this.#axisAt(event);
      if (!axis) return;
      event.preventDefault();
      const factor = Math.exp(Math.max(-200, Math.min(200, event.deltaY)) * 0.0016);
      const [low, high] = this.range(axis);
      const about = this.valueAt(...this.pixel(event))[axis === "x" ? 0 : 1];
      this.#zoom[axis] = [about + (low - about) * factor, about + (high - about) * factor];
      this.onZoom();
    }, { passive: false, signal });
    frame.addEventListener("pointerdown", (event) => {
      const axis = event.button === 0 ? this.#axisAt(event) : null;
      if (axis) this.#slide(axis, event);
    }, { signal });
    frame.addEventListener("dblclick", () => {
      this.unzoom();
      this.onZoom();
    }, { signal });
    frame.addEventListener("pointermove", (event) => {
      if (!event.buttons) frame.dataset.axis = this.#axisAt(event) ?? "";
    }, { signal });
  }

  /** Move an axis with the pointer until it is let go. @param {"x"|"y"} axis @param {PointerEvent} event */
  #slide(axis, event) {
    const { frame } = this;
    const [low, high] = this.range(axis);
    const began = this.pixel(event);
    const { kx, ky } = this.scale;
    const end = new AbortController();
    frame.setPointerCapture(event.pointerId);
    frame.addEventListener("pointermove", (moved) => {
      const now = this.pixel(moved);
      const by = axis === "x" ? (began[0] - now[0]) / kx : (began[1] - now[1]) / ky;
      this.#zoom[axis] = [low + by, high + by];
      this.onZoom();
    }, { signal: end.signal });
    for (const type of /** @type {const} */ (["pointerup", "pointercancel"])) {
      frame.addEventListener(type, () => end.abort(), { signal: end.signal });
    }
  }
}

/** @param {CanvasRenderingContext2D} context @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 @param {string} color */
function line(context, x0, y0, x1, y1, color) {
  context.strokeStyle = color;
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}
