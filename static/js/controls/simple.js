// @ts-check
// Switches, menus, texts, files and raw JSON: the controls that are one input each.

/** @import { Factory } from "../types.d.ts" */

import { formatCount } from "../number.js";
import { h, uniqueId } from "./dom.js";
import { icon } from "../icons.js";
import { same } from "./schema.js";
import { shell } from "./shell.js";

/** A switch for a yes-or-no field. @type {Factory<"switch", boolean>} */
export function switchControl(field, value, emit, context) {
  const id = uniqueId(field.name);
  const input = h("input", { type: "checkbox", role: "switch", class: "switch", id });
  const frame = shell(field, context, { labelFor: id });
  frame.element.classList.add("field-switch");
  frame.head.append(input);
  frame.describe(input);
  const show = (/** @type {boolean} */ next) => {
    input.checked = Boolean(next);
    frame.changed(next !== field.default);
  };
  input.addEventListener("change", () => {
    show(input.checked);
    emit(input.checked, { dragging: false, effect: field.effect });
  });
  show(value);
  return { element: frame.element, set: show, clear: () => frame.problem(""),
    problem: (_path, problem) => frame.problem(problem.sentence) };
}

/** A menu of named choices. @type {Factory<"menu">} */
export function menuControl(field, value, emit, context) {
  const id = uniqueId(field.name);
  const select = h("select", { id, class: "select" },
    ...field.options.map((option, i) => h("option", { value: String(i) }, option.label)));
  const frame = shell(field, context, { labelFor: id, onReset: () => choose(field.default) });
  frame.body.append(select);
  frame.describe(select);
  const show = (/** @type {any} */ next) => {
    select.value = String(field.options.findIndex((option) => same(option.value, next)));
    frame.changed(field.default !== undefined && !same(next, field.default));
  };
  const choose = (/** @type {any} */ next) => {
    frame.problem("");
    show(next);
    emit(next, { dragging: false, effect: field.effect });
  };
  select.addEventListener("change", () => choose(field.options[Number(select.value)].value));
  show(value);
  return { element: frame.element, set: show, clear: () => frame.problem(""),
    problem: (_path, problem) => frame.problem(problem.sentence) };
}

/** Characters beyond which a text is told of, not shown: a box of millions of letters would hold up the page. */
const SHOWN = 20_000;

/**
 * A line of text, or a text area for `widget: "text"`; sent when the typing pauses and when it is left. An area also
 * takes a file, dropped on it or chosen. Where the default is null, an empty text stands for it.
 * @type {Factory<"text", string|null>}
 */
export function textControl(field, value, emit, context) {
  const { t } = context;
  const id = uniqueId(field.name);
  const most = field.hints.maxLength ?? field.hints.max_length ?? field.hints.anyOf?.find((branch) => branch.maxLength)?.maxLength ?? Infinity;
  const input = field.single
    ? h("input", { id, type: "text", class: "text", maxlength: field.hints.maxLength, autocomplete: "off" })
    : h("textarea", { id, class: "text", rows: field.hints.rows ?? 4, spellcheck: "false" });
  const frame = shell(field, context, { labelFor: id, onReset: () => take("") });
  const length = h("span", { class: "drop-words" });
  frame.body.append(input);
  if (!field.single) frame.body.append(filePart(length));
  frame.describe(input);
  let sent = value ?? "";
  let timer = 0;
  const worth = (/** @type {string} */ text) => (text === "" && field.default === null ? null : text);
  const count = (/** @type {string} */ text) => formatCount(text.length);
  const fill = () => {
    const long = sent.length > SHOWN;
    input.value = long ? `${sent.slice(0, 1000)}…` : sent;
    input.readOnly = long;
    length.textContent = sent ? t("{count} characters", { count: count(sent) }) : t("Drop a text file here, or choose one");
  };
  const show = (/** @type {string|null} */ next) => {
    sent = next ?? "";
    if (document.activeElement !== input) fill();
    frame.changed(field.default !== undefined && worth(sent) !== field.default);
  };
  const take = (/** @type {string} */ text) => {
    clearTimeout(timer);
    if (text === sent && text !== "") return;
    frame.problem("");
    sent = text;
    if (document.activeElement !== input || text === "") fill();
    frame.changed(field.default !== undefined && worth(sent) !== field.default);
    emit(worth(sent), { dragging: false, effect: field.effect });
  };
  const typed = () => { if (!input.readOnly && input.value !== sent) take(input.value); };

  /** @param {HTMLElement} words */
  function filePart(words) {
    const fileId = uniqueId(field.name);
    const file = h("input", { id: fileId, type: "file", class: "hidden", accept: ".txt,.md,.csv,.py,text/*",
      on: { change: () => { read(file.files?.[0]); file.value = ""; } } });
    for (const type of /** @type {const} */ (["dragover", "dragenter", "dragleave", "drop"])) {
      /** @type {HTMLElement} */ (input).addEventListener(type, (event) => {
        if (type !== "dragleave" && event.dataTransfer?.types.includes("Files")) event.preventDefault();
        input.classList.toggle("is-over", type === "dragover" || type === "dragenter");
        if (type === "drop") read(event.dataTransfer?.files?.[0]);
      });
    }
    return h("div", { class: "text-file" }, file, h("label", { class: "drop-zone drop-small", for: fileId }, icon("upload"), words));
  }

  /** @param {File|undefined} file */
  async function read(file) {
    if (!file) return;
    if (file.size > 4 * most) {
      frame.problem(t("This file is too large; at most {count} characters.", { count: formatCount(most) }));
      return;
    }
    try {
      const text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
      if (text.length > most) frame.problem(t("This file is too large; at most {count} characters.", { count: formatCount(most) }));
      else if (text === "") frame.problem(t("This file is empty; choose another."));
      else take(text);
    } catch {
      frame.problem(t("This is no text in UTF-8; save it in that encoding, or choose a plain text."));
    }
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(typed, 700);
  });
  input.addEventListener("change", typed);
  show(value);
  fill();
  return { element: frame.element, set: show, clear: () => frame.problem(""), problem: (_path, problem) => frame.problem(problem.sentence),
    destroy: () => clearTimeout(timer) };
}

/** A text read from a file of the visitor's: a drop zone that is also a button. It never leaves the page by itself. @type {Factory<"file", string|null>} */
export function fileControl(field, value, emit, context) {
  const { t } = context;
  const id = uniqueId(field.name);
  const most = field.hints.maxLength ?? Infinity;
  const input = h("input", { id, type: "file", class: "hidden", accept: field.hints.accept ?? ".txt,text/plain" });
  const words = h("span", { class: "drop-words" });
  const zone = h("label", { class: "drop-zone", for: id }, icon("upload"), words);
  const frame = shell(field, context, { labelFor: id, onReset: () => take(field.default ?? "", "") });
  frame.body.append(input, zone);
  frame.describe(input);
  const show = (/** @type {string|null|undefined} */ next, /** @type {string} */ name) => {
    const length = (next ?? "").length;
    words.textContent = length
      ? t("{name}: {count} characters", { name: name || t("Your text"), count: formatCount(length) })
      : t("Drop a text file here, or choose one");
    frame.changed(!same(next ?? "", field.default ?? ""));
  };
  const take = (/** @type {string} */ text, /** @type {string} */ name) => {
    frame.problem("");
    show(text, name);
    emit(text, { dragging: false, effect: field.effect });
  };
  const read = async (/** @type {File|undefined} */ file) => {
    if (!file) return;
    if (file.size > most * 4) {
      frame.problem(t("This file is too large; at most {count} characters.", { count: formatCount(most) }));
      return;
    }
    const text = await file.text();
    if (text.includes("\u0000")) frame.problem(t("This is no text file; choose a plain text."));
    else if (text.length > most) frame.problem(t("This file is too large; at most {count} characters.", { count: formatCount(most) }));
    else take(text, file.name);
  };
  input.addEventListener("change", () => read(input.files?.[0]));
  for (const type of ["dragover", "dragenter"]) {
    zone.addEventListener(type, (event) => { event.preventDefault(); zone.classList.add("is-over"); });
  }
  zone.addEventListener("dragleave", () => zone.classList.remove("is-over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("is-over");
    read(event.dataTransfer?.files?.[0]);
  });
  show(value, "");
  return { element: frame.element, set: (next) => show(next, ""), clear: () => frame.problem(""),
    problem: (_path, problem) => frame.problem(problem.sentence) };
}

/** What no other control fits: the value as JSON. @type {Factory<"json">} */
export function jsonControl(field, value, emit, context) {
  const { t } = context;
  const id = uniqueId(field.name);
  const input = h("textarea", { id, class: "text", rows: 3, spellcheck: "false" });
  const frame = shell(field, context, { labelFor: id, onReset: () => { show(field.default); emit(field.default, { dragging: false, effect: field.effect }); } });
  frame.body.append(input);
  frame.describe(input);
  const show = (/** @type {any} */ next) => {
    input.value = JSON.stringify(next);
    frame.changed(field.default !== undefined && !same(next, field.default));
  };
  input.addEventListener("change", () => {
    try {
      emit(JSON.parse(input.value), { dragging: false, effect: field.effect });
      frame.problem("");
    } catch {
      frame.problem(t("This is not valid JSON; check quotes and commas."));
    }
  });
  show(value);
  return { element: frame.element, set: show, clear: () => frame.problem(""),
    problem: (_path, problem) => frame.problem(problem.sentence) };
}
