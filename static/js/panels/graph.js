// @ts-check
/**
 * A computation as the tape holds it, from what comes in to the result: over every wire the value that goes forward, under
 * it the gradient that comes back, as far as the playhead has walked. Leaves are dragged; groups fold into one gate.
 *
 * Roles: `structure`, a text (marks/circuit/structure.d.ts); `values`, `gradients` (entry,) of all nodes; `shares`,
 * `locals` (edge entry,) of all operands; perhaps `remarks`, a text: JSON [{node, kind, sentence}]; `tasks`, a text: JSON
 * [{name, title, expression, teaches}]. Options: `moves`, names of the parameters that are set: {values, shapes, seed,
 * text}. Question `verdicts`: on what a visitor filled in.
 */

import { h } from "../controls/dom.js";
import { icon } from "../icons.js";
import { formatNumber } from "../number.js";
import { placeSwitches } from "../plot.js";
import { table } from "../table.js";
import { Circuit } from "./parts/circuit.js";
import { Exercise } from "./parts/exercise.js";
import { svgText, toCanvas } from "./marks/circuit/save.js";

/** @import { Context, Picture } from "../types.d.ts" */

/** Milliseconds after the last change until the nodes are listed again for those who read them. */
const SETTLED = 250;

/** @param {HTMLElement} host @param {Context} panel @returns {Promise<Picture>} */
export async function create(host, panel) {
  const { t } = panel;
  const circuit = new Circuit(host, panel);
  const exercise = panel.has("tasks") ? new Exercise(host, panel, circuit) : null;
  const folds = h("div", { class: "circuit-folds", role: "group", "aria-label": t("Parts that fold") });
  const remarks = h("div", { class: "circuit-remarks", role: "status" });
  let remarked = "[]";
  const legend = h("p", { class: "circuit-legend", "aria-hidden": "true" }, h("span", { class: "number-value" }, t("value")), h("span", { class: "number-gradient" }, t("gradient")));
  const nodes = h("div", { class: "visually-hidden" });
  circuit.frame.append(legend);
  circuit.frame.after(remarks);
  host.append(folds, nodes);
  const walked = h("p", { class: "circuit-walked", role: "status", hidden: true });
  circuit.frame.before(walked);
  const downhill = h("button", { type: "button", class: "segment-alone", "aria-pressed": "false", title: t("Drag a variable: all of them step along minus the gradient"), on: { click: () => {
    circuit.drag.downhill = !circuit.drag.downhill;
    circuit.drag.walk = null;
    circuit.whole = circuit.drag.downhill; // what falls is the result: it is to be seen
    downhill.setAttribute("aria-pressed", String(circuit.drag.downhill));
    circuit.write();
  } } }, t("Gradient mode"));

  /** What a step along minus the gradient did. */
  function showWalked() {
    const { walk, downhill: on } = circuit.drag;
    walked.hidden = !on;
    if (!on) return;
    const [before, after] = [walk?.ray.result ?? NaN, circuit.result];
    const values = { length: formatNumber(walk?.length ?? 0, 3), before: formatNumber(before, 4), after: formatNumber(after, 4) };
    walked.textContent = !walk?.length ? t("Drag a variable to the right: all of them step along minus the gradient.")
      : after < before ? t("Step of length {length}: the result falls from {before} to {after}.", values)
        : t("Step of length {length}: the result does not fall, it goes from {before} to {after}. The step is too long, or the gradient is 0.", values);
  }

  const tool = (/** @type {import("../icons.js").IconName} */ name, /** @type {string} */ label, /** @type {() => void} */ act) => (
    h("button", { type: "button", class: "icon-button", "aria-label": label, title: label, on: { click: act } }, icon(name)));
  placeSwitches(host, ...(!exercise && panel.options.moves ? [downhill] : []), h("span", { class: "circuit-tools" }, tool("minus", t("Smaller"), () => circuit.viewport.step(-1)), tool("plus", t("Larger"), () => circuit.viewport.step(1)),
    tool("fit", t("Show all of it"), () => circuit.viewport.fit())));

  function showFolds() {
    const groups = exercise ? [] : (circuit.structure?.groups ?? []).filter(({ parent }) => !parent || !circuit.folded.has(parent));
    const key = JSON.stringify(groups.map(({ id }) => [id, circuit.folded.has(id)]));
    if (folds.dataset.key === key) return;
    folds.dataset.key = key;
    folds.hidden = !groups.length;
    const held = folds.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement).dataset.fold : null;
    folds.replaceChildren(...groups.map((one) => {
      const [{ id }, group] = [one, circuit.nameOf(one)];
      return h("button", { type: "button", class: "fold-chip", "aria-expanded": String(!circuit.folded.has(id)),
        title: circuit.folded.has(id) ? t("Unfold {group}", { group }) : t("Fold {group}", { group }), dataset: { fold: id }, on: { click: () => circuit.fold(id) } }, group);
    }));
    if (held) /** @type {HTMLElement|null} */ (folds.querySelector(`[data-fold="${CSS.escape(held)}"]`))?.focus({ preventScroll: true });
  }

  function showRemarks() {
    const text = panel.data.text("remarks") ?? "[]";
    if (text === remarked) return;
    remarked = text;
    const told = JSON.parse(text);
    remarks.replaceChildren(...told.slice(0, 2).map((/** @type {{sentence: string}} */ { sentence }) => h("p", {}, sentence)));
  }

  /** The nodes in their order, with what is known of them at the playhead. */
  function nodeTable() {
    const { structure, reveal } = circuit;
    if (!structure || !reveal) return h("p", {}, t("No numbers yet: the run has not begun."));
    const numbers = circuit.numbers();
    const list = (/** @type {ArrayLike<number>|null} */ some) => (some ? Array.from(some, (x) => formatNumber(x, 4)).join(", ") : "");
    return table(t("Nodes in the order of the walk"), [t("Node"), t("Operation"), t("Made of"), t("Shape"), t("Value"), t("Gradient")], structure.nodes.map((node, i) => [
      `${i + 1}${node.label ? ` ${node.label}` : ""}`, node.title, node.operands.map((id) => String(1 + structure.nodes.findIndex((one) => one.id === id))).join(", "), node.shape.join(" × "),
      list(reveal.value(node, panel.step, numbers)), circuit.hidden(node) ? "" : list(reveal.gradient(node, panel.step, numbers))]));
  }

  let settling = 0;
  panel.signal.addEventListener("abort", () => clearTimeout(settling));

  circuit.onShow = () => {
    showFolds();
    showRemarks();
    showWalked();
    exercise?.follow();
    clearTimeout(settling);
    settling = setTimeout(() => { if (!panel.playing) nodes.replaceChildren(nodeTable()); }, SETTLED);
  };

  return {
    scene: () => circuit.scene(),
    update: () => circuit.update(),
    playhead: (step) => circuit.playhead(step),
    theme: () => circuit.write(),
    resize: () => circuit.arrange(),
    view: () => circuit.viewChanged(),
    params: () => exercise?.follow(),
    frame: circuit.frame,
    table: () => nodeTable(),
    svg: () => svgText(circuit.viewport.svg, circuit.extent),
    png: () => toCanvas(circuit.viewport.svg, circuit.extent),
  };
}
