// @ts-check
/**
 * Gradients that the visitor fills in: ten tasks, numbers drawn anew each time. What is right turns green and stays; what
 * is wrong gets the hint that fits the mistake. Which tasks are done is kept in this browser.
 */

import { h } from "../../controls/dom.js";
import { boxText, readNumber } from "../../number.js";
import { CLEAR, isMap, nameText } from "../marks/circuit/sizes.js";
import { sentenceOf } from "./asking.js";
import { numbersOf } from "./circuit.js";

/** @import { Context } from "../../types.d.ts" */
/** @import { TapeNode } from "../marks/circuit/structure.d.ts" */
/** @import { Circuit } from "./circuit.js" */

/** @typedef {{name: string, title: string, expression: string, shapes: Record<string, number[]>, teaches: string}} Task */
/** @typedef {{node: TapeNode, entry: number, input: HTMLInputElement, right: boolean, asked: string}} Blank */

/** Below this scale boxes in the drawing would be too small for a finger: they stand below it. */
const LEAST_SCALE = 0.72;

/** Tasks that were done in this browser. @param {string} key @returns {Set<string>} */
function remembered(key) {
  try { return new Set(JSON.parse(localStorage.getItem(key) ?? "[]")); } catch { return new Set(); }
}

export class Exercise {
  #panel;
  #circuit;
  #key;
  #done;
  /** @type {Blank[]} */
  #blanks = [];
  #for = "";
  #finished = false;
  /** What was on screen when the task was begun: nothing is asked about that. @type {{seed: number, values: ArrayLike<number>}|null} */
  #left = null;

  /** @param {HTMLElement} host @param {Context} panel @param {Circuit} circuit */
  constructor(host, panel, circuit) {
    const { t } = panel;
    this.#panel = panel;
    this.#circuit = circuit;
    this.#key = `descentlab.tasks.${panel.name}`;
    this.#done = remembered(this.#key);
    this.rail = h("div", { class: "task-rail", role: "group", "aria-label": t("Exercises") });
    this.title = h("strong", {});
    this.teaches = h("span", { class: "task-teaches" });
    this.count = h("span", { class: "task-count", role: "status" });
    this.again = h("button", { type: "button", class: "button", on: { click: () => this.#begin(this.#task()) } }, t("Other numbers"));
    this.next = h("button", { type: "button", class: "button button-accent", hidden: true, on: { click: () => this.#begin(this.#tasks()[this.#tasks().findIndex(({ name }) => name === this.#task()?.name) + 1]) } }, t("Next exercise"));
    this.hint = h("p", { class: "task-hint", role: "status" });
    this.overlay = h("div", { class: "task-overlay" });
    this.strip = h("div", { class: "task-strip" });
    host.prepend(h("div", { class: "task" }, this.rail, h("p", { class: "task-words" }, this.title, " ", this.teaches), h("div", { class: "task-tools" }, this.count, this.again, this.next), this.hint));
    circuit.frame.append(this.overlay);
    circuit.frame.after(this.strip);
    circuit.hidden = (node) => this.#asks(node) && !this.#solved(node);
    circuit.onLook = () => this.#place();
  }

  /** @returns {Task[]} */
  #tasks() { return this.#panel.data.told("tasks"); }

  /** The task whose lines are on the page. */
  #task() {
    const { text } = this.#panel.options.moves;
    return this.#tasks().find(({ name, expression }) => name === this.#panel.view("task") && expression === this.#panel.params[text]);
  }

  /** Whether a node's gradient is asked for. @param {TapeNode} node */
  #asks(node) { return Boolean(this.#task()) && node.tracked && node.id !== this.#circuit.structure?.output; }

  /** @param {TapeNode} node */
  #solved(node) { return this.#blanks.some((blank) => blank.node.id === node.id) && this.#blanks.every((blank) => blank.node.id !== node.id || blank.right); }

  /** @param {Task|undefined} task */
  #begin(task) {
    if (!task) return;
    const { moves } = this.#panel.options;
    const seed = Math.floor(Math.random() * 1e6) + 1;
    this.#clear();
    this.#left = { seed, values: numbersOf(this.#panel).values };
    this.#panel.view("task", task.name);
    this.#panel.change({ [moves.text]: task.expression, [moves.shapes]: task.shapes, [moves.values]: {}, [moves.seed]: seed }, { effect: "restart" });
  }

  /** The run, the view or the place is another. */
  follow() {
    const task = this.#task();
    const tasks = this.#tasks();
    const { t } = this.#panel;
    this.#circuit.whole = Boolean(task);
    if (this.rail.children.length !== tasks.length) {
      this.rail.replaceChildren(...tasks.map((one, i) => h("button", { type: "button", class: "task-step", title: one.title, on: { click: () => this.#begin(one) } }, String(i + 1))));
    }
    [...this.rail.children].forEach((button, i) => {
      const done = this.#done.has(tasks[i].name);
      button.setAttribute("aria-pressed", String(tasks[i] === task || tasks[i].name === task?.name));
      button.setAttribute("aria-label", `${i + 1}: ${tasks[i].title}${done ? `, ${t("done")}` : ""}`);
      button.classList.toggle("is-done", done);
    });
    this.title.textContent = task?.title ?? t("Fill in the gradients yourself.");
    this.teaches.textContent = task?.teaches ?? t("Choose one of ten exercises. The numbers are drawn anew each time.");
    this.again.hidden = !task;
    if (!task) {
      this.#clear();
      return;
    }
    if (this.#left?.values === numbersOf(this.#panel).values && this.#left.seed === this.#panel.params[this.#panel.options.moves.seed]) return; // its run is still to come
    const key = JSON.stringify([task.name, this.#panel.params[this.#panel.options.moves.seed],
      this.#circuit.structure?.nodes.map(({ name, label, operands, shape }) => [name, label, operands, shape])]);
    const fits = this.#circuit.structure?.nodes.some((node) => node.tracked);
    if (key !== this.#for && fits) this.#ask(key);
  }

  #clear() {
    this.#for = "";
    this.#blanks = [];
    this.overlay.replaceChildren();
    this.strip.replaceChildren();
    this.count.textContent = "";
    this.hint.textContent = "";
    this.next.hidden = true;
  }

  /** Make the blanks of a task. @param {string} key */
  #ask(key) {
    this.#clear();
    this.#for = key;
    this.#finished = false;
    const { structure } = this.#circuit;
    this.#blanks = (structure?.nodes ?? []).filter((node) => this.#asks(node)).flatMap((node) => Array.from({ length: node.size }, (_, entry) => this.#blank(node, entry)));
    this.#place();
    this.#tell();
    this.#circuit.write();
  }

  /** @param {TapeNode} node @param {number} entry @returns {Blank} */
  #blank(node, entry) {
    const { t } = this.#panel;
    const name = nameText(node.label) || node.title;
    const columns = node.shape.at(-1) ?? 1;
    const where = node.shape.length > 1 ? ` ${Math.floor(entry / columns) + 1}, ${(entry % columns) + 1}` : node.size > 1 ? ` ${entry + 1}` : "";
    const input = h("input", { type: "text", inputmode: "text", class: "blank", autocomplete: "off", spellcheck: "false", placeholder: "?", "aria-label": t("Gradient by {name}", { name: `${name}${where}` }) });
    /** @type {Blank} */
    const blank = { node, entry, input, right: false, asked: "" };
    input.addEventListener("change", () => this.#check(blank));
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.#check(blank);
      event.stopPropagation();
    });
    input.addEventListener("focus", () => this.#point(node, true));
    input.addEventListener("blur", () => this.#point(node, false));
    return blank;
  }

  /** Show which wire a blank belongs to. @param {TapeNode} node @param {boolean} on */
  #point(node, on) {
    for (const { g, wire } of this.#circuit.drawing.wires.values()) if (wire.node.id === node.id) g.classList.toggle("is-asked", on);
  }

  /** Boxes stand at their wires, or below the drawing where they would be too small; those of matrices always below. */
  #place() {
    const { look } = this.#circuit.viewport;
    const { places, wires } = this.#circuit.drawing;
    if (!places) return;
    this.overlay.style.transform = `translate(${look.x}px, ${look.y}px) scale(${look.scale})`;
    const small = look.scale < LEAST_SCALE;
    /** @type {Map<string, Blank[]>} */
    const below = new Map();
    const held = document.activeElement;
    for (const blank of this.#blanks) {
      const wire = [...wires.values()].find(({ wire }) => wire.node.id === blank.node.id && wire.shows === "both");
      const box = wire && places.labels.get(wire.wire.id);
      if (!box || small || isMap(blank.node)) {
        below.set(blank.node.id, [...(below.get(blank.node.id) ?? []), blank]);
        continue;
      }
      const [x, y] = places.across ? [box.x, box.y + CLEAR + 9] : [box.x + CLEAR + 27, box.y];
      Object.assign(blank.input.style, { left: `${x}px`, top: `${y}px` });
      if (blank.input.parentElement !== this.overlay) this.overlay.append(blank.input);
    }
    const key = [...below.keys()].join();
    if (this.strip.dataset.key !== key || !this.strip.children.length) {
      this.strip.dataset.key = key;
      this.strip.replaceChildren(...[...below.values()].map((blanks) => {
        const [{ node }] = blanks;
        return h("div", { class: "task-matrix" }, h("span", { class: "task-name" }, `∂ ${nameText(node.label) || node.symbol}`),
          h("div", { class: "task-cells", style: `--columns: ${node.shape.length > 1 ? node.shape.at(-1) : 1}` }, ...blanks.map(({ input }) => input)));
      }));
    }
    if (held instanceof HTMLElement && held.classList.contains("blank") && held.isConnected) held.focus({ preventScroll: true });
  }

  /** @param {Blank} blank */
  async #check(blank) {
    const text = blank.input.value.trim();
    if (!text || text === blank.asked || blank.right) return;
    const { value } = readNumber(text);
    const { t } = this.#panel;
    if (Number.isNaN(value)) {
      this.#say(t("That is not a number."), false);
      return;
    }
    blank.asked = text;
    const key = this.#for;
    try {
      const answer = await this.#panel.ask("verdicts", { blanks: [{ node: Number(blank.node.id), entry: blank.entry, value }] });
      if (key !== this.#for) return;
      if (blank.input.value.trim() !== text) { // it is about what stood there before
        if (blank.asked === text) blank.asked = "";
        return;
      }
      const [verdict] = JSON.parse(answer.texts[this.#panel.keyOf("verdicts")]);
      this.#take(blank, verdict);
    } catch (reason) {
      if (key !== this.#for) return;
      blank.asked = "";
      this.#say(sentenceOf(reason) || t("The server did not answer; try again."), false);
    }
  }

  /** @param {Blank} blank @param {{right: boolean, hint: string}} verdict */
  #take(blank, { right, hint }) {
    blank.right = right;
    blank.input.classList.toggle("is-right", right);
    blank.input.classList.toggle("is-wrong", !right);
    blank.input.setAttribute("aria-invalid", String(!right));
    blank.input.readOnly = right;
    if (right) blank.input.value = `✓ ${boxText(readNumber(blank.input.value).value).replace("-", "−")}`;
    const name = nameText(blank.node.label) || blank.node.title;
    this.#say(right ? "" : `${name}: ${hint}`, right);
    this.#tell();
    this.#circuit.write();
    if (right && document.activeElement === blank.input) this.#blanks.find((other) => !other.right && !other.input.value)?.input.focus({ preventScroll: true });
  }

  /** @param {string} sentence @param {boolean} good */
  #say(sentence, good) {
    this.hint.textContent = sentence;
    this.hint.classList.toggle("is-good", good);
  }

  /** How far the visitor is. */
  #tell() {
    const { t } = this.#panel;
    const task = this.#task();
    const right = this.#blanks.filter((blank) => blank.right).length;
    this.count.textContent = t("{right} of {all} right", { right, all: this.#blanks.length });
    if (!task || this.#finished || !this.#blanks.length || right < this.#blanks.length) return;
    this.#finished = true;
    this.#done.add(task.name);
    try { localStorage.setItem(this.#key, JSON.stringify([...this.#done])); } catch { /* private mode: it holds for this page */ }
    const tasks = this.#tasks();
    this.next.hidden = tasks.at(-1)?.name === task.name;
    this.#say(this.#done.size === tasks.length ? t("All right. You have done all of them.") : t("All right."), true);
    this.follow();
    if (!this.next.hidden && this.#blanks.some(({ input }) => input === document.activeElement)) this.next.focus({ preventScroll: true });
  }
}
