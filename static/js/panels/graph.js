// @ts-check
/**
 * A computation as a graph, from what comes in on the left to the loss on the right: on every edge the value that goes
 * forward above it, and the gradient that comes back below it. Groups fold into one box and unfold again.
 *
 * Roles: `structure`, a text: JSON {nodes: [{id, label, group?}], edges: [{from, to}]} without circles; perhaps `values`
 * and `gradients` (node,), what each node gives out and the loss' derivative by it, in the order of the nodes.
 * Options: `folded`, groups that are folded at first.
 */

import { h } from "../controls/dom.js";
import { formatNumber } from "../number.js";
import { theme } from "../plot.js";
import { layered } from "./marks/layered.js";
import { Overlay } from "./marks/overlay.js";

/** @import { Context, Picture } from "../types.d.ts" */
/** @import { Graph } from "./marks/layered.js" */

const BOX = { height: 34, gapX: 78, gapY: 40, padding: 12 };

/** @param {HTMLElement} host @param {Context} panel @returns {Promise<Picture>} */
export async function create(host, panel) {
  const { t, options } = panel;
  const room = h("div", { class: "graph-room", tabindex: 0, role: "region", "aria-label": panel.title });
  const sheet = h("div", { class: "graph-sheet" });
  room.append(sheet);
  host.append(room);
  const layer = new Overlay(sheet, "overlay-graph");
  const nodesRoom = h("div", { class: "graph-nodes" });
  sheet.append(nodesRoom);
  /** @type {Set<string>} */
  const folded = new Set(panel.view("folded") ?? options.folded ?? []);

  /** The graph with folded groups in one node each. @returns {{graph: Graph, members: Map<string, number[]>}} */
  function seen() {
    const whole = /** @type {Graph} */ (panel.data.told("structure", { nodes: [], edges: [] }));
    /** @type {Map<string, number[]>} */
    const members = new Map();
    /** @type {Map<string, string>} */
    const nameOf = new Map();
    whole.nodes.forEach(({ id, group }, i) => {
      const shown = group && folded.has(group) ? `group ${group}` : id;
      nameOf.set(id, shown);
      members.set(shown, [...(members.get(shown) ?? []), i]);
    });
    const nodes = [...members].map(([id, [first]]) => (id === whole.nodes[first].id ? whole.nodes[first]
      : { id, label: String(whole.nodes[first].group), group: whole.nodes[first].group, folded: true }));
    const keys = new Set();
    const edges = whole.edges.flatMap(({ from, to }) => {
      const [one, other] = [nameOf.get(from) ?? from, nameOf.get(to) ?? to];
      if (one === other || keys.has(`${one} ${other}`)) return [];
      keys.add(`${one} ${other}`);
      return [{ from: one, to: other, of: from }];
    });
    return { graph: { nodes, edges }, members };
  }

  function draw() {
    if (!room.clientWidth || !panel.data.text("structure")) return;
    const { graph, members } = seen();
    const look = theme();
    const context = layer.context;
    context.font = `13px ${look.font}`;
    const widthOf = (/** @type {string} */ label) => Math.max(44, context.measureText(label).width + 2 * BOX.padding + 4);
    const places = layered(graph, (node) => widthOf(node.label || node.symbol || ""), BOX);
    const width = Math.max(room.clientWidth, places.width);
    const height = Math.max(room.clientHeight - 2, places.height);
    const [dx, dy] = [(width - places.width) / 2, (height - places.height) / 2];
    Object.assign(sheet.style, { width: `${width}px`, height: `${height}px` });
    layer.resize(width, height);
    const pen = layer.begin();
    const order = /** @type {Graph} */ (panel.data.told("structure", { nodes: [], edges: [] })).nodes.map(({ id }) => id);
    const [values, gradients] = ["values", "gradients"].map((role) => (panel.has(role) ? panel.data.still(role)?.values : undefined));
    pen.translate(dx, dy);
    /** @type {{x: number, y: number, width: number}[]} */
    const taken = [];
    for (const edge of graph.edges) drawEdge(edge, values?.[order.indexOf(edge.of ?? edge.from)], gradients?.[order.indexOf(edge.of ?? edge.from)]);
    writeNodes(graph, members, places, dx, dy, values, gradients);
    sheet.dataset.nodes = String(graph.nodes.length);
    sheet.dataset.edges = String(graph.edges.length);

    /** @param {{from: string, to: string}} edge @param {number|undefined} value @param {number|undefined} gradient */
    function drawEdge({ from, to }, value, gradient) {
      const [one, other] = [places.at.get(from), places.at.get(to)];
      if (!one || !other) return;
      const [x0, y0, x1, y1] = [one.x + one.width, one.y + BOX.height / 2, other.x, other.y + BOX.height / 2];
      const middle = (x0 + x1) / 2;
      pen.strokeStyle = look.ruleStrong;
      pen.lineWidth = 1.6;
      pen.beginPath();
      pen.moveTo(x0, y0);
      pen.bezierCurveTo(middle, y0, middle, y1, x1 - 6, y1);
      pen.stroke();
      pen.fillStyle = look.ruleStrong;
      pen.beginPath();
      pen.moveTo(x1, y1);
      pen.lineTo(x1 - 8, y1 - 4);
      pen.lineTo(x1 - 8, y1 + 4);
      pen.fill();
      pen.textAlign = "center";
      pen.font = `11.5px ${look.font}`;
      const texts = [value === undefined ? "" : formatNumber(value, 3), gradient === undefined ? "" : formatNumber(gradient, 3)];
      const wide = Math.max(...texts.map((text) => pen.measureText(text).width));
      const place = { x: middle, y: (y0 + y1) / 2, width: wide };
      if (taken.some((box) => Math.abs(box.x - place.x) < (box.width + wide) / 2 + 4 && Math.abs(box.y - place.y) < 26)) Object.assign(place, { x: x0 + wide / 2 + 6, y: y0 });
      taken.push(place);
      write(texts[0], place.x, place.y - 8, look.ink);
      write(texts[1], place.x, place.y + 9, look.bad);
    }

    /** @param {string} text @param {number} x @param {number} y @param {string} color */
    function write(text, x, y, color) {
      if (!text) return;
      pen.textBaseline = "middle";
      pen.lineWidth = 4;
      pen.strokeStyle = look.card;
      pen.strokeText(text, x, y);
      pen.fillStyle = color;
      pen.fillText(text, x, y);
    }
  }

  /**
   * @param {Graph} graph @param {Map<string, number[]>} members @param {ReturnType<typeof layered>} places @param {number} dx @param {number} dy
   * @param {ArrayLike<number>|undefined} values @param {ArrayLike<number>|undefined} gradients
   */
  function writeNodes(graph, members, places, dx, dy, values, gradients) {
    const held = document.activeElement instanceof HTMLElement && nodesRoom.contains(document.activeElement) ? document.activeElement.dataset.group : "";
    nodesRoom.replaceChildren(...graph.nodes.map((node) => {
      const place = /** @type {{x: number, y: number, width: number}} */ (places.at.get(node.id));
      const i = /** @type {number[]} */ (members.get(node.id))[0];
      const style = `left:${place.x + dx}px;top:${place.y + dy}px;width:${place.width}px`;
      const about = [values && t("value {value}", { value: formatNumber(values[i], 4) }), gradients && t("gradient {value}", { value: formatNumber(gradients[i], 4) })].filter(Boolean).join(", ");
      const { group } = node;
      if (!group) return h("div", { class: "graph-node", style, title: about }, node.label || node.symbol || "");
      return h("button", { type: "button", class: `graph-node ${node.folded ? "is-folded" : "is-member"}`, style, "aria-expanded": String(!node.folded), dataset: { group },
        title: node.folded ? t("Unfold {group}", { group }) : `${about ? `${about}. ` : ""}${t("Fold {group}", { group })}`, on: { click: () => fold(group) } }, node.label);
    }));
    if (held) /** @type {HTMLElement|null} */ (nodesRoom.querySelector(`[data-group="${CSS.escape(held)}"]`))?.focus({ preventScroll: true });
  }

  /** @param {string} group */
  function fold(group) {
    if (!folded.delete(group)) folded.add(group);
    panel.view("folded", [...folded]);
    draw();
  }

  return { scene: draw, update: draw, playhead: draw, theme: draw, resize: draw, frame: room, png: () => picture() };

  /** Boxes are elements of the page; for a picture they are drawn. */
  async function picture() {
    draw();
    const whole = document.createElement("canvas");
    [whole.width, whole.height] = [layer.canvas.width, layer.canvas.height];
    const pen = /** @type {CanvasRenderingContext2D} */ (whole.getContext("2d"));
    const look = theme();
    pen.fillStyle = look.card;
    pen.fillRect(0, 0, whole.width, whole.height);
    pen.drawImage(layer.canvas, 0, 0);
    pen.scale(layer.ratio, layer.ratio);
    pen.font = `13px ${look.font}`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    for (const child of nodesRoom.children) {
      const { offsetLeft: x, offsetTop: y, offsetWidth: width, offsetHeight: height } = /** @type {HTMLElement} */ (child);
      pen.fillStyle = look.sunk;
      pen.strokeStyle = look.ruleStrong;
      pen.beginPath();
      pen.roundRect(x, y, width, height, 8);
      pen.fill();
      pen.stroke();
      pen.fillStyle = look.ink;
      pen.fillText(child.textContent ?? "", x + width / 2, y + height / 2);
    }
    return whole;
  }
}
