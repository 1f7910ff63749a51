// @ts-check
// What the visitor has set up, and where it is kept: the address (a link is the whole state), and the browser's stores.

import { compact, MOST_PACKED, pack, read, unpack } from "./address.js";
import { h } from "./controls/dom.js";
import { t } from "./i18n.js";
import { equal } from "./run.js";
import { Texts } from "./texts.js";

/** @import { Short } from "./address.js" */
/** @import { PageState, Params } from "./types.d.ts" */

const DELAY = 300;
const PACKED = "#texts=";
/** Under which a tab keeps what was wanted when it left a laboratory, and what it was sent to one for. */
const [LEFT, SENT] = ["descentlab.left.", "descentlab.sent."];

/** The state of a page and where it is kept: the address, and the browser's store for "continue where you were". */
export class PageMemory {
  #name;
  #defaults;
  #timer = 0;
  /** What the page shows. @type {PageState|null} */
  #latest = null;
  /** The same as it was written last. @type {Short|null} */
  #short = null;
  #texts = new Texts();
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

  /** What another laboratory sent the visitor here for; told once. @returns {PageState|null} */
  sent() {
    const params = takeOut(SENT + this.#name);
    return params && { params: { ...this.#defaults, ...params }, changes: [], view: {}, step: null };
  }

  /**
   * What was wanted when this tab left the page, where that is more than the address tells: the server had not taken it,
   * or a reload was on its way to the address before. Told once. @returns {PageState|null}
   */
  left() {
    const { addresses, wanted, texts } = takeOut(LEFT + this.#name) ?? {};
    if (!wanted || !reloaded() && !addresses.includes(here())) return null; // another address wants nothing of it
    for (const text of texts) this.#texts.put(text);
    const left = read(JSON.stringify(wanted), this.#defaults);
    return equal(left, read(here(), this.#defaults)) ? null : left;
  }

  /** The page goes: the address is brought up to date, and what is wanted is kept for a reload. */
  leave() {
    const before = here();
    this.flush();
    const state = this.#wanted ?? this.#latest;
    if (!state) return;
    const wanted = this.#compact(state);
    const texts = this.#texts.unsure(Object.values(wanted.view?.kept ?? {}));
    try {
      sessionStorage.setItem(LEFT + this.#name, JSON.stringify({ addresses: [before, here()], wanted, texts }));
    } catch { /* full or refused: the address has what was taken */ }
  }

  /** @param {PageState} state */
  #compact(state) {
    return compact(state, this.#defaults, (text) => this.#texts.put(text));
  }

  /**
   * The long texts that an address names, out of a link or this browser.
   * @param {Record<string, string>} [kept] their names, by place
   * @returns {Promise<{texts: Record<string, string>, missing: string[]}>}
   */
  async texts(kept = {}) {
    if (location.hash.startsWith(PACKED)) {
      for (const text of Object.values(await unpack(location.hash.slice(PACKED.length)))) this.#texts.put(text);
      history.replaceState(history.state, "", location.pathname + location.search);
    }
    /** @type {Record<string, string>} */
    const texts = {};
    const missing = [];
    for (const [place, name] of Object.entries(kept)) {
      const text = await this.#texts.get(String(name));
      if (text === undefined) missing.push(place);
      else texts[place] = text;
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
    const [href] = location.href.split("#");
    const packed = await pack(this.#texts.ofVisit(names));
    const whole = packed.length <= MOST_PACKED;
    return { href: href + (whole ? PACKED + packed : ""), whole };
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
  sessionStorage.setItem(SENT + name, JSON.stringify(params));
  const language = new URL(location.href).searchParams.get("lang");
  location.assign(`/${name}${language ? `?lang=${language}` : ""}`);
}

/** Read what this tab keeps under a key, and forget it. @param {string} key @returns {any} null where there is nothing */
function takeOut(key) {
  try {
    const text = sessionStorage.getItem(key);
    sessionStorage.removeItem(key);
    return text && JSON.parse(text);
  } catch {
    return null; // refused, or written by another version
  }
}

/** Whether the page was loaded once more. */
const reloaded = () => /** @type {PerformanceNavigationTiming|undefined} */ (performance.getEntriesByType("navigation")[0])?.type === "reload";

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
