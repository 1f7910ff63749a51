// @ts-check
/**
 * The drawing of a computation: gates, wires and the numbers at them as elements that stay while numbers change. When parts
 * fold or unfold, what stays glides to its new place, what goes shrinks into the gate that takes its place.
 */

import { s, put, write } from "./svg.js";
import { captionOf, CLEAR, isMap, mapOf, shortNumber, textOf } from "./sizes.js";
import { heatMap } from "./heat.js";
import { pathOf } from "./layout.js";
import { largest } from "./reveal.js";

/** @import { Gate, Leaf, Seen, TapeNode, Wire } from "./structure.d.ts" */
/** @import { Box, Places } from "./layout.js" */
/** @import { Numbers, Reveal } from "./reveal.js" */

/** Milliseconds that folding takes; the stylesheet's transitions are as long. */
const GLIDE = 340;
/** Widest band of a gradient on its way back. */
const WIDEST = 11;

/**
 * @typedef {{g: SVGGElement, gate: Gate, box: Box}} DrawnGate
 * @typedef {{g: SVGGElement, wire: Wire, label: SVGGElement, path: SVGPathElement, band: SVGPathElement, value: Side|null, gradient: Side|null}} DrawnWire
 * One of the two things that stand at a wire: a number, or a matrix as a map.
 * @typedef {{text: SVGTextElement|null, map: MapSide|null, shown: number|null}} Side
 * @typedef {ReturnType<typeof heatMap> & {frame: SVGRectElement, shown: {values: ArrayLike<number>, dark: boolean}|null}} MapSide
 */

export class Drawing {
  /** @type {Map<string, DrawnGate>} */
  gates = new Map();
  /** @type {Map<string, DrawnWire>} */
  wires = new Map();
  /** @type {Places|null} */
  places = null;
  #still;
  #dressGate;
  #dressWire;

  /**
   * @param {object} how
   * @param {(gate: Gate, g: SVGGElement) => void} how.dress called once for each gate that is made: what a visitor may do with it
   * @param {(wire: DrawnWire) => void} how.dressWire the same for wires
   * @param {() => boolean} how.still nothing moves by itself
   */
  constructor({ dress, dressWire, still }) {
    this.#dressGate = dress;
    this.#dressWire = dressWire;
    this.#still = still;
    this.wiresLayer = s("g", { class: "circuit-wires", "aria-hidden": "true" });
    this.gatesLayer = s("g", { class: "circuit-gates" });
    this.motion = s("g", { class: "circuit-motion", "aria-hidden": "true" });
    this.root = s("g", { class: "circuit-root" }, this.wiresLayer, this.gatesLayer, this.motion);
  }

  /**
   * Another structure, or another part of it is folded.
   * @param {Seen} view @param {Places} places @param {boolean} same the same tape: what stays glides
   */
  show(view, places, same) {
    const glide = same && !this.#still();
    this.places = places;
    this.motion.replaceChildren();
    this.#showGates(view, places, glide);
    this.#showWires(view, places, glide);
  }

  /** @param {Seen} view @param {Places} places @param {boolean} glide */
  #showGates(view, places, glide) {
    const before = new Map(this.gates);
    const homes = new Map([...before].map(([id, { gate, box }]) => [id, { gate, box }]));
    this.gates = new Map();
    /** @type {SVGGElement[]} */
    const order = [];
    for (const gate of view.gates) {
      const box = /** @type {Box} */ (places.gates.get(gate.id));
      const known = glide ? before.get(gate.id) : undefined;
      const drawn = known ?? this.#makeGate(gate, box, glide ? this.#origin(gate, homes) : null, places);
      Object.assign(drawn, { gate, box });
      if (known) before.delete(gate.id);
      this.gates.set(gate.id, drawn);
      drawn.g.style.transform = `translate(${box.x}px, ${box.y}px)`;
      order.push(drawn.g);
    }
    for (const { g, gate } of before.values()) this.#leave(g, glide ? this.#destination(gate, view) : null);
    order.forEach((g, i) => { if (this.gatesLayer.children[i] !== g) this.gatesLayer.insertBefore(g, this.gatesLayer.children[i] ?? null); });
  }

  /** Where a gate that is new comes from: the fold that it was in, or the parts that it folds. @param {Gate} gate @param {Map<string, {gate: Gate, box: Box}>} homes */
  #origin(gate, homes) {
    const members = gate.group?.nodes.map((id) => homes.get(id)?.box).filter((box) => box !== undefined) ?? [];
    if (members.length) return middle(members);
    for (const { gate: home, box } of homes.values()) if (home.group?.nodes.includes(gate.node.id)) return box;
    return null;
  }

  /** Where a gate that goes shrinks to. @param {Gate} gate @param {Seen} view */
  #destination(gate, view) {
    const into = this.places?.gates.get(view.gateOf.get(gate.node.id) ?? "");
    if (into) return into;
    const members = gate.group?.nodes.map((id) => this.places?.gates.get(id)).filter((box) => box !== undefined) ?? [];
    return members.length ? middle(/** @type {Box[]} */ (members)) : null;
  }

  /** @param {SVGGElement} g @param {{x: number, y: number}|null} to */
  #leave(g, to) {
    if (!to) {
      g.remove();
      return;
    }
    g.setAttribute("aria-hidden", "true");
    g.removeAttribute("tabindex");
    g.style.transform = `translate(${to.x}px, ${to.y}px) scale(0.3)`;
    g.classList.add("is-leaving");
    setTimeout(() => g.remove(), GLIDE);
  }

  /** @param {Gate} gate @param {Box} box @param {{x: number, y: number}|null} from @param {Places} places @returns {DrawnGate} */
  #makeGate(gate, box, from, places) {
    const { width, height } = box;
    const g = s("g", { class: `gate gate-${gate.kind}`, "data-gate": gate.id });
    const text = textOf(gate);
    const shape = { x: -width / 2, y: -height / 2, width, height };
    if (gate.kind === "fork") g.append(s("circle", { r: 3.5, class: "gate-body" }));
    else if (gate.kind === "end") g.append(s("path", { d: places.across ? "M-5 -5L4 0L-5 5" : "M-5 -5L0 4L5 -5", class: "gate-body" }));
    else {
      g.append(s("rect", { ...shape, x: shape.x - 5, y: shape.y - 5, width: width + 10, height: height + 10, rx: gate.kind === "gate" ? height / 2 + 5 : 13, class: "gate-ring" }),
        s("rect", { ...shape, rx: gate.kind === "gate" ? height / 2 : gate.kind === "constant" ? 6 : 9, class: "gate-body" }));
      g.append(s("text", { class: "gate-text", y: gate.kind === "leaf" && !isMap(gate.node) ? -3 : 0 }, text));
    }
    if (gate.kind === "leaf" && gate.node.tracked && !isMap(gate.node)) g.append(s("line", { class: "leaf-track", x1: -width / 2 + 8, x2: width / 2 - 8, y1: 11, y2: 11 }), s("circle", { class: "leaf-knob", cy: 11, r: 4 }));
    if (from) {
      g.style.transform = `translate(${from.x}px, ${from.y}px) scale(0.3)`;
      g.classList.add("is-entering");
      requestAnimationFrame(() => requestAnimationFrame(() => g.classList.remove("is-entering")));
    }
    this.#dressGate(gate, g);
    return { g, gate, box };
  }

  /** @param {Seen} view @param {Places} places @param {boolean} glide */
  #showWires(view, places, glide) {
    for (const { g } of this.wires.values()) {
      if (!glide) g.remove();
      else {
        g.classList.add("is-leaving");
        setTimeout(() => g.remove(), GLIDE / 2);
      }
    }
    this.wires = new Map(view.wires.map((wire) => [wire.id, this.#makeWire(wire, places)]));
    for (const { g } of this.wires.values()) {
      if (glide) g.classList.add("is-arriving");
      this.wiresLayer.append(g);
    }
  }

  /** @param {Wire} wire @param {Places} places @returns {DrawnWire} */
  #makeWire(wire, places) {
    const { across } = places;
    const d = pathOf(/** @type {import("./layout.js").Point[]} */ (places.paths.get(wire.id)), across);
    const box = /** @type {Box} */ (places.labels.get(wire.id));
    const path = s("path", { class: "wire-line", d });
    const band = s("path", { class: "wire-band", d });
    const label = s("g", { class: "wire-label", transform: `translate(${box.x} ${box.y})`, "data-wire": wire.id });
    const words = captionOf(wire);
    if (words) label.append(s("text", { class: "wire-caption", y: -box.height / 2 + 6 }, words));
    const value = wire.shows === "share" || (wire.shows === "value" && !isMap(wire.node)) ? null : side(label, wire, "value", across);
    const gradient = wire.shows === "value" ? null : side(label, wire, "gradient", across);
    const drawn = { g: s("g", { class: `wire wire-${wire.shows}` }, band, path, label), wire, label, path, band, value, gradient };
    this.#dressWire(drawn);
    return drawn;
  }

  /**
   * Write the numbers of a step.
   * @param {Reveal} reveal @param {number} step @param {Numbers} numbers
   * @param {{dark: boolean, acting: string|null, turn: string, leaves: Leaf[], hidden: (node: TapeNode) => boolean}} how hidden: whose gradients are not told
   */
  write(reveal, step, numbers, { dark, acting, turn, leaves, hidden }) {
    const most = largest(numbers.shares) || 1;
    for (const drawn of this.wires.values()) {
      const { wire, g, band } = drawn;
      const value = reveal.value(wire.node, step, numbers);
      const share = wire.shows === "both" ? reveal.gradient(wire.node, step, numbers) : reveal.share(wire, step, numbers);
      const told = share && !hidden(wire.node) ? share : null;
      fill(drawn.value, value, dark);
      fill(drawn.gradient, told, dark);
      drawn.label.classList.toggle("is-partial", wire.shows === "both" && Boolean(told) && reveal.partial(wire.node, step));
      const size = told ? largest(told) : 0;
      g.classList.toggle("is-fresh", (value !== null && !g.classList.contains("is-known")) || (told !== null && !g.classList.contains("is-back")));
      g.classList.toggle("is-known", value !== null);
      g.classList.toggle("is-back", told !== null);
      g.classList.toggle("is-cut", told !== null && size === 0);
      put(band, { "stroke-width": told ? halves(2 + (WIDEST - 2) * Math.sqrt(Math.min(1, size / most))) : 0 });
    }
    for (const { g, gate } of this.gates.values()) {
      g.classList.toggle("is-known", step >= reveal.forwardStep(gate.node.id));
      g.classList.toggle("is-acting", gate.id === acting);
      g.classList.toggle("is-backward", gate.id === acting && turn !== "forward");
      if (gate.kind === "leaf") this.#slide(g, leaves.find(({ node }) => node === gate.node.id), numbers, gate);
    }
  }

  /** The little slider in a leaf of one number. @param {SVGGElement} g @param {Leaf|undefined} leaf @param {Numbers} numbers @param {Gate} gate */
  #slide(g, leaf, { values }, { node }) {
    const knob = g.querySelector(".leaf-knob");
    const track = g.querySelector(".leaf-track");
    if (!knob || !track) return;
    if (!leaf || isMap(node)) {
      knob.remove();
      track.remove();
      return;
    }
    const [left, right] = ["x1", "x2"].map((end) => Number(track.getAttribute(end)));
    const share = Math.max(0, Math.min(1, (values[node.at] - leaf.low) / (leaf.high - leaf.low)));
    put(knob, { cx: (left + (right - left) * (Number.isFinite(share) ? share : 0.5)).toFixed(1) });
  }

  /** Show which entry of a leaf's matrix is in the hand. @param {TapeNode} node @param {number|null} entry */
  point(node, entry) {
    for (const { wire, value } of this.wires.values()) if (wire.node.id === node.id) value?.map?.point(entry);
  }
}

/** @param {SVGGElement} label @param {Wire} wire @param {"value"|"gradient"} what @param {boolean} across @returns {Side} */
function side(label, { node, shows }, what, across) {
  const first = what === "value";
  const alone = shows === "share";
  if (!isMap(node)) {
    const place = alone ? { x: 0, y: 0, "text-anchor": "middle" } : across ? { x: 0, y: first ? -CLEAR - 6 : CLEAR + 7, "text-anchor": "middle" }
      : { x: first ? -CLEAR - 1 : CLEAR + 1, y: 0, "text-anchor": first ? "end" : "start" };
    const text = s("text", { class: `number number-${what}`, ...place });
    label.append(text);
    return { text, map: null, shown: null };
  }
  const { width, height } = mapOf(node);
  const place = alone ? [-width / 2, across ? CLEAR : -height / 2] : across ? [-width / 2, first ? -CLEAR - height : CLEAR] : [first ? -CLEAR - width : CLEAR, -height / 2 + 6];
  const frame = s("rect", { class: `map-frame map-frame-${what}`, x: place[0] - 1.5, y: place[1] - 1.5, width: width + 2, height: height + 2, rx: 2 });
  const map = heatMap(node, place[0], place[1]);
  label.append(frame, map.element);
  return { text: null, map: { ...map, frame, shown: null }, shown: null };
}

/** @param {Side|null} place @param {ArrayLike<number>|null} values @param {boolean} dark */
function fill(place, values, dark) {
  if (place?.text) fillText(place, place.text, values ? values[0] : null);
  if (place?.map) fillMap(place.map, values, dark);
}

/** @param {Side} place @param {SVGTextElement} text @param {number|null} value */
function fillText(place, text, value) {
  if (Object.is(place.shown, value)) return; // it stands there already
  place.shown = value;
  write(text, value === null ? "" : shortNumber(value));
  text.classList.toggle("is-broken", value !== null && !Number.isFinite(value));
}

/** @param {MapSide} map @param {ArrayLike<number>|null} values @param {boolean} dark */
function fillMap(map, values, dark) {
  const { shown } = map;
  if (shown ? values && shown.dark === dark && isSame(shown.values, values) : !values) return; // it stands there already
  map.shown = values && { values, dark };
  if (values) map.paint(values, dark);
  put(map.element, { visibility: values ? null : "hidden" });
  map.frame.classList.toggle("is-known", values !== null);
}

/** @param {ArrayLike<number>} some @param {ArrayLike<number>} others as many */
function isSame(some, others) {
  for (let i = 0; i < some.length; i += 1) if (!Object.is(some[i], others[i])) return false;
  return true;
}

/** Half pixels: what nobody sees is not drawn anew. @param {number} x */
const halves = (x) => Math.round(2 * x) / 2;

/** @param {{x: number, y: number}[]} boxes */
function middle(boxes) {
  return { x: boxes.reduce((sum, { x }) => sum + x, 0) / boxes.length, y: boxes.reduce((sum, { y }) => sum + y, 0) / boxes.length };
}
