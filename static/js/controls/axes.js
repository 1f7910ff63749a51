// @ts-check
// Settings of another laboratory: those that a search varies, from where to where, and those that all its trials share. Which
// there are, their bounds and choices is told by the hint `known`, by laboratory; `suggested` are the axes one begins with.

/** @import { ControlContext, Factory, Field, Params } from "../types.d.ts" */

import { icon } from "../icons.js";
import { boxText, readNumber } from "../number.js";
import { h } from "./dom.js";
import { same } from "./schema.js";
import { shell } from "./shell.js";

/** @typedef {{setting: string, title: string, within_title: string, number: number, low: number, high: number, scale: string, whole: boolean, unit: string, choices: (string|boolean)[], labels: Record<string, string>}} Known */
/** @typedef {{setting: string, low?: number|null, high?: number|null, scale?: string|null, choices?: (string|boolean)[]}} Entry */

const LABORATORY = "laboratory";
const FEWEST = 2;
const MOST = 6;

/** What can be set in the laboratory that is chosen. @param {Field} field @param {ControlContext} context @returns {Known[]} */
const knownOf = (field, context) => field.hints.known?.[context.value?.(LABORATORY) ?? ""] ?? [];

/** @param {Known} one */
function titleOf({ title, within_title: within, number }) {
  return `${within ? `${within}: ` : ""}${title}${number ? ` ${number}` : ""}`;
}

/** @param {Known[]} known @param {string} value @param {string} label @param {(setting: string) => void} onChoose @param {Set<string>} taken */
function settingMenu(known, value, label, onChoose, taken) {
  /** @type {HTMLSelectElement} */
  const select = h("select", { class: "select axis-setting", "aria-label": label, on: { change: () => onChoose(select.value) } },
    ...known.filter(({ setting }) => setting === value || !taken.has(setting)).map((one) => h("option", { value: one.setting, selected: one.setting === value }, titleOf(one))));
  select.value = value;
  return select;
}

/**
 * A row that stands for a setting while that is the same: the focus stays in it, and what one types there.
 * @template One
 * @typedef {{element: HTMLElement, show: (value: One) => void}} Row
 */

/**
 * Rows in a list: made anew only where `kind` has changed.
 * @template One @param {HTMLElement} list @param {(value: One, i: number) => Row<One>} make
 */
function rowsIn(list, make) {
  let kind = "";
  /** @type {Row<One>[]} */
  let rows = [];
  return (/** @type {string} */ now, /** @type {One[]} */ values) => {
    if (now !== kind) {
      rows = values.map(make);
      list.replaceChildren(...rows.map(({ element }) => element));
      kind = now;
    }
    rows.forEach(({ show }, i) => show(values[i]));
  };
}

/** Go on with the keyboard in a row after rows have changed. @param {HTMLElement} list @param {number} i @param {HTMLElement} add stands in where there is none */
function goOnAt(list, i, add) {
  const row = list.children[Math.min(i, list.children.length - 1)];
  const first = /** @type {HTMLElement|null|undefined} */ (row?.querySelector("select, button"));
  (first ?? add).focus();
}

/** @param {string} label @param {(value: number) => void} onSet @returns {Row<number>} */
function numberBox(label, onSet) {
  let shown = NaN;
  const show = (/** @type {number} */ value) => {
    if (value === shown) return;
    shown = value;
    box.value = boxText(value);
  };
  /** @type {HTMLInputElement} */
  const box = h("input", { type: "text", inputmode: "decimal", class: "number-box", autocomplete: "off", "aria-label": label, on: {
    focus: () => box.select(),
    change: () => {
      const { value: typed } = readNumber(box.value);
      box.value = boxText(Number.isNaN(typed) ? shown : typed);
      if (!Number.isNaN(typed)) onSet(typed);
    },
  } });
  return { element: box, show };
}

/** @param {Known} one @param {string|boolean} value @param {(english: string) => string} t */
const nameOf = (one, value, t) => (value === true ? t("on") : value === false ? t("off") : one.labels[String(value)] ?? String(value));

/** The axes of a search: a row each. @type {Factory<"axes", Entry[]>} */
export function axesControl(field, value, emit, context) {
  const { t } = context;
  const frame = shell(field, context, { onReset: () => take([]) });
  const list = h("ol", { class: "axes" });
  const add = h("button", { type: "button", class: "button", on: { click: () => append() } }, icon("plus"), t("Add an axis"));
  frame.body.append(list, add);
  frame.element.classList.add("field-axes");
  frame.element.setAttribute("role", "group");
  frame.element.setAttribute("aria-labelledby", frame.labelId);
  let current = value ?? [];
  const showRows = rowsIn(list, rowOf);

  /** @returns {Entry[]} */
  const entries = () => (current.length ? current : field.hints.suggested?.[context.value?.(LABORATORY) ?? ""] ?? []);
  const taken = () => new Set(entries().map(({ setting }) => setting));

  /** @param {Entry[]} next */
  function take(next) {
    frame.problem("");
    current = next;
    show();
    emit(structuredClone(next), { dragging: false, effect: field.effect });
  }

  /** Take other rows, and go on in one of them. @param {Entry[]} next @param {number} i */
  function takeRows(next, i) {
    take(next);
    goOnAt(list, i, add);
  }

  function append() {
    const next = knownOf(field, context).find(({ setting, choices }) => !taken().has(setting) && !choices.length);
    if (next) takeRows([...entries(), { setting: next.setting }], entries().length);
  }

  /** @param {Entry} entry @param {number} i @returns {Row<Entry>} */
  function rowOf({ setting }, i) {
    const known = knownOf(field, context);
    const one = known.find((other) => other.setting === setting);
    const title = one ? titleOf(one) : setting;
    const drop = h("button", { type: "button", class: "icon-button", "aria-label": t("Remove {name}", { name: title }), disabled: entries().length <= FEWEST, on: { click: () => takeRows(entries().toSpliced(i, 1), i) } }, icon("trash"));
    const menu = settingMenu(known, setting, t("Axis {number}", { number: i + 1 }), (other) => takeRows(entries().with(i, { setting: other }), i), taken());
    const span = one && spanOf(one, i);
    return { element: h("li", { class: "axis", dataset: { setting } }, h("div", { class: "axis-head" }, menu, drop), span?.element), show: (entry) => span?.show(entry) };
  }

  /** From where to where a setting is tried, or which of its choices. @param {Known} one @param {number} i @returns {Row<Entry>} */
  function spanOf(one, i) {
    const title = titleOf(one);
    const put = (/** @type {Partial<Entry>} */ part) => take(entries().with(i, { ...entries()[i], ...part }));
    const chip = (/** @type {string} */ text, /** @type {() => void} */ click, about = "") => h("button", { type: "button", class: "chip", title: about || null, on: { click } }, text);
    if (one.choices.length) {
      const chosen = () => (entries()[i].choices?.length ? entries()[i].choices ?? [] : one.choices);
      const chips = one.choices.map((choice) => chip(nameOf(one, choice, t), () => {
        const next = one.choices.filter((other) => (other === choice) !== chosen().includes(other));
        if (next.length >= 2) put({ choices: next });
      }));
      return { element: h("div", { class: "chips", role: "group", "aria-label": title }, ...chips),
        show: () => chips.forEach((button, k) => button.setAttribute("aria-pressed", String(chosen().includes(one.choices[k])))) };
    }
    const isLog = () => (entries()[i].scale ?? one.scale) === "log";
    const from = numberBox(t("{name}: from", { name: title }), (low) => put({ low }));
    const to = numberBox(t("{name}: to", { name: title }), (high) => put({ high }));
    const log = chip(t("log"), () => put({ scale: isLog() ? "linear" : "log" }), t("Every factor is as likely; when off, every difference."));
    return { element: h("div", { class: "axis-span" }, from.element, "–", to.element, h("span", { class: "unit" }, one.unit), log), show: (entry) => {
      from.show(entry.low ?? one.low);
      to.show(entry.high ?? one.high);
      log.setAttribute("aria-pressed", String(isLog()));
    } };
  }

  function show() {
    const rows = entries();
    showRows(JSON.stringify([context.value?.(LABORATORY), rows.map(({ setting }) => setting)]), rows);
    add.disabled = rows.length >= MOST;
    frame.changed(!same(current, field.default ?? []));
  }

  show();
  return {
    element: frame.element,
    set(next) { current = next ?? []; show(); },
    refresh: show,
    clear: () => frame.problem(""),
    problem: (_path, problem) => frame.problem(problem.sentence),
  };
}

/** What all trials share: a row each, by path. @type {Factory<"settings", Params>} */
export function settingsControl(field, value, emit, context) {
  const { t } = context;
  const frame = shell(field, context, { onReset: () => take({}) });
  const list = h("ol", { class: "axes" });
  const add = h("button", { type: "button", class: "button", on: { click: () => append() } }, icon("plus"), t("Set something"));
  frame.body.append(list, add);
  frame.element.classList.add("field-axes");
  let current = value ?? {};
  const showRows = rowsIn(list, rowOf);

  /** @param {Params} next */
  function take(next) {
    frame.problem("");
    current = next;
    show();
    emit(structuredClone(next), { dragging: false, effect: field.effect });
  }

  /** Take other rows, and go on in one of them. @param {Params} next @param {string} setting */
  function takeRows(next, setting) {
    take(next);
    goOnAt(list, Math.max(0, Object.keys(current).indexOf(setting)), add);
  }

  /** What a setting begins with here. @param {Known} one */
  const startOf = (one) => (one.choices.length ? one.choices[0] : one.low > 0 && one.scale === "log" ? Number(Math.sqrt(one.low * one.high).toPrecision(1)) : one.low);

  function append() {
    const next = knownOf(field, context).find(({ setting }) => !(setting in current));
    if (next) takeRows({ ...current, [next.setting]: startOf(next) }, next.setting);
  }

  /** @param {[string, any]} entry @returns {Row<[string, any]>} */
  function rowOf([setting]) {
    const known = knownOf(field, context);
    const one = known.find((other) => other.setting === setting);
    const without = () => Object.fromEntries(Object.entries(current).filter(([name]) => name !== setting));
    const drop = h("button", { type: "button", class: "icon-button", "aria-label": t("Remove {name}", { name: one ? titleOf(one) : setting }), on: { click: () => takeRows(without(), setting) } }, icon("trash"));
    if (!one) {
      const told = h("code", {});
      return { element: h("li", { class: "axis" }, h("div", { class: "axis-head" }, told, drop)), show: ([, next]) => { told.textContent = `${setting} = ${JSON.stringify(next)}`.slice(0, 80); } };
    }
    const menu = settingMenu(known, setting, t("Setting"), (other) => {
      const chosen = known.find((entry) => entry.setting === other);
      if (chosen) takeRows({ ...without(), [other]: startOf(chosen) }, other);
    }, new Set(Object.keys(current)));
    const put = (/** @type {any} */ next) => take({ ...current, [setting]: next });
    /** @type {Row<any>} */
    const box = one.choices.length ? choiceMenu(one, put) : numberBox(titleOf(one), put);
    return { element: h("li", { class: "axis" }, h("div", { class: "axis-head" }, menu, drop), h("div", { class: "axis-span" }, box.element, h("span", { class: "unit" }, one.unit))), show: ([, next]) => box.show(next) };
  }

  /** @param {Known} one @param {(choice: string|boolean) => void} onSet @returns {Row<string|boolean>} */
  function choiceMenu(one, onSet) {
    /** @type {HTMLSelectElement} */
    const select = h("select", { class: "select", "aria-label": titleOf(one), on: { change: () => onSet(one.choices[select.selectedIndex]) } }, ...one.choices.map((choice) => h("option", {}, nameOf(one, choice, t))));
    return { element: select, show: (choice) => { select.selectedIndex = one.choices.indexOf(choice); } };
  }

  function show() {
    const rows = Object.entries(current);
    showRows(JSON.stringify([context.value?.(LABORATORY), Object.keys(current)]), rows);
    frame.changed(rows.length > 0);
  }

  show();
  return {
    element: frame.element,
    set(next) { current = next ?? {}; show(); },
    refresh: show,
    clear: () => frame.problem(""),
    problem: (_path, problem) => frame.problem(problem.sentence),
  };
}
