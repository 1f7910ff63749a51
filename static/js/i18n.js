// @ts-check
// Words of the page in the visitor's language. English is the source; the catalog comes with the boot block.

/** @type {Record<string, string>} */
let messages = {};
let language = "en";

const block = globalThis.document?.getElementById("boot"); // absent where modules are tested without a page
/** The data that the server wrote into the page, or an empty object. @type {Record<string, any>} */
export const boot = block ? JSON.parse(block.textContent || "{}") : {};
messages = boot.messages ?? {};
language = boot.language ?? (globalThis.document?.documentElement.lang || "en");

/**
 * Translate an English sentence and fill its {fields}.
 * @param {string} english
 * @param {Record<string, string|number>} [values]
 * @returns {string}
 */
export function t(english, values = {}) {
  const text = messages[english] || english;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** The page's language, "en" or "ko". @returns {string} */
export const currentLanguage = () => language;
