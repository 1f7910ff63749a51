// @ts-check
// What the curves of a run are called and how they look: the scene tells.

import { t } from "./i18n.js";
import { SERIES } from "./palette.js";


export class SeriesNames {
  /** @type {import("./types.d.ts").WireFrame|null|undefined} */
  #scene = undefined;
  /** @type {import("./types.d.ts").SeriesLook[]} */
  #list = [];

  /**
   * @param {import("./types.d.ts").WireFrame|null} scene its text `series` is a JSON list
   * @param {number} i
   * @returns {{name: string, color: string, dash: string}}
   */
  of(scene, i) {
    if (this.#scene !== scene) {
      this.#scene = scene;
      this.#list = scene?.texts.series ? JSON.parse(scene.texts.series) : [];
    }
    return this.#list[i]
      ?? { name: t("curve {number}", { number: i + 1 }), color: SERIES[i % SERIES.length], dash: "solid" };
  }
}
