// @ts-check
/** A computation on the page: its drawing in a viewport, its leaves in the hand, its walk with the playhead. */

import { h, isDark, uniqueId } from "../../controls/dom.js";
import { formatNumber } from "../../number.js";
import { beats, seen } from "../marks/circuit/fold.js";
import { Drawing } from "../marks/circuit/drawing.js";
import { gapFor, place } from "../marks/circuit/layout.js";
import { Motion } from "../marks/circuit/motion.js";
import { part } from "../marks/circuit/reveal.js";
import { countText, isMap, labelSize, mapOf, nameText, shapeText, sizeOf } from "../marks/circuit/sizes.js";
import { put } from "../marks/circuit/svg.js";
import { Tape } from "../marks/circuit/tape.js";
import { restScale, Viewport } from "../marks/circuit/viewport.js";
import { tipLine, Tooltip } from "../marks/tooltip.js";
import { LeafDrag } from "./leafdrag.js";

/** @import { Context } from "../../types.d.ts" */
/** @import { Gate, Group, Seen, Structure, TapeNode } from "../marks/circuit/structure.d.ts" */
/** @import { Numbers } from "../marks/circuit/reveal.js" */
/** @import { DrawnWire } from "../marks/circuit/drawing.js" */

const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
/** From this scale on the usual way, from left to right, is taken; below it the other is tried, and must be so much larger. */
const ROOMY = 0.8;
const PREFER_ACROSS = 1.1;

/** The groups that are folded: the visitor's choice, else the server's. @param {Context} panel @param {Structure} structure @returns {Set<string>} */
export function foldedOf(panel, { groups }) {
  const known = new Set(groups.map(({ id }) => id));
  const chosen = panel.view("folded") ?? groups.filter(({ folded }) => folded).map(({ id }) => id);
  return new Set(chosen.filter((/** @type {string} */ id) => known.has(id)));
}

/** The numbers of a run, by role. @param {Context} panel @returns {Numbers} */
export function numbersOf(panel) {
  const still = (/** @type {string} */ role) => panel.data.still(role)?.values ?? [];
  return { values: still("values"), gradients: still("gradients"), shares: still("shares"), locals: still("locals") };
}

export class Circuit {
  /** @type {Set<string>} */
  folded = new Set();
  /** Whose gradients are not told. @type {(node: TapeNode) => boolean} */
  hidden = () => false;
  /** All values are shown, wherever the playhead is. */
  whole = false;
  /** Called whenever numbers were written. */
  onShow = () => {};
  /** @type {Seen|null} */
  #view = null;
  #tape = new Tape();
  /** The values that were written last. @type {ArrayLike<number>|null} */
  #written = null;
  /** What is drawn: a structure without the ranges of its leaves, which follow their values. */
  #drawn = "";
  #layoutKey = "";
  #step = -1;
  #stepAt = 0;
  #beats = [0];

  /** @param {HTMLElement} host @param {Context} panel */
  constructor(host, panel) {
    this.panel = panel;
    this.frame = h("div", { class: "circuit-frame" });
    this.keys = h("p", { id: uniqueId("circuit-keys"), hidden: true }, panel.t("Left and right choose an entry, up and down change it."));
    host.append(this.frame, this.keys);
    this.drawing = new Drawing({ dress: (gate, g) => this.#dress(gate, g), dressWire: (wire) => this.#dressWire(wire), still });
    this.viewport = new Viewport(this.frame, this.drawing.root, () => this.onLook());
    put(this.viewport.svg, { role: "group", "aria-label": panel.title });
    this.motion = new Motion(this.drawing, panel.signal);
    this.tooltip = new Tooltip(this.frame);
    this.drag = new LeafDrag(panel, (node) => part(this.#received().values, node), () => this.write());
    this.drag.ray = () => {
      const { values, gradients } = this.#received();
      const leaves = (this.structure?.leaves ?? []).flatMap((leaf) => { const node = this.reveal?.nodes.get(leaf.node); return node ? [{ leaf, values: part(values, node), gradients: part(gradients, node) }] : []; });
      return { result: this.result, leaves };
    };
    this.viewport.svg.addEventListener("click", (event) => { if (event.target === this.viewport.svg) panel.view("node", undefined); });
  }

  /** Told when the drawing is looked at from elsewhere. */
  onLook = () => {};

  get structure() { return this.#tape.structure; }

  get reveal() { return this.#tape.reveal; }

  /** What a group is called: of several alike each has the name of the line that it is in. @param {Group} group @returns {string} */
  nameOf({ title, output, parent }) {
    const label = this.reveal?.nodes.get(output)?.label;
    const around = this.structure?.groups.find(({ id }) => id === parent);
    return label ? `${title} ${nameText(label)}` : around ? this.nameOf({ ...around, title }) : title;
  }

  /** The sum of the result's entries. */
  get result() {
    const node = this.reveal?.nodes.get(this.structure?.output ?? "");
    return node ? part(this.#received().values, node).reduce((sum, value) => sum + value, 0) : NaN;
  }

  /** Size of the drawing in its own pixels. */
  get extent() { return { width: Math.ceil(this.drawing.places?.width ?? 1), height: Math.ceil(this.drawing.places?.height ?? 1) }; }

  /** The numbers of the run, with those that are in the hand. @returns {Numbers} */
  numbers() {
    const numbers = this.#received();
    const { held } = this.drag;
    if (!held) return numbers;
    const values = Array.from(numbers.values);
    held.values.forEach((value, i) => { values[held.node.at + i] = value; });
    return { ...numbers, values };
  }

  #received() { return numbersOf(this.panel); }

  scene() { this.update(); }

  /** The run has gone on, or it is another: perhaps of another structure. */
  update() {
    const { values } = this.#received();
    const before = this.structure;
    this.#tape.take(this.panel.data.text("structure"), values);
    const { structure } = this;
    if (!structure || !values.length) return;
    if (structure !== before) {
      const drawn = JSON.stringify({ ...structure, leaves: structure.leaves.map(({ name, shape }) => [name, shape]) });
      if (drawn !== this.#drawn) {
        this.#drawn = drawn;
        this.drag.drop();
        this.viewport.own = false;
        this.#step = -1;
        this.#readFolded();
        this.#layoutKey = "";
      }
    }
    if (!this.#layoutKey) this.arrange();
    else if (structure !== before || values !== this.#written) this.write();
    this.drag.arrived();
  }

  #readFolded() {
    if (this.structure && !this.panel.has("tasks")) this.folded = foldedOf(this.panel, this.structure);
  }

  /** Fold a group, or unfold it. @param {string} id */
  fold(id) {
    const next = new Set(this.folded);
    if (!next.delete(id)) next.add(id);
    this.panel.view("folded", [...next]);
  }

  viewChanged() {
    const before = [...this.folded].sort().join();
    this.#readFolded();
    if ([...this.folded].sort().join() !== before) this.arrange();
    else this.write();
  }

  /** Lay out what is seen, where it is another or the room is. */
  arrange() {
    const { structure, frame } = this;
    if (!structure || !frame.clientWidth) return;
    frame.style.removeProperty("--drawing"); // it is laid out for all the room that there may be
    const fold = [...this.folded].sort().join();
    const shape = (frame.clientWidth / frame.clientHeight).toFixed(1);
    const key = `${this.#drawn} ${fold} ${shape}`;
    if (key !== this.#layoutKey) {
      const same = this.#layoutKey !== "";
      this.#layoutKey = key;
      this.#view = seen(structure, this.folded);
      const places = this.#best(this.#view);
      this.motion.stop();
      const held = same && [...this.drawing.gates.values()].find(({ g }) => g === document.activeElement)?.gate.node.id;
      this.drawing.show(this.#view, places, same);
      const heir = this.drawing.gates.get(this.#view.gateOf.get(held || "") ?? ""); // the gate that stands for the node now
      heir?.g.focus({ preventScroll: true });
      this.#beats = beats(structure, this.#view);
      this.panel.stops(this.folded.size ? this.#beats : null);
      this.#claimRoom();
      this.viewport.resize(places.width, places.height);
      this.#follow();
      if (heir) this.viewport.reveal(heir.box);
      Object.assign(frame.dataset, { gates: this.#view.gates.length, wires: this.#view.wires.length });
    } else {
      this.#claimRoom();
      this.viewport.resize(this.extent.width, this.extent.height);
    }
    this.write();
  }

  /** Where the walk stands is seen: of a large drawing that is a part. */
  #follow() {
    const step = Math.min(this.panel.step, this.reveal?.last ?? 0);
    const gate = this.acting(step).gate ?? this.acting(step + 1).gate;
    const box = gate && this.drawing.gates.get(gate.id)?.box;
    if (box) this.viewport.follow(box);
  }

  /** How high the drawing is when all of its width is seen: a narrow page gives it no more. */
  #claimRoom() {
    const { width, height } = this.extent;
    const scale = restScale(this.frame.clientWidth / width);
    this.frame.style.setProperty("--drawing", `${Math.ceil(scale * height)}px`);
  }

  /** From left to right, or in a tall room from top to bottom: whichever is seen larger. @param {Seen} view */
  #best(view) {
    const { clientWidth: width, clientHeight: height } = this.frame;
    const scale = (/** @type {{width: number, height: number}} */ places) => Math.min(width / places.width, height / places.height);
    const laid = (/** @type {boolean} */ across, /** @type {number|undefined} */ gap = undefined) => place(view, sizeOf, (wire) => labelSize(wire, across), across, gap);
    const across = laid(true);
    const down = scale(across) >= ROOMY ? null : laid(false);
    const best = down && scale(across) * PREFER_ACROSS < scale(down) ? down : across;
    const size = restScale(scale(best));
    const gap = gapFor(best, best.across ? width / size - best.width : height / size - best.height);
    return gap > gapFor(best, 0) ? laid(best.across, gap) : best;
  }

  /** @param {number} step */
  playhead(step) {
    if (step === this.#step) return;
    const before = this.#step;
    this.#step = step;
    const now = performance.now();
    const pace = now - this.#stepAt;
    this.#stepAt = now;
    this.motion.stop();
    const onward = before >= 0 && this.#beats[this.#beats.indexOf(before) + 1] === step;
    this.#follow();
    const moves = onward && !still() && this.panel.dark !== null;
    this.drawing.root.classList.toggle("is-walking", moves);
    this.write();
    if (moves && !this.whole) this.#move(step, this.panel.playing && pace < 1500 ? Math.min(820, pace * 0.85) : 820);
  }

  /** The gate that acts at a step. @param {number} step @returns {{gate: Gate|null, turn: string, node: TapeNode|null}} */
  acting(step) {
    const turn = this.reveal?.turn(step);
    const id = turn ? this.#view?.gateOf.get(turn.node) : null;
    return { gate: (id && this.drawing.gates.get(id)?.gate) || null, turn: turn?.turn ?? "", node: (turn && this.reveal?.nodes.get(turn.node)) ?? null };
  }

  /** The numbers of the playhead's step. */
  write() {
    const { panel, reveal, structure } = this;
    if (!reveal || !structure || !this.#view) return;
    const step = this.whole ? reveal.last : Math.min(panel.step, reveal.last);
    const { gate, turn } = this.whole ? { gate: null, turn: "" } : this.acting(step);
    const numbers = this.numbers();
    this.#written = this.#received().values;
    this.drawing.write(reveal, step, numbers, { dark: isDark(), acting: step < reveal.last || turn === "seed" ? gate?.id ?? null : null, turn, leaves: structure.leaves, hidden: this.hidden });
    const inHand = this.drag.node;
    for (const { g, gate } of this.drawing.gates.values()) if (!inHand || gate.node.id === inHand.id) this.#announce(g, gate, numbers, step);
    this.frame.dataset.step = String(step);
    this.frame.dataset.acting = gate?.id ?? "";
    this.frame.classList.toggle("is-held", inHand !== null);
    this.onShow();
  }

  /** @param {number} step @param {number} duration */
  #move(step, duration) {
    const { gate, turn } = this.acting(step);
    const { drawing, reveal } = this;
    if (!gate || !reveal) return;
    const numbers = this.numbers();
    const one = (/** @type {ArrayLike<number>|null} */ list) => (list?.length === 1 ? list[0] : null);
    const into = [...drawing.wires.values()].filter(({ wire }) => wire.to === gate.id);
    if (turn === "forward") this.motion.forward(into, ({ wire }) => one(reveal.value(wire.node, step, numbers)), duration);
    else if (turn === "backward") {
      const arriving = [...drawing.wires.values()].filter(({ wire }) => wire.from === gate.id);
      const box = drawing.gates.get(gate.id)?.box ?? { x: 0, y: 0 };
      const leaving = into.filter(({ wire }) => wire.shares.length).map((wire) => ({ wire, share: one(reveal.share(wire.wire, step, numbers)), ...this.#local(wire, into, numbers) }));
      this.motion.backward(arriving, leaving, one(reveal.gradient(gate.node, step, numbers)), box, duration);
    }
  }

  /**
   * The local gradient towards a wire, and the wire from whose value it is taken, where it is another input's.
   * @param {DrawnWire} drawn @param {DrawnWire[]} into @param {Numbers} numbers
   * @returns {{local: number|null, from: {x: number, y: number}|null}}
   */
  #local({ wire }, into, { values }) {
    const gate = this.drawing.gates.get(wire.to)?.gate;
    const rule = gate && this.structure?.rules[gate.group?.rule ?? gate.node.rule ?? ""];
    const text = rule?.shares[wire.slot]?.local ?? "";
    const slot = /^<math[^>]*>(?:<mrow>)?<mrow data-slot="([ab])"><mi>[ab]<\/mi><\/mrow>(?:<\/mrow>)?<\/math>$/.exec(text)?.[1];
    const other = slot && into.find((one) => one.wire.slot === "ab".indexOf(slot));
    if (!other || isMap(other.wire.node)) return { local: null, from: null };
    return { local: values[other.wire.node.at], from: this.drawing.places?.labels.get(other.wire.id) ?? null };
  }

  /** What a visitor may do with a gate. @param {Gate} gate @param {SVGGElement} g */
  #dress(gate, g) {
    const leafOf = () => this.structure?.leaves.find(({ node }) => node === gate.node.id);
    if (gate.kind === "fork" || gate.kind === "end") return;
    put(g, { tabindex: 0, role: "button" });
    g.addEventListener("pointermove", (event) => this.#tip(gate, event));
    g.addEventListener("pointerleave", () => this.tooltip.hide());
    g.addEventListener("focus", () => { const box = this.drawing.gates.get(gate.id)?.box; if (box && g.matches(":focus-visible")) this.viewport.reveal(box); });
    if (gate.kind === "leaf" && leafOf() && this.panel.options.moves) {
      put(g, { role: "slider", "aria-label": `${gate.node.label}: ${gate.node.title}`, "aria-describedby": isMap(gate.node) ? this.keys.id : null });
      for (const type of /** @type {const} */ (["focus", "blur"])) g.addEventListener(type, () => this.#point(g, gate.node));
      this.drag.attach(g, gate.node, leafOf);
      g.addEventListener("take", () => g.focus({ preventScroll: true }));
      g.addEventListener("keydown", (event) => {
        const leaf = leafOf();
        if (!leaf || !this.drag.key(event, gate.node, leaf)) return;
        event.preventDefault();
        event.stopPropagation();
      });
      return;
    }
    const act = () => { if (gate.group) this.fold(gate.group.id); else this.panel.view("node", this.panel.view("node") === gate.node.id ? undefined : gate.node.id); };
    g.addEventListener("click", act);
    g.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      act();
    });
  }

  /** A leaf's number, or an entry of its matrix, is dragged where it stands. @param {DrawnWire} drawn */
  #dressWire({ wire: { node }, value }) {
    const leafOf = () => this.structure?.leaves.find((leaf) => leaf.node === node.id);
    if (!value || !leafOf() || !this.panel.options.moves) return;
    const { text, map } = value;
    if (text) this.drag.attach(text, node, leafOf);
    if (map) this.drag.attach(map.element, node, leafOf, (event) => this.#entryAt(node, event, map.element));
    for (const one of [text, map?.element]) one?.classList.add("is-loose");
  }

  /** What assistive technology hears of a gate. @param {SVGGElement} g @param {Gate} gate @param {Numbers} numbers @param {number} step */
  #announce(g, gate, numbers, step) {
    const { panel, reveal } = this;
    if (!g.hasAttribute("role") || !reveal) return;
    const { t } = panel;
    const gradient = this.hidden(gate.node) ? null : reveal.gradient(gate.node, step, numbers);
    const leaf = g.getAttribute("role") === "slider" && this.structure?.leaves.find(({ node }) => node === gate.node.id);
    if (leaf) {
      this.drag.announce(g, gate.node, leaf, part(numbers.values, gate.node), gradient);
      this.#point(g, gate.node);
      return;
    }
    const list = (/** @type {ArrayLike<number>|null} */ some) => (some ? (some.length > 4 ? countText(gate.node, t) : Array.from(some, (x) => formatNumber(x, 3)).join(", ")) : t("not yet"));
    const name = gate.group ? this.nameOf(gate.group) : gate.node.label || gate.node.title;
    put(g, { "aria-label": gate.node.tracked ? t("{name}: value {value}, gradient {gradient}", { name, value: list(reveal.value(gate.node, step, numbers)), gradient: list(gradient) })
      : t("{name}: value {value}", { name, value: list(reveal.value(gate.node, step, numbers)) }),
    "aria-expanded": gate.group ? "false" : null, "aria-pressed": gate.kind === "gate" ? String(panel.view("node") === gate.node.id) : null });
    g.classList.toggle("is-chosen", panel.view("node") === gate.node.id);
  }

  /** The entry that keys move is outlined while its leaf has the focus. @param {SVGGElement} g @param {TapeNode} node */
  #point(g, node) {
    if (isMap(node)) this.drawing.point(node, g === document.activeElement ? this.drag.entry(node) : null);
  }

  /** @param {Gate} gate @param {PointerEvent} event */
  #tip(gate, event) {
    const { panel, reveal } = this;
    if (!reveal || event.buttons) return this.tooltip.hide();
    const { t } = panel;
    const { node } = gate;
    const box = this.frame.getBoundingClientRect();
    const numbers = this.numbers();
    const [value, gradient] = [reveal.value(node, panel.step, numbers), this.hidden(node) ? null : reveal.gradient(node, panel.step, numbers)];
    const title = gate.group?.title ?? (node.label && node.name !== "leaf" ? `${node.label}: ${node.title}` : node.label || node.title);
    const few = (/** @type {ArrayLike<number>|null} */ some) => (some && some.length <= 6 ? Array.from(some, (x) => formatNumber(x, 4)).join(", ") : "");
    return this.tooltip.show(event.clientX - box.left, event.clientY - box.top, [h("div", { class: "tip-title" }, title),
      ...(node.shape.length ? [tipLine(t("shape"), shapeText(node.shape))] : []),
      ...(few(value) ? [tipLine(t("value"), few(value))] : []), ...(few(gradient) ? [tipLine(t("gradient"), few(gradient))] : []),
      ...(node.bytes ? [tipLine(t("kept for the way back"), t("{count} bytes", { count: formatNumber(node.bytes) }))] : []),
      ...(gate.kind === "fold" ? [h("div", { class: "tip-line" }, t("Click to unfold."))] : []), ...(gate.kind === "leaf" && panel.options.moves ? [h("div", { class: "tip-line" }, t("Drag to change it."))] : [])]);
  }

  /** The entry of a leaf's matrix under the pointer. @param {TapeNode} node @param {PointerEvent} event @param {Element} map */
  #entryAt(node, event, map) {
    const { rows, columns } = mapOf(node);
    const box = map.getBoundingClientRect();
    const inside = (/** @type {number} */ share, /** @type {number} */ count) => Math.max(0, Math.min(count - 1, Math.floor(share * count)));
    return inside((event.clientY - box.top) / box.height, rows) * columns + inside((event.clientX - box.left) / box.width, columns);
  }
}
