// @ts-check
/**
 * Two axes of an array as rows and columns of colours; one map a net where its first axis is `net`, all in one colour scale.
 *
 * Roles: `value`, with or without `net` in front. One axis, any: its snapshots of all frames, rows from below, columns are the
 * steps, and a click or a drag scrubs. Two axes, any: a matrix as it is at the playhead, row 1 on top; of a question where the
 * panel names one.
 * Options: `rows`, which axis of a matrix stands upright (the first, if not given); `y_title`, `x_title`; `y_scale` ("log" or
 * "linear") of the colours; `signed`: 0 has no colour; `range` [low, high] that linear colours hold at least; `from_step`, the
 * first with anything to show.
 */

/** @import { Theme } from "../plot.js" */
/** @import { Context, Picture } from "../types.d.ts" */
/** @import { Area } from "./marks/overlay.js" */
/** @import { Sheet } from "./parts/sheets.js" */
/** @typedef {Sheet & {area: Area}} Placed */

import { h } from "../controls/dom.js";
import { formatNumber } from "../number.js";
import { lettering } from "../lettering.js";
import { placeSwitches, segments, theme } from "../plot.js";
import { drawHeading, tiles } from "./parts/nets.js";
import { paced } from "./parts/paced.js";
import { Request } from "./parts/request.js";
import { axesOf, sheetsOf } from "./parts/sheets.js";
import { Overlay, stacked } from "./marks/overlay.js";
import { diverging, ramp, VIRIDIS } from "../palette.js";
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
  const frame = h("div", { class: "plot-frame plot-heatmap", role: panel.questionOf("value") ? "group" : "img", "aria-label": panel.title });
  host.append(frame);
  const map = new Overlay(frame, "overlay-map");
  const head = new Overlay(frame, "overlay-head");
  const tooltip = new Tooltip(frame);
  const axes = axesOf(panel, "value");
  const request = panel.questionOf("value") ? new Request(frame, panel, "value") : null;
  const rowTitle = options.y_title ?? axes.row;
  const columnTitle = axes.steps ? t("step") : options.x_title ?? axes.column;
  const standard = options.y_scale ?? (options.signed ? "linear" : "log");
  const isLog = () => (panel.view(viewKey) ?? standard) === "log";
  const scale = segments(t("Scale of {title}", { title: panel.title }), [
    { value: "log", text: t("log") }, { value: "linear", text: t("linear") },
  ], isLog() ? "log" : "linear", (value) => panel.view(viewKey, value === standard ? undefined : value));
  if (!options.signed) placeSwitches(host, scale.element);
  const state = { maps: /** @type {Placed[]} */ ([]), shown: "" };
  const total = () => panel.total;

  const { now, soon } = paced(refresh, PAUSE, panel.signal);

  /** Paint all maps. */
  function refresh() {
    const { clientWidth: width, clientHeight: height } = frame;
    if (!width || !height) return;
    map.resize(width, height);
    head.resize(width, height);
    const look = theme();
    const context = map.begin();
    const sheets = sheetsOf(panel, "value", request?.answer);
    const areas = tiles(sheets.length, width, height - LEGEND, MARGIN, 110);
    const values = sheets.flatMap((sheet) => sheet.values);
    const range = rangeOfValues(values, isLog(), options.range);
    if (options.signed) range.low = -(range.high = Math.max(range.high, -range.low));
    const colors = ramp(options.signed ? diverging(look.dark) : VIRIDIS);
    state.maps = sheets.map((sheet, i) => ({ ...sheet, area: areas[i] }));
    state.maps.forEach((one, i) => drawMap(context, one, range, colors, look, areas[i].left < 40));
    const broken = values.some((some) => Array.prototype.some.call(some, Number.isNaN));
    if (sheets.length) drawLegend(context, { left: MARGIN.left, top: height - LEGEND + 10, width: Math.min(300, width - 120), height: 8 },
      range, colors, look, formatNumber, broken ? "NaN" : "");
    frame.dataset.columns = String(sheets[0]?.kept ?? 0);
    request?.show();
    placeHead();
  }

  /**
   * @param {CanvasRenderingContext2D} context @param {Placed} one @param {ReturnType<typeof rangeOfValues>} range
   * @param {Uint8ClampedArray} colors @param {Theme} look @param {boolean} first
   */
  function drawMap(context, one, range, colors, look, first) {
    const { area, rows } = one;
    const columns = axes.steps ? Math.max(1, Math.round(area.width)) : one.columns;
    const until = axes.steps ? Math.max(2, Math.min(columns, Math.ceil((panel.history.lastStep / total()) * columns))) : columns;
    context.fillStyle = look.sunk;
    context.fillRect(area.left, area.top, area.width, area.height);
    const image = paintGrid(until, rows, (column, row) => one.at(column / columns, axes.steps ? row : rows - 1 - row), range, colors);
    context.imageSmoothingEnabled = false;
    context.drawImage(image, area.left, area.top, area.width * (until / columns), area.height);
    context.strokeStyle = look.rule;
    context.lineWidth = 1;
    context.strokeRect(area.left - 0.5, area.top - 0.5, area.width + 1, area.height + 1);
    if (one.name) drawHeading(context, one, area, look);
    context.font = lettering(look);
    context.fillStyle = look.ink2;
    context.textBaseline = "middle";
    context.textAlign = "right";
    const half = Math.min(area.height / rows / 2, 12);
    const [low, high] = axes.steps ? ["1", String(rows)] : [String(rows), "1"];
    context.fillText(low, area.left - 6, area.top + area.height - half);
    if (rows > 1) context.fillText(high, area.left - 6, area.top + half);
    context.textBaseline = "top";
    context.fillText(formatNumber(axes.steps ? total() : one.columns), area.left + area.width, area.top + area.height + 5);
    context.textAlign = "left";
    context.fillText(axes.steps ? "0" : "1", area.left, area.top + area.height + 5);
    context.textAlign = "center";
    context.fillText(columnTitle, area.left + area.width / 2, area.top + area.height + 5);
    if (first && area.height > 70) {
      context.save();
      context.translate(area.left - 16, area.top + area.height / 2);
      context.rotate(-Math.PI / 2);
      context.textBaseline = "bottom";
      context.fillText(rowTitle, 0, 0);
      context.restore();
    }
  }

  function placeHead() {
    if (!state.maps.length || !axes.steps) return;
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

  /** @param {PointerEvent} event @param {Placed|null} [held] */
  function find(event, held = null) {
    const box = frame.getBoundingClientRect();
    const x = event.clientX - box.left;
    const y = event.clientY - box.top;
    const one = held ?? state.maps.find(({ area }) => x >= area.left - 4 && x <= area.left + area.width + 4 && y >= area.top && y <= area.top + area.height);
    if (!one) return null;
    const share = Math.max(0, Math.min(1, (x - one.area.left) / one.area.width));
    const down = Math.max(0, Math.min(one.rows - 1, Math.floor(((y - one.area.top) / one.area.height) * one.rows)));
    const row = axes.steps ? one.rows - 1 - down : down;
    const step = Math.round(share * total());
    const column = axes.steps ? step : Math.min(one.columns - 1, Math.floor(share * one.columns)) + 1;
    const known = !axes.steps || step <= panel.history.lastStep;
    return { one, step, row, column, x, y, value: known ? one.at(axes.steps ? share : (column - 1) / one.columns, row) : undefined };
  }

  /** @type {Placed|null} */
  let held = null;
  frame.addEventListener("pointermove", (event) => {
    const hit = find(event, held);
    frame.classList.toggle("can-scrub", axes.steps && Boolean(hit));
    if (held && hit) panel.seek(hit.step);
    if (!hit) tooltip.hide();
    else {
      tooltip.show(hit.x, hit.y, [...(hit.one.name ? [h("div", { class: "tip-title" }, hit.one.name)] : []),
        tipLine(`${rowTitle} ${hit.row + 1}, ${columnTitle} ${formatNumber(hit.column)}`,
          hit.value === undefined ? t("not computed yet") : formatNumber(hit.value, 4))]);
    }
  });
  frame.addEventListener("pointerleave", () => tooltip.hide());
  frame.addEventListener("pointerdown", (event) => {
    const hit = find(event);
    if (!hit || !axes.steps || event.button !== 0) return;
    held = hit.one;
    frame.setPointerCapture(event.pointerId);
    panel.seek(hit.step);
  });
  for (const type of ["pointerup", "pointercancel"]) frame.addEventListener(type, () => { held = null; });

  const onView = () => {
    scale.set(isLog() ? "log" : "linear");
    now();
  };

  return {
    update(history) {
      const key = `${panel.data.film("value").length} ${history.lastStep} ${history.total}`;
      if (key === state.shown && !panel.history.final) return;
      state.shown = key;
      if (history.final) now();
      else soon();
    },
    scene: now,
    playhead: () => (axes.steps ? placeHead() : now()),
    asked: now,
    theme: now,
    resize: now,
    view: onView,
    png: async () => stacked([map.canvas, head.canvas], theme().card),
  };
}
