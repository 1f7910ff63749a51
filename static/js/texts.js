// @ts-check
// Texts that are too long for an address: there they have a name, and the browser's database keeps them.

import { find, keep, nameOf, tidy } from "./store.js";

/** The texts of this visit, and those of earlier ones. */
export class Texts {
  /** By name. @type {Map<string, string>} */
  #known = new Map();
  /** Names of those that the database has not told it has. @type {Set<string>} */
  #unsure = new Set();

  /** Keep a text once. @param {string} text @returns {string} its name */
  put(text) {
    for (const [name, known] of this.#known) if (known === text) return name;
    const name = nameOf(text);
    this.#known.set(name, text);
    this.#unsure.add(name);
    this.#keep(name, text);
    return name;
  }

  /** The text of a name, of this visit or an earlier one. @param {string} name @returns {Promise<string|undefined>} undefined where it is gone */
  async get(name) {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const text = (await find("texts", name))?.text;
    if (typeof text !== "string") return undefined;
    this.#known.set(name, text);
    this.#keep(name, text); // used now: kept longer
    return text;
  }

  /** Those of this visit, by name. @param {string[]} names @returns {Record<string, string>} */
  ofVisit(names) {
    return Object.fromEntries(names.map((name) => [name, this.#known.get(name) ?? ""]));
  }

  /** Those that the database may have lost when the page goes now. @param {string[]} names */
  unsure(names) {
    return Object.values(this.ofVisit(names.filter((name) => this.#unsure.has(name))));
  }

  /** @param {string} name @param {string} text */
  async #keep(name, text) {
    const done = await keep("texts", name, { text, time: Date.now() });
    if (done === undefined) return; // refused: this visit has it
    this.#unsure.delete(name);
    await tidy("texts");
  }
}
