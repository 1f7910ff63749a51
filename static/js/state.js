// @ts-check
// What the visitor has set up, and where it is kept: the address (a link is the whole state), and the browser's stores.

import { compact, MOST_PACKED, pack, read, unpack } from "./address.js";
import { h } from "./controls/dom.js";
import { t } from "./i18n.js";
import { find, keep, nameOf } from "./store.js";

/** @import { Short } from "./address.js" */
/** @import { PageState, Params } from "./types.d.ts" */

const DELAY = 300;
const PACKED = "#texts=";

/** The state of a page and where it is kept: the address, and the browser's store for "continue where you were". */
export class PageMemory {
  #name;
  #defaults;
  #timer = 0;
  /** What the page shows. @type {PageState|null} */
  #latest = null;
  /** The same as it was written last. @type {Short|null} */
  #short = null;
  /** Long texts by name, those of this visit. @type {Map<string, string>} */
  #texts = new Map();
  /** What the address said when it was looked at last. */
  #seen = here();
  /** What the visitor wants and the server has not taken yet. @type {PageState|null} */
  #wanted = null;

  /** @param {string} name of the laboratory @param {Params} defaults its parameters */
  constructor(name, defaults) {
    this.#name = name;
    this.#defaults = defaults;
    addEventListener("leaving", () => this.flush());
  }

  /** The page wants this, and the server has not taken it yet; null when it has. @param {PageState|null} state */
  want(state) {
    this.#wanted = state;
  }

  /** What `left` told comes from another laboratory: nothing stands before it. */
  sent = false;

  /** What was wanted when this tab left this very address before the server had taken it; told once. @returns {PageState|null} */
  left() {
    try {
      const text = sessionStorage.getItem(this.#leftKey());
      sessionStorage.removeItem(this.#leftKey());
      const { addresses, wanted, texts, sent = false } = JSON.parse(text ?? "{}");
      this.sent = sent;
      for (const long of texts ?? []) this.#put(long);
      return wanted && addresses.includes(here()) ? read(JSON.stringify(wanted), this.#defaults) : null;
    } catch {
      return null; // refused, or written by another version
    }
  }

  /** The page goes: the address is brought up to date, and what is wanted is kept for the next visit. */
  leave() {
    const before = here(); // a reload goes there, for it is on its way already
    this.flush();
    if (!this.#wanted) return;
    const wanted = this.#compact(this.#wanted);
    const left = { addresses: [before, here()], wanted };
    const texts = Object.values(wanted.view?.kept ?? {}).map((name) => this.#texts.get(String(name)));
    for (const one of [{ ...left, texts }, left]) { // the database may be too slow now, but has room for the longest
      try {
        sessionStorage.setItem(this.#leftKey(), JSON.stringify(one));
        return;
      } catch { /* full or refused: the address has what was taken */ }
    }
  }

  /** @param {PageState} state */
  #compact(state) {
    return compact(state, this.#defaults, (text) => this.#put(text));
  }

  /** Keep a long text once. @param {string} text @returns {string} its name */
  #put(text) {
    for (const [name, known] of this.#texts) if (known === text) return name;
    const name = nameOf(text);
    this.#texts.set(name, text);
    keep("texts", name, text);
    return name;
  }

  /**
   * The long texts that an address names, out of a link or this browser.
   * @param {Record<string, string>} [kept] their names, by place
   * @returns {Promise<{texts: Record<string, string>, missing: string[]}>}
   */
  async texts(kept = {}) {
    if (location.hash.startsWith(PACKED)) {
      for (const text of Object.values(await unpack(location.hash.slice(PACKED.length)))) this.#put(text);
      history.replaceState(history.state, "", location.pathname + location.search);
    }
    /** @type {Record<string, string>} */
    const texts = {};
    const missing = [];
    for (const [place, name] of Object.entries(kept)) {
      const text = this.#texts.get(name) ?? await find("texts", String(name));
      if (typeof text !== "string") {
        missing.push(place);
        continue;
      }
      texts[place] = text;
      this.#texts.set(name, text);
    }
    return { texts, missing };
  }

  /** Bring the address up to date, soon. @param {PageState} state */
  write(state) {
    this.#latest = state;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), DELAY);
  }

  /** Bring the address up to date at once. @param {PageState} state @param {boolean} push as a new entry of the browser's history */
  enter(state, push) {
    if (push) this.flush();
    this.#latest = state;
    this.flush(push);
  }

  /** The address says what the page shows. @param {boolean} [push] as a new entry of the browser's history */
  flush(push = false) {
    clearTimeout(this.#timer);
    if (!this.#latest) return;
    this.#short = this.#compact(this.#latest);
    const address = this.#address();
    if (address.href !== location.href) history[push ? "pushState" : "replaceState"](null, "", address);
    this.#seen = here();
    this.#store();
  }

  /**
   * The link to this very state.
   * @returns {Promise<{href: string, whole: boolean}>} whole: it opens so in any browser; else long texts are only in this one
   */
  async link() {
    this.flush();
    const names = Object.values(this.#short?.view?.kept ?? {});
    if (!names.length) return { href: location.href, whole: true };
    const packed = await pack(Object.fromEntries(names.map((name) => [name, this.#texts.get(String(name)) ?? ""])));
    const whole = packed.length <= MOST_PACKED;
    return { href: location.href.split("#")[0] + (whole ? PACKED + packed : ""), whole };
  }

  /** Whether the address says something else than this page wrote: a way back or forward, not a jump within the page. */
  get moved() {
    return here() !== this.#seen;
  }

  /** The state in the address, over the defaults; null when it cannot be read. @returns {PageState|null} */
  read() {
    this.#seen = here();
    this.#latest = null;
    clearTimeout(this.#timer);
    return read(this.#seen, this.#defaults);
  }

  /** What was set up here on the last visit, when the address asks for nothing. @returns {string|null} */
  remembered() {
    if (here() !== null) return null;
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

  #leftKey() { return leftKey(this.#name); }

  #address() {
    const address = new URL(location.href);
    const text = JSON.stringify(this.#short ?? {});
    if (text === "{}") address.searchParams.delete("state");
    else address.searchParams.set("state", text);
    return address;
  }

  #store() {
    const { params, changes, view } = this.#short ?? {};
    if (!params && !changes && !view?.kept) return; // an untouched page does not wipe what was kept
    try { localStorage.setItem(this.#key(), JSON.stringify(this.#short)); } catch { /* full or refused: the address has it */ }
  }
}

/**
 * Go to another laboratory, set up as told: where that is too much for an address it is kept in this tab.
 * @param {string} name @param {Params} params
 */
export function goTo(name, params) {
  dispatchEvent(new Event("leaving"));
  sessionStorage.setItem(leftKey(name), JSON.stringify({ addresses: [null], wanted: { params }, sent: true }));
  const language = new URL(location.href).searchParams.get("lang");
  location.assign(`/${name}${language ? `?lang=${language}` : ""}`);
}

/** Under which what was wanted is kept. @param {string} name of the laboratory */
const leftKey = (name) => `descentlab.left.${name}`;

/** The state that the address tells. @returns {string|null} */
const here = () => new URL(location.href).searchParams.get("state");

/** Say something small and brief at the bottom of the page. @param {string} sentence */
export function toast(sentence) {
  const note = h("div", { class: "toast" }, sentence);
  document.getElementById("toasts")?.replaceChildren(note);
  setTimeout(() => note.remove(), 2600);
}

/** Put text on the clipboard and say so; where that is refused, show it to be copied by hand. @param {string} text @param {string} done */
export async function copyText(text, done) {
  try {
    await navigator.clipboard.writeText(text);
    toast(done);
  } catch {
    prompt(t("Copy this:"), text);
  }
}
