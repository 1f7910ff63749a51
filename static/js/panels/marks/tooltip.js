// @ts-check
/** The small card beside the pointer that says what it points at. */

import { h } from "../../controls/dom.js";

export class Tooltip {
  /** @param {HTMLElement} frame positioned; the tooltip stays inside it */
  constructor(frame) {
    this.frame = frame;
    this.element = h("div", { class: "plot-tip", hidden: true });
    frame.append(this.element);
  }

  /**
   * @param {number} x @param {number} y in pixels of the frame
   * @param {Node[]} content
   */
  show(x, y, content) {
    this.element.replaceChildren(...content);
    this.element.hidden = false;
    const { offsetWidth: width, offsetHeight: height } = this.element;
    const left = x + 14 + width > this.frame.clientWidth ? Math.max(2, x - 14 - width) : x + 14;
    const top = Math.min(Math.max(2, y - height / 2), Math.max(2, this.frame.clientHeight - height - 2));
    this.element.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  }

  hide() {
    this.element.hidden = true;
  }
}

/** A line "name: value" of a tooltip. @param {string} name @param {string} value @param {Node|null} [mark] */
export function tipLine(name, value, mark = null) {
  return h("div", { class: "tip-line" }, mark, h("span", { class: "tip-name" }, name), h("span", { class: "tip-value" }, value));
}
