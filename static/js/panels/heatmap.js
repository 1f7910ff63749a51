// @ts-check
/**
 * Depth against steps: one map a net of a statistic that every layer has, all nets in one colour scale.
 *
 * Roles: `value`, a snapshot (layer,) of some frames. Options: `y_scale` ("log" or "linear") of the colours, `y_title`
 * of the rows, `range` [low, high] that linear colours hold at least, `from_step` the first with anything to show. A click or a drag scrubs.
 */

/** @import { Theme } from "../plot.js" */
/** @import { Context, Picture } from "../types.d.ts" */
/** @import { Area } from "./marks/overlay.js" */
/** A net's map. @typedef {ReturnType<typeof stillsOfNets>[number] & {area: Area, film: ReturnType<typeof filmOfNet>, layers: number}} NetMap */

import { h } from "../controls/dom.js";
import { formatNumber } from "../number.js";
import { placeSwitches, segments, theme } from "../plot.js";
import { drawHeading, filmOfNet, stillsOfNets, tiles } from "./parts/nets.js";
import { Overlay, stacked } from "./marks/overlay.js";
import { ramp, VIRIDIS } from "../palette.js";
import { drawLegend, paintGrid, rangeOfValues } from "./marks/matrix.js";
import { tipLine, Tooltip } from "./marks/tooltip.js";

const MARGIN = { left: 30, right: 12, top: 40, bottom: 20 };
const LEGEND = 38;
const PAUSE = 90;

/** @param {HTMLElement} host @param {Context} panel @returns {Promise<Picture>} */
export async function create(host, panel) {
  const { t } = panel;
  const { options } = panel;
  const viewKey = `scale:${panel.keyOf("value")}`;
  const frame = h("div", { class: "plot-frame plot-heatmap", role: "img", "aria-label": panel.title });
  host.append(frame);
  const map = new Overlay(frame, "overlay-map");
  const head = new Overlay(frame, "overlay-head");
  const tooltip = new Tooltip(frame);
  const colors = ramp(VIRIDIS);
  const standard = options.y_scale ?? "log";
  const isLog = () => (panel.view(viewKey) ?? standard) === "log";
  const scale = segments(t("Scale of {title}", { title: panel.title }), [
    { value: "log", text: t("log") }, { value: "linear", text: t("linear") },
  ], isLog() ? "log" : "linear", (value) => panel.view(viewKey, value === standard ? undefined : value));
  placeSwitches(host, scale.element);
  const state = { maps: /** @type {NetMap[]} */ ([]), timer: 0, last: 0, shown: "" };
  const total = () => panel.total;

  /** Paint all maps; while a run grows not more often than every tenth of a second. */
  function refresh() {
    clearTimeout(state.timer);
    state.timer = 0;
    const { clientWidth: width, clientHeight: height } = frame;
    if (!width || !height) return;
    state.last = performance.now();
    map.resize(width, height);
    head.resize(width, height);
    const look = theme();
    const context = map.begin();
    const nets = stillsOfNets(panel, "value", panel.data.still("value", panel.history.lastStep));
    const areas = tiles(nets.length, width, height - LEGEND, MARGIN, 110);
    const films = nets.map(({ net }) => filmOfNet(panel, "value", net).filter(({ step }) => step >= (options.from_step ?? 0)));
    const range = rangeOfValues(films.flatMap((film) => film.map(({ values }) => values)), isLog(), options.range);
    state.maps = nets.map((net, i) => ({ ...net, area: areas[i], film: films[i], layers: net.values.length }));
    state.maps.forEach((one, i) => drawMap(context, one, range, look, areas[i].left < 40));
    const broken = films.some((film) => film.some(({ values }) => Array.prototype.some.call(values, Number.isNaN)));
    if (nets.length) drawLegend(context, { left: MARGIN.left, top: height - LEGEND + 10, width: Math.min(300, width - 120), height: 8 },
      range, colors, look, formatNumber, broken ? "NaN" : "");
    frame.dataset.columns = String(films[0]?.length ?? 0);
    placeHead();
  }

  /** @param {CanvasRenderingContext2D} context @param {NetMap} one @param {ReturnType<typeof rangeOfValues>} range @param {Theme} look @param {boolean} first */
  function drawMap(context, { area, film, layers, ...net }, range, look, first) {
    const columns = Math.max(1, Math.round(area.width));
    const until = Math.max(0, Math.min(columns, Math.ceil((panel.history.lastStep / total()) * columns)));
    /** @type {(ArrayLike<number>|undefined)[]} */
    const picks = [];
    for (let x = 0, i = 0; x < Math.max(2, until); x += 1) {
      const step = (x / columns) * total();
      while (i + 1 < film.length && film[i + 1].step <= step + 1e-9) i += 1;
      picks.push(film[i]?.step <= step + 1e-9 || x === 0 ? film[i]?.values : undefined);
    }
    context.fillStyle = look.sunk;
    context.fillRect(area.left, area.top, area.width, area.height);
    const image = paintGrid(picks.length, layers, (column, row) => picks[column]?.[row], range, colors);
    context.imageSmoothingEnabled = false;
    context.drawImage(image, area.left, area.top, picks.length, area.height);
    context.strokeStyle = look.rule;
    context.lineWidth = 1;
    context.strokeRect(area.left - 0.5, area.top - 0.5, area.width + 1, area.height + 1);
    drawHeading(context, net, area, look);
    context.font = `11px ${look.font}`;
    context.fillStyle = look.ink2;
    context.textBaseline = "middle";
    context.textAlign = "right";
    const half = area.height / layers / 2;
    context.fillText("1", area.left - 6, area.top + area.height - Math.min(half, 12));
    if (layers > 1) context.fillText(String(layers), area.left - 6, area.top + Math.min(half, 12));
    context.textBaseline = "top";
    context.fillText(formatNumber(total()), area.left + area.width, area.top + area.height + 5);
    context.textAlign = "left";
    context.fillText("0", area.left, area.top + area.height + 5);
    context.textAlign = "center";
    context.fillText(t("step"), area.left + area.width / 2, area.top + area.height + 5);
    if (first && area.height > 70) {
      context.save();
      context.translate(area.left - 16, area.top + area.height / 2);
      context.rotate(-Math.PI / 2);
      context.textBaseline = "bottom";
      context.fillText(options.y_title ?? t("layer"), 0, 0);
      context.restore();
    }
  }

  function placeHead() {
    if (!state.maps.length) return;
    const look = theme();
    const context = head.begin();
    for (const { area } of state.maps) {
      const x = Math.round(area.left + Math.min(1, panel.step / total()) * area.width) + 0.5;
      context.strokeStyle = look.card;
      context.lineWidth = 3.5;
      context.beginPath();
      context.moveTo(x, area.top);
      context.lineTo(x, area.top + area.height);
      context.stroke();
      context.strokeStyle = look.ink;
      context.lineWidth = 1.5;
      context.beginPath();
      context.moveTo(x, area.top - 4);
      context.lineTo(x, area.top + area.height + 4);
      context.stroke();
    }
  }

  /** @param {PointerEvent} event @param {NetMap|null} [held] */
  function find(event, held = null) {
    const box = frame.getBoundingClientRect();
    const x = event.clientX - box.left;
    const y = event.clientY - box.top;
    const one = held ?? state.maps.find(({ area }) => x >= area.left - 4 && x <= area.left + area.width + 4 && y >= area.top && y <= area.top + area.height);
    if (!one) return null;
    const share = Math.max(0, Math.min(1, (x - one.area.left) / one.area.width));
    const step = Math.round(share * total());
    const row = Math.max(0, Math.min(one.layers - 1, Math.floor((1 - (y - one.area.top) / one.area.height) * one.layers)));
    const shot = one.film.filter((kept) => kept.step <= step).at(-1);
    return { one, step, row, x, y, value: step <= panel.history.lastStep ? shot?.values[row] : undefined };
  }

  /** @type {NetMap|null} */
  let held = null;
  frame.addEventListener("pointermove", (event) => {
    const hit = find(event, held);
    frame.classList.toggle("can-scrub", Boolean(hit));
    if (held && hit) panel.seek(hit.step);
    if (!hit) tooltip.hide();
    else {
      tooltip.show(hit.x, hit.y, [h("div", { class: "tip-title" }, hit.one.name),
        tipLine(t("layer {layer}, step {step}", { layer: hit.row + 1, step: formatNumber(hit.step) }),
          hit.value === undefined ? t("not computed yet") : formatNumber(hit.value, 4))]);
    }
  });
  frame.addEventListener("pointerleave", () => tooltip.hide());
  frame.addEventListener("pointerdown", (event) => {
    const hit = find(event);
    if (!hit || event.button !== 0) return;
    held = hit.one;
    frame.setPointerCapture(event.pointerId);
    panel.seek(hit.step);
  });
  for (const type of ["pointerup", "pointercancel"]) frame.addEventListener(type, () => { held = null; });

  const onView = () => {
    scale.set(isLog() ? "log" : "linear");
    refresh();
  };

  return {
    update(history) {
      const key = `${panel.data.film("value").length} ${history.lastStep} ${history.total}`;
      if (key === state.shown && !panel.history.final) return;
      state.shown = key;
      if (state.timer) return;
      const wait = history.final ? 0 : state.last + PAUSE - performance.now();
      if (wait <= 0) refresh();
      else state.timer = setTimeout(refresh, wait);
    },
    playhead: placeHead,
    theme: refresh,
    resize: refresh,
    view: onView,
    png: async () => stacked([map.canvas, head.canvas], theme().card),
    destroy: () => clearTimeout(state.timer),
  };
}
