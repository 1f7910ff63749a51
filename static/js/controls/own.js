// @ts-check
// A choice among what the laboratory has, or something of the visitor's own read from a file.

/** @import { Factory } from "../types.d.ts" */

import { h, uniqueId } from "./dom.js";
import { same } from "./schema.js";
import { shell } from "./shell.js";

/** Parameters as for every control; the value is one of the options, or {[field.key]: text}. @type {Factory<"own">} */
export function ownControl(field, value, emit, context) {
  const { t } = context;
  const { options, key, inner } = field;
  const id = uniqueId(field.name);
  const select = h("select", { id, class: "select" },
    ...options.map((option, i) => h("option", { value: String(i) }, option.label)),
    h("option", { value: "own" }, t("{title} of your own…", { title: inner.title })),
    h("option", { value: "else", hidden: true }, t("set on the picture")));
  const frame = shell(field, context, { labelFor: id, onReset: () => choose(field.default) });
  const isOwn = (/** @type {any} */ next) => typeof next === "object" && next !== null && key in next;
  const file = context.make({ ...inner, description: "" }, isOwn(value) ? value[key] : "", (text, how) => {
    if (text) emit({ [key]: text }, { ...how, dragging: false, effect: field.effect });
    else choose(field.default);
  }, context);
  file.element.classList.add("is-inner");
  if (inner.description) file.element.append(h("p", { class: "hint" }, inner.description));
  frame.body.append(select, file.element);
  frame.describe(select);

  const show = (/** @type {any} */ next) => {
    const index = options.findIndex((option) => same(option.value, next));
    select.value = isOwn(next) ? "own" : index < 0 ? "else" : String(index);
    file.element.hidden = !isOwn(next);
    file.set(isOwn(next) ? next[key] : "");
    frame.changed(field.default !== undefined && !same(next, field.default));
  };
  const choose = (/** @type {any} */ next) => {
    frame.problem("");
    file.clear();
    show(next);
    emit(next, { dragging: false, effect: field.effect });
  };
  select.addEventListener("change", () => {
    if (select.value !== "own") choose(options[Number(select.value)].value);
    else { // nothing changes before there is a file
      file.element.hidden = false;
      file.element.querySelector("input")?.focus();
    }
  });
  show(value);
  return {
    element: frame.element,
    set(next) {
      if (select.value === "own" && !isOwn(next) && file.element.contains(document.activeElement)) return;
      show(next);
    },
    clear() { frame.problem(""); file.clear(); },
    problem(_path, problem) {
      frame.problem(problem.sentence);
      frame.element.scrollIntoView({ block: "nearest" });
    },
    destroy: () => file.destroy?.(),
  };
}
