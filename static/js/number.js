// @ts-check
// Numbers as the page writes and reads them. One locale for both, in every language of the page: a point before
// the decimals, commas between the thousands (1,500.25). A decimal comma is understood too.

/** Made once: making one for every number is most of the cost of writing it. */
const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 14 });

/**
 * A number in few characters: 0.05, 1.2e−7, 1,500; words for what is not finite.
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

/** A count, in full: 1,500,000. @param {number} count @returns {string} */
export const formatCount = (count) => grouped.format(count);

const SUPERSCRIPTS = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

/** A whole number as an exponent: ⁻¹². @param {number} exponent @returns {string} */
export const superscript = (exponent) => String(exponent).replace(/[-\d]/g, (sign) => SUPERSCRIPTS[/** @type {keyof typeof SUPERSCRIPTS} */ (sign)]);

/** A power of ten: 10⁻³. @param {number} exponent @returns {string} */
export const powerOfTen = (exponent) => `10${superscript(exponent)}`;

/** A value as it stands in a number box: short, exact to six digits, no grouping. @param {unknown} value @returns {string} */
export function boxText(value) {
  if (typeof value !== "number" || !Number.isFinite(value)) return "";
  return String(Number.isInteger(value) ? value : Number(value.toPrecision(6)));
}

/**
 * Read what was typed: "1500", "1,500", "1,234.5", "1.234,5", "0,05", "1e-3", "1e−7", "1/3".
 * A comma is a decimal sign where it cannot part thousands ("0,05", "1,5"); where it can ("1,500") it does, as on
 * the page itself, and `doubt` says that it might have been meant otherwise.
 * @param {string} text
 * @returns {{value: number, doubt: boolean}} NaN where it is no number
 */
export function readNumber(text) {
  const plain = text.trim().replace(/[−–]/g, "-");
  const parts = plain.split("/");
  if (parts.length === 1) return readDecimal(plain);
  const [over, under] = parts.map((part) => readDecimal(part.trim()));
  const value = parts.length === 2 ? over.value / under.value : NaN;
  return { value: Number.isFinite(value) ? value : NaN, doubt: over.doubt || under.doubt };
}

/** @param {string} text */
function readDecimal(text) {
  const nothing = { value: NaN, doubt: false };
  const found = /^([+-]?)([\d.,\s'’]*)(e[+-]?\d+)?$/i.exec(text);
  if (!found || !/\d/.test(found[2])) return nothing;
  const [, sign, mantissa, exponent = ""] = found;
  const [before] = mantissa.split(/[.,]/, 1);
  const parted = /^[1-9]\d{0,2}([\s'’]\d{3})+$/.test(before); // spaces and apostrophes only part thousands
  const split = splitDecimals(parted ? before.replace(/\D/g, "") + mantissa.slice(before.length) : mantissa);
  if (!split) return nothing;
  const value = Number(`${sign}${split.whole || "0"}.${split.decimals || "0"}${exponent}`);
  return Number.isFinite(value) ? { value, doubt: split.doubt } : nothing;
}

const THOUSANDS = { ",": /^[1-9]\d{0,2}(,\d{3})+$/, ".": /^[1-9]\d{0,2}(\.\d{3})+$/ };

/**
 * Tell the digits before the decimal sign from those after it; null where signs and groups make no number.
 * @param {string} digits with points and commas
 * @returns {{whole: string, decimals: string, doubt: boolean}|null}
 */
function splitDecimals(digits) {
  const commas = digits.split(",").length - 1;
  const points = digits.split(".").length - 1;
  if (/[^\d.,]/.test(digits)) return null;
  if (!commas && points < 2) {
    const [whole, decimals = ""] = digits.split(".");
    return { whole, decimals, doubt: false };
  }
  if (!points && commas === 1 && !THOUSANDS[","].test(digits)) {
    const [whole, decimals] = digits.split(",");
    return { whole, decimals, doubt: false };
  }
  const decimal = digits.lastIndexOf(",") > digits.lastIndexOf(".") ? "," : ".";
  const parting = decimal === "," ? "." : ",";
  if (commas && points) { // the last sign is the decimal one, the other parts thousands
    const [whole, decimals, ...more] = digits.split(decimal);
    return more.length || !THOUSANDS[parting].test(whole) ? null : { whole: whole.replaceAll(parting, ""), decimals, doubt: false };
  }
  const only = commas ? "," : ".";
  if (!THOUSANDS[only].test(digits)) return null;
  return { whole: digits.replaceAll(only, ""), decimals: "", doubt: commas === 1 };
}
