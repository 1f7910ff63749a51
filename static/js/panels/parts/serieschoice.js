// @ts-check
/** Buttons of the run's series: the one in focus is the one that a picture is about. */

import { h, swatch, visibleColor } from "../../controls/dom.js";
import { theme } from "../../plot.js";

/** @import { Context } from "../../types.d.ts" */

/** @param {Context} panel @param {string} label for assistive technology */
export function seriesChoice(panel, label) {
  const element = h("div", { class: "map-series", role: "group", "aria-label": label });
  let names = "";
  /** @param {number} count */
  function show(count) {
    const styles = Array.from({ length: count }, (_, i) => panel.series(i));
    const now = JSON.stringify([styles.map(({ name, color, dash }) => [name, color, dash]), theme().dark]);
    if (now !== names) {
      names = now;
      element.hidden = count < 2;
      element.replaceChildren(...styles.map((style, i) => h("button", { type: "button", class: "net-choice",
        on: { click: () => { panel.focus = i; } } }, swatch({ color: visibleColor(style.color), dash: style.dash }, 18), style.name)));
    }
    for (const [i, button] of [...element.children].entries()) button.setAttribute("aria-pressed", String(i === panel.focus));
  }
  return { element, show };
}
