// @ts-check
/** What the colours and lines of a survey are, and how much of it is done. */

import { h, swatch, visibleColor } from "../../controls/dom.js";
import { formatCount, formatNumber } from "../../number.js";
import { CLASSES, NO_CLASS } from "../../palette.js";
import { theme } from "../../plot.js";
import { drawLegend } from "../marks/matrix.js";
import { Overlay } from "../marks/overlay.js";

/** @import { Context } from "../../types.d.ts" */
/** @import { Range } from "../marks/matrix.js" */
/** @import { Told } from "../survey.js" */

const STRIP = 220;

export class SurveyLegend {
  #strip;
  #entries;
  #progress;
  #key = "";
  #waiting = 0;

  /** @param {Context} panel */
  constructor(panel) {
    this.panel = panel;
    this.#strip = h("div", { class: "survey-strip", hidden: true });
    this.overlay = new Overlay(this.#strip, "overlay-legend");
    this.#entries = h("div", { class: "survey-entries" });
    this.#progress = h("span", { class: "survey-progress", role: "status" });
    this.element = h("div", { class: "survey-legend" }, this.#strip, this.#entries, this.#progress);
    panel.signal.addEventListener("abort", () => clearTimeout(this.#waiting));
  }

  clear() {
    this.#strip.hidden = true;
    this.#entries.replaceChildren();
    this.#key = "";
    clearTimeout(this.#waiting);
    this.#progress.textContent = "";
  }

  /** Say that it is asked for, where the answer does not come at once. */
  wait() {
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => { this.#progress.textContent = this.panel.t("computing …"); }, 250);
  }

  /** @param {Told} told */
  progress({ done, runs }) {
    clearTimeout(this.#waiting);
    const { t } = this.panel;
    this.#progress.textContent = done < 1 ? t("{share}% done", { share: Math.floor(done * 100) }) : t("{count} runs", { count: formatCount(runs) });
  }

  /**
   * The strip of colours. @param {string} title @param {Range|null} range null: none @param {Uint8ClampedArray} colors
   */
  scale(title, range, colors) {
    this.#strip.hidden = !range;
    if (!range) return;
    const look = theme();
    this.overlay.resize(STRIP + 24, 34);
    const context = this.overlay.begin();
    drawLegend(context, { left: 12, top: 2, width: STRIP, height: 9 }, range, colors, look, formatNumber);
    this.#strip.title = title;
    if (this.#strip.dataset.title === title) return;
    this.#strip.dataset.title = title;
    this.#strip.querySelector(".survey-scale-title")?.remove();
    this.#strip.append(h("span", { class: "survey-scale-title" }, title));
  }

  /** Names of classes, lines, marks. @param {Told} told @param {{bad: boolean, missing: boolean}} has */
  entries(told, has) {
    const key = JSON.stringify([told.lines, told.dots?.map(({ title }) => title), told.value.classes, told.curves, told.bad, told.missing, has, theme().dark]);
    if (key === this.#key) return;
    this.#key = key;
    const { ink } = theme();
    const entry = (/** @type {Node} */ mark, /** @type {string} */ words) => h("span", { class: "legend-entry" }, mark, words);
    const all = [
      ...(told.value.classes ?? []).map((name, i, every) => entry(h("span", { class: "survey-class", style: `background: ${classColor(i, every.length)}` }), name)),
      ...(told.curves ?? []).map(({ series, name }, i) => { const look = this.panel.series(series ?? i); return entry(swatch({ color: visibleColor(look.color), dash: look.dash }, 20), name ?? look.name); }),
      ...(told.lines ?? []).map(({ title, dash, series }) => entry(swatch({ color: series === undefined ? ink : visibleColor(this.panel.series(series).color), dash: dash ?? (series === undefined ? "solid" : "dot") }, 22), title)),
      ...(told.dots ?? []).filter(({ title }) => title).map(({ title }) => entry(h("span", { class: "survey-star" }, "★"), String(title))),
      ...(has.bad ? [entry(h("span", { class: "survey-bad" }), told.bad)] : []),
      ...(has.missing && told.missing ? [entry(h("span", { class: "survey-missing" }), told.missing)] : []),
    ];
    this.#entries.replaceChildren(...all);
  }
}

/** The colour of a class; the last stands for none of the others. @param {number} i @param {number} count */
export const classColor = (i, count) => (i === count - 1 ? NO_CLASS : CLASSES[i % CLASSES.length]);
