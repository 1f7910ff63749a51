// @ts-check
// The page's clock: sixty times a second the playhead moves, and what has changed is drawn, once. While a run plays, what
// does not fit into a frame of the screen is drawn in the next ones: the playhead goes on evenly.

/** @import { Card } from "./card.js" */

/** The cards that are still to be drawn, whether the history is another one for them, and the step. @typedef {{cards: Card[], history: boolean, step: number}} Round */

const NUMBERS_EVERY = 200;
/** Milliseconds of a frame that the pictures may take while the run plays; the rest is the browser's. */
const SHARE = 6;

export class Painter {
  #lab;
  #stage;
  #transport;
  #history = false;
  #step = false;
  /** @type {Round} */
  #round = { cards: [], history: false, step: 0 };
  #numbersAt = 0;
  /** Milliseconds that each card took last: one that would not fit any more waits for the next frame. @type {WeakMap<Card, number>} */
  #took = new WeakMap();
  /** All pictures of the view that was open first are made: from then on the page tells what is drawn. */
  #made = false;
  /** How many runs were on screen; the page tells it to whoever times or tests it. */
  #runs = 0;

  /**
   * @param {{history: import("./history.js").History, step: number}} lab @param {import("./stage.js").Stage} stage @param {import("./transport.js").Transport} transport
   */
  constructor(lab, stage, transport) {
    this.#lab = lab;
    this.#stage = stage;
    this.#transport = transport;
  }

  /** The history is longer, or another one. @param {boolean} another */
  touchHistory(another) {
    this.#history = true;
    if (!another) return;
    this.#runs += 1;
    this.#round.cards = []; // all of them begin again
  }

  /** The playhead has moved. */
  touchStep() {
    this.#step = true;
  }

  /** Draw from now on: each picture as soon as it is made. @param {(now: number) => void} tick called at each frame of the screen */
  begin(tick) {
    this.#stage.show().then(() => {
      this.#made = true;
      this.#step = true;
    });
    let before = performance.now();
    /** @param {number} now */
    const frame = (now) => {
      this.#transport.advance(Math.min(0.1, (now - before) / 1000));
      before = now;
      this.#draw(now);
      tick(now);
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  /** @param {number} now */
  #draw(now) {
    const began = performance.now();
    const round = this.#round.cards.length ? this.#round : this.#begun();
    if (!round) return;
    while (round.cards.length) {
      const card = round.cards[0];
      const from = performance.now();
      if (this.#transport.playing && from > began && from - began + (this.#took.get(card) ?? 0) > SHARE) break;
      round.cards.shift();
      if (round.history) card.happen("update");
      card.happen("playhead");
      this.#took.set(card, performance.now() - from);
    }
    if (!round.cards.length) this.#end(round, now);
  }

  /** Another round, where anything has changed: what is on the stage comes first. */
  #begun() {
    if (!this.#history && !this.#step) return null;
    const cards = [...this.#stage.visible].sort((a, b) => Number(b.panel.place === "stage") - Number(a.panel.place === "stage"));
    this.#round = { cards, history: this.#history, step: this.#lab.step };
    this.#history = false;
    this.#step = false;
    return this.#round;
  }

  /** @param {Round} round @param {number} now */
  #end({ history, step }, now) {
    const { dataset } = document.documentElement;
    if (this.#made) dataset.drawn = String(step);
    if (history) dataset.run = String(this.#runs);
    if (now - this.#numbersAt > NUMBERS_EVERY || !this.#transport.playing) {
      this.#numbersAt = now;
      this.#stage.showNumbers();
    }
  }
}
