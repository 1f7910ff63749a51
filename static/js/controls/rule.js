// @ts-check
// An update rule of one's own: its lines, typeset, with errors under their character; and its hyperparameters.

/** @import { Control, Factory, Move, NumberField, Params } from "../types.d.ts" */

/** The value of a hyperparameter and what it goes between. @typedef {{value: number, low: number, high: number, scale: "linear"|"log"}} Hyperparameter */

import { download } from "../export.js";
import { currentLanguage } from "../i18n.js";
import { caretLine } from "./caret.js";
import { h, uniqueId } from "./dom.js";
import { mathElement } from "./formula.js";
import { same } from "./schema.js";
import { shell } from "./shell.js";

const PAUSE = 300;

/**
 * What the server reads in a rule.
 * @param {Params} rule
 * @returns {Promise<{title: string, equations: string[], own: Record<string, any>|null, code: Record<string, string>}>}
 * @throws {{path: string, sentence: string, position?: number|null}[]} its problems
 */
export async function readRule(rule) {
  const answer = await fetch(`/api/rules?lang=${currentLanguage()}`, { method: "POST",
    headers: { "Content-Type": "application/json" }, body: JSON.stringify(rule) });
  const told = await answer.json();
  if (!answer.ok || told.problems) throw told.problems ?? [];
  return told;
}

/** @type {Promise<{rule: string, title: string}[]>|null} */
let known = null;

/** The rules of this house that are texts, asked for once. */
function knownRules() {
  known ??= fetch(`/api/rules?lang=${currentLanguage()}`).then((answer) => answer.json());
  return known;
}

/**
 * Two buttons that hand out a rule as a program.
 * @param {() => Record<string, any>} rule
 * @param {(english: string) => string} t
 */
export function codeButtons(rule, t) {
  const button = (/** @type {string} */ library, /** @type {string} */ label) => h("button", { type: "button", class: "button", on: { click: async () => {
    const told = await readRule(rule()).catch(() => null);
    if (told?.code[library]) download(new Blob([told.code[library]], { type: "text/x-python" }), `${rule().rule}_${library}.py`);
  } } }, label);
  return [button("torch", t("As PyTorch code")), button("numpy", t("As NumPy code"))];
}

/** The text of a rule. A new name brings its hyperparameter along: `siblings` of what is emitted. @type {Factory<"rule", string>} */
export function ruleControl(field, value, emit, context) {
  const { t } = context;
  const id = uniqueId(field.name);
  const input = h("textarea", { id, class: "text formula-input rule-text", rows: 5, spellcheck: "false", autocapitalize: "off",
    autocomplete: "off" });
  const caret = caretLine(input);
  const typeset = h("div", { class: "formula-typeset rule-typeset", tabindex: 0, role: "group", "aria-label": t("The rule, typeset") });
  const start = h("select", { class: "select rule-start", "aria-label": t("Start from a known rule") },
    h("option", { value: "" }, t("Start from…")));
  knownRules().then((known) => start.append(...known.map(({ rule, title }) => h("option", { value: rule }, title))), () => start.remove());
  const frame = shell(field, context, { labelFor: id });
  frame.body.append(input);
  frame.element.append(caret.element, typeset, h("div", { class: "rule-tools" }, start, ...codeButtons(() => ({ rule: "own", text: input.value, ...kept }), t)));
  frame.element.classList.add("field-rule");
  frame.describe(input);
  let sent = value ?? "";
  /** @type {Params} */
  let kept = {};
  let timer = 0;
  let asked = 0;

  function clear() {
    frame.problem("");
    caret.show(null);
  }

  /** @param {{sentence: string, position?: number|null}} problem */
  function complain({ sentence, position = null }) {
    frame.problem(sentence, position);
    caret.show(position);
  }

  /** @param {Params} rule @param {boolean} send whether what is read is handed on */
  async function read(rule, send) {
    const turn = ++asked;
    try {
      const told = await readRule(rule);
      if (turn !== asked) return;
      clear();
      typeset.replaceChildren(...told.equations.map((line) => h("div", { class: "formula-line" }, mathElement(line))));
      if (send && told.own) take(told.own, rule.rule === "own" ? rule.text : null);
    } catch (problems) {
      if (turn === asked && Array.isArray(problems) && problems.length) complain(problems[0]);
    }
  }

  /**
   * Hand on a rule that was read: its hyperparameters keep the values that they have where the text stays one's own.
   * @param {Params} own @param {string|null} typed the text that was read, where it was typed
   */
  function take(own, typed) {
    if (typed === null) input.value = own.text;
    sent = typed ?? own.text;
    kept = { hyperparameters: own.hyperparameters };
    const { rule: _kind, text: _text, hyperparameters, ...others } = own;
    const siblings = (/** @type {Params} */ current) => ({ ...(typed === null ? others : {}),
      hyperparameters: Object.fromEntries(Object.entries(hyperparameters).map(([name, guess]) => (
        [name, (typed !== null && current.hyperparameters?.[name]) || guess]))) });
    emit(sent, { dragging: false, effect: field.effect, siblings });
  }

  function reread() {
    clearTimeout(timer);
    read({ rule: "own", text: input.value }, input.value !== sent);
  }

  input.addEventListener("input", () => {
    asked += 1; // what is being read is not what stands there any more
    clearTimeout(timer);
    timer = setTimeout(reread, PAUSE);
  });
  input.addEventListener("change", () => { if (input.value !== sent) reread(); });
  start.addEventListener("change", () => {
    if (start.value) read({ rule: start.value }, true);
    start.value = "";
  });
  input.value = sent;
  read({ rule: "own", text: sent }, false);

  return {
    element: frame.element,
    set(next) {
      if (next === sent || document.activeElement === input) return;
      sent = next;
      input.value = next;
      read({ rule: "own", text: next }, false);
    },
    clear() { if (input.value === sent) clear(); },
    problem: (_path, problem) => complain(problem),
    destroy: () => clearTimeout(timer),
  };
}

/** Names with values: a slider each, and the bounds that it goes between. @type {Factory<"hyperparameters", Record<string, Hyperparameter>>} */
export function hyperparametersControl(field, value, emit, context) {
  const { t } = context;
  const frame = shell({ ...field, effect: "restart" }, context);
  frame.element.setAttribute("role", "group");
  frame.element.setAttribute("aria-labelledby", frame.labelId);
  frame.element.classList.add("field-hyperparameters");
  let current = structuredClone(value ?? {});
  /** @type {{name: string, control: Control<number>, remake: () => void}[]} */
  let controls = [];
  const shape = (/** @type {Record<string, Hyperparameter>} */ all) => Object.entries(all).map(([name, { low, high, scale }]) => [name, low, high, scale]);

  /** @param {string} name @param {keyof Hyperparameter} part @param {number|string} next @param {Move} how */
  function change(name, part, next, how) {
    current = { ...current, [name]: { ...current[name], [part]: next } };
    if (part !== "value") {
      const { low, high, value: now } = current[name];
      current[name].value = Math.min(high, Math.max(low, now));
      controls.find((one) => one.name === name)?.remake();
    }
    emit(structuredClone(current), how);
  }

  /** @param {string} name @param {Hyperparameter} entry */
  function slider(name, entry) {
    const numberOf = (/** @type {Hyperparameter} */ { low, high, scale, value }) => {
      /** @type {NumberField} */
      const number = { name, kind: "number", title: name, description: "", default: undefined, effect: "live", unit: "", group: "",
        shownWhen: null, hiddenWhen: null, hints: {}, minimum: low, maximum: high, scale, step: null, integer: false };
      return context.make(number, value, (next, how) => change(name, "value", next, how), context);
    };
    const box = (/** @type {"low"|"high"} */ part, /** @type {string} */ label) => {
      const input = h("input", { type: "text", inputmode: "decimal", class: "number-box", value: String(entry[part]),
        "aria-label": `${name}: ${label}` });
      input.addEventListener("change", () => {
        const typed = Number(input.value);
        const other = part === "low" ? current[name].high : current[name].low;
        const fits = Number.isFinite(typed) && input.value.trim() !== "" && (part === "low" ? typed < other : typed > other);
        if (fits) change(name, part, typed, { dragging: false, effect: "live" });
        else input.value = String(current[name][part]);
      });
      return h("label", { class: "pair-end" }, h("span", { class: "pair-name" }, label), input);
    };
    const scale = h("input", { type: "checkbox", checked: entry.scale === "log", disabled: entry.low < 0 });
    scale.addEventListener("change", () => change(name, "scale", scale.checked ? "log" : "linear", { dragging: false, effect: "live" }));
    const bounds = h("details", { class: "group rule-bounds" }, h("summary", {}, t("Bounds of {name}", { name })),
      h("div", { class: "pair" }, box("low", t("from")), box("high", t("to")), h("label", {}, scale, " ", t("logarithmic"))));
    const one = { name, control: numberOf(entry), /** It goes between other bounds; these stay open. */ remake() {
      const before = one.control;
      one.control = numberOf(current[name]);
      before.element.replaceWith(one.control.element);
      before.destroy?.();
      scale.disabled = current[name].low < 0;
    } };
    controls.push(one);
    return h("div", { class: "rule-hyperparameter" }, one.control.element, bounds);
  }

  function build() {
    for (const { control } of controls) control.destroy?.();
    controls = [];
    frame.body.replaceChildren(...Object.entries(current).map(([name, entry]) => slider(name, entry)));
    frame.element.classList.toggle("is-empty", !controls.length);
  }
  build();

  return {
    element: frame.element,
    set(next) {
      const rebuilt = !same(shape(next ?? {}), shape(current));
      current = structuredClone(next ?? {});
      if (rebuilt) build(); else for (const { name, control } of controls) control.set(current[name].value);
    },
    clear() {
      frame.problem("");
      for (const { control } of controls) control.clear();
    },
    problem(path, problem) {
      const found = controls.find(({ name }) => name === path[0]);
      if (found) found.control.problem([], problem); else frame.problem(problem.sentence);
    },
    destroy() { for (const { control } of controls) control.destroy?.(); },
  };
}
