// @ts-check
// Notices across the top of a page: what happened, and what can be done about it. One for each subject.

import { h } from "./controls/dom.js";
import { t } from "./i18n.js";
import { icon } from "./icons.js";

const shown = new Map();

/**
 * Show a notice, in place of an earlier one on the same subject.
 * @param {string} subject
 * @param {{kind?: "plain"|"half"|"bad", title: string, lines?: string[], actions?: [string, () => void][],
 *   closable?: boolean}} notice
 */
export function showBanner(subject, { kind = "plain", title, lines = [], actions = [], closable = true }) {
  const banner = h("div", { class: `banner banner-${kind}`, role: kind === "bad" ? "alert" : "status", dataset: { subject } },
    h("strong", {}, title),
    lines.length > 1 && h("ul", {}, ...lines.map((line) => h("li", {}, line))),
    lines.length === 1 && h("span", {}, lines[0]),
    ...actions.map(([label, act]) => h("button", { type: "button", class: "button", on: { click: act } }, label)),
    closable && h("button", { type: "button", class: "icon-button banner-close", "aria-label": t("Close this notice"),
      on: { click: () => hideBanner(subject) } }, icon("close")));
  const before = shown.get(subject);
  if (before) before.replaceWith(banner);
  else document.getElementById("banners")?.append(banner);
  shown.set(subject, banner);
}

/** @param {string} subject */
export function hideBanner(subject) {
  shown.get(subject)?.remove();
  shown.delete(subject);
}
