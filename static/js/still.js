// @ts-check
// What a step looked like, exactly. A run sends its pictures now and then; where the playhead rests between two of them the
// laboratory is asked for those of that very step.

import { Unanswered } from "./session.js";

/** @import { History } from "./history.js" */
/** @import { Boot, WireFrame } from "./types.d.ts" */

/**
 * @typedef {object} Rests what must be known of the page
 * @property {Pick<Boot, "questions">} boot
 * @property {History} history
 * @property {number} step
 * @property {boolean} playing
 * @property {boolean} waiting
 * @property {(question: string) => Promise<WireFrame>} ask
 */

/** The question that a laboratory declares which can tell. */
const QUESTION = "pictures";
/** Milliseconds that the playhead rests before it is asked, and from when on one is told that it takes a while. */
const [REST, PATIENCE] = [80, 300];

export class Still {
  #lab;
  #timer = 0;
  #asking = false;
  /** What was asked for and could not be told: it is not asked for again. @type {{history: object, step: number}|null} */
  #unknown = null;
  #say;

  /**
   * Events, on the laboratory: "still" (the pictures of the step are there).
   * @param {Rests & EventTarget} lab
   * @param {(step: number|null) => void} say tells of what step the pictures are where they are of another; null: of the right one
   */
  constructor(lab, say) {
    this.#lab = lab;
    this.#say = say;
    if (!(QUESTION in lab.boot.questions)) return;
    for (const type of ["step", "history", "play", "pause"]) lab.addEventListener(type, () => this.#follow());
  }

  /** The pictures on screen are of an earlier step than the one where the playhead rests. */
  get #late() {
    const { history, step, playing, waiting } = this.#lab;
    return !playing && !waiting && step < history.lastStep && history.still?.step !== step;
  }

  #follow() {
    clearTimeout(this.#timer);
    if (this.#late) this.#timer = setTimeout(() => this.#ask(), REST);
    else this.#say(null);
  }

  async #ask() {
    if (this.#asking || !this.#late) return;
    const { history, step } = this.#lab;
    if (this.#unknown?.history === history && this.#unknown.step === step) return;
    this.#asking = true;
    const telling = setTimeout(() => this.#tell(), PATIENCE);
    try {
      const answer = await this.#lab.ask(QUESTION);
      if (answer.step === step) history.still = answer;
      else this.#unknown = { history, step };
    } catch (reason) {
      if (!(reason instanceof Unanswered)) this.#unknown = { history, step };
    }
    clearTimeout(telling);
    this.#asking = false;
    if (this.#lab.history !== history || this.#lab.step !== step) {
      this.#follow();
      return;
    }
    this.#tell();
    this.#lab.dispatchEvent(new Event("still"));
  }

  /** Say of which step the pictures are. */
  #tell() {
    const { history, step } = this.#lab;
    const shown = history.pictured(step);
    this.#say(this.#late && shown !== step ? shown : null);
  }
}
