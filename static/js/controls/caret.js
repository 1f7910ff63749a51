// @ts-check
// The place in a text of several lines where something is wrong: its line, and a caret under the character.

import { h } from "./dom.js";

/** @param {HTMLTextAreaElement} input @returns {{element: HTMLElement, show: (position: number|null|undefined) => void}} show: null takes it away */
export function caretLine(input) {
  const element = h("pre", { class: "rule-place", "aria-hidden": "true", hidden: true });
  return {
    element,
    show(position) {
      element.hidden = position === null || position === undefined;
      if (position === null || position === undefined) return;
      const before = input.value.slice(0, position);
      const begin = before.lastIndexOf("\n") + 1;
      element.textContent = `${input.value.slice(begin).split("\n", 1)[0]}\n${" ".repeat(before.length - begin)}^`;
    },
  };
}
