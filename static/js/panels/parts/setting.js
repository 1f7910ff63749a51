// @ts-check
/** The control of one setting of a question: a menu where there are options, a slider otherwise. */

import { choice, slide } from "../../controls/tools.js";
import { formatNumber } from "../../number.js";

/** @typedef {{name: string, title: string, value: any, options?: {value: any, label: string}[], low?: number, high?: number, scale?: string}} Setting */

const STOPS = 60;

/**
 * @param {Setting} setting scale: "linear", "log", "whole", or "whole log"
 * @param {any} initial
 * @param {(value: any) => void} take
 * @returns {HTMLElement}
 */
export function settingControl({ title, options, low = 0, high = 1, scale = "linear" }, initial, take) {
  if (options) return choice(title, options.map(({ label }, i) => [i, label]), Math.max(0, options.findIndex(({ value }) => value === initial)), (i) => take(options[Number(i)].value)).element;
  const log = scale.endsWith("log");
  const first = Math.round(STOPS * (log ? Math.log(initial / low) / Math.log(high / low) : (initial - low) / (high - low)));
  const worth = (/** @type {number} */ at) => {
    if (at === first) return initial; // it may lie between two stops
    const value = log ? low * (high / low) ** (at / STOPS) : low + ((high - low) * at) / STOPS;
    if (scale === "whole") return Math.round(value);
    const near = Number(value.toPrecision(2));
    return scale === "whole log" ? Math.round(near) : near;
  };
  return slide(title, { min: 0, max: STOPS, step: 1, value: first, words: (now) => formatNumber(worth(now)), onMove: (now) => take(worth(now)) }).element;
}
