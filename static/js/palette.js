// @ts-check
// Every colour that scripts draw with, in one place: series, scales, and how they are mixed. What the page's own parts
// are coloured with are the stylesheet's tokens; `theme` in plot.js reads them.

/** Okabe and Ito's colours, the yellow darker: nine in ten colour-blind readers tell them apart. */
export const SERIES = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F5C710", "#000000"];
/** Ten classes of points: the first of them the series' colours. */
export const CLASSES = [...SERIES.slice(0, 6), "#8a7a00", "#5b5bd6", "#7f4a1e", "#5f6b76"];
/** Colours that vanish on white, and what stands in for them there; and on black. @type {Record<string, string>} */
const ON_LIGHT = { "#F0E442": "#C9A800", "#F5C710": "#C9A800" };
/** @type {Record<string, string>} */
const ON_DARK = { "#000000": "#E6E6E6" };

/** Anchors of viridis; dark and low at one end, bright and high at the other. */
export const VIRIDIS = ["#440154", "#482878", "#3e4989", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#b5de2b", "#fde725"];
/** Below and above a middle: blue, nothing, red. On a light and on a dark page. */
const DIVERGING_LIGHT = ["#2f6db5", "#8db6dd", "#f6f3ea", "#e9a583", "#b23a26"];
const DIVERGING_DARK = ["#2a6ab8", "#27496e", "#22272b", "#70402f", "#bd472d"];
/** Signs of single numbers (weights, activations): below and above 0. */
const SIGNS = { light: { below: "#2f6db5", above: "#b23a26" }, dark: { below: "#5a9be6", above: "#e2674c" } };
/** A value that is no number, in none of the scales' colours. */
export const BROKEN = "#ce3c30";
/** What lies on a surface in viridis, on any page. */
export const ON_SURFACE = { mark: "#ffffff", edge: "#141414", halo: "rgb(255 255 255 / 0.95)", line: "rgb(255 255 255 / 0.26)", arrow: "rgb(255 255 255 / 0.72)", dark: "rgb(15 15 15 / 0.75)" };
export const NOTHING = "rgba(0,0,0,0)";
/** Between black and white: the edge of a mark in three dimensions; what belongs to no series. */
export const GREY = "#888888";
/** The class of what belongs to none of the others. */
export const NO_CLASS = "#8d949b";

/** The anchors of the scale with a middle. @param {boolean} dark */
export const diverging = (dark) => (dark ? DIVERGING_DARK : DIVERGING_LIGHT);

/** The colours of signs. @param {boolean} dark */
export const signs = (dark) => (dark ? SIGNS.dark : SIGNS.light);

/** A series' colour as it can be seen on the page's background. @param {string} color @param {boolean} dark */
export function seenOn(color, dark) {
  const key = String(color).toUpperCase();
  return (dark ? ON_DARK : ON_LIGHT)[key] ?? color;
}

/** Red, green and blue of a hexadecimal colour. @param {string} color @returns {[number, number, number]} */
export function channels(color) {
  const hex = color.length === 4 ? color.replace(/[0-9a-f]/gi, "$&$&") : color;
  return /** @type {[number, number, number]} */ ([1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)));
}

/** A hexadecimal colour, see-through. @param {string} color @param {number} alpha */
export const tint = (color, alpha) => `rgb(${channels(color).join(" ")} / ${alpha})`;

/** The tables that were asked for last. @type {Map<string, Uint8ClampedArray>} */
const tables = new Map();
const MOST_TABLES = 32;

/** A table of colours from anchors; nobody writes into it. @param {string[]} anchors @param {number} [levels] @returns {Uint8ClampedArray} red, green, blue of each level */
export function ramp(anchors, levels = 256) {
  const key = `${anchors} ${levels}`;
  const known = tables.get(key);
  if (known) return known;
  if (tables.size >= MOST_TABLES) tables.clear();
  const table = mixedTable(anchors, levels);
  tables.set(key, table);
  return table;
}

/** @param {string[]} anchors @param {number} levels */
function mixedTable(anchors, levels) {
  const parts = anchors.map(channels);
  const table = new Uint8ClampedArray(levels * 3);
  for (let level = 0; level < levels; level += 1) {
    const place = (level / (levels - 1)) * (parts.length - 1);
    const i = Math.min(parts.length - 2, Math.floor(place));
    for (let c = 0; c < 3; c += 1) table[level * 3 + c] = parts[i][c] + (place - i) * (parts[i + 1][c] - parts[i][c]);
  }
  return table;
}

/** The colour at a share of such a table, from 0 to 1. @param {Uint8ClampedArray} colors @param {number} share */
export function shade(colors, share) {
  const at = 3 * Math.round((colors.length / 3 - 1) * Math.max(0, Math.min(1, share)));
  return `rgb(${colors[at]} ${colors[at + 1]} ${colors[at + 2]})`;
}

/** As Plotly wants it. @param {string[]} anchors @returns {[number, string][]} */
export const colorscale = (anchors) => anchors.map((color, i) => [i / (anchors.length - 1), color]);

/** From nothing to all: a photograph. */
export const GREYS = ["#000000", "#ffffff"];
