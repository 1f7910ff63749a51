// @ts-check
/**
 * How the training stands, in numbers: speed, losses against the lines they are held to, the net's size; what went
 * wrong if it did; and what can be done with the run: begin again, keep it, take it up, take it away.
 *
 * Roles: `loss`, `validation` (series), `characters` (series, learned so far), `status` (sentences), `baselines`,
 * `baseline_names` and `entropy` (of the scene: what no net can be better than, NaN where nobody knows).
 */

/** @import { Context, Picture, WireFrame } from "../types.d.ts" */

import { h } from "../controls/dom.js";
import { download } from "../export.js";
import { formatNumber } from "../number.js";
import { bytesOf } from "../keeper.js";
import { toast } from "../state.js";
import { sentenceOf } from "./parts/asking.js";
import { paced } from "./parts/paced.js";
import { unpressed } from "./parts/unpressed.js";

/** Bytes of a checkpoint that the server would read. */
const LARGEST = 48_000_000;
const SPAN = 4000;
const PAUSE = 250;

/** @param {HTMLElement} host @param {Context} panel @returns {Promise<Picture>} */
export async function create(host, panel) {
  const { t } = panel;
  /** @type {Record<string, HTMLElement>} */
  const cells = {};
  const meter = (/** @type {string} */ name, /** @type {string} */ title) => {
    cells[name] = h("dd", {});
    return h("div", { class: "meter" }, h("dt", {}, title), cells[name]);
  };
  const meters = h("dl", { class: "meters" }, meter("speed", t("Speed")), meter("read", t("Learned")), meter("loss", t("Training loss")),
    meter("held", t("Held-out loss")), meter("perplexity", t("Perplexity")), meter("size", t("Parameters")));
  const verdict = h("p", { class: "training-verdict" });
  const trouble = h("div", { class: "training-trouble", role: "alert", hidden: true });
  const notices = h("ul", { class: "training-notices", hidden: true });
  const file = /** @type {HTMLInputElement} */ (h("input", { type: "file", accept: ".npz", class: "hidden", tabindex: -1,
    "aria-label": t("Checkpoint file"), on: { change: () => load() } }));
  const button = (/** @type {string} */ title, /** @type {string} */ about, /** @type {() => unknown} */ act, more = "") => h("button", { type: "button", class: `button ${more}`, title: about, on: { click: act } }, title);
  const buttons = h("div", { class: "training-buttons" },
    button(t("Start over"), t("The same settings and the same seed, from untrained weights"), () => panel.run.startOver(), "do-over"),
    button(t("Save checkpoint"), t("The whole state as a file: weights, optimizer state, carried state, random generators"), save, "do-save"),
    button(t("Load checkpoint"), t("Go on from a saved file"), () => file.click(), "do-load"),
    button(t("Export to PyTorch"), t("A Python program with these weights, which writes text like this net"), exportCode, "do-export"), file);
  host.append(meters, verdict, trouble, notices, buttons);
  /** @type {{now: number, count: number}[]} */
  const marks = [];
  const state = { told: "", speed: NaN };

  const series = (/** @type {string} */ role) => panel.data.series(role);
  const at = (/** @type {string} */ role) => series(role)?.at(0, panel.step) ?? NaN;

  function measureSpeed() {
    const learned = series("characters");
    const count = learned?.at(0, panel.history.lastStep) ?? NaN;
    const now = performance.now();
    if (!panel.playing || !Number.isFinite(count) || (marks.length && count < marks[marks.length - 1].count)) {
      marks.length = 0;
      if (!panel.playing) return;
    }
    if (!Number.isFinite(count)) return;
    marks.push({ now, count });
    while (marks.length > 2 && now - marks[0].now > SPAN) marks.shift();
    const seconds = (now - marks[0].now) / 1000;
    if (seconds > 0.5) state.speed = (count - marks[0].count) / seconds;
  }

  const { soon } = paced(show, PAUSE, panel.signal);

  function show() {
    if (panel.history.lastStep < 0) return;
    measureSpeed();
    const [loss, held] = [at("loss"), at("validation")];
    const nats = (/** @type {number} */ value) => (Number.isFinite(value) ? t("{nats} nats · {bits} bits", { nats: value.toFixed(3), bits: (value / Math.LN2).toFixed(2) }) : formatNumber(value));
    put(cells.speed, Number.isFinite(state.speed) ? t("{n} characters/s", { n: formatNumber(state.speed, 3) }) : "–");
    put(cells.read, t("{n} characters", { n: formatNumber(at("characters"), 4) }));
    put(cells.loss, nats(loss));
    put(cells.held, Number.isFinite(held) ? nats(held) : "–");
    put(cells.perplexity, formatNumber(Math.exp(Number.isFinite(held) ? held : loss), 3));
    host.dataset.step = String(panel.step);
    host.dataset.speed = String(Math.round(state.speed || 0));
    put(verdict, compare(Number.isFinite(held) ? held : loss));
    diagnoseSoon();
  }

  /** The best line that the held-out loss has come below. @param {number} loss */
  function compare(loss) {
    const levels = panel.data.still("baselines")?.values;
    /** @type {string[]} */
    const names = panel.data.told("baseline_names");
    if (!levels || !Number.isFinite(loss)) return "";
    const lines = names.map((name, i) => ({ name, level: levels[2 * i] })).sort((a, b) => a.level - b.level);
    if (loss < (panel.data.still("entropy")?.values[0] ?? NaN) * 1.03) return t("Within 3% of the lowest possible loss ({name}).", { name: lines[0].name });
    const passed = lines.find(({ level }) => loss < level);
    const next = lines.filter(({ level }) => level <= loss).at(-1);
    if (!passed) return t("Not yet better than a uniform guess.");
    const better = t("Better than {name} ({level}).", { name: passed.name, level: passed.level.toFixed(2) });
    return next ? `${better} ${t("Next: {name} ({level}).", { name: next.name, level: next.level.toFixed(2) })}` : better;
  }

  const diagnoseSoon = unpressed(trouble, diagnose, panel.signal);

  function diagnose() {
    const text = panel.data.text("status") ?? "[]";
    if (text === state.told) return;
    state.told = text;
    /** @type {string[]} */
    const sentences = JSON.parse(text);
    trouble.hidden = sentences.length === 0;
    trouble.replaceChildren(...sentences.map((sentence) => h("p", {}, sentence)));
    if (sentences.length) {
      trouble.append(h("button", { type: "button", class: "button do-recover", on: { click: recover } }, t("Go on from the last good state with a tenth of the learning rate")));
    }
  }

  /** @param {WireFrame} scene */
  function showScene(scene) {
    const counts = scene.arrays.parameter_counts?.values ?? [];
    put(cells.size, Array.from(counts, (count, i) => `${panel.series(i).name}: ${formatNumber(count, 6)}`).join(" · "));
    /** @type {string[]} */
    const found = JSON.parse(scene.texts.notices ?? "[]");
    notices.hidden = !found.length;
    notices.replaceChildren(...found.map((sentence) => h("li", {}, sentence)));
  }

  /** @param {string} role @param {Record<string, any>} [params] */
  async function ask(role, params = {}) {
    try {
      return await panel.ask(role, params, { now: true });
    } catch (problems) {
      toast(sentenceOf(problems) || t("There is no connection to the server just now."));
      return null;
    }
  }

  async function save() {
    const answer = await ask("checkpoint");
    if (answer) download(new Blob([bytesOf(answer.arrays.file)], { type: "application/octet-stream" }), answer.texts.name);
  }

  async function load() {
    const chosen = file.files?.[0];
    file.value = "";
    if (!chosen) return;
    const sentence = !chosen.size ? t("This file is empty, so it is no checkpoint.") : chosen.size > LARGEST ? t("This file is too large for a checkpoint.") : "";
    if (sentence) panel.run.refuse("checkpoint", sentence);
    else panel.run.upload(await chosen.arrayBuffer());
  }

  async function exportCode() {
    const answer = await ask("code");
    if (answer) download(new Blob([answer.texts.code], { type: "text/x-python" }), answer.texts.name);
  }

  async function recover() {
    const answer = await ask("checkpoint", { which: "good" });
    if (!answer) return;
    panel.run.goOnFrom(bytesOf(answer.arrays.file), JSON.parse(answer.texts.changes ?? "{}"));
  }

  return {
    scene(scene) {
      showScene(scene);
      soon();
    },
    playhead: soon,
    play: soon,
  };
}

/** @param {HTMLElement} element @param {string} text */
function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
