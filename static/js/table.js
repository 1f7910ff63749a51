// The numbers behind a picture, for eyes and for screen readers: at the playhead, and along the run.

import { h } from "./controls/dom.js";
import { formatNumber, t } from "./i18n.js";

const ALONG = 20;
const MOST_ROWS = 60;

/**
 * Write the table of a panel.
 * @param {HTMLElement} host
 * @param {import("./stage.js").Panel} panel
 * @param {object} lab
 */
export function fillTable(host, panel, lab) {
  const names = [...new Set(Object.values(panel.arrays))];
  const series = names.filter((name) => lab.history.series(name));
  const snapshots = names.filter((name) => lab.history.snapshot(name, lab.step));
  const scene = names.filter((name) => lab.scene?.arrays[name]);
  const parts = [
    ...(series.length ? [atPlayhead(series, lab), ...series.map((name) => alongRun(name, lab))] : []),
    ...snapshots.map((name) => whole(name, lab.history.snapshot(name, lab.step), lab)),
    ...scene.map((name) => whole(name, lab.scene.arrays[name], lab)),
  ];
  host.replaceChildren(...(parts.length ? parts : [h("p", {}, t("No numbers yet: the run has not begun."))]));
}

const describe = (name, lab) => lab.boot.arrays[name]?.description ?? name;

/** Column headings of an array: its components where it has several. */
function columnsOf(name, width, lab) {
  const title = describe(name, lab);
  if (width === 1) return [title];
  return Array.from({ length: width }, (_, i) => `${title} [${width === 2 ? "xy"[i] : i}]`);
}

function atPlayhead(names, lab) {
  const all = names.map((name) => [name, lab.history.series(name)]);
  const rows = Math.max(...all.map(([, s]) => s.rows));
  const head = [t("Curve"), ...all.flatMap(([name, s]) => columnsOf(name, s.width, lab))];
  const body = Array.from({ length: rows }, (_, row) => [lab.series(row).name, ...all.flatMap(([, s]) => (
    Array.from({ length: s.width }, (_none, i) => (row < s.rows ? formatNumber(s.at(row, lab.step, i)) : ""))))]);
  return table(t("At step {step}", { step: lab.step }), head, body);
}

function alongRun(name, lab) {
  const s = lab.history.series(name);
  const last = lab.history.lastStep;
  const count = Math.min(ALONG, last);
  const steps = [...new Set(Array.from({ length: count + 1 }, (_, i) => Math.round((i * last) / Math.max(1, count))))];
  const head = [t("Step"), ...Array.from({ length: s.rows }, (_, row) => (
    columnsOf(lab.series(row).name, s.width, lab))).flat()];
  const body = steps.map((step) => [formatNumber(step), ...Array.from({ length: s.rows * s.width }, (_, k) => (
    formatNumber(s.at(Math.floor(k / s.width), step, k % s.width))))]);
  return table(describe(name, lab), head, body);
}

function whole(name, { values, shape }, lab) {
  const title = describe(name, lab);
  if (shape.length > 2 || shape[0] > MOST_ROWS || (shape[1] ?? 1) > MOST_ROWS) {
    const finite = [...values].filter(Number.isFinite);
    const low = finite.reduce((least, x) => Math.min(least, x), Infinity);
    const high = finite.reduce((most, x) => Math.max(most, x), -Infinity);
    return h("p", {}, t("{title}: {shape} numbers from {low} to {high}.", { title, shape: shape.join(" × "),
      low: formatNumber(low), high: formatNumber(high) }));
  }
  const width = shape[1] ?? 1;
  const head = ["", ...(width === 1 ? [title] : Array.from({ length: width }, (_, i) => String(i)))];
  const body = Array.from({ length: shape[0] ?? 1 }, (_, row) => [String(row), ...Array.from({ length: width }, (_none, i) => (
    formatNumber(values[row * width + i])))]);
  return table(title, head, body);
}

function table(caption, head, body) {
  return h("table", { class: "numbers" }, h("caption", {}, caption),
    h("thead", {}, h("tr", {}, ...head.map((cell) => h("th", { scope: "col" }, cell)))),
    h("tbody", {}, ...body.map(([first, ...cells]) => h("tr", {}, h("th", { scope: "row" }, first),
      ...cells.map((cell) => h("td", {}, cell))))));
}
