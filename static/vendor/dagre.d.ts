// As far as it is used: static/js/panels/marks/circuit/layout.js.
export interface Box { width: number; height: number }
export interface Placed extends Box { x: number; y: number; rank: number; order: number; edgeObj?: EdgeName }
export interface EdgeName { v: string; w: string; name?: string }
export interface PlacedEdge extends Placed { points: { x: number; y: number }[] }
export class Graph {
  constructor(options?: { directed?: boolean; multigraph?: boolean; compound?: boolean });
  setGraph(label: Record<string, unknown>): this;
  setDefaultEdgeLabel(make: () => object): this;
  setNode(name: string, label: Box): this;
  setEdge(from: string, to: string, label: object, name?: string): this;
  node(name: string): Placed;
  edge(from: string, to: string, name?: string): PlacedEdge;
  graph(): Box & Record<string, unknown>;
  nodes(): string[];
  inEdges(name: string): EdgeName[] | undefined;
  outEdges(name: string): EdgeName[] | undefined;
}
/** `customOrder` is given the graph in layers (ranks, and a node wherever an edge passes one) and dagre's own way of ordering. */
export function layout(graph: Graph, options?: { customOrder?: (graph: Graph, usual: (graph: Graph, options: object) => void) => void }): void;
