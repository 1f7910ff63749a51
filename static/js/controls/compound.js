// @ts-check
// Controls made of controls: a pair, an object, a value that may be absent, and a choice between kinds (a union).

/** @import { Control, ControlContext, Factory, Field, Move, NumberField, Params, Problem } from "../types.d.ts" */

import { boxText, readNumber } from "../number.js";
import { h, uniqueId } from "./dom.js";
import { notANumber, readAsThousands, STEPS } from "./number.js";
import { defaultOf, isShown, same, variantDefault } from "./schema.js";
import { shell } from "./shell.js";

/** Name of the event on `document` that tells what an absent value amounts to: `detail` is {field: value}. */
export const EFFECTIVE = "descent:effective";

/**
 * Two numbers side by side, as a point's x and y; arrow keys in a box move it by a step. An absent pair (null)
 * shows what it amounts to, as far as a panel has told.
 * @type {Factory<"pair", number[]|null>}
 */
export function pairControl(field, value, emit, context) {
  const { t } = context;
  /** @type {number[]} */
  let effective = field.fields.map((end) => end.default ?? 0);
  let absent = !value;
  let current = [...(value ?? effective)];
  const standard = field.default === undefined ? undefined : field.default;
  const frame = shell(field, context, { onReset: standard !== undefined && (() => take(standard && [...standard])) });
  const boxes = field.fields.map((end, i) => {
    const input = h("input", { type: "text", inputmode: "decimal", class: "number-box", autocomplete: "off",
      "aria-label": `${field.title}: ${end.title}` });
    const step = end.step ?? 0.1;
    input.addEventListener("focus", () => input.select());
    input.addEventListener("change", () => {
      const asTyped = input.value.trim();
      const { value: typed, doubt } = readNumber(asTyped);
      if (Number.isNaN(typed)) {
        input.value = boxText(current[i]);
        frame.note(notANumber(t, current[i]));
        return;
      }
      take(current.with(i, bound(end, typed)));
      if (doubt) frame.note(readAsThousands(t, asTyped, typed));
    });
    input.addEventListener("keydown", (event) => {
      const by = STEPS[event.key];
      if (!by) return;
      event.preventDefault();
      take(current.with(i, bound(end, Number((current[i] + by * step).toPrecision(8)))));
    });
    return input;
  });
  frame.element.setAttribute("role", "group");
  frame.element.setAttribute("aria-labelledby", frame.labelId);
  frame.body.classList.add("pair");
  frame.body.append(...boxes.map((box, i) => h("label", { class: "pair-end" }, h("span", { class: "pair-name" },
    field.fields[i].title), box)));
  frame.describe(...boxes);
  const show = () => {
    boxes.forEach((box, i) => { box.value = boxText(current[i]); });
    frame.element.classList.toggle("is-absent", absent);
    frame.changed(standard !== undefined && !same(absent ? null : current, standard));
  };
  const put = (/** @type {number[]|null} */ next) => {
    absent = !next;
    current = [...(next ?? effective)];
    show();
  };
  const take = (/** @type {number[]|null} */ next) => {
    frame.note("");
    frame.problem("");
    put(next);
    emit(next && [...next], { dragging: false, effect: field.effect });
  };
  const learn = (/** @type {Event} */ event) => {
    const told = /** @type {CustomEvent<Record<string, number[]|null>>} */ (event).detail?.[field.name];
    if (!told) return;
    effective = told;
    if (absent && !frame.element.contains(document.activeElement)) put(null);
  };
  document.addEventListener(EFFECTIVE, learn);
  show();
  return {
    element: frame.element,
    set: put,
    destroy: () => document.removeEventListener(EFFECTIVE, learn),
    clear: () => frame.problem(""),
    problem: (_path, problem) => frame.problem(problem.sentence),
  };
}

/** @param {NumberField} end @param {number} value */
function bound(end, value) {
  return Math.min(end.maximum ?? Infinity, Math.max(end.minimum ?? -Infinity, value));
}

/**
 * The controls of an object's fields, those hidden by `shown_when` left out, groups folded.
 * @param {Field[]} fields
 * @param {Params} value
 * @param {(value: Params, how: Move, name: string) => void} emit
 * @param {ControlContext} context
 */
export function fieldSet(fields, value, emit, context) {
  const element = h("div", { class: "fields" });
  /** @type {Map<string, {field: Field, control: Control}>} */
  const controls = new Map();
  /** @type {Map<string, {fold: HTMLDetailsElement, inside: HTMLElement}>} */
  const groups = new Map();
  let current = { ...value };

  for (const field of fields.toSorted((a, b) => (b.hints.first ?? 0) - (a.hints.first ?? 0))) {
    if (field.kind === "constant") continue;
    const start = current[field.name] ?? defaultOf(field);
    const control = context.make(field, start, (next, how) => {
      const before = current;
      current = { ...current, [field.name]: next };
      if (how.siblings) bring(how.siblings(current));
      if (field.hints.defaults) follow(field, before[field.name], next);
      arrange();
      emit({ ...current }, how, field.name);
    }, context);
    controls.set(field.name, { field, control });
    homeOf(field.group).append(control.element);
  }

  /** @param {string} group @returns {HTMLElement} */
  function homeOf(group) {
    if (!group) return element;
    const known = groups.get(group);
    if (known) return known.inside;
    const inside = h("div", { class: "fields" });
    const fold = h("details", { class: "group" }, h("summary", {}, group), inside);
    groups.set(group, { fold, inside });
    element.append(fold);
    return inside;
  }

  /** Values that a change brings along for its siblings. @param {Params} values */
  function bring(values) {
    current = { ...current, ...values };
    for (const name of Object.keys(values)) controls.get(name)?.control.set(values[name]);
  }

  /**
   * A choice that brings defaults for its siblings: those that nobody changed take the new ones.
   * @param {Field} field @param {string} before @param {string} after
   */
  function follow(field, before, after) {
    /** @type {Record<string, Params>} */
    const defaults = field.hints.defaults;
    for (const name of new Set(Object.values(defaults).flatMap((values) => Object.keys(values)))) {
      const sibling = controls.get(name);
      if (!sibling) continue;
      const was = defaults[before]?.[name] ?? sibling.field.default;
      if (!same(current[name] ?? sibling.field.default, was)) continue;
      current = { ...current, [name]: defaults[after]?.[name] ?? sibling.field.default };
      sibling.control.set(current[name]);
    }
  }

  function arrange() {
    for (const { field, control } of controls.values()) control.element.hidden = !isShown(field, current);
    for (const { fold, inside } of groups.values()) fold.hidden = [...inside.children].every((child) => /** @type {HTMLElement} */ (child).hidden);
  }
  arrange();

  return {
    element,
    controls,
    /** @param {Params} next */
    set(next) {
      current = { ...next };
      for (const [name, { field, control }] of controls) control.set(current[name] ?? defaultOf(field));
      arrange();
    },
    clear() { for (const { control } of controls.values()) control.clear(); },
    /** @param {string[]} path @param {Problem} problem @returns {boolean} whether it is about one of these */
    problem(path, problem) {
      const at = path.findIndex((part) => controls.has(part));
      const found = controls.get(path[at]);
      if (!found) return false;
      const { field, control } = found;
      control.problem(path.slice(at + 1), problem);
      const fold = groups.get(field.group)?.fold;
      if (fold) fold.open = true;
      return true;
    },
    destroy() { for (const { control } of controls.values()) control.destroy?.(); },
  };
}

/** An object: its fields under its title. @type {Factory<"object", Params>} */
export function objectControl(field, value, emit, context) {
  const inner = fieldSet(field.fields, value ?? defaultOf(field), (next, how) => emit(next, how), context);
  const frame = shell({ ...field, effect: "restart" }, context);
  frame.element.setAttribute("role", "group");
  frame.element.setAttribute("aria-labelledby", frame.labelId);
  frame.element.classList.add("field-object");
  frame.body.append(inner.element);
  return {
    element: frame.element,
    set: (next) => inner.set(next ?? defaultOf(field)),
    clear() { frame.problem(""); inner.clear(); },
    problem(path, problem) { if (!inner.problem(path, problem)) frame.problem(problem.sentence); },
    destroy: inner.destroy,
  };
}

/** A value that may be absent: a switch, and the control while it is on. @type {Factory<"optional">} */
export function optionalControl(field, value, emit, context) {
  const id = uniqueId(field.name);
  const input = h("input", { type: "checkbox", role: "switch", class: "switch", id });
  const frame = shell(field, context, { labelFor: id });
  frame.element.classList.add("field-switch");
  frame.head.append(input);
  frame.describe(input);
  let last = value ?? starting(field.inner);
  const inner = context.make({ ...field.inner, description: "" }, last, (next, how) => {
    last = next;
    emit(next, how);
  }, context);
  inner.element.classList.add("is-inner");
  frame.body.append(inner.element);
  const show = (/** @type {any} */ next) => {
    input.checked = next !== null && next !== undefined;
    inner.element.hidden = !input.checked;
    if (input.checked) { last = next; inner.set(next); }
  };
  input.addEventListener("change", () => {
    inner.element.hidden = !input.checked;
    emit(input.checked ? last : null, { dragging: false, effect: field.effect });
  });
  show(value);
  return {
    element: frame.element, set: show,
    clear() { frame.problem(""); inner.clear(); },
    problem(path, problem) { if (input.checked) inner.problem(path, problem); else frame.problem(problem.sentence); },
    destroy: () => inner.destroy?.(),
  };
}

/** What an absent value begins with. @param {Field} inner */
function starting(inner) {
  const value = defaultOf(inner);
  if (value !== null && value !== undefined) return value;
  return inner.kind === "number" ? Math.max(0, Number.isFinite(inner.minimum) ? inner.minimum : 0) : "";
}

/** A choice between kinds, each with fields of its own: a menu, and the fields of the chosen kind. @type {Factory<"union", Params>} */
export function unionControl(field, value, emit, context) {
  const { discriminator, variants } = field;
  const id = uniqueId(field.name);
  const select = h("select", { id, class: "select" },
    ...variants.map((variant) => h("option", { value: variant.tag }, variant.title)));
  const frame = shell(field, context, { labelFor: id, onReset: field.default && (() => take(defaultOf(field))) });
  const inside = h("div", { class: "union-fields" });
  frame.body.append(select, inside);
  frame.element.classList.add("field-union");
  frame.describe(select);
  /** @type {ReturnType<typeof fieldSet>|null} */
  let set = null;
  let tag = "";
  /** What each kind had. @type {Map<string, Params>} */
  const kept = new Map();

  /** @param {Params|null|undefined} next */
  function show(next) {
    const whole = next ?? defaultOf(field);
    const variant = variants.find((one) => one.tag === whole[discriminator]) ?? variants[0];
    kept.set(variant.tag, whole);
    select.value = variant.tag;
    if (set && variant.tag === tag) set.set(whole);
    else {
      set?.destroy();
      set = fieldSet(variant.fields, whole, (inner, how) => {
        const complete = { ...inner, [discriminator]: variant.tag };
        kept.set(variant.tag, complete);
        frame.changed(field.default !== undefined && !same(complete, field.default));
        emit(complete, how);
      }, context);
      inside.replaceChildren(set.element);
      tag = variant.tag;
    }
    frame.changed(field.default !== undefined && !same(withDefaults(whole), withDefaults(field.default)));
  }

  /** @param {Params} whole */
  function withDefaults(whole) {
    const variant = variants.find((one) => one.tag === whole?.[discriminator]);
    return variant ? { ...variantDefault(variant, discriminator), ...whole } : whole;
  }

  /** @param {Params} next */
  function take(next) {
    frame.problem("");
    show(next);
    emit(next, { dragging: false, effect: field.effect });
  }

  select.addEventListener("change", () => {
    const variant = variants.find((one) => one.tag === select.value);
    if (variant) take(kept.get(variant.tag) ?? variantDefault(variant, discriminator));
  });
  show(value);
  return {
    element: frame.element,
    set: show,
    clear() { frame.problem(""); set?.clear(); },
    problem(path, problem) { if (!set?.problem(path, problem)) frame.problem(problem.sentence); },
    destroy: () => set?.destroy(),
  };
}

