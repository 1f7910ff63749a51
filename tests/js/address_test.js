// @ts-check
// A page's state as the text of an address.

import { compact, differences, pack, read, unpack, withTexts } from "../../static/js/address.js";
import { assert, same } from "./assert.js";

const DEFAULTS = { steps: 100, start: [1, 2], corpus: "hamlet", table: null };
/** @param {Partial<import("../../static/js/types.d.ts").PageState>} state */
const state = (state) => ({ params: DEFAULTS, changes: [], view: {}, step: null, ...state });
const refuse = () => { throw new Error("no text is long"); };

Deno.test("a fresh page has nothing to say", () => same(compact(state({}), DEFAULTS, refuse), {}));

Deno.test("only what differs from the defaults is said, and comes back", () => {
  const told = compact(state({ params: { ...DEFAULTS, start: [1, 3] }, changes: [[5, { rate: 1 }]], view: { tab: "b" }, step: 7 }), DEFAULTS, refuse);
  same(told, { params: { start: [1, 3] }, changes: [[5, { rate: 1 }]], view: { tab: "b" }, step: 7 });
  same(read(JSON.stringify(told), DEFAULTS), state({ params: { ...DEFAULTS, start: [1, 3] }, changes: [[5, { rate: 1 }]], view: { tab: "b" }, step: 7 }));
  same(differences({ steps: 100 }, DEFAULTS), {});
});

Deno.test("an address that is no JSON is told apart from none", () => {
  same(read("{not", DEFAULTS), null);
  same(read(null, DEFAULTS)?.params, DEFAULTS);
});

Deno.test("a long text is named, wherever it stands, and put back", () => {
  const long = "x".repeat(5000);
  /** @type {string[]} */
  const kept = [];
  const put = (/** @type {string} */ text) => `t${kept.push(text)}`;
  const params = { ...DEFAULTS, corpus: long, table: { csv: `${long}y` } };
  const told = compact(state({ params }), DEFAULTS, put);
  same(told, { view: { kept: { corpus: "t1", "table.csv": "t2" } } });
  same(withTexts(DEFAULTS, { corpus: kept[0], "table.csv": kept[1] }), params);
});

Deno.test("a net's weights are named too, so that an address stays short, and come back as numbers", () => {
  const values = { W1: Array.from({ length: 30 }, (_, i) => Array.from({ length: 30 }, (_, j) => Math.sin(i * 30 + j))), b1: [0.5] };
  /** @type {string[]} */
  const kept = [];
  const params = { ...DEFAULTS, values };
  const told = compact(state({ params }), { ...DEFAULTS, values: {} }, (text) => `t${kept.push(text)}`);
  same(told, { view: { kept: { "values:json": "t1" } } });
  same(withTexts(DEFAULTS, { "values:json": kept[0] }), params);
});

Deno.test("packed texts come back letter for letter, in few characters of the URL's alphabet", async () => {
  const texts = { a: "햄릿: 죽느냐 사느냐 ".repeat(400), b: "\u0000\n\"" };
  const packed = await pack(texts);
  assert(/^[\w-]+$/.test(packed));
  assert(packed.length < 400);
  same(await unpack(packed), texts);
});

Deno.test("a damaged link has no texts", async () => {
  for (const bad of ["", "@@", "AAAA", (await pack({ a: "b" })).slice(0, 5)]) same(await unpack(bad), {});
});
