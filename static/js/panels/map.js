// @ts-check
/**
 * A quantity over two others: a coloured map with contours, lines and points. A point can be dragged, or a click or the
 * arrow keys put it anywhere: that changes parameters, and the run is begun again from there.
 *
 * Roles: `x` (n,), `y` (m,), `values` (m, n), a still array; perhaps `line_x`, `line_y` (a curve) and `dots` (net, 2),
 * NaN for a series that has no place in the plane.
 * Options: `x_title`, `y_title`, `value_title`; `x_scale`, `y_scale`, `value_scale` ("log" or "linear"); `middle`, the
 * value that has no colour (blue below, red above); `range` of the colours; `contours`, levels; `moves`: {x, y, set,
 * others}: the parameters that the point sets, what else it sets with them, and the list that has the series after the
 * first; `corners`: list of {side, below or above, label}: words at a side of the map that has such values.
 */

import { h, visibleColor } from "../controls/dom.js";
import { formatNumber } from "../number.js";
import { diverging, ON_SURFACE, ramp, tint, VIRIDIS } from "../palette.js";
import { lettering } from "../lettering.js";
import { theme } from "../plot.js";
import { equal } from "../run.js";
import { contour, pathOf } from "./marks/contours.js";
import { drawLegend, paintGrid } from "./marks/matrix.js";
import { Plane } from "./marks/plane.js";
import { drawBeyond, drawDot } from "./marks/scatter.js";
import { tipLine } from "./marks/tooltip.js";
import { layImage, trail } from "./marks/trails.js";
import { seriesChoice } from "./parts/serieschoice.js";
import { Surface } from "./parts/surface.js";

/** @import { Context, Params, Picture } from "../types.d.ts" */

/** Arrow keys go so many steps across the map. */
const STEPS = 150;
const LEGEND = 34;

/** @param {HTMLElement} host @param {Context} panel @returns {Promise<Picture>} */
export async function create(host, panel) {
  const { t, options } = panel;
  const { moves } = options;
  const who = seriesChoice(panel, t("The net to move"));
  const box = h("div", { class: "map-box" }, who.element);
  host.append(box);
  const plane = new Plane(box, { label: panel.title, layers: ["map", "dots"], signal: panel.signal, margin: { right: 14, top: 8, bottom: 38 + LEGEND } });
  const { map, dots } = plane.layers;
  const { pad, tooltip } = plane;
  const hint = h("p", { class: "map-hint" });
  box.append(hint);
  if (moves) {
    pad.tabIndex = 0;
    pad.setAttribute("role", "group");
    pad.setAttribute("aria-label", t("{title}; arrow keys move the point", { title: panel.title }));
    pad.classList.add("map-pad");
  }
  const log = { x: options.x_scale === "log", y: options.y_scale === "log", value: options.value_scale === "log" };
  const titles = { x: options.x_title ?? "x", y: options.y_title ?? "y", value: options.value_title ?? panel.spec("values")?.description ?? "" };
  /** @type {{surface: Surface|null, image: HTMLCanvasElement|null, key: string, held: [number, number]|null}} */
  const state = { surface: null, image: null, key: "", held: null };

  const seen = (/** @type {"x"|"y"|"value"} */ axis, /** @type {number} */ value) => (log[axis] ? Math.log10(value) : value);
  const real = (/** @type {"x"|"y"} */ axis, /** @type {number} */ value) => (log[axis] ? 10 ** value : value);

  /** The values as they are coloured, and the range of the colours. */
  function coloured() {
    const xs = panel.data.still("x")?.values;
    const ys = panel.data.still("y")?.values;
    const values = panel.data.still("values")?.values;
    if (!xs || !ys || !values) return null;
    const shown = Float64Array.from(values, (value) => seen("value", log.value ? Math.max(1e-300, value) : value));
    let [low, high] = options.range ? options.range.map((/** @type {number} */ end) => seen("value", end)) : rangeEnds(shown);
    if (options.middle !== undefined && !options.range) {
      const middle = seen("value", options.middle);
      const reach = Math.max(Math.abs(low - middle), Math.abs(high - middle));
      [low, high] = [middle - reach, middle + reach];
    }
    return { xs: Float64Array.from(xs, (x) => seen("x", x)), ys: Float64Array.from(ys, (y) => seen("y", y)), values: shown, low, high };
  }

  function draw() {
    const data = coloured();
    if (!data) return;
    const { xs, ys, values, low, high } = data;
    const look = theme();
    const anchors = options.middle === undefined ? VIRIDIS : diverging(look.dark);
    const key = `${look.dark} ${xs.length} ${xs.at(-1)} ${ys.at(-1)} ${low} ${high} ${values.reduce((sum, value, i) => sum + (Number.isFinite(value) ? value * (1 + (i % 7)) : i), 0)}`;
    if (key !== state.key) {
      state.key = key;
      state.surface = new Surface(xs, ys, values);
      const clamped = (/** @type {number} */ value) => Math.max(low, Math.min(high, value));
      state.image = paintGrid(xs.length, ys.length, (i, j) => { const value = values[j * xs.length + i]; return Number.isNaN(value) ? value : clamped(value); }, { low, high, log: false }, ramp(anchors));
    }
    if (!plane.draw({ x: { range: [xs[0], xs[xs.length - 1]], log: log.x, title: titles.x }, y: { range: [ys[0], ys[ys.length - 1]], log: log.y, title: titles.y, grid: false } })) return;
    const context = map.begin();
    const { area, scale } = plane;
    context.save();
    context.beginPath();
    context.rect(area.left, area.top, area.width, area.height);
    context.clip();
    layImage(context, /** @type {HTMLCanvasElement} */ (state.image), cellEnds(xs), cellEnds(ys), scale, true);
    context.lineWidth = 0.8;
    context.strokeStyle = tint(look.ink, 0.35);
    for (const level of options.contours ?? []) context.stroke(pathOf(contour(data, seen("value", level)), scale));
    drawLine(context);
    writeCorners(context, values);
    context.restore();
    drawLegend(context, { left: area.left, top: area.top + area.height + 46, width: Math.min(240, area.width * 0.6), height: 8 },
      { low: log.value ? 10 ** low : low, high: log.value ? 10 ** high : high, log: log.value }, ramp(anchors), look, formatNumber);
    context.fillStyle = look.ink2;
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.font = lettering(look);
    context.fillText(titles.value, area.left + Math.min(240, area.width * 0.6) + 12, area.top + area.height + 50, area.width * 0.36);
    showSeries();
    drawDots();
  }

  /** @param {CanvasRenderingContext2D} context */
  function drawLine(context) {
    const xs = panel.has("line_x") ? panel.data.still("line_x")?.values : undefined;
    const ys = panel.has("line_y") ? panel.data.still("line_y")?.values : undefined;
    if (!xs || !ys) return;
    context.strokeStyle = theme().ink;
    context.lineWidth = 2.4;
    context.lineJoin = "round";
    context.stroke(trail(xs.length, (i) => seen("x", xs[i]), (i) => seen("y", ys[i]), plane.scale, plane.area));
  }

  /** What the sides of the map are, where there are such values. @param {CanvasRenderingContext2D} context @param {Float64Array} values */
  function writeCorners(context, values) {
    const { area } = plane;
    const look = theme();
    Object.assign(context, { fillStyle: look.ink, strokeStyle: look.card, lineWidth: 3, lineJoin: "round", textBaseline: "top" }); // read on any colour
    for (const { side, below = -Infinity, above = Infinity, label } of options.corners ?? []) {
      if (!values.some((value) => value < seen("value", below) || value > seen("value", above))) continue;
      const [first, ...rest] = String(label).split("\n");
      context.textAlign = side;
      const x = side === "left" ? area.left + 10 : area.left + area.width - 10;
      [first, ...rest].forEach((words, i) => {
        context.font = lettering(look, 2, `${i ? 400 : 650}`);
        context.strokeText(words, x, area.top + 10 + 17 * i, area.width * 0.42);
        context.fillText(words, x, area.top + 10 + 17 * i, area.width * 0.42);
      });
    }
    context.textAlign = "left";
  }

  /** @param {number} series @returns {[number, number]} */
  function placeOf(series) {
    const places = panel.has("dots") ? panel.data.still("dots") : undefined;
    return places && series < places.shape[0] ? [places.values[series * 2], places.values[series * 2 + 1]] : [NaN, NaN];
  }

  const valueAt = (/** @type {number} */ x, /** @type {number} */ y) => {
    const value = state.surface?.at(seen("x", x), seen("y", y)) ?? NaN;
    return log.value ? 10 ** value : value;
  };

  function showSeries() {
    const count = panel.has("dots") ? panel.data.still("dots")?.shape[0] ?? 0 : 0;
    who.show(count);
    if (!moves || !count) return;
    const [x, y] = placeOf(panel.focus);
    const value = valueAt(x, y);
    const { name } = panel.series(panel.focus);
    hint.textContent = Number.isFinite(value)
      ? t("{name} is at ({x}, {y}): {title} = {value}. Click anywhere to move it there.", { name, x: formatNumber(x, 3), y: formatNumber(y, 3),
        title: titles.value, value: formatNumber(value, 3) })
      : Number.isFinite(x) ? t("{name} is outside the picture. Click anywhere to move it there.", { name })
        : t("{name} is not in this plane. Click anywhere to put it there.", { name });
  }

  function drawDots() {
    if (!plane.ready) return;
    const { area, scale: { kx, bx, ky, by } } = plane;
    const context = dots.begin();
    const count = panel.has("dots") ? panel.data.still("dots")?.shape[0] ?? 0 : 0;
    const order = Array.from({ length: count }, (_, i) => i).sort((a, b) => Number(a === panel.focus) - Number(b === panel.focus));
    for (const i of order) {
      const [x, y] = i === panel.focus && state.held ? state.held : placeOf(i);
      if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
      const [toX, toY] = [seen("x", x) * kx + bx, seen("y", y) * ky + by];
      const px = Math.max(area.left, Math.min(area.left + area.width, toX));
      const py = Math.max(area.top, Math.min(area.top + area.height, toY));
      const [radius, color] = [i === panel.focus ? 9 : 6.5, visibleColor(panel.series(i).color)];
      if (Math.hypot(toX - px, toY - py) < 1) drawDot(context, px, py, radius, color, ON_SURFACE.mark, ON_SURFACE.edge);
      else drawBeyond(context, px, py, Math.atan2(toY - py, toX - px), radius, color, ON_SURFACE.edge);
    }
    plane.frame.dataset.dots = String(count);
    plane.frame.dataset.at = placeOf(panel.focus).join(" ");
  }

  // --- moving ---------------------------------------------------------------------------------------------------
  /** The values under the pointer, as fine as a pixel tells. @param {PointerEvent} event @returns {[number, number]} */
  function pointAt(event) {
    const { area, scale } = plane;
    const [px, py] = plane.pixel(event);
    const [x, y] = plane.valueAt(Math.max(area.left, Math.min(area.left + area.width, px)), Math.max(area.top, Math.min(area.top + area.height, py)));
    return [rounded("x", x, 1 / scale.kx), rounded("y", y, 1 / scale.ky)];
  }

  /** @param {"x"|"y"} axis @param {number} value @param {number} pixel */
  function rounded(axis, value, pixel) {
    if (log[axis]) return Number(real(axis, value).toPrecision(3));
    const digits = Math.max(0, Math.min(12, Math.ceil(-Math.log10(Math.abs(pixel)))));
    return Number(Math.max(plane.axes[axis].range[0], value).toFixed(digits));
  }

  /** Where the series in focus is to be: the run that shows it there may be still to come. @returns {[number, number]} */
  function wantedPlace() {
    const own = panel.focus ? panel.params[moves.others]?.[panel.focus - 1] : panel.params;
    const set = Number.isFinite(own?.[moves.x]) && Number.isFinite(own[moves.y]) && Object.entries(moves.set ?? {}).every(([name, value]) => equal(own[name], value));
    return set ? [own[moves.x], own[moves.y]] : placeOf(panel.focus);
  }

  /** @param {[number, number]} point @param {boolean} dragging */
  function move([x, y], dragging) {
    /** @type {Params} */
    const values = { ...moves.set, [moves.x]: x, [moves.y]: y };
    const others = moves.others && panel.params[moves.others];
    const at = panel.focus - 1;
    const changes = panel.focus === 0 || !others?.[at] ? values : { [moves.others]: others.with(at, { ...others[at], ...values }) };
    state.held = dragging ? [x, y] : null;
    panel.change(changes, { dragging, effect: "restart" });
    drawDots();
  }

  pad.addEventListener("pointermove", (event) => {
    if (!plane.ready || !state.surface) return;
    const [x, y] = pointAt(event);
    if (pad.hasPointerCapture(event.pointerId)) move([x, y], true);
    tooltip.show(...plane.pixel(event), [tipLine(titles.x, formatNumber(x, 3)), tipLine(titles.y, formatNumber(y, 3)),
      tipLine(titles.value, formatNumber(valueAt(x, y), 3))]);
  });
  pad.addEventListener("pointerleave", () => tooltip.hide());
  if (moves) {
    pad.addEventListener("pointerdown", (event) => {
      if (!plane.ready || event.button !== 0) return;
      pad.setPointerCapture(event.pointerId);
      move(pointAt(event), true);
    });
    pad.addEventListener("pointerup", (event) => { if (state.held) move(pointAt(event), false); });
    pad.addEventListener("pointercancel", () => { if (state.held) move(state.held, false); });
    pad.addEventListener("keydown", (event) => {
      const by = /** @type {Record<string, [number, number]>} */ ({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] })[event.key];
      if (!by || !plane.ready) return;
      event.preventDefault();
      event.stopPropagation();
      const from = wantedPlace();
      const next = /** @type {const} */ (["x", "y"]).map((axis, i) => {
        const [low, high] = plane.axes[axis].range;
        const stand = Number.isFinite(from[i]) ? seen(axis, from[i]) : (low + high) / 2;
        const step = ((event.shiftKey ? 5 : 1) * (high - low)) / STEPS;
        return rounded(axis, Math.max(low, Math.min(high, stand + by[i] * step)), step / 4);
      });
      move([next[0], next[1]], false);
    });
  }
  plane.onZoom = draw;

  return {
    scene: draw,
    playhead: draw,
    theme: draw,
    resize: draw,
    focus() {
      showSeries();
      drawDots();
    },
    frame: plane.frame,
    png: () => plane.png(),
  };
}

/** Where the cells end whose middles are given. @param {Float64Array} places @returns {[number, number]} */
function cellEnds(places) {
  const half = (places[places.length - 1] - places[0]) / Math.max(1, places.length - 1) / 2;
  return [places[0] - half, places[places.length - 1] + half];
}

/** The lowest and the highest number. @param {Float64Array} values @returns {[number, number]} */
function rangeEnds(values) {
  const finite = values.filter(Number.isFinite);
  const low = finite.reduce((least, value) => Math.min(least, value), Infinity);
  const high = finite.reduce((most, value) => Math.max(most, value), -Infinity);
  return low < high ? [low, high] : [low === Infinity ? 0 : low, (low === Infinity ? 0 : low) + 1];
}
