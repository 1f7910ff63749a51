// @ts-check
/**
 * The next update of the series in focus: each line in symbols and, under it, in the numbers of the playhead, a column
 * for each coordinate.
 *
 * Role `equations`: the question's answer, a JSON list of {symbols, numbers: [MathML, …]}. Options: `series` names the
 * question's parameter; `columns` names a text of the scene, a JSON list of the coordinates' names.
 */

/** @import { Context, Picture } from "../types.d.ts" */

import { h, swatch, visibleColor } from "../controls/dom.js";
import { breakable } from "../controls/formula.js";
import { asker } from "./parts/asking.js";

export const words = true;

/** @param {HTMLElement} host @param {Context} panel @returns {Promise<Picture>} */
export async function create(host, panel) {
  const { t, options } = panel;
  const who = h("p", { class: "code-who" });
  const hint = h("p", { class: "hint" }, t("What the step after the playhead will do. Press another trail, curve or name to see its update."));
  const lines = h("div", { class: "equations", tabindex: 0, role: "group", "aria-label": panel.title });
  const problem = h("p", { class: "field-problem", role: "alert", hidden: true });
  host.append(h("div", { class: "equations-panel" }, who, hint, problem, lines));

  const ask = asker(panel, "equations", {
    question: () => ({ [options.series ?? "racer"]: panel.focus }),
    show: (answer) => draw(JSON.parse(answer.texts[panel.keyOf("equations")])),
    refuse(sentence) {
      problem.textContent = sentence;
      problem.hidden = !sentence;
    },
    every: 400,
  });

  /** @param {{symbols: string, numbers: string[]}[]} told */
  function draw(told) {
    const columns = JSON.parse(panel.scene?.texts[options.columns] ?? '["x", "y"]');
    lines.replaceChildren(...told.map(({ symbols, numbers }) => h("div", { class: "equation" }, h("div", { class: "equation-symbols" }, ...breakable(symbols)),
      ...numbers.map((text, i) => h("div", { class: "equation-numbers" },
        h("span", { class: "equation-axis" }, columns[i]),
        h("span", { class: "equation-terms" }, ...breakable(text)))))));
  }

  function name() {
    const style = panel.series(panel.focus);
    who.replaceChildren(swatch({ color: visibleColor(style.color), dash: style.dash }), h("strong", {}, style.name));
  }
  name();

  return {
    scene() { name(); ask.soon(); },
    theme: name,
    focus() { name(); ask.now(); },
    params: () => ask.soon(),
    playhead: () => ask.follow(),
    play: () => ask.soon(),
  };
}
