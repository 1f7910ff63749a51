// @ts-check
// What is seen of a tape, when, and where it stands.

import { beats, seen } from "../../static/js/panels/marks/circuit/fold.js";
import { place } from "../../static/js/panels/marks/circuit/layout.js";
import { Reveal } from "../../static/js/panels/marks/circuit/reveal.js";
import { labelSize, nameText, sizeOf } from "../../static/js/panels/marks/circuit/sizes.js";
import { shaped, stepped } from "../../static/js/panels/parts/leafdrag.js";
import { assert, same } from "./assert.js";
import { tape } from "./tapes.js";

/** @import { Seen, Structure } from "../../static/js/panels/marks/circuit/structure.d.ts" */

const none = new Set();
const ids = (/** @type {Seen} */ view) => view.gates.map(({ id }) => id).sort();

Deno.test("every node is a gate, every operand a wire; the result's wire leads to the end", () => {
  const view = seen(tape(["q = add x y", "f = multiply q z"]), none);
  same(ids(view), ["0", "1", "2", "3", "4", "end"]);
  same(view.wires.map(({ id }) => id).sort(), ["0>2:0", "1>2:1", "2>4:0", "3>4:1", "end"]);
});

Deno.test("a value that is used twice goes through a fork, and its stem carries the sum of the branches", () => {
  const structure = tape(["s = multiply x x", "f = add s x"]);
  const view = seen(structure, none);
  const branches = view.wires.filter(({ from }) => from === "fork 0");
  same(branches.length, 3);
  same(new Set(branches.map(({ shows }) => shows)).size, 1);
  const stem = view.wires.find(({ to }) => to === "fork 0");
  same(stem?.shares.length, 3);
});

Deno.test("a folded group is one gate; wires into it carry the sum of what its parts send back, and it takes one step each way", () => {
  const structure = tape(["a = multiply w x", "n = negative a", "e = exp n", "d = add e 1", "y = divide 1 d", "f = add y x"],
    { groups: [{ id: "s", nodes: ["n", "e", "d", "y"], inputs: ["a"], output: "y" }] });
  const view = seen(structure, new Set(["s"]));
  assert(ids(view).includes("fold s"));
  assert(!view.gates.some(({ node, kind }) => kind === "gate" && node.name === "exp"), "its parts are not seen");
  same(view.wires.filter(({ to }) => to === "fold s").map(({ from }) => from), ["2"], "its constants are folded with it");
  const steps = beats(structure, view);
  const open = beats(structure, seen(structure, none));
  same(open.length, structure.walk.length + 1);
  same(open.length - steps.length, 2 * (4 - 1), "four parts: three steps fewer, twice");
  same(steps.at(-1), structure.walk.length);
});

Deno.test("an inner group inside a folded one is not seen; unfolded, it stands as its own gate", () => {
  const groups = [{ id: "outer", nodes: ["a", "b", "c"], output: "c" }, { id: "inner", nodes: ["a", "b"], output: "b", parent: "outer" }];
  const structure = tape(["a = exp x", "b = tanh a", "c = multiply b w"], { groups });
  same(seen(structure, new Set(["outer", "inner"])).gates.filter(({ kind }) => kind === "fold").map(({ id }) => id), ["fold outer"]);
  same(seen(structure, new Set(["inner"])).gates.filter(({ kind }) => kind === "fold").map(({ id }) => id), ["fold inner"]);
});

Deno.test("a gradient is the sum of what has arrived, and whole when all has", () => {
  const structure = tape(["s = multiply x x", "f = add s x"]); // x = 3: df/dx = 2x + 1
  const reveal = new Reveal(structure);
  const [x, s] = structure.nodes;
  const numbers = { values: [3, 9, 12], gradients: [7, 1, 1], shares: [3, 3, 1, 1], locals: [] };
  same(reveal.value(s, 0, numbers), null);
  same(reveal.value(s, 1, numbers), [9]);
  same(reveal.gradient(x, 3, numbers), null, "nothing came yet");
  same(reveal.gradient(x, 4, numbers), [1], "the branch of the sum");
  assert(reveal.partial(x, 4));
  same(reveal.gradient(x, 5, numbers), [7]);
  assert(!reveal.partial(x, 5));
});

/** A long program: chains, sums and reuse. @param {number} size */
function large(size) {
  const lines = ["h0 = multiply w0 x"];
  for (let i = 1; lines.length < size; i += 1) {
    lines.push(`p${i} = multiply w${i} h${i - 1}`, `q${i} = add p${i} b${i % 3}`, `h${i} = ${i % 2 ? "tanh" : "exp"} q${i}`);
    if (i % 3 === 0) lines.push(`h${i + 100} = add h${i} h${i - 2}`, `u${i} = multiply h${i + 100} x`);
  }
  return tape(lines, { shapes: { w1: [3, 3], h0: [3], p1: [3], q1: [3], b1: [3] } });
}

/** @param {Structure} structure @param {boolean} across */
function overlaps(structure, across) {
  const view = seen(structure, none);
  const places = place(view, sizeOf, (wire) => labelSize(wire, across), across);
  const boxes = [...[...places.gates].map(([id, box]) => ({ id, ...box })), ...[...places.labels].map(([id, box]) => ({ id, ...box }))];
  const found = [];
  for (let i = 0; i < boxes.length; i += 1) {
    for (let j = i + 1; j < boxes.length; j += 1) {
      const [a, b] = [boxes[i], boxes[j]];
      const over = Math.min((a.width + b.width) / 2 - Math.abs(a.x - b.x), (a.height + b.height) / 2 - Math.abs(a.y - b.y));
      if (over > 0.5) found.push(`${a.id} / ${b.id}: ${over}`);
    }
  }
  for (const { x, y, width, height } of boxes) if (x - width / 2 < 0 || y - height / 2 < 0 || x + width / 2 > places.width || y + height / 2 > places.height) found.push("outside");
  return { found, gates: view.gates.length, places, view };
}

Deno.test("up to sixty nodes no gate and no label lies over another, across and down", () => {
  for (const across of [true, false]) {
    for (const size of [5, 12, 24, 44]) same(overlaps(large(size), across).found, [], `${size} lines, ${across ? "across" : "down"}`);
    assert(large(44).nodes.length >= 60, "sixty nodes are there");
  }
});

Deno.test("first operands stand above second ones, or left of them", () => {
  for (const across of [true, false]) {
    const { places } = overlaps(tape(["q = subtract x y", "f = divide q z"]), across);
    const at = (/** @type {string} */ id) => places.gates.get(id)?.[across ? "y" : "x"] ?? 0;
    assert(at("0") < at("1"));
    assert(at("2") < at("3"));
  }
});

Deno.test("names are written as people write them: Greek letters, digits at the end below the line", () => {
  same(["w0", "x_12", "gamma", "beta2", "Wx", "eps"].map(nameText), ["w₀", "x₁₂", "γ", "β₂", "Wx", "eps"]);
});

Deno.test("a dragged leaf keeps to its steps and its range, but is not pulled into it from outside", () => {
  const leaf = { name: "x", node: "0", shape: [], low: -5, high: 5, step: 0.01 };
  same(stepped(leaf, 1.23456, 0), 1.23);
  same(stepped(leaf, 9, 0), 5);
  same(stepped(leaf, 7.5, 8), 7.5);
  same(shaped([1, 2, 3, 4, 5, 6], [2, 3]), [[1, 2, 3], [4, 5, 6]]);
  same(shaped([7], []), 7);
});
