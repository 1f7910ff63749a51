// @ts-check
/**
 * A histogram a layer, one above the other: how the distribution changes with depth, and with training.
 *
 * Roles: `histogram`, shares (layer, bin) of the snapshot at the playhead, and `edges` (bin + 1,), the same for all
 * layers and nets. Options: `x_title`; `x_log` when the edges are log10 of the value. One column a net, one axis for all;
 * every ridge is scaled to its own peak, so that a narrow one does not flatten the others.
 */

/** @import { Theme } from "../plot.js" */
/** @import { Context, Picture } from "../types.d.ts" */
/** @import { Area } from "./marks/overlay.js" */
/** A net's column. @typedef {ReturnType<typeof stillsOfNets>[number] & {area: Area, edges: ArrayLike<number>, layers: number, bins: number}} Column */

import { h } from "../controls/dom.js";
import { formatNumber } from "../number.js";
import { lettering } from "../lettering.js";
import { theme } from "../plot.js";
import { tint } from "../palette.js";
import { niceTicks, powerOfTen } from "./marks/ticks.js";
import { drawHeading, stillsOfNets, tiles } from "./parts/nets.js";
import { Overlay, stacked } from "./marks/overlay.js";
import { tipLine, Tooltip } from "./marks/tooltip.js";

const MARGIN = { left: 30, right: 12, top: 40, bottom: 38 };
const MOST_RIDGES = 40;
/** How far a ridge may reach over the one behind it, in units of their distance. */
const REACH = 1.3;

/** @param {HTMLElement} host @param {Context} panel @returns {Promise<Picture>} */
export async function create(host, panel) {
  const { t } = panel;
  const frame = h("div", { class: "plot-frame plot-ridge", role: "img", "aria-label": panel.title });
  host.append(frame);
  const overlay = new Overlay(frame, "overlay-ridge");
  const tooltip = new Tooltip(frame);
  /** @type {Column[]} */
  let columns = [];
  /** @type {{net: number, layer: number}|null} */
  let hover = null;

  function refresh() {
    const { clientWidth: width, clientHeight: height } = frame;
    if (!width || !height) return;
    overlay.resize(width, height);
    const look = theme();
    const context = overlay.begin();
    const nets = stillsOfNets(panel, "histogram");
    const edges = panel.data.still("edges");
    if (!nets.length || !edges) return;
    const areas = tiles(nets.length, width, height, MARGIN, 110);
    columns = nets.map((net, i) => ({ ...net, area: areas[i], edges: edges.values, layers: net.shape[0], bins: net.shape[1] }));
    columns.forEach((column, i) => drawColumn(context, column, look, areas[i].left < 40));
    frame.dataset.layers = String(columns[0].layers);
    frame.dataset.step = String(panel.step);
  }

  /** Which layers are drawn, how far apart, and where the first one stands. @param {Column} column */
  function placesOf({ area, layers }) {
    const every = Math.ceil(layers / Math.max(8, Math.min(MOST_RIDGES, Math.floor(area.height / 9))));
    const shown = Array.from({ length: layers }, (_, i) => i).filter((i) => i % every === 0 || i === layers - 1);
    const pitch = area.height / (shown.length + REACH - 1);
    return { shown, pitch, baseOf: (/** @type {number} */ place) => area.top + area.height - pitch * place };
  }

  /** @param {CanvasRenderingContext2D} context @param {Column} column @param {Theme} look @param {boolean} first */
  function drawColumn(context, column, look, first) {
    const { area, values, bins, edges, color, net } = column;
    const { shown, pitch, baseOf } = placesOf(column);
    const rise = Math.min(pitch * REACH, 90) * 0.94;
    drawAxis(context, area, edges, look, first);
    const step = Math.ceil(shown.length / Math.max(4, Math.floor(area.height / 18)));
    for (let place = shown.length - 1; place >= 0; place -= 1) { // from the back to the front
      const layer = shown[place];
      const base = baseOf(place);
      const row = Array.from({ length: bins }, (_, bin) => values[layer * bins + bin]);
      const peak = Math.max(...row.map((share) => share || 0));
      const broken = row.some(Number.isNaN);
      context.font = lettering(look);
      context.textBaseline = "alphabetic";
      if (broken || !(peak > 0)) {
        context.strokeStyle = broken ? look.bad : color;
        context.lineWidth = 1;
        context.setLineDash([2, 3]);
        context.beginPath();
        context.moveTo(area.left, base);
        context.lineTo(area.left + area.width, base);
        context.stroke();
        context.setLineDash([]);
        if (place % step === 0) {
          context.fillStyle = broken ? look.bad : look.ink2;
          context.textAlign = "center";
          context.fillText(broken ? "NaN" : panel.options.x_log ? t("all exactly 0") : t("no values"), area.left + area.width / 2, base - 3, area.width);
        }
      } else {
        const path = new Path2D();
        path.moveTo(area.left, base);
        row.forEach((share, bin) => {
          const y = base - (share / peak) * rise;
          path.lineTo(area.left + (bin / bins) * area.width, y);
          path.lineTo(area.left + ((bin + 1) / bins) * area.width, y);
        });
        path.lineTo(area.left + area.width, base);
        const strong = hover?.net === net && hover.layer === layer;
        context.fillStyle = tint(look.card, 0.9);
        context.fill(path);
        const fill = context.createLinearGradient(0, base - rise, 0, base);
        fill.addColorStop(0, tint(color, strong ? 0.75 : 0.5));
        fill.addColorStop(1, tint(color, strong ? 0.4 : 0.14));
        context.fillStyle = fill;
        context.fill(path);
        context.lineJoin = "round";
        context.strokeStyle = color;
        context.lineWidth = strong ? 2 : 1.25;
        context.stroke(path);
      }
      const last = shown.length - 1;
      if (place === last || (place % step === 0 && last - place >= 0.7 * step)) {
        context.fillStyle = look.ink2;
        context.textAlign = "right";
        context.fillText(String(layer + 1), area.left - 6, base + 1);
      }
    }
    drawHeading(context, column, area, look);
  }

  /** @param {CanvasRenderingContext2D} context @param {Area} area @param {ArrayLike<number>} edges @param {Theme} look @param {boolean} first */
  function drawAxis(context, area, edges, look, first) {
    const low = edges[0];
    const high = edges[edges.length - 1];
    const log = panel.options.x_log;
    const bottom = area.top + area.height + 3;
    context.font = lettering(look);
    context.textAlign = "center";
    context.textBaseline = "top";
    context.lineWidth = 1;
    const most = Math.max(2, area.width / (log ? 40 : 48));
    const ticks = niceTicks(low, high, most).filter((tick) => !log || Number.isInteger(tick));
    for (const tick of ticks) {
      const x = Math.round(area.left + ((tick - low) / (high - low)) * area.width) + 0.5;
      context.strokeStyle = tick === 0 && !log ? look.ruleStrong : look.rule;
      context.beginPath();
      context.moveTo(x, area.top);
      context.lineTo(x, bottom);
      context.stroke();
      context.fillStyle = look.ink2;
      context.fillText(log ? powerOfTen(tick) : formatNumber(tick, 3), x, bottom + 3);
    }
    if (panel.options.x_title) context.fillText(panel.options.x_title, area.left + area.width / 2, bottom + 19, area.width);
    if (!first || area.height < 120) return;
    context.save();
    context.translate(area.left - 17, area.top + area.height / 2);
    context.rotate(-Math.PI / 2);
    context.textBaseline = "bottom";
    context.fillText(t("layer"), 0, 0);
    context.restore();
  }

  frame.addEventListener("pointermove", (event) => {
    const box = frame.getBoundingClientRect();
    const x = event.clientX - box.left;
    const y = event.clientY - box.top;
    const column = columns.find(({ area }) => x >= area.left && x <= area.left + area.width && y >= area.top && y <= area.top + area.height);
    if (!column) {
      leave();
      return;
    }
    const { area, bins, edges, values, net } = column;
    const { shown, pitch } = placesOf(column);
    const bin = Math.min(bins - 1, Math.floor(((x - area.left) / area.width) * bins));
    const layer = shown[Math.max(0, Math.min(shown.length - 1, Math.floor((area.top + area.height - y) / pitch)))];
    if (hover?.net !== net || hover.layer !== layer) {
      hover = { net, layer };
      refresh();
    }
    const edge = (/** @type {number} */ value) => (panel.options.x_log ? formatNumber(10 ** value, 2) : formatNumber(value, 3));
    const reach = bin === 0 ? t("up to {high}", { high: edge(edges[1]) })
      : bin === bins - 1 ? t("from {low}", { low: edge(edges[bin]) }) : t("{low} to {high}", { low: edge(edges[bin]), high: edge(edges[bin + 1]) });
    tooltip.show(x, y, [h("div", { class: "tip-title" }, t("{name}, layer {layer}", { name: column.name, layer: layer + 1 })),
      tipLine(reach, `${formatNumber(100 * values[layer * bins + bin], 3)} %`)]);
  });
  const leave = () => {
    tooltip.hide();
    if (!hover) return;
    hover = null;
    refresh();
  };
  frame.addEventListener("pointerleave", leave);

  return {
    playhead: refresh,
    theme: refresh,
    resize: refresh,
    view: refresh,
    png: async () => stacked([overlay.canvas], theme().card),
  };
}
