// What the visitor has set up, in the address: a link is the whole state. Only what differs from the defaults.

import { h } from "./controls/dom.js";
import { t } from "./i18n.js";
import { keep, nameOf } from "./store.js";

/**
 * @typedef {{params: Record<string, any>, changes: [number, Record<string, any>][],
 *   view: Record<string, any>, step: number|null}} PageState
 */

const DELAY = 300;
/** Characters of a parameter that an address can hold; a longer text stays in the browser's database. */
const LONG = 600;

/** Deep equality of plain JSON. */
export function equal(a, b) {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || !a || !b || Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && equal(a[key], b[key]));
}

/** The top-level entries of `params` that differ from `defaults`. */
export function differences(params, defaults) {
  return Object.fromEntries(Object.entries(params).filter(([name, value]) => !equal(value, defaults[name])));
}

/** A choice of pictures without who is hidden: that is told by place in the list, and another run has others there. */
export function withNobodyHidden(view) {
  return Object.fromEntries(Object.entries(view).filter(([key]) => key !== "hidden"));
}

/** The state of a page and where it is kept: the address, and the browser's store for "continue where you were". */
export class PageMemory {
  #name;
  #defaults;
  #timer = 0;
  #latest = null;
  #long = { text: "", name: "" };

  /** @param {string} name of the laboratory @param {Record<string, any>} defaults its parameters */
  constructor(name, defaults) {
    this.#name = name;
    this.#defaults = defaults;
    addEventListener("leaving", () => this.flush());
    addEventListener("pagehide", () => this.flush());
  }

  /** The shortest JSON that stands for the state; {} for a fresh page. @param {PageState} state */
  compact({ params, changes, view, step }) {
    const short = {};
    const different = differences(params, this.#defaults);
    const kept = {};
    for (const [name, value] of Object.entries(different)) {
      const keys = typeof value === "object" && value && !Array.isArray(value) ? Object.keys(value) : [];
      const text = keys.length === 1 ? value[keys[0]] : value; // an own table is {csv: text}
      if (typeof text !== "string" || text.length <= LONG) continue;
      delete different[name];
      kept[[name, ...keys].join(".")] = this.#put(text);
    }
    if (Object.keys(kept).length) view = { ...view, kept };
    if (Object.keys(different).length) short.params = different;
    if (changes.length) short.changes = changes;
    if (Object.keys(view).length) short.view = view;
    if (step) short.step = step;
    return short;
  }

  /** Keep a long text once. @param {string} text @returns {string} its name */
  #put(text) {
    if (this.#long.text !== text) {
      this.#long = { text, name: nameOf(text) };
      keep("texts", this.#long.name, text);
    }
    return this.#long.name;
  }

  /** Bring the address up to date, soon. @param {PageState} state */
  write(state) {
    this.#latest = this.compact(state);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), DELAY);
  }

  /** Keep the present state as an entry of the browser's history; what follows is a new one. @param {PageState} state */
  push(state) {
    this.flush();
    this.#latest = this.compact(state);
    history.pushState(null, "", this.#address());
    this.#store();
  }

  flush() {
    clearTimeout(this.#timer);
    if (!this.#latest) return;
    const address = this.#address();
    if (address.href !== location.href) history.replaceState(null, "", address);
    this.#store();
  }

  /** The link to this very state. */
  link() {
    this.flush();
    return location.href;
  }

  /** The state in the address, over the defaults; null when it cannot be read. @returns {PageState|null} */
  read() {
    const text = new URL(location.href).searchParams.get("state");
    if (!text) return { params: { ...this.#defaults }, changes: [], view: {}, step: null };
    try {
      const { params = {}, changes = [], view = {}, step = null } = JSON.parse(text);
      return { params: { ...this.#defaults, ...params }, changes, view, step };
    } catch {
      return null;
    }
  }

  /** What was set up here on the last visit, when the address asks for nothing. @returns {string|null} */
  remembered() {
    if (new URL(location.href).searchParams.has("state")) return null;
    try {
      const text = localStorage.getItem(this.#key());
      const kept = text && JSON.parse(text);
      return kept && (kept.params || kept.changes || kept.view?.kept) ? text : null;
    } catch {
      return null;
    }
  }

  #key() {
    return `descentlab.last.${this.#name}`;
  }

  #address() {
    const address = new URL(location.href);
    const text = JSON.stringify(this.#latest ?? {});
    if (text === "{}") address.searchParams.delete("state");
    else address.searchParams.set("state", text);
    return address;
  }

  #store() {
    const { params, changes, view } = this.#latest ?? {};
    if (!params && !changes && !view?.kept) return; // an untouched page does not wipe what was kept
    try { localStorage.setItem(this.#key(), JSON.stringify(this.#latest)); } catch { /* full or refused: the address has it */ }
  }
}

/** Say something small and brief at the bottom of the page. @param {string} sentence */
export function toast(sentence) {
  const note = h("div", { class: "toast" }, sentence);
  document.getElementById("toasts")?.replaceChildren(note);
  setTimeout(() => note.remove(), 2600);
}

/** Put text on the clipboard and say so; where that is refused, show it to be copied by hand. */
export async function copyText(text, done) {
  try {
    await navigator.clipboard.writeText(text);
    toast(done);
  } catch {
    prompt(t("Copy this:"), text);
  }
}
