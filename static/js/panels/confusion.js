// @ts-check
/**
 * How often what was said came true: a table of counts, one row for each thing said, one column for each thing that
 * became of it. What agrees is marked; a click on a count opens one of its runs, the next click the next one.
 *
 * Role: `table`, a question's answer, a text: JSON {caption, rows_title, row_share_title, column_share_title, columns: [{name, right}],
 * rows: [{name, tone, says, right, cells: [{predicted, nets}]}], base}. `right` is [how many agree, of how many]; `nets`
 * are changes to the parameters `base`. Words are in the visitor's language already.
 *
 * Or role `counts`, an array (net, what it is, what was said) of which the net in focus is shown, the kinds named by `classes`
 * of the text in role `about`; options `caption`, `rows_title`, `row_share_title`, `column_share_title`.
 */

/** @import { Context, Params, Picture } from "../types.d.ts" */

import { h } from "../controls/dom.js";
import { formatCount } from "../number.js";
import { asker } from "./parts/asking.js";

/** @typedef {[number, number]} Right */
/** @typedef {{predicted: boolean, nets: Params[], count?: number, share?: number}} Cell */
/** @typedef {{name: string, tone: string, says: string, right: Right, cells: Cell[]}} Row */
/** @typedef {{caption: string, rows_title: string, row_share_title: string, column_share_title: string, columns: {name: string, right: Right}[], rows: Row[], base: Params}} Table */

export const words = true;

/** @param {HTMLElement} host @param {Context} panel @returns {Promise<Picture>} */
export async function create(host, panel) {
  const { t } = panel;
  const caption = h("p", { class: "confusion-caption" });
  const scroller = h("div", { class: "confusion-scroll", tabindex: 0, role: "group", "aria-label": panel.title });
  const news = h("p", { class: "confusion-news", role: "status", "aria-live": "polite" });
  host.append(h("div", { class: "confusion-panel" }, caption, scroller, news));
  /** How often each cell was opened. @type {Map<Cell, number>} */
  const opened = new Map();

  if (panel.has("counts")) {
    let shown = "";
    const refresh = () => {
      const whole = panel.data.still("counts");
      const names = /** @type {string[]} */ (panel.data.told("about")?.classes ?? []);
      if (!whole || !names.length) return;
      const size = names.length ** 2;
      const net = Math.max(0, Math.min(panel.focus, whole.shape[0] - 1));
      const counts = Array.prototype.slice.call(whole.values, net * size, (net + 1) * size);
      const look = `${names} ${counts}`;
      if (look !== shown) draw(tableOf(counts, names, panel.options));
      shown = look;
    };
    return { scene: refresh, playhead: refresh, focus: refresh };
  }

  const asking = asker(panel, "table", {
    question: () => (scroller.childElementCount ? null : {}),
    show: (answer) => draw(JSON.parse(answer.texts[panel.keyOf("table")])),
    refuse: (sentence) => { news.textContent = sentence; },
    every: Infinity,
  });

  /** @param {Table} table */
  function draw(table) {
    caption.textContent = table.caption;
    scroller.replaceChildren(h("table", { class: "confusion" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, table.rows_title),
        ...table.columns.map(({ name }) => h("th", { scope: "col" }, name)), h("th", { scope: "col" }, table.row_share_title))),
      h("tbody", {}, ...table.rows.map((row) => h("tr", {},
        h("th", { scope: "row", title: row.says }, row.tone ? h("span", { class: `illness tone-${row.tone}` }, row.name) : row.name),
        ...row.cells.map((cell, i) => h("td", { class: cell.predicted ? "is-predicted" : cell.count ? "is-off" : "" }, count(table, row, cell, i))),
        h("td", { class: "confusion-share" }, share(row.right))))),
      h("tfoot", {}, h("tr", {}, h("th", { scope: "row" }, table.column_share_title),
        ...table.columns.map(({ right }) => h("td", { class: "confusion-share" }, share(right))), h("td")))));
  }

  /** @param {Table} table @param {Row} row @param {Cell} cell @param {number} column */
  function count(table, row, cell, column) {
    const { nets } = cell;
    if (cell.count) return formatCount(cell.count);
    if (!nets.length) return "·";
    const open = () => {
      const turn = opened.get(cell) ?? 0;
      opened.set(cell, turn + 1);
      const [net, of] = [(turn % nets.length) + 1, nets.length];
      panel.seek(0); // as the doctor saw it: before the first step
      panel.change({ ...table.base, ...nets[net - 1] }, { effect: "restart", stay: true });
      news.textContent = t("Net {net} of {of} is open: {said} – {became}.", { net, of, said: row.name, became: table.columns[column].name });
    };
    return h("button", { type: "button", class: `confusion-count${cell.predicted ? "" : " is-off"}`, on: { click: open },
      "aria-label": t("{said} – {became}: {count}. Open one.", { said: row.name, became: table.columns[column].name, count: nets.length }) },
    formatCount(nets.length));
  }

  asking.now();
  return { scene: () => asking.now() };
}

/**
 * The table of plain counts. @param {number[]} counts (what it is, what was said) @param {string[]} names
 * @param {Record<string, string>} words @returns {Table}
 */
function tableOf(counts, names, words) {
  const at = (/** @type {number} */ row, /** @type {number} */ column) => counts[row * names.length + column];
  const sum = (/** @type {(i: number) => number} */ of) => names.reduce((total, _name, i) => total + of(i), 0);
  return {
    caption: words.caption, rows_title: words.rows_title, row_share_title: words.row_share_title, column_share_title: words.column_share_title, base: {},
    columns: names.map((name, i) => ({ name, right: [at(i, i), sum((j) => at(j, i))] })),
    rows: names.map((name, i) => ({ name, tone: "", says: "", right: [at(i, i), sum((j) => at(i, j))],
      cells: names.map((_other, j) => ({ predicted: i === j, nets: [], count: at(i, j) })) })),
  };
}

/** @param {Right} right */
function share([right, of]) {
  return of ? `${formatCount(right)} /\u00a0${formatCount(of)}` : "–";
}
