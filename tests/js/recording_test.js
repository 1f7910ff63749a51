// @ts-check
// A recording is cut into the messages that the server put in, and plays them through.

import { messagesOf, Recording } from "../../static/js/recording.js";
import { assert, same } from "./assert.js";
import { encode } from "./frames.js";

/** @param {ArrayBuffer[]} messages */
function packed(messages) {
  const whole = new Uint8Array(messages.reduce((sum, { byteLength }) => sum + 8 + byteLength, 0));
  let at = 0;
  for (const message of messages) {
    new DataView(whole.buffer).setUint32(at, message.byteLength, true);
    whole.set(new Uint8Array(message), at + 8);
    at += 8 + message.byteLength;
  }
  return whole.buffer;
}

const scene = encode({ kind: "scene", texts: { series: JSON.stringify([{ name: "Adam", color: "#0072B2", dash: "solid" }]) } }, {});
const start = encode({ step: 0 }, { loss: { values: new Float32Array([4]), shape: [1, 1] } });
const rest = encode({ step: 3, final: true }, { loss: { values: new Float32Array([3, 2, 1]), shape: [1, 3] } });
/** @type {import("../../static/js/recording.js").PreviewBoot} */
const preview = { name: "any", panel: { kind: "series", title: "", arrays: { y: "loss" }, options: {}, questions: {}, place: "stage", view: "", view_title: "" },
  arrays: { loss: { axes: ["net", "step"], description: "", unit: "" } }, view: {}, params: {}, seconds: 1 };

Deno.test("messages come apart as they were put together", () => {
  same(messagesOf(packed([scene, start, rest])).map(({ kind, step }) => [kind, step]), [["scene", 0], ["frame", 0], ["frame", 3]]);
});

Deno.test("a recording plays from the start to the end, holds, and begins again", () => {
  const recording = new Recording(preview, packed([scene, start, rest]));
  same([...(recording.history.series("loss")?.row(0) ?? [])], [4, 3, 2, 1]);
  same(recording.series(0).name, "Adam");
  const steps = [recording.step];
  for (let i = 0; i < 40; i += 1) if (recording.advance(0.1)) steps.push(recording.step);
  same(steps.slice(0, 5), [0, 1, 2, 3, 0]);
  recording.toEnd();
  assert(recording.step === 3 && !recording.playing, "stands still at the end");
});
