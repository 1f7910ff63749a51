// @ts-check
/**
 * "hello", by hand: every number of a small RNN's forward and backward pass, a step at a time, each gradient beside its
 * numeric check.
 */

/** @import { Context, Picture, WireFrame } from "../types.d.ts" */

/** How a matrix is shown. @typedef {{rows?: string[], columns?: string[], pick?: (r: number, c: number) => boolean}} Sides */

import { h } from "../controls/dom.js";
import { formatNumber } from "../number.js";
import { choice, toggle } from "../controls/tools.js";
import { asker } from "./parts/asking.js";
import { Stepper } from "./marks/stepper.js";

const TRAINED = [0, 1, 10, 100, 500, 2000];
/** Untrained, the readout is 0 and most gradients with it: some steps later there is more to see. */
const USUAL = 10;
const SUB = "₀₁₂₃₄₅₆₇₈₉";
const CLOSE = 1e-6;

/** @param {HTMLElement} host @param {Context} panel @returns {Promise<Picture>} */
export async function create(host, panel) {
  const { t } = panel;
  let steps = panel.view("handTrained") ?? USUAL;
  let lecture = Boolean(panel.view("handLecture"));
  /** @type {WireFrame|null} */
  let answered = null;
  const stepper = new Stepper({ t, label: t("Steps of the calculation"), at: panel.view("hand") ?? 0, onChange: (at) => {
    panel.view("hand", at || undefined);
    show();
  } });
  const stage = h("div", { class: "hand-stage scroll-x", tabindex: 0, role: "region", "aria-label": t("Numbers of this step") });
  const refusal = h("p", { class: "refusal", role: "alert" });
  const trained = choice(t("after so many steps of descent"), TRAINED.map((n) => [n, formatNumber(n)]), steps, (value) => {
    steps = Number(value);
    panel.view("handTrained", steps === USUAL ? undefined : steps);
    ask.now();
  });
  const beginning = toggle(t("begin with the lecture’s own numbers"), lecture, (on) => {
    lecture = on;
    panel.view("handLecture", on || undefined);
    ask.now();
  });
  host.append(h("div", { class: "tool-row" }, ...stepper.buttons, trained.element, beginning.element), refusal, stepper.rail, stage);

  const ask = asker(panel, "numbers", {
    question: () => ({ trained: steps, lecture }), every: Infinity,
    show: (answer) => { answered = answer; show(); }, refuse: (sentence) => { refusal.textContent = sentence; },
  });

  // --- the numbers ------------------------------------------------------------------------------------------------
  /** Only asked for once there is an answer. */
  const numbers = () => /** @type {WireFrame} */ (answered);
  const letters = () => [...numbers().texts.characters];
  const T = () => numbers().arrays.x.shape[0];
  /** Part of an array: its first index fixed. @param {string} name @param {number|null} [i] @returns {number[][]} rows */
  function at(name, i = null) {
    const { values, shape } = numbers().arrays[name];
    const inner = i === null ? shape : shape.slice(1);
    const size = inner.reduce((product, n) => product * n, 1);
    const part = Array.from(values.slice((i ?? 0) * size, ((i ?? 0) + 1) * size));
    if (inner.length < 2) return part.map((x) => [x]);
    return Array.from({ length: inner[0] }, (_, r) => part.slice(r * inner[1], (r + 1) * inner[1]));
  }
  const number = (/** @type {number} */ x) => (Object.is(Math.round(x * 1e4), -0) || x === 0 ? "0" : Number.isInteger(x) ? String(x).replace("-", "−") : x.toFixed(3).replace("-", "−"));

  /** A matrix as a table. @param {string} name @param {number[][]} rows @param {Sides} [more] */
  function matrix(name, rows, { rows: sides, columns, pick = () => false } = {}) {
    return h("span", { class: "matrix" }, h("span", { class: "matrix-name" }, name), h("table", { "aria-label": name },
      columns && h("thead", {}, h("tr", {}, sides && h("td", {}), ...columns.map((c) => h("th", { scope: "col" }, c)))),
      h("tbody", {}, ...rows.map((row, r) => h("tr", {}, sides && h("th", { scope: "row" }, sides[r]),
        ...row.map((x, c) => h("td", { class: pick(r, c) ? "is-picked" : null, title: String(x) }, number(x))))))));
  }
  const op = (/** @type {string} */ sign) => h("span", { class: "hand-op" }, sign);
  const line = (/** @type {Node[]} */ ...parts) => h("div", { class: "hand-line" }, ...parts);
  const say = (/** @type {string} */ english) => h("p", { class: "hand-words" }, english);
  const times = (/** @type {number[][]} */ A, /** @type {number[][]} */ v) => A.map((row) => [row.reduce((sum, x, k) => sum + x * v[k][0], 0)]);
  const transposed = (/** @type {number[][]} */ A) => A[0].map((_, c) => A.map((row) => row[c]));
  const s = (/** @type {number} */ k) => SUB[k];

  /** @param {number} k */
  function forward(k) {
    const now = k + 1;
    const L = letters();
    const { values: targets } = numbers().arrays.targets;
    const input = at("x", k).findIndex(([x]) => x === 1);
    const p = at("p", k);
    return [
      say(t("Step {n} forward: the net reads “{input}” and should predict “{target}”. The one-hot x picks a column of Wxh. The state h carries what was read before.", { n: now, input: L[input], target: L[targets[k]] })),
      line(matrix(`x${s(now)}`, at("x", k), { rows: L }), op("→"), matrix("Wxh", at("Wxh"), { columns: L, pick: (_r, c) => c === input }),
        op("·x ="), matrix(`Wxh x${s(now)}`, times(at("Wxh"), at("x", k)))),
      line(matrix("Whh", at("Whh")), op("·"), matrix(`h${s(k)}`, at("h", k)), op("="), matrix(`Whh h${s(k)}`, times(at("Whh"), at("h", k)))),
      line(op("a = Wxh x + Whh h + bh ="), matrix(`a${s(now)}`, at("a", k)), op("h = tanh a ="), matrix(`h${s(now)}`, at("h", k + 1))),
      line(matrix("Why", at("Why"), { rows: L }), op("· h + by ="), matrix(`y${s(now)}`, at("y", k), { rows: L }), op("softmax"),
        matrix(`p${s(now)}`, p, { rows: L, pick: (r) => r === targets[k] }), op(t("loss −ln p = {loss}", { loss: number(numbers().arrays.losses.values[k]) }))),
    ];
  }

  /** @param {number} k */
  function backward(k) {
    const now = k + 1;
    const last = now === T();
    const L = letters();
    return [
      say(last ? t("Step {n} backward: this is the last step, so nothing comes from a next one.", { n: now })
        : t("Step {n} backward: dh has two parts. One comes from the output of this step, one from the next step, which uses h too.", { n: now })),
      line(op("dy = p − 1 ="), matrix(`dy${s(now)}`, at("dy", k), { rows: L })),
      line(matrix("Whyᵀ", transposed(at("Why")), { columns: L }), op("· dy ="), matrix(t("from the output"), at("dh_output", k)),
        op("+"), matrix("Whhᵀ", transposed(at("Whh"))), op(last ? "· 0 =" : `· δ${s(now + 1)} =`), matrix(t("from the next step"), at("dh_future", k)),
        op("="), matrix(`dh${s(now)}`, at("dh", k))),
      line(op("δ = (1 − h²) · dh ="), matrix(`δ${s(now)}`, at("delta", k))),
      say(t("What this step adds to the gradient of each weight. Every step uses the same W, so these parts are added up.")),
      line(matrix(`dWhh, ${now}`, at("dWhh_t", k)), matrix(`dWxh, ${now}`, at("dWxh_t", k), { columns: L }), matrix(`dWhy, ${now}`, at("dWhy_t", k), { rows: L }),
        matrix(`dbh, ${now}`, at("dbh_t", k)), matrix(`dby, ${now}`, at("dby_t", k), { rows: L })),
    ];
  }

  function sums() {
    const L = letters();
    const total = Array.from(numbers().arrays.losses.values).reduce((sum, x) => sum + x, 0);
    /** @type {Record<string, Sides>} */
    const sides = { Wxh: { columns: L }, Whh: {}, bh: {}, Why: { rows: L }, by: { rows: L } };
    return [
      say(t("The loss is the sum over the four steps: {loss}. Each gradient is the sum of the parts of the four steps. Beside it stands the numeric gradient: each weight is moved by a millionth both ways.", { loss: total.toFixed(4) })),
      ...Object.entries(sides).map(([name, more]) => {
        const [analytic, numeric] = [at(`d${name}`), at(`numeric_d${name}`)];
        const worst = Math.max(...analytic.flatMap((row, r) => row.map((x, c) => Math.abs(x - numeric[r][c]))));
        return line(matrix(`d${name}`, analytic, more), op("≈"), matrix(t("d{name} by differences", { name }), numeric, more),
          h("span", { class: worst < CLOSE ? "check-good" : "check-bad" }, t("{sign} largest difference {value}", { sign: worst < CLOSE ? "✓" : "✗", value: formatNumber(worst, 2) })));
      }),
    ];
  }

  // --- the steps --------------------------------------------------------------------------------------------------
  function show() {
    if (!answered) return;
    const n = T();
    stepper.name(Array.from({ length: 2 * n + 1 }, (_, i) => (i < n ? t("forward {n}", { n: i + 1 }) : i < 2 * n ? t("backward {n}", { n: 2 * n - i }) : t("sum and check"))));
    const i = stepper.at;
    stage.replaceChildren(...(i < n ? forward(i) : i < 2 * n ? backward(2 * n - 1 - i) : sums()));
    stage.dataset.at = String(i);
  }

  return {
    scene() { if (!answered) ask.soon(20); },
    update() { if (!answered) ask.follow(); },
  };
}
