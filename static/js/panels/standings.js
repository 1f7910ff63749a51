/**
 * Who is ahead at the playhead: a podium, a table of ranks and losses, and in words what became of each.
 *
 * Roles: `losses` (racer, step), `status` (racer,) codes that the scene's text `statuses` names, `finish_steps`
 * (racer,), -1 where none. Options: `items`, the parameter that lists the racers.
 */

/** @import { Context, Picture } from "../types.d.ts" */

import { STANDINGS } from "../controls/cards.js";
import { h, swatch, visibleColor } from "../controls/dom.js";
import { describe, summary } from "../controls/schema.js";
import { formatNumber } from "../i18n.js";
import { firstNonFinite, ranking } from "./parts/outcome.js";

const PAUSE = 120;

/** @param {HTMLElement} host @param {Context} panel @returns {Promise<Picture>} */
export async function create(host, panel) {
  const { t } = panel;
  const { options } = panel;
  const itemsName = options.items ?? "racers";
  const { node, schema } = panel.schemaOf(itemsName);
  const field = node && describe(itemsName, node, schema);

  const podium = h("ol", { class: "podium", "aria-hidden": "true" });
  const body = h("tbody");
  const table = h("table", { class: "standings" },
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, h("span", { class: "hidden" }, t("Rank"))), h("th", { scope: "col" }, t("Racer")),
      h("th", { scope: "col", class: "is-number" }, t("Loss")), h("th", { scope: "col" }, t("Outcome")))), body);
  const news = h("p", { class: "hidden", role: "status", "aria-live": "polite" });
  const element = h("div", { class: "standings-panel" }, podium, table, news);
  host.append(element);

  const state = { history: null, step: 0, rows: [], leftAt: [], timer: 0, last: 0, told: "" };

  /** How everyone stands at the playhead. */
  function standings() {
    const losses = panel.data.series("losses");
    if (!losses) return [];
    const finish = panel.data.still("finish_steps", state.history.lastStep)?.values ?? [];
    const status = panel.data.still("status")?.values ?? [];
    const names = JSON.parse(panel.scene?.texts.statuses ?? "[]");
    const at = Math.min(state.step, losses.length - 1);
    const racers = Array.from({ length: losses.rows }, (_, i) => {
      const out = state.step >= state.leftAt[i];
      const finished = finish[i] >= 0 && finish[i] <= state.step ? finish[i] : -1;
      const code = names[status[i]] ?? "running";
      return { index: i, loss: losses.at(i, at), out, finish: finished,
        state: out ? "diverged" : finished >= 0 ? "finished" : code === "finished" || code === "diverged" ? "running" : code };
    });
    ranking(racers).forEach((i, place) => { racers[i].rank = place + 1; });
    return racers;
  }

  function words(racer) {
    const n = formatNumber(racer.state === "diverged" ? state.leftAt[racer.index] : racer.finish);
    switch (racer.state) {
      case "diverged": return Number.isFinite(state.leftAt[racer.index]) ? t("diverged at step {n}", { n }) : t("diverged");
      case "finished": return t("finished at step {n}", { n });
      case "minimum": return t("stuck in another minimum");
      case "saddle": return t("stuck at a saddle");
      case "plateau": return t("stuck on a plateau");
      case "stopped": return t("hardly moves");
      case "escaped": return t("no bottom: left the picture");
      default: return state.history.final && state.step >= state.history.lastStep ? t("not there yet") : t("running");
    }
  }

  function makeRow(index) {
    const cells = { rank: h("td", { class: "rank" }), swatch: h("span", { class: "row-swatch" }), name: h("span", { class: "row-name" }),
      about: h("span", { class: "row-about" }), loss: h("td", { class: "is-number" }), outcome: h("td", { class: "outcome" }) };
    const button = h("button", { type: "button", class: "row-button", on: { click: () => panel.focus = index } },
      cells.swatch, h("span", { class: "row-words" }, cells.name, cells.about));
    return { ...cells, button, style: "", element: h("tr", { dataset: { index: String(index) } }, cells.rank, h("td", {}, button), cells.loss, cells.outcome) };
  }

  function show() {
    clearTimeout(state.timer);
    state.timer = 0;
    state.last = performance.now();
    if (!state.history) return;
    const racers = standings();
    while (state.rows.length < racers.length) state.rows.push(makeRow(state.rows.length));
    state.rows.length = racers.length;
    const hidden = panel.hidden;
    const order = [...racers].sort((a, b) => a.rank - b.rank);
    for (const racer of order) fill(state.rows[racer.index], racer, hidden.has(racer.index));
    const wanted = order.map((racer) => state.rows[racer.index].element);
    if (wanted.length !== body.children.length || wanted.some((row, i) => row !== body.children[i])) {
      const focused = body.contains(document.activeElement) ? document.activeElement : null;
      body.replaceChildren(...wanted);
      focused?.focus({ preventScroll: true });
    }
    showPodium(order);
    tell(order);
    document.dispatchEvent(new CustomEvent(STANDINGS, { detail: racers.map((racer) => ({ loss: racer.loss, rank: racer.out ? 0 : racer.rank, out: racer.out, status: words(racer) })) }));
  }

  function fill(row, racer, isHidden) {
    const style = panel.series(racer.index);
    const key = JSON.stringify([style.name, style.color, style.dash, document.documentElement.dataset.theme]);
    if (row.style !== key) {
      row.style = key;
      row.swatch.replaceChildren(swatch({ color: visibleColor(style.color), dash: style.dash }, 22));
      row.name.textContent = style.name;
    }
    put(row.about, about(racer.index));
    put(row.rank, racer.out ? "–" : String(racer.rank));
    put(row.loss, racer.out ? "—" : formatNumber(racer.loss, 3));
    put(row.outcome, words(racer));
    row.outcome.dataset.state = racer.state;
    row.element.classList.toggle("is-focus", panel.focus === racer.index);
    row.element.classList.toggle("is-hidden", isHidden);
    row.button.setAttribute("aria-pressed", String(panel.focus === racer.index));
  }

  function about(index) {
    const item = panel.params[itemsName]?.[index];
    const variant = item && field?.variants?.find((one) => one.tag === item[field.discriminator]);
    return variant ? summary(item, variant, (number) => formatNumber(number, 3)) : "";
  }

  function showPodium(order) {
    const winners = order.filter((racer) => racer.finish >= 0).slice(0, 3);
    podium.hidden = winners.length === 0;
    const key = winners.map((racer) => `${racer.index}:${racer.finish}:${panel.series(racer.index).name}:${document.documentElement.dataset.theme}`).join();
    if (podium.dataset.key === key) return;
    podium.dataset.key = key;
    podium.replaceChildren(...winners.map((racer, place) => {
      const style = panel.series(racer.index);
      return h("li", { class: `podium-step podium-${place + 1}`, style: `--racer: ${visibleColor(style.color)}` },
        h("span", { class: "podium-name" }, style.name), h("span", { class: "podium-steps" }, t("{n} steps", { n: formatNumber(racer.finish) })),
        h("span", { class: "podium-block" }, String(place + 1)));
    }));
  }

  /** Only what happened is told aloud, and once. */
  function tell(order) {
    const happened = order.filter((racer) => racer.state === "finished" || racer.state === "diverged")
      .map((racer) => `${panel.series(racer.index).name}: ${words(racer)}`).join(". ");
    if (happened === state.told) return;
    state.told = happened;
    news.textContent = happened;
  }

  /** Numbers change a few times a second: faster nobody reads. */
  function soon() {
    if (state.timer) return;
    state.timer = setTimeout(show, Math.max(0, state.last + PAUSE - performance.now()));
  }

  return {
    update(history) {
      state.history = history;
      const losses = panel.data.series("losses");
      state.leftAt = losses ? Array.from({ length: losses.rows }, (_, i) => firstNonFinite(losses, i)) : [];
      soon();
    },
    playhead(step) {
      state.step = step;
      soon();
    },
    theme: show,
    scene: soon,
    focus: soon,
    view: soon,
    params: soon,
    destroy: () => clearTimeout(state.timer),
  };
}

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
