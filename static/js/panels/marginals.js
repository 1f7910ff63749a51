// @ts-check
/**
 * What a search has learned about each axis by itself: every trial's loss over one setting, a plot each; below it the values
 * that each sampler has tried. The line is the best of its surroundings.
 *
 * Roles: see `parts/trials.js`; `distinct` (sampler, axis): how many values were tried.
 */

import { h, visibleColor } from "../controls/dom.js";
import { formatNumber } from "../number.js";
import { tint } from "../palette.js";
import { theme } from "../plot.js";
import { Plane } from "./marks/plane.js";
import { paced } from "./parts/paced.js";
import { axisOf, choose, coloring, placeOf, sidesOf, trialsOf, wordsOf } from "./parts/trials.js";
import { nearest } from "./marks/scatter.js";
import { stacked } from "./marks/overlay.js";

/** @import { Context, Picture } from "../types.d.ts" */
/** @import { Trial } from "./parts/trials.js" */

const BINS = 12;
const RUG = 9;
const PAUSE = 150;

/** @param {HTMLElement} host @param {Context} panel @returns {Promise<Picture>} */
export async function create(host, panel) {
  const { t } = panel;
  const row = h("div", { class: "marginals" });
  host.append(row);
  /** @type {{plots: {plane: Plane, tried: HTMLElement}[], trials: Trial[], key: string}} */
  const state = { plots: [], trials: [], key: "" };

  function build() {
    const sides = sidesOf(panel);
    const key = JSON.stringify(sides);
    if (key === state.key) return;
    state.key = key;
    row.replaceChildren();
    state.plots = sides.map((side, axis) => {
      const cell = h("div", { class: "marginal" });
      const tried = h("p", { class: "marginal-tried" });
      row.append(cell);
      const plane = new Plane(cell, { label: side.title, layers: ["dots"], signal: panel.signal, margin: { right: 10, top: 6, bottom: 38 }, fixed: true });
      cell.append(tried);
      plane.pad.addEventListener("click", (event) => {
        const [x, y] = plane.pixel(/** @type {PointerEvent} */ (event));
        const finite = state.trials.filter(({ value }) => Number.isFinite(value));
        choose(panel, finite[nearest(finite.length, (i) => pixelOf(plane, axis, finite[i]), x, y, 14)]);
      });
      return { plane, tried };
    });
  }

  /** @param {Plane} plane @param {number} axis @param {Trial} one @returns {[number, number]} */
  function pixelOf(plane, axis, one) {
    const { kx, bx, ky, by } = plane.scale;
    return [placeOf(sidesOf(panel)[axis], one, axis) * kx + bx, Math.min(plane.range("y")[1], plane.axes.y.log ? Math.log10(one.value) : one.value) * ky + by];
  }

  const { now, soon } = paced(draw, PAUSE, panel.signal);

  function draw() {
    build();
    state.trials = trialsOf(panel);
    const { range } = coloring(state.trials);
    const level = (/** @type {number} */ value) => (range.log ? Math.log10(value) : value);
    const [low, high] = [level(range.low), level(range.high)];
    const room = Math.max(0.05 * (high - low), 1e-9);
    const sides = sidesOf(panel);
    const tried = panel.data.still("distinct");
    state.plots.forEach(({ plane, tried: words }, axis) => {
      const rug = (RUG * panel.seriesCount * (high - low + 2 * room)) / Math.max(60, plane.frame.clientHeight - 50);
      const y = { range: /** @type {[number, number]} */ ([low - room - rug, high + room]), log: range.log, title: axis ? "" : wordsOf(panel).objective };
      if (!plane.draw({ x: axisOf(sides[axis]), y })) return;
      drawDots(plane, axis);
      words.replaceChildren(...Array.from({ length: panel.seriesCount }, (_, i) => {
        const { name, color } = panel.series(i);
        const count = tried?.values[i * sides.length + axis] ?? 0;
        return h("span", { class: "marginal-count" }, h("i", { class: "marginal-mark", style: `--mark: ${visibleColor(color)}` }), t("{name}: {count} values", { name, count: formatNumber(count) }));
      }));
    });
    row.dataset.trials = String(state.trials.length);
  }

  /** @param {Plane} plane @param {number} axis */
  function drawDots(plane, axis) {
    const { area } = plane;
    const context = plane.layers.dots.beginInside(area);
    for (const one of state.trials) {
      const color = visibleColor(panel.series(one.sampler).color);
      const [px, py] = pixelOf(plane, axis, one);
      if (one.repeat === 0) { // the rug: the first repeat's values
        context.fillStyle = tint(color, 0.8);
        context.fillRect(px - 0.75, area.top + area.height - RUG * (one.sampler + 1), 1.5, RUG - 2);
      }
      if (!Number.isFinite(one.value)) continue;
      context.fillStyle = tint(color, 0.55);
      context.beginPath();
      context.arc(px, Math.max(area.top + 3, py), 2.6, 0, 2 * Math.PI);
      context.fill();
    }
    for (let sampler = 0; sampler < panel.seriesCount; sampler += 1) drawEnvelope(context, plane, axis, sampler);
    plane.layers.dots.end();
  }

  /** The least loss in each stretch of the axis. @param {CanvasRenderingContext2D} context @param {Plane} plane @param {number} axis @param {number} sampler */
  function drawEnvelope(context, plane, axis, sampler) {
    /** @type {(Trial|undefined)[]} */
    const least = Array.from({ length: BINS });
    for (const one of state.trials) {
      const bin = Math.min(BINS - 1, Math.floor(one.u[axis] * BINS));
      if (one.sampler === sampler && Number.isFinite(one.value) && !((least[bin]?.value ?? Infinity) <= one.value)) least[bin] = one;
    }
    context.strokeStyle = visibleColor(panel.series(sampler).color);
    context.lineWidth = 1.8;
    context.beginPath();
    for (const one of least) if (one) context.lineTo(...pixelOf(plane, axis, one));
    context.stroke();
  }

  return {
    scene: now,
    playhead: soon,
    theme: now,
    resize: now,
    frame: row,
    png: async () => stacked([state.plots[0].plane.axesLayer.canvas, state.plots[0].plane.layers.dots.canvas], theme().card),
  };
}
