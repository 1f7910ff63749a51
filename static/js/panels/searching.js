// @ts-check
/**
 * How far a search has come: trials finished, what became of them, and about how long the rest takes.
 *
 * Roles: `outcomes` (line, step); the scene's texts `lines` and `words`. Question `keeping`: the text {trouble}.
 */

import { h } from "../controls/dom.js";
import { formatCount } from "../number.js";
import { asker } from "./parts/asking.js";

/** @import { Context, Picture } from "../types.d.ts" */

/** Seconds of the search's own going from which its pace is read. */
const LOOKED_BACK = 12;

/** @param {HTMLElement} host @param {Context} panel @returns {Promise<Picture>} */
export async function create(host, panel) {
  const { t } = panel;
  const bar = h("progress", { class: "searching-bar", max: 1, value: 0, "aria-label": panel.title });
  const words = h("p", { class: "searching-words" });
  const left = h("p", { class: "searching-left hint", role: "status" });
  const counts = h("ul", { class: "searching-counts" });
  const trouble = h("p", { class: "field-problem", role: "status", hidden: true });
  host.append(h("div", { class: "searching" }, bar, words, left, counts, trouble));
  const asking = asker(panel, "keeping", { question: () => ({}), every: 5000, show(answer) {
    trouble.textContent = JSON.parse(answer.texts.keeping).trouble;
    trouble.hidden = !trouble.textContent;
  } });
  /** When the run was how long. @type {[seconds: number, step: number][]} */
  let marks = [];

  function show() {
    const outcomes = panel.data.series("outcomes");
    /** @type {[number, number][]} */
    const lines = panel.data.told("lines");
    /** @type {{name: string, word: string}[]} */
    const names = panel.data.told("words", { outcomes: [] }).outcomes;
    const done = Math.max(0, panel.history.lastStep);
    const found = names.map(() => 0);
    for (let step = 1; outcomes && step < outcomes.length; step += 1) for (let line = 0; line < lines.length; line += 1) {
      const code = outcomes.at(line, step);
      if (code >= 0) found[code] += 1;
    }
    bar.value = done / panel.total;
    const trials = found.reduce((sum, count) => sum + count, 0);
    words.textContent = t("{done} of {all} trials", { done: formatCount(trials), all: formatCount(panel.total * lines.length) });
    counts.replaceChildren(...names.flatMap(({ name, word }, code) => (found[code] ? [h("li", {}, h("strong", { class: "trial-word", dataset: { outcome: name } }, word), ` ${formatCount(found[code])}`)] : [])));
    const now = performance.now() / 1000;
    if (!marks.length || marks[marks.length - 1][1] > done) marks = [];
    if (marks.at(-1)?.[1] !== done) marks.push([now, done]);
    while (marks.length > 2 && marks[0][0] < now - LOOKED_BACK) marks.shift();
    const [[since, from], [until, to]] = [marks[0], marks[marks.length - 1]];
    const seconds = to > from ? ((panel.total - done) * (until - since)) / (to - from) : NaN;
    left.textContent = panel.history.final ? t("The search is finished.") : !panel.playing ? t("Paused: no further trial is begun. “Play” goes on.")
      : Number.isFinite(seconds) ? t("about {seconds} s left", { seconds: formatCount(Math.max(1, Math.round(seconds))) }) : t("The processes that train are started, then train the first nets; on a busy machine this takes some seconds.");
  }

  return { scene() { show(); asking.soon(1500); }, update() { show(); asking.follow(); }, play: show };
}
