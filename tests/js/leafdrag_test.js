// @ts-check
// A leaf in the hand: each movement goes on from what was asked for last, also before the server has answered.

import { LeafDrag } from "../../static/js/panels/parts/leafdrag.js";
import { same } from "./assert.js";

/** @import { Context } from "../../static/js/types.d.ts" */

const LEAF = /** @type {any} */ ({ name: "x", node: "0", low: -10, high: 10, step: 0.5, shape: [] });
const NODE = /** @type {any} */ ({ id: "0", at: 0, size: 1, shape: [] });
const UP = /** @type {KeyboardEvent} */ (/** @type {unknown} */ ({ key: "ArrowUp" }));

/** A leaf x = 1 with gradient 2, a run that comes on screen when `arrive` is called, and what was asked for. */
function dragged() {
  const leave = new AbortController();
  /** @type {Record<string, any>} */
  const params = { values: {} };
  /** @type {number[]} */
  const wanted = [];
  let shown = 1;
  const panel = { signal: leave.signal, options: { moves: { values: "values" } }, params, change(/** @type {any} */ { values }) {
    params.values = values;
    wanted.push(values.x);
  } };
  const drag = new LeafDrag(/** @type {Context} */ (/** @type {unknown} */ (panel)), () => [shown], () => {});
  drag.ray = () => ({ result: NaN, leaves: [{ leaf: LEAF, values: [shown], gradients: [2] }] });
  const arrive = () => {
    shown = wanted.at(-1) ?? shown;
    drag.arrived();
  };
  return { drag, wanted, arrive, leave };
}

Deno.test("a leaf that was let go is moved on from where it was let go", () => {
  const { drag, wanted, leave } = dragged();
  for (let i = 0; i < 2; i += 1) {
    drag.key(UP, NODE, LEAF);
    drag.release();
  }
  same(wanted, [1.5, 1.5, 2, 2]);
  leave.abort();
});

Deno.test("every key along the gradient is a step, made from where the one before has led", () => {
  const { drag, wanted, arrive, leave } = dragged();
  drag.downhill = true;
  for (let i = 0; i < 3; i += 1) drag.key(UP, NODE, LEAF);
  same(wanted.map((x) => x.toFixed(9)), ["0.800000000"], "the gradient there is not known yet");
  for (let i = 0; i < 4; i += 1) arrive();
  same(wanted.map((x) => x.toFixed(9)), ["0.800000000", "0.600000000", "0.400000000"]);
  leave.abort();
});

Deno.test("a key that is held along the gradient asks for one step more, however often it repeats", () => {
  const { drag, wanted, arrive, leave } = dragged();
  drag.downhill = true;
  drag.key(UP, NODE, LEAF);
  for (let i = 0; i < 9; i += 1) drag.key(/** @type {KeyboardEvent} */ ({ ...UP, repeat: true }), NODE, LEAF);
  for (let i = 0; i < 4; i += 1) arrive();
  same(wanted.map((x) => x.toFixed(9)), ["0.800000000", "0.600000000"]);
  leave.abort();
});
