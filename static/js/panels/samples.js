// @ts-check
/**
 * What the net wrote as it learned: the sample of the playhead's moment, and all before it as a list to scrub through.
 *
 * Roles: `sample` (a text), `step` (when it was written), `loss` (held-out loss then).
 */

/** @import { Context, Picture } from "../types.d.ts" */

import { h } from "../controls/dom.js";
import { formatNumber } from "../number.js";

const SNIPPET = 90;

/** @param {HTMLElement} host @param {Context} panel @returns {Promise<Picture>} */
export async function create(host, panel) {
  const { t } = panel;
  const head = h("p", { class: "sample-head", "aria-live": "off" });
  const text = h("pre", { class: "sample-text", tabindex: 0, "aria-label": t("Sample") });
  const list = h("ol", { class: "sample-list", "aria-label": t("Earlier samples") });
  const element = h("div", { class: "samples" }, h("div", { class: "sample-now" }, head, text), list);
  host.append(element);
  /** @type {{step: number, at: number, loss: number, text: string, row: HTMLElement}[]} */
  let samples = [];
  /** @type {import("../history.js").History|null} */
  let history = null;
  let read = 0;
  /** @type {typeof samples[number]|null} */
  let shown = null;

  function gather() {
    if (panel.history !== history) {
      history = panel.history;
      samples = [];
      read = 0;
      shown = null;
      list.replaceChildren();
    }
    const texts = panel.data.texts("sample");
    for (; read < texts.length; read += 1) {
      const { step: at, text: written } = texts[read];
      const step = Number(panel.data.still("step", at)?.values[0] ?? at);
      const loss = Number(panel.data.still("loss", at)?.values[0] ?? NaN);
      const row = h("button", { type: "button", class: "sample-row", on: { click: () => panel.seek(Math.max(step, at)) } },
        h("span", { class: "sample-step" }, formatNumber(step)),
        h("span", { class: "sample-loss" }, Number.isFinite(loss) ? loss.toFixed(2) : "–"),
        h("span", { class: "sample-snippet" }, written.replaceAll("\n", "↵").slice(0, SNIPPET)));
      samples.push({ step, at, loss, text: written, row });
      list.prepend(h("li", {}, row));
    }
  }

  function show() {
    const now = samples.filter(({ at }) => at <= panel.step).at(-1) ?? samples[0];
    if (now === shown || !now) return;
    shown?.row.removeAttribute("aria-current");
    now.row.setAttribute("aria-current", "true");
    shown = now;
    text.textContent = now.text;
    head.textContent = Number.isFinite(now.loss)
      ? t("Written at step {step}, held-out loss {loss} nats a character", { step: formatNumber(now.step), loss: now.loss.toFixed(3) })
      : t("Written at step {step}", { step: formatNumber(now.step) });
    element.dataset.step = String(now.step);
  }

  return {
    update() {
      gather();
      show();
    },
    playhead: show,
  };
}
