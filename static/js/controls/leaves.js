// @ts-check
// The variables of what was typed: each with its value, its shape and a slider. What they are is told by the scene, what
// they hold by the run; only what the visitor has set is a parameter.

/** @import { Control, Factory, Params } from "../types.d.ts" */

import { setTo, shaped } from "../leafvalues.js";
import { boxText, readNumber } from "../number.js";
import { h } from "./dom.js";
import { STEPS } from "./number.js";
import { shell } from "./shell.js";

/**
 * @typedef {{name: string, shape: number[], low: number, high: number, step: number, at: number, size: number}} Leaf
 * @typedef {{leaf: Leaf, element: HTMLElement, show: (numbers: number[]) => void}} Row
 */

/** Rows and columns of which each entry has a box; larger ones are drawn from the seed. */
const MOST = 6;

/** Hints: `structure`, the scene's text that lists the leaves; `entries`, the array that holds their values; `shapes`, the parameter of their shapes. @type {Factory<"leaves", Params>} */
export function leavesControl(field, value, emit, context) {
  const { t } = context;
  const frame = shell(field, context, { onReset: () => emit(field.default, { dragging: false, effect: field.effect }) });
  const list = h("div", { class: "leaves" });
  frame.body.append(list);
  frame.element.classList.add("field-leaves");
  frame.element.setAttribute("role", "group");
  frame.element.setAttribute("aria-labelledby", frame.labelId);
  let current = value ?? {};
  /** The nodes of the lines whose leaves have rows. */
  let lines = "";
  /** @type {Row[]} */
  let rows = [];
  let coming = 0;

  /** @param {Leaf} leaf @param {any} next @param {boolean} dragging */
  function set(leaf, next, dragging) {
    current = { ...current, [leaf.name]: next };
    emit(current, { dragging, effect: field.effect, stay: true });
  }

  /** @param {Leaf} leaf */
  function scalar(leaf) {
    const inner = context.make({ kind: "number", name: leaf.name, title: leaf.name, description: "", default: undefined, effect: field.effect, unit: "", group: "", shownWhen: null, hiddenWhen: null, hints: {},
      minimum: leaf.low, maximum: leaf.high, scale: "linear", step: leaf.step, integer: false }, 0, (next, { dragging }) => set(leaf, next, dragging), context);
    inner.element.classList.add("leaf-row");
    return { element: inner.element, show: (/** @type {number[]} */ [number]) => inner.set(number) };
  }

  /** @param {Leaf} leaf */
  function grid(leaf) {
    const columns = leaf.shape.at(-1) ?? 1;
    /** @type {number[]} */
    let now = [];
    const upright = leaf.shape.length < 2;
    const few = leaf.size <= MOST * MOST && columns <= MOST;
    const put = (/** @type {number} */ i, /** @type {number} */ number) => {
      now = now.with(i, number);
      set(leaf, shaped(now, leaf.shape), false);
    };
    const boxes = few ? Array.from({ length: leaf.size }, (_, i) => {
      /** @type {HTMLInputElement} */
      const box = h("input", { type: "text", inputmode: "decimal", class: "number-box", autocomplete: "off",
        "aria-label": upright ? `${leaf.name}, ${i + 1}` : `${leaf.name}, ${Math.floor(i / columns) + 1}, ${(i % columns) + 1}`, on: {
          focus: () => box.select(),
          change: () => {
            const { value: typed } = readNumber(box.value);
            if (Number.isNaN(typed)) box.value = boxText(now[i]);
            else put(i, typed);
          },
          keydown: (event) => {
            const by = STEPS[event.key];
            if (!by) return;
            event.preventDefault();
            put(i, Number((now[i] + by * leaf.step * 10).toPrecision(8)));
            box.value = boxText(now[i]);
          },
        } });
      return box;
    }) : [];
    const sides = leaf.shape.map((side, i) => h("input", { type: "number", class: "number-box leaf-side", min: 1, max: 64, value: side,
      "aria-label": i ? t("Columns of {name}", { name: leaf.name }) : t("Rows of {name}", { name: leaf.name }), on: { change: (event) => {
        const side = Number(/** @type {HTMLInputElement} */ (event.target).value);
        if (Number.isInteger(side) && side >= 1 && side <= 64) reshape(leaf, leaf.shape.with(i, side));
      } } }));
    const head = h("div", { class: "leaf-head" }, h("span", { class: "field-label" }, leaf.name), h("span", { class: "spring" }), ...sides.flatMap((side, i) => (i ? ["×", side] : [side])));
    const element = h("div", { class: "leaf-grid" }, head, few && h("div", { class: "leaf-cells", style: `--columns: ${upright ? Math.min(leaf.size, MOST) : columns}` }, ...boxes));
    return { element, show(/** @type {number[]} */ numbers) {
      now = numbers;
      boxes.forEach((box, i) => { if (document.activeElement !== box) box.value = boxText(Number(numbers[i].toPrecision(4))); });
    } };
  }

  /** Another shape: its entries are drawn anew. @param {Leaf} leaf @param {number[]} shape */
  function reshape(leaf, shape) {
    const { [leaf.name]: _gone, ...kept } = current;
    const shapes = field.hints.shapes;
    if (shapes) context.change?.({ [field.name]: kept, [shapes]: { ...context.value?.(shapes), [leaf.name]: shape } });
  }

  /** Build the rows where the leaves are others: of the same lines a slider stays, and so does a drag of it, as long as the value fits on it. @param {any} told */
  function build(told) {
    /** @type {Leaf[]} */
    const leaves = (told?.leaves ?? []).map((/** @type {any} */ leaf) => { const node = told.nodes.find((/** @type {any} */ one) => one.id === leaf.node); return { ...leaf, at: node.at, size: node.size }; });
    leaves.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
    const next = JSON.stringify(told?.nodes ?? []);
    const known = next === lines ? rows : [];
    lines = next;
    const fits = (/** @type {Leaf} */ { name, low, high }) => known.find(({ leaf }) => leaf.name === name && leaf.low <= low && high <= leaf.high);
    const before = rows;
    rows = leaves.map((leaf) => fits(leaf) ?? { leaf, ...(leaf.shape.length ? grid(leaf) : scalar(leaf)) });
    frame.element.hidden = !rows.length;
    if (rows.length === before.length && rows.every((row, i) => row === before[i])) return;
    list.replaceChildren(...rows.map(({ element }) => element));
  }

  /** Write what the variables hold: those that were set what they were set to, though the run on screen may be an older one. */
  function write() {
    const numbers = context.entries?.(field.hints.entries ?? "");
    for (const { leaf, show } of rows) {
      const set = setTo(current, leaf.name, leaf.size);
      if (set) show(set);
      else if (numbers && numbers.length >= leaf.at + leaf.size) show(Array.prototype.slice.call(numbers, leaf.at, leaf.at + leaf.size));
    }
  }

  /** Another run: its picture comes first. Boxes whose text changes are laid out, and looked at by the browser, after that. */
  function run() {
    cancelAnimationFrame(coming);
    coming = requestAnimationFrame(() => { coming = requestAnimationFrame(write); });
  }

  return /** @type {Control<Params>} */ ({
    element: frame.element,
    set(next) {
      current = next ?? {};
      frame.changed(JSON.stringify(current) !== JSON.stringify(field.default));
    },
    clear: () => frame.problem(""),
    problem: (_path, problem) => frame.problem(problem.sentence),
    scene(scene) {
      build(JSON.parse(scene.texts?.[field.hints.structure ?? ""] ?? "null"));
      write();
    },
    run,
    destroy: () => cancelAnimationFrame(coming),
  });
}
