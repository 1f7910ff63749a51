// @ts-check
// A page's state as the text of an address: only what differs from the defaults. What is too long for it has a name
// there; a link that is given away carries it packed in its fragment, which no server sees.

import { equal } from "./run.js";

/** @import { PageState, Params, View } from "./types.d.ts" */

/** Characters of a parameter that an address can hold; a longer text stays in the browser's database. */
const LONG = 600;
/** The same of one that is no text, as JSON: the weights of a net that was opened. */
const LONG_VALUE = 4000;
/** Characters of packed texts that a link can carry: more is cut off by mail programs and messengers. */
export const MOST_PACKED = 24_000;

/** Marks the place of a value that is kept as JSON. */
const JSON_PLACE = ":json";

/** @typedef {Partial<Omit<PageState, "step">> & {step?: number}} Short what an address says */

/** The top-level entries of `params` that differ from `defaults`. @param {Params} params @param {Params} defaults @returns {Params} */
export function differences(params, defaults) {
  return Object.fromEntries(Object.entries(params).filter(([name, value]) => !equal(value, defaults[name])));
}

/**
 * The shortest JSON that stands for the state; {} for a fresh page.
 * @param {PageState} state @param {Params} defaults
 * @param {(text: string) => string} put takes a long text and gives its name
 * @returns {Short}
 */
export function compact({ params, changes, view, step }, defaults, put) {
  /** @type {Short} */
  const short = {};
  const different = differences(params, defaults);
  /** @type {Record<string, string>} */
  const kept = {};
  for (const [name, value] of Object.entries(different)) {
    const keys = typeof value === "object" && value && !Array.isArray(value) ? Object.keys(value) : [];
    const text = keys.length === 1 ? value[keys[0]] : value; // an own table is {csv: text}
    if (typeof text === "string" && text.length > LONG) kept[[name, ...keys].join(".")] = put(text);
    else {
      const json = JSON.stringify(value);
      if (json.length <= LONG_VALUE) continue;
      kept[name + JSON_PLACE] = put(json);
    }
    delete different[name];
  }
  const { kept: _before, ...chosen } = view;
  if (Object.keys(kept).length) Object.assign(chosen, { kept });
  if (Object.keys(different).length) short.params = different;
  if (changes.length) short.changes = changes;
  if (Object.keys(chosen).length) short.view = chosen;
  if (step) short.step = step;
  return short;
}

/** The state that an address tells, over the defaults; null when it cannot be read. @param {string|null} text @param {Params} defaults @returns {PageState|null} */
export function read(text, defaults) {
  if (!text) return { params: { ...defaults }, changes: [], view: {}, step: null };
  try {
    const { params = {}, changes = [], view = {}, step = null } = JSON.parse(text);
    return { params: { ...defaults, ...params }, changes, view, step };
  } catch {
    return null;
  }
}

/** Parameters with what was long back in its place. @param {Params} params @param {Record<string, string>} texts by "field", "field.inner" or "field:json" @returns {Params} */
export function withTexts(params, texts) {
  const filled = { ...params };
  for (const [name, text] of Object.entries(texts)) {
    if (name.endsWith(JSON_PLACE)) {
      filled[name.slice(0, -JSON_PLACE.length)] = JSON.parse(text);
      continue;
    }
    const [field, inner] = name.split(".");
    filled[field] = inner ? { [inner]: text } : text;
  }
  return filled;
}

/** A choice of pictures without who is hidden or in focus: that is told by place in the list, and another run has others there. @param {View} view @returns {View} */
export function withNobodyChosen(view) {
  return Object.fromEntries(Object.entries(view).filter(([key]) => key !== "hidden" && key !== "focus"));
}

/** Texts as characters that an address may hold. @param {Record<string, string>} texts by name @returns {Promise<string>} */
export async function pack(texts) {
  const bytes = await through(new TextEncoder().encode(JSON.stringify(texts)), new CompressionStream("deflate-raw"));
  let letters = "";
  for (const byte of bytes) letters += String.fromCharCode(byte);
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The texts that were packed; none where they are damaged. @param {string} packed @returns {Promise<Record<string, string>>} */
export async function unpack(packed) {
  try {
    const letters = atob(packed.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = await through(Uint8Array.from(letters, (letter) => letter.charCodeAt(0)), new DecompressionStream("deflate-raw"));
    const texts = JSON.parse(new TextDecoder().decode(bytes));
    return Object.fromEntries(Object.entries(texts).filter(([, text]) => typeof text === "string"));
  } catch {
    return {};
  }
}

/** @param {Uint8Array<ArrayBuffer>} bytes @param {CompressionStream|DecompressionStream} stream */
async function through(bytes, stream) {
  const whole = new Blob([bytes]).stream().pipeThrough(stream);
  return new Uint8Array(await new Response(whole).arrayBuffer());
}
