// @ts-check
// Bars of shares, one below the other, each named; those that can be chosen are buttons.

import { h } from "../../controls/dom.js";

/**
 * A bar: its name, its share of the whole (0 to 1), the share in words, and a sentence for assistive technology.
 * @typedef {{name: string, share: number, words: string, label?: string}} Bar
 */

/**
 * @param {string} label for assistive technology
 * @param {(i: number) => void} onChoose
 * @returns {{element: HTMLElement, show: (bars: Bar[]) => void}}
 */
export function barList(label, onChoose) {
  const element = h("ol", { class: "bars", "aria-label": label });
  const make = (/** @type {number} */ i) => h("li", {}, h("button", { type: "button", class: "bar", on: { click: () => onChoose(i) } },
    h("span", { class: "bar-name" }), h("span", { class: "bar-track" }, h("span", { class: "bar-fill" })), h("span", { class: "bar-number" })));

  /** @param {Bar[]} bars */
  function show(bars) {
    while (element.children.length < bars.length) element.append(make(element.children.length));
    while (element.children.length > bars.length) element.lastChild?.remove();
    bars.forEach(({ name, share, words, label: sentence }, i) => {
      const button = /** @type {HTMLElement} */ (element.children[i].firstChild);
      const [title, track, number] = button.children;
      if (sentence) button.setAttribute("aria-label", sentence);
      title.textContent = name;
      /** @type {HTMLElement} */ (track.firstChild).style.setProperty("--p", String(share));
      number.textContent = words;
    });
  }

  return { element, show };
}
