// @ts-check
// A binary message is read in place.

import { decode } from "../../static/js/wire.js";
import { assert, same, throws } from "./assert.js";
import { encode } from "./frames.js";

Deno.test("arrays of every type come back, and look into the message's own memory", () => {
  const message = encode({ kind: "frame", step: 7, epoch: 2 }, {
    losses: { values: new Float64Array([1, NaN, -Infinity]), shape: [3, 1] },
    grid: { values: new Float32Array([0.5, 2]), shape: [2] },
    ids: { values: new Int32Array([-5]), shape: [1] },
    bytes: { values: new Uint8Array([1, 2, 255]), shape: [3] },
    signs: { values: new Int8Array([-1]), shape: [] },
  });
  const frame = decode(message);
  same([frame.kind, frame.step, frame.epoch], ["frame", 7, 2]);
  same(frame.arrays.losses, { values: [1, NaN, -Infinity], shape: [3, 1] });
  same(frame.arrays.grid.values, [0.5, 2]);
  same(frame.arrays.ids.values, [-5]);
  same(frame.arrays.bytes.values, [1, 2, 255]);
  same(frame.arrays.signs, { values: [-1], shape: [] });
  for (const { values } of Object.values(frame.arrays)) assert(values.buffer === message, "no copy");
});

Deno.test("texts come back in any alphabet", () => {
  const frame = decode(encode({ kind: "scene", texts: { title: "손실 함수 ∇" } }, {}));
  same(frame.texts, { title: "손실 함수 ∇" });
});

Deno.test("a message that ends too early is no frame", () => throws(() => decode(new ArrayBuffer(2))));
