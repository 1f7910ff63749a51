// @ts-check
// What runs, as plain data: parameters of the start and live changes on the way. That is the whole run; the rest is
// computed from it. The page asks for one course while the server still has another, or refuses.

/** @import { Changes, Params } from "./types.d.ts" */

/**
 * One run, never changed in place: another course is another object.
 * @typedef {{readonly base: Params, readonly changes: Changes}} Course
 */

/** Deep equality of plain JSON. @param {any} a @param {any} b @returns {boolean} */
export function equal(a, b) {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || !a || !b || Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && equal(a[key], b[key]));
}

/** Parameters in force at a step: those of the start with every change up to it. @param {Course} course @param {number} step @returns {Params} */
export const paramsAt = ({ base, changes }, step) => (
  Object.assign({ ...base }, ...changes.filter(([at]) => at <= step).map(([, values]) => values)));

/** Whether two courses are the same run. @param {Course} a @param {Course} b */
export const sameCourse = (a, b) => equal(a.base, b.base) && equal(a.changes, b.changes);

/**
 * The live change that leads from the course that the server runs to another; null where it must start anew.
 * @param {Course|null} from @param {Course} to
 * @returns {{step: number, values: Params}|null}
 */
export function liveChange(from, to) {
  const last = to.changes.at(-1);
  if (!from || !last || from === to || from.base !== to.base) return null;
  const [step, values] = last;
  if (!equal(from.changes.filter(([at]) => at < step), to.changes.slice(0, -1))) return null;
  const here = from.changes.find(([at]) => at === step)?.[1] ?? {}; // the server keeps these beside the new ones
  return Object.keys(here).every((name) => name in values) ? { step, values } : null;
}

/** What a page runs: the course that it wants, the one that the server took last, and what was refused. */
export class Run {
  /** What is wanted. @type {Course} */
  course;
  /** What the server took last: only this goes into addresses, files and links. @type {Course|null} */
  accepted = null;
  /** Fields that the server refused, as the visitor left them: shown to be mended, in no run. @type {Params} */
  refused = {};

  /** @param {Params} base parameters at the start, complete @param {Changes} [changes] */
  constructor(base, changes = []) {
    this.course = { base, changes };
  }

  /** Parameters that are wanted at a step. @param {number} step */
  at(step) {
    return paramsAt(this.course, step);
  }

  /** How many changes are in force at a step. @param {number} step */
  changesAt(step) {
    return this.course.changes.filter(([at]) => at <= step).length;
  }

  /** Want quite another run. @param {Params} base @param {Changes} [changes] @returns {Course} */
  load(base, changes = []) {
    this.refused = {};
    this.course = { base, changes };
    return this.course;
  }

  /** Want a run from the start, with the parameters in force at a step but for these. @param {number} step @param {Params} values */
  restart(step, values) {
    this.#mend(values);
    this.course = { base: { ...this.at(step), ...values }, changes: [] };
    return this.course;
  }

  /** Want other parameters in the whole run; what else was changed on the way stays. @param {Params} values @returns {Course} */
  hold(values) {
    this.#mend(values);
    const { base, changes } = this.course;
    const others = (/** @type {Params} */ changed) => Object.fromEntries(Object.entries(changed).filter(([name]) => !(name in values)));
    const kept = changes.map(([at, changed]) => /** @type {[number, Params]} */ ([at, others(changed)])).filter(([, changed]) => Object.keys(changed).length);
    this.course = { base: { ...base, ...values }, changes: kept };
    return this.course;
  }

  /**
   * Want other parameters from a step on; what was changed later is forgotten.
   * @param {number} step @param {Params} values @returns {Course}
   */
  alter(step, values) {
    this.#mend(values);
    const { base, changes } = this.course;
    const here = changes.find(([at]) => at === step)?.[1] ?? {};
    this.course = { base, changes: [...changes.filter(([at]) => at < step), [step, { ...here, ...values }]] };
    return this.course;
  }

  /** The server runs it. @param {Course} course */
  accept(course) {
    this.accepted = course;
  }

  /**
   * The server refused it: the run before goes on, unless something else is wanted by now.
   * @param {Course} course @param {Params} [values] the fields that were changed
   * @returns {boolean} whether the wanted course is another now
   */
  refuse(course, values = {}) {
    if (course !== this.course || !this.accepted) return false;
    this.course = this.accepted;
    this.refused = { ...this.refused, ...values };
    return true;
  }

  /** What a control shows at a step. @param {number} step @returns {Params} */
  shown(step) {
    return { ...this.at(step), ...this.refused };
  }

  /** Fields that are set anew are no longer those that were refused. @param {Params} values */
  #mend(values) {
    this.refused = Object.fromEntries(Object.entries(this.refused).filter(([name]) => !(name in values)));
  }
}
