// @ts-check
/**
 * A net as a program: asks the run for its code, shows it, and hands it out as a file.
 *
 * Role: `text`, the answer's text. Question: `text`, asked with the number of the series in focus (the parameter that the
 * option `series` names, "net" if none); with the option `choices` ({name, title, options: [{value, label}]}) with what was
 * chosen instead, and with the series only where `series` is there. Options: `file`, name of the file; `newest`: of the run
 * as far as it has come, wherever the playhead stands; `beside`: the question of another panel, whose settings this one has too.
 */

/** @import { Context, Picture } from "../types.d.ts" */

import { h, swatch, visibleColor } from "../controls/dom.js";
import { choice } from "../controls/tools.js";
import { download } from "../export.js";
import { copyText } from "../state.js";
import { sentenceOf } from "./parts/asking.js";

export const words = true;

/** @param {HTMLElement} host @param {Context} panel @returns {Promise<Picture>} */
export async function create(host, panel) {
  const { t } = panel;
  const { options } = panel;
  const who = h("p", { class: "code-who" });
  const about = h("p", { class: "hint" }, options.hint ?? "");
  const code = h("pre", { class: "code-text", tabindex: 0, hidden: true, "aria-label": panel.title });
  const problem = h("p", { class: "field-problem", role: "alert", hidden: true });
  const save = h("button", { type: "button", class: "button", on: { click: () => withCode((text) => (
    download(new Blob([text], { type: "text/x-python" }), options.file ?? `${panel.name}.py`))) } }, t("Download"));
  const copy = h("button", { type: "button", class: "button", on: { click: () => withCode((text) => copyText(text, t("Code copied."))) } }, t("Copy"));
  const show = h("button", { type: "button", class: "button", "aria-expanded": "false", on: { click: () => {
    if (code.hidden) showCode(); else fold();
  } } }, t("Show"));
  const { choices } = options;
  let chosen = choices?.options[0].value;
  const menu = choices && choice(choices.title, choices.options.map((/** @type {{value: string, label: string}} */ one) => [one.value, one.label]), chosen, (value) => {
    chosen = value;
    if (!code.hidden) showCode();
  }).element;
  const element = h("div", { class: "code-panel" }, menu, about, who, h("div", { class: "code-tools" }, save, copy, show), problem, code);
  host.append(element);

  /** @returns {Record<string, any>} */
  function question() {
    const series = choices && !options.series ? {} : { [options.series ?? "net"]: panel.focus };
    return { ...(options.beside && panel.view(`ask:${options.beside}`)), ...series, ...(choices && { [choices.name]: chosen }) };
  }

  /** How often the shown program was to be another. */
  let turns = 0;

  /** Show the program: the one that was asked for last, unless it was folded meanwhile. */
  function showCode() {
    turns += 1;
    const turn = turns;
    withCode((text) => { if (turn === turns) unfold(text); });
  }

  /** @param {(text: string) => unknown} act */
  async function withCode(act) {
    problem.hidden = true;
    try {
      const answer = await panel.ask("text", question(), { now: Boolean(options.newest) });
      act(answer.texts[panel.keyOf("text")]);
    } catch (reason) {
      problem.textContent = sentenceOf(reason) || t("The server did not answer; try again.");
      problem.hidden = false;
    }
  }

  /** @param {string} text */
  function unfold(text) {
    code.textContent = text;
    code.hidden = false;
    show.textContent = t("Hide");
    show.setAttribute("aria-expanded", "true");
  }

  function fold() {
    turns += 1;
    code.hidden = true;
    show.textContent = t("Show");
    show.setAttribute("aria-expanded", "false");
  }

  function name() {
    who.hidden = Boolean(choices);
    const style = panel.series(panel.focus);
    who.replaceChildren(swatch({ color: visibleColor(style.color), dash: style.dash }), h("strong", {}, style.name));
  }
  const onFocus = () => {
    name();
    fold();
  };

  /** On a stage the program is all that there is to see. */
  let first = panel.place === "stage";

  /** The run is another: a program of it is fetched anew where one is shown. */
  function follow() {
    if (first || choices && !code.hidden) showCode();
    first = false;
  }

  return {
    scene() { name(); follow(); },
    update: follow,
    view: () => { if (options.beside && !code.hidden) showCode(); },
    theme: name,
    focus: onFocus,
  };
}
