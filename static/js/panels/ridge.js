/**
 * A histogram a layer, one above the other: how the distribution changes with depth, and with training.
 *
 * Roles: `histogram`, shares (layer, bin) of the snapshot at the playhead, and `edges` (bin + 1,), the same for all
 * layers and nets. Options: `x_title`; `x_log` when the edges are log10 of the value. One column a net, one scale.
 */

import { h } from "../controls/dom.js";
import { formatNumber } from "../i18n.js";
import { theme } from "../plot.js";
import { niceTicks } from "./parts/colors.js";
import { stillsOfNets, tiles } from "./parts/nets.js";
import { Overlay } from "./parts/overlay.js";
import { tipLine, Tooltip } from "./parts/tooltip.js";

const MARGIN = { left: 34, right: 10, top: 26, bottom: 36 };
const MOST_RIDGES = 40;

/** @param {HTMLElement} host @param {object} panel @param {object} lab */
export async function create(host, panel, lab) {
  const { t } = lab;
  const frame = h("div", { class: "plot-frame plot-ridge", role: "img", "aria-label": panel.title });
  host.append(frame);
  const overlay = new Overlay(frame, "overlay-ridge");
  const tooltip = new Tooltip(frame);
  let columns = [];

  function refresh() {
    const { clientWidth: width, clientHeight: height } = frame;
    if (!width || !height) return;
    overlay.resize(width, height);
    const look = theme();
    const context = overlay.begin();
    const nets = stillsOfNets(panel.arrays.histogram, lab, lab.step);
    const edges = lab.scene?.arrays[panel.arrays.edges] ?? lab.history.snapshot(panel.arrays.edges, lab.step);
    if (!nets.length || !edges) return;
    const areas = tiles(nets.length, width, height, MARGIN);
    columns = nets.map((net, i) => ({ ...net, area: areas[i], edges: edges.values, layers: net.shape[0], bins: net.shape[1] }));
    for (const column of columns) drawColumn(context, column, look);
    frame.dataset.layers = String(columns[0].layers);
  }

  function drawColumn(context, { area, values, layers, bins, edges, name, color }, look) {
    const every = Math.ceil(layers / MOST_RIDGES);
    const shown = Array.from({ length: layers }, (_, i) => i).filter((i) => i % every === 0 || i === layers - 1);
    const pitch = area.height / (shown.length + 0.8);
    const rise = pitch * 1.7;
    context.font = `11px ${look.font}`;
    // The last layer is farthest back, so that the first stands in front at the bottom.
    [...shown].reverse().forEach((layer, place) => {
      const base = area.top + pitch * (place + 1.8);
      let peak = 0;
      for (let bin = 0; bin < bins; bin += 1) peak = Math.max(peak, values[layer * bins + bin]);
      const path = new Path2D();
      path.moveTo(area.left, base);
      for (let bin = 0; bin < bins; bin += 1) {
        const y = base - (peak > 0 ? values[layer * bins + bin] / peak : 0) * Math.min(rise, 46);
        path.lineTo(area.left + (bin / bins) * area.width, y);
        path.lineTo(area.left + ((bin + 1) / bins) * area.width, y);
      }
      path.lineTo(area.left + area.width, base);
      context.globalAlpha = 0.82;
      context.fillStyle = look.card;
      context.fill(path);
      context.globalAlpha = 0.3;
      context.fillStyle = color;
      context.fill(path);
      context.globalAlpha = 1;
      context.strokeStyle = color;
      context.lineWidth = 1.2;
      context.stroke(path);
      if (shown.length <= 20 || place % Math.ceil(shown.length / 12) === 0) {
        context.fillStyle = look.ink2;
        context.textAlign = "right";
        context.textBaseline = "alphabetic";
        context.fillText(String(layer + 1), area.left - 5, base);
      }
    });
    drawAxis(context, area, edges, look);
    context.textAlign = "left";
    context.textBaseline = "alphabetic";
    context.fillStyle = color;
    context.fillRect(area.left, area.top - 15, 12, 3);
    context.fillStyle = look.ink;
    context.font = `600 12px ${look.font}`;
    context.fillText(name, area.left + 17, area.top - 9, area.width - 17);
  }

  function drawAxis(context, area, edges, look) {
    const low = edges[0];
    const high = edges[edges.length - 1];
    context.strokeStyle = look.rule;
    context.fillStyle = look.ink2;
    context.textAlign = "center";
    context.textBaseline = "top";
    const bottom = area.top + area.height + 2;
    for (const tick of niceTicks(low, high, Math.max(2, area.width / 60))) {
      const x = area.left + ((tick - low) / (high - low)) * area.width;
      context.beginPath();
      context.moveTo(x, area.top);
      context.lineTo(x, bottom);
      context.globalAlpha = 0.5;
      context.stroke();
      context.globalAlpha = 1;
      context.fillText(formatNumber(tick, 3), x, bottom + 2);
    }
    if (panel.options.x_title) context.fillText(panel.options.x_title, area.left + area.width / 2, bottom + 16, area.width);
  }

  frame.addEventListener("pointermove", (event) => {
    const box = frame.getBoundingClientRect();
    const x = event.clientX - box.left;
    const y = event.clientY - box.top;
    const column = columns.find(({ area }) => x >= area.left && x <= area.left + area.width && y >= area.top && y <= area.top + area.height);
    if (!column) {
      tooltip.hide();
      return;
    }
    const { area, layers, bins, edges, values } = column;
    const bin = Math.min(bins - 1, Math.floor(((x - area.left) / area.width) * bins));
    const layer = Math.max(0, Math.min(layers - 1, Math.round((1 - (y - area.top) / area.height) * layers - 0.5)));
    tooltip.show(x, y, [h("div", { class: "tip-title" }, t("{name}, layer {layer}", { name: column.name, layer: layer + 1 })),
      tipLine(t("{low} to {high}", { low: formatNumber(edges[bin], 3), high: formatNumber(edges[bin + 1], 3) }),
        `${formatNumber(100 * values[layer * bins + bin], 3)} %`)]);
  });
  frame.addEventListener("pointerleave", () => tooltip.hide());
  const observer = new ResizeObserver(() => requestAnimationFrame(refresh));
  observer.observe(frame);

  return {
    update: refresh,
    playhead: refresh,
    theme: refresh,
    resize: refresh,
    png: async () => overlay.canvas,
    destroy() {
      observer.disconnect();
      frame.remove();
    },
  };
}
