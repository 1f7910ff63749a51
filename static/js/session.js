// The conversation with the server: one WebSocket, the page pulls, at most two requests on the way.

import { decode } from "./wire.js";

const IN_FLIGHT = 2;
/** The server closed a stream that was silent for long; the next request opens another. */
const IDLE = 4000;
const LONGEST_WAIT = 15000;

/**
 * Events (each a CustomEvent with `detail`):
 *   ready {step, total, scene}   a run stands at `step`; frames follow
 *   scene WireFrame              what does not change during the run
 *   frame WireFrame              a stretch of the run
 *   end {step}                   nothing more to come
 *   problems {problems}          the server refused what was asked; the run before it goes on
 *   status {connected, wait}     wait: milliseconds to the next attempt, when not connected; 0 if none is due
 */
export class Session extends EventTarget {
  #url;
  #socket = null;
  #epoch = 0;
  #attempts = 0;
  #timer = 0;
  /** The request that is being answered: nothing else is started before. */
  #busy = false;
  /** The newest request that waits for it; an older one is dropped. */
  #next = null;
  #inFlight = 0;
  #standsAt = 0;
  #lastStep = 0;
  #done = true;
  #target = 0;
  /** What a new connection must ask for to be where this one was. */
  #recover = null;
  #closed = false;
  #idle = false;
  /** Whether the run had ended before the request that is being answered: a refused checkpoint leaves it as it was. */
  #wasDone = true;
  #uploading = false;
  /** The request is answered by the frame of the start alone. */
  #startOnly = false;
  #asked = 0;
  /** Questions that wait for their answers. @type {Map<number, {resolve: Function, reject: Function}>} */
  #questions = new Map();

  /** @param {string} url address of the stream, absolute or a path */
  constructor(url) {
    super();
    const absolute = new URL(url, location.href);
    absolute.protocol = absolute.protocol.replace("http", "ws");
    this.#url = absolute.href;
    addEventListener("online", () => this.retry());
    addEventListener("pagehide", () => this.close());
    addEventListener("pageshow", (event) => {
      if (!event.persisted) return;
      this.#closed = false;
      this.#connect();
    });
    this.#connect();
  }

  get connected() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Give the function that returns the arguments of `start` for the present run: used at each new connection. */
  recoverWith(makeStart) {
    this.#recover = makeStart;
    if (this.connected) this.start(...makeStart());
  }

  /**
   * Begin a run. While one is being answered only the newest further request is remembered.
   * @param {Record<string, any>} params
   * @param {[number, Record<string, any>][]} changes
   * @param {{scene?: string, budget?: number}} [options] scene: key of the scene at hand; budget: ms of the first stretch,
   *   0 for the start alone
   */
  start(params, changes, { scene = "", budget = 40 } = {}) {
    this.#request({ type: "start", params, changes, scene, ...(budget ? { advance: { budget_ms: budget } } : {}) });
  }

  /** Change live parameters after `step` steps; what came later is computed anew. */
  set(step, changes, { budget = 40 } = {}) {
    this.#request({ type: "set", step, changes, advance: { budget_ms: budget } });
  }

  /**
   * Ask the run a question that the laboratory declares, about its present state.
   * @param {string} question its name
   * @param {Record<string, any>} [params] of the question
   * @param {number|null} [at] ask the nearest kept state not later than this step instead; the answer says its step
   * @returns {Promise<import("./types.d.ts").WireFrame>} rejected with the problems where the server refuses
   */
  ask(question, params = {}, at = null) {
    if (!this.connected) {
      if (this.#idle) this.retry();
      return Promise.reject(new Error("not connected"));
    }
    this.#asked += 1;
    const id = this.#asked;
    this.#send({ type: "ask", epoch: this.#epoch, id, question, params, ...(at === null ? {} : { at }) });
    return new Promise((resolve, reject) => this.#questions.set(id, { resolve, reject }));
  }

  /** Put a checkpoint in place of the run's start. @param {ArrayBuffer} bytes */
  upload(bytes) {
    this.#request({ type: "upload" }, bytes);
  }

  /** Ask for frames until `step` is reached. Lower values stop the asking. */
  pullTo(step) {
    this.#target = step;
    this.#pull();
  }

  /** Try to connect now instead of after the wait. */
  retry() {
    if (this.connected || this.#closed) return;
    clearTimeout(this.#timer);
    this.#idle = false;
    this.#connect();
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  #request(message, bytes = null) {
    if (!this.connected) { // the recovery after connecting starts from the owner's newest state
      if (this.#idle) this.retry();
      return;
    }
    if (this.#busy) {
      this.#next = [message, bytes];
      return;
    }
    this.#epoch += 1;
    this.#busy = true;
    this.#wasDone = this.#done;
    this.#uploading = message.type === "upload";
    this.#startOnly = !message.advance;
    this.#done = false;
    this.#inFlight = 1;
    this.#standsAt = Infinity;
    this.#send({ ...message, epoch: this.#epoch });
    if (bytes) this.#socket.send(bytes);
  }

  #answered() {
    this.#busy = false;
    const next = this.#next;
    this.#next = null;
    if (next) this.#request(...next);
    else this.#pull();
  }

  #pull() {
    while (this.connected && !this.#busy && !this.#done && this.#inFlight < IN_FLIGHT && this.#lastStep < this.#target) {
      this.#inFlight += 1;
      this.#send({ type: "advance", budget_ms: 40 });
    }
  }

  #send(message) {
    this.#socket.send(JSON.stringify(message));
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #connect() {
    const socket = new WebSocket(this.#url);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    socket.onopen = () => {
      this.#attempts = 0;
      this.#busy = false;
      this.#next = null;
      this.#emit("status", { connected: true, wait: 0 });
      if (this.#recover) this.start(...this.#recover());
    };
    socket.onmessage = ({ data }) => (typeof data === "string" ? this.#text(JSON.parse(data)) : this.#binary(decode(data)));
    socket.onclose = ({ code }) => {
      if (this.#closed || socket !== this.#socket) return;
      for (const { reject } of this.#questions.values()) reject(new Error("connection lost"));
      this.#questions.clear();
      this.#idle = code === IDLE;
      if (this.#idle) {
        this.#emit("status", { connected: false, wait: 0 });
        return;
      }
      const wait = Math.min(500 * 2 ** this.#attempts, LONGEST_WAIT) * (0.8 + 0.4 * Math.random());
      this.#attempts += 1;
      this.#timer = setTimeout(() => this.#connect(), wait);
      this.#emit("status", { connected: false, wait });
    };
  }

  #text(message) {
    if (message.id !== undefined) {
      this.#take(message.id)?.reject(message.problems);
      return;
    }
    if (message.epoch !== undefined && message.epoch !== null && message.epoch < this.#epoch) return;
    if (message.type === "ready") {
      this.#standsAt = message.step;
      this.#lastStep = message.step;
      this.#emit("ready", message);
    } else if (message.type === "end") {
      this.#done = true;
      this.#inFlight = 0;
      this.#emit("end", message);
      if (this.#busy) this.#answered();
    } else if (message.type === "error") {
      this.#inFlight = 0;
      if (this.#busy) this.#done = this.#wasDone;
      if (this.#next?.[0].type === "upload") this.#next = null; // it belonged to what was refused
      this.#emit("problems", { ...message, upload: this.#busy && this.#uploading });
      if (this.#busy) this.#answered();
    }
  }

  #take(id) {
    const question = this.#questions.get(id);
    this.#questions.delete(id);
    return question;
  }

  #binary(frame) {
    if (frame.kind === "answer") {
      this.#take(frame.id)?.resolve(frame);
      return;
    }
    if (frame.epoch < this.#epoch) return;
    if (frame.kind === "scene") {
      this.#emit("scene", frame);
      return;
    }
    this.#lastStep = frame.step;
    const isAnswer = frame.step > this.#standsAt || frame.final || (this.#busy && this.#startOnly);
    if (isAnswer) this.#inFlight = Math.max(0, this.#inFlight - 1);
    if (frame.final) this.#done = true;
    this.#emit("frame", frame);
    if (isAnswer && this.#busy) this.#answered();
    else this.#pull();
  }
}
