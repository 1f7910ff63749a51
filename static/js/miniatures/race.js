// The race in small: real races from the server on a painted surface, one after the other.

import { h, visibleColor } from "../controls/dom.js";
import { Film } from "../film.js";
import { formatNumber } from "../i18n.js";
import { VIRIDIS } from "../palette.js";
import { lossScale } from "../panels/parts/lossscale.js";
import { Surface } from "../panels/parts/surface.js";
import { Session, streamAt } from "../session.js";

const SPECS = { positions: { axes: ["racer", "step", "coordinate"], description: "" } };
const SECONDS = 7;
const HOLD = 1.6;
const TAIL = 40;
const BANDS = 15;

const racers = (sgd, momentum, rmsprop, adam) => [
  { rule: "sgd", learning_rate: sgd }, { rule: "momentum", learning_rate: momentum },
  { rule: "rmsprop", learning_rate: rmsprop }, { rule: "adam", learning_rate: adam },
];
const SHOWS = [
  { surface: "beale", start: [-1.4, -1.1], racers: racers(0.006, 0.002, 0.02, 0.08), steps: 260 },
  { surface: "himmelblau", start: [-0.4, -0.7], racers: racers(0.006, 0.0015, 0.03, 0.09), steps: 130 },
  { surface: "rosenbrock", start: [-1.2, 1.6], racers: racers(0.0012, 0.0008, 0.02, 0.09), steps: 500 },
  { surface: "styblinski_tang", start: [0.5, 3.9], racers: racers(0.006, 0.003, 0.04, 0.15), steps: 130 },
];

/**
 * @param {HTMLElement} host
 * @param {{still: boolean}} options still: show the finished race and nothing that moves
 * @returns {{draw: (now: number) => void}}
 */
export function create(host, { still }) {
  const canvas = /** @type {HTMLCanvasElement} */ (h("canvas"));
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  host.append(canvas);
  const session = new Session(streamAt("/stream/race"));
  const film = new Film(session, SPECS);
  const state = { show: 0, began: 0, painted: null, before: null, fadeFrom: 0, surface: null, styles: [], drawn: "" };
  const wish = () => ({ course: { base: SHOWS[state.show], changes: [] }, waitFor: Infinity });
  const ask = () => film.show(wish());
  session.recoverWith(() => film.request(wish()));
  session.pullTo(Infinity);

  film.addEventListener("scene", () => {
    const { x, y, z } = film.scene.arrays;
    state.surface = new Surface(x.values, y.values, z.values);
    state.styles = JSON.parse(film.scene.texts.series);
    state.before = state.painted;
    state.painted = null;
  });
  film.addEventListener("history", () => { state.began = performance.now(); });

  function place() {
    const ratio = Math.min(2, devicePixelRatio || 1);
    const [width, height] = [Math.round(host.clientWidth * ratio), Math.round(host.clientHeight * ratio)];
    if (canvas.width === width && canvas.height === height) return;
    [canvas.width, canvas.height] = [width, height];
    state.painted = null;
  }

  function paintTrails(step) {
    const series = film.history.series("positions");
    if (!series) return;
    const [[left, right], [bottom, top]] = state.surface.domain;
    const px = (value) => ((value - left) / (right - left)) * canvas.width;
    const py = (value) => ((top - value) / (top - bottom)) * canvas.height;
    const unit = Math.max(1, canvas.width / 640);
    const path = (row, from, to) => {
      context.beginPath();
      for (let i = from; i <= to; i += 1) {
        const x = series.at(row, i, 0);
        const y = series.at(row, i, 1);
        if (!Number.isFinite(x) || !Number.isFinite(y)) break;
        context.lineTo(clamp(px(x), canvas.width), clamp(py(y), canvas.height));
      }
    };
    context.lineJoin = "round";
    context.lineCap = "round";
    for (let row = 0; row < series.rows; row += 1) {
      const color = visibleColor(state.styles[row]?.color ?? "#ffffff");
      const stroke = (from, width, style, alpha) => {
        path(row, from, step);
        context.globalAlpha = alpha;
        context.lineWidth = width * unit;
        context.strokeStyle = style;
        context.stroke();
      };
      stroke(0, 3.4, "#ffffff", 0.35);
      stroke(0, 1.8, color, 0.9);
      stroke(Math.max(0, step - TAIL), 5.4, "#ffffff", 0.85);
      stroke(Math.max(0, step - TAIL), 3.2, color, 1);
      context.globalAlpha = 1;
      context.beginPath();
      context.arc(clamp(px(series.at(row, step, 0)), canvas.width), clamp(py(series.at(row, step, 1)), canvas.height), 6 * unit, 0, 2 * Math.PI);
      context.fillStyle = color;
      context.fill();
      context.lineWidth = 2 * unit;
      context.strokeStyle = "#ffffff";
      context.stroke();
    }
  }

  return {
    draw(now) {
      place();
      if (!state.surface || !canvas.width || film.history.lastStep < 0) return;
      if (!state.painted) {
        state.painted = paint(state.surface, canvas.width, canvas.height);
        state.fadeFrom = now;
        state.drawn = "";
      }
      const seconds = (now - state.began) / 1000;
      const last = film.history.lastStep;
      const step = still ? last : Math.min(last, Math.floor((easeOut(Math.min(1, seconds / SECONDS))) * last));
      if (!still && seconds > SECONDS + HOLD && !film.waiting) {
        state.show = (state.show + 1) % SHOWS.length;
        state.began = Infinity; // until the next race is here
        ask();
      }
      const fade = still ? 1 : Math.min(1, (now - state.fadeFrom) / 500);
      const key = `${step} ${fade} ${canvas.width}`;
      if (key === state.drawn || state.began === Infinity) return;
      state.drawn = key;
      context.globalAlpha = 1;
      if (state.before && fade < 1) context.drawImage(state.before, 0, 0, canvas.width, canvas.height);
      context.globalAlpha = state.before ? fade : 1;
      context.drawImage(state.painted, 0, 0);
      context.globalAlpha = 1;
      paintTrails(Math.max(0, step));
    },
  };
}

/** Racers begin quickly and settle slowly: the show spends its time on what happens first. */
const easeOut = (share) => 0.25 * share + 0.75 * share ** 2.2;
const clamp = (pixel, size) => Math.max(-50, Math.min(size + 50, pixel));

/** The surface in bands of viridis, their edges a little lighter: contours without a library. */
function paint(surface, width, height) {
  const scale = lossScale(surface.values, Infinity, "log", formatNumber);
  const [w, hgt] = [Math.min(width, 720), Math.round((Math.min(width, 720) * height) / width)];
  const small = /** @type {HTMLCanvasElement} */ (h("canvas", { width: w, height: hgt }));
  const context = /** @type {CanvasRenderingContext2D} */ (small.getContext("2d"));
  const image = context.createImageData(w, hgt);
  const [[left, right], [bottom, top]] = surface.domain;
  const share = new Float64Array(w * hgt);
  for (let j = 0; j < hgt; j += 1) {
    for (let i = 0; i < w; i += 1) {
      const loss = surface.at(left + ((i + 0.5) / w) * (right - left), top - ((j + 0.5) / hgt) * (top - bottom));
      share[j * w + i] = (scale.map(loss) - scale.low) / (scale.high - scale.low || 1);
    }
  }
  const band = (k) => Math.floor(share[k] * BANDS);
  for (let k = 0; k < share.length; k += 1) {
    const edge = k % w !== 0 && k >= w && (band(k) !== band(k - 1) || band(k) !== band(k - w));
    const [red, green, blue] = viridis((0.35 * share[k] + 0.65 * (band(k) + 0.5) / BANDS));
    const lift = edge ? 26 : 0;
    image.data.set([red + lift, green + lift, blue + lift, 255], k * 4);
  }
  context.putImageData(image, 0, 0);
  const whole = /** @type {HTMLCanvasElement} */ (h("canvas", { width, height }));
  whole.getContext("2d")?.drawImage(small, 0, 0, width, height);
  return whole;
}

const ANCHORS = VIRIDIS.map((color) => [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16)));

/** @param {number} share 0 to 1 */
function viridis(share) {
  const at = Math.max(0, Math.min(0.9999, Number.isFinite(share) ? share : 1)) * (ANCHORS.length - 1);
  const i = Math.floor(at);
  return ANCHORS[i].map((channel, c) => channel + (ANCHORS[i + 1][c] - channel) * (at - i));
}
