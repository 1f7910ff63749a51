// @ts-check
// The update formula of the series in focus, above the notes. The scene brings it as MathML.

import { h, swatch, visibleColor } from "./controls/dom.js";
import { mathElement } from "./controls/formula.js";
import { t } from "./i18n.js";

/**
 * @param {HTMLElement} host
 * @param {any} lab whose series may have `equations`, a list of MathML lines
 */
export function showFocus(host, lab) {
  const series = lab.series(lab.focus);
  host.hidden = !series.equations?.length;
  if (host.hidden) return;
  const formulas = series.equations.map((/** @type {string} */ line) => h("div", { class: "formula-line", tabindex: 0, role: "group", "aria-label": t("Line of the update") }, mathElement(line)));
  host.replaceChildren(
    h("h2", {}, swatch({ color: visibleColor(series.color), dash: series.dash }), t("{name}, step by step", { name: series.name })),
    ...formulas,
    h("p", { class: "hint" }, t("Press another trail, curve or name to see its formula.")));
}
