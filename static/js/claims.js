// The claims of the notes: each is a button that sets the laboratory up to show it, and asks whether it holds.

import { h } from "./controls/dom.js";
import { currentLanguage, t } from "./i18n.js";

/** @typedef {{id: string, statement: string, params: Record<string, any>}} Claim */

/**
 * Put each claim where the prose has `<div data-claim="ID">`, and those it does not mention after it.
 * @param {HTMLElement} prose
 * @param {HTMLElement} rest
 * @param {{name: string, boot: {claims?: Claim[]}, load: (params: Record<string, any>) => void}} lab
 */
export function mountClaims(prose, rest, lab) {
  const unplaced = [];
  for (const claim of lab.boot.claims ?? []) {
    const place = prose.querySelector(`[data-claim="${CSS.escape(claim.id)}"]`);
    const card = claimCard(claim, lab);
    if (place) place.replaceChildren(card);
    else unplaced.push(card);
  }
  for (const empty of prose.querySelectorAll("[data-claim]:empty")) empty.remove();
  if (!unplaced.length) return;
  rest.replaceChildren(h("h2", {}, t("More claims of the notes")), ...unplaced);
}

function claimCard(claim, lab) {
  const verdict = h("p", { class: "claim-verdict", role: "status" });
  const button = h("button", { type: "button", class: "claim-button", title: t("Set this up and check it") },
    h("span", { class: "claim-id" }, claim.id), h("span", { class: "claim-words" }, claim.statement));
  const card = h("div", { class: "claim", dataset: { state: "open", id: claim.id } }, button, verdict);
  button.addEventListener("click", async () => {
    for (const other of document.querySelectorAll(".claim-shown")) other.classList.remove("claim-shown");
    card.classList.add("claim-shown");
    lab.load(claim.params);
    if (["asking", "yes", "half", "no"].includes(card.dataset.state ?? "")) return; // a verdict does not change
    card.dataset.state = "asking";
    verdict.replaceChildren(t("Checking over several seeds…"));
    try {
      const { holds, evidence } = await askVerdict(lab.name, claim.id);
      card.dataset.state = holds;
      verdict.replaceChildren(h("strong", {}, verdictWord(holds)), ` ${evidence}`);
    } catch {
      card.dataset.state = "failed";
      verdict.replaceChildren(t("The check could not be run. The laboratory shows the claim all the same; press again to retry."));
    }
  });
  return card;
}

async function askVerdict(name, id) {
  const answer = await fetch(`/api/experiments/${name}/claims/${id}?lang=${currentLanguage()}`);
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.json();
}

/** @param {"yes"|"half"|"no"} holds */
function verdictWord(holds) {
  return { yes: t("Holds."), half: t("Half true."), no: t("Does not hold.") }[holds];
}
