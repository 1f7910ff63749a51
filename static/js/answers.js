// @ts-check
// Answers that were asked for a picture, kept with the run that gave them: several panels and tables show them.

/** @import { History, WireFrame } from "./types.d.ts" */

/** @type {WeakMap<History, Map<string, WireFrame[]>>} */
const kept = new WeakMap();

/** @param {History} history @param {string} question its name @param {WireFrame} answer */
export function keepAnswer(history, question, answer) {
  const all = kept.get(history) ?? new Map();
  /** @type {WireFrame[]} */
  const others = (all.get(question) ?? []).filter((/** @type {WireFrame} */ { step }) => step !== answer.step);
  all.set(question, [...others, answer].sort((a, b) => a.step - b.step));
  kept.set(history, all);
}

/** The latest answer that is not of a later step. @param {History} history @param {string} question @param {number} step */
export function answerAt(history, question, step) {
  return kept.get(history)?.get(question)?.filter((answer) => answer.step <= step).at(-1) ?? null;
}
