// @ts-check
// A walk through the notes: where one is, the station before and the one after; and lecture mode, where the stage fills the
// screen and the claim stands beneath it in type that the last row reads.

/** @import { ClaimCard } from "./claims.js" */
/** @import { Walk } from "./types.d.ts" */
import { claimAddress } from "./claims.js";
import { visited } from "./claimmemory.js";
import { h } from "./controls/dom.js";
import { boot, t } from "./i18n.js";

/**
 * Show the walk's bar, if the address names a walk, and lecture mode, if it asks for that.
 * @param {HTMLElement} stage the column of the stage @param {ClaimCard|null} card the claim that is open
 */
export function mountWalk(stage, card) {
  const present = new URL(location.href).searchParams.has("present");
  const walk = /** @type {Walk|null} */ (boot.walk ?? null);
  const at = walk ? walk.stations.findIndex((station) => station.claim === card?.claim.id) : -1;
  const before = walk?.stations[at - 1];
  const after = walk?.stations[at + 1];
  if (walk) stage.prepend(walkBar(walk, at, before, after, present));
  if (present) enterLecture(stage, card);
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || typing(event)) return;
    const act = walkKey(event.key, { present, before, after, card });
    if (!act) return;
    event.preventDefault();
    act();
  }, { capture: true });
}

/** @param {KeyboardEvent} event */
const typing = (event) => event.target instanceof Element && Boolean(event.target.closest("input, textarea, select, dialog"));

/**
 * What a key does on a walk; pointers for lectures send Page Down and Page Up.
 * @param {string} key
 * @param {{present: boolean, before?: Station, after?: Station, card: ClaimCard|null}} where
 * @typedef {{claim: string, laboratory: string, statement: string}} Station
 */
function walkKey(key, { present, before, after, card }) {
  if (after && (key === "n" || (present && key === "PageDown"))) return () => go(after);
  if (before && (key === "p" || (present && key === "PageUp"))) return () => go(before);
  if (!present) return null;
  if (key === "Escape") return leaveLecture;
  if (card && key === "v") return () => card.check();
  if (card && ["1", "2", "3"].includes(key)) return () => card.answer(Number(key) - 1);
  return null;
}

/** @param {Station} station */
const go = (station) => location.assign(address(station));

/** @param {Station} station */
const address = (station) => claimAddress(station.laboratory, station.claim, boot.walk?.name);

function leaveLecture() {
  const plain = new URL(location.href);
  plain.searchParams.delete("present");
  location.assign(plain);
}

/**
 * @param {{name: string, title: string, stations: Station[]}} walk @param {number} at
 * @param {Station|undefined} before @param {Station|undefined} after @param {boolean} present
 */
function walkBar(walk, at, before, after, present) {
  const lecture = new URL(location.href);
  if (present) lecture.searchParams.delete("present");
  else lecture.searchParams.set("present", "1");
  /** @param {Station|undefined} station @param {string} words @param {string} key */
  const step = (station, words, key) => (station
    ? h("a", { class: "button walk-step", href: address(station), title: `${station.claim}: ${station.statement}`, "aria-keyshortcuts": key }, words)
    : h("span", { class: "button walk-step is-off", "aria-hidden": "true" }, words));
  return h("nav", { class: "walk", "aria-label": t("Walk: {title}", { title: walk.title }) },
    step(before, t("← Previous"), "p"),
    h("details", { class: "walk-list" }, h("summary", {}, h("strong", {}, walk.title), ` ${at + 1} / ${walk.stations.length}`),
      h("ol", {}, ...walk.stations.map((station, i) => h("li", {}, h("a", { href: address(station), "aria-current": i === at ? "step" : null,
        class: visited(station.claim) ? "is-visited" : "" }, `${station.claim} `, station.statement))))),
    step(after, t("Next →"), "n"),
    h("a", { class: "text-button", href: lecture.href }, present ? t("Leave lecture mode") : t("Lecture mode")));
}

/**
 * The stage fills the screen; the open claim becomes its caption.
 * @param {HTMLElement} stage @param {ClaimCard|null} card
 */
function enterLecture(stage, card) {
  document.documentElement.dataset.present = "";
  if (card) {
    stage.append(h("section", { class: "caption", "aria-label": t("What the notes say") }, card.element));
  }
  stage.append(h("p", { class: "lecture-keys" }, ...[["Page Down", t("next")], ["Page Up", t("previous")], ["space", t("play")],
    ["1 2 3", t("predict")], ["v", t("verdict")], ["Esc", t("leave")]].flatMap(([key, does]) => [h("kbd", {}, key), ` ${does}  `])));
}
