// @ts-check
/** One tooltip for the whole page: shown on hover and focus, over everything; the browser takes it away on Escape. */

import { h } from "./dom.js";

/** @type {HTMLElement|null} */
let bubble = null;
let timer = 0;

function ensure() {
  if (!bubble) {
    bubble = h("div", { class: "tip", role: "tooltip", popover: "hint" });
    document.body.append(bubble);
    window.addEventListener("scroll", hide, { capture: true, passive: true });
  }
  return bubble;
}

/** @param {HTMLElement} element @param {string} text */
function showFor(element, text) {
  const tip = ensure();
  tip.textContent = text;
  tip.togglePopover(true);
  const at = element.getBoundingClientRect();
  const size = tip.getBoundingClientRect();
  const left = Math.min(window.innerWidth - size.width - 8, Math.max(8, at.left));
  const below = at.bottom + 6;
  const top = below + size.height > window.innerHeight - 8 ? at.top - size.height - 6 : below;
  tip.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
}

/** Take the tooltip away. */
export function hide() {
  clearTimeout(timer);
  bubble?.togglePopover(false);
}

/**
 * Give an element a tooltip.
 * @param {HTMLElement} element
 * @param {string} text
 * @param {{delay?: number}} [options] delay in milliseconds before it shows on hover
 */
export function attachTip(element, text, { delay = 120 } = {}) {
  element.addEventListener("pointerenter", (event) => {
    if (event.pointerType === "touch") return;
    clearTimeout(timer);
    timer = setTimeout(() => showFor(element, text), delay);
  });
  element.addEventListener("pointerleave", (event) => { if (event.pointerType !== "touch") hide(); });
  element.addEventListener("focus", () => { if (element.matches(":focus-visible")) showFor(element, text); });
  element.addEventListener("blur", hide);
  if (element.tagName === "BUTTON") {
    element.addEventListener("click", () => showFor(element, text));
  }
}
