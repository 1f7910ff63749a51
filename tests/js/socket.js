// @ts-check
// A socket whose other end is the test.

import { encode } from "./frames.js";

/** @import { WireArray, WireFrame } from "../../static/js/types.d.ts" */

export class FakeSocket {
  /** What the page sent, in order; checkpoints as buffers. @type {any[]} */
  sent = [];
  /** @type {number} */
  readyState = WebSocket.CONNECTING;
  binaryType = "";
  /** @type {(() => void)|null} */
  onopen = null;
  /** @type {((event: {data: any}) => void)|null} */
  onmessage = null;
  /** @type {((event: {code: number}) => void)|null} */
  onclose = null;

  /** @param {any} data */
  send(data) {
    this.sent.push(typeof data === "string" ? JSON.parse(data) : data);
  }

  close() {
    this.readyState = WebSocket.CLOSED;
  }

  /** Messages of one type that the page sent. @param {string} type */
  said(type) {
    return this.sent.filter((message) => message.type === type);
  }

  get last() {
    return this.sent.at(-1);
  }

  /** The newest epoch that was asked for. */
  get epoch() {
    return Math.max(0, ...this.sent.map((message) => message.epoch ?? 0));
  }

  accept() {
    this.readyState = WebSocket.OPEN;
    this.onopen?.();
  }

  /** @param {number} [code] */
  drop(code = 1006) {
    this.readyState = WebSocket.CLOSED;
    this.onclose?.({ code });
  }

  /** The server speaks. @param {Record<string, any>} message */
  tell(message) {
    this.onmessage?.({ data: JSON.stringify({ epoch: this.epoch, ...message }) });
  }

  /** @param {number} step @param {number} [total] */
  ready(step = 0, total = 100, scene = "") {
    this.tell({ type: "ready", step, total, scene });
  }

  /** @param {string} sentence @param {Record<string, any>} [more] */
  refuse(sentence, more = {}) {
    this.tell({ type: "error", problems: [{ path: "steps", sentence }], ...more });
  }

  /** The server shows. @param {number} step @param {Record<string, WireArray>} [arrays] @param {Partial<WireFrame>} [header] */
  show(step, arrays = {}, header = {}) {
    this.onmessage?.({ data: encode({ kind: "frame", step, epoch: this.epoch, ...header }, arrays) });
  }
}

/** A factory of fake sockets, and those that it made. */
export function sockets() {
  /** @type {FakeSocket[]} */
  const made = [];
  const open = () => {
    const socket = new FakeSocket();
    made.push(socket);
    return /** @type {WebSocket} */ (/** @type {unknown} */ (socket));
  };
  return { made, open };
}
