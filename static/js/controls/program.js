// @ts-check
// Lines that the visitor types and the server reads: with errors under their character, typeset once they are understood,
// and starts one click away.

/** @import { Factory } from "../types.d.ts" */

import { caretLine } from "./caret.js";
import { h, uniqueId } from "./dom.js";
import { mathElement } from "./formula.js";
import { shell } from "./shell.js";

const PAUSE = 350;
const ROWS = { least: 1, most: 9 };

/** Hint `typeset`: the scene's text with a JSON list of MathML lines. @type {Factory<"program", string>} */
export function programControl(field, value, emit, context) {
  const { t } = context;
  const id = uniqueId(field.name);
  const input = h("textarea", { id, class: "text formula-input program-text", spellcheck: "false", autocapitalize: "off", autocomplete: "off" });
  const caret = caretLine(input);
  const typeset = h("div", { class: "formula-typeset rule-typeset", tabindex: 0, role: "group", "aria-label": t("The lines, typeset") });
  const starts = h("div", { class: "program-starts", role: "group", "aria-label": t("Examples"), dataset: { starts: "" } },
    ...(context.starts ?? []).map(({ title, open }) => h("button", { type: "button", class: "start-chip", on: { click: () => {
      clearTimeout(timer);
      input.blur();
      open();
    } } }, title)));
  const frame = shell(field, context, { labelFor: id, onReset: () => take(field.default) });
  frame.body.append(input);
  frame.element.append(caret.element, typeset, starts);
  frame.element.classList.add("field-program");
  frame.describe(input);
  let sent = value ?? "";
  let timer = 0;

  function clear() {
    frame.problem("");
    caret.show(null);
  }

  function grow() {
    input.rows = Math.max(ROWS.least, Math.min(ROWS.most, input.value.split("\n").length));
  }

  /** @param {string} next */
  function show(next) {
    sent = next;
    if (document.activeElement !== input || input.value.trim() === next.trim()) {
      if (document.activeElement !== input) input.value = next;
      grow();
    }
    frame.changed(next !== field.default);
  }

  /** @param {string} next */
  function take(next) {
    clearTimeout(timer);
    clear();
    if (input.value !== next) input.value = next;
    show(next);
    emit(next, { dragging: false, effect: field.effect });
  }

  const typed = () => { if (input.value !== sent) take(input.value); };
  input.addEventListener("input", () => {
    clear();
    grow();
    clearTimeout(timer);
    timer = setTimeout(typed, PAUSE);
  });
  input.addEventListener("change", typed);
  input.addEventListener("keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) typed(); });
  show(sent);

  return {
    element: frame.element,
    set: show,
    clear,
    problem(_path, problem) {
      frame.problem(problem.sentence, problem.position);
      caret.show(problem.position);
    },
    scene(scene) {
      /** @type {string[]} */
      const lines = JSON.parse(scene.texts?.[field.hints.typeset ?? ""] ?? "[]");
      typeset.replaceChildren(...lines.map((line) => h("div", { class: "formula-line" }, mathElement(line))));
    },
    destroy: () => clearTimeout(timer),
  };
}
