// The front door: a live miniature for every laboratory that has one in miniatures/<name>.js.

import "./theme.js";

const still = matchMedia("(prefers-reduced-motion: reduce)");

/** Miniatures run only while they can be seen. @type {Map<Element, {draw: (now: number) => void}>} */
const running = new Map();
const watcher = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    /** @type {HTMLElement} */ (target).dataset.seen = String(isIntersecting);
  }
});

for (const host of document.querySelectorAll("[data-miniature]")) {
  const name = /** @type {HTMLElement} */ (host).dataset.miniature;
  import(`./miniatures/${name}.js`).then(({ create }) => {
    running.set(host, create(host, { still: still.matches }));
    watcher.observe(host);
  }).catch((error) => {
    host.remove(); // the card stands without its picture
    console.warn(`no miniature for ${name}`, error);
  });
}

function frame(now) {
  for (const [host, miniature] of running) {
    if (/** @type {HTMLElement} */ (host).dataset.seen === "true") miniature.draw(now);
  }
  requestAnimationFrame(frame);
}
requestAnimationFrame(frame);
