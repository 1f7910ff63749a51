// @ts-check
/** What the axes of a survey show, and how far they go: menus of the settings, and boxes for the ends. */

import { h } from "../../controls/dom.js";
import { choice } from "../../controls/tools.js";
import { boxText, readNumber } from "../../number.js";

/** @import { Context } from "../../types.d.ts" */
/** @import { Told } from "../survey.js" */

export class SurveyAxes {
  /** @type {Record<string, ReturnType<typeof choice>>} */
  #menus = {};
  /** @type {Record<string, HTMLInputElement[]>} */
  #ends = {};
  #rows;

  /** @param {Context} panel @param {{chosen: () => Record<string, any>, choose: (values: Record<string, any>) => void}} how */
  constructor(panel, { chosen, choose }) {
    const { t } = panel;
    const words = { x: t("across"), y: t("up") };
    this.#rows = /** @type {const} */ (["x", "y"]).map((axis) => {
      this.#menus[axis] = choice(words[axis], [], "", (value) => choose({ [axis]: value, [`${axis}_range`]: undefined }));
      const box = (/** @type {string} */ label) => h("input", { type: "text", inputmode: "decimal", class: "number-box", "aria-label": `${words[axis]}: ${label}`, on: { change: () => {
        const ends = this.#ends[axis].map((input) => readNumber(input.value).value);
        choose({ [`${axis}_range`]: ends.every(Number.isFinite) ? ends : undefined });
      } } });
      this.#ends[axis] = [box(t("lowest")), box(t("highest"))];
      return h("div", { class: "survey-axis", dataset: { axis } }, this.#menus[axis].element, h("span", { class: "tool survey-ends" }, ...this.#ends[axis]));
    });
    this.usual = h("button", { type: "button", class: "button", on: { click: () => choose({ x_range: undefined, y_range: undefined }) } }, t("Usual ranges"));
    this.element = h("div", { class: "survey-axes" }, ...this.#rows, this.usual);
    this.chosen = chosen;
  }

  /** @param {Told} told */
  show(told) {
    for (const axis of /** @type {const} */ (["x", "y"])) {
      const way = told[axis];
      const row = this.#rows[axis === "x" ? 0 : 1];
      row.hidden = !way;
      if (!way) continue;
      const known = !told.axes?.length ? [{ name: way.name, title: way.title }] : told.axes;
      this.#menus[axis].set(known.map(({ name, title }) => [name, title]), way.name);
      const select = this.#menus[axis].element.querySelector("select");
      if (select) select.disabled = known.length < 2;
      this.#ends[axis].forEach((input, i) => { if (document.activeElement !== input) input.value = boxText(i ? way.high : way.low); });
    }
    this.offer();
  }

  /** Offer the usual ranges where others were chosen, a refused one too. */
  offer() {
    const { x_range, y_range } = this.chosen();
    this.usual.hidden = !x_range && !y_range;
  }
}
