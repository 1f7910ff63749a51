// @ts-check
// A calculation in steps: a rail that names them all, and the buttons Back and Next.

import { h } from "../../controls/dom.js";

/** @import { Translate } from "../../types.d.ts" */

export class Stepper {
  /** The step that is shown, counted from 0. */
  at = 0;
  #onChange;
  #rail;
  #back;
  #on;

  /** @param {{t: Translate, label: string, at?: number, onChange: (at: number) => void}} how label: of the rail, for assistive technology */
  constructor({ t, label, at = 0, onChange }) {
    this.at = at;
    this.#onChange = onChange;
    this.#back = h("button", { type: "button", class: "button stepper-back", on: { click: () => this.go(this.at - 1) } }, t("Back"));
    this.#on = h("button", { type: "button", class: "button button-accent stepper-on", on: { click: () => this.go(this.at + 1) } }, t("Next"));
    this.#rail = h("div", { class: "stepper-rail", role: "group", "aria-label": label });
  }

  /** The rail of all steps. */
  get rail() { return this.#rail; }

  /** Back and Next, for a row of tools. */
  get buttons() { return [this.#back, this.#on]; }

  get count() { return this.#rail.children.length; }

  /** Name the steps; the one that is shown stays where there are as many. @param {string[]} titles */
  name(titles) {
    this.at = Math.max(0, Math.min(titles.length - 1, this.at));
    const same = titles.length === this.count && titles.every((title, i) => title === this.#rail.children[i].textContent);
    if (!same) {
      this.#rail.replaceChildren(...titles.map((title, i) => h("button", { type: "button", class: "stepper-step",
        on: { click: () => this.go(i) } }, title)));
    }
    this.#mark();
  }

  /** Show a step; beyond the ends, the nearest. @param {number} to */
  go(to) {
    this.at = Math.max(0, Math.min(this.count - 1, to));
    this.#mark();
    this.#onChange(this.at);
  }

  #mark() {
    [...this.#rail.children].forEach((button, i) => button.setAttribute("aria-pressed", String(i === this.at)));
    this.#back.disabled = this.at <= 0;
    this.#on.disabled = this.at >= this.count - 1;
  }
}
