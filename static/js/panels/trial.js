// @ts-check
/**
 * One trial of a search: its loss curve, named by what it says, its settings, and the way into its laboratory.
 *
 * Roles: see `parts/trials.js`. Question `trial`: {line, trial} -> `curve_steps`, `curve` and the text `trial`.
 */

import { h } from "../controls/dom.js";
import { formatNumber } from "../number.js";
import { theme } from "../plot.js";
import { goTo } from "../state.js";
import { drawCurve, rangeOf } from "./marks/curves.js";
import { Plane } from "./marks/plane.js";
import { tipLine } from "./marks/tooltip.js";
import { asker } from "./parts/asking.js";
import { chosenOf, trialsOf, wordsOf } from "./parts/trials.js";

/** @import { Context, Picture } from "../types.d.ts" */
/** @import { Curve } from "./marks/curves.js" */
/** @typedef {{outcome: string, word: string, sentence: string, sampler: string, repeat: number, updates: number, settings: {title: string, value: string}[], opens: {laboratory: string, params: Record<string, any>}|null}} Told */

/** @param {HTMLElement} host @param {Context} panel @returns {Promise<Picture>} */
export async function create(host, panel) {
  const { t } = panel;
  const word = h("strong", { class: "trial-word" });
  const sentence = h("span", { class: "trial-sentence" });
  const who = h("p", { class: "trial-who" });
  const settings = h("dl", { class: "trial-settings" });
  const open = h("button", { type: "button", class: "button", hidden: true, on: { click: () => { if (state.told?.opens) goTo(state.told.opens.laboratory, state.told.opens.params); } } }, t("Open this trial"));
  const problem = h("p", { class: "plot-note" }, t("The trials come in as they finish."));
  const head = h("div", { class: "trial-head" }, who, h("p", { class: "trial-says", role: "status" }, word, " ", sentence));
  const box = h("div", { class: "trial-box" }, head);
  host.append(box);
  const plane = new Plane(box, { label: panel.title, layers: ["curve"], signal: panel.signal, margin: { right: 14, top: 8, bottom: 38 } });
  plane.frame.append(problem);
  box.append(h("div", { class: "trial-foot" }, settings, open));
  /** @type {{told: Told|null, curve: Curve|null, key: string}} */
  const state = { told: null, curve: null, key: "" };

  const asking = asker(panel, "trial", {
    question: () => { const one = chosenOf(panel, trialsOf(panel)); return one ? { line: one.line, trial: one.trial } : null; },
    show(answer, asked) {
      const steps = answer.arrays.curve_steps.values;
      const values = answer.arrays.curve.values;
      /** @type {Told} */
      const told = JSON.parse(answer.texts.trial);
      if (!told.outcome) { // of a run that has not come so far
        asking.soon(600);
        return;
      }
      state.told = told;
      state.curve = { index: 0, name: "", color: theme().accent, dash: "solid", length: steps.length, x: (i) => steps[i], y: (i) => values[i] };
      who.textContent = t("{sampler}, repeat {repeat}, trial {trial}", { sampler: told.sampler, repeat: told.repeat, trial: asked.trial });
      word.textContent = told.word;
      word.dataset.outcome = told.outcome;
      sentence.textContent = told.sentence;
      settings.replaceChildren(...told.settings.flatMap(({ title, value }) => [h("dt", {}, title), h("dd", {}, value)]));
      open.hidden = !told.opens;
      draw();
    },
    refuse(said) { problem.textContent = said; problem.hidden = !said; },
    newest: true, // what a trial was stays as it is
    every: Infinity,
  });

  function draw() {
    const { curve } = state;
    if (!curve?.length) return;
    const finite = Array.from({ length: curve.length }, (_, i) => curve.y(i)).filter(Number.isFinite);
    const log = finite.length > 0 && Math.min(...finite) > 0;
    const range = rangeOf([curve], log);
    if (!plane.draw({ x: { range: [0, Math.max(1, curve.x(curve.length - 1))], title: t("updates") }, y: { range, log, title: wordsOf(panel).objective } })) return;
    const { area, scale } = plane;
    const context = plane.layers.curve.beginInside(area);
    drawCurve(context, { ...curve, color: theme().accent }, scale, { log, width: 2.2, top: area.top - 4, bottom: area.top + area.height + 4 });
    plane.layers.curve.end();
    plane.frame.dataset.outcome = state.told?.outcome ?? "";
  }

  plane.pad.addEventListener("pointermove", (event) => {
    const { curve } = state;
    if (!curve || !plane.ready) return;
    const [px, py] = plane.pixel(event);
    const [x] = plane.valueAt(px, py);
    let i = 0;
    while (i + 1 < curve.length && Math.abs(curve.x(i + 1) - x) <= Math.abs(curve.x(i) - x)) i += 1;
    plane.tooltip.show(px, py, [tipLine(t("updates"), formatNumber(curve.x(i))), tipLine(wordsOf(panel).objective, formatNumber(curve.y(i)))]);
  });
  plane.pad.addEventListener("pointerleave", () => plane.tooltip.hide());
  plane.onZoom = draw;

  /** Asked where another trial is chosen; while the search goes on not more often than it changes. */
  function follow() {
    const one = chosenOf(panel, trialsOf(panel));
    const key = one ? `${one.line}.${one.trial} ${panel.scene?.epoch}` : "";
    if (key === state.key || !key) return;
    state.key = key;
    asking.soon(60);
  }

  return {
    scene() { state.key = ""; follow(); },
    playhead: follow,
    view: follow,
    theme: draw,
    resize: draw,
    frame: plane.frame,
    png: () => plane.png(),
  };
}
