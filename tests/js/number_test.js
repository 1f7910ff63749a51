// @ts-check
// What the page prints it can read; what could be read in two ways is never taken in silence.

import { boxText, formatCount, formatNumber, powerOfTen, readNumber } from "../../static/js/number.js";
import { same } from "./assert.js";

/** @param {string} text */
const value = (text) => readNumber(text).value;

Deno.test("a number is read as the page prints it", () => {
  for (const number of [1500, 1234567, 999999, 0.05, -0.25, 1.2e-7, 6.5e12, 1234.5, -1500, 0]) {
    same(value(formatNumber(number, 9)), number, formatNumber(number, 9));
    same(value(boxText(number)), number);
    same(readNumber(boxText(number)).doubt, false, "a box's own text leaves no doubt");
  }
  same(value(formatCount(12345678)), 12345678);
});

Deno.test("a comma before three digits parts thousands, as on the page, and the doubt is told", () => {
  same(readNumber("1,500"), { value: 1500, doubt: true });
  same(readNumber("1,234,567"), { value: 1234567, doubt: false });
  same(readNumber("12,500"), { value: 12500, doubt: true });
});

Deno.test("a comma that cannot part thousands is a decimal sign", () => {
  same(["0,05", "1,5", "0,500", "12,25", "-0,1", "1,2345", "1000,500", ",5"].map(value), [0.05, 1.5, 0.5, 12.25, -0.1, 1.2345, 1000.5, 0.5]);
});

Deno.test("with both signs the last one is the decimal sign", () => {
  same(["1,234.5", "1.234,5", "1.234.567,8", "1,234,567.8"].map(value), [1234.5, 1234.5, 1234567.8, 1234567.8]);
});

Deno.test("spaces and apostrophes part thousands", () => {
  same(["1 500", "1\u00a0500,5", "1’500.5", "12'345'678"].map(value), [1500, 1500.5, 1500.5, 12345678]);
});

Deno.test("fractions, exponents and the true minus sign are read", () => {
  same(["1/3", "1/2", "1e-3", "1E3", "1e−7", "−2", "+4", ".5", "5."].map(value), [1 / 3, 0.5, 1e-3, 1000, 1e-7, -2, 4, 0.5, 5]);
});

Deno.test("what is no number is refused, not mended", () => {
  for (const text of ["", " ", "abc", "1.2.3", "1,2,3", "1,23.4", "1.5,000.2", "0x10", "Infinity", "1/0", "1/2/3", "1e", "1-2", "--1", "1 5", "50%", ",", "1e999"]) {
    same(value(text), NaN, text);
  }
});

Deno.test("powers of ten have raised digits", () => same([-12, 0, 3].map(powerOfTen), ["10⁻¹²", "10⁰", "10³"]));
