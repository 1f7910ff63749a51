// @ts-check
/** Round numbers on axes and legends: linear ones and powers of ten. */

/** @typedef {{values: number[], texts: string[]}} Ticks */
/** @typedef {(value: number, digits?: number) => string} Format */

/** Round numbers that divide an interval into about `count` parts. @param {number} low @param {number} high @param {number} count @returns {number[]} */
export function niceTicks(low, high, count) {
  const rough = (high - low) / count;
  if (!(rough > 0) || !Number.isFinite(rough)) return [low];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = /** @type {number} */ ([1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough * (1 - 1e-12)));
  const ticks = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i += 1) ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}

/**
 * @param {[number, number]} range @param {number} most labels that there is room for @param {Format} format
 * @param {boolean} [whole] integers only
 * @returns {Ticks}
 */
export function linearTicks([low, high], most, format, whole = false) {
  let values = niceTicks(low, high, Math.max(1, most));
  if (values.length < 3) values = niceTicks(low, high, 2 * most); // one number alone tells no scale
  if (whole) values = values.filter(Number.isInteger);
  return { values, texts: values.map((value) => format(value, 4)) };
}

/**
 * Ticks of a logarithmic axis: decades, every so many where they are many, with 2 and 5 between where they are few.
 * @param {[number, number]} range log10 of the ends
 * @param {number} most labels that there is room for
 * @param {Format} format
 * @returns {Ticks} values are log10 too
 */
export function logTicks([low, high], most, format) {
  if (high - low < 1.8) {
    const leads = high - low < 0.4 ? [1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9] : [1, 2, 5];
    const values = [];
    for (let decade = Math.floor(low); decade <= high; decade += 1) for (const lead of leads) values.push(Number(`${lead}e${decade}`));
    const inside = values.filter((value) => Math.log10(value) >= low - 1e-9 && Math.log10(value) <= high + 1e-9);
    return { values: inside.map(Math.log10), texts: inside.map((value) => format(value, 2)) };
  }
  const skip = Math.ceil((high - low) / most);
  const values = [];
  for (let decade = Math.ceil(low / skip) * skip; decade <= high; decade += skip) values.push(decade);
  return { values, texts: values.map(powerOfTen) };
}

/**
 * Ticks of a scale of colours: round numbers, or powers of ten and where they are few, numbers between them; at least two.
 * @param {{low: number, high: number, log: boolean}} range @param {Format} format
 * @returns {Ticks} values as they are
 */
export function scaleTicks({ low, high, log }, format) {
  if (!log) {
    const values = niceTicks(low, high, 4);
    return { values, texts: values.map((value) => format(value, 3)) };
  }
  const { values, texts } = logTicks([Math.log10(low), Math.log10(high)], 5, format);
  if (values.length > 1) return { values: values.map((value) => 10 ** value), texts };
  return { values: [low, high], texts: [format(low, 3), format(high, 3)] };
}

const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const LOWERED = "₀₁₂₃₄₅₆₇₈₉";

/** An integer as it is written above the line. @param {number} n */
export function superscript(n) {
  return `${n < 0 ? "⁻" : ""}${String(Math.abs(n)).replace(/\d/g, (digit) => RAISED[Number(digit)])}`;
}

/** An integer as it is written below the line. @param {number} n */
export const subscript = (n) => String(n).replace(/\d/g, (digit) => LOWERED[Number(digit)]);

/** 10 to an integer power as it is written. @param {number} exponent @returns {string} */
export const powerOfTen = (exponent) => `10${superscript(exponent)}`;
