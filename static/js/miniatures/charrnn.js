// The char-RNN in small: a real net on the server learns for some seconds; its loss falls, its samples become words.

import { h } from "../controls/dom.js";
import { Film } from "../film.js";
import { t } from "../i18n.js";
import { Session, streamAt } from "../session.js";

const SPECS = { smoothed_loss: { axes: ["step"], description: "" } };
const PARAMS = { corpus: "english", cell: "gru", hidden_size: 56, batch_size: 12, sequence_length: 20, steps: 1200,
  optimizer: { rule: "adam", learning_rate: 0.008 }, temperature: 0.6 };
const STEPS_PER_SECOND = 80;
const LETTERS_PER_SECOND = 45;
const LINES = 5;

/**
 * @param {HTMLElement} host
 * @param {{still: boolean}} options still: show what was learned and nothing that moves
 * @returns {{draw: (now: number) => void}}
 */
export function create(host, { still }) {
  const canvas = /** @type {HTMLCanvasElement} */ (h("canvas"));
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  host.append(canvas);
  const session = new Session(streamAt("/stream/charrnn"));
  const film = new Film(session, SPECS);
  session.recoverWith(() => film.request({ course: { base: PARAMS, changes: [] } }));
  const state = { began: 0, sample: "", since: 0, drawn: "", guess: 0 };

  function place() {
    const ratio = Math.min(2, devicePixelRatio || 1);
    const [width, height] = [Math.round(host.clientWidth * ratio), Math.round(host.clientHeight * ratio)];
    if (canvas.width !== width || canvas.height !== height) {
      [canvas.width, canvas.height] = [width, height];
      state.drawn = "";
    }
  }

  function paint(shown, letters, look) {
    const { width, height } = canvas;
    const unit = width / 640;
    context.clearRect(0, 0, width, height);
    context.fillStyle = look("--card");
    context.fillRect(0, 0, width, height);
    const losses = film.history.series("smoothed_loss");
    const top = height * 0.62;
    const deep = height - 16 * unit;
    state.guess ||= losses.at(0, 0);
    const px = (step) => (step / PARAMS.steps) * width;
    const py = (loss) => deep - (Math.min(loss, state.guess) / state.guess) * (deep - top);
    const path = new Path2D();
    for (let step = 0; step <= shown; step += 2) path.lineTo(px(step), py(losses.at(0, step)));
    const area = new Path2D(path);
    area.lineTo(px(shown), height);
    area.lineTo(0, height);
    context.globalAlpha = 0.14;
    context.fillStyle = look("--accent");
    context.fill(area);
    context.globalAlpha = 1;
    context.strokeStyle = look("--accent");
    context.lineWidth = 2.6 * unit;
    context.lineJoin = "round";
    context.stroke(path);
    context.beginPath();
    context.arc(px(shown), py(losses.at(0, shown)), 5 * unit, 0, 2 * Math.PI);
    context.fillStyle = look("--accent");
    context.fill();
    context.fillStyle = look("--ink");
    context.font = `${21 * unit}px ${look("--mono")}`;
    context.textBaseline = "top";
    const columns = Math.floor((width - 48 * unit) / context.measureText("m").width);
    wrap(state.sample.slice(0, letters), columns).slice(0, LINES).forEach((line, i) => {
      context.fillText(line, 24 * unit, (22 + 29 * i) * unit);
    });
    context.fillStyle = look("--ink-2");
    context.font = `${15 * unit}px ${look("--sans")}`;
    context.textAlign = "right";
    context.fillText(t("step {step}", { step: shown.toLocaleString("en-US") }), width - 20 * unit, height - 26 * unit);
    context.textAlign = "left";
  }

  return {
    draw(now) {
      place();
      state.began ||= now;
      const target = still ? PARAMS.steps : Math.min(PARAMS.steps, Math.ceil(((now - state.began) / 1000) * STEPS_PER_SECOND));
      session.pullTo(target);
      const last = film.history.lastStep;
      if (last < 0 || !canvas.width) return;
      const sample = (film.history.text("sample", last) ?? "").trim().replaceAll("\n", " ");
      if (sample !== state.sample) {
        state.sample = sample;
        state.since = now;
      }
      const shown = Math.min(last, target);
      const letters = still ? Infinity : Math.ceil(((now - state.since) / 1000) * LETTERS_PER_SECOND) + 12;
      const theme = document.documentElement.dataset.theme;
      const key = `${shown} ${Math.min(letters, state.sample.length)} ${theme} ${canvas.width}`;
      if (key === state.drawn) return;
      state.drawn = key;
      const style = getComputedStyle(document.documentElement);
      paint(shown, letters, (token) => style.getPropertyValue(token).trim());
    },
  };
}

/** Break a text into lines, between words where that is possible. */
function wrap(text, columns) {
  const lines = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = "";
    }
    line = line ? `${line} ${word}` : word.slice(0, columns);
  }
  return line ? [...lines, line] : lines;
}
