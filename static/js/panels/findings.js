// @ts-check
/**
 * What was found wrong with which series, why, and a cure that is one click away, with before and after.
 *
 * Role: `findings`, a text of the frames: JSON list of {net, layer, name, tone, sentence, consequences, prediction, equations,
 * evidence, fix: {title, changes}}; net -1 is the data; words are in the visitor's language already, equations are MathML; tone is "good",
 * "half", "bad".
 */

/** @import { Context, Picture } from "../types.d.ts" */

import { h, swatch, visibleColor } from "../controls/dom.js";
import { breakable } from "../controls/formula.js";
import { paced } from "./parts/paced.js";
import { unpressed } from "./parts/unpressed.js";

/** Milliseconds between two readings of a run that plays: words that change faster nobody reads. */
const PAUSE = 250;

/** @typedef {{net: number, layer: number, name: string, tone: string, illness: string, sentence: string, consequences: string[],
 *   prediction: string, equations: string[], evidence?: string,
 *   fix?: {title: string, changes: Record<string, any>}|null}} Finding */

/** @param {HTMLElement} host @param {Context} panel @returns {Promise<Picture>} */
export async function create(host, panel) {
  const { t } = panel;
  const list = h("ul", { class: "patients" });
  const news = h("p", { class: "hidden", role: "status", "aria-live": "polite" });
  const element = h("div", { class: "findings-panel" }, list, news);
  host.append(element);
  /** What was said last, and about which nets. */
  const state = { text: "", look: "", told: "" };
  /** All that is shown but the numbers. */
  let shown = "";
  /** Cures that were taken, by net. @type {Map<number, {before: string, title: string, undo: Record<string, any>}>} */
  const cured = new Map();

  /** @returns {Finding[]} */
  function findings() {
    return JSON.parse(panel.data.text("findings") ?? "[]");
  }

  const { now: refresh, soon } = paced(unpressed(list, write, panel.signal), PAUSE, panel.signal);

  function write() {
    const text = panel.data.text("findings") ?? "[]";
    const look = JSON.stringify([panel.scene?.texts.series, panel.focus, [...cured.keys()]]);
    if (text === state.text && look === state.look) return;
    Object.assign(state, { text, look });
    const all = findings();
    const words = JSON.stringify([look, all.map((one) => ({ ...one, evidence: "" }))]);
    if (words === shown) {
      showNumbers(all);
      return;
    }
    shown = words;
    const nets = [...new Set(all.map(({ net }) => net))];
    const opened = new Set([...list.querySelectorAll("details[open]")].map((fold) => /** @type {HTMLElement} */ (fold).dataset.key));
    const held = document.activeElement instanceof HTMLElement && list.contains(document.activeElement) ? placeOf(document.activeElement) : "";
    list.replaceChildren(...nets.map((net) => patient(net, all.filter((one) => one.net === net), opened)));
    if (held) /** @type {HTMLElement|null} */ (list.querySelector(held))?.focus({ preventScroll: true });
    list.dataset.illnesses = all.map((one) => one.illness).join(" ");
    const told = all.map((one) => `${one.net < 0 ? t("The data") : panel.series(one.net).name}: ${one.name}`).join("; ");
    if (told !== state.told) news.textContent = told;
    state.told = told;
  }

  /** The words are as they were: only the numbers are others. @param {Finding[]} all */
  function showNumbers(all) {
    for (const one of /** @type {HTMLCollectionOf<HTMLElement>} */ (list.children)) {
      const evidence = all.find(({ net }) => String(net) === one.dataset.net)?.evidence ?? "";
      for (const place of one.querySelectorAll(".patient-numbers p, .course-after")) place.textContent = evidence;
    }
  }

  /** @param {number} net @param {Finding[]} about @param {Set<string|undefined>} opened */
  function patient(net, about, opened) {
    const style = net < 0 ? null : panel.series(net);
    const key = `${net}`;
    const worst = ["bad", "half", "good"].find((tone) => about.some((one) => one.tone === tone)) ?? "bad";
    const numbers = h("details", { class: "patient-numbers", open: opened.has(key), dataset: { key } },
      h("summary", {}, t("Its numbers")), h("p", {}, about[0].evidence ?? ""));
    return h("li", { class: `patient is-${worst}`, dataset: { net: String(net) } },
      style ? h("button", { type: "button", class: "patient-name", "aria-pressed": String(panel.focus === net), on: { click: () => panel.focus = net } },
        swatch({ color: visibleColor(style.color), dash: style.dash }), h("span", {}, style.name))
        : h("p", { class: "patient-name", tabindex: -1 }, t("The data")),
      ...about.map(finding), courseOf(net, about), numbers);
  }

  /** @param {Finding} one */
  function finding(one) {
    const ill = one.tone !== "good";
    return h("div", { class: "finding", dataset: { illness: one.illness } },
      h("p", { class: "finding-head" }, h("span", { class: `illness tone-${one.tone}` }, one.name),
        ill && one.layer > 0 && h("span", { class: "finding-where" }, t("layer {layer}", { layer: one.layer }))),
      h("p", {}, one.sentence),
      one.consequences.length > 0 && h("ul", { class: "finding-consequences" }, ...one.consequences.map((said) => h("li", {}, said))),
      h("p", { class: "finding-prediction" }, one.prediction),
      one.equations.length > 0 && h("div", { class: "finding-equation", tabindex: 0, role: "group", "aria-label": t("Why") },
        ...one.equations.map((line) => h("div", { class: "finding-line" }, ...breakable(line)))),
      one.fix && h("button", { type: "button", class: "button finding-fix", on: { click: () => treat(one) } }, one.fix.title));
  }

  /** @param {Finding} one */
  function treat(one) {
    if (!one.fix) return;
    const undo = Object.fromEntries(Object.entries(one.fix.changes).flatMap(([name, value]) => {
      const now = structuredClone(panel.params[name]);
      return JSON.stringify(now) === JSON.stringify(value) ? [] : [[name, now]];
    }));
    const now = findings().find(({ net }) => net === one.net) ?? one; // the numbers went on since the words were written
    cured.set(one.net, { before: now.evidence ?? "", title: one.fix.title, undo });
    panel.change(one.fix.changes, { effect: "restart" });
    /** @type {HTMLElement|null} */ (element.querySelector(`[data-net="${one.net}"] .patient-name`))?.focus({ preventScroll: true });
  }

  /** Before and after of a cure that was taken. @param {number} net @param {Finding[]} about */
  function courseOf(net, about) {
    const course = cured.get(net);
    if (!course) return null;
    const { before, title, undo } = course;
    return h("div", { class: "course" },
      h("p", { class: "course-done" }, t("Done: {cure}", { cure: title })),
      h("dl", {}, h("dt", {}, t("Before")), h("dd", {}, before), h("dt", {}, t("After")), h("dd", { class: "course-after" }, about[0].evidence ?? "")),
      h("button", { type: "button", class: "text-button", on: { click: () => {
        cured.delete(net);
        panel.change(undo, { effect: "restart" });
      } } }, t("Take it back")));
  }

  /** The colours are others: all is written anew. */
  function onTheme() {
    shown = state.text = "";
    refresh();
  }

  /** Another laboratory altogether (a preset, a reset) ends every treatment. */
  function onParams() {
    for (const [net, { undo }] of cured) {
      if (Object.entries(undo).some(([name, value]) => JSON.stringify(panel.params[name]) === JSON.stringify(value))) cured.delete(net);
    }
  }

  return {
    scene: refresh,
    playhead() {
      if (panel.playing) soon();
      else refresh();
    },
    theme: onTheme,
    params: onParams,
    focus: refresh,
  };
}

/** How an element is found again after the list is written anew: its net, and what it is. @param {HTMLElement} element */
function placeOf(element) {
  const net = /** @type {HTMLElement|null} */ (element.closest("[data-net]"))?.dataset.net;
  const kind = element.className.split(" ")[0] || element.localName;
  return `[data-net="${net}"] ${element.className ? `.${kind}` : kind}`;
}
