// @ts-check
/**
 * The response that a search has found, over two of its axes: every trial is a point, coloured by its loss, and between them
 * the picture fills in. A click chooses a trial for all panels; so do the arrow keys, the better ones first.
 *
 * Roles: see `parts/trials.js`.
 */

import { h, visibleColor } from "../controls/dom.js";
import { choice } from "../controls/tools.js";
import { formatNumber } from "../number.js";
import { BROKEN, GREYS, tint } from "../palette.js";
import { lettering } from "../lettering.js";
import { placeSwitches, segments, theme } from "../plot.js";
import { drawLegend, paintGrid } from "./marks/matrix.js";
import { Plane } from "./marks/plane.js";
import { drawDot, nearest } from "./marks/scatter.js";
import { paced } from "./parts/paced.js";
import { smoothed } from "./parts/smoothed.js";
import { axisOf, choose, chosenOf, coloring, placeOf, sidesOf, tipOf, trialsOf, walkByKeys, wordsOf } from "./parts/trials.js";

/** @import { Context, Picture } from "../types.d.ts" */
/** @import { Trial } from "./parts/trials.js" */

const CELLS = 96;
const LEGEND = 34;
/** How opaque the colour is where all is known: the trials stand out from it. */
const FULL = 0.75;
const PAUSE = 120;

/** @param {HTMLElement} host @param {Context} panel @returns {Promise<Picture>} */
export async function create(host, panel) {
  const { t } = panel;
  const [xs, ys] = [t("Across"), t("Upwards")].map((label, i) => choice(label, [], "", (value) => panel.view(i ? "upwards" : "across", Number(value) === i ? undefined : Number(value))));
  const tools = h("div", { class: "response-tools" }, xs.element, ys.element);
  const box = h("div", { class: "response-box" }, tools);
  host.append(box);
  const plane = new Plane(box, { label: t("{title}; arrow keys choose a trial, the best first", { title: panel.title }), layers: ["surface", "trials"], signal: panel.signal, margin: { right: 14, top: 8, bottom: 38 + LEGEND } });
  const { pad, tooltip } = plane;
  pad.setAttribute("role", "group");
  pad.setAttribute("aria-label", t("{title}; arrow keys choose a trial, the best first", { title: panel.title }));
  const note = h("p", { class: "plot-note" }, t("The trials come in as they finish."));
  plane.frame.append(note);
  /** @type {{shown: Trial[], filter: ReturnType<typeof segments>|null, names: string}} */
  const state = { shown: [], filter: null, names: "" };

  const axes = () => {
    const sides = sidesOf(panel);
    const at = (/** @type {string} */ key, /** @type {number} */ otherwise) => Math.min(sides.length - 1, panel.view(key) ?? otherwise);
    return { sides, x: at("across", 0), y: at("upwards", 1) };
  };
  const samplers = () => Array.from({ length: panel.seriesCount }, (_, i) => panel.series(i));

  /** The menus and the samplers to look at are the scene's. */
  function arrange() {
    const { sides, x, y } = axes();
    const options = sides.map((side, i) => /** @type {[number, string]} */ ([i, side.title]));
    xs.set(options, x);
    ys.set(options, y);
    tools.hidden = sides.length < 3;
    const names = samplers().map(({ name }) => name);
    if (state.names !== names.join()) {
      state.names = names.join();
      state.filter?.element.remove();
      state.filter = segments(t("Whose trials"), [{ value: "", text: t("All") }, ...names.map((text, i) => ({ value: String(i), text }))],
        String(panel.view("sampler") ?? ""), (value) => panel.view("sampler", value === "" ? undefined : Number(value)));
      if (names.length > 1) placeSwitches(host, state.filter.element);
    }
    state.filter?.set(String(panel.view("sampler") ?? ""));
  }

  const { now, soon } = paced(draw, PAUSE, panel.signal);

  function draw() {
    const { sides, x, y } = axes();
    if (sides.length < 2) return;
    const only = panel.view("sampler");
    const all = trialsOf(panel);
    state.shown = only === undefined ? all : all.filter(({ sampler }) => sampler === only);
    if (!plane.draw({ x: axisOf(sides[x]), y: axisOf(sides[y]) })) return;
    const { of, range, colors } = coloring(all);
    const look = theme();
    const { area, scale } = plane;
    const context = plane.layers.surface.beginInside(area);
    paintSurface(context, x, y, range, colors);
    plane.layers.surface.end();
    const over = plane.layers.trials.begin();
    for (const one of state.shown) drawTrial(over, one, pixelOf(one), of, look.dark);
    const chosen = chosenOf(panel, state.shown);
    if (chosen) {
      const [px, py] = pixelOf(chosen);
      drawDot(over, px, py, 7.5, Number.isFinite(chosen.value) ? of(chosen.value) : BROKEN, look.card, look.ink);
    }
    const below = { left: area.left, top: area.top + area.height + 46, width: Math.min(240, area.width * 0.5), height: 8 };
    if (all.some(({ value }) => Number.isFinite(value))) {
      drawLegend(over, below, range, colors, look, formatNumber);
      over.fillStyle = look.ink2;
      over.textAlign = "left";
      over.textBaseline = "middle";
      over.font = lettering(look);
      over.fillText(wordsOf(panel).objective, below.left + below.width + 12, below.top + 4, area.width - below.width - 12);
    }
    note.hidden = all.length > 0;
    plane.frame.dataset.trials = String(state.shown.length);
    plane.frame.dataset.chosen = chosen ? `${chosen.line}.${chosen.trial}` : "";
    plane.frame.dataset.scale = String(scale.kx > 0);
  }

  /** @param {Trial} one @returns {[number, number]} */
  function pixelOf(one) {
    const { sides, x, y } = axes();
    const { kx, bx, ky, by } = plane.scale;
    return [placeOf(sides[x], one, x) * kx + bx, placeOf(sides[y], one, y) * ky + by];
  }

  /**
   * The trials' losses smoothed; the colour fades where little is known.
   * @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {import("./marks/matrix.js").Range} range @param {Uint8ClampedArray} colors
   */
  function paintSurface(context, x, y, range, colors) {
    const { sides } = axes();
    const finite = state.shown.filter(({ value }) => Number.isFinite(value));
    if (!finite.length || plane.zoomed || sides[x].choices.length || sides[y].choices.length) return;
    const [inward, outward] = range.log ? [Math.log, Math.exp] : [Number, Number];
    const { means, known } = smoothed(finite.map((one) => ({ x: one.u[x], y: one.u[y], value: inward(Math.min(range.high, one.value)) })), CELLS);
    const image = paintGrid(CELLS, CELLS, (i, j) => outward(means[j * CELLS + i]), range, colors, (i, j) => FULL * known[j * CELLS + i]);
    const { area } = plane;
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = "high";
    context.drawImage(image, area.left, area.top, area.width, area.height);
  }

  /** A disc in the colour of its loss, its edge the sampler's; a cross where it diverged. @param {CanvasRenderingContext2D} context @param {Trial} one @param {[number, number]} at @param {(value: number) => string} of @param {boolean} dark */
  function drawTrial(context, one, [px, py], of, dark) {
    context.lineWidth = 1.6;
    context.strokeStyle = visibleColor(panel.series(one.sampler).color);
    context.beginPath();
    if (!Number.isFinite(one.value)) {
      context.strokeStyle = BROKEN;
      for (const way of [-1, 1]) { context.moveTo(px - 3.5, py - 3.5 * way); context.lineTo(px + 3.5, py + 3.5 * way); }
      context.stroke();
      return;
    }
    context.arc(px, py, 4.2, 0, 2 * Math.PI);
    context.fillStyle = of(one.value);
    context.fill();
    context.stroke();
    context.lineWidth = 0.6;
    context.strokeStyle = tint(GREYS[dark ? 1 : 0], 0.35);
    context.beginPath();
    context.arc(px, py, 5.2, 0, 2 * Math.PI);
    context.stroke();
  }

  /** @param {PointerEvent} event */
  function find(event) {
    const [x, y] = plane.pixel(event);
    return state.shown[nearest(state.shown.length, (i) => pixelOf(state.shown[i]), x, y, 14)];
  }
  pad.addEventListener("pointermove", (event) => {
    const one = find(event);
    pad.classList.toggle("can-choose", Boolean(one));
    if (!one) { tooltip.hide(); return; }
    tooltip.show(...plane.pixel(event), tipOf(panel, one));
  });
  pad.addEventListener("pointerleave", () => tooltip.hide());
  pad.addEventListener("click", (event) => choose(panel, find(/** @type {PointerEvent} */ (event))));
  walkByKeys(pad, panel, () => state.shown);
  plane.onZoom = now;

  return {
    scene() { arrange(); now(); },
    playhead: soon,
    theme: now,
    resize: now,
    view() { arrange(); now(); },
    frame: plane.frame,
    png: () => plane.png(),
  };
}
