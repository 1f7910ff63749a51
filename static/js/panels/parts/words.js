/** Words that come through the stream in English, as templates with their values: said in the visitor's language. */

import { t } from "../../i18n.js";

/** @param {string} english a name or sentence of the engine, without fields @returns {string} */
export const wordsOf = (english) => t(String(english)); // t: words of the engine are in the page's catalog too

/**
 * Sentences of the engine.
 * @param {string} json list of [template, values]
 * @returns {string[]} a sentence each
 */
export function sayParts(json) {
  return JSON.parse(json || "[]").map(([template, values]) => fill(t(String(template)), values));
}

/** Fill {name} and Python's {name:,} or {name:.0f}. */
function fill(text, values) {
  return text.replace(/\{(\w+)(?::([^}]*))?\}/g, (whole, name, format) => {
    if (!(name in values)) return whole;
    const value = values[name];
    if (typeof value === "string" && !format) return t(value);
    const digits = /^\.(\d)f$/.exec(format ?? "");
    if (digits) return Number(value).toFixed(Number(digits[1]));
    return format === "," ? Number(value).toLocaleString("en-US") : String(value);
  });
}
