// @ts-check
// A binary message from the server, read in place: typed arrays that look into the message's own buffer.

/** @import { WireArray, WireFrame } from "./types.d.ts" */

const TYPES = { f8: Float64Array, f4: Float32Array, i4: Int32Array, u1: Uint8Array, i1: Int8Array };
const utf8 = new TextDecoder();

/**
 * Decode one message: 4 bytes of header length, JSON header, then arrays on 8-byte offsets.
 * @param {ArrayBuffer} buffer
 * @returns {WireFrame} arrays share memory with `buffer`
 */
export function decode(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(utf8.decode(new Uint8Array(buffer, 4, length)));
  const start = Math.ceil((4 + length) / 8) * 8;
  /** @type {Record<string, WireArray>} */
  const arrays = {};
  for (const { name, dtype, shape, offset } of header.arrays) {
    const Type = TYPES[/** @type {keyof typeof TYPES} */ (dtype.slice(-2))];
    const count = shape.reduce((/** @type {number} */ product, /** @type {number} */ n) => product * n, 1);
    arrays[name] = { values: new Type(buffer, start + offset, count), shape };
  }
  return { ...header, arrays, texts: header.texts ?? {} };
}
