// @ts-check
// What the browser's database keeps, and for how long.

import { MOST, OLDEST, surplus } from "../../static/js/store.js";
import { same } from "./assert.js";

const NOW = 2 * OLDEST;

Deno.test("what was used last stays, so many of it", () => {
  const kept = Array.from({ length: MOST.texts + 3 }, (_, i) => /** @type {[number, string]} */ ([NOW - i, `text ${i}`]));
  const gone = surplus(kept.reverse(), MOST.texts, NOW);
  same(gone.toSorted(), ["text 60", "text 61", "text 62"]);
});

Deno.test("what was not used for a year goes, however few there are", () => {
  same(surplus([[NOW - OLDEST - 1, "old"], [NOW - OLDEST, "new"]], 10, NOW), ["old"]);
  same(surplus([], 10, NOW), []);
});
