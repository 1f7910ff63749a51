// @ts-check
// One panel's card: heading, tools, the picture, and its table when asked for. The card alone owns size, failure,
// teardown, and what a picture missed while it was hidden.

import { Context } from "./context.js";
import { h } from "./controls/dom.js";
import { saveDrawing, savePicture } from "./export.js";
import { t } from "./i18n.js";
import { icon } from "./icons.js";
import { plotlyLoaded } from "./page.js";
import { fillTable } from "./table.js";

/** @import { Panel, Picture, Source } from "./types.d.ts" */

/**
 * @typedef {"scene"|"update"|"playhead"|"theme"|"resize"|"view"|"focus"|"params"|"play"|"asked"} Happening
 */

/** What a hidden picture is told when it is seen again, in this order. @type {Happening[]} */
const MISSED = ["theme", "scene", "params", "view", "focus", "play", "asked"];

let made = 0;

export class Card {
  /** @type {Picture|null} */
  picture = null;
  /** Whether it is to be seen: its tab is open. */
  visible = false;
  #source;
  /** @type {Promise<void>|null} */
  #creating = null;
  /** @type {Set<Happening>} */
  #missed = new Set();
  #ending = new AbortController();
  #sizes = new ResizeObserver(() => this.#measure());
  #measuring = 0;

  /** @param {Panel} panel @param {Source} source */
  constructor(panel, source) {
    this.panel = panel;
    this.#source = source;
    made += 1;
    const id = `panel-${panel.kind}-${made}`;
    this.host = h("div", { class: `panel-body panel-${panel.kind}` });
    this.table = h("div", { class: "panel-table", hidden: true, tabindex: 0, role: "region", "aria-label": t("Table: {title}", { title: panel.title }) });
    this.tableButton = h("button", { type: "button", class: "icon-button", "aria-pressed": "false", hidden: !Object.keys(panel.arrays).length,
      "aria-label": t("Table of “{title}”", { title: panel.title }), title: t("Show the numbers as a table"),
      on: { click: () => this.#toggleTable() } }, icon("table"));
    this.pictureButton = h("button", { type: "button", class: "icon-button", hidden: true,
      "aria-label": t("Save “{title}” as a picture", { title: panel.title }), title: t("Save as a picture"),
      on: { click: () => savePicture(this.picture ?? {}, `${source.name}-${panel.kind}-${source.step}`) } }, icon("picture"));
    this.drawingButton = h("button", { type: "button", class: "icon-button", hidden: true,
      "aria-label": t("Save “{title}” as a drawing (SVG)", { title: panel.title }), title: t("Save as a drawing (SVG)"),
      on: { click: () => saveDrawing(this.picture ?? {}, `${source.name}-${panel.kind}-${source.step}`) } }, icon("drawing"));
    this.element = h("section", { class: `panel panel-at-${panel.place}`, "aria-labelledby": id, dataset: { kind: panel.kind } },
      h("header", { class: "panel-head" }, h("h2", { id }, panel.title), h("span", { class: "panel-tools" },
        this.tableButton, this.drawingButton, this.pictureButton)), this.host, this.table);
  }

  /** Show the card: make its picture the first time, else tell it what it missed. */
  async show() {
    this.visible = true;
    this.element.hidden = false;
    await this.#create();
    if (!this.visible) return;
    for (const type of MISSED) if (this.#missed.has(type)) this.#call(type);
    this.#missed.clear();
    this.#bringUpToDate();
  }

  hide() {
    if (this.visible) this.picture?.hide?.();
    this.visible = false;
    this.element.hidden = true;
  }

  /** Something happened: the picture is told now, or when it is seen again. @param {Happening} type */
  happen(type) {
    if (this.visible && this.picture) this.#call(type);
    else this.#missed.add(type);
  }

  showNumbers() {
    if (this.table.hidden) return;
    if (this.picture?.table) this.table.replaceChildren(this.picture.table());
    else fillTable(this.table, this.#context(this.#ending.signal));
  }

  /** End the picture and give back what it holds. */
  destroy() {
    this.#sizes.disconnect();
    cancelAnimationFrame(this.#measuring);
    this.#ending.abort();
    const { picture } = this;
    this.picture = null;
    this.#creating = null;
    try {
      picture?.destroy?.();
    } catch (error) {
      console.error(error);
    }
    const plotly = /** @type {any} */ (globalThis).Plotly;
    for (const plot of this.host.querySelectorAll(".js-plotly-plot")) plotly?.purge(plot);
    this.host.replaceChildren();
    this.element.querySelector(".panel-switches")?.remove();
  }

  /** @param {AbortSignal} signal */
  #context(signal) {
    return new Context(this.panel, this.#source, this.host, signal);
  }

  /** Make the picture, once. A panel that fails says so in its own place; the others go on. */
  #create() {
    this.#creating ??= this.#make(this.#ending = new AbortController());
    return this.#creating;
  }

  /** @param {AbortController} ending */
  async #make(ending) {
    try {
      const module = await import(`./panels/${this.panel.kind}.js`);
      if (module.plotly) await plotlyLoaded();
      this.#missed.clear(); // it reads all that there is
      const picture = await module.create(this.host, this.#context(ending.signal));
      if (ending.signal.aborted) {
        picture?.destroy?.();
        return;
      }
      this.picture = picture;
      this.pictureButton.hidden = !picture.png;
      this.drawingButton.hidden = !picture.svg;
      if (module.words || picture.words) this.tableButton.hidden = true; // it is words: no numbers stand behind it
      this.#sizes.observe(this.host);
      if (picture.frame) this.#sizes.observe(picture.frame);
      if (this.#source.scene) this.#call("scene");
    } catch (error) {
      this.#fail(error);
    }
  }

  #bringUpToDate() {
    if (this.#source.history.lastStep < 0) return;
    this.#call("update");
    this.#call("playhead");
  }

  #measure() {
    cancelAnimationFrame(this.#measuring);
    this.#measuring = requestAnimationFrame(() => {
      if (this.visible && this.host.clientWidth) this.#call("resize");
    });
  }

  /** @param {Happening} type */
  #call(type) {
    const { picture } = this;
    if (!picture?.[type]) return;
    const told = { scene: this.#source.scene, update: this.#source.history, playhead: this.#source.step };
    if (type === "scene" && !told.scene) return;
    try {
      const result = /** @type {any} */ (picture)[type](told[/** @type {"scene"} */ (type)]);
      if (result instanceof Promise) result.catch((error) => { if (this.picture === picture) this.#fail(error); });
    } catch (error) {
      this.#fail(error);
    }
  }

  #toggleTable() {
    this.table.hidden = !this.table.hidden;
    this.tableButton.setAttribute("aria-pressed", String(!this.table.hidden));
    this.showNumbers();
  }

  /** @param {unknown} error */
  #fail(error) {
    console.error(error);
    this.destroy();
    this.pictureButton.hidden = this.drawingButton.hidden = true;
    const again = h("button", { type: "button", class: "button", on: { click: () => {
      this.host.replaceChildren();
      this.show();
    } } }, t("Try again"));
    this.#creating = Promise.resolve(); // until then it is left alone
    again.addEventListener("click", () => { this.#creating = null; }, { capture: true });
    this.host.replaceChildren(h("div", { class: "panel-failed", role: "alert" },
      h("p", {}, t("This picture could not be drawn. The numbers are in its table.")), again));
  }
}
