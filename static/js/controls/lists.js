// @ts-check
// Lists of plain values: how many of each (a row of number boxes), and which of several (a row of switches).

/** @import { Factory } from "../types.d.ts" */

import { readNumber } from "../number.js";
import { h } from "./dom.js";
import { icon } from "../icons.js";
import { same } from "./schema.js";
import { shell } from "./shell.js";

/** Whole numbers one after another, such as the widths of layers; more are added at the end. @type {Factory<"counts", number[]>} */
export function countsControl(field, value, emit, context) {
  const { t } = context;
  const { minimum, maximum, most, add } = field;
  let current = [...value];
  const frame = shell(field, context, { onReset: () => take([...field.default]) });
  const row = h("div", { class: "counts", role: "group", "aria-labelledby": frame.labelId });
  const fewer = h("button", { type: "button", class: "icon-button", "aria-label": t("Remove the last"), on: { click: () => take(current.slice(0, -1)) } }, icon("minus"));
  const more = h("button", { type: "button", class: "icon-button", "aria-label": t("Add one"), on: { click: () => take([...current, current.at(-1) ?? add]) } }, icon("plus"));
  row.append(fewer, more);
  frame.body.append(row);
  /** They stay as long as there are as many: whoever goes from one to the next, or to a button, finds it where it was. @type {HTMLInputElement[]} */
  let boxes = [];
  const bound = (/** @type {number} */ number) => Math.max(minimum, Math.min(maximum, Math.round(number)));

  /** @param {number} i */
  function makeBox(i) {
    /** @type {HTMLInputElement} */
    const input = h("input", { type: "text", inputmode: "numeric", class: "number-box count-box", autocomplete: "off",
      "aria-label": t("{title}, number {n}", { title: field.title, n: i + 1 }) });
    input.addEventListener("focus", () => input.select());
    input.addEventListener("change", () => {
      const { value: typed } = readNumber(input.value);
      take(Number.isNaN(typed) ? current : current.with(i, bound(typed)));
    });
    input.addEventListener("keydown", (event) => {
      const by = /** @type {Record<string, number>} */ ({ ArrowUp: 1, ArrowDown: -1 })[event.key];
      if (!by) return;
      event.preventDefault();
      take(current.with(i, bound(current[i] + by)));
      input.select();
    });
    return input;
  }

  function show() {
    if (boxes.length !== current.length) {
      for (const box of boxes.slice(current.length)) box.remove();
      boxes = current.map((_, i) => boxes[i] ?? makeBox(i));
      fewer.before(...boxes.filter((box) => box.parentElement !== row));
      frame.describe(...boxes);
    }
    boxes.forEach((box, i) => { box.value = String(current[i]); });
    fewer.toggleAttribute("disabled", current.length === 0);
    more.toggleAttribute("disabled", current.length >= most);
    frame.changed(!same(current, field.default));
  }

  /** @param {number[]} next */
  function take(next) {
    frame.problem("");
    const is = !same(next, current);
    current = next;
    show();
    if (is) emit([...next], { dragging: false, effect: field.effect });
  }

  show();
  return {
    element: frame.element,
    set(next) {
      if (same(next, current)) return;
      current = [...next];
      show();
    },
    clear: () => frame.problem(""),
    problem: (_path, problem) => frame.problem(problem.sentence),
  };
}

/** Any of some names, each a switch; at least `field.minimum` stay on. @type {Factory<"several", string[]>} */
export function severalControl(field, value, emit, context) {
  let current = [...value];
  const frame = shell(field, context, { onReset: () => take([...field.default]) });
  const buttons = field.options.map((option) => h("button", { type: "button", class: "chip", on: { click: () => toggle(option.value) } }, option.label));
  frame.body.append(h("div", { class: "chips", role: "group", "aria-labelledby": frame.labelId }, ...buttons));

  function show() {
    buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(current.includes(field.options[i].value))));
    frame.changed(!same(current, field.default));
  }

  /** @param {string} name */
  function toggle(name) {
    const next = field.options.map((option) => option.value).filter((one) => (one === name) !== current.includes(one));
    if (next.length >= field.minimum) take(next);
  }

  /** @param {string[]} next */
  function take(next) {
    frame.problem("");
    current = next;
    show();
    emit([...next], { dragging: false, effect: field.effect });
  }

  show();
  return {
    element: frame.element,
    set(next) {
      current = [...next];
      show();
    },
    clear: () => frame.problem(""),
    problem: (_path, problem) => frame.problem(problem.sentence),
  };
}
