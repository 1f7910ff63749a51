// @ts-check
// The small controls of panels and of the page: a menu, a slider, a number, a switch, each in a label of its own. They look and
// behave like those of the settings column, which are made from a schema.

import { h } from "./dom.js";

/** A choice of a menu: its value, and its name for readers. @typedef {[value: string|number, title: string]} Option */

/**
 * Fill a menu; unchanged options are left alone, so that an open menu stays open.
 * @param {HTMLSelectElement} select @param {Option[]} options @param {string|number} value
 */
function fill(select, options, value) {
  const key = JSON.stringify(options);
  if (select.dataset.key !== key) {
    select.dataset.key = key;
    select.replaceChildren(...options.map(([name, title]) => h("option", { value: String(name) }, title)));
  }
  select.value = String(value);
}

/** What a slider has done, and shows as filled. @param {HTMLInputElement} input */
export function showFilled(input) {
  const [low, high] = [Number(input.min), Number(input.max)];
  input.style.setProperty("--filled", `${high > low ? (100 * (Number(input.value) - low)) / (high - low) : 0}%`);
}

/**
 * A menu.
 * @param {string} label
 * @param {Option[]} options
 * @param {string|number} value
 * @param {(value: string) => void} onChoose
 */
export function choice(label, options, value, onChoose) {
  const select = h("select", { class: "select", "aria-label": label });
  select.addEventListener("change", () => onChoose(select.value));
  const element = h("label", { class: "tool" }, label, select);
  fill(select, options, value);
  return { element, set: (/** @type {Option[]} */ next, /** @type {string|number} */ now) => fill(select, next, now) };
}

/**
 * A slider with its value in words beside it.
 * @param {string} label
 * @param {{min: number, max: number, step: number, value: number, words: (value: number) => string, title?: string, name?: string,
 *   onMove: (value: number) => void, onLeave?: (value: number) => void}} how words: the value for readers; name: for assistive
 *   technology, where the label is not enough; onLeave: it was let go
 */
export function slide(label, { min, max, step, value, words, title, name, onMove, onLeave }) {
  const output = h("output", {});
  const input = h("input", { type: "range", class: "slider", min, max, step, value, "aria-label": name ?? label });
  input.addEventListener("input", () => {
    show();
    onMove(Number(input.value));
  });
  input.addEventListener("change", () => onLeave?.(Number(input.value)));
  function show() {
    output.textContent = words(Number(input.value));
    input.setAttribute("aria-valuetext", output.textContent);
    showFilled(input);
  }
  show();
  return { element: h("label", { class: "tool", title }, label, input, output), get value() { return Number(input.value); } };
}

/**
 * A whole number in a box.
 * @param {string} label
 * @param {{value: number, onChange: (value: number) => void}} how
 */
export function whole(label, { value, onChange }) {
  const input = h("input", { type: "number", class: "number-box", min: 0, max: 0, step: 1, value, "aria-label": label });
  input.addEventListener("change", () => onChange(Math.max(0, Math.min(Number(input.max), Math.round(Number(input.value)) || 0))));
  return { element: h("label", { class: "tool" }, label, input), set: (/** @type {number} */ now, /** @type {number} */ most) => {
    input.max = String(most);
    if (document.activeElement !== input) input.value = String(now);
  } };
}

/**
 * A switch: on or off.
 * @param {string} label @param {boolean} value @param {(value: boolean) => void} onSwitch
 */
export function toggle(label, value, onSwitch) {
  const input = h("input", { type: "checkbox", role: "switch", class: "switch", checked: value });
  input.addEventListener("change", () => onSwitch(input.checked));
  return { element: h("label", { class: "tool" }, input, label), set: (/** @type {boolean} */ now) => { input.checked = now; } };
}
