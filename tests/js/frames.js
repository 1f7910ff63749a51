// @ts-check
// Binary messages as app/wire.py makes them.

/** @import { WireArray, WireFrame } from "../../static/js/types.d.ts" */

/**
 * @param {Partial<WireFrame>} header
 * @param {Record<string, WireArray>} arrays
 * @returns {ArrayBuffer}
 */
export function encode(header, arrays) {
  /** @type {Map<Function, string>} */
  const types = new Map(/** @type {[Function, string][]} */ ([[Float64Array, "f8"], [Float32Array, "f4"], [Int32Array, "i4"], [Uint8Array, "u1"], [Int8Array, "i1"]]));
  let offset = 0;
  const described = Object.entries(arrays).map(([name, { values, shape }]) => {
    const at = offset;
    offset += Math.ceil(values.byteLength / 8) * 8;
    const dtype = types.get(values.constructor) ?? "";
    return { name, dtype: values.BYTES_PER_ELEMENT > 1 ? `<${dtype}` : dtype, shape, offset: at };
  });
  const words = new TextEncoder().encode(JSON.stringify({ kind: "frame", step: 0, final: false, epoch: 0, texts: {}, ...header, arrays: described }));
  const start = Math.ceil((4 + words.length) / 8) * 8;
  const message = new Uint8Array(start + offset).fill(32);
  new DataView(message.buffer).setUint32(0, start - 4, true);
  message.set(words, 4);
  Object.values(arrays).forEach(({ values }, i) => {
    message.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), start + described[i].offset);
  });
  return message.buffer;
}
