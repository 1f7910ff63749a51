// Depth in small: real nets asked of the server, each layer's activations growing out of the one before. One
// initialization after the other: the signal dies, saturates, or survives.

import { h, visibleColor } from "../controls/dom.js";
import { theme } from "../plot.js";
import { tint } from "../palette.js";

const LAYERS = 10;
const SECONDS = 3.2;
const HOLD = 1.4;
const COMMON = { depth: LAYERS, width: 200, samples: 300, steps: 0, compare: [] };
const SHOWS = [
  { params: { activation: "tanh", init: "normal", init_std: 0.01 }, color: "#D55E00", label: "N(0, 0.01²) · tanh" },
  { params: { activation: "tanh", init: "normal", init_std: 1 }, color: "#009E73", label: "N(0, 1) · tanh" },
  { params: { activation: "tanh", init: "xavier_normal" }, color: "#0072B2", label: "Xavier · tanh" },
  { params: { activation: "relu", init: "xavier_normal" }, color: "#CC79A7", label: "Xavier · ReLU" },
  { params: { activation: "relu", init: "he_normal" }, color: "#56B4E9", label: "He · ReLU" },
];

/** The first frame of a run: every layer's histogram. */
async function ask(params) {
  const answer = await fetch("/api/experiments/depth/run", { method: "POST", headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ ...COMMON, ...params }) });
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  const frame = JSON.parse((await answer.text()).split("\n", 1)[0]);
  return { rows: frame.activation_histogram[0], std: frame.activation_std[0], edges: frame.activation_edges };
}

/**
 * @param {HTMLElement} host
 * @param {{still: boolean}} options still: show one net in full and nothing that moves
 * @returns {{draw: (now: number) => void}}
 */
export function create(host, { still }) {
  const canvas = /** @type {HTMLCanvasElement} */ (h("canvas"));
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  host.append(canvas);
  const state = { show: still ? 2 : 0, began: 0, asked: false, drawn: "" };
  const answers = new Map();

  function fetchNow(show) {
    if (answers.has(show) || state.asked) return;
    state.asked = true;
    ask(SHOWS[show].params).then((found) => answers.set(show, found)).catch(() => answers.set(show, null)).finally(() => { state.asked = false; });
  }

  function place() {
    const ratio = Math.min(2, devicePixelRatio || 1);
    const [width, height] = [Math.round(host.clientWidth * ratio), Math.round(host.clientHeight * ratio)];
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    return ratio;
  }

  function paint(found, { color, label }, progress, ratio) {
    const look = theme();
    const seen = visibleColor(color);
    const { width, height } = canvas;
    context.clearRect(0, 0, width, height);
    const left = 26 * ratio;
    const top = 40 * ratio;
    const wide = width - left - 92 * ratio;
    const pitch = (height - top - 14 * ratio) / (LAYERS + 0.3);
    context.font = `600 ${13 * ratio}px ${look.font}`;
    context.fillStyle = look.ink;
    context.textBaseline = "middle";
    context.fillText(label, left, 22 * ratio);
    const strongest = Math.max(...found.std);
    for (let layer = LAYERS - 1; layer >= 0; layer -= 1) {
      const share = Math.max(0, Math.min(1, progress * (LAYERS + 2) - layer));
      const base = height - 14 * ratio - pitch * layer;
      context.strokeStyle = look.rule;
      context.lineWidth = ratio;
      context.beginPath();
      context.moveTo(left, base);
      context.lineTo(left + wide, base);
      context.stroke();
      context.font = `${10.5 * ratio}px ${look.font}`;
      context.fillStyle = look.ink3;
      context.textAlign = "right";
      context.fillText(String(layer + 1), left - 7 * ratio, base - 4 * ratio);
      context.textAlign = "left";
      if (share === 0) continue;
      const row = found.rows[layer];
      const peak = Math.max(...row, 1e-12);
      const rise = pitch * 1.35 * share * share * (3 - 2 * share);
      const path = new Path2D();
      path.moveTo(left, base);
      row.forEach((value, bin) => {
        const y = base - ((value ?? 0) / peak) * rise;
        path.lineTo(left + (bin / row.length) * wide, y);
        path.lineTo(left + ((bin + 1) / row.length) * wide, y);
      });
      path.lineTo(left + wide, base);
      context.fillStyle = tint(look.card, 0.75);
      context.fill(path);
      context.fillStyle = tint(seen, 0.38);
      context.fill(path);
      context.strokeStyle = seen;
      context.lineWidth = 1.4 * ratio;
      context.stroke(path);
      const strength = Math.max(0, 1 + Math.log10(Math.max(found.std[layer] ?? 0, 1e-12) / strongest) / 10);
      context.globalAlpha = share;
      context.fillStyle = tint(seen, 0.85);
      context.fillRect(left + wide + 14 * ratio, base - pitch * 0.62, 64 * ratio * strength, pitch * 0.4);
      context.globalAlpha = 1;
    }
  }

  return {
    draw(now) {
      const ratio = place();
      if (!canvas.width) return;
      fetchNow(state.show);
      const found = answers.get(state.show);
      if (found === null && answers.size === SHOWS.length) return;
      if (found === undefined) return;
      if (!state.began) state.began = now;
      const seconds = (now - state.began) / 1000;
      if (!still && seconds > SECONDS * 0.5) fetchNow((state.show + 1) % SHOWS.length);
      if (found === null || (!still && seconds > SECONDS + HOLD)) {
        state.show = (state.show + 1) % SHOWS.length;
        state.began = 0;
        return;
      }
      const progress = still ? 1 : Math.min(1, seconds / SECONDS);
      const key = `${state.show} ${progress.toFixed(4)} ${canvas.width} ${theme().dark}`;
      if (key === state.drawn) return;
      state.drawn = key;
      paint(found, SHOWS[state.show], progress, ratio);
    },
  };
}
