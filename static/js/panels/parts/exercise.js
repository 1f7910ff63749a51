// @ts-check
/** stub to be replaced */
/** @import { Context } from "../../types.d.ts" */
/** @import { Circuit } from "./circuit.js" */
export class Exercise {
  /** @param {HTMLElement} _host @param {Context} _panel @param {Circuit} _circuit */
  constructor(_host, _panel, _circuit) {}
  follow() {}
}
