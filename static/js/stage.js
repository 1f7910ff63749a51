// The panels of a laboratory: a card for each, by kind; tabs where they come in views; a table behind every plot.

import { h } from "./controls/dom.js";
import { savePicture } from "./export.js";
import { t } from "./i18n.js";
import { icon } from "./icons.js";
import { fillTable } from "./table.js";

/**
 * @typedef {{kind: string, title: string, arrays: Record<string, string>, options: Record<string, any>,
 *   place: "stage"|"row"|"side", view: string}} Panel
 * @typedef {{scene?: Function, update?: Function, playhead?: Function, theme?: Function, resize?: Function,
 *   destroy?: Function, png?: Function}} Picture
 */

/** One panel's card: heading, tools, the picture, and its table when asked for. */
class Card {
  /** @type {Picture|null} */
  picture = null;
  #creating = null;
  #lab;

  /** @param {Panel} panel @param {object} lab */
  constructor(panel, lab) {
    this.panel = panel;
    this.#lab = lab;
    const id = `panel-${panel.kind}-${Math.random().toString(36).slice(2, 8)}`;
    this.host = h("div", { class: `panel-body panel-${panel.kind}` });
    this.table = h("div", { class: "panel-table", hidden: true, tabindex: 0, role: "region", "aria-label": t("Table: {title}", { title: panel.title }) });
    this.tableButton = h("button", { type: "button", class: "icon-button", "aria-pressed": "false", hidden: !Object.keys(panel.arrays).length,
      "aria-label": t("Table of “{title}”", { title: panel.title }), title: t("Show the numbers as a table"),
      on: { click: () => this.#toggleTable() } }, icon("table"));
    this.pictureButton = h("button", { type: "button", class: "icon-button", hidden: true,
      "aria-label": t("Save “{title}” as a picture", { title: panel.title }), title: t("Save as a picture"),
      on: { click: () => savePicture(this.picture, `${lab.name}-${panel.kind}-${lab.step}`) } }, icon("picture"));
    this.element = h("section", { class: `panel panel-at-${panel.place}`, "aria-labelledby": id, dataset: { kind: panel.kind } },
      h("header", { class: "panel-head" }, h("h2", { id }, panel.title), h("span", { class: "panel-tools" },
        this.tableButton, this.pictureButton)), this.host, this.table);
  }

  /** Make the picture, once. A panel that fails says so in its own place; the others go on. */
  create() {
    this.#creating ??= (async () => {
      try {
        const { create } = await import(`./panels/${this.panel.kind}.js`);
        this.picture = await create(this.host, this.panel, this.#lab);
        this.pictureButton.hidden = !this.picture?.png;
        if (this.#lab.scene) this.call("scene", this.#lab.scene);
        if (this.#lab.history.lastStep >= 0) {
          this.call("update", this.#lab.history);
          this.call("playhead", this.#lab.step);
        }
      } catch (error) {
        this.#fail(error);
      }
    })();
    return this.#creating;
  }

  /** Call a method of the picture if it has it. @param {keyof Picture} method */
  call(method, ...args) {
    try {
      this.picture?.[method]?.(...args);
    } catch (error) {
      this.#fail(error);
    }
  }

  showNumbers() {
    if (!this.table.hidden) fillTable(this.table, this.panel, this.#lab);
  }

  #toggleTable() {
    this.table.hidden = !this.table.hidden;
    this.tableButton.setAttribute("aria-pressed", String(!this.table.hidden));
    this.showNumbers();
  }

  #fail(error) {
    console.error(error);
    this.picture = null;
    this.host.replaceChildren(h("p", { class: "panel-failed", role: "alert" },
      t("This picture could not be drawn. The numbers are in its table; reloading the page may help.")));
  }
}

/** All cards of a page. */
export class Stage {
  /** @type {Card[]} */
  cards = [];
  #lab;
  #views;
  #tabs;

  /**
   * @param {object} lab
   * @param {{stage: HTMLElement, row: HTMLElement, side: HTMLElement, tabs: HTMLElement}} places
   */
  constructor(lab, places) {
    this.#lab = lab;
    this.#tabs = places.tabs;
    this.#views = [...new Set(lab.boot.panels.map((panel) => panel.view).filter(Boolean))];
    for (const panel of lab.boot.panels) {
      const card = new Card(panel, lab);
      this.cards.push(card);
      places[panel.place].append(card.element);
    }
    if (this.#views.length > 1) this.#buildTabs();
    new ResizeObserver(() => this.each("resize")).observe(places.stage);
  }

  get view() {
    return this.#views.includes(this.#lab.view.tab) ? this.#lab.view.tab : this.#views[0] ?? "";
  }

  get visible() {
    return this.cards.filter(({ panel }) => !panel.view || panel.view === this.view);
  }

  /** Show the panels of the present view; make those not made yet. */
  async show() {
    const visible = new Set(this.visible);
    for (const card of this.cards) card.element.hidden = !visible.has(card);
    for (const tab of this.#tabs.children) {
      const chosen = /** @type {HTMLElement} */ (tab).dataset.view === this.view;
      tab.setAttribute("aria-selected", String(chosen));
      tab.setAttribute("tabindex", chosen ? "0" : "-1");
    }
    await Promise.all([...visible].map((card) => card.create()));
    this.refresh();
  }

  /** Bring the visible pictures up to date with everything. */
  refresh() {
    if (this.#lab.history.lastStep < 0) return;
    this.each("update", this.#lab.history);
    this.each("playhead", this.#lab.step);
    this.each("resize");
  }

  /** Call a method of every visible picture. @param {keyof Picture} method */
  each(method, ...args) {
    for (const card of this.visible) card.call(method, ...args);
  }

  /** The first picture in view that can be saved, the large one before the others. */
  picture() {
    const cards = this.visible.filter((card) => card.picture?.png);
    return (cards.find((card) => card.panel.place === "stage") ?? cards[0])?.picture ?? {};
  }

  showNumbers() {
    for (const card of this.visible) card.showNumbers();
  }

  #buildTabs() {
    this.#tabs.hidden = false;
    this.#tabs.append(...this.#views.map((view) => h("button", { type: "button", role: "tab", class: "tab",
      dataset: { view }, on: { click: () => this.#choose(view) } }, t(view))));
    this.#tabs.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!by) return;
      event.preventDefault();
      const next = this.#views[(this.#views.indexOf(this.view) + by + this.#views.length) % this.#views.length];
      this.#choose(next);
      /** @type {HTMLElement} */ (this.#tabs.querySelector('[aria-selected="true"]')).focus();
    });
  }

  #choose(view) {
    this.#lab.setView("tab", view);
    this.show();
  }
}
