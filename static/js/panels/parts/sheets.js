// @ts-check
/** What a map of colours shows: the rows and columns of an array, one sheet a net where it has several. */

import { filmOfNet, stillsOfNets } from "./nets.js";

/** @import { Context, Still, WireFrame } from "../../types.d.ts" */

/**
 * @typedef {object} Sheet
 * @property {string} name of its net; "" where there is only one
 * @property {string} color
 * @property {number} rows
 * @property {number} columns of a matrix; 0 where the columns are steps
 * @property {number} kept how many columns there are by now
 * @property {ArrayLike<number>[]} values all of them, for their range
 * @property {(share: number, row: number) => number|undefined} at the value of a row at a share of the width
 */

/**
 * The axes of a role's array without its nets: one and the steps, or two of which one is upright.
 * @param {Context} panel @param {string} role
 */
export function axesOf(panel, role) {
  const axes = panel.spec(role)?.axes ?? [];
  const own = axes[0] === "net" ? axes.slice(1) : axes;
  const steps = own.length === 1;
  const turned = !steps && panel.options.rows === own[1];
  const [row, column] = turned ? [own[1], own[0]] : own;
  return { ofNets: axes[0] === "net", steps, turned, row: row ?? "", column: column ?? "" };
}

/**
 * @param {Context} panel @param {string} role
 * @param {WireFrame|null} [answer] to the role's question
 * @returns {Sheet[]}
 */
export function sheetsOf(panel, role, answer) {
  const axes = axesOf(panel, role);
  const whole = answer?.arrays[panel.keyOf(role)] ?? panel.data.still(role, axes.steps ? panel.history.lastStep : panel.step);
  if (!whole) return [];
  const nets = axes.ofNets ? stillsOfNets(panel, role, whole) : [{ net: -1, name: "", color: "", ...whole }];
  return nets.map((one) => ({ name: one.name, color: one.color, ...(axes.steps ? overSteps(panel, role, one) : matrix(one, axes.turned)) }));
}

/** Every snapshot lasts until the next. @param {Context} panel @param {string} role @param {Still & {net: number}} one */
function overSteps(panel, role, { net, values: { length: rows } }) {
  const all = net < 0 ? panel.data.film(role) : filmOfNet(panel, role, net);
  const film = all.filter(({ step }) => step >= (panel.options.from_step ?? 0));
  let last = 0;
  return { rows, columns: 0, kept: film.length, values: film.map(({ values }) => values),
    at(/** @type {number} */ share, /** @type {number} */ row) {
      const step = share * panel.total + 1e-9;
      if (!(film[last]?.step <= step)) last = 0;
      while (last + 1 < film.length && film[last + 1].step <= step) last += 1;
      return film[last]?.step <= step || share === 0 ? film[last]?.values[row] : undefined;
    } };
}

/** @param {Still} still (rows, columns), or the other way round where it is `turned` @param {boolean} turned */
function matrix({ values, shape }, turned) {
  const [high, wide] = shape;
  const [rows, columns] = turned ? [wide, high] : [high, wide];
  return { rows, columns, kept: columns, values: [values],
    at(/** @type {number} */ share, /** @type {number} */ row) {
      const column = Math.min(columns - 1, Math.floor(share * columns + 1e-9));
      return turned ? values[column * wide + row] : values[row * wide + column];
    } };
}
