/**
 * Depth against steps: one map a net of a statistic that every layer has, all nets in one colour scale.
 *
 * Roles: `value`, a snapshot (layer,) of each frame. Options: `y_scale` ("log" or "linear") of the colours,
 * `y_title` of the rows. A click or a drag scrubs.
 */

import { h } from "../controls/dom.js";
import { formatNumber } from "../i18n.js";
import { placeSwitches, segments, theme } from "../plot.js";
import { stillsOfNets, filmOfNet, tiles } from "./parts/nets.js";
import { Overlay } from "./parts/overlay.js";
import { drawLegend, paintGrid, ramp, rangeOfValues } from "./parts/pixels.js";
import { tipLine, Tooltip } from "./parts/tooltip.js";

const MARGIN = { left: 34, right: 10, top: 24, bottom: 24 };
const LEGEND = 34;

/** @param {HTMLElement} host @param {object} panel @param {object} lab */
export async function create(host, panel, lab) {
  const { t } = lab;
  const name = panel.arrays.value;
  const viewKey = `scale:${name}`;
  const frame = h("div", { class: "plot-frame plot-heatmap", role: "img", "aria-label": panel.title });
  host.append(frame);
  const map = new Overlay(frame, "overlay-map");
  const head = new Overlay(frame, "overlay-head");
  const tooltip = new Tooltip(frame);
  const colors = ramp();
  const isLog = () => (lab.view[viewKey] ?? panel.options.y_scale ?? "log") === "log";
  const scale = segments(h, t("Scale of {title}", { title: panel.title }), [
    { value: "log", text: t("log") }, { value: "linear", text: t("linear") },
  ], isLog() ? "log" : "linear", (value) => lab.setView(viewKey, value));
  placeSwitches(host, h, scale.element);
  let maps = [];
  let drawnLength = -1;

  function refresh() {
    const { clientWidth: width, clientHeight: height } = frame;
    if (!width || !height) return;
    map.resize(width, height);
    head.resize(width, height);
    const look = theme();
    const context = map.begin();
    const nets = stillsOfNets(name, lab, lab.history.lastStep);
    const areas = tiles(nets.length, width, height - LEGEND, MARGIN);
    const films = nets.map(({ net }) => filmOfNet(name, net, lab.history));
    const range = rangeOfValues(films.flatMap((film) => film.map(({ values }) => values)), isLog());
    maps = nets.map((net, i) => ({ ...net, area: areas[i], film: films[i], layers: net.values.length }));
    for (const one of maps) drawMap(context, one, range, look);
    if (maps.length) drawLegend(context, { left: MARGIN.left, top: height - LEGEND + 6, width: Math.min(280, width - 60), height: 8 }, range, colors, look, formatNumber);
    frame.dataset.columns = String(films[0]?.length ?? 0);
    placeHead();
  }

  function drawMap(context, { area, film, layers, name: title, color }, range, look) {
    const last = Math.max(1, lab.history.lastStep);
    context.imageSmoothingEnabled = false;
    film.forEach(({ step, values }, i) => {
      const until = film[i + 1]?.step ?? last + Math.max(1, last - step);
      const x = area.left + (step / last) * area.width;
      const width = ((Math.min(until, last) - step) / last) * area.width;
      const column = paintGrid(1, layers, (_c, row) => values[row], range, colors);
      context.drawImage(column, x, area.top, Math.max(width, i === film.length - 1 ? 2 : 0.5) + 0.5, area.height);
    });
    context.strokeStyle = look.rule;
    context.strokeRect(area.left - 0.5, area.top - 0.5, area.width + 1, area.height + 1);
    context.font = `600 12px ${look.font}`;
    context.fillStyle = color;
    context.fillRect(area.left, area.top - 15, 12, 3);
    context.fillStyle = look.ink;
    context.textBaseline = "alphabetic";
    context.fillText(title, area.left + 17, area.top - 9, area.width - 17);
    context.font = `11px ${look.font}`;
    context.fillStyle = look.ink2;
    context.textAlign = "right";
    context.fillText("1", area.left - 5, area.top + area.height);
    context.fillText(String(layers), area.left - 5, area.top + 9);
    context.fillText(t("step {step}", { step: formatNumber(lab.history.lastStep) }), area.left + area.width, area.top + area.height + 14);
    context.textAlign = "left";
    context.fillText("0", area.left, area.top + area.height + 14);
    context.save();
    context.translate(area.left - 18, area.top + area.height / 2);
    context.rotate(-Math.PI / 2);
    context.textAlign = "center";
    context.fillText(panel.options.y_title ?? t("layer"), 0, 0);
    context.restore();
  }

  function placeHead() {
    const look = theme();
    const context = head.begin();
    const last = Math.max(1, lab.history.lastStep);
    context.fillStyle = look.card;
    context.strokeStyle = look.ink;
    for (const { area } of maps) {
      const x = area.left + Math.min(1, lab.step / last) * area.width;
      context.fillRect(x - 1.5, area.top, 3, area.height);
      context.beginPath();
      context.moveTo(x, area.top - 3);
      context.lineTo(x, area.top + area.height + 3);
      context.stroke();
    }
  }

  const find = (event) => {
    const box = frame.getBoundingClientRect();
    const x = event.clientX - box.left;
    const y = event.clientY - box.top;
    const one = maps.find(({ area }) => x >= area.left && x <= area.left + area.width && y >= area.top && y <= area.top + area.height);
    if (!one) return null;
    const step = Math.round(((x - one.area.left) / one.area.width) * Math.max(1, lab.history.lastStep));
    const row = Math.min(one.layers - 1, Math.floor((1 - (y - one.area.top) / one.area.height) * one.layers));
    const shot = one.film.filter((kept) => kept.step <= step).at(-1);
    return { one, step, row, value: shot?.values[row], x, y };
  };
  frame.addEventListener("pointermove", (event) => {
    const hit = find(event);
    if (!hit) {
      tooltip.hide();
      return;
    }
    tooltip.show(hit.x, hit.y, [h("div", { class: "tip-title" }, hit.one.name),
      tipLine(t("layer {layer}, step {step}", { layer: hit.row + 1, step: hit.step }), formatNumber(hit.value, 4))]);
    if (event.buttons & 1) lab.seek(hit.step);
  });
  frame.addEventListener("pointerleave", () => tooltip.hide());
  frame.addEventListener("pointerdown", (event) => {
    const hit = find(event);
    if (hit) lab.seek(hit.step);
  });
  const onView = () => {
    scale.set(isLog() ? "log" : "linear");
    refresh();
  };
  lab.addEventListener("view", onView);
  const observer = new ResizeObserver(() => requestAnimationFrame(refresh));
  observer.observe(frame);

  return {
    update(history) {
      const length = history.snapshots.get(name)?.length ?? 0;
      if (length === drawnLength && history.lastStep === frame.lastStep) return;
      drawnLength = length;
      frame.lastStep = history.lastStep;
      refresh();
    },
    playhead: placeHead,
    theme: refresh,
    resize: refresh,
    png: async () => map.canvas,
    destroy() {
      observer.disconnect();
      lab.removeEventListener("view", onView);
      frame.remove();
    },
  };
}
