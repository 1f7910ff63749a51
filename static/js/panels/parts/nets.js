/** Arrays of several nets: the first net's have the plain name, those of net i the suffix "@i". */

import { visibleColor } from "../../controls/dom.js";

/**
 * The still arrays of every net.
 * @param {string} name of the first net's array
 * @param {object} lab
 * @param {number} step the snapshot at or before it; the scene is looked at first
 * @returns {{net: number, name: string, color: string, dash: string, values: ArrayLike<number>, shape: number[]}[]}
 */
export function stillsOfNets(name, lab, step) {
  const found = [];
  for (let net = 0; ; net += 1) {
    const key = net ? `${name}@${net}` : name;
    const still = lab.scene?.arrays[key] ?? lab.history.snapshot(key, step);
    if (!still) return found;
    const style = lab.series(net);
    found.push({ net, name: style.name, color: visibleColor(style.color), dash: style.dash, values: still.values, shape: still.shape });
  }
}

/** All snapshots of one net's array, oldest first. @returns {{step: number, values: ArrayLike<number>}[]} */
export function filmOfNet(name, net, history) {
  return history.snapshots.get(net ? `${name}@${net}` : name) ?? [];
}

/**
 * Places for one small picture a net, side by side, or stacked where it is narrow.
 * @param {number} count @param {number} width @param {number} height @param {{left: number, right: number, top: number, bottom: number}} margin
 * @returns {import("./overlay.js").Area[]}
 */
export function tiles(count, width, height, margin) {
  const columns = Math.max(1, Math.min(count, Math.floor(width / 170)));
  const rows = Math.ceil(count / columns);
  return Array.from({ length: count }, (_, i) => {
    const cellWidth = width / columns;
    const cellHeight = height / rows;
    return { left: (i % columns) * cellWidth + margin.left, top: Math.floor(i / columns) * cellHeight + margin.top,
      width: cellWidth - margin.left - margin.right, height: cellHeight - margin.top - margin.bottom };
  });
}
