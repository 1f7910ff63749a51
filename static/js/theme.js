// @ts-check
// Light, dark or as the system has it; and the language switch. Both are on every page.

import { t } from "./i18n.js";
import { icon } from "./icons.js";

const KEY = "descentlab.theme";
const CHOICES = ["auto", "light", "dark"];
const system = matchMedia("(prefers-color-scheme: dark)");
const root = document.documentElement;

/** Tells with a "theme" event on `window` that the colours have changed. @param {string} choice */
function apply(choice) {
  const dark = choice === "dark" || (choice === "auto" && system.matches);
  root.dataset.themeChoice = choice;
  const theme = dark ? "dark" : "light";
  const changed = root.dataset.theme !== theme;
  root.dataset.theme = theme;
  if (changed) dispatchEvent(new Event("theme"));
}

/** @param {HTMLElement} button */
function setUpTheme(button) {
  const show = () => {
    const choice = /** @type {"auto"|"light"|"dark"} */ (root.dataset.themeChoice ?? "auto");
    const names = { auto: t("as the system"), light: t("light"), dark: t("dark") };
    button.replaceChildren(icon(choice));
    const label = t("Colours: {choice}", { choice: names[choice] });
    button.setAttribute("aria-label", label);
    button.title = label;
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    const choice = CHOICES[(CHOICES.indexOf(root.dataset.themeChoice ?? "auto") + 1) % CHOICES.length];
    try { localStorage.setItem(KEY, choice); } catch { /* private mode: it holds for this page */ }
    apply(choice);
    show();
  });
  system.addEventListener("change", () => apply(root.dataset.themeChoice ?? "auto"));
  show();
}

/** The same page in another language: all of the address stays but `lang`. @param {HTMLSelectElement} select */
function setUpLanguage(select) {
  select.addEventListener("change", () => {
    dispatchEvent(new Event("leaving"));
    const address = new URL(location.href);
    address.searchParams.set("lang", select.value);
    location.assign(address);
  });
}

const themeButton = document.getElementById("theme-switch");
if (themeButton) setUpTheme(themeButton);
const languageSelect = document.getElementById("language-switch");
if (languageSelect) setUpLanguage(/** @type {HTMLSelectElement} */ (languageSelect));
