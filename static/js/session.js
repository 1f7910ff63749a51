// @ts-check
// The conversation with the server: one WebSocket, the page pulls, at most two requests on the way.

import { decode } from "./wire.js";

/** @import { Changes, Params, Said, Told, WireFrame } from "./types.d.ts" */

const IN_FLIGHT = 2;
/** The server closed a stream that was silent for long; the next request opens another. */
const IDLE = 4000;
const LONGEST_WAIT = 15000;
/** Milliseconds of the first stretch of a run. */
const BUDGET = 40;

/**
 * What is asked of the server: another run, or another course of it. `message` is asked for when it is sent, `then`
 * follows when it was taken. The wish is the owner's own: what comes of it is told with it.
 * @template [Wish=any]
 * @typedef {{message: () => Omit<Said, "epoch">, wish: Wish, bytes?: ArrayBuffer, then?: Request<Wish>}} Request
 */

/** A run begins. @param {Params} params @param {Changes} changes @param {string} scene key of the scene at hand */
export const start = (params, changes, scene, budget = BUDGET) => ({ type: /** @type {const} */ ("start"), params, changes, scene,
  ...(budget ? { advance: { budget_ms: budget } } : {}) });

/** Live parameters change after `step` steps; what came later is computed anew. @param {number} step @param {Params} changes */
export const set = (step, changes) => ({ type: /** @type {const} */ ("set"), step, changes, advance: { budget_ms: BUDGET } });

/**
 * A question on the way.
 * @typedef {PromiseWithResolvers<WireFrame> & {question: string, part?: (answer: WireFrame) => void}} Waiting
 */

/** Makes connections to a stream of this server. @param {string} path */
export const streamAt = (path) => () => new WebSocket(new URL(path, location.href.replace(/^http/, "ws")));

/** Why a question has no answer though nothing is wrong with it: it may be asked again. */
export class Unanswered extends Error {}

/**
 * Events (each a CustomEvent with `detail`):
 *   ready {step, total, scene, wish}   a run stands at `step`; frames follow
 *   scene WireFrame                    what does not change during the run
 *   frame WireFrame                    a stretch of the run
 *   end {step}                         nothing more to come
 *   problems {problems, wish}          the server refused what was asked; the run before it goes on
 *   status {connected, wait}           wait: milliseconds to the next attempt, when not connected; 0 if none is due
 */
export class Session extends EventTarget {
  #open;
  /** @type {WebSocket|null} */
  #socket = null;
  #epoch = 0;
  /** The epoch of the run that goes on: until a request is taken, what still comes of it is shown. */
  #running = 0;
  #attempts = 0;
  #timer = 0;
  /** What is being answered: nothing else is started before. @type {Request|null} */
  #current = null;
  /** The newest request that waits for it; an older one is dropped. @type {Request|null} */
  #waiting = null;
  #inFlight = 0;
  #standsAt = 0;
  #lastStep = 0;
  #done = true;
  /** Whether the run had ended before the request that is being answered: refused, it leaves it as it was. */
  #wasDone = true;
  /** The request is answered by the frame of the start alone. */
  #startOnly = false;
  #target = 0;
  /** What a new connection must ask for to be where this one was. @type {(() => Request)|null} */
  #recover = null;
  #closed = true;
  #idle = false;
  #asked = 0;
  /** Questions that wait for their answers, or for the last of them. @type {Map<number, Waiting>} */
  #questions = new Map();

  /** @param {() => WebSocket} open makes a connection */
  constructor(open) {
    super();
    this.#open = open;
    this.resume();
  }

  get connected() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Give the function that tells what brings the present run back: used at each new connection. @param {() => Request} recover */
  recoverWith(recover) {
    this.#recover = recover;
    if (this.connected && !this.#current) this.request(recover());
  }

  /** Ask for another run. While one is being answered only the newest further request is remembered. @param {Request} request */
  request(request) {
    if (!this.connected) { // the recovery after connecting starts from the owner's newest state
      this.#wake();
      return;
    }
    if (this.#current) this.#waiting = request;
    else this.#begin(request);
  }

  /**
   * Ask the run a question that the laboratory declares, about its state.
   * @param {string} question its name
   * @param {Params} [params] of the question
   * @param {number|null} [at] ask the nearest kept state not later than this step instead; the answer says its step
   * @param {{part?: (answer: WireFrame) => void, signal?: AbortSignal}} [how] part: gets every answer but the last of a
   *   question whose answer grows; of these only the newest of a name is answered. signal: no answer is wanted any more.
   * @returns {Promise<WireFrame>} the last answer; rejected with the problems where the server refuses, with `Unanswered`
   *   where it cannot tell or something newer took the question's place
   */
  ask(question, params = {}, at = null, { part, signal } = {}) {
    if (!this.connected) {
      this.#wake();
      return Promise.reject(new Unanswered("not connected"));
    }
    if (part) this.#settle("a newer question took its place", (other) => Boolean(other.part) && other.question === question);
    this.#asked += 1;
    const id = this.#asked;
    const waiting = { ...Promise.withResolvers(), question, part };
    this.#questions.set(id, waiting);
    this.#send({ type: "ask", epoch: this.#epoch, id, question, params, ...(at === null ? {} : { at }) });
    signal?.addEventListener("abort", () => {
      if (!this.#take(id)) return;
      waiting.reject(new Unanswered("no longer wanted"));
      if (part && this.connected) this.#send({ type: "drop", id });
    });
    return waiting.promise;
  }

  /** Ask for frames until `step` is reached. Lower values stop the asking. @param {number} step */
  pullTo(step) {
    this.#target = step;
    if (!this.#done && this.#lastStep < step) this.#wake();
    this.#pull();
  }

  /** Try to connect now instead of after the wait. */
  retry() {
    if (!this.#closed && this.#socket === null) this.#connect();
  }

  /** Leave; nothing is connected before `resume`. */
  close() {
    this.#closed = true;
    this.#lose();
  }

  /** Come back after `close`. */
  resume() {
    this.#closed = false;
    this.retry();
  }

  /** The connection was closed for idleness: go on. */
  #wake() {
    if (this.#idle) this.retry();
  }

  /** @param {Request} request */
  #begin(request) {
    const message = request.message();
    this.#epoch += 1;
    this.#current = request;
    this.#startOnly = !("advance" in message);
    this.#wasDone = this.#done;
    this.#done = false;
    this.#inFlight = 1;
    // The server drops what was asked about the run before a start; answers that grow end with any other course of it.
    this.#settle("the run was replaced", (asked) => message.type === "start" || Boolean(asked.part));
    this.#send(/** @type {Said} */ ({ ...message, epoch: this.#epoch }));
    if (request.bytes) this.#socket?.send(request.bytes);
  }

  /** What was asked for has come, or will not. @param {boolean} taken */
  #answered(taken) {
    const next = this.#waiting ?? (taken ? this.#current?.then : null);
    this.#current = null;
    this.#waiting = null;
    if (next) this.#begin(next);
    else this.#pull();
  }

  #pull() {
    while (this.connected && !this.#current && !this.#done && this.#inFlight < IN_FLIGHT && this.#lastStep < this.#target) {
      this.#inFlight += 1;
      this.#send({ type: "advance", budget_ms: BUDGET });
    }
  }

  /** @param {Said} message */
  #send(message) {
    this.#socket?.send(JSON.stringify(message));
  }

  /** @param {string} type @param {any} detail */
  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #connect() {
    clearTimeout(this.#timer);
    this.#idle = false;
    const socket = this.#open();
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    socket.onopen = () => {
      if (socket !== this.#socket) return;
      this.#attempts = 0;
      this.#emit("status", { connected: true, wait: 0 });
      if (this.#recover) this.request(this.#recover());
    };
    socket.onmessage = ({ data }) => {
      if (socket !== this.#socket) return;
      if (typeof data === "string") this.#told(JSON.parse(data));
      else this.#shown(decode(data));
    };
    socket.onclose = ({ code }) => {
      if (socket !== this.#socket) return;
      const asked = this.#inFlight > 0;
      this.#lose();
      this.#idle = code === IDLE;
      const wait = this.#idle ? 0 : Math.min(500 * 2 ** this.#attempts, LONGEST_WAIT) * (0.8 + 0.4 * Math.random());
      if (!this.#idle) {
        this.#attempts += 1;
        this.#timer = setTimeout(() => this.retry(), wait);
      }
      this.#emit("status", { connected: false, wait });
      if (asked) this.#wake(); // it crossed the closing
    };
  }

  /** The connection is gone: nobody waits for an answer that cannot come. */
  #lose() {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    this.#current = null;
    this.#waiting = null;
    this.#inFlight = 0;
    this.#settle("connection lost");
    socket?.close();
  }

  /** @param {string} why @param {(asked: Waiting) => boolean} [which] */
  #settle(why, which = () => true) {
    for (const [id, asked] of this.#questions) {
      if (!which(asked)) continue;
      this.#questions.delete(id);
      asked.reject(new Unanswered(why));
    }
  }

  /** @param {Told} message */
  #told(message) {
    if (message.type === "error" && message.id !== undefined) {
      this.#take(message.id)?.reject(message.problems);
      return;
    }
    if (message.type === "dropped") {
      this.#take(message.id)?.reject(new Unanswered("something newer took its place"));
      return;
    }
    if (typeof message.epoch === "number" && message.epoch < this.#epoch) return;
    if (message.type === "ready") {
      this.#running = message.epoch;
      this.#standsAt = message.step;
      this.#lastStep = message.step;
      this.#emit("ready", { ...message, wish: this.#current?.wish });
    } else if (message.type === "end") {
      this.#done = true;
      this.#inFlight = 0;
      this.#emit("end", message);
      if (this.#current) this.#answered(true);
    } else if (message.type === "error") {
      this.#inFlight = 0;
      if (this.#current) this.#done = this.#wasDone;
      this.#emit("problems", { problems: message.problems, wish: this.#current?.wish });
      if (this.#current) this.#answered(false);
    }
  }

  /** @param {number|undefined} id */
  #take(id) {
    const question = this.#questions.get(id ?? -1);
    this.#questions.delete(id ?? -1);
    return question;
  }

  /** @param {WireFrame} frame */
  #shown(frame) {
    if (frame.kind === "answer") {
      if (frame.more) this.#questions.get(frame.id ?? -1)?.part?.(frame);
      else this.#take(frame.id)?.resolve(frame);
      return;
    }
    if (frame.epoch < this.#epoch) {
      this.#comeBefore(frame);
      return;
    }
    if (frame.kind === "scene") {
      this.#emit("scene", frame);
      return;
    }
    this.#lastStep = frame.step;
    const isAnswer = frame.step > this.#standsAt || frame.final || (this.#current !== null && this.#startOnly);
    if (isAnswer) this.#inFlight = Math.max(0, this.#inFlight - 1);
    if (frame.final) this.#done = true;
    const answered = isAnswer ? this.#current : null;
    this.#emit("frame", frame);
    if (answered && answered === this.#current) this.#answered(true); // whoever heard of the frame may have asked for something else
    else this.#pull();
  }

  /** A stretch of the run before, sent while another was asked for: if that is refused, it goes on after this. @param {WireFrame} frame */
  #comeBefore(frame) {
    if (frame.kind !== "frame" || frame.epoch < this.#running) return;
    this.#lastStep = frame.step;
    if (frame.final) this.#wasDone = true;
    this.#emit("frame", frame);
  }
}
