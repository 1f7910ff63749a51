// @ts-check
/**
 * A net as a graph: a column of units a layer, edges as wide as their weights are large, coloured by sign; in every
 * unit what it does over the plane, where there is a plane.
 *
 * Roles: `sizes` (layer + 1,) units of every layer, the inputs first; `weights` (edge,), layer by layer, the weights of
 * one unit after those of the other, (to, from) row by row; perhaps `biases` (unit,) of all but the inputs; `fields`
 * (unit, m, n) of every unit, the inputs first; `inputs`, a text: JSON list of names.
 * Options: `net_title`; `field_range` of the fields' values, [-1, 1] if none. A unit that is pointed at shows its own
 * edges only; a click keeps it.
 */

import { h } from "../controls/dom.js";
import { formatNumber } from "../number.js";
import { diverging, signs } from "../palette.js";
import { theme } from "../plot.js";
import { paint } from "./marks/images.js";
import { Overlay, stacked } from "./marks/overlay.js";
import { tipLine, Tooltip } from "./marks/tooltip.js";

/** @import { Context, Picture } from "../types.d.ts" */

/** @typedef {{layer: number, index: number, unit: number, x: number, y: number}} Unit */
/** @typedef {{from: Unit, to: Unit, weight: number}} Edge */

const MARGIN = { left: 30, right: 30, top: 26, bottom: 14 };
const LARGEST = 46;
const WIDEST = 9;
/** Pixels to an edge that is pointed at. */
const NEAR = 6;

/** @param {HTMLElement} host @param {Context} panel @returns {Promise<Picture>} */
export async function create(host, panel) {
  const { t, options } = panel;
  const frame = h("div", { class: "plot-frame plot-netgraph", role: "img", "aria-label": panel.title });
  host.append(frame);
  const layer = new Overlay(frame, "overlay-net");
  const tooltip = new Tooltip(frame);
  /** @type {{units: Unit[], edges: Edge[], side: number, hover: Unit|null, kept: number}} */
  const state = { units: [], edges: [], side: LARGEST, hover: null, kept: -1 };

  /** Where the units stand, and what joins them. */
  function arrange() {
    const sizes = Array.from(panel.data.still("sizes")?.values ?? []);
    const weights = panel.data.still("weights")?.values;
    const { clientWidth: width, clientHeight: height } = frame;
    if (!sizes.length || !weights || !width || !height) return false;
    const tallest = Math.max(...sizes);
    const column = (width - MARGIN.left - MARGIN.right) / Math.max(1, sizes.length - 1);
    const side = Math.max(6, Math.min(LARGEST, ((height - MARGIN.top - MARGIN.bottom) / tallest) * 0.72, column * 0.5));
    state.side = side;
    state.units = sizes.flatMap((size, l) => {
      const pitch = Math.min(side * 1.9, (height - MARGIN.top - MARGIN.bottom) / Math.max(1, size));
      const middle = MARGIN.top + (height - MARGIN.top - MARGIN.bottom) / 2;
      return Array.from({ length: size }, (_, index) => ({ layer: l, index, unit: 0, x: MARGIN.left + column * l, y: middle + (index - (size - 1) / 2) * pitch }));
    }).map((unit, i) => ({ ...unit, unit: i }));
    state.edges = [];
    let at = 0;
    let first = 0;
    for (let l = 1; l < sizes.length; l += 1) {
      for (let to = 0; to < sizes[l]; to += 1) {
        for (let from = 0; from < sizes[l - 1]; from += 1, at += 1) {
          state.edges.push({ from: state.units[first + from], to: state.units[first + sizes[l - 1] + to], weight: weights[at] });
        }
      }
      first += sizes[l - 1];
    }
    return true;
  }

  function draw() {
    if (!arrange()) return;
    const look = theme();
    const { below, above } = signs(look.dark);
    layer.resize(frame.clientWidth, frame.clientHeight);
    const context = layer.begin();
    const most = state.edges.reduce((top, { weight }) => Math.max(top, Math.abs(weight) || 0), 1e-12);
    const about = state.hover?.unit ?? state.kept;
    context.lineCap = "round";
    for (const edge of state.edges) {
      const share = Math.abs(edge.weight) / most;
      if (!(share > 0.004)) continue;
      const own = about < 0 || edge.from.unit === about || edge.to.unit === about;
      context.globalAlpha = (own ? 0.25 + 0.65 * share : 0.05);
      context.lineWidth = 0.6 + (WIDEST - 0.6) * share;
      context.strokeStyle = edge.weight < 0 ? below : above;
      context.stroke(pathOf(edge, state.side));
    }
    context.globalAlpha = 1;
    for (const unit of state.units) drawUnit(context, unit, look);
    nameInputs(context, look);
    frame.dataset.units = String(state.units.length);
    frame.dataset.edges = String(state.edges.length);
  }

  /** @param {CanvasRenderingContext2D} context @param {Unit} unit @param {import("../plot.js").Theme} look */
  function drawUnit(context, { unit, x, y }, look) {
    const { side } = state;
    const fields = panel.has("fields") ? panel.data.still("fields") : undefined;
    const box = /** @type {const} */ ([x - side / 2, y - side / 2, side, side]);
    context.beginPath();
    context.roundRect(...box, Math.min(6, side / 4));
    context.fillStyle = look.card;
    context.fill();
    if (fields && side >= 10) {
      const [, rows, columns] = fields.shape;
      const size = rows * columns;
      const values = Array.prototype.slice.call(fields.values, unit * size, (unit + 1) * size);
      const upright = Array.from({ length: rows }, (_, r) => values.slice((rows - 1 - r) * columns, (rows - r) * columns)).flat(); // y goes up
      const [low, high] = options.field_range ?? [-1, 1];
      context.save();
      context.clip();
      context.drawImage(paint(upright, rows, columns, 1, { low, high, anchors: diverging(look.dark) }), ...box);
      context.restore();
    }
    context.lineWidth = unit === state.kept ? 2.6 : 1.2;
    context.strokeStyle = unit === state.kept ? look.accent : look.ink3;
    context.stroke();
  }

  /** @param {CanvasRenderingContext2D} context @param {import("../plot.js").Theme} look */
  function nameInputs(context, look) {
    const names = /** @type {string[]} */ (panel.has("inputs") ? panel.data.told("inputs") : []);
    context.font = `italic 12px ${look.font}`;
    context.fillStyle = look.ink2;
    context.textAlign = "center";
    context.textBaseline = "bottom";
    for (const { layer: l, index, x, y } of state.units) if (l === 0 && names[index]) context.fillText(names[index], x, y - state.side / 2 - 2);
  }

  /** @param {PointerEvent} event */
  function at(event) {
    const box = frame.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const reach = Math.max(8, state.side / 2);
    const unit = state.units.find((one) => Math.abs(one.x - x) <= reach && Math.abs(one.y - y) <= reach) ?? null;
    let edge = null;
    let least = NEAR;
    if (!unit) {
      for (const one of state.edges) {
        const share = (x - one.from.x) / (one.to.x - one.from.x);
        const distance = share > 0 && share < 1 ? Math.abs(y - heightAt(one, share)) : Infinity;
        if (distance < least) [edge, least] = [one, distance];
      }
    }
    return { x, y, unit, edge };
  }

  const nameOf = (/** @type {Unit} */ { layer: l, index }) => (l === 0 ? panel.data.told("inputs")[index] ?? t("input {n}", { n: index + 1 })
    : t("unit {n} of layer {layer}", { n: index + 1, layer: l }));

  frame.addEventListener("pointermove", (event) => {
    const { x, y, unit, edge } = at(event);
    if (unit?.unit !== state.hover?.unit) {
      state.hover = unit;
      draw();
    }
    frame.classList.toggle("can-choose", Boolean(unit));
    if (unit) {
      const biases = panel.has("biases") ? panel.data.still("biases")?.values : undefined;
      const first = state.units.filter((one) => one.layer === 0).length;
      tooltip.show(x, y, [h("div", { class: "tip-title" }, nameOf(unit)), ...(unit.layer && biases ? [tipLine(t("bias"), formatNumber(biases[unit.unit - first], 3))] : [])]);
    } else if (edge) tooltip.show(x, y, [h("div", { class: "tip-title" }, `${nameOf(edge.from)} → ${nameOf(edge.to)}`), tipLine(t("weight"), formatNumber(edge.weight, 3))]);
    else tooltip.hide();
  });
  frame.addEventListener("pointerleave", () => {
    tooltip.hide();
    state.hover = null;
    draw();
  });
  frame.addEventListener("click", (event) => {
    const { unit } = at(/** @type {PointerEvent} */ (event));
    state.kept = !unit || unit.unit === state.kept ? -1 : unit.unit;
    draw();
  });

  return { scene: draw, update: draw, playhead: draw, theme: draw, resize: draw, frame, png: async () => stacked([layer.canvas], theme().card) };
}

/** A gentle curve from one unit to the other. @param {Edge} edge @param {number} side */
function pathOf({ from, to }, side) {
  const path = new Path2D();
  const [x0, x1] = [from.x + side / 2, to.x - side / 2];
  const middle = (x0 + x1) / 2;
  path.moveTo(x0, from.y);
  path.bezierCurveTo(middle, from.y, middle, to.y, x1, to.y);
  return path;
}

/** How high the curve stands at a share of its way. @param {Edge} edge @param {number} share */
const heightAt = ({ from, to }, share) => from.y + (to.y - from.y) * share * share * (3 - 2 * share);
