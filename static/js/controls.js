// @ts-check
// Builds all controls of a laboratory from the JSON schema of its parameter model: no control is written by hand. A
// kind of field has a `Factory`, which makes its `Control` (types.d.ts).

import { axesControl, settingsControl } from "./controls/axes.js";
import { cardsControl } from "./controls/cards.js";
import { fieldSet, objectControl, optionalControl, pairControl, unionControl } from "./controls/compound.js";
import { formulaControl } from "./controls/formula.js";
import { countsControl, severalControl } from "./controls/lists.js";
import { numberControl, seedControl } from "./controls/number.js";
import { ownControl } from "./controls/own.js";
import { leavesControl } from "./controls/leaves.js";
import { programControl } from "./controls/program.js";
import { hyperparametersControl, ruleControl } from "./controls/rule.js";
import { fieldsOf } from "./controls/schema.js";
import { fileControl, jsonControl, menuControl, switchControl, textControl } from "./controls/simple.js";

/** @import { ControlContext, Factory, Field, How, Make, Params, Problem, Schema, Source, Translate } from "./types.d.ts" */

/** @type {{[K in Exclude<Field["kind"], "constant">]: Factory<K>}} */
const FACTORIES = {
  number: numberControl, seed: seedControl, switch: switchControl, menu: menuControl, pair: pairControl, union: unionControl,
  object: objectControl, optional: optionalControl, cards: cardsControl, formula: formulaControl, own: ownControl,
  text: textControl, file: fileControl, json: jsonControl, rule: ruleControl, counts: countsControl, several: severalControl, hyperparameters: hyperparametersControl,
  program: programControl, leaves: leavesControl, axes: axesControl, settings: settingsControl,
};

/** Make the control that suits a field. @type {Make} */
function make(field, value, emit, context) {
  if (field.kind === "constant") throw new TypeError(`${field.name} is a constant: it has no control`);
  const factory = /** @type {Make} */ (FACTORIES[field.kind]); // the kind of the field is the factory's
  return factory(field, value, emit, context);
}

let shift = false;
for (const type of ["keydown", "keyup", "pointerdown", "pointermove", "pointerup", "click"]) {
  window.addEventListener(type, (event) => { shift = /** @type {KeyboardEvent|PointerEvent} */ (event).shiftKey; }, { capture: true, passive: true });
}
window.addEventListener("blur", () => { shift = false; });

/** What the cards show that is view, not parameter. @param {Source|undefined} lab @returns {Partial<ControlContext>} */
function viewOf(lab) {
  if (!lab) return {};
  return {
    hidden: () => lab.view.hidden ?? [],
    onHide: (hidden) => lab.setView("hidden", hidden.length ? hidden : undefined),
    focus: () => lab.focus,
    onFocus: (index) => lab.setFocus(index),
    entries: (name) => lab.history.snapshot(name, lab.step)?.values,
    value: (name) => lab.params[name],
    change: (values) => lab.change(values),
  };
}

/**
 * The fields that go back to their defaults when a visitor picks a name: what `resets` in the schema says.
 * @param {string} name @param {any} value plain JSON @param {Record<string, Schema>} properties
 */
function resetBy(name, value, properties) {
  const others = typeof value === "string" ? properties[name]?.resets ?? [] : [];
  return Object.fromEntries(others.map((other) => [other, properties[other].default ?? null]));
}

/**
 * Fill `host` with a control for every parameter.
 * @param {HTMLElement} host
 * @param {Schema} schema JSON schema of the parameter model
 * @param {Record<string, any>} params present values, complete
 * @param {object} options
 * @param {(changes: Params, how: How) => void} options.onChange called while dragging and at its end,
 *   with whole top-level fields; `effect` is that of the very control that was moved
 * @param {Translate} options.t
 * @param {ControlContext["series"]} [options.series]
 * @param {ControlContext["starts"]} [options.starts]
 * @param {Source} [options.lab] whose `view.hidden` and `focus` the cards show and set, and whose scene has the formula
 * @returns {{update: (params: Record<string, any>) => void, showProblems: (problems: Problem[]) => Problem[], refresh: () => void, destroy: () => void}}
 *   `showProblems` returns those that are to be told elsewhere, too: all but an error under a character that is being typed; `refresh` repaints after a change of view or theme
 */
export function createControls(host, schema, params, options) {
  const { onChange, ...rest } = options;
  const context = { ...viewOf(options.lab), ...rest, make };
  const set = fieldSet(fieldsOf(schema, schema), params, (whole, how, name) => {
    onChange({ [name]: whole[name], ...resetBy(name, whole[name], schema.properties ?? {}) }, { ...how, shift });
  }, context);
  set.element.classList.add("controls-root");
  host.replaceChildren(set.element);
  const swallow = (/** @type {Event} */ event) => event.preventDefault();
  host.addEventListener("submit", swallow);

  const refresh = () => { for (const { control } of set.controls.values()) control.refresh?.(); };
  const follow = { view: refresh, focus: refresh, scene: () => {
    const scene = options.lab?.scene;
    for (const { control } of set.controls.values()) if (scene) control.scene?.(scene);
    refresh();
  }, history: () => { for (const { control } of set.controls.values()) control.run?.(); } };
  for (const [type, listener] of Object.entries(follow)) options.lab?.addEventListener(type, listener);

  return {
    update: set.set,
    showProblems(problems) {
      set.clear();
      return problems.filter((problem) => {
        const known = set.problem(String(problem.path ?? "").split("."), problem);
        const typed = typeof problem.position === "number" && document.activeElement?.closest(".has-problem");
        return !known || !typed || !host.contains(typed);
      });
    },
    refresh,
    destroy() {
      for (const [type, listener] of Object.entries(follow)) options.lab?.removeEventListener(type, listener);
      set.destroy();
      host.removeEventListener("submit", swallow);
      host.replaceChildren();
    },
  };
}

