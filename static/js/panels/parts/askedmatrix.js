// @ts-check
/** A matrix that was asked for, as colours: blue below 0, red above, with the scale beside it and each entry under the pointer. */

import { h } from "../../controls/dom.js";
import { formatNumber } from "../../number.js";
import { diverging } from "../../palette.js";
import { paint } from "../marks/images.js";

/** @import { Context } from "../../types.d.ts" */
/** @typedef {{shape: number[], values: ArrayLike<number>}} Found */

export class Matrix {
  #canvas = h("canvas", { class: "inquiry-matrix", role: "img" });
  #low = h("span");
  #high = h("span");
  #ramp = h("span", { class: "inquiry-ramp" });
  #says = h("p", { class: "inquiry-entry" });
  /** @type {Found|null} */
  #found = null;
  #panel;

  /** @param {Context} panel its options' `row_title` and `column_title` say what the matrix is over */
  constructor(panel) {
    this.#panel = panel;
    const { row_title: rows = "", column_title: columns = "" } = panel.options;
    this.#canvas.setAttribute("aria-label", panel.title);
    this.element = h("figure", { class: "inquiry-figure", hidden: true }, h("span", { class: "inquiry-columns" }, columns && `${columns} →`), h("span", { class: "inquiry-rows" }, rows && `← ${rows}`),
      this.#canvas, h("figcaption", {}, h("span", { class: "inquiry-scale", "aria-hidden": "true" }, this.#low, this.#ramp, this.#high), this.#says));
    this.#canvas.addEventListener("pointermove", (event) => this.#point(event));
    this.#canvas.addEventListener("pointerleave", () => this.#rest());
  }

  /** @param {Found|undefined} found */
  show(found) {
    this.#found = found ?? null;
    this.element.hidden = !found;
    if (!found) return;
    const [rows, columns] = found.shape;
    const reach = Math.max(1e-12, ...Array.from(found.values, Math.abs).filter(Number.isFinite));
    const anchors = diverging(this.#panel.dark);
    const picture = paint(found.values, rows, columns, 1, { low: -reach, high: reach, anchors });
    [this.#canvas.width, this.#canvas.height] = [columns, rows];
    /** @type {CanvasRenderingContext2D} */ (this.#canvas.getContext("2d")).drawImage(picture, 0, 0);
    this.#low.textContent = formatNumber(-reach, 3);
    this.#high.textContent = formatNumber(reach, 3);
    this.#ramp.style.setProperty("--ramp", `linear-gradient(90deg, ${anchors.join(", ")})`);
    this.#rest();
  }

  #rest() {
    if (!this.#found) return;
    const [rows, columns] = this.#found.shape;
    this.#says.textContent = this.#panel.t("{rows} × {columns} numbers", { rows, columns });
  }

  /** @param {PointerEvent} event */
  #point(event) {
    if (!this.#found) return;
    const [rows, columns] = this.#found.shape;
    const box = this.#canvas.getBoundingClientRect();
    const at = (/** @type {number} */ share, /** @type {number} */ count) => Math.max(0, Math.min(count - 1, Math.floor(share * count)));
    const [row, column] = [at((event.clientY - box.top) / box.height, rows), at((event.clientX - box.left) / box.width, columns)];
    this.#says.textContent = `∂y${low(row + 1)}/∂x${low(column + 1)} = ${formatNumber(this.#found.values[row * columns + column], 3)}`;
  }
}

/** An index. @param {number} number */
const low = (number) => String(number).replace(/[0-9]/g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[Number(digit)]);
