// @ts-check
// A list of entries (racers, nets): one card each, and a menu that adds another; a button where all are of one kind.
// The hint `series_from` says which series the first entry is, where the list does not hold them all.

/** @import { Factory, Params, Problem, Variant } from "../types.d.ts" */

/** How an entry fares. @typedef {{loss: number, rank?: number, status?: string, out?: boolean}} Standing */

import { fieldSet } from "./compound.js";
import { h, swatch, uniqueId, visibleColor } from "./dom.js";
import { icon } from "../icons.js";
import { formatNumber } from "../number.js";
import { GREY } from "../palette.js";
import { codeButtons } from "./rule.js";
import { same, summary, variantDefault } from "./schema.js";

/** Name of the event on `document` by which a panel tells the cards how each entry fares: `detail` is a list of {loss, rank, status}. */
export const STANDINGS = "descent:standings";

/** Parameters as for every control; the context's `hidden`, `focus`, `onHide` and `onFocus` carry what is view, not parameter. @type {Factory<"cards", Params[]>} */
export function cardsControl(field, value, emit, context) {
  const { t } = context;
  const { discriminator, variants } = field;
  const from = field.hints.series_from ?? 0;
  let items = structuredClone(value);
  /** @type {ReturnType<typeof makeCard>[]} */
  let cards = [];
  const headingId = uniqueId("cards");
  const count = h("span", { class: "cards-count" });
  const list = h("ol", { class: "cards-list" });
  const addLabel = t("Add to “{title}”", { title: field.title });
  const add = discriminator
    ? h("select", { class: "select cards-add", "aria-label": addLabel }, h("option", { value: "" }, t("Add…")),
      ...variants.map((variant) => h("option", { value: variant.tag }, variant.title)))
    : h("button", { type: "button", class: "button cards-add-one", "aria-label": addLabel, on: { click: () => append(variants[0]) } }, t("Add"));
  const problemLine = h("p", { class: "field-problem", hidden: true });
  const element = h("section", { class: "field field-cards", "aria-labelledby": headingId, dataset: { field: field.name } },
    h("div", { class: "cards-head" }, h("h3", { id: headingId }, field.title), count,
      h("span", { class: "spring" }), h("span", { class: "cards-adder" }, icon("plus"), add)),
    list, problemLine);

  const allHidden = () => context.hidden?.() ?? [];
  const hidden = () => new Set(allHidden().filter((i) => i >= from).map((i) => i - from));
  const hide = (/** @type {number[]} */ entries) => context.onHide?.([...allHidden().filter((i) => i < from), ...entries.map((i) => i + from)]);
  const focused = () => (context.focus?.() ?? -1) - from;
  const focusOn = (/** @type {number} */ index) => context.onFocus?.(index + from);
  const variantOf = (/** @type {Params} */ item) => (discriminator ? variants.find((variant) => variant.tag === item[discriminator]) : variants[0]);

  /** @param {Params[]} next @param {(i: number) => number[]} moveHidden where a hidden entry is then */
  function restart(next, moveHidden) {
    items = next;
    const shifted = [...hidden()].flatMap(moveHidden);
    build();
    emit(structuredClone(items), { dragging: false, effect: "restart" });
    hide(shifted);
  }

  /** @param {number} index */
  function duplicate(index) {
    restart(items.toSpliced(index + 1, 0, structuredClone(items[index])), (i) => [i > index ? i + 1 : i]);
    focusOn(index + 1);
    cards[index + 1].open(true);
    cards[index + 1].nameButton.focus();
  }

  /** @param {number} index */
  function remove(index) {
    const open = cards.map((card) => card.isOpen()).toSpliced(index, 1);
    const focus = focused();
    restart(items.toSpliced(index, 1), (i) => (i === index ? [] : [i > index ? i - 1 : i]));
    open.forEach((was, i) => cards[i].open(was));
    focusOn(Math.max(from ? -from : 0, Math.min(items.length - 1, focus > index ? focus - 1 : focus)));
    (cards[Math.min(index, cards.length - 1)]?.nameButton ?? add).focus();
  }

  /** @param {number} index */
  function toggle(index) {
    const now = hidden();
    if (now.has(index)) now.delete(index); else now.add(index);
    hide([...now].sort((a, b) => a - b));
    paint();
  }

  if (discriminator) {
    add.addEventListener("change", () => {
      const variant = variants.find((one) => one.tag === add.value);
      add.value = "";
      if (variant) append(variant);
    });
  }

  /** @param {Variant} variant @returns {Params} */
  function newEntry(variant) {
    const { "": _kind, ...entry } = variantDefault(variant, discriminator);
    return entry;
  }

  /** @param {Variant} variant */
  function append(variant) {
    const open = cards.map((card) => card.isOpen());
    restart([...items, newEntry(variant)], (i) => [i]);
    open.forEach((was, i) => cards[i].open(was));
    const last = cards[cards.length - 1];
    focusOn(items.length - 1);
    last.open(true);
    last.nameButton.focus();
    last.element.scrollIntoView({ block: "nearest" });
  }

  /** @param {Params} item @param {number} index */
  function makeCard(item, index) {
    const variant = variantOf(item);
    const bodyId = uniqueId("card");
    const eye = h("button", { type: "button", class: "icon-button card-eye", on: { click: () => toggle(index) } });
    const line = h("span", { class: "card-swatch" });
    const name = h("span", { class: "card-name" });
    const about = h("span", { class: "card-summary" });
    const loss = h("span", { class: "card-loss" });
    const rank = h("span", { class: "card-rank" });
    const nameButton = h("button", { type: "button", class: "card-title", on: { click: () => focusOn(index) } },
      line, h("span", { class: "card-words" }, name, about), loss, rank);
    const fold = h("button", { type: "button", class: "icon-button card-fold", "aria-expanded": "false", "aria-controls": bodyId,
      on: { click: () => { unfold(Boolean(body.hidden)); } } }, icon("chevron"));
    const copy = h("button", { type: "button", class: "button card-copy", on: { click: () => duplicate(index) } },
      icon("copy"), t("Duplicate"));
    const drop = h("button", { type: "button", class: "button card-remove", on: { click: () => remove(index) } },
      icon("trash"), t("Remove"));
    /** @type {ReturnType<typeof fieldSet>|null} */
    let set = null;
    const body = h("div", { class: "card-body", id: bodyId, hidden: true });
    const li = h("li", { class: "card", dataset: { index: String(index) } },
      h("div", { class: "card-head" }, eye, nameButton, fold), body);

    /** The sliders are made when the card is first opened: twelve closed cards cost nothing. */
    function fill() {
      if (set || !variant) return;
      set = fieldSet(variant.fields, items[index], (next, how) => {
        items = items.with(index, discriminator ? { ...next, [discriminator]: variant.tag } : { ...next });
        emit(structuredClone(items), how);
        paint();
      }, context);
      const code = variant.hints.code ? codeButtons(() => items[index], context.t) : [];
      body.append(set.element, h("div", { class: "card-tools" }, copy, drop, ...code));
    }

    /** @param {boolean} open */
    function unfold(open) {
      if (open) fill();
      body.hidden = !open;
      fold.setAttribute("aria-expanded", String(open));
    }

    return {
      element: li, nameButton,
      isOpen: () => !body.hidden,
      open: unfold,
      set(/** @type {Params} */ next) { set?.set(next); },
      clear() { set?.clear(); },
      problem(/** @type {string[]} */ path, /** @type {Problem} */ problem) {
        unfold(true);
        return set?.problem(path, problem) ?? false;
      },
      paint(/** @type {boolean} */ isHidden, /** @type {boolean} */ isFocus) {
        const style = context.series?.(index + from) ?? { name: variant?.title ?? "", color: GREY, dash: "solid" };
        line.replaceChildren(swatch({ ...style, color: visibleColor(style.color) }));
        name.textContent = style.name || variant?.title || "";
        about.textContent = discriminator ? summary(items[index], variant, (number) => formatNumber(number, 3)) : "";
        li.classList.toggle("is-hidden", isHidden);
        li.classList.toggle("is-focus", isFocus);
        nameButton.setAttribute("aria-pressed", String(isFocus));
        eye.replaceChildren(icon(isHidden ? "eyeOff" : "eye"));
        eye.setAttribute("aria-pressed", String(!isHidden));
        eye.setAttribute("aria-label", t("Show {name}", { name: name.textContent }));
        eye.title = isHidden ? t("Show") : t("Hide");
        fold.setAttribute("aria-label", t("Settings of {name}", { name: name.textContent }));
        drop.disabled = items.length <= field.minimum;
        copy.disabled = items.length >= field.maximum;
      },
      stand(/** @type {Standing|undefined} */ standing) {
        loss.textContent = standing && Number.isFinite(standing.loss) ? formatNumber(standing.loss, 3) : standing ? "—" : "";
        rank.textContent = standing?.rank ? String(standing.rank) : "";
        rank.title = standing?.status ?? "";
        li.classList.toggle("is-out", standing?.out ?? false);
      },
      destroy() { set?.destroy(); },
    };
  }

  function build() {
    for (const card of cards) card.destroy();
    cards = items.map(makeCard);
    list.replaceChildren(...cards.map((card) => card.element));
    paint();
  }

  function paint() {
    const off = hidden();
    const focus = focused();
    cards.forEach((card, i) => card.paint(off.has(i), i === focus));
    count.textContent = Number.isFinite(field.maximum) ? `${items.length} / ${field.maximum}` : String(items.length);
    add.disabled = items.length >= field.maximum;
  }

  const onStandings = (/** @type {Event} */ event) => {
    const { detail } = /** @type {CustomEvent<Standing[]|null>} */ (event);
    cards.forEach((card, i) => card.stand(detail?.[i]));
  };
  document.addEventListener(STANDINGS, onStandings);
  build();

  return {
    element,
    set(next) {
      const kinds = (/** @type {Params[]} */ entries) => entries.map((item) => (discriminator ? item[discriminator] : ""));
      const rebuilt = !same(kinds(next), kinds(items));
      if (!same(next, items)) {
        items = structuredClone(next);
        if (rebuilt) build(); else cards.forEach((card, i) => card.set(items[i]));
      }
      paint();
    },
    clear() {
      problemLine.hidden = true;
      for (const card of cards) card.clear();
    },
    problem(path, problem) {
      const card = cards[Number(path[0])];
      if (card?.problem(path.slice(1), problem)) return;
      problemLine.textContent = problem.sentence;
      problemLine.hidden = false;
    },
    refresh: paint,
    destroy() {
      document.removeEventListener(STANDINGS, onStandings);
      for (const card of cards) card.destroy();
    },
  };
}
