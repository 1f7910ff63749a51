// @ts-check
// The front door: in each card one of the laboratory's own panels plays a run that the server recorded. Pictures are
// made when they come into view and move only while they are seen.

import { Card } from "./card.js";
import { boot } from "./i18n.js";
import { Recording } from "./recording.js";
import "./theme.js";

/** What a card of the gallery is: the boot block's word for a laboratory. @typedef {import("./recording.js").PreviewBoot} PreviewBoot */

const still = matchMedia("(prefers-reduced-motion: reduce)");
/** What plays, by the element that it plays in. @type {Map<Element, {recording: Recording, card: Card, seen: boolean}>} */
const playing = new Map();

/** @param {HTMLElement} host @param {PreviewBoot} preview */
async function begin(host, preview) {
  try {
    const answer = await fetch(`/api/experiments/${preview.name}/preview?lang=${boot.language}&v=${boot.version}`);
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    const recording = new Recording(preview, await answer.arrayBuffer());
    if (still.matches) recording.toEnd();
    const card = new Card(preview.panel, recording);
    host.replaceChildren(card.element);
    playing.set(host, { recording, card, seen: true });
    await card.show();
    host.dataset.playing = "true";
  } catch (error) {
    host.remove(); // the words stand without the picture
    console.warn(`no preview of ${preview.name}`, error);
  }
}

/** @type {Map<Element, PreviewBoot>} */
const waiting = new Map();
const watcher = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    const plays = playing.get(target);
    if (plays) plays.seen = isIntersecting;
    const preview = waiting.get(target);
    if (!preview || !isIntersecting) continue;
    waiting.delete(target);
    begin(/** @type {HTMLElement} */ (target), preview);
  }
}, { rootMargin: "120px" });

for (const { preview } of boot.gallery ?? []) {
  const host = preview && document.querySelector(`[data-preview="${CSS.escape(preview.name)}"]`);
  if (!host) continue;
  waiting.set(host, preview);
  watcher.observe(host);
}

addEventListener("theme", () => { for (const { card } of playing.values()) card.happen("theme"); });

let before = performance.now();
/** @param {number} now */
function frame(now) {
  const seconds = Math.min(0.1, (now - before) / 1000);
  before = now;
  for (const [host, { recording, card, seen }] of playing) {
    if (!seen || still.matches || !recording.advance(seconds)) continue;
    card.happen("playhead");
    /** @type {HTMLElement} */ (host).dataset.step = String(recording.step);
  }
  requestAnimationFrame(frame);
}
requestAnimationFrame(frame);
