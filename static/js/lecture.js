// @ts-check
// Lecture mode: the stage fills the screen and the claim stands beneath it in type that the last row reads. Every control
// has a key; the controls themselves are shown only while the pointer moves.

/** @import { ClaimCard } from "./claims.js" */
/** @import { SeriesLook } from "./types.d.ts" */
import { h, swatch } from "./controls/dom.js";
import { t } from "./i18n.js";

const AWAKE = 2500;

/** Whether the address asks for lecture mode. */
export const lecturing = () => new URL(location.href).searchParams.has("present");

/** The screen of a lecture: caption, legend and keys. */
export class Lecture {
  #caption = h("section", { class: "caption", "aria-label": t("What the notes say") });
  #legend = h("p", { class: "lecture-legend" });
  /** Where the shown claim stood before. */
  #place = document.createComment("");

  /**
   * @param {HTMLElement} stage the column of the stage
   * @param {{scene: import("./types.d.ts").WireFrame|null|undefined} & EventTarget} lab
   */
  constructor(stage, lab) {
    const { dataset } = document.documentElement;
    dataset.present = "";
    stage.append(this.#legend, this.#caption, h("p", { class: "lecture-keys" }, ...[["Page Down", t("next")], ["Page Up", t("previous")],
      ["space", t("play")], ["1 2 3", t("predict")], ["v", t("verdict")], ["Esc", t("leave")]].flatMap(([key, does]) => [h("kbd", {}, key), ` ${does}  `])));
    lab.addEventListener("scene", () => this.#name(lab.scene?.texts.series));
    let timer = 0;
    addEventListener("pointermove", () => {
      dataset.pointer = "";
      clearTimeout(timer);
      timer = setTimeout(() => delete dataset.pointer, AWAKE);
    });
  }

  /** Put a claim into the caption, and the one before back to its place. @param {ClaimCard|null} card */
  show(card) {
    const before = this.#caption.firstElementChild;
    if (before === card?.element) return;
    if (before) this.#place.replaceWith(before);
    card?.element.replaceWith(this.#place);
    this.#caption.replaceChildren(...(card ? [card.element] : []));
  }

  /** Which curve is which; elsewhere the settings tell. @param {string|undefined} series JSON of the scene */
  #name(series) {
    const looks = /** @type {SeriesLook[]} */ (series ? JSON.parse(series) : []);
    this.#legend.hidden = looks.length < 2;
    this.#legend.replaceChildren(...looks.map((look) => h("span", { class: "legend-entry" }, swatch(look, 28), look.name)));
  }
}

/** Back to the page with everything on it. */
export function leaveLecture() {
  const plain = new URL(location.href);
  plain.searchParams.delete("present");
  location.assign(plain);
}
