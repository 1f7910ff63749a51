// @ts-check
// The page of all claims: each walk shows how far one has come, and goes on at the first station that was not seen.

import { visited } from "./claimmemory.js";
import { h } from "./controls/dom.js";
import { t } from "./i18n.js";
import "./theme.js";

for (const card of /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll(".walk-card"))) {
  const stations = /** @type {HTMLElement[]} */ ([...card.querySelectorAll("[data-station]")]);
  const seen = stations.filter((station) => visited(station.dataset.station ?? ""));
  for (const station of seen) station.classList.add("is-visited");
  const next = stations.find((station) => !seen.includes(station));
  if (!seen.length) continue;
  if (next) card.href = next.dataset.href ?? card.href;
  card.append(h("p", { class: "walk-progress" }, next ? t("{count} of {all} seen; it goes on at {claim}.", { count: seen.length, all: stations.length, claim: next.dataset.station ?? "" })
    : t("All {all} seen.", { all: stations.length })));
}
