// @ts-check
/**
 * What is seen of a tape: groups that are folded stand as one gate, and a value that is used more than once goes through
 * a fork, the point where on the way back the branches are summed. The result's wire leads to the end.
 */

/** @import { Gate, Group, Part, Seen, Structure, TapeNode, Wire } from "./structure.d.ts" */

/**
 * The outermost folded group of every node that is in one.
 * @param {Group[]} groups @param {ReadonlySet<string>} folded
 * @returns {Map<string, Group>}
 */
function closedOver(groups, folded) {
  const byId = new Map(groups.map((group) => [group.id, group]));
  const depth = (/** @type {Group} */ group) => {
    let count = 0;
    for (let parent = group.parent; parent; parent = byId.get(parent)?.parent ?? null) count += 1;
    return count;
  };
  /** @type {Map<string, Group>} */
  const closed = new Map();
  for (const group of groups.filter(({ id }) => folded.has(id)).sort((a, b) => depth(b) - depth(a))) {
    for (const node of group.nodes) closed.set(node, group); // an outer group overwrites an inner one
  }
  return closed;
}

/** A constant that only a folded group uses is folded with it. @param {Structure} structure @param {Map<string, Group>} closed */
function takeConstants({ nodes }, closed) {
  for (const { id, name } of nodes) {
    if (name !== "constant" || closed.has(id)) continue;
    const users = nodes.filter(({ operands }) => operands.includes(id)).map((user) => closed.get(user.id));
    if (users[0] && users.every((group) => group === users[0])) closed.set(id, users[0]);
  }
}

/** The step of the walk at which each node has its turn. @param {Structure} structure @param {"forward"|"backward"|"seed"} turn */
export function stepsOf(structure, turn) {
  return new Map(structure.walk.flatMap((one, i) => (one.turn === turn ? [[one.node, i + 1]] : [])));
}

/**
 * @param {Structure} structure
 * @param {ReadonlySet<string>} folded ids of groups
 * @returns {Seen}
 */
export function seen(structure, folded) {
  const nodes = new Map(structure.nodes.map((node) => [node.id, node]));
  const at = (/** @type {string} */ id) => /** @type {TapeNode} */ (nodes.get(id));
  const closed = closedOver(structure.groups, folded);
  takeConstants(structure, closed);
  const gateId = (/** @type {string} */ id) => { const group = closed.get(id); return group ? `fold ${group.id}` : id; };
  const backward = stepsOf(structure, "backward");
  /** @type {Map<string, Gate>} */
  const gates = new Map();
  for (const node of structure.nodes) {
    const group = closed.get(node.id);
    const id = gateId(node.id);
    if (group) gates.set(id, { id, kind: "fold", node: at(group.output), group });
    else gates.set(id, { id, kind: node.name === "leaf" ? "leaf" : node.name === "constant" ? "constant" : "gate", node, group: null });
  }
  /** @type {Map<string, Wire>} */
  const wires = new Map();
  for (const node of structure.nodes) {
    node.operands.forEach((operand, slot) => {
      const [from, to] = [gateId(operand), gateId(node.id)];
      if (from === to) return;
      const inFold = closed.has(node.id);
      const id = inFold ? `${operand}>${to}` : `${operand}>${node.id}:${slot}`;
      const wire = wires.get(id) ?? { id, from, to, node: at(operand), shares: [], shows: at(operand).tracked ? "both" : "value", slot: inFold ? -1 : slot };
      const share = node.edges[slot] ?? -1;
      if (share >= 0) wire.shares.push({ at: share, size: at(operand).size, step: backward.get(node.id) ?? Infinity });
      wires.set(id, wire);
    });
  }
  const last = at(structure.output);
  gates.set("end", { id: "end", kind: "end", node: last, group: null });
  wires.set("end", { id: "end", from: gateId(last.id), to: "end", node: last, shares: [], shows: last.tracked ? "both" : "value", slot: 0 });
  return withForks([...gates.values()], [...wires.values()], new Map(structure.nodes.map(({ id }) => [id, gateId(id)])));
}

/** @param {Gate[]} gates @param {Wire[]} wires @param {Map<string, string>} gateOf @returns {Seen} */
function withForks(gates, wires, gateOf) {
  /** @type {Map<string, Wire[]>} */
  const leaving = new Map();
  for (const wire of wires) leaving.set(wire.node.id, [...(leaving.get(wire.node.id) ?? []), wire]);
  const forked = [...leaving.values()].filter((branches) => branches.length > 1 && branches[0].node.tracked);
  const forks = forked.map(([{ node }]) => /** @type {Gate} */ ({ id: `fork ${node.id}`, kind: "fork", node, group: null }));
  const stems = forked.map((branches) => {
    const [{ node, from }] = branches;
    /** @type {Part[]} */
    const shares = branches.flatMap((branch) => branch.shares);
    for (const branch of branches) Object.assign(branch, { from: `fork ${node.id}`, shows: "share" });
    return /** @type {Wire} */ ({ id: `${node.id}>fork`, from, to: `fork ${node.id}`, node, shares, shows: "both", slot: 0 });
  });
  return { gates: [...gates, ...forks], wires: [...stems, ...wires], gateOf };
}

/**
 * The steps of the walk at which what is seen changes: inside a folded group only its first turn forward and its last
 * one backward count, so that a folded gate takes one step each way.
 * @param {Structure} structure @param {Seen} view
 * @returns {number[]} ascending, 0 and the last step among them
 */
export function beats({ walk }, { gates, gateOf }) {
  const folds = new Set(gates.filter(({ kind }) => kind === "fold").map(({ id }) => id));
  const stops = new Set([0, walk.length]);
  walk.forEach(({ turn, node }, i) => {
    const gate = gateOf.get(node) ?? node;
    const next = walk[i + 1];
    const goesOn = folds.has(gate) && next && next.turn === turn && gateOf.get(next.node) === gate;
    if (!goesOn) stops.add(i + 1);
  });
  return [...stops].sort((a, b) => a - b);
}
