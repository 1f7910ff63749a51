// @ts-check
/**
 * A net as a graph: a column of units a layer, edges as wide as their weights are large, coloured by sign; in every
 * unit what it does over the plane, where there is a plane.
 *
 * Roles: `sizes` (layer + 1,) units of every layer, the inputs first; `weights` (edge,), layer by layer, the weights of
 * one unit after those of the other, (to, from) row by row; perhaps `biases` (unit,) of all but the inputs; `fields`
 * (unit, m, n) of every unit, the inputs first; `inputs`, a text: JSON list of names. Where the arrays have a first
 * axis "net", the net in focus is shown.
 * Options: `field_range` of the fields' values, [-1, 1] if none; `layers`, the parameter that lists the hidden layers'
 * widths, where units and layers may be added (and `others`, the list of the further nets that have it too); `edits`,
 * the parameter that lists what is set by hand, where weights and biases may be dragged. A unit that is pointed at
 * shows its own edges only, and larger; a click keeps it.
 */

import { h, hide } from "../controls/dom.js";
import { resolve } from "../controls/schema.js";
import { icon } from "../icons.js";
import { formatNumber } from "../number.js";
import { diverging, ramp, signs } from "../palette.js";
import { lettering } from "../lettering.js";
import { placeSwitches, theme } from "../plot.js";
import { paintGrid } from "./marks/matrix.js";
import { Overlay, stacked } from "./marks/overlay.js";
import { Room } from "./marks/room.js";
import { tipLine, Tooltip } from "./marks/tooltip.js";
import { heightAt, layOut, pathOf, worthDrawing } from "./parts/netlayout.js";

/** @import { Context, Picture } from "../types.d.ts" */
/** @import { Edge, Unit } from "./parts/netlayout.js" */

/** What is dragged: a weight (an edge) or a bias (a unit). @typedef {{edge: Edge|null, unit: Unit|null, from: number, value: number, x: number, y: number, step: number, moved: boolean}} Held */

/** A weight, or a bias where `source` is null, that is set by hand at a step. @typedef {{step: number, net: number, layer: number, unit: number, source: number|null, value: number}} Edit */

const MARGIN = { left: 30, right: 30, top: 26, bottom: 14 };
/** Room above the columns for the buttons that add and remove units. */
const TOOLS = 54;
const LARGEST = 46;
const WIDEST = 9;
/** Pixels: the side of the field of a unit that is pointed at, how near an edge is pointed at, a drag that changes a weight by 1. */
const [LENS, NEAR, PER_ONE] = [132, 6, 60];

/** Whether an edit sets what stands at a place. @param {Edit} edit @param {Omit<Edit, "step"|"value">} place */
const isAt = (edit, place) => edit.net === place.net && edit.layer === place.layer && edit.unit === place.unit && edit.source === place.source;

/** @param {HTMLElement} host @param {Context} panel @returns {Promise<Picture>} */
export async function create(host, panel) {
  const { t, options } = panel;
  const frame = h("div", { class: "plot-frame plot-netgraph", role: "group", "aria-label": panel.title });
  host.append(frame);
  const room = new Room(frame, () => draw(), panel.signal);
  const layer = new Overlay(frame, "overlay-net");
  const tools = h("div", { class: "net-tools" });
  const lens = h("canvas", { class: "net-lens", width: LENS * 2, height: LENS * 2, hidden: true, "aria-hidden": "true" });
  frame.append(tools, lens);
  const tooltip = new Tooltip(frame);
  const builds = "layers" in options;
  const count = h("span", { class: "net-count" });
  const fewer = h("button", { type: "button", class: "icon-button", "aria-label": t("Remove a layer"), on: { click: () => rebuild((widths) => widths.slice(0, -1)) } }, icon("minus"));
  const more = h("button", { type: "button", class: "icon-button", "aria-label": t("Add a layer"), on: { click: () => rebuild((widths) => [...widths, widths.at(-1) ?? 4]) } }, icon("plus"));
  if (builds) placeSwitches(host, h("span", { class: "net-layers" }, fewer, count, more));
  /** @type {{units: Unit[], edges: Edge[], sizes: number[], side: number, laid: string, hover: Unit|null, kept: number, held: Held|null}} */
  const state = { units: [], edges: [], sizes: [], side: LARGEST, laid: "", hover: null, kept: -1, held: null };
  /** All that can be set by hand: of each unit its bias, and the weights that come in. @type {{unit: Unit|null, edge: Edge|null}[]} */
  let things = [];
  /** The units' own fields as they were painted last, and of what. @type {{of: ArrayBufferLike|null, at: number, dark: boolean, image: HTMLCanvasElement|null}} */
  const atlas = { of: null, at: 0, dark: false, image: null };

  /** The part of an array that belongs to the net in focus. @param {string} role @returns {{values: ArrayLike<number>, shape: number[]}|undefined} */
  function own(role) {
    const still = panel.has(role) ? panel.data.still(role) : undefined;
    if (!still || panel.spec(role)?.axes[0] !== "net" && !(role === "sizes" && still.shape.length > 1)) return still;
    const [nets, ...shape] = still.shape;
    const size = still.values.length / nets;
    const net = focused(nets);
    return { values: /** @type {Float64Array} */ (still.values).subarray(net * size, (net + 1) * size), shape };
  }

  /** The net in focus; the first where none is. @param {number} [nets] */
  const focused = (nets = Infinity) => Math.max(0, Math.min(panel.focus, nets - 1));

  const sizesNow = () => Array.from(own("sizes")?.values ?? []).filter((size) => !Number.isNaN(size));

  // -- building the net ----------------------------------------------------------------------------------------

  /** The widths of the net in focus, as parameters have them. @returns {number[]} */
  const widthsNow = () => (focused() === 0 ? panel.params : panel.params[options.others]?.[focused() - 1] ?? {})[options.layers] ?? [];

  /** @param {(widths: number[]) => number[]} how */
  function rebuild(how) {
    const widths = how([...widthsNow()]);
    if (focused() === 0) panel.change({ [options.layers]: widths }, { effect: "restart" });
    else {
      const others = structuredClone(panel.params[options.others]);
      others[focused() - 1][options.layers] = widths;
      panel.change({ [options.others]: others }, { effect: "restart" });
    }
  }

  /** Buttons over every hidden layer. */
  function showTools() {
    if (!builds) return;
    const widths = widthsNow();
    const { node, schema } = panel.schemaOf(options.layers);
    const list = node && schema ? resolve(node, schema) : {};
    const { minimum = 1, maximum = Infinity } = list.items && schema ? resolve(list.items, schema) : {};
    if (count.dataset.widths !== String(widths)) {
      count.dataset.widths = String(widths);
      count.textContent = widths.length === 1 ? t("1 layer") : t("{count} layers", { count: widths.length });
      fewer.toggleAttribute("disabled", widths.length === 0);
      more.toggleAttribute("disabled", widths.length >= (list.maxItems ?? Infinity));
    }
    const button = (/** @type {number} */ i, /** @type {1|-1} */ by) => h("button", { type: "button", class: "icon-button net-tool", dataset: { layer: i, by },
      disabled: by > 0 ? widths[i] >= maximum : widths[i] <= minimum, "aria-label": by > 0 ? t("Add a unit to layer {layer}", { layer: i + 1 }) : t("Remove a unit from layer {layer}", { layer: i + 1 }),
      on: { click: () => {
        rebuild((now) => now.with(i, now[i] + by));
        /** @type {HTMLElement|null} */ (tools.querySelector(`[data-layer="${i}"][data-by="${by}"]`))?.focus({ preventScroll: true });
      } } }, icon(by > 0 ? "plus" : "minus"));
    const key = JSON.stringify([widths, state.sizes.length, room.size.width]);
    if (tools.dataset.key === key || state.sizes.length !== widths.length + 2) return;
    tools.dataset.key = key;
    tools.replaceChildren(...widths.map((_, i) => {
      const first = state.units.find((unit) => unit.layer === i + 1);
      const stack = h("span", { class: "net-stack" }, button(i, 1), button(i, -1));
      stack.style.left = `${first?.x ?? 0}px`;
      return stack;
    }));
  }

  // -- the picture ---------------------------------------------------------------------------------------------

  /** Where the units stand, and what joins them. */
  function arrange() {
    const sizes = sizesNow();
    const weights = own("weights")?.values;
    const { width, height } = room.size;
    if (!sizes.length || !weights || !width || !height) return false;
    const top = MARGIN.top + (builds ? TOOLS : 0);
    const laid = JSON.stringify([sizes, width, height]);
    if (laid !== state.laid) {
      Object.assign(state, { laid, sizes }, layOut(sizes, { left: MARGIN.left, top, width: width - MARGIN.left - MARGIN.right, height: height - top - MARGIN.bottom }, LARGEST));
      const into = Map.groupBy(state.edges, ({ to }) => to.unit);
      things = state.units.filter((unit) => unit.layer).flatMap((unit) => [...panel.has("biases") ? [{ unit, edge: null }] : [],
        ...(into.get(unit.unit) ?? []).map((edge) => ({ unit: null, edge }))]);
    }
    for (const edge of state.edges) edge.weight = weights[edge.at];
    const { held } = state;
    if (held?.edge && state.edges[held.edge.at]) state.edges[held.edge.at].weight = held.value;
    return true;
  }

  function draw() {
    if (!arrange()) return;
    const look = theme();
    const { below, above } = signs(look.dark);
    layer.resize(room.size.width, room.size.height);
    const context = layer.begin();
    const most = state.edges.reduce((top, { weight }) => Math.max(top, Math.abs(weight) || 0), 1e-12);
    const about = state.hover?.unit ?? state.kept;
    context.lineCap = "round";
    for (const edge of worthDrawing(state.edges, about)) {
      const share = Math.abs(edge.weight) / most;
      const held = state.held?.edge?.at === edge.at;
      if (!(share > 0.004) && !held) continue;
      const its = about < 0 || edge.from.unit === about || edge.to.unit === about;
      context.globalAlpha = held ? 1 : its ? 0.25 + 0.65 * share : 0.05;
      context.lineWidth = (held ? 2 : 0.6) + (WIDEST - 0.6) * share;
      context.strokeStyle = edge.weight < 0 ? below : above;
      context.stroke(pathOf(edge, state.side));
    }
    context.globalAlpha = 1;
    const fields = own("fields");
    const broken = state.edges.some(({ weight }) => !Number.isFinite(weight));
    for (const unit of state.units) drawUnit(context, unit, look, fields);
    nameInputs(context, look);
    drawLens(fields, look);
    showTools();
    if (options.edits) grasp();
    Object.assign(frame.dataset, { units: state.units.length, edges: state.edges.length, broken });
  }

  /**
   * Draw a unit's own field. All of them are painted at once, one above the other, each between copies of its first and
   * last row, so that no neighbour shows through where it is drawn larger.
   * @param {CanvasRenderingContext2D} context @param {number} unit @param {{values: ArrayLike<number>, shape: number[]}} fields @param {boolean} dark
   * @param {readonly [number, number, number, number]} box
   */
  function drawField(context, unit, { values, shape: [units, rows, columns] }, dark, box) {
    const tall = rows + 2;
    const { buffer: of, byteOffset: at } = /** @type {Float32Array} */ (values);
    if (atlas.of !== of || atlas.at !== at || atlas.dark !== dark) {
      const [low, high] = options.field_range ?? [-1, 1];
      const image = paintGrid(columns, units * tall, (i, j) => {
        const one = Math.floor(j / tall);
        const row = Math.max(0, Math.min(rows - 1, j - one * tall - 1));
        return Math.max(low, Math.min(high, values[(one * rows + row) * columns + i]));
      }, { low, high, log: false }, ramp(diverging(dark)));
      Object.assign(atlas, { of, at, dark, image });
    }
    context.drawImage(/** @type {HTMLCanvasElement} */ (atlas.image), 0, (units - 1 - unit) * tall + 1, columns, rows, ...box);
  }

  /** @param {CanvasRenderingContext2D} context @param {Unit} unit @param {import("../plot.js").Theme} look @param {ReturnType<typeof own>} fields */
  function drawUnit(context, { unit, x, y }, look, fields) {
    const { side } = state;
    const box = /** @type {const} */ ([x - side / 2, y - side / 2, side, side]);
    context.beginPath();
    context.roundRect(...box, Math.min(6, side / 4));
    context.fillStyle = look.card;
    context.fill();
    if (fields && side >= 10 && unit < fields.shape[0]) {
      context.save();
      context.clip();
      drawField(context, unit, fields, look.dark, box);
      context.restore();
    }
    context.lineWidth = unit === state.kept ? 2.6 : 1.2;
    context.strokeStyle = unit === state.kept ? look.accent : look.ink3;
    context.stroke();
  }

  /** The field of the unit that is pointed at, large. @param {ReturnType<typeof own>} fields @param {import("../plot.js").Theme} look */
  function drawLens(fields, look) {
    const unit = state.hover ?? state.units[state.kept];
    hide(lens, Boolean(state.held) || !fields || !unit || unit.unit >= fields.shape[0] || state.side > LENS);
    const context = lens.getContext("2d");
    if (lens.hidden || !fields || !unit || !context) return;
    context.imageSmoothingQuality = "high";
    drawField(context, unit.unit, fields, look.dark, [0, 0, lens.width, lens.height]);
    const { width, height } = room.size;
    const right = unit.x < width / 2;
    const left = right ? unit.x + state.side / 2 + 10 : unit.x - state.side / 2 - 10 - LENS;
    Object.assign(lens.style, { left: `${Math.max(4, Math.min(width - LENS - 4, left))}px`, top: `${Math.max(4, Math.min(height - LENS - 4, unit.y - LENS / 2))}px` });
  }

  /** @param {CanvasRenderingContext2D} context @param {import("../plot.js").Theme} look */
  function nameInputs(context, look) {
    const names = /** @type {string[]} */ (panel.has("inputs") ? panel.data.told("inputs") : []);
    context.font = lettering(look, 1, "italic");
    context.fillStyle = look.ink2;
    context.textAlign = "center";
    context.textBaseline = "bottom";
    if (state.side >= 12) for (const { layer: l, index, x, y } of state.units) if (l === 0 && names[index]) context.fillText(names[index], x, y - state.side / 2 - 2, 2 * MARGIN.left);
  }

  // -- pointing and dragging -----------------------------------------------------------------------------------

  /** @param {PointerEvent} event */
  function under(event) {
    const box = frame.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const reach = Math.max(8, state.side / 2);
    const unit = state.units.find((one) => Math.abs(one.x - x) <= reach && Math.abs(one.y - y) <= reach) ?? null;
    let edge = null;
    let least = NEAR;
    if (!unit) {
      for (const one of worthDrawing(state.edges, -1)) {
        const share = (x - one.from.x) / (one.to.x - one.from.x);
        const distance = share > 0 && share < 1 ? Math.abs(y - heightAt(one, share)) : Infinity;
        if (distance < least) [edge, least] = [one, distance];
      }
    }
    return { x, y, unit, edge };
  }

  const nameOf = (/** @type {Unit} */ { layer: l, index }) => (l === 0 ? panel.data.told("inputs")[index] ?? t("input {n}", { n: index + 1 })
    : l === state.sizes.length - 1 ? t("output {n}", { n: index + 1 }) : t("unit {n} of layer {layer}", { n: index + 1, layer: l }));

  const biasOf = (/** @type {Unit} */ unit) => (unit.layer && panel.has("biases") ? own("biases")?.values[unit.unit - state.sizes[0]] : undefined);

  /** @param {number} x @param {number} y @param {Unit|null} unit @param {Edge|null} edge @param {number} [value] of what is held */
  function tell(x, y, unit, edge, value) {
    const hint = options.edits && value === undefined ? [h("div", { class: "tip-name" }, t("Drag to change it."))] : [];
    if (unit) {
      const bias = value ?? biasOf(unit);
      tooltip.show(x, y, [h("div", { class: "tip-title" }, nameOf(unit)), ...(bias === undefined ? [] : [tipLine(t("bias"), formatNumber(bias, 3)), ...hint])]);
    } else if (edge) tooltip.show(x, y, [h("div", { class: "tip-title" }, `${nameOf(edge.from)} → ${nameOf(edge.to)}`), tipLine(t("weight"), formatNumber(value ?? edge.weight, 3)), ...hint]);
    else tooltip.hide();
  }

  /** A weight or a bias of the net in focus, as an edit names it. @param {Unit|null} unit @param {Edge|null} edge */
  const placeOf = (unit, edge) => {
    const to = edge?.to ?? /** @type {Unit} */ (unit);
    return { net: focused(), layer: to.layer, unit: to.index, source: edge?.from.index ?? null };
  };

  /** What is set by hand. @returns {Edit[]} */
  const editsNow = () => panel.params[options.edits] ?? [];

  /** Set what is held: the run changes from its step on, and the step after it, where the playhead stands then, shows what comes of it. @param {Held} held @param {boolean} dragging */
  function set({ edge, unit, value, step }, dragging) {
    const edit = { step, ...placeOf(unit, edge), value: Number(value.toPrecision(6)) };
    panel.seek(step);
    panel.change({ [options.edits]: [...editsNow().filter((one) => one.step !== step || !isAt(one, edit)), edit] }, { effect: "live", dragging, stay: true });
    panel.seek(Math.min(step + 1, panel.total));
  }

  frame.addEventListener("pointerdown", (event) => {
    if (!options.edits || event.button !== 0 || /** @type {Element} */ (event.target).closest("button")) return;
    const { x, y, unit, edge } = under(event);
    const value = unit ? biasOf(unit) : edge?.weight;
    if (value === undefined || !Number.isFinite(value)) return;
    const step = Math.min(panel.step, panel.total - 1); // after the last step nothing can change any more
    state.held = { edge: unit ? null : edge, unit, from: value, value, x, y, step: Math.max(0, Math.floor(step)), moved: false };
    frame.setPointerCapture(event.pointerId);
  }, { signal: panel.signal });

  frame.addEventListener("pointermove", (event) => {
    const { x, y, unit, edge } = under(event);
    const { held } = state;
    if (held) {
      const by = x - held.x + held.y - y;
      if (!held.moved && Math.abs(by) < 4) return;
      held.moved = true;
      held.value = held.from + by / PER_ONE;
      set(held, true);
      tell(x, y, held.unit, held.edge, held.value);
      draw();
      return;
    }
    if (unit?.unit !== state.hover?.unit) {
      state.hover = unit;
      draw();
    }
    frame.classList.toggle("can-choose", Boolean(unit));
    frame.classList.toggle("can-drag", Boolean(options.edits && (edge || unit?.layer)));
    tell(x, y, unit, edge);
  });
  frame.addEventListener("pointerleave", () => {
    tooltip.hide();
    state.hover = null;
    draw();
  });
  /** @param {boolean} done */
  const release = (done) => {
    const { held } = state;
    state.held = null;
    if (held?.moved && done) set(held, false);
    return Boolean(held?.moved);
  };
  let dragged = false;
  frame.addEventListener("pointerup", () => { dragged = release(true); });
  frame.addEventListener("pointercancel", () => release(true));
  frame.addEventListener("click", (event) => {
    if (dragged || /** @type {Element} */ (event.target).closest("button")) {
      dragged = false;
      return;
    }
    const { unit } = under(/** @type {PointerEvent} */ (event));
    state.kept = !unit || unit.unit === state.kept ? -1 : unit.unit;
    draw();
  });

  // -- by keyboard ---------------------------------------------------------------------------------------------

  /** Which of all that can be set the keys hold. */
  let at = 0;
  const grip = h("div", { class: "net-grip", role: "slider", tabindex: 0, "aria-label": t("A weight or a bias: left and right choose one, up and down change it"), "aria-valuenow": 0 });

  /** Show what the keys hold. */
  function grasp() {
    if (!things.length) return null;
    at = Math.min(at, things.length - 1);
    const { unit, edge } = things[at];
    const place = placeOf(unit, edge);
    const edit = editsNow().findLast((one) => isAt(one, place) && [0, 1].includes(panel.step - one.step)); // just set: it is set further
    const value = edit?.value ?? (unit ? biasOf(unit) ?? NaN : /** @type {Edge} */ (edge).weight);
    const [x, y] = unit ? [unit.x, unit.y] : [(/** @type {Edge} */ (edge).from.x + /** @type {Edge} */ (edge).to.x) / 2, (/** @type {Edge} */ (edge).from.y + /** @type {Edge} */ (edge).to.y) / 2];
    Object.assign(grip.style, { left: `${x}px`, top: `${y}px` });
    grip.setAttribute("aria-valuenow", String(value));
    grip.setAttribute("aria-valuetext", unit ? t("{unit}: bias {value}", { unit: nameOf(unit), value: formatNumber(value, 3) })
      : t("{from} → {to}: weight {value}", { from: nameOf(/** @type {Edge} */ (edge).from), to: nameOf(/** @type {Edge} */ (edge).to), value: formatNumber(value, 3) }));
    if (document.activeElement === grip) tell(x, y, unit, edge, value);
    const step = edit?.step ?? Math.max(0, Math.min(panel.step, panel.total - 1)); // after the last step nothing can change any more
    return { unit, edge, from: value, value, x, y, step, moved: true, count: things.length };
  }

  grip.addEventListener("keydown", (event) => {
    const held = grasp();
    const across = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const up = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!held || !across && !up) return;
    event.preventDefault();
    event.stopPropagation();
    if (across) at = (at + across + held.count) % held.count;
    else set({ ...held, value: held.value + /** @type {number} */ (up) * (event.shiftKey ? 0.01 : 0.1) }, false);
    grasp();
  });
  grip.addEventListener("focus", () => grasp());
  grip.addEventListener("blur", () => tooltip.hide());
  if (options.edits) frame.append(grip);

  return { scene: draw, playhead: draw, theme: draw, resize: draw, focus: draw, params: showTools, frame, png: async () => stacked([layer.canvas], theme().card) };
}
