// @ts-check
/**
 * What happens at the gate where the walk stands, or at the one that was chosen: forward its rule with the numbers in it;
 * backward what arrives, the local gradient, and the product that leaves to each input, with the sum where branches meet.
 *
 * Roles: `structure`, a text (marks/circuit/structure.d.ts); `values`, `gradients` (entry,); `shares`, `locals` (edge entry,).
 */

import { h, renew } from "../controls/dom.js";
import { mathElement } from "../controls/formula.js";
import { formatCount, formatNumber } from "../number.js";
import { foldedOf, numbersOf } from "./parts/circuit.js";
import { seen } from "./marks/circuit/fold.js";
import { part } from "./marks/circuit/reveal.js";
import { countText, nameText } from "./marks/circuit/sizes.js";
import { Tape } from "./marks/circuit/tape.js";

/** @import { Context, Picture } from "../types.d.ts" */
/** @import { Reveal } from "./marks/circuit/reveal.js" */
/** @import { Gate, Rule, Structure, TapeNode, Wire } from "./marks/circuit/structure.d.ts" */

export const words = true;

/** Inputs of a gate that are listed. */
const MOST = 6;

/** @param {HTMLElement} host @param {Context} panel @returns {Promise<Picture>} */
export async function create(host, panel) {
  const { t } = panel;
  const story = h("div", { class: "chain", tabindex: 0, role: "group", "aria-label": panel.title });
  const spoken = h("p", { class: "visually-hidden", role: "status" });
  host.append(story, spoken);
  let spokenOf = "";
  const tape = new Tape();
  /** What the story was made of. @type {any[]} */
  let told = [];

  /** A number, or the shape of a matrix. @param {ArrayLike<number>|null} some @param {TapeNode} node */
  const brief = (some, node) => (!some ? "?" : some.length === 1 ? formatNumber(some[0], 3) : countText(node, t));
  /** What a node is called in a sentence. @param {TapeNode} node */
  const nameOf = (node) => nameText(node.label) || node.symbol || node.title;

  function show() {
    tell();
    speak();
  }

  /** To those who do not see it each step is read out, and each gate that is chosen; not while the walk plays, nor while a leaf is dragged. */
  function speak() {
    const now = `${panel.step} ${panel.view("node") ?? ""}`;
    if (now === spokenOf || panel.playing) return;
    const begins = spokenOf === "";
    spokenOf = now;
    if (!begins) spoken.textContent = textsIn(story).join(" ");
  }

  function tell() {
    const { values } = numbersOf(panel);
    tape.take(panel.data.text("structure"), values);
    const { structure, reveal } = tape;
    const of = [structure, values, panel.step, panel.view("node"), panel.view("folded")];
    if (!structure || !reveal || !values.length || of.every((one, i) => one === told[i])) return;
    told = of;
    renew(story, parts(structure, reveal));
  }

  /** What is told of a step. @param {Structure} structure @param {Reveal} reveal @returns {HTMLElement[]} */
  function parts(structure, reveal) {
    const view = seen(structure, foldedOf(panel, structure));
    const turn = reveal.turn(Math.min(panel.step, reveal.last));
    const chosen = panel.view("node");
    const id = (chosen && reveal.nodes.has(String(chosen)) ? String(chosen) : turn?.node) ?? null;
    const gate = id === null ? null : view.gates.find((one) => one.id === (view.gateOf.get(id) ?? id)) ?? null;
    const both = Boolean(chosen) && id === String(chosen);
    story.dataset.gate = gate?.id ?? "";
    story.dataset.turn = both ? "both" : turn?.turn ?? "";
    if (!gate || (!turn && !both)) {
      return [h("p", { class: "chain-words" }, t("Press play, or step: first every gate computes its value, then the gradient comes back, gate by gate.")), held()];
    }
    const into = view.wires.filter(({ to }) => to === gate.id);
    const head = h("div", { class: "chain-head" }, h("span", { class: `chain-way ${turn?.turn === "forward" && !both ? "is-forward" : "is-back"}` },
      both ? t("this gate") : turn?.turn === "forward" ? t("forward") : t("backward")), h("strong", {}, gate.group?.title ?? titleOf(gate.node)));
    if (turn?.turn === "seed" && !both) {
      return [head, h("p", { class: "chain-words" }, t("The walk back begins at the result: its derivative by itself is 1.")), held()];
    }
    return [head, ...(both || turn?.turn === "forward" ? forward(gate, into) : []), ...(both || turn?.turn === "backward" ? backward(gate, into, view.wires) : [])];
  }

  /** @param {TapeNode} node */
  const titleOf = (node) => (node.label ? `${nameText(node.label)}: ${node.title}` : node.title);

  /** @param {Gate} gate @returns {Rule|null} */
  const ruleOf = ({ node, group }) => tape.structure?.rules[group ? group.rule ?? "" : node.rule ?? ""] ?? null;

  /** What stands for the letters of a rule: numbers, or the names of what is no single number. @param {Gate} gate @param {Wire[]} into */
  function slotsOf(gate, into) {
    const { values, gradients } = numbersOf(panel);
    const operands = gate.group ? into : into.toSorted((a, b) => a.slot - b.slot);
    const one = (/** @type {TapeNode} */ node) => (node.size === 1 ? values[node.at] : null);
    /** @type {Record<string, number|string|null>} */
    const slots = { y: one(gate.node), g: gate.node.size === 1 ? gradients[gate.node.at] : null };
    operands.slice(0, 3).forEach(({ node }, i) => { slots["abc"[i]] = one(node) ?? (nameText(node.label) || null); });
    return slots;
  }

  /** @param {Gate} gate @param {Wire[]} into */
  function forward(gate, into) {
    const { values } = numbersOf(panel);
    const rule = ruleOf(gate);
    const list = into.map(({ node }) => h("span", { class: "chain-chip is-value" }, h("i", {}, nameOf(node)), brief(part(values, node), node)));
    const kept = gate.group || !gate.node.tracked ? [] : [keptBy(gate.node)];
    return [h("div", { class: "chain-line" }, ...list, h("span", { class: "chain-sign" }, "→"),
      ...(rule?.forward ? [math(rule.forward, slotsOf(gate, into))] : []),
      ...(rule?.forward && gate.node.size === 1 ? [] : [h("span", { class: "chain-chip is-value" }, h("i", {}, nameText(gate.node.label) || "y"), brief(part(values, gate.node), gate.node))])), ...kept];
  }

  /** What the way back needs of a node's way forward. @param {TapeNode} node */
  function keptBy({ keeps, bytes, operands }) {
    const nameAt = (/** @type {string} */ letter) => { const operand = tape.reveal?.nodes.get(operands["ab".indexOf(letter)] ?? ""); return operand ? nameOf(operand) : t("its result"); };
    const words = keeps.length ? t("For the way back it keeps {names}: {count} bytes.", { names: keeps.map(nameAt).join(", "), count: formatCount(bytes) }) : t("For the way back it keeps nothing.");
    return h("p", { class: "chain-words" }, words);
  }

  /** What the whole graph holds. */
  const held = () => h("p", { class: "chain-words" }, t("The whole graph holds {count} bytes for the way back; what several gates need is held once.", { count: formatCount(tape.structure?.kept ?? 0) }));

  /** @param {Gate} gate @param {Wire[]} into @param {Wire[]} wires all of them */
  function backward(gate, into, wires) {
    const numbers = numbersOf(panel);
    const { reveal } = tape;
    if (!gate.node.tracked || !reveal) return [];
    const rule = ruleOf(gate);
    const slots = slotsOf(gate, into);
    const rows = into.filter(({ shares }) => shares.length).map((wire) => {
      const share = reveal.share(wire, reveal.last, numbers);
      const locals = wire.shares.length === 1 && numbers.locals ? part(numbers.locals, wire.shares[0]) : null;
      const single = gate.node.size === 1 && wire.node.size === 1;
      const form = rule?.shares[gate.group ? into.indexOf(wire) : wire.slot];
      const local = single && locals && Number.isFinite(locals[0]) && !gate.group ? h("span", { class: "chain-chip is-local" }, formatNumber(locals[0], 3)) : null;
      const branches = wires.filter((one) => one.node.id === wire.node.id && one.shows === "share").length;
      const total = part(numbers.gradients, wire.node);
      return h("div", { class: "chain-row" }, h("span", { class: "chain-to" }, t("to {name}", { name: nameOf(wire.node) })),
        h("span", { class: "chain-chip is-gradient" }, brief(part(numbers.gradients, gate.node), gate.node)), (local || form?.local) && h("span", { class: "chain-sign" }, "×"),
        form?.local?.includes("data-slot") ? h("span", { class: "chain-local" }, math(form.local, {}), ...(local ? [h("span", { class: "chain-sign" }, "="), local] : [])) : local,
        ...(form?.share && !(form.local && single) ? [h("span", { class: "chain-sign" }, "→"), math(form.share, slots)] : []),
        h("span", { class: "chain-sign" }, "="), h("span", { class: "chain-chip is-gradient" }, brief(share, wire.node)),
        branches > 1 && h("span", { class: "chain-sum" }, t("one of {count} branches: together {total}", { count: branches, total: brief(total, wire.node) })));
    });
    const words = wordsOf(gate, into);
    const more = rows.length - MOST;
    return [...rows.slice(0, MOST), ...(more > 0 ? [h("p", { class: "chain-words" }, t("and {count} more", { count: more }))] : []), ...(words ? [h("p", { class: "chain-words" }, words)] : [])];
  }

  /** What the gate does to the gradient, as its local gradients tell. @param {Gate} gate @param {Wire[]} into */
  function wordsOf(gate, into) {
    const { locals } = numbersOf(panel);
    if (gate.group) return t("Folded, the parts are one gate: their local gradients are multiplied into one.");
    const rule = ruleOf(gate);
    if (gate.node.size > 1 || into.some(({ node }) => node.size > 1)) return into.length > 1 && rule?.shares[0]?.local === null ? t("No Jacobian is formed: the share has the shape of its input, and is a product with what arrives.") : "";
    const slopes = into.flatMap(({ shares }) => (shares.length === 1 && locals ? [locals[shares[0].at]] : []));
    if (into.length > 1 && slopes.length === into.length) {
      if (slopes.every((slope) => slope === 1)) return t("It distributes: each input receives the gradient that arrives, unchanged.");
      if (slopes.filter((slope) => slope === 1).length === 1 && slopes.every((slope) => slope === 1 || slope === 0)) return t("It routes: the input that won receives the whole gradient, the other nothing.");
      if (/^<math[^>]*>(<mrow>)?<mrow data-slot="b"/.test(rule?.shares[0]?.local ?? "")) return t("It swaps: each input receives the gradient times the other input.");
    }
    return slopes.length === 1 ? t("The gradient is multiplied by the slope of this gate at its input.") : "";
  }

  // The playhead is told after every update too: an update alone needs nothing.
  return { scene: show, playhead: show, view: show };
}

/** The pieces of text in an element, in their order. @param {Element} element */
function textsIn(element) {
  const texts = [];
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) texts.push(walker.currentNode.textContent?.trim());
  return texts.filter(Boolean);
}

/** What was read already: the rules of a graph are few. @type {Map<string, Element>} */
const templates = new Map();

/** A rule with numbers in its slots. @param {string} text MathML @param {Record<string, number|string|null>} slots @returns {Element} */
function math(text, slots) {
  const known = templates.get(text) ?? /** @type {Element} */ (mathElement(text));
  templates.set(text, known);
  const element = /** @type {Element} */ (known.cloneNode(true));
  for (const slot of element.querySelectorAll("[data-slot]")) {
    const value = slots[slot.getAttribute("data-slot") ?? ""];
    if (value === null || value === undefined) continue;
    const make = (/** @type {string} */ tag, /** @type {string} */ content) => Object.assign(document.createElementNS("http://www.w3.org/1998/Math/MathML", tag), { textContent: content });
    if (typeof value === "string") slot.replaceChildren(make("mi", value));
    else if (value < 0 && slot.previousElementSibling) slot.replaceChildren(make("mo", "("), make("mn", formatNumber(value, 3)), make("mo", ")"));
    else slot.replaceChildren(make("mn", formatNumber(value, 3)));
  }
  return element;
}
