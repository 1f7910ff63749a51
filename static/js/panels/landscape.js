// @ts-check
/**
 * A function of two variables with a race on it, from above, in three dimensions, or both.
 *
 * Roles: `positions` (racer, step, 2) and `losses` (racer, step) of the frames; of the scene `x` (n,), `y` (m,),
 * `z` (m, n); perhaps `ghosts` and `ghost_losses`, the same as it would have gone on without a change, and `minima`, `local_minima` and `saddles` (k, 2), and
 * `coordinates`, a JSON list: the names of the two parameters. Options: `start`, the parameter that a click sets.
 */

/** @import { Context, History, Picture, Still, WireFrame } from "../types.d.ts" */
/** @import { Scale } from "./marks/overlay.js" */
/** @import { Critical } from "./parts/flat.js" */


import { EFFECTIVE } from "../controls/compound.js";
import { h, swatch } from "../controls/dom.js";
import { formatNumber } from "../number.js";
import { placeSwitches, segments } from "../plot.js";
import { lossScale } from "./parts/lossscale.js";
import { ghostsOf, nearestPoint, trailsOf } from "./parts/comets.js";
import { FlatView, zoomButtons } from "./parts/flat.js";
import { firstNonFinite } from "./parts/outcome.js";
import { ReliefView } from "./parts/relief.js";
import { StartHandle } from "./parts/start.js";
import { Surface } from "./parts/surface.js";
import { tipLine, Tooltip } from "./marks/tooltip.js";

/** Its card waits for Plotly. */
export const plotly = true;

/** @param {HTMLElement} host @param {Context} panel @returns {Promise<Picture>} */
export async function create(host, panel) {
  const { t } = panel;
  const { options } = panel;
  const startName = options.start ?? "start";
  const stage = h("div", { class: "landscape" });
  const flatHost = h("div", { class: "landscape-flat" });
  const reliefHost = h("div", { class: "landscape-relief" });
  stage.append(flatHost, reliefHost);
  host.append(stage);

  /** What the scene says, once it is there. @type {{scene: WireFrame, surface: Surface, critical: Critical}|null} */
  let ground = null;
  /** @type {History|null} */
  let shownRun = null;
  let at = 0;
  const view = () => ({ space: panel.view("space") ?? "2d", color: panel.view("color") ?? options.color ?? "log", arrows: Boolean(panel.view("arrows")) });
  const hidden = () => panel.hidden;

  const names = () => /** @type {[string, string]} */ (panel.data.told("coordinates", ["x", "y"]));
  const flat = new FlatView(flatHost, t);
  /** @type {ReliefView|null} */
  let relief = null;
  const tooltip = new Tooltip(flat.frame);
  const handle = new StartHandle(flat, {
    t, format: formatNumber,
    get: startOf,
    isTaken: (x, y) => focusAt(x, y),
    set: (point, dragging, shift) => panel.change({ [startName]: point }, { dragging, effect: "restart", shift }),
  });
  flat.onView = () => handle.place();

  /** The parameter, or where the racers do begin if it leaves that to the surface. @returns {number[]|null} */
  function startOf() {
    if (panel.params[startName]) return panel.params[startName];
    const series = panel.data.series("positions");
    return series ? [series.at(0, 0, 0), series.at(0, 0, 1)] : null;
  }

  // --- switches -----------------------------------------------------------------------------------------------
  const space = segments(t("View"), [
    { value: "2d", text: "2D", title: t("From above") }, { value: "3d", text: "3D", title: t("In three dimensions") },
    { value: "both", text: t("Both"), title: t("Side by side") },
  ], view().space, (value) => panel.view("space", value === "2d" ? undefined : value));
  const color = segments(t("Colour and height"), [
    { value: "log", text: t("log"), title: t("Colour shows the logarithm of the loss above the minimum") },
    { value: "linear", text: t("linear"), title: t("Colour shows the loss") },
  ], view().color, (value) => panel.view("color", value));
  const arrows = h("button", { type: "button", class: "segment-alone", "aria-pressed": String(view().arrows),
    title: t("Arrows in the direction of steepest descent"), on: { click: () => panel.view("arrows", view().arrows ? undefined : true) } },
  t("Arrows"));
  flatHost.append(zoomButtons(flat, t), h("p", { class: "plot-hint" }, matchMedia("(pointer: coarse)").matches
    ? t("Tap to set the start, or drag its ring.")
    : t("Click to set the start, or drag its ring. Scroll to zoom, drag to pan.")));
  placeSwitches(host, arrows, color.element, space.element);

  // --- drawing ------------------------------------------------------------------------------------------------
  let shownAs = "";

  async function drawSurface() {
    if (!ground) return;
    const { scene, surface, critical } = ground;
    const now = view();
    stage.dataset.space = now.space;
    space.set(now.space);
    color.set(now.color);
    arrows.setAttribute("aria-pressed", String(now.arrows));
    const lowest = Math.min(Infinity, ...(scene.arrays.minima_values?.values ?? []));
    const colors = lossScale(surface.values, lowest, now.color, formatNumber);
    shownAs = JSON.stringify([now.space, now.color]);
    if (now.space !== "3d") await flat.draw(surface, colors, critical, now.arrows, names());
    if (now.space !== "2d") {
      relief ??= new ReliefView(reliefHost, t, wordsOf);
      updateTrails();
      relief.pending = { step: at, hidden: hidden(), focus: panel.focus };
      await relief.draw(surface, colors, critical, names());
    }
    place();
  }

  function updateTrails() {
    const series = panel.data.series("positions");
    if (!series) return;
    const losses = panel.data.series("losses");
    const trails = trailsOf(series, (i) => panel.series(i), (i) => (losses ? firstNonFinite(losses, i) : Infinity));
    const [old, oldLosses] = [panel.data.series("ghosts"), panel.data.series("ghost_losses")];
    if (old && oldLosses) {
      trails.push(...ghostsOf(old, trails, (i) => firstNonFinite(oldLosses, i), (name) => t("{name}, unchanged", { name })));
    }
    flat.setTrails(trails);
    relief?.setTrails(trails);
    flat.over.canvas.dataset.trails = String(trails.length);
  }

  function place() {
    const space = view().space;
    if (space !== "3d") flat.place(at, hidden(), panel.focus);
    if (space !== "2d") relief?.place(at, hidden(), panel.focus);
  }

  const onView = () => {
    const now = view();
    if (shownAs !== JSON.stringify([now.space, now.color])) drawSurface();
    else {
      arrows.setAttribute("aria-pressed", String(now.arrows));
      flat.setArrows(now.arrows);
      place();
    }
  };
  const onParams = () => handle.place();

  // --- pointing -----------------------------------------------------------------------------------------------
  /** @param {PointerEvent} event */
  function point(event) {
    if (!flat.ready || !ground || handle.held) return;
    const box = flat.frame.getBoundingClientRect();
    const x = event.clientX - box.left;
    const y = event.clientY - box.top;
    const { area, scale } = flat;
    const inside = x >= area.left && x <= area.left + area.width && y >= area.top && y <= area.top + area.height;
    if (!inside || event.buttons || event.target !== flat.gd.querySelector(".nsewdrag")) {
      unpoint();
      return;
    }
    const hit = nearestPoint(flat.trails, at, x, y, scale, hidden());
    const spot = hit ? null : criticalNear(x, y, scale);
    flat.gd.classList.toggle("on-trail", Boolean(hit));
    if (hit) {
      tooltip.show(hit.x, hit.y, wordsOf(hit.trail, hit.step));
    } else if (spot) {
      tooltip.show(spot.x, spot.y, [h("div", { class: "tip-title" }, spot.title),
        tipLine(t("point"), `(${formatNumber(spot.at[0])}, ${formatNumber(spot.at[1])})`), tipLine(t("loss"), formatNumber(spot.loss, 5))]);
    } else {
      const u = (x - scale.bx) / scale.kx;
      const v = (y - scale.by) / scale.ky;
      tooltip.show(x, y, [tipLine(t("point"), `(${formatNumber(u, 3)}, ${formatNumber(v, 3)})`),
        tipLine(t("loss"), formatNumber(ground.surface.at(u, v), 3))]);
    }
    if (flat.hover !== hit) {
      flat.hover = hit;
      flat.drawTrails();
    }
  }

  /** What a tooltip says of a trail at a step. @param {import("./parts/comets.js").Trail} trail @param {number} step */
  function wordsOf({ points, color: ink, dash, name, index, ghost }, step) {
    const loss = panel.data.series(ghost ? "ghost_losses" : "losses")?.at(index, step) ?? NaN;
    return [h("div", { class: "tip-title" }, swatch({ color: ink, dash }), name), tipLine(t("step"), formatNumber(step)),
      tipLine(t("point"), `(${formatNumber(points[2 * step])}, ${formatNumber(points[2 * step + 1])})`), tipLine(t("loss"), formatNumber(loss, 5))];
  }

  function unpoint() {
    tooltip.hide();
    if (!flat.hover) return;
    flat.hover = null;
    flat.drawTrails();
  }

  /** A click on a trail brings its racer into focus. @param {number} x @param {number} y @returns {boolean} whether there was a trail */
  function focusAt(x, y) {
    const hit = nearestPoint(flat.trails, at, x, y, flat.scale, panel.hidden);
    if (hit) panel.focus = hit.trail.index;
    return Boolean(hit);
  }

  /** @param {number} x @param {number} y in pixels @param {Scale} scale */
  function criticalNear(x, y, { kx, bx, ky, by }) {
    if (!ground) return null;
    const { surface, critical } = ground;
    for (const { points, title } of [{ points: critical.minima, title: t("Minimum") }, { points: critical.local, title: t("Local minimum") },
      { points: critical.saddles, title: t("Saddle") }]) {
      for (const spot of points) {
        const px = spot[0] * kx + bx;
        const py = spot[1] * ky + by;
        if (Math.hypot(px - x, py - y) < 11) return { x: px, y: py, at: spot, title, loss: surface.at(spot[0], spot[1]) };
      }
    }
    return null;
  }

  flat.frame.addEventListener("pointermove", point);
  flat.frame.addEventListener("pointerleave", unpoint);
  flat.frame.addEventListener("pointerdown", unpoint);

  // --- what the page calls --------------------------------------------------------------------------------------
  async function resize() {
    if (!ground) return;
    const now = view().space;
    if ((now !== "3d" && !flat.ready) || (now !== "2d" && !relief?.drawn)) await drawSurface();
    flat.resize();
    relief?.resize();
  }

  return {
    scene(scene) {
      const grid = (/** @type {string} */ role) => panel.data.still(role)?.values ?? [];
      const list = (/** @type {string} */ role) => rowsOf(panel.data.still(role));
      ground = { scene, surface: new Surface(grid("x"), grid("y"), grid("z")),
        critical: { minima: list("minima"), local: list("local_minima"), saddles: list("saddles") } };
      return drawSurface();
    },
    update(history) {
      if (history !== shownRun) flat.over.canvas.dataset.run = String(Number(flat.over.canvas.dataset.run ?? 0) + 1);
      shownRun = history;
      flat.hover = null;
      updateTrails();
      handle.place();
      place();
      document.dispatchEvent(new CustomEvent(EFFECTIVE, { detail: { [startName]: startOf() } }));
    },
    playhead(step) {
      at = step;
      place();
    },
    theme() {
      flat.theme();
      updateTrails();
      return drawSurface();
    },
    resize,
    view: onView,
    focus: place,
    params: onParams,
    frame: stage,
    async png() {
      const now = view().space;
      if (now === "2d" || !relief) return flat.png();
      return now === "3d" ? relief.png() : beside(await flat.png(), await relief.png());
    },
    destroy() {
      handle.destroy();
      flat.destroy();
      relief?.destroy();
    },
  };
}

/** The rows of a (k, n) array as lists. @param {Still|undefined} array @returns {number[][]} */
function rowsOf(array) {
  if (!array?.values.length) return [];
  const [count, width] = array.shape;
  return Array.from({ length: count }, (_, i) => Array.from(array.values).slice(i * width, (i + 1) * width));
}

/** Two pictures next to each other. @param {HTMLCanvasElement} left @param {HTMLCanvasElement} right */
function beside(left, right) {
  const whole = h("canvas", { width: left.width + right.width, height: Math.max(left.height, right.height) });
  const context = /** @type {CanvasRenderingContext2D} */ (whole.getContext("2d"));
  context.drawImage(left, 0, 0);
  context.drawImage(right, left.width, 0);
  return whole;
}
