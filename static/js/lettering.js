// @ts-check
// Type on canvases, in the sizes of the page.

/** @import { Theme } from "./plot.js" */

/** A canvas's font in one of the page's five sizes; the first is the smallest. @param {Theme} look @param {1|2|3|4|5} [size] @param {string} [style] weight or slant */
export const lettering = (look, size = 1, style = "") => `${style} ${look.sizes[size - 1]}px ${look.font}`.trim();
