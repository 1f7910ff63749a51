// @ts-check
// A number: a slider with nice stops on a linear or logarithmic scale, and a box for the exact value.

/** @import { Factory, NumberField, Translate } from "../types.d.ts" */

import { boxText, formatCount, readNumber } from "../number.js";
import { h, uniqueId } from "./dom.js";
import { shell } from "./shell.js";
import { showFilled } from "./tools.js";

/** What keys in a box move a number by, in steps. @type {Record<string, number>} */
export const STEPS = { ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 };

/** Two-digit mantissas about evenly spaced on a logarithmic scale: what the slider stops at in each decade. */
const MANTISSAS = [
  ...range(1, 2, 0.1), ...range(2, 5, 0.2), ...range(5, 10, 0.5),
];

/** @param {number} from @param {number} to exclusive @param {number} step */
function range(from, to, step) {
  return Array.from({ length: Math.round((to - from) / step) }, (_, i) => Number((from + i * step).toFixed(2)));
}

/**
 * The values that a slider stops at, ascending, both bounds among them.
 * A logarithmic slider whose minimum is 0 has a stop at 0, then runs from a millionth of its maximum (or a
 * hundredth of the default, where that is less).
 * @param {NumberField} field
 * @returns {number[]}
 */
export function stopsOf(field) {
  const { minimum, maximum, scale, integer } = field;
  if (scale === "log" && maximum > 0) {
    const floor = minimum > 0 ? minimum : Math.min(maximum * 1e-6, field.default > 0 ? field.default / 100 : Infinity);
    const stops = minimum > 0 ? [minimum] : [0];
    for (let decade = Math.floor(Math.log10(floor)); decade <= Math.log10(maximum); decade += 1) {
      for (const mantissa of MANTISSAS) {
        const value = Number(`${mantissa}e${decade}`);
        const stop = integer ? Math.round(value) : value;
        if (stop > stops[stops.length - 1] && stop >= floor * 0.999 && stop < maximum) stops.push(stop);
      }
    }
    return [...stops, maximum];
  }
  const step = field.step ?? niceStep((maximum - minimum) / 200);
  const count = Math.min(10000, Math.max(1, Math.round((maximum - minimum) / step)));
  const digits = Math.max(0, -Math.floor(Math.log10(step)) + 1);
  const stops = Array.from({ length: count }, (_, i) => Number((minimum + i * step).toFixed(Math.min(12, digits))));
  return [...stops, maximum];
}

/** The step 1, 2 or 5 times a power of ten nearest below. @param {number} rough @returns {number} */
export function niceStep(rough) {
  const power = 10 ** Math.floor(Math.log10(rough));
  const lead = rough / power;
  return Number(((lead >= 5 ? 5 : lead >= 2 ? 2 : 1) * power).toPrecision(1));
}

/** What to say of an entry that is no number. @param {Translate} t @param {number} kept */
export const notANumber = (t, kept) => t("That is not a number; the value is still {value}.", { value: boxText(kept) });

/**
 * What to say of "1,500", which someone else writes for one and a half.
 * @param {Translate} t @param {string} typed @param {number} value as it was read
 */
export const readAsThousands = (t, typed, value) => t("“{typed}” was read as {value}, the comma as a thousands separator. For decimals write a point.",
  { typed, value: formatCount(value) });

/** Index of the stop nearest to a value. @param {number[]} stops @param {number} value @returns {number} */
export function nearestStop(stops, value) {
  let low = 0;
  let high = stops.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (stops[middle] <= value) low = middle; else high = middle;
  }
  return value - stops[low] <= stops[high] - value ? low : high;
}

/** @type {Factory<"number"|"seed", number>} */
export function numberControl(field, value, emit, context) {
  const { t } = context;
  const stops = Number.isFinite(field.minimum) && Number.isFinite(field.maximum) ? stopsOf(field) : null;
  const id = uniqueId(field.name);
  let current = value;
  let held = false;

  const box = h("input", { type: "text", inputmode: "decimal", class: "number-box", id, autocomplete: "off",
    spellcheck: "false", "aria-label": field.unit ? `${field.title} (${field.unit})` : field.title });
  const slider = stops && h("input", { type: "range", class: "slider", min: 0, max: stops.length - 1, step: 1,
    "aria-label": field.title });
  const frame = shell(field, context, { labelFor: id, onReset: () => commit(field.default) });
  frame.body.append(...(slider ? [slider] : []), h("span", { class: "number" }, box,
    field.unit && h("span", { class: "unit" }, field.unit)));
  frame.element.classList.add("field-number");
  frame.describe(slider, box);

  function show() {
    if (document.activeElement !== box || held) box.value = boxText(current);
    if (slider && stops) {
      const position = nearestStop(stops, current);
      if (!held) slider.value = String(position);
      showFilled(slider);
      slider.setAttribute("aria-valuetext", field.unit ? `${boxText(current)} ${field.unit}` : boxText(current));
    }
    frame.changed(field.default !== undefined && current !== field.default);
  }

  /** @param {number} next @param {boolean} dragging */
  function take(next, dragging) {
    current = next;
    show();
    emit(next, { dragging, effect: field.effect });
  }

  /** @param {number} next */
  function commit(next) {
    frame.problem("");
    frame.note("");
    box.value = boxText(next);
    take(next, false);
  }

  if (slider) {
    slider.addEventListener("input", () => {
      held = true;
      frame.note("");
      take(stops[Number(slider.value)], true);
    });
    slider.addEventListener("change", () => {
      held = false;
      take(stops[Number(slider.value)], false);
    });
  }
  box.addEventListener("change", () => {
    const { value: typed, doubt } = readNumber(box.value);
    if (Number.isNaN(typed)) {
      box.value = boxText(current);
      frame.note(notANumber(t, current));
      return;
    }
    const asTyped = box.value.trim();
    const whole = field.integer ? Math.round(typed) : typed;
    const allowed = Math.min(field.maximum, Math.max(field.minimum, whole));
    commit(allowed);
    if (doubt) frame.note(readAsThousands(t, asTyped, typed));
    if (whole !== allowed) {
      frame.note(t("Allowed is {low} to {high}; the nearest value was taken.",
        { low: boxText(field.minimum), high: boxText(field.maximum) }));
    }
  });
  box.addEventListener("keydown", (event) => {
    const by = STEPS[event.key];
    if (!by || !stops) return;
    event.preventDefault();
    const index = Math.min(stops.length - 1, Math.max(0, nearestStop(stops, current) + by));
    box.value = boxText(stops[index]);
    take(stops[index], false);
  });
  box.addEventListener("focus", () => box.select());
  show();

  return {
    element: frame.element,
    set(next) {
      if (held || next === current || typeof next !== "number") return;
      current = next;
      show();
    },
    clear: () => frame.problem(""),
    problem: (_path, problem) => frame.problem(problem.sentence),
  };
}

/** A seed: a box, and a button for another one. Every number is as good, so there is nothing to slide. @type {Factory<"seed", number>} */
export function seedControl(field, value, emit, context) {
  const { t } = context;
  const control = numberControl({ ...field, kind: "number", minimum: -Infinity }, value, (next, how) => {
    emit(Math.min(field.maximum, Math.max(field.minimum, next)), how);
  }, context);
  const another = h("button", { type: "button", class: "button another", on: { click: () => {
    const next = Math.floor(Math.random() * Math.min(field.maximum, 9999)) + 1;
    control.set(next);
    emit(next, { dragging: false, effect: field.effect });
  } } }, t("Another"));
  control.element.querySelector(".field-body")?.append(another);
  control.element.classList.add("field-seed");
  return control;
}
