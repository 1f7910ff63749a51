// @ts-check
/**
 * A grid of small images: what comes in, what filters look like, what comes out. A click chooses one.
 *
 * Roles: `images`, a still array (n, h, w) or (n, h, w, 3), row 0 on top, or with an axis `net` in front, of which the net in
 * focus is shown (images of nothing but NaN at its end are left out); perhaps `captions`, a text: JSON list of words, of each net.
 * Options: `signed`: 0 has no colour, below is blue and above is red; `range` of the values; `each`: every image has a
 * range of its own; `select`: name of the choice that a click remembers, for panels that follow it; `empty_label`: what stands there
 * where there is no image.
 */

import { h } from "../controls/dom.js";
import { formatNumber } from "../number.js";
import { BROKEN, diverging, GREYS } from "../palette.js";
import { lettering } from "../lettering.js";
import { theme } from "../plot.js";
import { gridOf, paint } from "./marks/images.js";
import { Overlay, stacked } from "./marks/overlay.js";
import { tipLine, Tooltip } from "./marks/tooltip.js";
import { seriesChoice } from "./parts/serieschoice.js";

/** @import { Context, Picture, Still } from "../types.d.ts" */
/** @import { Area } from "./marks/overlay.js" */

const CAPTION = 16;

/** @param {HTMLElement} host @param {Context} panel @returns {Promise<Picture>} */
export async function create(host, panel) {
  const { t, options } = panel;
  const frame = h("div", { class: "plot-frame plot-images", role: "group", tabindex: 0, "aria-label": t("{title}; arrow keys choose one", { title: panel.title }) });
  const ofNets = panel.spec("images")?.axes[0] === "net";
  const who = ofNets ? seriesChoice(panel, t("Whose images")) : null;
  if (who) host.append(who.element);
  host.append(frame);
  const note = h("p", { class: "plot-note", hidden: true }, options.empty_label ?? "");
  frame.append(note);
  const layer = new Overlay(frame, "overlay-images");
  const tooltip = new Tooltip(frame);
  const said = h("p", { class: "hidden", "aria-live": "polite" });
  host.append(said);
  /** @type {Area[]} */
  let areas = [];

  const chosen = () => Number(panel.view(options.select ?? "image") ?? -1);
  const place = (/** @type {number} */ nets) => Math.max(0, Math.min(panel.focus, nets - 1));

  /** @returns {string[]} */
  function captions() {
    const told = panel.has("captions") ? panel.data.told("captions") ?? [] : [];
    return ofNets ? told[place(told.length)] ?? [] : told;
  }

  /** The images to be shown. @returns {Still|undefined} */
  function stills() {
    const whole = panel.data.still("images");
    if (!whole || !ofNets) return whole;
    const [nets, most, ...rest] = whole.shape;
    const size = rest.reduce((one, other) => one * other, 1);
    const first = place(nets) * most * size;
    let count = most;
    while (count > 0 && Number.isNaN(whole.values[first + (count - 1) * size])) count -= 1;
    return { values: Array.prototype.slice.call(whole.values, first, first + count * size), shape: [count, ...rest] };
  }

  function draw() {
    who?.show(ofNets ? panel.data.still("images")?.shape[0] ?? 0 : 0);
    const { clientWidth: width, clientHeight: height } = frame;
    const whole = stills();
    if (!whole || !width || !height) return;
    note.hidden = !options.empty_label || whole.shape[0] > 0;
    const [count, rows, columns, channelsEach = 1] = whole.shape;
    const size = rows * columns * channelsEach;
    const look = theme();
    const names = captions();
    layer.resize(width, height);
    const context = layer.begin();
    context.imageSmoothingEnabled = false;
    areas = gridOf(count, width, height, { aspect: columns / rows, gap: 8, caption: names.length ? CAPTION : 0 });
    const common = options.each ? null : options.range ?? rangeOf(whole.values, Boolean(options.signed));
    const anchors = options.signed ? diverging(look.dark) : GREYS;
    areas.forEach((area, i) => {
      const values = Array.prototype.slice.call(whole.values, i * size, (i + 1) * size);
      const [low, high] = common ?? rangeOf(values, Boolean(options.signed));
      context.drawImage(paint(values, rows, columns, channelsEach, { low, high, anchors }, BROKEN), area.left, area.top, area.width, area.height);
      context.lineWidth = i === chosen() ? 2.5 : 1;
      context.strokeStyle = i === chosen() ? look.accent : look.rule;
      context.strokeRect(area.left + 0.5, area.top + 0.5, area.width - 1, area.height - 1);
      if (!names[i]) return;
      context.fillStyle = look.ink2;
      context.font = lettering(look);
      context.textAlign = "center";
      context.textBaseline = "top";
      context.fillText(names[i], area.left + area.width / 2, area.top + area.height + 3, area.width + 6);
    });
    frame.dataset.images = String(count);
  }

  /** @param {number} i */
  function choose(i) {
    panel.view(options.select ?? "image", i === chosen() ? undefined : i);
    said.textContent = captions()[i] ?? t("image {n}", { n: i + 1 });
  }

  /** @param {PointerEvent} event */
  function at(event) {
    const box = frame.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    return { x, y, i: areas.findIndex(({ left, top, width, height }) => x >= left && x < left + width && y >= top && y < top + height) };
  }

  frame.addEventListener("pointermove", (event) => {
    const { x, y, i } = at(event);
    const whole = stills();
    frame.classList.toggle("can-choose", i >= 0);
    if (i < 0 || !whole) {
      tooltip.hide();
      return;
    }
    const [, rows, columns, channelsEach = 1] = whole.shape;
    const { left, top, width, height } = areas[i];
    const [row, column] = [Math.min(rows - 1, Math.floor(((y - top) / height) * rows)), Math.min(columns - 1, Math.floor(((x - left) / width) * columns))];
    const first = ((i * rows + row) * columns + column) * channelsEach;
    const value = Array.from({ length: channelsEach }, (_, c) => formatNumber(whole.values[first + c], 3)).join(", ");
    tooltip.show(x, y, [h("div", { class: "tip-title" }, captions()[i] ?? t("image {n}", { n: i + 1 })), tipLine(t("row {row}, column {column}", { row: row + 1, column: column + 1 }), value)]);
  });
  frame.addEventListener("pointerleave", () => tooltip.hide());
  frame.addEventListener("click", (event) => { const { i } = at(/** @type {PointerEvent} */ (event)); if (i >= 0) choose(i); });
  frame.addEventListener("keydown", (event) => {
    const columns = Math.max(1, areas.findIndex((area, i) => i > 0 && area.top > areas[0].top));
    const by = /** @type {Record<string, number>} */ ({ ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns })[event.key];
    if (!by || !areas.length) return;
    event.preventDefault();
    event.stopPropagation();
    const next = Math.max(0, Math.min(areas.length - 1, Math.max(0, chosen()) + by));
    if (next !== chosen()) choose(next);
  });

  return { scene: draw, playhead: draw, theme: draw, resize: draw, view: draw, focus: draw, frame, png: async () => stacked([layer.canvas], theme().card) };
}

/** The ends of the values; about 0 where they have a sign. @param {ArrayLike<number>} values @param {boolean} signed @returns {[number, number]} */
function rangeOf(values, signed) {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i += 1) {
    if (values[i] < low) low = values[i];
    if (values[i] > high) high = values[i];
  }
  if (!(low <= high)) return [0, 1];
  const reach = Math.max(Math.abs(low), Math.abs(high));
  return signed ? [-reach, reach] : [low, high];
}
