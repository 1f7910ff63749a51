// @ts-check
/**
 * Who is ahead at the playhead: a podium, a table of ranks and values, and in words what became of each.
 *
 * Roles: `losses` (series, step), the least is best; `status` (series,), codes into the scene's text `outcomes`;
 * `finish_steps` (series,), -1 where none. `outcomes` is a JSON list of {words, tone, end}: `{n}` in the words is the
 * step; end "reached" is that of `finish_steps`, "left" that of the first value that is no number; the first entry is
 * for those on their way, `words_at_end` what it says when the run is over.
 * Perhaps `ghost_losses`, `ghost_status`, `ghost_finish_steps`: the same as it would have gone on without a change.
 * Options: `items`, the parameter that lists the series.
 */

/** @import { Context, Picture } from "../types.d.ts" */
/** @import { Standing } from "../controls/cards.js" */

import { STANDINGS } from "../controls/cards.js";
import { h, swatch, visibleColor } from "../controls/dom.js";
import { describe, summary } from "../controls/schema.js";
import { formatNumber } from "../number.js";
import { firstNonFinite, ranking } from "./parts/outcome.js";
import { paced } from "./parts/paced.js";
import { unpressed } from "./parts/unpressed.js";

/** @typedef {{words: string, words_at_end?: string, tone: string, end?: "reached"|"left"}} Outcome */
/** @typedef {{index: number, loss: number, out: boolean, finish: number, outcome: Outcome, rank: number, ghost: boolean}} Racer */

const PAUSE = 120;
/** @type {Outcome} */
const ON_ITS_WAY = { words: "", tone: "" };

/** @param {HTMLElement} host @param {Context} panel @returns {Promise<Picture>} */
export async function create(host, panel) {
  const { t, options } = panel;
  const itemsName = options.items ?? "";
  const { node, schema } = panel.schemaOf(itemsName);
  const field = node && schema && describe(itemsName, node, schema);
  const cards = field?.kind === "cards" ? field : null;

  const podium = h("ol", { class: "podium", "aria-hidden": "true" });
  const body = h("tbody");
  const table = h("table", { class: "ranking" },
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, h("span", { class: "hidden" }, t("Rank"))), h("th", { scope: "col" }, t("Racer")),
      h("th", { scope: "col", class: "is-number" }, t("Loss")), h("th", { scope: "col" }, t("Outcome")))), body);
  const news = h("p", { class: "hidden", role: "status", "aria-live": "polite" });
  const element = h("div", { class: "ranking-panel" }, podium, table, news);
  host.append(element);

  /** @type {{rows: ReturnType<makeRow>[], own: number, leftAt: Record<string, number[]>, outcomes: Outcome[], told: string, away: boolean}} */
  const state = { rows: [], own: 0, leftAt: {}, outcomes: [ON_ITS_WAY], told: "", away: false };

  /** How everyone stands at the playhead, those behind a fork twice. @returns {Racer[]} */
  function racersNow() {
    const racers = [...standing(""), ...standing("ghost_")];
    ranking(racers).forEach((i, place) => { racers[i].rank = place + 1; });
    return racers;
  }

  /** @param {string} kind prefix of the roles @returns {Racer[]} */
  function standing(kind) {
    const losses = panel.data.series(`${kind}losses`);
    if (!losses) return [];
    const finish = panel.data.still(`${kind}finish_steps`, panel.history.lastStep)?.values ?? [];
    const status = panel.data.still(`${kind}status`)?.values ?? [];
    const at = Math.min(panel.step, losses.length - 1);
    if (kind && Number.isNaN(losses.at(0, at)) && !status.length) return []; // not forked yet
    const left = state.leftAt[kind] ?? [];
    return Array.from({ length: losses.rows }, (_, i) => {
      const out = panel.step >= left[i];
      const finished = finish[i] >= 0 && finish[i] <= panel.step ? finish[i] : -1;
      const judged = state.outcomes[status[i]] ?? state.outcomes[0];
      const ended = state.outcomes.find(({ end }) => end && end === (out ? "left" : finished >= 0 ? "reached" : ""));
      return { index: i, loss: losses.at(i, at), out, finish: finished,
        outcome: ended ?? (judged.end ? state.outcomes[0] : judged), rank: 0, ghost: kind !== "" };
    });
  }

  /** @param {Racer} racer */
  function words({ index, outcome, finish, ghost }) {
    const over = outcome === state.outcomes[0] && panel.history.final && panel.step >= panel.history.lastStep;
    const n = outcome.end === "left" ? state.leftAt[ghost ? "ghost_" : ""][index] : finish;
    return (over && outcome.words_at_end || outcome.words).replace("{n}", formatNumber(n));
  }

  /** @param {number} index */
  function makeRow(index) {
    const cells = { rank: h("td", { class: "rank" }), swatch: h("span", { class: "row-swatch" }), name: h("span", { class: "row-name" }),
      about: h("span", { class: "row-about" }), loss: h("td", { class: "is-number" }), outcome: h("td", { class: "outcome" }) };
    const button = h("button", { type: "button", class: "row-button", on: { click: () => panel.focus = index } },
      cells.swatch, h("span", { class: "row-words" }, cells.name, cells.about));
    return { ...cells, button, style: "", element: h("tr", { dataset: { index: String(index) } }, cells.rank, h("td", {}, button), cells.loss, cells.outcome) };
  }

  function show() {
    if (panel.history.lastStep < 0 || state.away) return;
    const racers = racersNow();
    const own = racers.filter(({ ghost }) => !ghost);
    const rowOf = (/** @type {Racer} */ racer) => state.rows[racer.index + (racer.ghost ? own.length : 0)];
    if (state.own !== own.length) state.rows = [];
    state.own = own.length;
    while (state.rows.length < racers.length) state.rows.push(makeRow(racers[state.rows.length].index));
    state.rows.length = racers.length;
    const hidden = panel.hidden;
    const order = [...racers].sort((a, b) => a.rank - b.rank);
    for (const racer of order) fill(rowOf(racer), racer, hidden.has(racer.index));
    const wanted = order.map((racer) => rowOf(racer).element);
    if (wanted.length !== body.children.length || wanted.some((row, i) => row !== body.children[i])) {
      const focused = body.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement) : null;
      body.replaceChildren(...wanted);
      focused?.focus({ preventScroll: true });
    }
    showPodium(order);
    tell(order);
    element.dataset.step = String(panel.step);
    post(own.map((racer) => ({ loss: racer.loss, rank: racer.out ? 0 : racer.rank, out: racer.out, status: words(racer) })));
  }

  /** Tell the racers' cards; nothing while this panel's tab is closed: a race goes on unseen. @param {Standing[]|null} standings */
  function post(standings) {
    document.dispatchEvent(new CustomEvent(STANDINGS, { detail: standings }));
  }

  /** @param {ReturnType<makeRow>} row @param {Racer} racer @param {boolean} isHidden */
  function fill(row, racer, isHidden) {
    const look = panel.series(racer.index);
    const style = racer.ghost ? { ...look, name: t("{name}, unchanged", { name: look.name }), dash: "dot" } : look;
    row.element.classList.toggle("is-ghost", racer.ghost);
    const key = JSON.stringify([style.name, style.color, style.dash, document.documentElement.dataset.theme]);
    if (row.style !== key) {
      row.style = key;
      row.swatch.replaceChildren(swatch({ color: visibleColor(style.color), dash: style.dash }, 22));
      row.name.textContent = style.name;
    }
    put(row.about, racer.ghost ? "" : about(racer.index));
    put(row.rank, racer.out ? "–" : String(racer.rank));
    put(row.loss, racer.out ? "—" : formatNumber(racer.loss, 3));
    put(row.outcome, words(racer));
    row.outcome.dataset.tone = racer.outcome.tone;
    row.element.classList.toggle("is-focus", panel.focus === racer.index && !racer.ghost);
    row.element.classList.toggle("is-hidden", isHidden);
    row.button.setAttribute("aria-pressed", String(panel.focus === racer.index));
  }

  /** @param {number} index */
  function about(index) {
    const item = panel.params[itemsName]?.[index];
    const variant = item && cards?.variants.find((one) => one.tag === item[cards.discriminator]);
    return variant ? summary(item, variant, (number) => formatNumber(number, 3)) : "";
  }

  /** @param {Racer[]} order */
  function showPodium(order) {
    const winners = order.filter((racer) => racer.finish >= 0 && !racer.ghost).slice(0, 3);
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

  /** Only what happened is told aloud, and once. @param {Racer[]} order */
  function tell(order) {
    const happened = order.filter((racer) => racer.outcome.end && !racer.ghost)
      .map((racer) => `${panel.series(racer.index).name}: ${words(racer)}`).join(". ");
    if (happened === state.told) return;
    state.told = happened;
    news.textContent = happened;
  }

  /** Numbers change a few times a second: faster nobody reads. */
  const { now, soon } = paced(unpressed(body, show, panel.signal), PAUSE, panel.signal);

  return {
    update() {
      for (const kind of ["", "ghost_"]) {
        const losses = panel.data.series(`${kind}losses`);
        state.leftAt[kind] = losses ? Array.from({ length: losses.rows }, (_, i) => firstNonFinite(losses, i)) : [];
      }
      soon();
    },
    playhead() {
      state.away = false;
      soon();
    },
    hide() {
      state.away = true;
      post(null);
    },
    theme: now,
    scene(scene) {
      state.outcomes = JSON.parse(scene.texts[panel.keyOf("outcomes")] ?? "[]");
      if (!state.outcomes.length) state.outcomes = [ON_ITS_WAY];
      soon();
    },
    focus: soon,
    view: soon,
    params: soon,
  };
}

/** @param {HTMLElement} element @param {string} text */
function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
