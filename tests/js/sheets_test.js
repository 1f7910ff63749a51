// @ts-check
/** @import { Context } from "../../static/js/types.d.ts" */

import { same } from "./assert.js";
import { axesOf, sheetsOf } from "../../static/js/panels/parts/sheets.js";

/** @param {string[]} axes @param {Record<string, any>} options @param {Record<string, any>} data */
const panelOf = (axes, options, data) => /** @type {Context} */ (/** @type {unknown} */ ({
  options, step: 10, total: 10, history: { lastStep: 10 }, hidden: new Set(), spec: () => ({ axes }), keyOf: () => "value", data, series: () => ({ name: "", color: "" }),
}));

Deno.test("any of two axes stands upright", () => {
  const still = { values: [1, 2, 3, 4, 5, 6], shape: [2, 3] };
  for (const [rows, column, row, value] of /** @type {const} */ ([["output", 2, 1, 6], ["input", 1, 2, 6], ["input", 0, 1, 2]])) {
    const panel = panelOf(["output", "input"], { rows }, { still: () => still });
    const [sheet] = sheetsOf(panel, "value");
    same([sheet.rows, sheet.columns], rows === "output" ? [2, 3] : [3, 2]);
    same(sheet.at(column / sheet.columns, row), value);
    same(axesOf(panel, "value").row, rows);
  }
});

Deno.test("one axis stands upright over the steps, and a snapshot lasts until the next", () => {
  const film = [{ step: 0, values: [1, 2] }, { step: 6, values: [3, 4] }];
  const [sheet] = sheetsOf(panelOf(["gate"], {}, { still: () => ({ values: [3, 4], shape: [2] }), film: () => film }), "value");
  same([0, 0.5, 0.6, 1, 0.2].map((share) => sheet.at(share, 1)), [2, 2, 4, 4, 2]);
});
