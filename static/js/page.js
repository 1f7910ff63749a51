// @ts-check
// What stands round the laboratory: notices, the columns' fixed parts, keys, and the wait for the drawing library.

import { withNobodyChosen } from "./address.js";
import { hideBanner, showBanner } from "./banners.js";
import { mountClaims } from "./claims.js";
import { h } from "./controls/dom.js";
import { mountExport } from "./export.js";
import { mountGlance } from "./glance.js";
import { boot, t } from "./i18n.js";
import { formatCount } from "./number.js";
import { copyText, goTo } from "./state.js";
import { mountWalk } from "./walk.js";

/** @import { Laboratory } from "./laboratory.js" */
/** @import { PageMemory } from "./state.js" */
/** @import { Session } from "./session.js" */
/** @import { Transport } from "./transport.js" */
/** @import { Picture, Problem } from "./types.d.ts" */

/** @param {string} id @returns {HTMLElement} */
export const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/**
 * Fill the columns: hint, link, presets, export, claims.
 * @param {Laboratory} lab
 * @param {{memory: PageMemory, pictures: () => Picture[], link: () => ReturnType<PageMemory["link"]>}} parts
 *   pictures: those in view that can be saved, the stage's first; link: writes the state and gives its address
 */
export function buildColumns(lab, { memory, pictures, link }) {
  const live = JSON.stringify(boot.schema ?? {}).includes('"effect":"live"');
  byId("live-hint").hidden = !live;
  byId("live-hint").replaceChildren(h("span", { class: "live-dot", "aria-hidden": "true" }),
    t("When you change one of these settings during a run, it changes the run from the playhead on. Hold Shift to run again from the start."));
  byId("copy-link").addEventListener("click", async () => {
    const { href, whole } = await link();
    await copyText(href, whole ? t("Link copied: it opens exactly this.")
      : t("Link copied. It opens this in this browser only: a text or a net is too long for a link."));
  });
  byId("reset-all").addEventListener("click", () => lab.load({}));
  if (boot.presets?.length && !document.querySelector("[data-starts]")) { // else a control offers them
    byId("presets").append(h("details", { class: "presets" }, h("summary", {}, t("Start from a prepared run")),
      h("div", { class: "preset-list" }, ...boot.presets.map((/** @type {import("./types.d.ts").Preset} */ preset) => h("button", { type: "button", class: "preset",
        on: { click: () => openPreset(lab, preset) } }, preset.title)))));
  }
  mountOpeners(lab);
  for (const formula of document.querySelectorAll(".prose .display")) { // what scrolls must be reachable by keyboard
    if (formula.scrollWidth > formula.clientWidth) formula.setAttribute("tabindex", "0");
  }
  mountJumps();
  mountExport(byId("export-menu"), lab, () => pictures()[0] ?? {});
  const stage = /** @type {HTMLElement} */ (document.querySelector(".lab-stage"));
  mountGlance(byId("controls-column"), stage, () => leadTo(byId("stage")), () => pictures().slice(0, 2));
  mountWalk(stage, mountClaims(byId("notes"), byId("claims-rest"), lab), lab);
  if (boot.problems?.length) {
    showBanner("link", { kind: "bad", title: t("This link could not be opened; you see the default settings."),
      lines: boot.problems.map((/** @type {Problem} */ problem) => problem.sentence) });
  } else offerToContinue(memory);
}

/** Say of which step the pictures are, where they are not of the playhead's; null: they are. @param {number|null} step */
export function sayStill(step) {
  const host = byId("transport");
  const before = host.querySelector(".still-note");
  if (step === null) {
    before?.remove();
    return;
  }
  const note = before ?? host.appendChild(h("p", { class: "still-note", role: "status" }));
  note.textContent = t("The pictures are of step {step}.", { step: formatCount(step) });
}

/** What runs can be seen in another laboratory: a button for each question whose answer opens one. @param {Laboratory} lab */
function mountOpeners(lab) {
  for (const [name, { title, arrays }] of Object.entries(/** @type {Record<string, import("./types.d.ts").Question>} */ (boot.questions ?? {}))) {
    if (!("opens" in arrays)) continue;
    const button = h("button", { type: "button", class: "button opener", on: { click: async () => {
      button.disabled = true;
      try {
        const { laboratory, params, problem, set, title: label } = JSON.parse((await lab.ask(name)).texts.opens);
        if (laboratory) goTo(laboratory, params);
        else {
          showBanner("opens", { kind: "half", title: problem, actions: [[label, () => {
            hideBanner("opens");
            lab.change(set);
          }]] });
        }
      } catch (problems) {
        if (Array.isArray(problems)) sayProblems(problems);
      }
      button.disabled = false;
    } } }, title);
    byId("presets").after(button);
  }
}

/** @param {PageMemory} memory */
function offerToContinue(memory) {
  const kept = memory.remembered();
  if (!kept) return;
  showBanner("continue", { title: t("You were here before."), actions: [[t("Continue where you were"), () => {
    const address = new URL(location.href);
    address.searchParams.set("state", kept);
    location.assign(address);
  }]] });
}

/** A prepared run opens on the tab that shows it. @param {Laboratory} lab @param {import("./types.d.ts").Preset} preset */
export function openPreset(lab, preset) {
  const { tab: _tab, ...kept } = withNobodyChosen(lab.view);
  lab.load(preset.params, { view: { ...kept, ...(preset.view ? { tab: preset.view } : {}) } });
}

/** Scroll to a part of the page. @param {Element} part */
function leadTo(part) {
  part.scrollIntoView({ behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth", block: "start" });
}

/** On a narrow screen everything is stacked: a row of buttons leads to each part. */
function mountJumps() {
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-jump]"))) {
    const target = byId(button.dataset.jump ?? "");
    // Of the notes the first part is read beside the picture: the button leads to the rest.
    const place = () => (getComputedStyle(target).display === "contents" ? target.children[1] ?? target : target);
    button.addEventListener("click", () => leadTo(place()));
  }
}

/**
 * Say when the connection is lost, and when the next attempt is; leave and come back with the page.
 * @param {Session} session
 */
export function watchConnection(session) {
  addEventListener("online", () => session.retry());
  addEventListener("pagehide", () => session.close());
  addEventListener("pageshow", (event) => { if (event.persisted) session.resume(); });
  session.addEventListener("status", (event) => {
    const { detail } = /** @type {CustomEvent<{connected: boolean, wait: number}>} */ (event);
    document.documentElement.dataset.connected = String(detail.connected);
    if (detail.connected) {
      hideBanner("connection");
      return;
    }
    if (!detail.wait) return; // closed for idleness: the next request connects again
    showBanner("connection", { kind: "half", closable: false, title: t("The connection to the server is lost."),
      lines: [t("Everything you set is kept. Trying again in {seconds} s.", { seconds: Math.ceil(detail.wait / 1000) })],
      actions: [[t("Try now"), () => session.retry()]] });
  });
}

/** Say in words on top what the server refused. @param {Problem[]} problems @param {boolean} [upload] of a visitor's file */
export function sayProblems(problems, upload = false) {
  const sentences = problems.map((problem) => problem.sentence);
  const about = problems.some((problem) => problem.path);
  const one = sentences.length === 1;
  let title = t("Message from the server:");
  if (upload) title = t("This checkpoint cannot be used; the run goes on as it was.");
  else if (about) title = one ? t("This setting does not work:") : t("These settings do not work:");
  showBanner("problems", { kind: about ? "bad" : "half", lines: sentences, title });
}

/** The transport's keys, wherever the focus is, unless what has it uses them. @param {Transport} transport */
export function listenToKeys(transport) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || isTyping(event) || scrolls(event)) return;
    if (transport.key(event)) event.preventDefault();
  });
}

/** Keys belong to what has the focus where it uses them: text boxes, sliders, menus, dialogs, buttons (space). @param {KeyboardEvent} event */
function isTyping(event) {
  const { target } = event;
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest("dialog, [role=menu], [role=tablist]") || target.isContentEditable) return true;
  if (target.matches(".scrubber")) return false;
  if (target.matches("input, select, textarea")) return true;
  return (event.key === " " || event.key === "Enter") && target.matches("button, a, summary");
}

/** Whether a key scrolls a table or a formula that has the focus. @param {KeyboardEvent} event */
function scrolls(event) {
  const across = event.key === "ArrowLeft" || event.key === "ArrowRight";
  if (!across && !["Home", "End", " "].includes(event.key)) return false;
  const region = event.target instanceof HTMLElement ? event.target.closest("[tabindex='0']") : null;
  if (!region) return false;
  const { overflowX, overflowY } = getComputedStyle(region);
  return across ? /auto|scroll/.test(overflowX) && region.scrollWidth > region.clientWidth
    : /auto|scroll/.test(overflowY) && region.scrollHeight > region.clientHeight;
}

/** Resolved when Plotly is there, or when it is known not to come; a page that has not begun to load it does so now. */
export function plotlyLoaded() {
  if ("Plotly" in window) return Promise.resolve();
  const script = byId("plotly") ?? h("script", { id: "plotly", src: `${boot.static}/plotly.min.js`, async: true });
  if (!script.isConnected) document.head.append(script);
  return new Promise((resolve) => {
    script.addEventListener("load", resolve);
    script.addEventListener("error", () => {
      showBanner("plotly", { kind: "bad", title: t("The drawing library could not be loaded."),
        lines: [t("Reload the page to try again; the numbers are in the tables.")] });
      resolve(undefined);
    });
  });
}

/** Say that a link names something long that is nowhere to be found. */
export function sayTextMissing() {
  showBanner("text", { kind: "half", title: t("This link was made with a text or a net that is not in this browser."),
    lines: [t("Paste the text or open the net again; until then you see what comes with the page.")] });
}
