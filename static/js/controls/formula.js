// @ts-check
// A function: one of those that are known by name, or the visitor's own, typeset, with errors under their character.

/** @import { Factory, Translate, Values } from "../types.d.ts" */


import { boxText, readNumber } from "../number.js";
import { h, uniqueId } from "./dom.js";
import { notANumber, readAsThousands } from "./number.js";
import { shell } from "./shell.js";

const OWN = "\u0000own";
const PAUSE = 220;

/**
 * The `<math>` element of a text that the server made, rebuilt from MathML elements and attributes only.
 * @param {string|undefined} text
 * @returns {Element|null}
 */
export function mathElement(text) {
  const parsed = new DOMParser().parseFromString(text ?? "", "text/html").querySelector("math");
  if (!parsed) return null;
  /** @param {Element} node @returns {Element|null} */
  const rebuild = (node) => {
    if (node.namespaceURI !== "http://www.w3.org/1998/Math/MathML") return null;
    const copy = document.createElementNS(node.namespaceURI, node.localName);
    for (const { name, value } of node.attributes) {
      if (!/^(on|href|xlink|src|style)/i.test(name)) copy.setAttribute(name, value);
    }
    for (const child of node.childNodes) {
      const made = child instanceof Element ? rebuild(child) : child.nodeType === Node.TEXT_NODE && child.cloneNode();
      if (made) copy.append(made);
    }
    return copy;
  };
  return rebuild(parsed);
}

/**
 * The same formula as pieces that a line may break between: browsers break no line inside `<math>`.
 * @param {Element} math
 * @returns {Element[]} one `<math>` for each side of an equation and each term of its outermost sums
 */
export function terms(math) {
  const rows = [...math.children];
  const inside = rows.length === 1 && rows[0].localName === "mrow" ? [...rows[0].children] : rows;
  /** @type {Element[]} */
  const pieces = [];
  let open = 0; // parentheses that stand beside their content, not around it
  for (const [i, node] of inside.entries()) {
    const sign = node.localName === "mo" ? node.textContent.trim() : "";
    const [base] = node.localName.startsWith("msu") ? node.children : [node]; // (x + y)^2: its exponent stands on the last parenthesis
    const bracket = base?.localName === "mo" ? base.textContent.trim() : "";
    if (/^[([{⟨]$/.test(bracket)) open += 1;
    if (/^[)\]}⟩]$/.test(bracket)) open -= 1;
    const before = inside[i - 1];
    const afterOperand = before && (before.localName !== "mo" || /^[)\]}⟩|′!]$/.test(before.textContent.trim()));
    const starts = !open && afterOperand && /^[+\-−=←]$/.test(sign);
    if (!pieces.length || starts) pieces.push(/** @type {Element} */ (math.cloneNode(false)));
    if (starts) node.setAttribute("form", "infix"); // keeps its space on both sides
    pieces[pieces.length - 1].append(node);
  }
  for (const piece of pieces) piece.setAttribute("display", "inline");
  return pieces;
}

/**
 * A formula in a box as wide as its place: it breaks between its terms.
 * @param {string} text MathML
 * @returns {(Element | string)[]} the pieces with a space between them
 */
export function breakable(text) {
  const math = mathElement(text);
  return (math ? terms(math) : []).flatMap((term) => [term, " "]);
}

/** Value: a name, or {formula: text}. @type {Factory<"formula">} */
export function formulaControl(field, value, emit, context) {
  const { t } = context;
  const id = uniqueId(field.name);
  const select = h("select", { id, class: "select" },
    ...field.options.map((option) => h("option", { value: option.value }, option.label)),
    h("option", { value: OWN }, t("Your own formula…")));
  const input = h("input", { type: "text", class: "formula-input", spellcheck: "false", autocapitalize: "off",
    autocomplete: "off", "aria-label": t("Your own formula of x and y") });
  const before = h("span", { class: "formula-before" });
  const caret = h("span", { class: "formula-caret" }, "^");
  const slide = h("div", { class: "formula-slide" }, before, caret);
  const ruler = h("div", { class: "formula-ruler", "aria-hidden": "true", hidden: true }, slide);
  const typeset = h("div", { class: "formula-typeset", tabindex: 0, role: "group", "aria-label": t("The formula") });
  const domain = field.own?.domain ? domainBoxes(t, (next) => take({ ...sent, domain: next }), (sentence) => frame.note(sentence)) : null;
  const own = h("div", { class: "formula-own", hidden: true }, input, ruler);
  const frame = shell(field, context, { labelFor: id, onReset: () => take(field.default) });
  const help = h("p", { class: "hint", hidden: true },
    t("Use x, y, numbers, + − * / **, and functions such as sin, cos, exp, log, sqrt, abs."));
  frame.body.append(select, own);
  frame.element.append(help, ...(domain ? [domain.element] : []), typeset);
  frame.element.classList.add("field-formula");
  frame.describe(select, input);
  let sent = value;
  let sceneText = "";
  /** @type {Domain|null} */
  let sceneDomain = null;
  let timer = 0;
  /** Where the formula is wrong, as a place among its characters. @type {number|null} */
  let position = null;

  const isOwn = () => select.value === OWN;

  /** @param {any} next plain JSON */
  function show(next) {
    sent = next;
    const typed = typeof next === "object" && next !== null;
    select.value = typed ? OWN : String(next);
    own.hidden = help.hidden = !typed;
    if (domain) {
      domain.element.hidden = !typed;
      domain.set(next?.domain ?? field.own.domain.default);
    }
    if (typed && document.activeElement !== input) input.value = next.formula ?? "";
    frame.changed(JSON.stringify(next) !== JSON.stringify(field.default));
  }

  /** @param {any} next plain JSON */
  function take(next) {
    clearTimeout(timer);
    clear();
    show(next);
    emit(next, { dragging: false, effect: field.effect });
  }

  function send() {
    clearTimeout(timer);
    if (!isOwn() || input.value === sent?.formula) return;
    take({ ...sent, formula: input.value });
  }

  function clear() {
    frame.problem("");
    position = null;
    ruler.hidden = true;
  }

  function placeCaret() {
    if (position === null) return;
    before.textContent = input.value.slice(0, position) || "";
    slide.style.transform = `translateX(${-input.scrollLeft}px)`;
  }

  select.addEventListener("change", () => {
    if (!isOwn()) {
      take(select.value);
      return;
    }
    if (!input.value) input.value = sceneText || context.sampleFormula || "sin(x)*y**2 + x**2";
    take({ formula: input.value, ...(domain && sceneDomain ? { domain: sceneDomain } : {}) });
    input.focus();
    input.select();
  });
  input.addEventListener("input", () => {
    clear();
    clearTimeout(timer);
    timer = setTimeout(send, PAUSE);
  });
  input.addEventListener("change", send);
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    send();
  });
  input.addEventListener("scroll", placeCaret);
  show(value);
  if (isOwn()) input.value = value.formula ?? "";

  return {
    element: frame.element,
    set(next) { if (JSON.stringify(next) !== JSON.stringify(sent)) show(next); },
    clear,
    problem(_path, problem) {
      frame.problem(problem.sentence, problem.position);
      if (!isOwn() || problem.position === null || problem.position === undefined) return;
      position = Math.max(0, Math.min(input.value.length, problem.position));
      ruler.hidden = false;
      placeCaret();
    },
    /** Typeset the formula that the scene tells; its text becomes the first of the visitor's own. */
    scene(scene) {
      typeset.replaceChildren(...breakable(scene.texts?.[field.hints.typeset ?? "formula"]));
      sceneText = scene.texts?.[field.hints.source ?? "formula_text"] ?? "";
      const ends = (/** @type {Values} */ values) => /** @type {[number, number]} */ ([values[0], values[values.length - 1]]);
      sceneDomain = scene.arrays?.x && scene.arrays?.y ? [ends(scene.arrays.x.values), ends(scene.arrays.y.values)] : null;
    },
    destroy: () => clearTimeout(timer),
  };
}

/** From where to where x and y are shown. @typedef {[[number, number], [number, number]]} Domain */

/**
 * Four boxes: from where to where x and y are shown.
 * @param {Translate} t @param {(domain: Domain) => void} onChange @param {(sentence: string) => void} note
 */
function domainBoxes(t, onChange, note) {
  /** @type {Domain} */
  let current = [[0, 1], [0, 1]];
  const boxes = ["x", "y"].map((name, i) => [0, 1].map((end) => h("input", { type: "text", inputmode: "decimal",
    class: "number-box", autocomplete: "off",
    "aria-label": end ? t("Highest {name} shown", { name }) : t("Lowest {name} shown", { name }),
    on: { change: (event) => {
      const asTyped = /** @type {HTMLInputElement} */ (event.target).value.trim();
      const { value: typed, doubt } = readNumber(asTyped);
      if (Number.isNaN(typed)) {
        note(notANumber(t, current[i][end]));
        show();
        return;
      }
      note(doubt ? readAsThousands(t, asTyped, typed) : "");
      const next = structuredClone(current);
      next[i][end] = typed;
      current = next;
      onChange(next);
    } } })));
  const element = h("div", { class: "formula-domain", hidden: true }, ...boxes.flatMap(([low, high], i) => [
    h("span", { class: "pair-name" }, "xy"[i]), low, h("span", { class: "unit" }, "…"), high]));
  const show = () => boxes.forEach((pair, i) => pair.forEach((box, end) => { box.value = boxText(current[i][end]); }));
  return { element, set(/** @type {Domain|undefined} */ next) { if (next) current = structuredClone(next); show(); } };
}
