// @ts-check
// The panels of a laboratory: a card for each, by kind; tabs where they come in views.

import { Card } from "./card.js";
import { h } from "./controls/dom.js";

/** @typedef {import("./card.js").Happening} Happening */
/** @import { Panel, Picture, Source } from "./types.d.ts" */

/** All cards of a page. It tells the laboratory "shown" when the pictures of a view are made. */
export class Stage {
  /** @type {Card[]} */
  cards = [];
  #source;
  /** @type {string[]} */
  #views;
  #tabs;
  /** What a tab fills: the stage and the row below it. @type {HTMLElement[]} */
  #panelled;

  /**
   * @param {Source & EventTarget} source
   * @param {{stage: HTMLElement, row: HTMLElement, side: HTMLElement, tabs: HTMLElement}} places
   */
  constructor(source, places) {
    this.#source = source;
    this.#tabs = places.tabs;
    /** @type {Panel[]} */
    const panels = source.boot.panels;
    this.#views = [...new Set(panels.map((panel) => panel.view).filter(Boolean))];
    for (const panel of panels) {
      const card = new Card(panel, source);
      this.cards.push(card);
      places[panel.place].append(card.element);
    }
    this.#panelled = [places.stage, places.row];
    if (this.#views.length > 1) this.#buildTabs();
    for (const [event, type] of /** @type {[string, Happening][]} */ ([["view", "view"], ["focus", "focus"], ["params", "params"],
      ["play", "play"], ["pause", "play"], ["asked", "asked"]])) source.addEventListener(event, () => this.each(type));
    addEventListener("pagehide", (event) => { if (!event.persisted) this.destroy(); });
  }

  get view() {
    const chosen = this.#source.view.tab;
    return this.#views.includes(chosen) ? chosen : this.#views[0] ?? "";
  }

  get visible() {
    const { scene } = this.#source;
    const has = (/** @type {string|undefined} */ name) => !name || Boolean(scene?.arrays[name]?.values.length);
    return this.cards.filter(({ panel }) => (!panel.view || panel.view === this.view) && has(panel.needs));
  }

  /** Show the panels of the present view; make those not made yet, tell the others what they missed. */
  async show() {
    const visible = new Set(this.visible);
    for (const card of this.cards) if (!visible.has(card)) card.hide();
    for (const tab of /** @type {HTMLCollectionOf<HTMLElement>} */ (this.#tabs.children)) {
      const chosen = tab.dataset.view === this.view;
      tab.setAttribute("aria-selected", String(chosen));
      tab.setAttribute("tabindex", chosen ? "0" : "-1");
      if (!chosen) continue;
      for (const place of this.#panelled) place.setAttribute("aria-labelledby", tab.id);
      this.#tabs.scrollLeft = tab.offsetLeft - this.#tabs.offsetLeft - (this.#tabs.clientWidth - tab.offsetWidth) / 2; // on a phone not all have room
    }
    await Promise.all([...visible].map((card) => card.show()));
    this.#source.dispatchEvent(new Event("shown"));
  }

  /** Something happened: every card hears of it, the hidden ones when they are seen again. @param {Happening} type */
  each(type) {
    for (const card of this.cards) card.happen(type);
  }

  /** Another scene: some panels may have something to show now, or nothing more. */
  scene() {
    this.each("scene");
    if (this.visible.some((card) => !card.visible) || this.cards.filter((card) => card.visible).length > this.visible.length) this.show();
  }

  /** The pictures in view that can be saved, the large ones before the others. @returns {Picture[]} */
  pictures() {
    const large = (/** @type {Card} */ { panel }) => Number(panel.place === "stage");
    return this.visible.sort((one, other) => large(other) - large(one)).flatMap(({ picture }) => (picture?.png ? [picture] : []));
  }

  /** Whether any picture in view moves with the playhead. */
  get moves() { return this.visible.some(({ picture }) => picture?.playhead); }

  showNumbers() {
    for (const card of this.visible) card.showNumbers();
  }

  destroy() {
    for (const card of this.cards) card.destroy();
  }

  #buildTabs() {
    this.#tabs.hidden = false;
    const titles = new Map(this.cards.map(({ panel }) => [panel.view, panel.view_title]));
    for (const place of this.#panelled) place.setAttribute("role", "tabpanel");
    const filled = this.#panelled.map((place) => place.id).join(" ");
    this.#tabs.append(...this.#views.map((view, i) => h("button", { type: "button", role: "tab", class: "tab", id: `tab-${i}`, "aria-controls": filled,
      dataset: { view }, on: { click: () => this.#choose(view) } }, titles.get(view) ?? view)));
    this.#tabs.addEventListener("keydown", (event) => {
      const by = /** @type {Record<string, number>} */ ({ ArrowRight: 1, ArrowLeft: -1 })[event.key];
      if (!by) return;
      event.preventDefault();
      const next = this.#views[(this.#views.indexOf(this.view) + by + this.#views.length) % this.#views.length];
      this.#choose(next);
      /** @type {HTMLElement} */ (this.#tabs.querySelector('[aria-selected="true"]')).focus();
    });
  }

  /** @param {string} view */
  #choose(view) {
    this.#source.setView("tab", view);
    this.show();
  }
}
