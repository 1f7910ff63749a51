// @ts-check
// The landscape in three dimensions: Plotly's surface, trails as lines on it, redrawn a few times a second.

/** @import { PlotElement, Translate } from "../../types.d.ts" */
/** @import { Trail } from "./comets.js" */
/** @import { Critical } from "./flat.js" */
/** @import { LossScale } from "./lossscale.js" */

/** Points on the surface; `customdata` is each one's step. @typedef {{x: number[], y: number[], z: number[], customdata: number[]}} Line */

import { h } from "../../controls/dom.js";
import { CONFIG, flatten, layout, printed, theme } from "../../plot.js";
import { colorscale, GREY, ON_SURFACE, VIRIDIS } from "../../palette.js";
import { Tooltip } from "../marks/tooltip.js";
import { Surface } from "./surface.js";

const PAUSE = 140;
/** Traces before the trails: the surface, minima, saddles. */
const FIXED = 3;
const MOST_POINTS = 260;
/** The surface is drawn on a grid so much finer than the one that came: narrow valleys have no teeth. */
const REFINED = 2;
/** Heights of the first viewpoint over its distance; the lowest from which nearly everything is seen is taken. */
const RISES = [0.6, 0.85, 1.2, 1.7, 2.5, 4];
const SIDES = 16;
/** Share of a trail that is to be seen, of so many of its points. */
const ENOUGH = 0.92;
const SPOTS = 40;
/** The proportions of the drawn box. */
const BOX = { x: 1.15, y: 1.15, z: 0.72 };
/** Between two points of a trail so many more at most, laid on the surface: no trail runs through a hill. */
const MOST_BETWEEN = 24;
/** @type {Record<string, string>} */
const DASH_3D = { longdashdot: "dashdot" };

/** @returns {Line} */
const nothing = () => ({ x: [], y: [], z: [], customdata: [] });

export class ReliefView {
  /** @param {HTMLElement} host @param {Translate} t @param {(trail: Trail, step: number) => Node[]} wordsOf what is said of a trail that is pointed at */
  constructor(host, t, wordsOf) {
    this.t = t;
    this.wordsOf = wordsOf;
    this.gd = /** @type {PlotElement} */ (h("div", { class: "plot", role: "img", "aria-label": t("The surface in three dimensions with the racers' trails") }));
    this.frame = h("div", { class: "plot-frame plot-relief" }, this.gd);
    host.append(this.frame);
    this.tooltip = new Tooltip(this.frame);
    /** @type {Trail[]} */
    this.trails = [];
    /** How many of them are drawn. */
    this.count = 0;
    this.surface = new Surface([], [], []);
    /** The surface as it is drawn. */
    this.heights = this.surface;
    this.range = 0;
    /** Where the axis of heights begins, and how long it is. */
    this.floor = 0;
    this.tall = 1;
    /** @type {LossScale|null} */
    this.colors = null;
    /** @type {Critical} */
    this.critical = { minima: [], local: [], saddles: [] };
    /** @type {[string, string]} */
    this.names = ["x", "y"];
    this.drawn = false;
    this.timer = 0;
    this.last = 0;
    /** A visitor's view is kept until another surface comes, or trails much longer than those it was chosen for. */
    this.camera = 0;
    this.reach = 0;
    /** What the last picture took, in milliseconds: where drawing is slow, fewer are drawn. */
    this.cost = 0;
    /** What is to be shown. @type {{step: number, hidden: Set<number>, focus: number}|null} */
    this.pending = null;
    this.busy = false;
  }

  /**
   * @param {Surface} surface
   * @param {LossScale} colors
   * @param {Critical} [critical]
   * @param {[string, string]} [names] of the coordinates
   */
  async draw(surface, colors, critical = this.critical, names = this.names) {
    this.names = names;
    if (surface !== this.surface || this.#longer()) {
      this.camera += 1;
      this.reach = this.#reach();
    }
    Object.assign(this, { surface, colors, critical });
    const { clientWidth: width, clientHeight: height } = this.frame;
    if (!width || !height) return;
    const look = theme();
    const far = Math.max(1, 1.12 * Math.sqrt(height / width));
    const fine = surface.refined(REFINED);
    const lowest = Array.from(surface.values).reduce((least, value) => (value < least ? value : least), Infinity);
    const steady = Float64Array.from(fine.values, (loss) => Math.max(loss, lowest)); // a cubic may swing below
    const unresolved = colors.kind === "log" ? surface.unresolved() : 0;
    /** Height of a colour: a logarithm goes no deeper than the grid can tell. @param {number} color */
    const raised = (color) => (unresolved ? Math.log10(10 ** color + unresolved) : color);
    const [low, high] = [raised(colors.low), raised(colors.high)];
    this.range = high - low;
    this.heights = new Surface(fine.xs, fine.ys, steady.map((loss) => raised(colors.map(loss))));
    const surfaceTrace = {
      type: "surface", x: fine.xs, y: fine.ys, z: this.heights.rows((height) => height),
      surfacecolor: new Surface(fine.xs, fine.ys, steady).rows(colors.map), colorscale: colorscale(VIRIDIS),
      cmin: colors.low, cmax: colors.high, showscale: false, hoverinfo: "skip", opacity: 1,
      lighting: { ambient: 0.72, diffuse: 0.5, specular: 0.06, roughness: 0.9, fresnel: 0 },
      contours: { x: { highlight: false }, y: { highlight: false }, z: { highlight: false } },
    };
    const side = (/** @type {string} */ title, more = {}) => ({ title: { text: title, font: { size: look.sizes[0] } }, color: look.ink3, gridcolor: look.rule,
      showbackground: false, zeroline: false, showspikes: false, tickfont: { size: look.sizes[0] }, nticks: 5, ...more });
    const [xs, ys] = surface.domain;
    const pad = this.range * 0.04 || 1;
    this.floor = low - pad;
    this.tall = this.range + 2 * pad;
    const traces = [surfaceTrace, this.#points([...critical.minima, ...critical.local], "diamond", ON_SURFACE.mark), this.#points(critical.saddles, "circle", ON_SURFACE.edge),
      ...this.#trailTraces()];
    this.count = this.trails.length;
    const { camera } = this;
    this.busy = true;
    await window.Plotly.react(this.gd, traces, layout(look, {
      width, height, margin: { l: 0, r: 0, t: 0, b: 0 }, dragmode: "turntable", hovermode: "closest", uirevision: camera,
      scene: { uirevision: camera, aspectmode: "manual", aspectratio: { ...BOX },
        camera: { eye: this.#viewpoint(far), center: { x: 0, y: 0, z: -0.12 } },
        xaxis: side(names[0], { range: xs }), yaxis: side(names[1], { range: ys }),
        zaxis: side(this.t("loss"), { range: [this.floor, this.floor + this.tall], tickvals: colors.ticks.tickvals.map(raised), ticktext: colors.ticks.ticktext }) },
    }), { ...CONFIG, scrollZoom: false });
    if (!this.drawn) this.#listen();
    this.drawn = true;
    this.busy = false;
  }

  /** The same tooltip as everywhere: Plotly tells only what is under the pointer. */
  #listen() {
    /** @type {[number, number]} */
    let pointer = [0, 0];
    this.frame.addEventListener("pointermove", (event) => {
      const box = this.frame.getBoundingClientRect();
      pointer = [event.clientX - box.left, event.clientY - box.top];
    });
    this.gd.on("plotly_hover", ({ points: [{ curveNumber, customdata }] }) => {
      const trail = this.trails[curveNumber - FIXED];
      if (trail) this.tooltip.show(...pointer, this.wordsOf(trail, customdata));
    });
    this.gd.on("plotly_unhover", () => this.tooltip.hide());
  }

  /** @param {Trail[]} trails */
  setTrails(trails) {
    this.trails = trails;
  }

  /** Show the race at a step, at once or as soon as the last picture is old enough. @param {number} step @param {Set<number>} hidden @param {number} focus */
  place(step, hidden, focus) {
    this.pending = { step, hidden, focus };
    if (!this.drawn || this.timer) return;
    const wait = Math.max(0, this.last + Math.max(PAUSE, 2 * this.cost) - performance.now());
    this.timer = setTimeout(() => { this.timer = 0; this.#redraw(); }, wait);
  }

  async #redraw() {
    if (this.busy) {
      this.timer = setTimeout(() => { this.timer = 0; this.#redraw(); }, PAUSE);
      return;
    }
    if (this.trails.length !== this.count || this.#longer()) {
      if (this.colors) await this.draw(this.surface, this.colors);
      return;
    }
    const began = performance.now();
    const shown = this.pending?.step;
    const traces = this.#trailTraces();
    this.busy = true;
    await window.Plotly.restyle(this.gd, {
      x: traces.map((trace) => trace.x), y: traces.map((trace) => trace.y), z: traces.map((trace) => trace.z),
      customdata: traces.map((trace) => trace.customdata), visible: traces.map((trace) => trace.visible),
      "line.color": traces.map((trace) => trace.line?.color), "line.width": traces.map((trace) => trace.line?.width),
      "marker.color": traces.map((trace) => trace.marker?.color), name: traces.map((trace) => trace.name),
      "marker.size": traces.map((trace) => trace.marker?.size),
    }, traces.map((_, i) => i + FIXED));
    await new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); });
    this.busy = false;
    this.last = performance.now();
    this.cost = this.last - began;
    this.gd.dataset.step = String(shown);
    if (this.pending && this.pending.step !== shown) this.place(this.pending.step, this.pending.hidden, this.pending.focus);
  }

  /** How many points all trails have. */
  #reach() { return this.trails.reduce((sum, { length }) => sum + length, 0); }

  /** Whether the viewpoint was chosen for much less than there is by now. */
  #longer() { return this.#reach() > 1.5 * this.reach; }

  /**
   * Where to look from first: the lowest height, and there the side, from which enough of every single trail is seen over
   * the hills; where there is none, the place from which most of the worst seen one is.
   * @param {number} far
   */
  #viewpoint(far) {
    const { hidden = new Set() } = this.pending ?? {};
    const lines = [this.critical.minima, ...this.trails.filter(({ index }) => !hidden.has(index)).map((trail) => {
      const { x, y } = this.#line(trail, trail.length - 1); // what is outside of the picture is seen from nowhere
      const stride = Math.ceil(x.length / SPOTS);
      return Array.from({ length: Math.floor(x.length / stride) || 0 }, (_, i) => [x[i * stride], y[i * stride]]);
    })].filter((line) => line.length);
    const [[x0, x1], [y0, y1]] = this.surface.domain;
    /** The height of the surface over a place, both in Plotly's own measures: the middle of the box is 0. */
    const height = (/** @type {number} */ u, /** @type {number} */ v) => (
      BOX.z * ((this.heights.at(x0 + (u / BOX.x + 0.5) * (x1 - x0), y0 + (v / BOX.y + 0.5) * (y1 - y0)) - this.floor) / this.tall - 0.5));
    const spots = lines.map((line) => line.map(([x, y]) => {
      const [u, v] = [BOX.x * ((x - x0) / (x1 - x0) - 0.5), BOX.y * ((y - y0) / (y1 - y0) - 0.5)];
      return [u, v, height(u, v) + 0.006];
    }));
    /** Whether no hill stands between. @param {number[]} spot @param {{x: number, y: number, z: number}} eye */
    const open = ([u, v, up], eye) => {
      const [du, dv, rise] = [eye.x - u, eye.y - v, eye.z - up];
      const stride = 0.02 / Math.hypot(du, dv);
      for (let way = stride; way < 1; way += stride) {
        const [at, across] = [u + way * du, v + way * dv];
        if (Math.abs(at) > BOX.x / 2 || Math.abs(across) > BOX.y / 2) return true;
        if (height(at, across) > up + way * rise) return false;
      }
      return true;
    };
    let best = { eye: { x: 0, y: 0, z: 0 }, share: -1, sum: -1 };
    for (const rise of RISES) {
      const away = (2.2 * far) / Math.hypot(1, rise);
      for (let i = 0; i < SIDES; i += 1) {
        const angle = -0.82 + (2 * i * Math.PI) / SIDES;
        const eye = { x: away * Math.cos(angle), y: away * Math.sin(angle), z: away * rise };
        const shares = spots.map((line) => line.filter((spot) => open(spot, eye)).length / line.length);
        const [share, sum] = [Math.min(ENOUGH, ...shares), shares.reduce((all, one) => all + one, 0)];
        if (share > best.share || (share === best.share && sum > best.sum)) best = { eye, share, sum };
      }
      if (best.share >= ENOUGH) break;
    }
    return best.eye;
  }

  /** @param {number[][]} list @param {string} symbol @param {string} color */
  #points(list, symbol, color) {
    const lift = this.range * 0.01;
    return { type: "scatter3d", mode: "markers", x: list.map((p) => p[0]), y: list.map((p) => p[1]), hoverinfo: "skip",
      z: list.map((p) => this.heights.at(p[0], p[1]) + lift),
      marker: { symbol, size: 4, color, line: { color: GREY, width: 1 } } };
  }

  /** @returns {Record<string, any>[]} plain JSON, as Plotly takes it */
  #trailTraces() {
    const { step = 0, hidden = new Set(), focus = -1 } = this.pending ?? {};
    const heads = { ...nothing(), color: /** @type {string[]} */ ([]), size: /** @type {number[]} */ ([]) };
    const lines = this.trails.map((trail) => {
      const line = this.#line(trail, Math.min(step, trail.length - 1));
      const visible = !hidden.has(trail.index);
      if (visible && line.x.length) {
        for (const axis of /** @type {const} */ (["x", "y", "z"])) heads[axis].push(line[axis][line[axis].length - 1]);
        heads.color.push(trail.color); heads.size.push(trail.index === focus ? 8 : 6);
      }
      return {
        type: "scatter3d", mode: "lines", name: trail.name, ...line, visible, connectgaps: false,
        line: { color: trail.color, width: trail.index === focus ? 7 : 4.5, dash: DASH_3D[trail.dash] ?? trail.dash },
        hoverinfo: "none",
      };
    });
    return [...lines, { type: "scatter3d", mode: "markers", x: heads.x, y: heads.y, z: heads.z, name: "", hoverinfo: "skip",
      visible: true, marker: { color: heads.color, size: heads.size, line: { color: ON_SURFACE.mark, width: 1.5 } } }];
  }

  /** A trail's points that lie over the surface, thinned where there are many; the last one always stays. @param {Trail} trail @param {number} last */
  #line(trail, last) {
    const [[x0, x1], [y0, y1]] = this.surface.domain;
    const lift = this.range * 0.008;
    const stride = Math.max(1, Math.ceil(last / MOST_POINTS));
    const line = nothing();
    const put = (/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ at) => {
      line.x.push(x);
      line.y.push(y);
      line.z.push(this.heights.at(x, y) + lift); // on the surface as it is drawn, which is straight between its points
      line.customdata.push(at);
    };
    for (let at = 0; at <= last; at = at < last ? Math.min(last, at + stride) : last + 1) {
      const x = trail.points[2 * at];
      const y = trail.points[2 * at + 1];
      if (Number.isNaN(x) && !line.x.length) continue; // a ghost has not begun yet
      if (!(x >= x0 && x <= x1 && y >= y0 && y <= y1)) break;
      if (line.x.length) this.#between([line.x[line.x.length - 1], line.y[line.y.length - 1]], [x, y], (u, v) => put(u, v, at));
      put(x, y, at);
    }
    return line;
  }

  /** Points between two of a trail, about one a cell of the drawn grid. @param {number[]} from @param {number[]} to @param {(x: number, y: number) => void} put */
  #between([xa, ya], [xb, yb], put) {
    const { xs, ys } = this.heights;
    const cells = Math.hypot((xb - xa) / (xs[1] - xs[0]), (yb - ya) / (ys[1] - ys[0]));
    const count = Math.min(MOST_BETWEEN, Math.floor(cells));
    for (let k = 1; k <= count; k += 1) put(xa + ((xb - xa) * k) / (count + 1), ya + ((yb - ya) * k) / (count + 1));
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.frame;
    if (!this.drawn || !width || !height) return;
    if (width === this.gd._fullLayout.width && height === this.gd._fullLayout.height) return;
    window.Plotly.relayout(this.gd, { width, height });
  }

  /** @returns {Promise<HTMLCanvasElement>} */
  async png() {
    return flatten(await printed(this.gd), [], theme().card);
  }

  destroy() {
    clearTimeout(this.timer);
    window.Plotly.purge(this.gd);
    this.frame.remove();
  }
}
