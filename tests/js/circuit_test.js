// @ts-check
// What is seen of a tape, when, and where it stands.

import { setTo, shaped } from "../../static/js/leafvalues.js";
import { beats, seen } from "../../static/js/panels/marks/circuit/fold.js";
import { place } from "../../static/js/panels/marks/circuit/layout.js";
import { Reveal } from "../../static/js/panels/marks/circuit/reveal.js";
import { labelSize, nameText, sizeOf } from "../../static/js/panels/marks/circuit/sizes.js";
import { farthest, stepped } from "../../static/js/panels/parts/leafdrag.js";
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

/** Graphs as they are typed; what makes wires cross is that values are used again. @type {Record<string, string[]>} */
const TYPICAL = {
  neuron: ["p = multiply w0 x0", "q = multiply w1 x1", "s = add p q", "t = add s w2", "n = negative t", "e = exp n", "d = add e 1", "y = divide 1 d"],
  "softmax with its loss": ["z = matmul W x", "a = add z b", "p = softmax a", "l = log p", "m = multiply t l", "s = total m", "f = negative s"],
  "an LSTM step": [..."ifog".split("").flatMap((k) => [`p${k} = matmul W${k} x`, `q${k} = matmul U${k} h`, `a${k} = add p${k} q${k}`, `${k} = ${k === "g" ? "tanh" : "sigmoid"} a${k}`]),
    "r = multiply f c0", "u = multiply i g", "c = add r u", "v = tanh c", "y = multiply o v", "l = total y"],
  "a GRU step": ["a = matmul Wz x", "b = matmul Uz h", "c = add a b", "z = sigmoid c", "d = matmul Wr x", "e = matmul Ur h", "i = add d e", "r = sigmoid i", "j = multiply r h", "k = matmul Wn x",
    "m = matmul Un j", "o = add k m", "n = tanh o", "p = subtract 1 z", "q = multiply p n", "s = multiply z h", "y = add q s", "l = total y"],
  "two steps of a cell": ["a1 = matmul Wx x1", "b1 = matmul Wh h0", "s1 = add a1 b1", "t1 = add s1 b", "h1 = tanh t1", "a2 = matmul Wx x2", "b2 = matmul Wh h1", "s2 = add a2 b2", "t2 = add s2 b", "h2 = tanh t2", "q = multiply h2 h2", "l = total q"],
  "a quotient of differences": ["a = subtract x y", "b = subtract z w", "q = divide a b", "r = power q 2"],
};
/**
 * No more wires may cross than so. In an LSTM two must, however it is drawn: its two inputs and its result are each joined to all
 * four gates; any three gates then have a crossing (K3,3), and no two wires are in all four of these but parts of one, that
 * to the new state. A cell's two steps share their weights.
 */
const CROSSINGS = { "an LSTM step": 2, "a GRU step": 1, "two steps of a cell": 2 };
const EITHER_WAY = ["add", "multiply"];

/** Where a wire runs, closely. @param {import("../../static/js/panels/marks/circuit/layout.js").Point[]} points @param {boolean} across */
function drawn(points, across) {
  const flat = points.map(({ x, y }) => (across ? [x, y] : [y, x]));
  return flat.slice(1).flatMap(([x, y], i) => Array.from({ length: 12 }, (_, k) => {
    const [u, [a, b], m] = [k / 11, flat[i], (flat[i][0] + x) / 2];
    const mix = (/** @type {number[]} */ ...[p, q, r, s]) => (1 - u) ** 3 * p + 3 * (1 - u) ** 2 * u * q + 3 * (1 - u) * u * u * r + u ** 3 * s;
    return [mix(a, m, m, x), mix(b, b, y, y)];
  }));
}

/** @param {number[][]} one @param {number[][]} other */
function cross(one, other) {
  const side = (/** @type {number[]} */ p, /** @type {number[]} */ q, /** @type {number[]} */ r) => (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]);
  return one.slice(1).some((b, i) => other.slice(1).some((d, j) => side(one[i], b, other[j]) * side(one[i], b, d) < 0 && side(other[j], d, one[i]) * side(other[j], d, b) < 0));
}

Deno.test("wires cross only where they must, run over no number and no gate, and operands that may not be exchanged stand in order", () => {
  for (const [name, lines] of Object.entries(TYPICAL)) {
    for (const across of [true, false]) {
      const { found, places, view } = overlaps(tape(lines, { shapes: { W: [3, 3], z: [3], a: [3] } }), across);
      same(found, [], name);
      const runs = view.wires.map((wire) => ({ wire, path: drawn(places.paths.get(wire.id) ?? [], across) }));
      const crossings = runs.flatMap(({ wire, path }, i) => runs.slice(i + 1).filter((one) => one.wire.from !== wire.from && cross(path, one.path)).map((one) => `${wire.id} ${one.wire.id}`));
      assert(runs.every(({ path }) => path.flat().every(Number.isFinite)), `${name}: every wire is drawn`);
      const most = /** @type {Record<string, number>} */ (CROSSINGS)[name] ?? 0;
      assert(crossings.length <= most, `${name}, ${across ? "across" : "down"}: ${crossings.length} crossings, ${crossings.join("; ")}`);
      for (const { wire, path } of runs) {
        const others = [...places.gates, ...places.labels].filter(([id]) => id !== wire.id && id !== wire.from && id !== wire.to);
        const over = others.filter(([, box]) => path.some(([along, beside]) => {
          const [x, y] = across ? [along, beside] : [beside, along];
          return Math.abs(x - box.x) < box.width / 2 - 1 && Math.abs(y - box.y) < box.height / 2 - 1;
        }));
        same(over.map(([id]) => id), [], `${name}: under ${wire.id}`);
        const after = runs.filter((one) => one.wire.to === wire.to && one.wire.slot > wire.slot && wire.slot >= 0);
        const target = view.gates.find(({ id }) => id === wire.to)?.node.name ?? "";
        if (!EITHER_WAY.includes(target)) for (const one of after) assert((one.path.at(-1)?.[1] ?? 0) > (path.at(-1)?.[1] ?? 0), `${name}: ${wire.id} before ${one.wire.id}`);
      }
    }
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
});

Deno.test("numbers of a leaf are a parameter in its shape, and are read back where it has as many", () => {
  const numbers = [1, 2, 3, 4, 5, 6];
  const values = { W: shaped(numbers, [2, 3]), x: shaped([7], []) };
  same(values, { W: [[1, 2, 3], [4, 5, 6]], x: 7 });
  same([setTo(values, "W", 6), setTo(values, "x", 1)], [numbers, [7]]);
  same([setTo(values, "W", 4), setTo(values, "b", 1), setTo(undefined, "W", 6)], [null, null, null]);
});

Deno.test("in gradient mode the leaf that moves most moves as it would alone; where there is no gradient nothing moves", () => {
  const leaf = (/** @type {string} */ name, /** @type {number} */ reach) => ({ name, node: name, shape: [], low: -reach, high: reach, step: 0.01 });
  const one = (/** @type {number} */ reach, /** @type {number} */ gradient) => ({ leaf: leaf("x", reach), values: [1], gradients: [gradient] });
  same(farthest({ result: 0, leaves: [one(5, 2), one(5, -4), one(50, 8)] }), 2.5);
  same(farthest({ result: 0, leaves: [one(5, 0)] }), 0);
  same(farthest({ result: 0, leaves: [one(5, NaN)] }), 0);
});
