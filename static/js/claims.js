// @ts-check
// The claims of the notes. A claim opens as it should be seen: settings, tab, playhead and panels to look at. The visitor
// predicts first, then the run plays and the check tells whether the claim holds.

/** @import { Claim, Verdict } from "./types.d.ts" */
import { predict, prediction, visit } from "./claimmemory.js";
import { h } from "./controls/dom.js";
import { boot, currentLanguage, t } from "./i18n.js";

/**
 * What claims need of the laboratory.
 * @typedef {{load: (params: Record<string, any>, how?: Record<string, any>) => void, seek: (step: number) => void, awaited: boolean} & EventTarget} Lab
 */

/** The address that opens a claim. @param {string} laboratory @param {string} id @param {string} [walk] */
export function claimAddress(laboratory, id, walk = "") {
  const address = new URL(`/${laboratory}`, location.href);
  address.searchParams.set("claim", id);
  const here = new URL(location.href).searchParams;
  const kept = { walk, present: here.has("present") ? "1" : "", lang: here.get("lang") ?? "" };
  for (const [name, value] of Object.entries(kept)) if (value) address.searchParams.set(name, value);
  return address.href;
}

/**
 * Put each claim where the prose has `<div data-claim="ID">`, and those it does not mention after it.
 * @param {HTMLElement} prose @param {HTMLElement} rest @param {Lab} lab
 * @returns {{cards: ClaimCard[], opened: ClaimCard|null}} all of them, and the one that the address opens
 */
export function mountClaims(prose, rest, lab) {
  const cards = /** @type {ClaimCard[]} */ ((boot.claims ?? []).map((/** @type {Claim} */ claim) => new ClaimCard(claim, lab)));
  const unplaced = [];
  for (const card of cards) {
    const place = prose.querySelector(`[data-claim="${CSS.escape(card.claim.id)}"]`);
    if (place) place.replaceChildren(card.element);
    else unplaced.push(card.element);
  }
  for (const empty of prose.querySelectorAll("[data-claim]:empty")) empty.remove();
  if (unplaced.length) rest.replaceChildren(h("h2", {}, t("More claims of the notes")), ...unplaced);
  const opened = cards.find((card) => card.claim.id === boot.claim?.id) ?? null;
  opened?.arrive(boot.claim.fresh);
  return { cards, opened };
}

/** A claim: its sentence as a button, and what opens beneath it. Its element tells by an event “claim” when it is shown. */
export class ClaimCard {
  #lab;
  #body = h("div", { class: "claim-body", hidden: true });
  #asking = h("div", { class: "claim-predict" });
  #verdict = h("div", { class: "claim-verdict", role: "status" });
  #after = h("div", { class: "claim-after" });
  #asked = false;

  /** @param {Claim} claim @param {Lab} lab */
  constructor(claim, lab) {
    this.claim = claim;
    this.#lab = lab;
    this.button = h("button", { type: "button", class: "claim-button", "aria-expanded": "false",
      title: t("Open this claim in the laboratory"), on: { click: () => this.open() } },
      h("span", { class: "claim-id" }, claim.id), h("span", { class: "claim-words" }, claim.statement));
    this.#body.append(this.#origin(), this.#asking, this.#verdict, this.#after);
    this.element = h("div", { class: "claim", dataset: { state: "open", id: claim.id } }, this.button, this.#body);
  }

  /** Set the laboratory up as the claim should be seen. */
  open() {
    const address = new URL(claimAddress(boot.name, this.claim.id, boot.walk?.name));
    history.pushState(null, "", address);
    this.#load(this.#waits ? 0 : this.claim.look.step);
    this.#show();
  }

  /** The address opened this claim. @param {boolean} fresh its own settings are shown, nothing was changed since */
  arrive(fresh) {
    this.#show();
    this.element.scrollIntoView({ block: "nearest" });
    const column = this.element.closest(".lab-notes");
    if (!column || getComputedStyle(column).position !== "sticky") guiding.abort(); // not beside the pictures: it is read first
    if (!fresh || !this.#waits) return;
    this.#lab.awaited = true;
    this.#lab.addEventListener("history", () => this.#lab.seek(0), { once: true });
  }

  /** True while the visitor has not said what he expects. */
  get #waits() {
    return Boolean(this.claim.prediction) && prediction(this.claim.id) === undefined;
  }

  /** @param {number|null} step */
  #load(step) {
    this.#lab.load(this.claim.params, { view: this.claim.look.choices, step, push: false, awaited: this.#waits });
  }

  #show() {
    for (const other of document.querySelectorAll(".claim-shown")) other.classList.remove("claim-shown");
    this.element.classList.add("claim-shown");
    this.#body.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    visit(this.claim.id);
    pointOut(this.claim.look.panels);
    this.#ask();
    this.element.dispatchEvent(new CustomEvent("claim", { bubbles: true, detail: this }));
    if (!this.#waits) this.check();
  }

  /** Where the notes say it, or that they do not. */
  #origin() {
    const { where, ours, by_construction: built } = this.claim;
    return h("p", { class: "claim-where" }, where && h("span", {}, where),
      ours && h("span", { class: "claim-tag", title: t("The notes do not say this; it is ours.") }, t("ours")),
      built && h("span", { class: "claim-tag", title: t("The formula leaves no other outcome; the check shows that the code keeps to it.") },
        t("by construction")),
      h("a", { class: "text-button", href: `${claimAddress(boot.name, this.claim.id, boot.walk?.name)}&present=1` }, t("Lecture mode")));
  }

  #ask() {
    const asked = this.claim.prediction;
    if (!asked) return;
    const chosen = prediction(this.claim.id);
    const name = `predict-${this.claim.id}`;
    this.#asking.replaceChildren(h("fieldset", {}, h("legend", {}, h("strong", {}, t("Predict first.")), ` ${asked.question}`),
      h("div", { class: "claim-answers" }, ...asked.answers.map((answer, i) => h("button", { type: "button", class: "claim-answer", name,
        "aria-pressed": String(chosen === i), dataset: { answer: i }, on: { click: () => this.answer(i) } }, answer)),
      chosen === undefined && h("button", { type: "button", class: "text-button claim-skip", on: { click: () => this.answer(-1) } },
        t("Just show me")))));
    this.#judge();
  }

  /** The visitor's answer: keep it, play the run, check. @param {number} i -1 for none */
  answer(i) {
    if (i >= (this.claim.prediction?.answers.length ?? 0)) return;
    const first = this.#waits;
    predict(this.claim.id, i);
    this.#ask();
    if (!first) return;
    this.#load(this.claim.look.step);
    pointOut(this.claim.look.panels);
    this.check();
  }

  /** The verdict, whether the visitor has predicted or not. */
  tell() {
    if (this.#waits) this.answer(-1);
    else this.check();
  }

  /** Mark the right answer once the check has told. */
  #judge() {
    const { state } = this.element.dataset;
    if (!["yes", "half", "no"].includes(state ?? "")) return;
    const right = this.claim.prediction?.right;
    for (const button of this.#asking.querySelectorAll("[data-answer]")) {
      const mine = button.getAttribute("aria-pressed") === "true";
      const is = Number(/** @type {HTMLElement} */ (button).dataset.answer) === right;
      button.classList.toggle("is-right", is);
      button.classList.toggle("is-wrong", mine && !is);
      if (is) button.setAttribute("aria-label", t("{answer} (this is what the check finds)", { answer: button.textContent ?? "" }));
    }
  }

  /** Ask the server for the verdict; it checks over several seeds. */
  async check() {
    if (this.#asked) return;
    this.#asked = true;
    this.element.dataset.state = "asking";
    this.#verdict.replaceChildren(t("Checking over several seeds…"));
    try {
      const verdict = await askVerdict(boot.name, this.claim.id);
      this.element.dataset.state = verdict.holds;
      this.#verdict.replaceChildren(...verdictParts(verdict, this.claim.unequal));
      const { try_this: tryThis } = this.claim;
      this.#after.replaceChildren(...(tryThis ? [h("p", { class: "claim-try" }, h("strong", {}, t("Change this and see:")), ` ${tryThis}`)] : []));
      this.#judge();
    } catch {
      this.#asked = false;
      this.element.dataset.state = "failed";
      this.#verdict.replaceChildren(h("p", {}, t("The check could not be run. The laboratory shows the claim all the same; open it again to retry.")));
    }
  }
}

/** Over the claim that was pointed out last; it ends where the visitor goes elsewhere. */
let guiding = new AbortController();

/**
 * Mark the panels that show the claim. The one that it names first comes into view and stays there while the pictures above
 * it are made, until the visitor goes elsewhere.
 * @param {string[]} titles
 */
function pointOut(titles) {
  const placeOf = (/** @type {Element} */ panel) => titles.indexOf(panel.querySelector("h2")?.textContent ?? "");
  const lit = [...document.querySelectorAll(".panel")].filter((panel) => panel.classList.toggle("panel-lit", placeOf(panel) >= 0));
  lit.sort((one, other) => placeOf(one) - placeOf(other));
  guiding.abort();
  if (!lit.length) return;
  const now = new AbortController();
  const { signal } = now;
  guiding = now;
  let left = NaN; // where the page was scrolled to
  const sizes = new ResizeObserver(() => {
    if (Math.abs(scrollY - left) > 1) return now.abort();
    const first = lit.find((panel) => panel.getClientRects().length);
    if (first) bringIntoView(first);
    left = scrollY;
  });
  sizes.observe(document.body);
  signal.addEventListener("abort", () => sizes.disconnect());
  for (const type of ["pointerdown", "keydown"]) addEventListener(type, () => now.abort(), { signal, capture: true });
}

/** Scroll to a panel that is not wholly to be seen. @param {Element} panel */
function bringIntoView(panel) {
  const { height, top } = panel.getBoundingClientRect();
  const { innerHeight } = window;
  if (top < 0 || top + height > innerHeight) panel.scrollIntoView({ block: height < 0.8 * innerHeight ? "center" : "start" });
}

/** @param {string} name @param {string} id @returns {Promise<Verdict>} */
async function askVerdict(name, id) {
  const answer = await fetch(`/api/experiments/${name}/claims/${id}?lang=${currentLanguage()}`);
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.json();
}

/**
 * The verdict in words: whether it holds, the headline, and the details to unfold.
 * @param {Verdict} verdict @param {string} unequal why the budgets differ
 */
export function verdictParts({ holds, headline, evidence, spent, fair, seeds }, unequal = "") {
  return [
    h("p", { class: "claim-headline" }, h("strong", {}, verdictWord(holds)), headline ? ` ${headline}` : ` ${evidence}`),
    headline && h("details", {}, h("summary", {}, t("Details")), h("p", {}, evidence),
      spent && h("p", { class: "claim-budget" }, `${spent} ${fair ? "" : unequal}`),
      h("p", { class: "claim-budget" }, t("Seeds {seeds}.", { seeds: seeds.join(", ") }))),
  ];
}

/** @param {"yes"|"half"|"no"} holds */
export function verdictWord(holds) {
  return { yes: t("Holds."), half: t("Half true."), no: t("Does not hold.") }[holds];
}
