// @ts-check
/** Characters as coloured letters: surprise from pale to strong, other numbers from blue (below 0) to orange. */

import { h } from "../../controls/dom.js";
import { SERIES, tint } from "../../palette.js";

const [BELOW, STRONG] = SERIES;
const ABOVE = SERIES[4];

/** How a character is written where it would not be seen. @param {string} character */
export function visible(character) {
  return /** @type {Record<string, string>} */ ({ "\n": "↵", "\t": "⇥", " ": "␣", "\r": "␍" })[character] ?? character;
}

/** Background for a number of a scale that has a middle. @param {number} value @param {number} most its largest size */
export function diverging(value, most) {
  if (!Number.isFinite(value)) return "transparent";
  const share = Math.min(1, Math.abs(value) / (most || 1));
  return value < 0 ? tint(BELOW, Number((0.62 * share).toFixed(3))) : tint(ABOVE, Number((0.62 * share).toFixed(3)));
}

/** Background for a surprise in nats: nothing when expected, strong at 6 nats and more. @param {number} nats */
export function surprising(nats) {
  const share = Number.isFinite(nats) ? Math.min(1, Math.max(0, nats) / 6) : 1;
  return tint(STRONG, Number((0.66 * share).toFixed(3)));
}

/**
 * A text letter by letter, coloured; lines break where the text does. The letters are no buttons of their own (a page of
 * thousands of them helps nobody): the whole is one field that is pointed at, or walked through with the arrow keys.
 * @param {object} options
 * @param {string} options.label for assistive technology
 * @param {(i: number, letter: HTMLElement|undefined) => void} [options.onPoint] -1 when nothing is pointed at
 * @param {((i: number) => void)|null} [options.onChoose]
 */
export function letterField({ label, onPoint = () => {}, onChoose = null }) {
  const element = h("div", { class: `letters ${onChoose ? "letters-choosable" : ""}`, tabindex: 0, role: "group", "aria-label": label });
  /** @type {HTMLElement[]} */
  let letters = [];
  let cursor = -1;
  const indexOf = (/** @type {Event} */ event) => {
    const letter = event.target instanceof Element ? event.target.closest("[data-i]") : null;
    return letter ? Number(/** @type {HTMLElement} */ (letter).dataset.i) : -1;
  };
  /** @param {number} i */
  function point(i) {
    letters[cursor]?.classList.remove("is-pointed");
    cursor = i >= 0 && i < letters.length ? i : -1;
    letters[cursor]?.classList.add("is-pointed");
    onPoint(cursor, letters[cursor]);
  }
  element.addEventListener("pointermove", (event) => { if (indexOf(event) !== cursor) point(indexOf(event)); });
  element.addEventListener("pointerleave", () => point(-1));
  element.addEventListener("blur", () => point(-1));
  element.addEventListener("click", (event) => { if (indexOf(event) >= 0) onChoose?.(indexOf(event)); });
  element.addEventListener("keydown", (event) => {
    const by = /** @type {Record<string, number>} */ ({ ArrowRight: 1, ArrowLeft: -1, Home: -cursor, End: letters.length - 1 - cursor })[event.key];
    if (by !== undefined) point(Math.max(0, Math.min(letters.length - 1, cursor + by)));
    else if (event.key === "Enter" && cursor >= 0) onChoose?.(cursor);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return {
    element,
    /** @param {string} text @param {(i: number) => string} colorOf */
    show(text, colorOf) {
      const characters = [...text];
      if (characters.length !== letters.length || characters.some((c, i) => letters[i].dataset.c !== c)) {
        letters = characters.map((c, i) => h("span", { class: c === "\n" ? "letter letter-end" : "letter", dataset: { i: String(i), c } },
          c === "\n" ? "↵\n" : c === "\t" ? "⇥\t" : c));
        element.replaceChildren(...letters);
        cursor = -1;
      }
      letters.forEach((letter, i) => { letter.style.backgroundColor = colorOf(i); });
    },
  };
}
