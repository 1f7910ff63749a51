/** Arrays that are too dear for every frame: a button that asks the run for them, net by net. */

import { h } from "../../controls/dom.js";
import { keyOf } from "./nets.js";

export class Request {
  /**
   * @param {HTMLElement} frame positioned; gets the button
   * @param {object} lab
   * @param {Record<string, any>} question what is asked; the number of the net is added as `net`
   * @param {string} name the array of the first net that the answers bring
   * @param {() => void} done called when the answers are in the history
   */
  constructor(frame, lab, question, name, done) {
    Object.assign(this, { lab, question, name, done });
    this.button = h("button", { type: "button", class: "button", on: { click: () => this.#ask() } }, lab.t("Compute them now"));
    this.problem = h("p", { class: "field-problem", role: "alert" });
    this.element = h("div", { class: "plot-request", hidden: true }, this.button, this.problem);
    frame.append(this.element);
  }

  /** @param {boolean} needed whether there is nothing to draw */
  show(needed) {
    this.element.hidden = !needed;
  }

  async #ask() {
    const { lab } = this;
    const { history } = lab;
    this.button.disabled = true;
    this.problem.textContent = "";
    try {
      for (let net = 0; net < (JSON.parse(lab.scene?.texts.series ?? "[]")).length; net += 1) {
        const { arrays } = await lab.ask({ ...this.question, net });
        for (const [name, { values, shape }] of Object.entries(arrays)) keep(history, keyOf(name, net), { step: lab.step, values, shape });
      }
    } catch (reason) {
      this.problem.textContent = Array.isArray(reason) ? reason.map(({ sentence }) => sentence).join(" ") : lab.t("The server did not answer; try again.");
    }
    this.button.disabled = false;
    this.done();
    lab.dispatchEvent(new Event("asked"));
  }
}

/** Put a snapshot in its place among those of other steps. */
function keep(history, name, entry) {
  const others = (history.snapshots.get(name) ?? []).filter(({ step }) => step !== entry.step);
  history.snapshots.set(name, [...others, entry].sort((a, b) => a.step - b.step));
}
