// @ts-check
// What every control has round it: label, live dot, tooltip, a button back to the default, and room for a problem.

/** @import { ControlContext, Field } from "../types.d.ts" */

import { h, uniqueId } from "./dom.js";
import { icon } from "../icons.js";
import { attachTip } from "./tip.js";

/**
 * @param {Field} field
 * @param {ControlContext} context
 * @param {{labelFor?: string, onReset?: (() => void)|false}} [options]
 */
export function shell(field, context, { labelFor, onReset } = {}) {
  const { t } = context;
  const descriptionId = uniqueId("about");
  const problemId = uniqueId("problem");
  const labelId = uniqueId("label");
  const label = h(labelFor ? "label" : "span", { class: "field-label", id: labelId, for: labelFor }, field.title);
  const live = field.effect === "live" && h("span", { class: "live-dot", role: "img",
    "aria-label": t("changes the run at once"),
    title: t("Takes effect from the playhead on. Hold Shift to run again from the start.") });
  const info = field.description && h("button", { type: "button", class: "info", "aria-label": t("About “{title}”",
    { title: field.title }) }, "?");
  const reset = onReset && h("button", { type: "button", class: "reset", hidden: true,
    "aria-label": t("Back to the default of “{title}”", { title: field.title }),
    title: t("Back to the default: {value}", { value: plainText(field.default) }), on: { click: onReset } }, icon("reset"));
  const head = h("div", { class: "field-head" }, label, live, info, h("span", { class: "spring" }), reset);
  const body = h("div", { class: "field-body" });
  const description = field.description && h("span", { id: descriptionId, class: "hidden" }, field.description);
  const problemLine = h("p", { id: problemId, class: "field-problem", hidden: true });
  const noteLine = h("p", { class: "field-note", role: "status", hidden: true });
  const element = h("div", { class: "field", dataset: { field: field.name } }, head, body, noteLine, problemLine, description);
  if (info) {
    attachTip(info, field.description);
    attachTip(label, field.description, { delay: 350 });
  }

  return {
    element, head, body, label, labelId,
    /** Tie inputs to the description and the problem. @param {...(HTMLElement|null|false|undefined)} inputs */
    describe(...inputs) {
      const ids = [field.description && descriptionId, problemId].filter(Boolean).join(" ");
      for (const input of inputs) if (input) input.setAttribute("aria-describedby", ids);
    },
    /** Show or hide the way back to the default. @param {boolean} differs */
    changed(differs) {
      if (reset) reset.hidden = !differs;
      element.classList.toggle("is-changed", differs);
    },
    /** Say what the control made of an entry; "" takes it away. The server's problems come and go without it. @param {string} sentence */
    note(sentence) {
      noteLine.textContent = sentence;
      noteLine.hidden = !sentence;
    },
    /**
     * Say what is wrong; "" takes it away. Where it is a character of what is typed nothing else on the page tells of it: it is read out.
     * @param {string} sentence @param {number|null} [position] of the character
     */
    problem(sentence, position = null) {
      if (position === null) problemLine.removeAttribute("role"); else problemLine.setAttribute("role", "alert");
      problemLine.textContent = sentence;
      problemLine.hidden = !sentence;
      element.classList.toggle("has-problem", Boolean(sentence));
      for (const input of body.querySelectorAll("input, select, textarea")) {
        if (sentence) input.setAttribute("aria-invalid", "true"); else input.removeAttribute("aria-invalid");
      }
    },
  };
}

/** @param {unknown} value */
function plainText(value) {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}
