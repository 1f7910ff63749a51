// What the server tells of a computation's tape, and what is seen of it once parts are folded.

/** A node of the tape. */
export interface TapeNode {
  id: string;
  /** Of the primitive; "leaf" and "constant" are computed by none. */
  name: string;
  /** What the visitor calls it; "" where nobody named it. */
  label: string;
  /** What stands in the gate. */
  symbol: string;
  title: string;
  operands: string[];
  shape: number[];
  /** Where its entries begin among all values. */
  at: number;
  size: number;
  /** A gradient comes here. */
  tracked: boolean;
  /** For each operand: where its share begins among all shares; -1: none goes there. */
  edges: number[];
  rule: string | null;
  span: [number, number] | null;
  keeps: string[];
  bytes: number;
}
export interface Group {
  id: string;
  kind: string;
  title: string;
  nodes: string[];
  inputs: string[];
  output: string;
  parent: string | null;
  rule: string | null;
  folded: boolean;
}
/** What happens at a step: step k is `walk[k - 1]`. */
export interface Turn {
  turn: "forward" | "seed" | "backward";
  node: string;
}
/** MathML with slots: `<mi data-slot="a">`. */
export interface Rule {
  forward: string | null;
  shares: { local: string | null; share: string | null }[];
}
export interface Leaf {
  name: string;
  node: string;
  shape: number[];
  low: number;
  high: number;
  step: number;
}
export interface Structure {
  nodes: TapeNode[];
  output: string;
  /** Bytes that the way back needs of the way forward, each array once. */
  kept: number;
  leaves: Leaf[];
  walk: Turn[];
  groups: Group[];
  rules: Record<string, Rule>;
}

/** A gate that is seen: a node, a folded group, the point where a wire parts, or the end of the last wire. */
export interface Gate {
  id: string;
  kind: "leaf" | "constant" | "gate" | "fold" | "fork" | "end";
  /** Whose value comes out of it. */
  node: TapeNode;
  /** Of a folded group. */
  group: Group | null;
}
/** Entries of an array: where they begin and how many. */
export interface Part {
  at: number;
  size: number;
  /** The step of the walk at which it comes. */
  step: number;
}
/** A wire from gate to gate. It carries a value forward and what is sent back along it. */
export interface Wire {
  id: string;
  from: string;
  to: string;
  /** The node whose value it carries. */
  node: TapeNode;
  /** Shares of the gradient that come back on it; they are added up. */
  shares: Part[];
  /** The numbers that stand at it: "both" before anything parts, "share" after a fork, "none" for a constant's way back. */
  shows: "both" | "share" | "value";
  /** Which operand of its target it is; -1 into a folded group. */
  slot: number;
}
export interface Seen {
  gates: Gate[];
  wires: Wire[];
  /** Node -> id of the gate in which it is seen. */
  gateOf: Map<string, string>;
}
