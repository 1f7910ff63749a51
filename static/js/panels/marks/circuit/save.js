// @ts-check
/** A drawing as a file: the elements with the styles that the page gives them, all of it, at its own size. */

import { theme } from "../../../plot.js";
import { s } from "./svg.js";

const STYLES = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "stroke-linejoin", "opacity", "font-family", "font-size", "font-style", "font-weight",
  "text-anchor", "dominant-baseline", "paint-order", "fill-opacity", "stroke-opacity", "visibility", "display"];

/**
 * @param {SVGSVGElement} svg as it stands on the page
 * @param {{width: number, height: number}} extent of the drawing in its own pixels
 * @returns {string} a file
 */
export function svgText(svg, { width, height }) {
  const copy = /** @type {SVGSVGElement} */ (svg.cloneNode(true));
  const [originals, copies] = [svg, copy].map((root) => [...root.querySelectorAll("*")]);
  originals.forEach((element, i) => {
    const style = getComputedStyle(element);
    const twin = /** @type {SVGElement} */ (copies[i]);
    const { transform } = /** @type {SVGElement} */ (element).style;
    twin.removeAttribute("style");
    twin.removeAttribute("tabindex");
    const moved = /translate\(([-\d.]+)px, ([-\d.]+)px\)/.exec(transform);
    if (moved) twin.setAttribute("transform", `translate(${moved[1]} ${moved[2]})`);
    for (const name of STYLES) {
      const value = style.getPropertyValue(name);
      if (value && value !== "none" && value !== "normal" && value !== "auto") twin.setAttribute(name, value.replaceAll('"', "'"));
      else if (value === "none" && (name === "fill" || name === "display")) twin.setAttribute(name, "none");
    }
  });
  for (const leaving of copy.querySelectorAll(".is-leaving, .circuit-motion")) leaving.remove();
  copy.querySelector(".circuit-root")?.removeAttribute("transform");
  for (const [name, value] of Object.entries({ xmlns: "http://www.w3.org/2000/svg", width, height, viewBox: `0 0 ${width} ${height}` })) copy.setAttribute(name, String(value));
  copy.prepend(s("rect", { width, height, fill: theme().card }));
  return new XMLSerializer().serializeToString(copy);
}

/** @param {SVGSVGElement} svg @param {{width: number, height: number}} extent @returns {Promise<HTMLCanvasElement>} twice as fine */
export async function toCanvas(svg, extent) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svgText(svg, extent))}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [extent.width * 2, extent.height * 2];
  /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas;
}
