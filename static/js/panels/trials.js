// @ts-check
/**
 * The trials of a search as a table, the best first. A click on a row chooses the trial.
 *
 * Roles: see `parts/trials.js`; `updates` (line, step).
 */

import { h, swatch, visibleColor } from "../controls/dom.js";
import { formatCount, formatNumber } from "../number.js";
import { paced } from "./parts/paced.js";
import { bestFirst, choose, chosenOf, settingOf, sidesOf, trialsOf, wordsOf } from "./parts/trials.js";
import { unpressed } from "./parts/unpressed.js";

/** @import { Context, Picture } from "../types.d.ts" */

/** More rows nobody reads; the export has all. */
const MOST = 60;
const PAUSE = 300;

/** @param {HTMLElement} host @param {Context} panel @returns {Promise<Picture>} */
export async function create(host, panel) {
  const { t } = panel;
  const scroller = h("div", { class: "trials-scroll", tabindex: 0, role: "group", "aria-label": panel.title });
  const more = h("p", { class: "hint" });
  host.append(h("div", { class: "trials-panel" }, scroller, more));
  const { now, soon } = paced(unpressed(scroller, draw, panel.signal), PAUSE, panel.signal);

  function draw() {
    const sides = sidesOf(panel);
    const { objective, outcomes } = wordsOf(panel);
    const trials = trialsOf(panel);
    const chosen = chosenOf(panel, trials);
    const updates = panel.data.series("updates");
    const repeated = trials.some((one) => one.repeat); // else nothing is to be told apart
    const best = bestFirst(trials).slice(0, MOST);
    const focused = document.activeElement instanceof HTMLElement && scroller.contains(document.activeElement) ? document.activeElement.dataset.trial : "";
    scroller.replaceChildren(h("table", { class: "trials" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("Trial")), repeated && h("th", { scope: "col", class: "is-number" }, t("Repeat")), ...sides.map((side) => h("th", { scope: "col", class: "is-number" }, side.title)),
        h("th", { scope: "col", class: "is-number" }, t("updates")), h("th", { scope: "col", class: "is-number" }, objective), h("th", { scope: "col" }, t("Outcome")))),
      h("tbody", {}, !best.length && h("tr", {}, h("td", { colspan: sides.length + (repeated ? 5 : 4), class: "hint" }, t("The trials come in as they finish."))), ...best.map((one) => {
        const { name, color } = panel.series(one.sampler);
        const key = `${one.line}.${one.trial}`;
        const button = h("button", { type: "button", class: "trials-choose", "aria-pressed": String(one === chosen), dataset: { trial: key }, on: { click: () => choose(panel, one) } },
          swatch({ color: visibleColor(color) }, 14), `${name} ${one.trial}`);
        return h("tr", { class: one === chosen ? "is-focus" : "" }, h("td", {}, button), repeated && h("td", { class: "is-number" }, formatCount(one.repeat + 1)), ...sides.map((side, axis) => h("td", { class: "is-number" }, settingOf(side, one, axis))),
          h("td", { class: "is-number" }, formatCount(updates?.at(one.line, one.trial) ?? 0)), h("td", { class: "is-number" }, formatNumber(one.value)), h("td", {}, outcomes[one.outcome]?.word ?? ""));
      }))));
    if (focused) /** @type {HTMLElement|null} */ (scroller.querySelector(`[data-trial="${focused}"]`))?.focus({ preventScroll: true });
    more.textContent = trials.length > MOST ? t("{count} more; the export has all.", { count: formatCount(trials.length - MOST) }) : "";
  }

  return { scene: now, playhead: soon, view: now, theme: now };
}
