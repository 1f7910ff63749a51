// @ts-check
// On a narrow page the settings stand far below the pictures. Small copies of them stay in sight there, so that one sees
// what a setting does.

import { h } from "./controls/dom.js";
import { t } from "./i18n.js";
import { Overlay } from "./panels/marks/overlay.js";

/** @import { Picture } from "./types.d.ts" */

/** Milliseconds between two copies, at least. */
const PAUSE = 250;
/** So many times as long as it takes to make them. */
const REST = 12;
/** Pixels of a copy, from top to bottom. */
const HEIGHT = 272;

const narrow = matchMedia("(max-width: 820px)");

/**
 * Show copies above the settings while these are in view; new ones where anything was drawn.
 * @param {HTMLElement} column of the settings @param {HTMLElement} stage what holds the pictures @param {() => void} lead what a press does
 * @param {() => Picture[]} pictures that can be copied
 */
export function mountGlance(column, stage, lead, pictures) {
  const band = h("button", { type: "button", class: "glance", "aria-label": t("Back to the picture"), on: { click: lead } });
  column.prepend(band);
  let near = false;
  let going = false;
  let changed = false;
  const changes = new MutationObserver(() => { changed = true; });

  async function go() {
    if (going) return;
    going = true;
    changed = true;
    changes.observe(stage, { subtree: true, childList: true, attributes: true, characterData: true });
    for (let drawn = 0; near && narrow.matches;) {
      const began = performance.now();
      if (changed || drawn !== Overlay.drawings) {
        changed = false;
        drawn = Overlay.drawings;
        const copies = await Promise.all(pictures().map(copy));
        band.replaceChildren(...copies.filter((one) => one !== null));
        band.hidden = !band.children.length;
        changed ||= copies.includes(null);
      }
      await new Promise((resolve) => setTimeout(resolve, Math.max(PAUSE, REST * (performance.now() - began))));
    }
    changes.disconnect();
    going = false;
  }

  new IntersectionObserver((entries) => {
    near = entries.some(({ isIntersecting }) => isIntersecting);
    go();
  }).observe(column);
  narrow.addEventListener("change", go);
}

/** @param {Picture} picture @returns {Promise<HTMLCanvasElement|null>} null where it is not drawn yet */
async function copy(picture) {
  try {
    const whole = await picture.png?.();
    if (!whole?.height) return null;
    const small = document.createElement("canvas");
    small.height = HEIGHT;
    small.width = Math.round((HEIGHT * whole.width) / whole.height);
    const context = /** @type {CanvasRenderingContext2D} */ (small.getContext("2d"));
    context.imageSmoothingQuality = "high";
    context.drawImage(whole, 0, 0, small.width, small.height);
    return small;
  } catch {
    return null;
  }
}
