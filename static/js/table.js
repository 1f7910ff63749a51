// @ts-check
// The numbers behind a picture, for eyes and for screen readers: at the playhead, and along the run.

import { answerAt } from "./answers.js";
import { h } from "./controls/dom.js";
import { t } from "./i18n.js";
import { formatNumber } from "./number.js";

/** @import { Context } from "./context.js" */
/** @import { Series, Still } from "./types.d.ts" */

const ALONG = 20;
const MOST_ROWS = 60;
const MOST_COLUMNS = 60;

/** Write the table of a panel. @param {HTMLElement} host @param {Context} panel */
export function fillTable(host, panel) {
  const roles = unique(panel);
  /** @type {[string, Series][]} */
  const series = roles.flatMap((role) => { const found = panel.data.series(role); return found ? [[role, found]] : []; });
  const stills = roles.flatMap((role) => { const found = stillOf(panel, role); return found ? [still(panel, role, found)] : []; });
  const parts = [...(series.length ? [atPlayhead(panel, series), ...series.map(([role, s]) => alongRun(panel, role, s))] : []), ...stills.flat()];
  host.replaceChildren(...(parts.length ? parts : [h("p", {}, t("No numbers yet: the run has not begun."))]));
}

/** One role for each array. @param {Context} panel */
function unique(panel) {
  return panel.roles.filter((role, i, all) => all.findIndex((other) => panel.keyOf(other) === panel.keyOf(role)) === i);
}

/** @param {Context} panel @param {string} role @returns {Still|undefined} */
function stillOf(panel, role) {
  const own = panel.data.still(role);
  const asked = panel.questionOf(role) ? answerAt(panel.history, panel.questionOf(role), panel.step) : null;
  return asked && asked.step >= (own?.step ?? -1) ? asked.arrays[panel.keyOf(role)] : own;
}

/** @param {Context} panel @param {string} role */
const describe = (panel, role) => panel.spec(role)?.description ?? panel.keyOf(role);

/** Column headings of an array: its components where it has several. @param {string} title @param {number} width */
function columnsOf(title, width) {
  return width === 1 ? [title] : Array.from({ length: width }, (_, i) => `${title} [${width === 2 ? "xy"[i] : i + 1}]`);
}

/** @param {Context} panel @param {[string, Series][]} all */
function atPlayhead(panel, all) {
  const rows = Math.max(...all.map(([, s]) => s.rows));
  const head = [t("Curve"), ...all.flatMap(([role, s]) => columnsOf(describe(panel, role), s.width))];
  const body = Array.from({ length: rows }, (_, row) => [panel.series(row).name, ...all.flatMap(([, s]) => (
    Array.from({ length: s.width }, (_none, i) => (row < s.rows ? formatNumber(s.at(row, panel.step, i)) : ""))))]);
  return table(t("At step {step}", { step: formatNumber(panel.step) }), head, body);
}

/** @param {Context} panel @param {string} role @param {Series} s */
function alongRun(panel, role, s) {
  const last = panel.history.lastStep;
  const count = Math.min(ALONG, last);
  const steps = [...new Set(Array.from({ length: count + 1 }, (_, i) => Math.round((i * last) / Math.max(1, count))))];
  const head = [t("Step"), ...Array.from({ length: s.rows }, (_, row) => columnsOf(panel.series(row).name, s.width)).flat()];
  const body = steps.map((step) => [formatNumber(step), ...Array.from({ length: s.rows * s.width }, (_, k) => (
    formatNumber(s.at(Math.floor(k / s.width), step, k % s.width))))]);
  return table(describe(panel, role), head, body);
}

/** An array that does not grow; of several nets each has its column, or a table of its own. @param {Context} panel @param {string} role @param {Still} whole */
function still(panel, role, { values, shape }) {
  const title = describe(panel, role);
  const axes = panel.spec(role)?.axes ?? [];
  if (axes[0] !== "net" || shape.length < 2) return [block(title, { values, shape }, axes, axes[0] === "net" ? (i) => panel.series(i).name : undefined)];
  const nets = Array.from({ length: shape[0] }, (_, net) => panel.series(net).name);
  if (shape.length === 2 && shape[1] <= MOST_ROWS) {
    const body = Array.from({ length: shape[1] }, (_, row) => [String(row + 1), ...nets.map((_name, net) => formatNumber(values[net * shape[1] + row]))]);
    return [table(title, [spoken(axes[1]), ...nets], body)];
  }
  const size = shape.slice(1).reduce((product, n) => product * n, 1);
  return nets.map((name, net) => block(`${title}: ${name}`, { values: Array.prototype.slice.call(values, net * size, (net + 1) * size), shape: shape.slice(1) }, axes.slice(1)));
}

/**
 * @param {string} title @param {Still} whole @param {string[]} axes
 * @param {(row: number) => string} [nameOf]
 */
function block(title, { values, shape }, axes, nameOf) {
  const [rows, width] = [shape[0] ?? 1, shape[1] ?? 1];
  if (shape.length > 2 || rows > MOST_ROWS || width > MOST_COLUMNS) {
    const finite = Array.from(values).filter(Number.isFinite);
    return h("p", {}, t("{title}: {shape} numbers from {low} to {high}.", { title, shape: shape.join(" × "),
      low: formatNumber(finite.reduce((least, x) => Math.min(least, x), Infinity)),
      high: formatNumber(finite.reduce((most, x) => Math.max(most, x), -Infinity)) }));
  }
  const first = axes[0] === "layer" ? 1 : 0;
  const head = [spoken(axes[0]), ...(width === 1 ? [title] : Array.from({ length: width }, (_, i) => String(i + first)))];
  const body = Array.from({ length: rows }, (_, row) => [nameOf?.(row) ?? String(row + first), ...Array.from({ length: width }, (_none, i) => (
    formatNumber(values[row * width + i])))]);
  return table(title, head, body);
}

/** What stands over a column of indices. @param {string} axis */
function spoken(axis) {
  const names = /** @type {Record<string, string>} */ ({ layer: t("layer"), net: t("Net"), step: t("Step") });
  return names[axis] ?? t("index");
}

/** @param {string} caption @param {string[]} head @param {string[][]} body */
export function table(caption, head, body) {
  return h("table", { class: "numbers" }, h("caption", {}, caption),
    h("thead", {}, h("tr", {}, ...head.map((cell) => h("th", { scope: "col" }, cell)))),
    h("tbody", {}, ...body.map(([first, ...cells]) => h("tr", {}, h("th", { scope: "row" }, first),
      ...cells.map((cell) => h("td", {}, cell))))));
}
