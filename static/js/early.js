// @ts-check
// Runs before the first paint (a classic script, not a module): no flash of the wrong theme.
(function () {
  let choice = "auto";
  try { choice = localStorage.getItem("descentlab.theme") || "auto"; } catch { /* private mode */ }
  const dark = choice === "dark" || (choice === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  document.documentElement.dataset.themeChoice = choice;
})();
