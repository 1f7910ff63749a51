// @ts-check
/** Arrays too dear for every frame: a button that asks the run for them, and a note of the step that is shown. */

import { answerAt, keepAnswer } from "../../answers.js";
import { h } from "../../controls/dom.js";
import { formatNumber } from "../../number.js";
import { sentenceOf } from "./asking.js";

/** @import { Context } from "../../types.d.ts" */

export class Request {
  /**
   * @param {HTMLElement} frame positioned; gets button and note
   * @param {Context} panel
   * @param {string} role of the array, and of the question that brings it
   */
  constructor(frame, panel, role) {
    this.panel = panel;
    this.role = role;
    this.button = /** @type {HTMLButtonElement} */ (h("button", { type: "button", class: "button", on: { click: () => this.#ask() } }, panel.t("Compute them now")));
    this.problem = h("p", { class: "field-problem", role: "alert" });
    this.note = h("p", { class: "request-note" });
    this.element = h("div", { class: "plot-request", hidden: true }, this.note, this.button, this.problem);
    frame.append(this.element);
  }

  /** The answer for the playhead's step, or the latest before it: arrays by name, each with its net axis. */
  get answer() {
    const asked = answerAt(this.panel.history, this.panel.questionOf(this.role), this.panel.step);
    const own = this.#snapshot();
    return asked && asked.step >= (own?.step ?? -1) ? asked : null;
  }

  /** Say which step is shown where it is not the playhead's, and offer to compute what is missing. */
  show() {
    const { panel } = this;
    const shown = this.answer?.step ?? this.#snapshot()?.step ?? -1;
    const now = newest(panel);
    this.element.hidden = shown >= now;
    this.element.classList.toggle("is-small", shown >= 0);
    this.note.textContent = shown >= 0 ? panel.t("as it was at step {step}", { step: formatNumber(shown) }) : "";
    this.element.dataset.step = String(shown);
  }

  #snapshot() {
    const name = this.panel.keyOf(this.role);
    return this.panel.history.snapshot(name, this.panel.step);
  }

  async #ask() {
    const { panel } = this;
    const { history } = panel;
    this.button.disabled = true;
    this.problem.textContent = "";
    try {
      keepAnswer(history, panel.questionOf(this.role), await panel.ask(this.role));
    } catch (reason) {
      this.problem.textContent = sentenceOf(reason) || panel.t("The server did not answer; try again.");
    }
    this.button.disabled = false;
    panel.tell("asked");
  }
}

/** The step of the latest still array of any kind at or before the playhead's. @param {Context} panel */
function newest({ history, step }) {
  return Math.max(-1, ...[...history.snapshots.keys()].map((name) => history.snapshot(name, step)?.step ?? -1));
}
