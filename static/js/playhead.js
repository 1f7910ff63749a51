// @ts-check
// Where the playhead is meant to go. Setting something interrupts it, and a new run takes a moment to come: what was
// interrupted and what is to happen then are told here, as plain data.

/**
 * How the playhead stood when it was interrupted.
 * @typedef {{playing: boolean, step: number, atEnd: boolean}} Stand
 * Where it goes: to a step, to the end of the run, to the newest step at hand, or nowhere; and whether it plays on.
 * @typedef {{seek: number|"end"|"newest"|null, play: boolean}} Aim
 * @typedef {{is: "free"}
 *   | {is: "held", from: Stand, alters: boolean, stick: boolean, stay: boolean}
 *   | {is: "coming", from: Stand, aim: Aim, stick: boolean}} State
 */

/**
 * Three states: `free` (the playhead is the visitor's), `held` (a setting is being dragged), `coming` (a run was asked
 * for; when it is on screen the playhead goes to its aim).
 */
export class Intent {
  /** @type {State} */
  #state = { is: "free" };
  #live;
  #still;

  /** @param {{live: boolean, still: () => boolean}} how live: computed while watched; still: nothing plays by itself */
  constructor({ live, still }) {
    this.#live = live;
    this.#still = still;
  }

  get state() { return this.#state.is; }

  get held() { return this.#state.is === "held"; }

  /** Whether the playhead stays at the end of whatever run is on screen. */
  get stick() { return this.#state.is !== "free" && this.#state.stick; }

  /**
   * A setting is moved. The first movement decides what the whole drag does.
   * @param {Stand} stand @param {boolean} alters it changes the rest of the run, not the whole of it
   * @param {boolean} [stay] the playhead is to stay where it is, in whatever run
   * @returns {{from: Stand, alters: boolean, first: boolean}} how things stood when the drag began; whether it begins now
   */
  grab(stand, alters, stay = false) {
    if (this.#state.is === "held") return { ...this.#state, first: false };
    const coming = this.#state.is === "coming" ? this.#state : null; // not yet there: what it interrupted still counts
    const from = { step: stand.step, playing: stand.playing || Boolean(coming?.from.playing), atEnd: stand.atEnd || Boolean(coming?.from.atEnd) };
    this.#state = { is: "held", from, alters, stick: !stay && (coming?.stick ?? false), stay };
    return { ...this.#state, first: true };
  }

  /** The run is begun again at each movement: a finished one is seen finished. @param {boolean} dragging */
  restart(dragging) {
    if (this.#state.is === "held" && !this.#live && !this.#state.stay) this.#state.stick ||= dragging || this.#state.from.atEnd;
    return this.stick;
  }

  /** The setting is let go: the playhead goes on as it was. */
  release() {
    if (this.#state.is !== "held") return;
    const { from, alters, stick, stay } = this.#state;
    if (stay) this.#state = { is: "coming", from, aim: { seek: null, play: from.playing }, stick };
    else if (!alters) this.#state = { is: "coming", from, aim: this.#afterRestart(from), stick };
    else this.#state = from.playing ? { is: "coming", from, aim: { seek: null, play: true }, stick } : { is: "free" };
  }

  /** A run was asked for that is met as a visitor does. @param {number|null} step where a link says, else from its start */
  open(step) {
    this.expect(this.#opened(step));
  }

  /** A run was asked for. @param {Aim} aim */
  expect(aim) {
    this.#state = { is: "coming", from: { playing: aim.play, step: typeof aim.seek === "number" ? aim.seek : 0, atEnd: aim.seek === "end" }, aim, stick: false };
  }

  /** The newest run is on screen. @returns {Aim|null} what the playhead does now */
  arrive() {
    if (this.#state.is !== "coming") return null;
    const { aim } = this.#state;
    this.#state = { is: "free" };
    return aim;
  }

  /** What was asked for will not come; the run before goes on. @returns {Aim|null} what the playhead does now */
  cancel() {
    const state = this.#state;
    this.#state = { is: "free" };
    return state.is !== "free" && state.from.playing ? { seek: null, play: true } : null;
  }

  /** @param {Stand} from @returns {Aim} */
  #afterRestart({ playing, step, atEnd }) {
    if (this.#live) return { seek: 0, play: playing || atEnd || step === 0 };
    if (atEnd) return { seek: "end", play: false };
    return playing || step === 0 ? this.#opened(null) : { seek: step, play: false };
  }

  /** @param {number|null} step @returns {Aim} */
  #opened(step) {
    if (step !== null) return { seek: step, play: false };
    if (this.#still()) return { seek: this.#live ? 0 : "end", play: false };
    return { seek: 0, play: true };
  }
}
