/**
 * A net as a program: asks the run for its code, shows it, and hands it out as a file.
 *
 * Role: `text`, the answer's text. Options: `question`, what is asked (the number of the series in focus is added as
 * `series`, the option, default "net"); `file`, name of the file.
 */

import { h, swatch, visibleColor } from "../controls/dom.js";
import { download } from "../export.js";
import { copyText } from "../state.js";

/** @param {HTMLElement} host @param {object} panel @param {object} lab */
export async function create(host, panel, lab) {
  const { t } = lab;
  const { arrays, options } = panel;
  const who = h("p", { class: "code-who" });
  const words = h("p", { class: "hint" }, options.hint ?? "");
  const code = h("pre", { class: "code-text", tabindex: 0, hidden: true, "aria-label": panel.title });
  const problem = h("p", { class: "field-problem", role: "alert", hidden: true });
  const save = h("button", { type: "button", class: "button", on: { click: () => withCode((text) => (
    download(new Blob([text], { type: "text/x-python" }), options.file ?? `${lab.name}.py`))) } }, t("Download"));
  const copy = h("button", { type: "button", class: "button", on: { click: () => withCode((text) => copyText(text, t("Code copied."))) } }, t("Copy"));
  const show = h("button", { type: "button", class: "button", "aria-expanded": "false", on: { click: () => {
    if (code.hidden) withCode(unfold); else fold();
  } } }, t("Show"));
  const element = h("div", { class: "code-panel" }, words, who, h("div", { class: "code-tools" }, save, copy, show), problem, code);
  host.append(element);

  async function withCode(act) {
    problem.hidden = true;
    try {
      const answer = await lab.ask({ ...options.question, [options.series ?? "net"]: lab.focus });
      act(answer.texts[arrays.text]);
    } catch (reason) {
      problem.textContent = Array.isArray(reason) ? reason.map(({ sentence }) => sentence).join(" ") : t("The server did not answer; try again.");
      problem.hidden = false;
    }
  }

  function unfold(text) {
    code.textContent = text;
    code.hidden = false;
    show.textContent = t("Hide");
    show.setAttribute("aria-expanded", "true");
  }

  function fold() {
    code.hidden = true;
    show.textContent = t("Show");
    show.setAttribute("aria-expanded", "false");
  }

  function name() {
    const style = lab.series(lab.focus);
    who.replaceChildren(swatch({ color: visibleColor(style.color), dash: style.dash }), h("strong", {}, style.name));
  }
  const onFocus = () => {
    name();
    fold();
  };
  lab.addEventListener("focus", onFocus);

  return {
    scene: name,
    theme: name,
    destroy() {
      lab.removeEventListener("focus", onFocus);
      element.remove();
    },
  };
}
