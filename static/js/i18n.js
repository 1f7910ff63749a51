// Words of the page in the visitor's language. English is the source; the catalog comes with the boot block.

/** @type {Record<string, string>} */
let messages = {};
let language = "en";

const block = document.getElementById("boot");
/** The data that the server wrote into the page, or an empty object. @type {Record<string, any>} */
export const boot = block ? JSON.parse(block.textContent || "{}") : {};
messages = boot.messages ?? {};
language = boot.language ?? (document.documentElement.lang || "en");

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

/** Made once: making one for every number is most of the cost of writing it. */
const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 8 });

/**
 * A number in few characters: 0.05, 1.2e-7, 1,500; words for what is not finite.
 * @param {number} value
 * @param {number} [digits] significant digits
 * @returns {string}
 */
export function formatNumber(value, digits = 4) {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text = size >= 1e6 || size < 1e-3
    ? value.toExponential(digits - 1).replace(/\.?0+e/, "e").replace("e+", "e")
    : grouped.format(Number(value.toPrecision(digits)));
  return text.replace("-", "−").replace("e-", "e−");
}
