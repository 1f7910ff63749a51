// @ts-check
/**
 * What the net expects next: bars of the distribution at any temperature; writing on, character by character or at a
 * stretch; forking at any character; scoring any text; a word when the writing turns in a circle.
 *
 * The text is `prime` (typed) and `written` (the net's, or chosen among the bars).
 */

/** @import { Context, Picture, Translate, WireFrame } from "../types.d.ts" */

/** What the net wrote, and how much each character surprised it, in nats. @typedef {{written: string, surprises: number[]}} Written */
/** What was expected at a place. @typedef {{surprise: number, candidates: {character: string, chance: number}[]}} Expected */

import { h } from "../controls/dom.js";
import { formatNumber } from "../number.js";
import { slide } from "../controls/tools.js";
import { equal } from "../run.js";
import { asFarAs, asker, sentenceOf } from "./parts/asking.js";
import { barList } from "./marks/bars.js";
import { letterField, surprising, visible } from "./marks/tokens.js";
import { unpressed } from "./parts/unpressed.js";

const BARS = 14;
const STRETCH = 120;
/** Characters that the net reads: the last ones of all that is typed and written. What is typed alone may not be longer. */
export const LONGEST = 2000;
/** Characters of a text to score. */
const LONGEST_SCORED = 5000;
/** Characters of a beginning that travel in the address. */
const LINKED = 1000;
const LOOP_REPEATS = 3;

/** @param {HTMLElement} host @param {Context} panel @returns {Promise<Picture>} */
export async function create(host, panel) {
  const { t } = panel;
  const state = { prime: panel.view("prime") ?? "", written: "", surprises: /** @type {number[]} */ ([]), temperature: panel.view("heat") ?? 1,
    answer: /** @type {WireFrame|null} */ (null), branches: /** @type {Written[]} */ ([]),
    /** What the answer was asked with. @type {Record<string, any>|null} */
    asked: null,
    /** What is to be written as soon as it is known what is expected after the text. @type {((answer: WireFrame) => void)[]} */
    waits: [],
    /** A stretch is on its way. */
    writing: false };

  // --- the distribution -------------------------------------------------------------------------------------------
  const prime = /** @type {HTMLTextAreaElement} */ (h("textarea", { class: "prime", rows: 2, spellcheck: "false",
    "aria-label": t("Text to go on from"), placeholder: t("Type a beginning, for example a few words of the text"), value: state.prime }));
  const heat = slide(t("Temperature"), { min: 0, max: 2, step: 0.05, value: state.temperature, words: (value) => value.toFixed(2),
    onMove: (value) => { state.temperature = value; next.now(); },
    onLeave: (value) => panel.view("heat", value === 1 ? undefined : value) });
  /** What the bars stand for. @type {string[]} */
  let likeliest = [];
  const bars = barList(t("Likeliest next characters"), (i) => {
    const character = likeliest[i];
    if (state.answer) write((answer) => append(character, answer));
  });
  const rest = h("p", { class: "bar-rest" });
  const refusal = h("p", { class: "refusal", role: "alert" });
  const entropy = h("p", { class: "bar-rest" });
  // --- the text ---------------------------------------------------------------------------------------------------
  const note = h("p", { class: "letter-note", "aria-live": "polite" });
  const letters = letterField({ label: t("The text so far; click a character to continue differently from there"), onPoint: point, onChoose: fork });
  const loop = h("p", { class: "loop-note", role: "status", hidden: true });
  const branches = h("div", { class: "branches", hidden: true });
  const button = (/** @type {string} */ name, /** @type {string} */ title, /** @type {string} */ about, /** @type {() => unknown} */ act) => h("button", { type: "button", class: `button ${name}`, title: about, on: { click: act } }, title);
  const row = h("div", { class: "tool-row" },
    button("write-one", t("Write one"), t("Sample the next character from these probabilities"), () => write((answer) => append(drawn(answer), answer))),
    button("write-many", t("Write {n}", { n: STRETCH }), t("Let the net write on by itself"), () => write(writeMany)),
    button("write-clear", t("Clear"), t("Back to the beginning that you typed"), clear));
  // --- scoring ----------------------------------------------------------------------------------------------------
  const scored = /** @type {HTMLTextAreaElement} */ (h("textarea", { class: "prime", rows: 2, spellcheck: "false",
    "aria-label": t("Text to score"), placeholder: t("Any text: how surprised is the net by it?") }));
  const scoreField = letterField({ label: t("The scored text, by surprise"), onPoint: pointScore });
  const scoreWords = h("p", { class: "letter-note", "aria-live": "polite" });
  const scoreRefusal = h("p", { class: "refusal", role: "alert" });
  scoreField.element.hidden = true;

  host.append(h("div", { class: "next" },
    h("div", {}, h("div", { class: "tool-row" }, heat.element), refusal, bars.element, rest, entropy),
    h("div", {}, prime, h("div", { style: "height:10px" }), row, letters.element, note, loop, branches)),
  h("h3", { class: "sub-head" }, t("Score a text")), scored, scoreRefusal, scoreWords, scoreField.element);

  const text = () => state.prime + state.written;
  const tooLong = () => [...asFarAs(state.prime, LONGEST)].length > LONGEST;
  function about() { return { prime: tooLong() ? asFarAs(state.prime, LONGEST) : tail(text()), temperature: state.temperature }; }
  const next = asker(panel, "next", {
    question: about,
    show(answer, asked) {
      Object.assign(state, { answer, asked });
      showBars();
      writeNext();
    },
    refuse: (sentence) => { refusal.textContent = sentence; },
  });
  const score = asker(panel, "score", {
    question: () => (scored.value ? { text: asFarAs(scored.value, LONGEST_SCORED) } : null),
    show: showScore, refuse: (sentence) => { scoreRefusal.textContent = sentence; },
  });
  /** @type {WireFrame|null} */
  let scoredAnswer = null;

  const showBars = unpressed(bars.element, () => { if (state.answer) draw(state.answer); }, panel.signal);

  /** @param {WireFrame} answer */
  function draw({ arrays, texts }) {
    const characters = [...texts.characters];
    const p = arrays.probabilities.values;
    const order = [...arrays.order.values].slice(0, BARS);
    likeliest = order.map((id) => characters[id]);
    bars.show(order.map((id) => ({ name: visible(characters[id]), share: p[id], words: percent(p[id]),
      label: t("{character}: {chance}. Go on with it.", { character: visible(characters[id]), chance: percent(p[id]) }) })));
    const others = characters.length - order.length;
    const sum = order.reduce((total, id) => total + p[id], 0);
    rest.textContent = others > 0 ? t("{n} others: {chance} together", { n: others, chance: percent(Math.max(0, 1 - sum)) }) : "";
    const nats = arrays.entropy.values[0];
    entropy.textContent = state.temperature === 0 ? t("Temperature 0: the likeliest character every time (argmax).")
      : t("Entropy {nats} nats: as uncertain as a choice among {n} equally likely characters", { nats: nats.toFixed(2), n: formatNumber(Math.exp(nats), 3) });
    host.dataset.bars = String(order.length);
    const unknown = texts.unknown;
    if (unknown) refusal.textContent = t("Left out, because the net does not know them: {characters}", { characters: [...unknown].slice(0, 20).join(" ") });
  }

  // --- writing ----------------------------------------------------------------------------------------------------
  /** Write on, when it is known what is expected after the text as it is by then. @param {(answer: WireFrame) => void} how */
  function write(how) {
    state.waits.push(how);
    writeNext();
  }

  function writeNext() {
    if (state.answer && !state.writing && equal(state.asked, about())) state.waits.shift()?.(state.answer);
  }

  /** The text is another: what was to be written after the one before is not. @param {string} written @param {number[]} surprises */
  function setWritten(written, surprises) {
    Object.assign(state, { written, surprises, waits: [] });
    showText();
  }

  /** @param {string} character @param {WireFrame} answer */
  function append(character, answer) {
    const id = [...answer.texts.characters].indexOf(character);
    const scores = answer.arrays.scores.values;
    state.surprises.push(id < 0 ? NaN : logSum(scores) - scores[id]);
    state.written += character;
    showText();
    next.now();
  }

  /** A character as likely as the net says. @param {WireFrame} answer */
  function drawn({ texts, arrays }) {
    const characters = [...texts.characters];
    const p = arrays.probabilities.values;
    const total = sumOf(p);
    let at = Math.random() * total;
    let id = 0;
    while (id < p.length - 1 && at >= p[id]) { at -= p[id]; id += 1; }
    return characters[id];
  }

  async function writeMany() {
    const before = text();
    state.writing = true;
    try {
      const { texts, arrays } = await panel.ask("sample", { prime: tail(before), length: STRETCH, temperature: state.temperature,
        seed: Math.floor(Math.random() * 2 ** 31) });
      if (text() !== before) return;
      state.written += texts.text;
      state.surprises.push(...arrays.surprise.values);
      showText();
      next.now();
    } catch (problems) {
      refusal.textContent = sentenceOf(problems) || t("The server did not answer; try again.");
      state.waits = [];
    } finally {
      state.writing = false;
      writeNext();
    }
  }

  function clear() {
    remember();
    setWritten("", []);
    next.now();
  }

  /** Cut the text before a character: the bars show what else might have come there. @param {number} i */
  function fork(i) {
    const kept = [...state.prime].length;
    if (i < kept) return;
    remember();
    setWritten([...state.written].slice(0, i - kept).join(""), state.surprises.slice(0, i - kept));
    next.now();
  }

  function remember() {
    if (!state.written) return;
    state.branches = [{ written: state.written, surprises: [...state.surprises] },
      ...state.branches.filter(({ written }) => written !== state.written)].slice(0, 6);
    branches.hidden = false;
    branches.replaceChildren(h("span", { class: "bar-rest" }, t("Earlier versions:")), ...state.branches.map((branch) => (
      h("button", { type: "button", class: "branch", title: branch.written.slice(0, 300), on: { click: () => {
        setWritten(branch.written, [...branch.surprises]);
        next.now();
      } } }, branch.written.replaceAll("\n", "↵").slice(-36)))));
  }

  function showText() {
    const kept = [...state.prime].length;
    letters.show(tooLong() ? "" : text(), (i) => (i < kept ? "transparent" : surprising(state.surprises[i - kept])));
    letters.element.scrollTop = letters.element.scrollHeight;
    letters.element.dataset.length = String([...text()].length);
    const found = findLoop([...state.written]);
    loop.hidden = !found;
    if (found) {
      loop.textContent = t("The text is in a loop: “{text}” repeats. At temperature 0 the same state gives the same character; at a higher temperature the text can leave the loop.",
        { text: found.replaceAll("\n", "↵").slice(0, 60) });
    }
    point(-1);
  }

  /** @param {number} i -1 for none */
  function point(i) {
    const kept = [...state.prime].length;
    if (i < 0) {
      note.textContent = state.written ? t("Colour shows surprise: the stronger, the less likely the character was. Click a character to continue differently from there.") : "";
    } else if (i < kept) note.textContent = t("Your own text.");
    else {
      const nats = state.surprises[i - kept];
      note.textContent = t("{character}: surprise {nats} nats, probability {chance} at temperature 1", { character: visible([...text()][i]),
        nats: formatNumber(nats, 3), chance: percent(Math.exp(-nats)) });
    }
  }

  // --- scoring ----------------------------------------------------------------------------------------------------
  /** @param {WireFrame} answer */
  function showScore(answer) {
    scoredAnswer = answer;
    const { texts, arrays } = answer;
    scoreField.element.hidden = false;
    scoreField.show(texts.text, (i) => surprising(arrays.surprise.values[i]));
    pointScore(-1);
  }

  /** @param {number} i -1 for none */
  function pointScore(i) {
    if (!scoredAnswer) return;
    const { texts, arrays } = scoredAnswer;
    const characters = [...texts.text];
    if (i < 0) {
      const total = arrays.total.values[0];
      scoreWords.textContent = t("{total} nats in all, {mean} nats or {bits} bits a character; perplexity {perplexity}", { total: formatNumber(total, 4),
        mean: (total / characters.length).toFixed(3), bits: (total / characters.length / Math.LN2).toFixed(3), perplexity: formatNumber(arrays.perplexity.values[0], 3) });
      scoreWords.dataset.total = String(total);
      return;
    }
    scoreWords.textContent = describe(t, answerAt(scoredAnswer, i), characters[i]);
  }

  // --- events -----------------------------------------------------------------------------------------------------
  prime.addEventListener("input", () => {
    state.prime = prime.value;
    setWritten("", []);
    next.soon(120);
  });
  prime.addEventListener("change", () => panel.view("prime", (state.prime.length <= LINKED && state.prime) || undefined));
  scored.addEventListener("input", () => {
    score.soon(150);
    if (!scored.value) { scoreField.element.hidden = true; scoreWords.textContent = ""; scoredAnswer = null; }
  });
  showText();

  const follow = () => {
    next.follow();
    if (scored.value) score.follow();
  };
  return {
    scene() { Object.assign(state, { answer: null, waits: [] }); next.soon(50); },
    playhead: follow,
  };
}

/** The last characters of a text, as many as a question may have. @param {string} text */
const tail = (text) => [...text].slice(-LONGEST).join("");

/** @param {ArrayLike<number>} numbers */
const sumOf = (numbers) => Array.from(numbers).reduce((sum, x) => sum + x, 0);

/** @param {number} p */
const percent = (p) => (p >= 0.9995 ? "100%" : p >= 0.1 ? `${(100 * p).toFixed(1)}%` : p >= 0.0001 ? `${(100 * p).toFixed(2)}%` : p > 0 ? "<0.01%" : "0%");

/** The logarithm of the sum of exponentials. @param {ArrayLike<number>} scores */
function logSum(scores) {
  const top = Math.max(...Array.from(scores));
  return top + Math.log(sumOf(Array.from(scores, (x) => Math.exp(x - top))));
}

/** The surprise and the likeliest characters at a place of an answer. @param {WireFrame} answer @param {number} i @returns {Expected} */
export function answerAt({ arrays, texts }, i) {
  const characters = [...texts.characters];
  const width = arrays.candidates.shape[1];
  return { surprise: arrays.surprise.values[i], candidates: Array.from({ length: width }, (_, k) => ({
    character: characters[arrays.candidates.values[i * width + k]], chance: arrays.chances.values[i * width + k] })) };
}

/** In words. @param {Translate} t @param {Expected} expected @param {string} character */
export function describe(t, { surprise, candidates }, character) {
  const expected = candidates.map((one) => `${visible(one.character)} ${percent(one.chance)}`).join("  ");
  return t("{character}: surprise {nats} nats. More likely: {expected}", { character: visible(character), nats: formatNumber(surprise, 3), expected });
}

/** The stretch that a text repeats at its end, three times or more; null if none. @param {string[]} characters */
export function findLoop(characters) {
  const n = characters.length;
  for (let period = 1; period <= Math.min(200, Math.floor(n / LOOP_REPEATS)); period += 1) {
    const needed = Math.max(LOOP_REPEATS * period, 12);
    if (needed > n) continue;
    let same = period;
    while (same < needed && characters[n - 1 - same] === characters[n - 1 - same + period]) same += 1;
    if (same >= needed) return characters.slice(n - period).join("");
  }
  return null;
}
