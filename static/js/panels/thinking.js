// @ts-check
/**
 * A text runs through the net: every character coloured by a unit, a gate or the surprise; all units below as a map;
 * the units that follow quotes, brackets, the place in the line; a unit held fixed, and what becomes of loss and samples.
 */

/** @import { Context, Picture, WireFrame } from "../types.d.ts" */

/** What is looked at. @typedef {{what: string, layer: number, unit: number, net: number}} Look */

import { h } from "../controls/dom.js";
import { choice, slide, whole } from "../controls/tools.js";
import { formatNumber } from "../number.js";
import { theme } from "../plot.js";
import { asFarAs, asker } from "./parts/asking.js";
import { stacked } from "./marks/overlay.js";
import { diverging, letterField, surprising } from "./marks/tokens.js";
import { answerAt, describe, LONGEST } from "./nextchar.js";

const EXCERPT = 420;
const SURPRISE = "surprise";

/** @param {HTMLElement} host @param {Context} panel @returns {Promise<Picture>} */
export async function create(host, panel) {
  const { t } = panel;
  /** @type {Look} */
  const look = { what: SURPRISE, layer: 0, unit: 0, net: 0, ...(panel.view("think") ?? {}) };
  const state = { answer: /** @type {WireFrame|null} */ (null), units: /** @type {WireFrame|null} */ (null), holding: false,
    typed: /** @type {string|null} */ (panel.view("thought") ?? null), mapped: /** @type {WireFrame|null} */ (null), mapUnit: -1 };

  const text = /** @type {HTMLTextAreaElement} */ (h("textarea", { class: "prime", rows: 3, spellcheck: "false",
    "aria-label": t("Text that the net reads") }));
  const what = choice(t("Coloured by"), [], look.what, (value) => set({ what: value }));
  const layer = choice(t("Layer"), [], look.layer, (value) => set({ layer: Number(value) }));
  const net = choice(t("Net"), [], look.net, (value) => set({ net: Number(value), layer: 0, unit: 0 }));
  const unit = whole(t("Unit"), { value: look.unit, onChange: (value) => set({ unit: value }) });
  const legend = h("span", { class: "legend-bar" });
  const refusal = h("p", { class: "refusal", role: "alert" });
  const letters = letterField({ label: t("The text, coloured"), onPoint: point });
  const note = h("p", { class: "letter-note" });
  const canvas = /** @type {HTMLCanvasElement} */ (h("canvas", { role: "img", "aria-label": t("All units at every character; one row for each unit") }));
  const map = h("div", { class: "unit-map", title: t("Rows are units, columns are characters. Click to choose a unit.") }, canvas);
  const asOf = h("span", { class: "bar-rest" });

  const finder = h("div", { class: "finder" });
  const find = h("button", { type: "button", class: "button find-units", on: { click: () => units.now() } }, t("Find units"));
  const findRefusal = h("p", { class: "refusal", role: "alert" });
  const holdValue = slide(t("at"), { min: -1, max: 1, step: 0.05, value: 0, words: (value) => value.toFixed(2), name: t("Value that the unit is held at"),
    onMove: () => { if (state.holding) ablate.soon(120); } });
  const holdButton = h("button", { type: "button", class: "button hold-unit", "aria-pressed": "false", on: { click: () => hold(!state.holding) } }, t("Hold this unit"));
  const holdWords = h("p", { class: "letter-note hold-words", "aria-live": "polite" });
  const free = h("pre", { class: "sample-text", tabindex: 0, "aria-label": t("Sample of the net as it is") });
  const fixed = h("pre", { class: "sample-text", tabindex: 0, "aria-label": t("Sample with the unit held") });
  const both = h("div", { class: "two-samples", hidden: true }, h("div", {}, h("h4", {}, t("As it is")), free), h("div", {}, h("h4", {}, t("Held")), fixed));

  host.append(
    h("div", { class: "tool-row" }, what.element, net.element, layer.element, unit.element, legend, asOf),
    text, refusal, h("div", { style: "height:8px" }), letters.element, note, map,
    h("h3", { class: "sub-head" }, t("Which units follow quotes, brackets, lines or words?")),
    h("div", { class: "tool-row" }, find, h("span", { class: "bar-rest" }, t("The units are chosen on one half of the held-out text; the correlation is measured on the other half."))), findRefusal, finder,
    h("h3", { class: "sub-head" }, t("Hold a unit fixed")),
    h("div", { class: "tool-row" }, holdButton, holdValue.element), holdWords, both,
  );

  /** What may be looked at in the net: name, title, and the scale of its numbers. @returns {{name: string, title: string, scale: "signed"|"share"|"free"}[]} */
  const quantities = () => JSON.parse(panel.scene?.texts.quantities ?? "[]")[look.net] ?? [];
  const quantityNow = () => quantities().find(({ name }) => name === look.what);
  const layersOf = () => Number(panel.scene?.arrays.layers?.values[look.net] ?? 1);
  const hidden = () => panel.scene?.arrays.hidden_sizes?.values[look.net] ?? 1;
  const excerpt = () => (panel.scene?.texts.held_out_excerpt || panel.scene?.texts.excerpt || "").slice(0, EXCERPT);

  const think = asker(panel, "reading", {
    question: () => (text.value ? { text: asFarAs(text.value, LONGEST), net: look.net, layer: look.layer, quantity: look.what === SURPRISE ? quantities()[0]?.name : look.what } : null),
    show: (answer) => { state.answer = answer; showAnswer(answer); },
    refuse: (sentence) => { refusal.textContent = sentence; },
  });
  const units = asker(panel, "units", {
    question: () => ({ net: look.net, most: 6 }), every: Infinity,
    show: (answer) => { state.units = answer; showUnits(); },
    refuse: (sentence) => { findRefusal.textContent = sentence; },
  });
  const ablate = asker(panel, "held", {
    question: () => (state.holding ? { net: look.net, hold: [[look.layer, look.unit, holdValue.value]], length: 160, temperature: 0.5 } : null),
    show: (answer, { hold: [held] }) => showHeld(answer, held), refuse: (sentence) => { holdWords.textContent = sentence; }, every: 4000,
  });

  /** @param {Partial<Look>} change */
  function set(change) {
    Object.assign(look, change);
    panel.view("think", { ...look });
    showTools();
    if (!("unit" in change) || "net" in change) think.now(); else paint();
    if (state.holding) ablate.now();
    showUnits();
  }

  function showTools() {
    const count = panel.seriesCount;
    look.net = Math.min(look.net, Math.max(0, count - 1));
    if (look.what !== SURPRISE && !quantityNow()) look.what = quantities()[0]?.name ?? SURPRISE;
    const layers = layersOf();
    look.layer = Math.min(look.layer, layers - 1);
    look.unit = Math.min(look.unit, hidden() - 1);
    what.set([[SURPRISE, t("surprise")], ...quantities().map(({ name, title }) => /** @type {[string, string]} */ ([name, title]))], look.what);
    layer.set(Array.from({ length: layers }, (_, i) => [i, String(i + 1)]), look.layer);
    net.set(Array.from({ length: count }, (_, i) => [i, panel.series(i).name]), look.net);
    layer.element.hidden = layers < 2 || look.what === SURPRISE;
    net.element.hidden = count < 2;
    unit.element.hidden = look.what === SURPRISE;
    unit.set(look.unit, hidden() - 1);
  }

  /** @param {WireFrame} answer */
  function showAnswer({ texts, step }) {
    refusal.textContent = texts.unknown ? t("Left out, because the net does not know them: {characters}", { characters: [...texts.unknown].slice(0, 20).join(" ") }) : "";
    asOf.textContent = t("as it was at step {step}", { step: formatNumber(step) });
    host.dataset.step = String(step);
    paint();
    paintMap();
  }

  /** The number of a character that is looked at. @param {WireFrame} answer @param {number} i */
  const valueAt = ({ arrays }, i) => {
    return look.what === SURPRISE ? arrays.surprise.values[i] : arrays.activations.values[i * arrays.activations.shape[1] + look.unit];
  };

  /** The largest size in the scale of a quantity: most are within ±1, some are free. @param {WireFrame} answer */
  function most({ arrays }) {
    if (quantityNow()?.scale !== "free") return 1;
    return Array.from(arrays.activations.values).reduce((top, x) => Math.max(top, Math.abs(x)), 1e-6);
  }

  function paint() {
    const { answer } = state;
    if (!answer) return;
    const top = most(answer);
    const gate = quantityNow()?.scale === "share";
    const colorOf = (/** @type {number} */ value) => (look.what === SURPRISE ? surprising(value) : gate ? diverging(2 * value - 1, 1) : diverging(value, top));
    letters.show(answer.texts.text, (i) => colorOf(valueAt(answer, i)));
    const scale = look.what === SURPRISE ? { low: "0", high: "6", colors: [0, 1, 2, 3, 4, 5, 6].map(surprising) }
      : { low: gate ? "0" : formatNumber(-top, 2), high: gate ? "1" : formatNumber(top, 2), colors: [-1, -0.5, 0, 0.5, 1].map((x) => diverging(x, 1)) };
    const bar = h("i", {});
    bar.style.background = `linear-gradient(90deg, ${scale.colors.join(", ")})`;
    legend.replaceChildren(scale.low, bar, look.what === SURPRISE ? t("{n} nats", { n: scale.high }) : scale.high);
    map.hidden = look.what === SURPRISE;
    letters.element.dataset.what = look.what;
    point(-1);
    if (state.mapped !== answer || state.mapUnit !== look.unit) paintMap();
  }

  function paintMap(always = false) {
    const { answer } = state;
    if (!answer || (look.what === SURPRISE && !always)) return;
    const { values, shape: [T, H] } = answer.arrays.activations;
    const gate = quantityNow()?.scale === "share";
    const top = most(answer);
    [canvas.width, canvas.height] = [T, H];
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    const image = context.createImageData(T, H);
    for (let i = 0; i < T; i += 1) {
      for (let u = 0; u < H; u += 1) {
        const value = gate ? 2 * values[i * H + u] - 1 : values[i * H + u] / top;
        const at = 4 * (u * T + i);
        image.data.set(value < 0 ? [0, 114, 178] : [230, 120, 20], at);
        image.data[at + 3] = 255 * Math.min(1, Math.abs(value));
      }
    }
    context.putImageData(image, 0, 0);
    context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--ink");
    context.globalAlpha = 0.9;
    context.fillRect(0, look.unit, Math.max(2, T / 120), 1);
    context.fillRect(T - Math.max(2, T / 120), look.unit, Math.max(2, T / 120), 1);
    state.mapped = answer;
    state.mapUnit = look.unit;
  }
  canvas.addEventListener("click", (event) => {
    const box = canvas.getBoundingClientRect();
    set({ unit: Math.max(0, Math.min(hidden() - 1, Math.floor(((event.clientY - box.top) / box.height) * hidden()))) });
  });

  /** @param {number} i -1 for none */
  function point(i) {
    const { answer } = state;
    if (!answer) return;
    if (i < 0) {
      const surprises = Array.from(answer.arrays.surprise.values);
      const mean = surprises.reduce((sum, x) => sum + x, 0) / surprises.length;
      note.textContent = t("Mean surprise: {nats} nats a character. Point at a character, or use the arrow keys.", { nats: mean.toFixed(3) });
      return;
    }
    const character = [...answer.texts.text][i];
    const words = describe(t, answerAt(answer, i), character);
    note.textContent = look.what === SURPRISE ? words : t("{quantity} of unit {unit}: {value}.", { quantity: look.what, unit: look.unit, value: formatNumber(valueAt(answer, i), 3) }) + ` ${words}`;
  }

  // --- the unit finder --------------------------------------------------------------------------------------------
  function showUnits() {
    if (!state.units) return;
    const { arrays, texts } = state.units;
    /** @type {string[]} */
    const words = JSON.parse(texts.words);
    /** @type {string[]} */
    const quantities = JSON.parse(texts.quantities);
    const [rows, columns] = arrays.correlation.shape;
    finder.replaceChildren(...Array.from({ length: rows }, (_, row) => h("div", { class: "finder-row" }, h("span", {}, words[row]),
      h("div", { class: "finder-units" }, ...Array.from({ length: columns }, (_none, k) => {
        const at = row * columns + k;
        if (arrays.unit.values[at] < 0) return k === 0 && h("span", { class: "bar-rest" }, t("does not occur in this text"));
        const one = { what: quantities[arrays.quantity.values[at]], layer: arrays.layer.values[at], unit: arrays.unit.values[at] };
        const chosen = look.what === one.what && look.layer === one.layer && look.unit === one.unit;
        const name = layersOf() > 1 ? `${one.what}${one.unit} · ${one.layer + 1}` : `${one.what}${one.unit}`;
        return h("button", { type: "button", class: "finder-unit", "aria-pressed": String(chosen), title: t("Correlation {value}", { value: arrays.correlation.values[at].toFixed(3) }),
          style: `background-color: ${diverging(arrays.correlation.values[at], 1)}`, on: { click: () => set(one) } }, `${name}  ${arrays.correlation.values[at].toFixed(2)}`);
      })))));
  }

  // --- a held unit ------------------------------------------------------------------------------------------------
  /** @param {boolean} on */
  function hold(on) {
    state.holding = on;
    holdButton.setAttribute("aria-pressed", String(on));
    holdButton.textContent = on ? t("Release it") : t("Hold this unit");
    if (on && look.what === SURPRISE) set({ what: quantities()[0]?.name });
    if (on) ablate.now();
    else {
      both.hidden = true;
      holdWords.textContent = "";
    }
  }

  /** @param {WireFrame} answer @param {[layer: number, unit: number, value: number]} held */
  function showHeld({ arrays, texts }, [atLayer, atUnit, value]) {
    if (!state.holding) return;
    const [before, after] = [arrays.free_loss.values[0], arrays.held_loss.values[0]];
    holdWords.textContent = t("Unit {unit} of layer {layer} held at {value}: the loss on held-out text goes from {before} to {after} nats a character ({difference}).", {
      unit: atUnit, layer: atLayer + 1, value: value.toFixed(2), before: before.toFixed(4), after: after.toFixed(4), difference: `${after >= before ? "+" : "−"}${Math.abs(after - before).toFixed(4)}` });
    free.textContent = texts.free_sample;
    fixed.textContent = texts.held_sample;
    both.hidden = false;
  }
  text.addEventListener("input", () => {
    state.typed = text.value;
    think.soon(150);
  });
  text.addEventListener("change", () => panel.view("thought", state.typed && state.typed.length < 600 ? state.typed : undefined));

  const follow = () => {
    think.follow();
    if (state.holding) ablate.follow();
  };
  return {
    scene() {
      if (state.typed === null) text.value = excerpt();
      else if (!text.value) text.value = state.typed;
      state.units = null;
      finder.replaceChildren();
      showTools();
      think.soon(50);
    },
    playhead: follow,
    theme: () => paintMap(),
    png: async () => {
      paintMap(true);
      return stacked([canvas], theme().card);
    },
  };
}
