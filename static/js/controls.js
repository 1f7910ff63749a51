/**
 * Builds all controls of a laboratory from the JSON schema of its parameter model: no control is written by hand.
 *
 * A control factory is `(field, value, emit, context) => control`; `emit(value, {dragging, effect})` tells of a
 * change; a control is `{element, set(value), clear(), problem(path, problem), scene?(scene), destroy?()}`.
 */

import { cardsControl } from "./controls/cards.js";
import { fieldSet, objectControl, optionalControl, pairControl, unionControl } from "./controls/compound.js";
import { formulaControl } from "./controls/formula.js";
import { numberControl, seedControl } from "./controls/number.js";
import { ownControl } from "./controls/own.js";
import { hyperparametersControl, ruleControl } from "./controls/rule.js";
import { fieldsOf } from "./controls/schema.js";
import { fileControl, jsonControl, menuControl, switchControl, textControl } from "./controls/simple.js";

/**
 * @typedef {object} Context
 * @property {(english: string, values?: Record<string, string|number>) => string} t
 * @property {(index: number) => {name: string, color: string, dash: string}} [series]
 * @property {() => number[]} [hidden] entries of a list that are not drawn
 * @property {(hidden: number[]) => void} [onHide]
 * @property {() => number} [focus] the entry in focus
 * @property {(index: number) => void} [onFocus]
 * @property {typeof make} make
 */

/**
 * @typedef {{dragging: boolean, effect: "live"|"restart", shift: boolean,
 *   siblings?: (current: Record<string, any>) => Record<string, any>}} How
 *   `siblings` gives the fields beside the one that changed what the change brings along
 */

const FACTORIES = {
  number: numberControl, seed: seedControl, switch: switchControl, menu: menuControl, pair: pairControl, union: unionControl,
  object: objectControl, optional: optionalControl, cards: cardsControl, formula: formulaControl, own: ownControl,
  text: textControl, file: fileControl, json: jsonControl, rule: ruleControl, hyperparameters: hyperparametersControl,
};

/** Make the control that suits a field. */
function make(field, value, emit, context) {
  return FACTORIES[field.kind](field, value, emit, context);
}

let shift = false;
for (const type of ["keydown", "keyup", "pointerdown", "pointermove", "pointerup", "click"]) {
  window.addEventListener(type, (event) => { shift = event.shiftKey; }, { capture: true, passive: true });
}
window.addEventListener("blur", () => { shift = false; });

/** What the cards show that is view, not parameter. */
function viewOf(lab) {
  if (!lab) return {};
  return {
    hidden: () => lab.view.hidden ?? [],
    onHide: (hidden) => lab.setView("hidden", hidden.length ? hidden : undefined),
    focus: () => lab.focus,
    onFocus: (index) => lab.setFocus(index),
  };
}

/** The fields that go back to their defaults when a visitor picks a name: what `resets` in the schema says. */
function resetBy(name, value, properties) {
  const others = typeof value === "string" ? properties[name]?.resets ?? [] : [];
  return Object.fromEntries(others.map((other) => [other, properties[other].default ?? null]));
}

/**
 * Fill `host` with a control for every parameter.
 * @param {HTMLElement} host
 * @param {any} schema JSON schema of the parameter model
 * @param {Record<string, any>} params present values, complete
 * @param {object} options
 * @param {(changes: Record<string, any>, how: How) => void} options.onChange called while dragging and at its end,
 *   with whole top-level fields; `effect` is that of the very control that was moved
 * @param {Context["t"]} options.t
 * @param {Context["series"]} [options.series]
 * @param {object} [options.lab] whose `view.hidden` and `focus` the cards show and set, and whose scene has the formula
 * @returns {{update: (params: Record<string, any>) => void, showProblems: (problems: {path: string, sentence: string,
 *   position?: number|null}[]) => object[], refresh: () => void, destroy: () => void}}
 *   `showProblems` returns those that belong to no control; `refresh` repaints after a change of view or theme
 */
export function createControls(host, schema, params, options) {
  const { onChange, ...rest } = options;
  const context = { ...viewOf(options.lab), ...rest, make };
  const set = fieldSet(fieldsOf(schema, schema), params, (whole, how, name) => {
    onChange({ [name]: whole[name], ...resetBy(name, whole[name], schema.properties) }, { ...how, shift });
  }, context);
  set.element.classList.add("controls-root");
  host.replaceChildren(set.element);
  const swallow = (event) => event.preventDefault();
  host.addEventListener("submit", swallow);

  const follow = { view: () => each("refresh"), focus: () => each("refresh"), scene: () => {
    each("scene", options.lab.scene);
    each("refresh");
  } };
  for (const [type, listener] of Object.entries(follow)) options.lab?.addEventListener(type, listener);
  const each = (method, ...args) => { for (const { control } of set.controls.values()) control[method]?.(...args); };

  return {
    update: set.set,
    showProblems(problems) {
      set.clear();
      return problems.filter((problem) => !set.problem(String(problem.path ?? "").split("."), problem));
    },
    refresh: () => each("refresh"),
    destroy() {
      for (const [type, listener] of Object.entries(follow)) options.lab?.removeEventListener(type, listener);
      set.destroy();
      host.removeEventListener("submit", swallow);
      host.replaceChildren();
    },
  };
}

