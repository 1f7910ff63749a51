// @ts-check
// What a visitor did with claims, kept in this browser: predictions made, stations of walks visited.

const PREDICTIONS = "descentlab.predictions";
const VISITED = "descentlab.visited";

/** @param {string} key @returns {Record<string, any>} */
function read(key) {
  try {
    const kept = JSON.parse(localStorage.getItem(key) ?? "{}");
    return kept && typeof kept === "object" ? kept : {};
  } catch {
    return {};
  }
}

/** @param {string} key @param {Record<string, any>} value */
function write(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch { /* full or refused: it holds for this visit only */ }
}

/** The answer that was chosen for a claim, by index; undefined before. @param {string} id @returns {number|undefined} */
export const prediction = (id) => read(PREDICTIONS)[id];

/** @param {string} id @param {number} answer */
export const predict = (id, answer) => write(PREDICTIONS, { ...read(PREDICTIONS), [id]: answer });

/** True when the claim was opened in this browser before. @param {string} id */
export const visited = (id) => Boolean(read(VISITED)[id]);

/** @param {string} id */
export const visit = (id) => write(VISITED, { ...read(VISITED), [id]: true });
