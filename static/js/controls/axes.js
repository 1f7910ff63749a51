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

/** @param {string} label @param {number} value @param {(value: number) => void} onSet */
function numberBox(label, value, onSet) {
  /** @type {HTMLInputElement} */
  const box = h("input", { type: "text", inputmode: "decimal", class: "number-box", autocomplete: "off", value: boxText(value), "aria-label": label, on: {
    focus: () => box.select(),
    change: () => {
      const { value: typed } = readNumber(box.value);
      if (Number.isNaN(typed)) box.value = boxText(value);
      else onSet(typed);
    },
  } });
  return box;
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
  let shown = "";

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

  function append() {
    const next = knownOf(field, context).find(({ setting, choices }) => !taken().has(setting) && !choices.length);
    if (next) take([...entries(), { setting: next.setting }]);
  }

  /** @param {Entry} entry @param {number} i */
  function rowOf(entry, i) {
    const known = knownOf(field, context);
    const one = known.find(({ setting }) => setting === entry.setting);
    const put = (/** @type {Partial<Entry>} */ part) => take(entries().with(i, { ...entry, ...part }));
    const title = one ? titleOf(one) : entry.setting;
    const drop = h("button", { type: "button", class: "icon-button", "aria-label": t("Remove {name}", { name: title }), disabled: entries().length <= FEWEST, on: { click: () => take(entries().toSpliced(i, 1)) } }, icon("trash"));
    const menu = settingMenu(known, entry.setting, t("Axis {number}", { number: i + 1 }), (setting) => take(entries().with(i, { setting })), taken());
    return h("li", { class: "axis", dataset: { setting: entry.setting } }, h("div", { class: "axis-head" }, menu, drop), one ? spanOf(entry, one, put) : null);
  }

  /** @param {Entry} entry @param {Known} one @param {(part: Partial<Entry>) => void} put */
  function spanOf(entry, one, put) {
    const title = titleOf(one);
    if (one.choices.length) {
      const chosen = entry.choices?.length ? entry.choices : one.choices;
      return h("div", { class: "chips", role: "group", "aria-label": title }, ...one.choices.map((choice) => h("button", { type: "button", class: "chip", "aria-pressed": String(chosen.includes(choice)), on: { click: () => {
        const next = one.choices.filter((other) => (other === choice) !== chosen.includes(other));
        if (next.length >= 2) put({ choices: next });
      } } }, nameOf(one, choice, t))));
    }
    const log = (entry.scale ?? one.scale) === "log";
    return h("div", { class: "axis-span" }, numberBox(t("{name}: from", { name: title }), entry.low ?? one.low, (low) => put({ low })), "–",
      numberBox(t("{name}: to", { name: title }), entry.high ?? one.high, (high) => put({ high })), h("span", { class: "unit" }, one.unit),
      h("button", { type: "button", class: "chip", "aria-pressed": String(log), title: t("Every factor is as likely; when off, every difference."), on: { click: () => put({ scale: log ? "linear" : "log" }) } }, t("log")));
  }

  function show() {
    const rows = entries();
    const now = JSON.stringify([context.value?.(LABORATORY), rows]);
    if (now !== shown) list.replaceChildren(...rows.map(rowOf)); // what one types in a row stays when the server says what stands there
    shown = now;
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

  /** @param {Params} next */
  function take(next) {
    frame.problem("");
    current = next;
    show();
    emit(structuredClone(next), { dragging: false, effect: field.effect });
  }
  /** What a setting begins with here. @param {Known} one */
  const startOf = (one) => (one.choices.length ? one.choices[0] : one.low > 0 && one.scale === "log" ? Number(Math.sqrt(one.low * one.high).toPrecision(1)) : one.low);

  function append() {
    const next = knownOf(field, context).find(({ setting }) => !(setting in current));
    if (next) take({ ...current, [next.setting]: startOf(next) });
  }

  /** @param {string} setting */
  function rowOf(setting) {
    const known = knownOf(field, context);
    const one = known.find((other) => other.setting === setting);
    const without = () => Object.fromEntries(Object.entries(current).filter(([name]) => name !== setting));
    const put = (/** @type {any} */ next) => take({ ...current, [setting]: next });
    const drop = h("button", { type: "button", class: "icon-button", "aria-label": t("Remove {name}", { name: one ? titleOf(one) : setting }), on: { click: () => take(without()) } }, icon("trash"));
    if (!one) return h("li", { class: "axis" }, h("div", { class: "axis-head" }, h("code", {}, `${setting} = ${JSON.stringify(current[setting])}`.slice(0, 80)), drop));
    const menu = settingMenu(known, setting, t("Setting"), (other) => {
      const chosen = known.find((entry) => entry.setting === other);
      if (chosen) take({ ...without(), [other]: startOf(chosen) });
    }, new Set(Object.keys(current)));
    /** @type {HTMLSelectElement} */
    const select = h("select", { class: "select", "aria-label": titleOf(one), on: { change: () => put(one.choices[select.selectedIndex]) } }, ...one.choices.map((choice) => h("option", { selected: choice === current[setting] }, nameOf(one, choice, t))));
    const box = one.choices.length ? select : numberBox(titleOf(one), current[setting], put);
    return h("li", { class: "axis" }, h("div", { class: "axis-head" }, menu, drop), h("div", { class: "axis-span" }, box, h("span", { class: "unit" }, one.unit)));
  }

  function show() {
    list.replaceChildren(...Object.keys(current).map(rowOf));
    frame.changed(Object.keys(current).length > 0);
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
