// @ts-check
// The page's clock: sixty times a second the playhead moves, and what has changed is drawn, once.

const NUMBERS_EVERY = 200;

export class Painter {
  #lab;
  #stage;
  #transport;
  #history = false;
  #step = false;
  #numbersAt = 0;
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
    if (another) this.#runs += 1;
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
    if (this.#history) this.#stage.each("update");
    if (!this.#history && !this.#step) return;
    this.#stage.each("playhead");
    if (this.#made) document.documentElement.dataset.drawn = String(this.#lab.step);
    if (this.#history) document.documentElement.dataset.run = String(this.#runs);
    this.#history = false;
    this.#step = false;
    if (now - this.#numbersAt > NUMBERS_EVERY || !this.#transport.playing) {
      this.#numbersAt = now;
      this.#stage.showNumbers();
    }
  }
}
