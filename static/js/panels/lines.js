/**
 * Curves over steps that share the playhead, or profiles over an index that change with it.
 *
 * Roles: `y` (and `y2`, `y3`, ...), perhaps `lower` and `upper` (a band), `theory` (thin reference lines), `x`.
 * Options: `y_scale` ("log" or "linear"), `x_scale`, `x_title`, `y_title`, `unit`, `series_axis` (rows are named by
 * `lab.series`), `labels` (names of the rows otherwise), `reference` (a level to mark, or the name of a parameter),
 * `theory_names` (a text of the scene, JSON list: written at the reference lines), `faint` (roles drawn thin and pale).
 * An array with a "step" axis makes curves; one without makes a profile of the snapshot at the playhead.
 * Where the first axis is "layer", arrays of further nets ("saturated@1", ...) are drawn as well, and `theory`, `lower`
 * and `upper` belong to their nets. `references`: list of {at, label}, levels with their names.
 * `ask`: what is asked of the run for arrays too dear for every frame. `y_range`: what a linear axis shows at least; `from_step`: the first step at which there is anything to show.
 *
 * Plotly draws the axes only. Curves are painted when the run changes, on two canvases: whole and faded, and bright;
 * a frame of the animation only moves the edge of the bright one.
 */

import { h, swatch, visibleColor } from "../controls/dom.js";
import { formatNumber } from "../i18n.js";
import { axis, CONFIG, flatten, layout, placeSwitches, segments, theme } from "../plot.js";
import { drawBand, drawCurve, goesBelowZero, logTicks, rangeOf } from "./parts/curves.js";
import { areaOf, Overlay, scaleOf } from "./parts/overlay.js";
import { wordsOf } from "./parts/words.js";
import { drawMarks, nameLevels } from "./parts/notes.js";
import { drawGaps, drawKey, drawLevel, profilesOfNets, tint, wholeRange } from "./parts/profile.js";
import { Request } from "./parts/request.js";
import { tipLine, Tooltip } from "./parts/tooltip.js";

const PALETTE = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"];
const MOST_TIPS = 14;

/** @param {HTMLElement} host @param {object} panel @param {object} lab */
export async function create(host, panel, lab) {
  const { t } = lab;
  const { arrays, options } = panel;
  const specs = lab.boot.arrays ?? {};
  const yRoles = Object.keys(arrays).filter((role) => /^y\d*$/.test(role));
  const overSteps = specs[arrays.y]?.axes?.includes("step") ?? true;
  const layered = ["layer", "rank"].includes(specs[arrays.y]?.axes?.[1]);
  const named = layered || options.series_axis !== undefined || specs[arrays.y]?.axes?.length > 1;
  const xTitle = options.x_title ?? (layered ? t("layer") : "");
  const levels = [options.references ?? []].flat();
  const theorized = Object.keys(arrays).some((role) => role.startsWith("theory"));
  const viewKey = `scale:${arrays.y}`;
  const gd = h("div", { class: "plot", role: "img", "aria-label": panel.title });
  const pad = h("div", { class: `scrub-pad ${overSteps ? "can-scrub" : ""}` });
  const line = h("div", { class: "playhead-line", hidden: !overSteps });
  const frame = h("div", { class: "plot-frame plot-lines" }, gd);
  host.append(frame);
  const levelLines = options.theory_names ? new Overlay(frame, "overlay-levels") : null;
  const faded = new Overlay(frame, "overlay-faded");
  const bright = new Overlay(frame, "overlay-bright");
  const note = h("p", { class: "plot-note", hidden: true }, t("There are no values to draw here."));
  frame.append(line, note, pad);
  const request = options.ask && new Request(frame, lab, options.ask, arrays.y, () => refresh());
  const tooltip = new Tooltip(frame);
  const state = { history: null, scene: null, step: 0, curves: [], range: null, xRange: null, ready: false, hover: NaN, total: 1 };
  /** The visitor's choice, else the panel's own; but curves below 0 are not lost to a logarithm nobody asked for. */
  const isLog = () => (lab.view[viewKey] ?? (state.negative ? "linear" : options.y_scale ?? "linear")) === "log";
  const hidden = () => new Set(named ? lab.view.hidden ?? [] : []);

  const scale = segments(h, t("Scale of {title}", { title: panel.title }), [
    { value: "log", text: t("log") }, { value: "linear", text: t("linear") },
  ], isLog() ? "log" : "linear", (value) => lab.setView(viewKey, value === (options.y_scale ?? "linear") && !state.negative ? undefined : value));
  const legend = h("span", { class: "lines-legend", hidden: true });
  if (panel.place === "stage") placeSwitches(host, h, legend, scale.element);
  else {
    placeSwitches(host, h, scale.element);
    frame.append(legend);
  }

  /** Which curve is which, where they are not the laboratory's series (those have cards and standings). */
  function showLegend() {
    const told = options.labels && !named ? state.curves.map(({ name, color, faint }) => ({ name, color, faint })) : [];
    const key = JSON.stringify(told);
    if (legend.dataset.key === key) return;
    legend.dataset.key = key;
    legend.hidden = told.length < 2;
    legend.replaceChildren(...told.map(({ name, color, faint }) => h("span", { class: faint ? "legend-entry is-faint" : "legend-entry" }, swatch({ color }, 16), name)));
  }

  // --- what is drawn ------------------------------------------------------------------------------------------
  function styleOf(row, role, rows) {
    if (named && (rows > 1 || options.series_axis !== undefined)) return lab.series(row);
    const order = yRoles.indexOf(role) + row;
    return { name: options.labels?.[role === "y" ? row : order] ?? specs[arrays[role]]?.description ?? arrays[role],
      color: PALETTE[order % PALETTE.length], dash: "solid" };
  }

  function curvesOf(role) {
    const name = arrays[role];
    if (layered) return state.step < (options.from_step ?? 0) ? [] : profilesOfNets(name, lab, state.step, theorized);
    const xs = arrays.x && (state.scene?.arrays[arrays.x]?.values ?? state.history?.snapshot(arrays.x, state.step)?.values);
    const series = overSteps ? state.history?.series(name) : null;
    if (series) {
      return Array.from({ length: series.rows }, (_, row) => ({ ...paint(row, role, series.rows), length: series.length,
        values: series.row(row), x: (i) => i, y(i) { return this.values[i * series.width]; } }));
    }
    const still = state.scene?.arrays[name] ?? state.history?.snapshot(name, state.step);
    if (!still) return [];
    const columns = still.shape.at(-1) ?? still.values.length;
    const rows = Math.max(1, Math.round(still.values.length / columns));
    return Array.from({ length: rows }, (_, row) => ({ ...paint(row, role, rows), length: columns,
      x: (i) => (xs ? xs[i] : i), y: (i) => still.values[row * columns + i] }));
  }

  function paint(row, role, rows) {
    const style = styleOf(row, role, rows);
    const theory = role.startsWith("theory") && options.theory_names;
    const name = theory ? wordsOf(JSON.parse(state.scene?.texts[options.theory_names] ?? "[]")[row] ?? "") : style.name;
    return { index: row, name, color: visibleColor(style.color), dash: style.dash, faint: options.faint?.includes(role) };
  }

  /** Gather curves, fit the axes to them, paint. */
  function refresh() {
    if (!state.history) return;
    const off = hidden();
    state.curves = yRoles.flatMap(curvesOf).filter((curve) => !(named && off.has(curve.index)));
    state.theory = Object.keys(arrays).filter((role) => role.startsWith("theory")).flatMap(curvesOf);
    state.band = arrays.lower && arrays.upper ? [curvesOf("lower"), curvesOf("upper")] : null;
    showLegend();
    state.total = Math.max(1, state.history.total);
    const negative = goesBelowZero(state.curves);
    if (negative !== state.negative) {
      state.negative = negative;
      onView();
    }
    fitAxes();
    draw();
  }

  function fitAxes() {
    const band = state.band?.flat() ?? [];
    const shown = [...levels.map(({ at }) => at), ...(isLog() ? [] : options.y_range ?? [])];
    const range = layered || options.y_range ? wholeRange([...state.curves, ...state.theory], isLog(), shown)
      : rangeOf([...state.curves, ...state.theory, ...band], isLog(), state.range);
    const xRange = overSteps ? [0, state.total] : layered ? layersOf(state.curves) : spanOf([...state.curves, ...state.theory]);
    const drawn = state.ready && (state.zoomed ? state.range : gd._fullLayout.yaxis.range);
    const same = drawn && state.range && alike(range, state.range) && alike(range, drawn) && alike(xRange, state.xRange);
    if (same) return;
    state.range = range;
    state.xRange = xRange;
    plotAxes();
  }

  /** Half a layer of room on both sides, so that a net of one layer is a point in the middle. */
  const layersOf = (curves) => [0.5, Math.max(1, ...curves.map((curve) => curve.length)) + 0.5];

  function spanOf(curves) {
    const xs = curves.flatMap((curve) => (curve.length ? [curve.x(0), curve.x(curve.length - 1)] : []));
    return xs.length ? [Math.min(...xs), Math.max(...xs)] : [0, 1];
  }

  function plotAxes() {
    const { clientWidth: width, clientHeight: height } = frame;
    if (!width || !height || !state.range) return;
    const look = theme();
    const log = isLog();
    const zoomed = state.ready && state.zoomed;
    const kept = zoomed ? [gd._fullLayout.xaxis.range, gd._fullLayout.yaxis.range] : [state.xRange, state.range];
    window.Plotly.react(gd, [{ type: "scatter", x: [null], y: [null], hoverinfo: "skip" }], layout(look, {
      width, height, margin: { l: 50, r: 10, t: 6, b: xTitle || !overSteps ? 36 : 24 },
      xaxis: axis(look, { range: [...kept[0]], title: xTitle, showgrid: false, nticks: Math.max(3, Math.floor(width / 56)),
        ...(layered ? { tickformat: "d", tick0: 1, ...(kept[0][1] - kept[0][0] <= 6 ? { dtick: 1 } : {}) } : {}) }),
      yaxis: axis(look, { range: [...kept[1]], type: log ? "log" : "linear", title: options.y_title ?? "", ...ticks(kept[1], log, height) }),
    }), CONFIG);
    if (!state.ready) {
      state.ready = true;
      gd.on("plotly_relayouting", () => { state.zoomed = true; draw(); });
      gd.on("plotly_relayout", (change) => {
        if (!Object.keys(change).some((key) => key.includes("range"))) return;
        state.zoomed = true;
        plotAxes();
        draw();
      });
    }
    const area = areaOf(gd);
    Object.assign(pad.style, { left: `${area.left}px`, top: `${area.top}px`, width: `${area.width}px`, height: `${area.height}px` });
    Object.assign(line.style, { top: `${area.top}px`, height: `${area.height}px` });
  }

  const ticks = (range, log, height) => {
    const most = Math.max(3, Math.floor(height / 34));
    return log ? { tickmode: "array", ...logTicks(range, most, formatNumber) } : { nticks: most };
  };

  function draw() {
    if (!state.ready || !state.history || !frame.clientWidth || !frame.clientHeight) return; // out of sight
    const area = areaOf(gd);
    const pixels = scaleOf(gd);
    const look = theme();
    const log = isLog();
    if (levelLines) {
      levelLines.resize(frame.clientWidth, frame.clientHeight);
      const context = levelLines.beginInside(area);
      context.globalAlpha = 0.5;
      drawTheory(context, area, pixels, look, log);
      context.globalAlpha = 1;
      nameLevels(context, state.theory, area, pixels, look, log);
      levelLines.end();
    }
    for (const overlay of overSteps ? [bright, faded] : [bright]) {
      overlay.resize(frame.clientWidth, frame.clientHeight);
      const context = overlay.beginInside(area);
      if (overlay === faded) { // the same curves over what belongs beneath them: a copy is cheaper than drawing twice
        drawReferences(context, area, pixels, look, log);
        context.drawImage(bright.canvas, 0, 0, faded.width, faded.height);
        overlay.end();
        continue;
      }
      const how = { log, top: area.top - 4, bottom: area.top + area.height + 4 };
      if (!overSteps) drawReferences(context, area, pixels, look, log);
      for (const curve of state.curves) {
        context.globalAlpha = curve.faint ? 0.45 : 1;
        drawCurve(context, curve, pixels, { ...how, width: curve.faint ? 1 : named && curve.index === lab.focus ? 2.8 : options.faint || theorized ? 2.2 : 1.6 });
        context.globalAlpha = 1;
        if (layered) drawGaps(context, curve, pixels, area, { log, font: look.font });
      }
      if (layered) drawTheory(context, area, pixels, look, log);
      overlay.end();
    }
    const marks = overSteps ? state.history.marks ?? [] : [];
    frame.dataset.marks = marks.join(" ");
    drawMarks(bright.context, marks, area, pixels, look, (step) => t("change at {step}", { step }));
    note.hidden = (state.curves.length === 0 && !layered) || state.curves.some(hasValues) || Boolean(request);
    request?.show(!state.curves.some(hasValues));
    placeHead();
    frame.dataset.curves = String(state.curves.length);
  }

  function drawTheory(context, area, pixels, look, log) {
    for (const curve of state.theory) {
      drawCurve(context, { ...curve, color: look.ink, dash: "dash" }, pixels, { log, width: 1.2, top: area.top - 4, bottom: area.top + area.height + 4 });
    }
    if (layered && state.theory.length) drawKey(context, t("theory"), area, look);
  }

  function drawReferences(context, area, pixels, look, log) {
    if (state.band) {
      const [lower, upper] = state.band;
      const common = look.dark ? "rgba(79,201,184,0.16)" : "rgba(15,118,110,0.12)";
      lower.forEach((curve, i) => upper[i] && drawBand(context, curve, upper[i], pixels, log, layered ? tint(curve.color, look.dark ? 0.3 : 0.2) : common));
    }
    if (!layered && !levelLines) drawTheory(context, area, pixels, look, log);
    for (const level of levels) drawLevel(context, level, area, pixels, look, log);
    const level = typeof options.reference === "string" ? lab.params[options.reference] : options.reference;
    const at = log ? Math.log10(level) : level;
    if (!Number.isFinite(at)) return;
    context.setLineDash([5, 4]);
    context.lineWidth = 1;
    context.strokeStyle = look.ink3;
    context.beginPath();
    context.moveTo(area.left, at * pixels.ky + pixels.by);
    context.lineTo(area.left + area.width, at * pixels.ky + pixels.by);
    context.stroke();
    context.setLineDash([]);
  }

  // --- the playhead -------------------------------------------------------------------------------------------
  function placeHead() {
    if (!state.ready || !overSteps) return;
    const area = areaOf(gd);
    const { kx, bx } = scaleOf(gd);
    const x = Math.max(area.left - 1, Math.min(area.left + area.width + 1, state.step * kx + bx));
    line.style.transform = `translateX(${x.toFixed(1)}px)`;
    bright.canvas.style.clipPath = `inset(0 ${Math.max(0, frame.clientWidth - x).toFixed(1)}px 0 0)`;
    line.dataset.step = String(state.step);
  }

  const stepAt = (event) => {
    const { kx, bx } = scaleOf(gd);
    const x = event.clientX - frame.getBoundingClientRect().left;
    return Math.max(0, Math.min(state.total, Math.round((x - bx) / kx)));
  };

  function point(event) {
    if (!state.ready || !state.curves.length) return;
    const { kx, bx } = scaleOf(gd);
    const box = frame.getBoundingClientRect();
    const x = event.clientX - box.left;
    const steps = Math.round((x - bx) / kx);
    const rows = state.curves.map((curve) => {
      let i = steps;
      if (!overSteps) {
        i = 0;
        for (let j = 1; j < curve.length; j += 1) if (Math.abs(curve.x(j) * kx + bx - x) < Math.abs(curve.x(i) * kx + bx - x)) i = j;
      }
      return { curve, i, value: i >= 0 && i < curve.length ? curve.y(i) : NaN };
    });
    if (!rows.length || (!layered && rows.every(({ value }) => Number.isNaN(value)))) {
      tooltip.hide();
      return;
    }
    rows.sort((a, b) => (Number.isNaN(b.value) ? -1 : Number.isNaN(a.value) ? 1 : b.value - a.value));
    const head = overSteps ? t("step {step}", { step: formatNumber(steps) })
      : `${xTitle} ${formatNumber(rows[0].curve.x(rows[0].i))}`.trim();
    tooltip.show(x, event.clientY - box.top, [h("div", { class: "tip-title" }, head),
      ...rows.slice(0, MOST_TIPS).map(({ curve, value }) => tipLine(curve.name,
        `${formatNumber(value, 4)}${options.unit ? ` ${options.unit}` : ""}`, swatch(curve, 18)))]);
  }

  pad.addEventListener("pointermove", (event) => {
    if (pad.hasPointerCapture(event.pointerId) && overSteps) lab.seek(stepAt(event));
    point(event);
  });
  pad.addEventListener("pointerleave", () => tooltip.hide());
  pad.addEventListener("pointerdown", (event) => {
    if (!overSteps || event.button !== 0) return;
    pad.setPointerCapture(event.pointerId);
    lab.seek(stepAt(event));
  });
  pad.addEventListener("dblclick", () => {
    state.zoomed = false;
    state.range = null;
    refresh();
  });

  const onView = () => {
    const value = isLog() ? "log" : "linear";
    scale.set(value);
    if (state.kind !== value || state.off !== JSON.stringify([...hidden()])) {
      if (state.kind !== value) state.zoomed = false;
      state.kind = value;
      state.off = JSON.stringify([...hidden()]);
      state.range = null;
      refresh();
    }
  };
  state.kind = isLog() ? "log" : "linear";
  state.off = JSON.stringify([...hidden()]);
  lab.addEventListener("view", onView);
  lab.addEventListener("focus", draw);
  if (request) lab.addEventListener("asked", refresh);

  const resize = () => {
    const { clientWidth: width, clientHeight: height } = frame;
    if (state.ready && width === gd._fullLayout.width && height === gd._fullLayout.height) return;
    plotAxes();
    draw();
  };
  const observer = new ResizeObserver(() => requestAnimationFrame(resize));
  observer.observe(frame);

  return {
    scene(scene) {
      state.scene = scene;
      if ((!overSteps && !layered) || options.theory_names) refresh(); // of layers the first frame follows at once
    },
    update(history) {
      state.history = history;
      refresh();
    },
    playhead(step) {
      if (step === state.step && state.placed) return;
      state.step = step;
      state.placed = true;
      if (overSteps) placeHead(); else refresh();
    },
    theme() {
      plotAxes();
      refresh();
    },
    resize,
    png: () => flatten(gd, [...(levelLines ? [levelLines.canvas] : []), ...(overSteps ? [] : [faded.canvas]), bright.canvas], theme().card),
    destroy() {
      observer.disconnect();
      lab.removeEventListener("view", onView);
      lab.removeEventListener("focus", draw);
      lab.removeEventListener("asked", refresh);
      window.Plotly.purge(gd);
      frame.remove();
    },
  };
}

const alike = (one, two) => Math.abs(one[0] - two[0]) + Math.abs(one[1] - two[1]) <= 1e-9 * (Math.abs(one[1] - one[0]) || 1);

function hasValues(curve) {
  for (let i = 0; i < curve.length; i += 1) if (Number.isFinite(curve.y(i))) return true;
  return curve.length === 0;
}
