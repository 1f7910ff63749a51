// @ts-check
// Take it away: pictures, numbers, the command that repeats the run.

import { differences } from "./address.js";
import { h } from "./controls/dom.js";
import { t } from "./i18n.js";
import { icon } from "./icons.js";
import { copyText, toast } from "./state.js";

/** @import { History } from "./history.js" */
/** @import { Laboratory } from "./laboratory.js" */
/** @import { Changes, Params, Picture } from "./types.d.ts" */

/** Hand a file to the visitor. @param {Blob} blob @param {string} name */
export function download(blob, name) {
  const link = /** @type {HTMLAnchorElement} */ (h("a", { href: URL.createObjectURL(blob), download: name }));
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

/**
 * All series of a run in one table, a line for each curve and step: what pandas calls tidy.
 * @param {History} history
 * @param {(row: number) => {name: string}} nameOf
 * @returns {string} CSV, non-finite numbers as inf, -inf and nan
 */
export function toCsv(history, nameOf) {
  const series = [...history.seriesByName.entries()];
  const rows = Math.max(0, ...series.map(([, s]) => s.rows));
  const columns = series.flatMap(([name, s]) => Array.from({ length: s.width }, (_, i) => (
    { title: s.width > 1 ? `${name}_${i}` : name, s, i })));
  const lines = [["series", "step", ...columns.map((c) => c.title)].join(",")];
  for (let row = 0; row < rows; row += 1) {
    const name = csvText(rows > 1 || nameOf(row) ? nameOf(row)?.name ?? String(row) : "");
    for (let step = 0; step <= history.lastStep; step += 1) {
      lines.push([name, step, ...columns.map(({ s, i }) => (row < s.rows ? csvNumber(s.at(row, step, i)) : ""))].join(","));
    }
  }
  return `${lines.join("\n")}\n`;
}

/** @param {string} text */
const csvText = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
/** @param {number} x */
const csvNumber = (x) => (Number.isFinite(x) ? String(x) : Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf");

/**
 * The run as one frame of plain JSON, arrays as nested lists as over REST; non-finite numbers are null.
 * @param {History} history @param {{name: string, params: Params, changes: Changes}} run
 */
export function toJson(history, { name, params, changes }) {
  /** @type {Record<string, any>} */
  const arrays = {};
  for (const [key, s] of history.seriesByName) {
    arrays[key] = Array.from({ length: s.rows }, (_, row) => Array.from({ length: s.length }, (_unused, step) => (
      s.width === 1 ? s.at(row, step) : Array.from({ length: s.width }, (_none, i) => s.at(row, step, i)))));
  }
  for (const [key] of history.snapshots) {
    const { values, shape } = history.snapshot(key, history.lastStep) ?? { values: [], shape: [0] };
    arrays[key] = nest(values, shape);
  }
  return JSON.stringify({ experiment: name, params, changes, step: history.lastStep, final: history.final, ...arrays });
}

/** @param {ArrayLike<number>} values @param {number[]} shape @param {number} [offset] @returns {any} */
function nest(values, shape, offset = 0) {
  if (!shape.length) return values[offset];
  const [count, ...inner] = shape;
  const size = inner.reduce((product, n) => product * n, 1);
  return Array.from({ length: count }, (_, i) => nest(values, inner, offset + i * size));
}

/**
 * The command line that repeats a run, its live changes included, quoted for a POSIX shell.
 * @param {string} name @param {Params} params @param {Params} defaults @param {Changes} [changes]
 */
export function command(name, params, defaults, changes = []) {
  const quoted = (/** @type {any} */ value) => `'${JSON.stringify(value).replaceAll("'", "'\\''")}'`;
  const more = changes.length ? ` --changes ${quoted(changes)}` : "";
  return `descentlab run ${name} ${quoted(differences(params, defaults))}${more}`;
}

/** What is on a canvas, as a file; rejected where it is empty. @param {HTMLCanvasElement} canvas @returns {Promise<Blob>} */
function asBlob(canvas) {
  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("empty")))));
}

/** Save a panel as a picture. @param {Pick<Picture, "png">} picture @param {string} name of the file, without ending */
export async function savePicture(picture, name) {
  try {
    const canvas = await picture.png?.();
    if (!canvas) throw new Error("none");
    download(await asBlob(canvas), `${name}.png`);
  } catch {
    toast(t("The picture could not be made. Wait until the panel is drawn and try again."));
  }
}

/** Save a panel as a drawing that stays sharp at any size. @param {{svg?: () => string}} picture @param {string} name of the file, without ending */
export function saveDrawing(picture, name) {
  const text = picture.svg?.();
  if (text) download(new Blob([text], { type: "image/svg+xml" }), `${name}.svg`);
}

/**
 * The export menu in the header.
 * @param {HTMLElement} host
 * @param {Laboratory} lab
 * @param {() => Picture} picture the one on the stage
 */
export function mountExport(host, lab, picture) {
  const file = (/** @type {string} */ ending) => `${lab.name}-${lab.history.lastStep}.${ending}`;
  /** @type {[string, string, () => void][]} */
  const items = [
    [t("Picture (PNG)"), t("the stage as it stands"), () => savePicture(picture(), `${lab.name}-${lab.step}`)],
    [t("Curves (CSV)"), t("every step of every curve, for a spreadsheet or pandas"), () => download(
      new Blob([toCsv(lab.history, (row) => lab.series(row))], { type: "text/csv" }), file("csv"))],
    [t("Whole run (JSON)"), t("params and all arrays, as the REST interface gives them"), () => download(
      new Blob([toJson(lab.history, { name: lab.name, params: lab.base, changes: lab.changes })], { type: "application/json" }),
      file("json"))],
    [t("Copy as a command"), t("the params for “descentlab run”"), () => copyText(
      command(lab.name, lab.base, lab.boot.defaults, lab.changes), t("Command copied."))],
  ];
  const list = h("div", { class: "menu-list", role: "menu", id: "export-list", popover: "auto", "aria-label": t("Export") },
    ...items.map(([title, words, act], i) => h("button", { type: "button", class: "menu-item", role: "menuitem", tabindex: -1, autofocus: i === 0,
      on: { click: () => { list.hidePopover(); act(); } } }, title, h("small", {}, words))));
  host.append(h("button", { type: "button", class: "button", id: "export-button", "aria-haspopup": "menu", "aria-label": t("Export"), popovertarget: list.id },
    icon("download"), h("span", { class: "button-words" }, t("Export"))), list);

  list.addEventListener("keydown", (event) => {
    const buttons = [...list.querySelectorAll("button")];
    const at = buttons.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    buttons[(to + buttons.length) % buttons.length].focus();
  });
  list.addEventListener("focusout", ({ relatedTarget }) => { if (relatedTarget instanceof Node && !list.contains(relatedTarget)) list.hidePopover(); });
}
