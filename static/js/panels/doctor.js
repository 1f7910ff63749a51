/**
 * The doctor: what ails which layer of which net, why, and a fix that is one click away.
 *
 * Role: `findings`, a text of the frames: JSON list of {net, layer, illness, since, sentence, equation, evidence,
 * fix: {title, changes}}; the sentence is already in the visitor's language, the equation is MathML.
 */

import { h, swatch, visibleColor } from "../controls/dom.js";

/** @param {HTMLElement} host @param {object} panel @param {object} lab */
export async function create(host, panel, lab) {
  const { t } = lab;
  const list = h("ul", { class: "findings", "aria-live": "polite" });
  const before = h("p", { class: "findings-before", hidden: true });
  host.append(list, before);
  let shown = "";
  /** What the doctor said before the fix that was just applied. */
  let treated = null;

  function refresh() {
    const text = lab.history.text(panel.arrays.findings, lab.step) ?? "[]";
    if (text === shown) return;
    shown = text;
    const findings = JSON.parse(text);
    list.replaceChildren(...findings.map(finding));
    list.dataset.illnesses = findings.map((one) => one.illness).join(" ");
    if (treated) {
      const after = findings.find((one) => one.net === treated.net)?.evidence ?? "";
      before.hidden = false;
      before.replaceChildren(h("strong", {}, t("Before:")), " ", treated.evidence, h("br"), h("strong", {}, t("After:")), " ", after);
    }
  }

  function finding(one) {
    const net = lab.series(one.net);
    const healthy = one.illness === "healthy";
    const equation = h("div", { class: "finding-equation" });
    if (one.equation) equation.innerHTML = one.equation; // made by the server from its own formulas
    return h("li", { class: `finding ${healthy ? "finding-well" : "finding-ill"}`, dataset: { illness: one.illness, net: String(one.net) } },
      h("div", { class: "finding-head" }, swatch({ color: visibleColor(net.color), dash: net.dash }), h("strong", {}, net.name)),
      h("p", {}, one.sentence), equation,
      one.fix && h("button", { type: "button", class: "button", on: { click: () => {
        treated = { net: one.net, evidence: one.evidence ?? one.sentence };
        lab.change(one.fix.changes, { effect: "restart" });
      } } }, one.fix.title));
  }

  return {
    update: refresh,
    playhead: refresh,
    destroy() {
      list.remove();
      before.remove();
    },
  };
}
