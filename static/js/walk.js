// @ts-check
// A walk through the notes: where one is, the station before and the one after. Within a laboratory the next station opens
// in place; one of another laboratory loads its page.

/** @import { ClaimCard } from "./claims.js" */
/** @import { Walk } from "./types.d.ts" */
import { claimAddress } from "./claims.js";
import { visited } from "./claimmemory.js";
import { h } from "./controls/dom.js";
import { boot, t } from "./i18n.js";
import { leaveLecture, Lecture, lecturing } from "./lecture.js";

/** @typedef {{claim: string, laboratory: string, statement: string}} Station */

/**
 * Show the walk's bar, if the address names a walk, and lecture mode, if it asks for that; listen to the keys of both.
 * @param {HTMLElement} stage the column of the stage
 * @param {{cards: ClaimCard[], opened: ClaimCard|null}} claims of this laboratory
 * @param {import("./laboratory.js").Laboratory} lab
 */
export function mountWalk(stage, { cards, opened }, lab) {
  const walk = /** @type {Walk|null} */ (boot.walk ?? null);
  const present = lecturing();
  const lecture = present ? new Lecture(stage, lab) : null;
  let card = opened;
  /** @type {HTMLElement|null} */
  let bar = null;

  /** @param {Station} station */
  function go(station) {
    const here = station.laboratory === boot.name && cards.find((one) => one.claim.id === station.claim);
    if (here) here.open();
    else location.assign(address(station));
  }

  /** The stations around the open claim; one that is not of the walk stands before its beginning. */
  function around() {
    const at = walk ? walk.stations.findIndex((station) => station.claim === card?.claim.id) : -1;
    return { at, before: walk?.stations[at - 1], after: walk?.stations[at + 1] };
  }

  function show() {
    lecture?.show(card);
    if (!walk) return;
    const { dataset } = /** @type {HTMLElement} */ (bar?.contains(document.activeElement) ? document.activeElement : document.body);
    const next = walkBar(walk, around(), present, go);
    if (bar) bar.replaceWith(next);
    else stage.prepend(next);
    bar = next;
    if (dataset.way) /** @type {HTMLElement|null} */ (bar.querySelector(`[data-way="${dataset.way}"]`))?.focus();
  }

  show();
  document.addEventListener("claim", (event) => {
    card = /** @type {CustomEvent<ClaimCard>} */ (event).detail;
    show();
  });
  addEventListener("popstate", () => {
    const id = new URL(location.href).searchParams.get("claim");
    const found = cards.find((one) => one.claim.id === id);
    if (found && found !== card) found.arrive(false);
  });
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || typing(event)) return;
    const { before, after } = around();
    const act = walkKey(event.key, { present, card, next: after && (() => go(after)), previous: before && (() => go(before)) });
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
 * @param {{present: boolean, card: ClaimCard|null, next?: () => void, previous?: () => void}} where
 */
function walkKey(key, { present, card, next, previous }) {
  if (next && (key === "n" || (present && key === "PageDown"))) return next;
  if (previous && (key === "p" || (present && key === "PageUp"))) return previous;
  if (!present) return null;
  if (key === "Escape") return leaveLecture;
  if (card && key === "v") return () => card.tell();
  if (card && ["1", "2", "3"].includes(key)) return () => card.answer(Number(key) - 1);
  return null;
}

/** @param {Station} station */
const address = (station) => claimAddress(station.laboratory, station.claim, boot.walk?.name);

/**
 * @param {{name: string, title: string, stations: Station[]}} walk
 * @param {{at: number, before?: Station, after?: Station}} place @param {boolean} present
 * @param {(station: Station) => void} go
 */
function walkBar(walk, { at, before, after }, present, go) {
  const lecture = new URL(location.href);
  if (present) lecture.searchParams.delete("present");
  else lecture.searchParams.set("present", "1");
  /** A link that opens a station in place. @param {Station} station @param {Record<string, any>} looks @param {any[]} words */
  const link = (station, looks, ...words) => h("a", { ...looks, href: address(station), on: {
    click: (/** @type {MouseEvent} */ event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      go(station);
    },
  } }, ...words);
  /** @param {Station|undefined} station @param {string} words @param {string} key */
  const step = (station, words, key) => (station
    ? link(station, { class: "button walk-step", dataset: { way: key }, title: `${station.claim}: ${station.statement}`, "aria-keyshortcuts": key }, words)
    : h("span", { class: "button walk-step is-off", "aria-hidden": "true" }, words));
  return h("nav", { class: "walk", "aria-label": t("Walk: {title}", { title: walk.title }) },
    step(before, t("← Previous"), "p"),
    h("details", { class: "walk-list" }, h("summary", {}, h("strong", {}, walk.title), ` ${at + 1} / ${walk.stations.length}`),
      h("ol", {}, ...walk.stations.map((station, i) => h("li", {}, link(station, { "aria-current": i === at ? "step" : null,
        class: visited(station.claim) ? "is-visited" : "" }, `${station.claim} `, station.statement))))),
    step(after, t("Next →"), "n"),
    h("a", { class: "text-button", href: lecture.href }, present ? t("Leave lecture mode") : t("Lecture mode")));
}
