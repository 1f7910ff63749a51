// @ts-check
/**
 * A function over the plane as it is learned, the points that it is learned from, and the boundary where it decides.
 *
 * Roles: `values`, a still array (m, n), or (net, m, n): the net in focus is shown, the others small below; `x` (n,),
 * `y` (m,) of its grid; perhaps `lead` (alike): the values are classes then, which lead by so much; `points` (k, 2),
 * `labels` (k,) whole numbers or numbers to predict, `held_out` (k,), 1 for points that are only tested, `flash`, rows
 * of the points that were just used; `virtual` (k, 2), further points as marks; `members` (member, m, n), functions
 * whose boundaries are drawn thin; `about`, a text: JSON over the options.
 * Options: `boundary`, the value where it decides (0.5 if none, null: nowhere); `range` of the values, [0, 1] if none;
 * `at`, the first axis' entry that is shown, whatever is in focus; `empty_label`, what is said where there are no values, and
 * `offer` ({label, set}), a button there that sets parameters so that there are some;
 * `sequential`, true for sizes, which have no middle; `classes`, words for the labels; `numbers`, true where labels are
 * values; `paint`, the parameter that takes points of one's own as {points: [[x, y, class], ...]}, `most` of them;
 * `x_title`, `y_title`, `value_title`; `columns`, the names of the axes where the points have their own: said instead of the titles.
 */

import { h, hide, visibleColor } from "../controls/dom.js";
import { formatNumber } from "../number.js";
import { channels, CLASSES, ramp, shade, VIRIDIS } from "../palette.js";
import { theme } from "../plot.js";
import { contour, pathOf } from "./marks/contours.js";
import { paintGrid } from "./marks/matrix.js";
import { Plane } from "./marks/plane.js";
import { drawPoints, nearest } from "./marks/scatter.js";
import { tipLine } from "./marks/tooltip.js";
import { Brush } from "./parts/brush.js";
import { Surface } from "./parts/surface.js";

/** @import { Context, Picture } from "../types.d.ts" */
/** @import { PaintedPoint } from "./parts/brush.js" */

/** @typedef {{xs: ArrayLike<number>, ys: ArrayLike<number>, values: ArrayLike<number>, lead: ArrayLike<number>|null}} Said what a net says */

/** Pixels of a small picture's side. */
const SMALL = 84;
/** Places of the grid a side that a small picture shows at least, where there are as many. */
const COARSE = 50;

/** @param {HTMLElement} host @param {Context} panel @returns {Promise<Picture>} */
export async function create(host, panel) {
  const { t } = panel;
  const plane = new Plane(host, { label: panel.title, layers: ["field", "points", "flash"], signal: panel.signal, square: true, margin: { left: 40, bottom: panel.options.x_title ? 38 : 26 } });
  const { field, points, flash } = plane.layers;
  const legend = h("div", { class: "field-legend" });
  const others = h("div", { class: "field-nets", hidden: true });
  const { offer } = panel.options;
  const note = h("div", { class: "plot-note", hidden: true }, h("p", {}, panel.options.empty_label ?? t("There are no values to draw here.")),
    offer && h("button", { type: "button", class: "button", on: { click: () => panel.change(offer.set) } }, offer.label));
  host.append(legend, others);
  plane.frame.append(note);
  /** @type {Surface|null} */
  let surface = null;
  const brush = panel.options.paint ? new Brush(host, panel, plane, { points: () => pointsNow(), draw: () => drawData() }) : null;
  /** @type {Record<string, any>} */
  let options = panel.options;

  /** What a net says, on its grid. @param {number} net @returns {Said|null} */
  function saidBy(net) {
    const [xs, ys, values] = ["x", "y", "values"].map((role) => panel.data.still(role));
    if (!xs || !ys || !values) return null;
    const size = xs.values.length * ys.values.length;
    const at = options.at !== undefined ? options.at * size : values.shape.length > 2 ? Math.max(0, Math.min(net, values.shape[0] - 1)) * size : 0;
    const part = (/** @type {ArrayLike<number>} */ whole) => /** @type {Float32Array} */ (whole).subarray(at, at + size);
    const lead = panel.has("lead") ? panel.data.still("lead") : undefined;
    return { xs: xs.values, ys: ys.values, values: part(values.values), lead: lead ? part(lead.values) : null };
  }

  const countOf = () => { const shape = panel.data.still("values")?.shape ?? []; return shape.length > 2 && options.at === undefined ? shape[0] : 1; };

  /** From the first class through nothing to the second. */
  const anchors = () => {
    if (options.sequential) return VIRIDIS;
    const { card } = theme();
    const [one, two] = CLASSES;
    return [one, mixed(one, card), card, mixed(two, card), two];
  };

  /** Every so many places of the grid. @param {Said} said @param {number} stride @returns {Said} */
  function coarser({ xs, ys, values, lead }, stride) {
    const every = (/** @type {ArrayLike<number>} */ places) => Float64Array.from({ length: Math.ceil(places.length / stride) }, (_, i) => places[i * stride]);
    const [columns, rows] = [every(xs), every(ys)];
    const part = (/** @type {ArrayLike<number>} */ whole) => {
      const found = new Float32Array(columns.length * rows.length);
      for (let j = 0, to = 0; j < rows.length; j += 1) for (let i = 0; i < columns.length; i += 1, to += 1) found[to] = whole[j * stride * xs.length + i * stride];
      return found;
    };
    return { xs: columns, ys: rows, values: part(values), lead: lead && part(lead) };
  }

  /** One pixel a value. @param {Said} said */
  function painted({ xs, ys, values, lead }) {
    const [low, high] = options.range ?? [0, 1];
    if (lead) return paintClasses(xs.length, ys.length, values, lead, theme().card);
    const clamped = (/** @type {number} */ value) => Math.max(low, Math.min(high, value)); // infinite is as far as it goes; NaN stays
    return paintGrid(xs.length, ys.length, (i, j) => clamped(values[j * xs.length + i]), { low, high, log: false }, ramp(anchors()));
  }

  /** Lines where it decides. @param {Said} said @returns {number[]} */
  function boundaryOf({ xs, ys, values, lead }) {
    if (!lead) return options.boundary === null ? [] : contour({ xs, ys, values }, options.boundary ?? 0.5);
    const classes = [...new Set(Array.from(values))].filter(Number.isFinite).slice(1);
    return classes.flatMap((one) => contour({ xs, ys, values: Float32Array.from(values, (value, i) => (value === one ? lead[i] : -lead[i])) }, 0));
  }

  function draw() {
    options = { ...panel.options, ...panel.has("about") ? panel.data.told("about", {}) : {} };
    const said = saidBy(panel.focus);
    const nothing = !said || Boolean(options.empty_label) && Number.isNaN(said.values[0]);
    hide(note, !nothing);
    plane.frame.classList.toggle("is-empty", nothing);
    if (!said || nothing) return;
    const { xs, ys, values } = said;
    surface = new Surface(xs, ys, values);
    const ends = (/** @type {ArrayLike<number>} */ places) => /** @type {[number, number]} */ ([places[0], places[places.length - 1]]);
    const [right, up] = (options.x_title && options.columns) || [options.x_title, options.y_title];
    if (!plane.draw({ x: { range: ends(xs), title: right }, y: { range: ends(ys), title: up, grid: false } })) return;
    const { area, scale } = plane;
    const context = field.beginInside(area);
    const [dx, dy] = [(xs[xs.length - 1] - xs[0]) / (xs.length - 1), (ys[ys.length - 1] - ys[0]) / (ys.length - 1)];
    context.imageSmoothingQuality = "low";
    context.globalAlpha = 0.55;
    context.drawImage(painted(said), (xs[0] - dx / 2) * scale.kx + scale.bx, (ys[ys.length - 1] + dy / 2) * scale.ky + scale.by, dx * xs.length * scale.kx, -dy * ys.length * scale.ky);
    context.globalAlpha = 1;
    context.lineWidth = 2.2;
    context.lineCap = "round";
    context.strokeStyle = theme().ink;
    context.stroke(pathOf(boundaryOf(said), scale));
    drawMembers(context, said);
    field.end();
    drawData();
    drawOthers();
    const still = panel.data.still("values");
    Object.assign(plane.frame.dataset, { step: panel.step, of: still && "step" in still ? still.step : panel.step });
  }

  /** Boundaries of the members, thin. @param {CanvasRenderingContext2D} context @param {Said} said */
  function drawMembers(context, { xs, ys, lead }) {
    const members = panel.has("members") ? panel.data.still("members") : undefined;
    if (!members || options.boundary === null) return;
    const size = xs.length * ys.length;
    const [crowds, count] = members.shape.length > 3 ? members.shape : [1, members.shape[0]];
    const first = Math.min(options.at ?? 0, crowds - 1) * count;
    context.lineWidth = 0.8;
    context.globalAlpha = 0.55;
    context.strokeStyle = theme().ink;
    for (let i = first; i < first + count; i += 1) {
      const values = /** @type {Float32Array} */ (members.values).subarray(i * size, (i + 1) * size);
      const levels = lead ? [...new Set(values)].filter(Number.isFinite).map((one) => one + 0.5) : [options.boundary ?? 0.5];
      for (const level of levels) context.stroke(pathOf(contour({ xs, ys, values }, level), plane.scale));
    }
    context.globalAlpha = 1;
  }

  /** The colour of a point. */
  function colorOf() {
    const labels = panel.has("labels") ? panel.data.still("labels")?.values : undefined;
    if (!options.numbers) return (/** @type {number} */ i) => CLASSES[Math.abs(labels?.[i] ?? 0) % CLASSES.length];
    const [low, high] = options.range ?? [0, 1];
    const colors = ramp(anchors());
    return (/** @type {number} */ i) => shade(colors, ((labels?.[i] ?? 0) - low) / (high - low || 1));
  }

  /** The points that a painter begins with: those that are there. @returns {PaintedPoint[]} */
  function pointsNow() {
    const [places, labels] = ["points", "labels"].map((role) => (panel.has(role) ? panel.data.still(role) : undefined));
    if (!places || !labels || options.numbers) return [];
    return Array.from({ length: places.shape[0] }, (_, i) => [places.values[2 * i], places.values[2 * i + 1], labels.values[i]]);
  }

  /** What the points were drawn from last, each held against what it is now. @type {any[]} */
  let drawn = [];

  function drawData() {
    const { area, scale } = plane;
    const look = theme();
    if (brush?.points) {
      const painted = brush.points;
      drawn = [];
      drawFlash(undefined);
      drawPoints(points.beginInside(area), scale, { count: painted.length, x: (i) => painted[i][0], y: (i) => painted[i][1], radius: 3.6, color: (i) => CLASSES[painted[i][2]], edge: look.card });
      points.end();
      return;
    }
    const [places, labels, held, virtual] = ["points", "labels", "held_out", "virtual"].map((role) => (panel.has(role) ? panel.data.still(role) : undefined));
    drawFlash(places);
    const from = [places?.values, labels?.values, held?.values, virtual?.values, look, points.ratio, JSON.stringify([points.width, points.height, area, scale, options])];
    if (from.length === drawn.length && from.every((one, i) => one === drawn[i])) return; // thousands of discs stay as they are
    drawn = from;
    const context = points.beginInside(area);
    if (places) {
      drawPoints(context, scale, { count: places.shape[0], ...placesOf(places), color: colorOf(), hollow: (i) => !options.numbers && held?.values[i] === 1, edge: options.numbers ? look.ink3 : look.card, filling: look.card });
      if (virtual?.shape[0]) drawPoints(context, scale, { count: virtual.shape[0], x: (i) => virtual.values[2 * i], y: (i) => virtual.values[2 * i + 1], radius: 2, color: () => look.ink, opacity: 0.8 });
    }
    points.end();
    plane.frame.dataset.points = String(places?.shape[0] ?? 0);
    showLegend();
  }

  /** Where points are, and how large they are drawn. @param {{values: ArrayLike<number>, shape: number[]}} places */
  const placesOf = ({ values, shape }) => ({ x: (/** @type {number} */ i) => values[2 * i], y: (/** @type {number} */ i) => values[2 * i + 1], radius: shape[0] > 700 ? 2.6 : 3.6 });

  /** Rings around the points of the mini-batch that was used last, while the run plays. @param {{values: ArrayLike<number>, shape: number[]}|undefined} places */
  function drawFlash(places) {
    const found = places && panel.playing && panel.has("flash") ? panel.data.still("flash")?.values : undefined;
    const used = found && places && found.length < places.shape[0] / 3 ? Array.from(found) : [];
    plane.frame.dataset.flash = String(used.length);
    if (!used.length && !flash.canvas.hidden) flash.begin();
    hide(flash.canvas, !used.length); // an empty layer costs the compositor as much as a full one
    if (!used.length || !places) return;
    const { x, y, radius } = placesOf(places);
    drawPoints(flash.beginInside(plane.area), plane.scale, { count: used.length, x: (i) => x(used[i]), y: (i) => y(used[i]), radius: radius + 2.6, color: () => theme().ink, hollow: () => true });
    flash.end();
  }

  function showLegend() {
    const words = /** @type {string[]} */ (options.classes ?? []);
    const key = JSON.stringify([words, panel.has("held_out")]);
    if (legend.dataset.key === key) return;
    legend.dataset.key = key;
    legend.replaceChildren(...words.slice(0, CLASSES.length).map((name, i) => h("span", { class: "legend-entry" }, h("i", { class: "legend-disc", style: `background: ${CLASSES[i]}` }), name)),
      ...(words.length && panel.has("held_out") ? [h("span", { class: "legend-entry" }, h("i", { class: "legend-disc is-hollow" }), t("held-out points"))] : []));
  }

  /** All nets, small: a click brings one into focus. */
  function drawOthers() {
    const count = countOf();
    hide(others, count < 2);
    if (count < 2) return;
    if (others.children.length !== count) {
      others.replaceChildren(...Array.from({ length: count }, (_, net) => h("button", { type: "button", class: "field-net", on: { click: () => panel.focus = net } },
        h("canvas", { width: SMALL * 2, height: SMALL * 2, "aria-hidden": "true" }), h("span", { class: "field-net-name" }), h("span", { class: "field-net-about" }))));
    }
    [...others.children].forEach((button, net) => {
      const said = saidBy(net);
      const { name, about, color } = panel.series(net);
      const canvas = /** @type {HTMLCanvasElement} */ (button.firstElementChild);
      const context = canvas.getContext("2d");
      button.setAttribute("aria-pressed", String(net === Math.max(0, panel.focus)));
      /** @type {HTMLElement} */ (button).style.setProperty("--net", visibleColor(color));
      for (const [part, text] of /** @type {const} */ ([["name", name], ["about", about ?? ""]])) {
        const span = /** @type {HTMLElement} */ (button.querySelector(`.field-net-${part}`));
        if (span.textContent !== text) span.textContent = text;
      }
      if (!said || !context) return;
      const small = coarser(said, Math.max(1, Math.floor(Math.min(said.xs.length, said.ys.length) / COARSE)));
      const { xs, ys } = small;
      context.fillStyle = theme().card;
      context.fillRect(0, 0, canvas.width, canvas.height);
      context.globalAlpha = 0.65;
      context.drawImage(painted(small), 0, 0, canvas.width, canvas.height);
      context.globalAlpha = 1;
      const [kx, ky] = [canvas.width / (xs[xs.length - 1] - xs[0]), -canvas.height / (ys[ys.length - 1] - ys[0])];
      context.lineWidth = 3;
      context.strokeStyle = theme().ink;
      context.stroke(pathOf(boundaryOf(small), { kx, bx: -kx * xs[0], ky, by: canvas.height - ky * ys[0] }));
    });
  }

  plane.pad.addEventListener("pointermove", (event) => {
    if (!surface || !plane.ready || brush?.on) return;
    const [px, py] = plane.pixel(event);
    const [x, y] = plane.valueAt(px, py);
    const places = panel.has("points") ? panel.data.still("points") : undefined;
    const { kx, bx, ky, by } = plane.scale;
    const hit = places ? nearest(places.shape[0], (i) => [places.values[2 * i] * kx + bx, places.values[2 * i + 1] * ky + by], px, py, 7) : -1;
    const label = hit >= 0 ? panel.data.still("labels")?.values[hit] : undefined;
    const value = surface.at(x, y);
    const classes = options.classes ?? [];
    const said = panel.has("lead") && panel.data.still("lead") ? [t("says"), classes[Math.round(value)] ?? ""]
      : [options.value_title ?? (classes[1] ? t("chance of {name}", { name: classes[1] }) : t("value")), formatNumber(value, 3)];
    plane.tooltip.show(px, py, [tipLine(t("point"), `(${formatNumber(x, 3)}, ${formatNumber(y, 3)})`), tipLine(said[0], said[1]),
      ...(label === undefined ? [] : [tipLine(options.numbers ? t("wanted") : t("class"), options.numbers ? formatNumber(label, 3) : String(classes[label] ?? label))])]);
  });
  plane.pad.addEventListener("pointerleave", () => plane.tooltip.hide());
  plane.onZoom = draw;

  return { scene: () => { brush?.done(); draw(); }, playhead: draw, theme: draw, resize: draw, focus: draw, play: drawData, frame: plane.frame, png: () => plane.png() };
}

/**
 * Classes in their colours, paler where little is between them; row 0 at the bottom.
 * @param {number} columns @param {number} rows @param {ArrayLike<number>} values @param {ArrayLike<number>} lead @param {string} ground
 */
function paintClasses(columns, rows, values, lead, ground) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [columns, rows];
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = context.createImageData(columns, rows);
  const below = channels(ground);
  const above = CLASSES.map(channels);
  for (let j = 0; j < rows; j += 1) {
    for (let i = 0; i < columns; i += 1) {
      const from = j * columns + i;
      const at = ((rows - 1 - j) * columns + i) * 4;
      const color = above[values[from] % above.length] ?? below;
      const share = 0.25 + 0.75 * (lead[from] || 0);
      for (let c = 0; c < 3; c += 1) image.data[at + c] = below[c] + share * (color[c] - below[c]);
      image.data[at + 3] = 255;
    }
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

/** Halfway between two hexadecimal colours. @param {string} one @param {string} two */
function mixed(one, two) {
  const [from, to] = [channels(one), channels(two)];
  return `#${[0, 1, 2].map((c) => Math.round((from[c] + to[c]) / 2).toString(16).padStart(2, "0")).join("")}`;
}
