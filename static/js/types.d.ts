// What travels between the server and the page, and between the page's parts: the one place for shared types.
// Nothing here is loaded by a browser; `deno check` reads it. In a module: /** @import { Boot } from "./types.d.ts" */

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
/** Parameters of a run as plain JSON, by field. */
export type Params = Record<string, any>;
/** Live changes: after so many steps, these fields took these values. Sorted by step. */
export type Changes = [step: number, values: Params][];
export type Effect = "live" | "throughout" | "restart";
export type Pace = "ahead" | "live";
export type Translate = (english: string, values?: Record<string, string | number>) => string;

/** One thing wrong with a request: where (`racers.0.beta1`, "" for no field) and a sentence with the remedy. */
export interface Problem {
  path: string;
  sentence: string;
  position?: number | null;
}

// -- the stream ------------------------------------------------------------------------------------------------

export type Values = Float64Array | Float32Array | Int32Array | Uint8Array | Int8Array;
export interface WireArray {
  values: Values;
  shape: number[];
}
/** A binary message: a stretch of the run, the scene, or the answer to a question. */
export interface WireFrame {
  kind: "frame" | "scene" | "answer";
  /** The last step that it holds. */
  step: number;
  final: boolean;
  epoch: number;
  /** Of the question, in an answer. */
  id?: number;
  /** A better answer to the same question follows. */
  more?: boolean;
  arrays: Record<string, WireArray>;
  texts: Record<string, string>;
}

export interface HowFar {
  steps?: number;
  budget_ms?: number;
}
/** What the page says. */
export type Said =
  | { type: "start"; epoch: number; params: Params; changes: Changes; scene: string; advance?: HowFar }
  | { type: "set"; epoch: number; step: number; changes: Params; advance?: HowFar }
  | { type: "rewind"; epoch: number; advance?: HowFar }
  | ({ type: "advance" } & HowFar)
  | { type: "ask"; epoch: number; id: number; at?: number; question: string; params: Params }
  | { type: "drop"; id: number }
  | { type: "upload"; epoch: number; changes?: Changes };

export interface Ready {
  type: "ready";
  epoch: number;
  step: number;
  total: number;
  scene: string;
}
export interface End {
  type: "end";
  epoch: number;
  step: number;
}
export interface Refused {
  type: "error";
  epoch?: number | null;
  /** Of the question that was refused. */
  id?: number;
  problems: Problem[];
}
/** A question whose answer grew gets no further one. */
export interface Dropped {
  type: "dropped";
  epoch: number;
  id: number;
}
/** What the server says in words; arrays come in binary messages. */
export type Told = Ready | End | Refused | Dropped;

// -- the boot block --------------------------------------------------------------------------------------------

/** What an array means: one name an axis; with a "step" axis it is a series, without one a snapshot. */
export interface ArraySpec {
  axes: string[];
  description: string;
  unit: string;
}
export interface Panel {
  kind: string;
  title: string;
  /** Role in the picture -> name of an array. */
  arrays: Record<string, string>;
  /** Role in the picture -> name of the question that is asked for it. */
  questions: Record<string, string>;
  options: Record<string, any>;
  place: "stage" | "row" | "side";
  /** Name of its tab, the same in every language; "" where there are none. */
  view: string;
  view_title: string;
  /** An array of the scene without whose entries the panel is not shown; "" for none. */
  needs?: string;
}
/** What a run may be asked. */
export interface Question {
  title: string;
  /** Whether its answer grows. */
  parts: boolean;
  schema: Schema;
  arrays: Record<string, ArraySpec>;
}
export interface Preset {
  name: string;
  title: string;
  params: Params;
  /** Id of the tab that shows it; "" is the first. */
  view: string;
}
export interface Claim {
  id: string;
  statement: string;
  params: Params;
  /** Where the notes say it. */
  where: string;
  ours: boolean;
  by_construction: boolean;
  look: { view: string; step: number | null; panels: string[]; choices: View };
  prediction: { question: string; answers: string[]; right: number } | null;
  try_this: string;
  unequal: string;
}
export interface Verdict {
  holds: "yes" | "half" | "no";
  headline: string;
  evidence: string;
  spent: string;
  fair: boolean;
  seeds: number[];
}
/** An ordered walk through claims. */
export interface Walk {
  name: string;
  title: string;
  summary: string;
  stations: { claim: string; laboratory: string; statement: string }[];
}

/** A JSON schema of parameters with the hints of `engine/params.py`. */
export interface Schema {
  type?: string;
  title?: string;
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  $defs?: Record<string, Schema>;
  $ref?: string;
  items?: Schema;
  prefixItems?: Schema[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  discriminator?: { propertyName: string; mapping: Record<string, string> };
  default?: any;
  const?: any;
  enum?: any[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  effect?: Effect;
  scale?: "linear" | "log";
  step?: number;
  unit?: string;
  group?: string;
  labels?: Record<string, string>;
  resets?: string[];
  shown_when?: Record<string, any[]>;
  [hint: string]: any;
}

/** What every page gets. */
export interface BootPage {
  language: string;
  messages: Record<string, string>;
  static: string;
}
/** What a laboratory's page gets. */
export interface Boot extends BootPage {
  /** The claim that the address opens; fresh: with its own settings. */
  claim: { id: string; fresh: boolean } | null;
  /** The walk that the address is on. */
  walk: Walk | null;
  name: string;
  title: string;
  summary: string;
  schema: Schema;
  defaults: Params;
  arrays: Record<string, ArraySpec>;
  questions: Record<string, Question>;
  panels: Panel[];
  presets: Preset[];
  claims: Claim[];
  pace: Pace;
  /** Steps a second that are played; 0 leaves it to the page. */
  tempo: number;
  /** Address of the stream. */
  stream: string;
  version: string;
  // the state of the address, validated
  params: Params;
  changes: Changes;
  view: View;
  step: number;
  problems: Problem[];
}

/** What the visitor chose about the pictures: plain JSON, kept in the address. */
export type View = Record<string, any>;
/** What an address says. */
export interface PageState {
  params: Params;
  changes: Changes;
  view: View;
  step: number | null;
}

// -- panels ----------------------------------------------------------------------------------------------------

export type { History, Series, Snapshot } from "./history.js";
export type { Context } from "./context.js";
import type { History } from "./history.js";

/** Name, colour and dash of a series. */
export interface SeriesLook {
  name: string;
  color: string;
  dash: string;
  /** Layers of a net: arrays of several nets are filled up to the deepest. */
  layers?: number;
  [more: string]: any;
}
/** How a change of parameters is made. */
export interface How {
  dragging?: boolean;
  effect?: Effect;
  shift?: boolean;
  /** The run begins again under the playhead, which stays where it is. */
  stay?: boolean;
  /** The new run is watched from its start, wherever the playhead was. */
  replay?: boolean;
}
/** How a question is asked. */
export interface Asking {
  /** The newest state in any case, not that of the playhead. */
  now?: boolean;
  /** Gets each answer but the last of a question whose answer grows; a newer one of the same name ends it. */
  part?: (answer: WireFrame) => void;
  /** Aborted when no answer is wanted any more. */
  signal?: AbortSignal;
}
/** An array that does not grow: of the scene, or the snapshot of a step. */
export interface Still {
  values: ArrayLike<number>;
  shape: number[];
  step?: number;
}

/**
 * What runs, as panels' contexts are made of it: a laboratory's page, or the recording that the gallery plays.
 * It tells "view", "focus", "params", "play", "pause", "asked" and "look".
 */
export interface Source extends EventTarget {
  readonly name: string;
  readonly boot: { panels: Panel[]; arrays: Record<string, ArraySpec>; questions?: Record<string, Question>; schema?: Schema };
  readonly scene: WireFrame | null;
  readonly history: History;
  readonly step: number;
  readonly awaited?: boolean;
  readonly playing: boolean;
  /** In force at the playhead. */
  readonly params: Params;
  readonly focus: number;
  readonly view: View;
  series(i: number): SeriesLook;
  setFocus(i: number): void;
  setView(key: string, value: any): void;
  ask(name: string, params: Params, how?: Asking): Promise<WireFrame>;
  change(changes: Params, how?: How): void;
  seek(step: number): void;
  /** Steps at which the playhead may stand; null: at any. */
  setStops?(stops: number[] | null): void;
  showProblems(problems: Problem[], upload?: boolean): void;
  startOver(): void;
  upload(bytes: ArrayBuffer): void;
  goOnFrom(bytes: ArrayBuffer, changes: Params): void;
}

/**
 * What a picture may do when something happens; the card calls it, and makes up for what was missed while hidden.
 * A method may return a promise: where it rejects, the card says that the picture failed.
 */
export interface Picture {
  /** Another scene is in `context.scene`. */
  scene?(scene: WireFrame): unknown;
  /** The run is longer, or another one; `playhead` is told next. */
  update?(history: History): unknown;
  playhead?(step: number): unknown;
  /** Its tab is left; when it is open again the picture is told what it missed, and `playhead`. */
  hide?(): unknown;
  /** The page's colours are others. */
  theme?(): unknown;
  /** The host or `frame` has another size. */
  resize?(): unknown;
  /** A choice about the pictures has changed. */
  view?(): unknown;
  focus?(): unknown;
  params?(): unknown;
  /** The run plays or pauses. */
  play?(): unknown;
  /** An answer that several panels may show has come. */
  asked?(): unknown;
  /** Ends what `context.signal` does not. */
  destroy?(): unknown;
  png?(): Promise<HTMLCanvasElement>;
  /** The text of an SVG file. */
  svg?(): string;
  /** It is words here: no numbers stand behind it. */
  words?: boolean;
  /** What stands behind the picture, where its arrays alone do not tell. */
  table?(): HTMLElement;
  /** An element whose size matters besides the host's. */
  frame?: HTMLElement;
}

// -- controls --------------------------------------------------------------------------------------------------

/** What is common to all fields of a schema, whatever control suits them. */
export interface FieldBase {
  name: string;
  title: string;
  description: string;
  /** Plain JSON; undefined where the schema has none. */
  default: any;
  effect: Effect;
  unit: string;
  /** Heading under which the control folds away; "" for none. */
  group: string;
  /** Sibling field -> values with which this control is shown. */
  shownWhen: Record<string, any[]> | null;
  /** Sibling field -> values with which it is not. */
  hiddenWhen: Record<string, any[]> | null;
  /** The merged schema node, for what is particular to a kind. */
  hints: Schema;
}
export interface Option {
  value: any;
  label: string;
}
export interface NumberField extends FieldBase {
  kind: "number" | "seed";
  minimum: number;
  maximum: number;
  scale: "linear" | "log";
  step: number | null;
  integer: boolean;
}
export interface PlainField extends FieldBase {
  kind: "switch" | "file" | "json" | "rule" | "hyperparameters" | "program" | "axes" | "settings" | "leaves" | "constant";
}
export interface TextField extends FieldBase {
  kind: "text";
  /** One line. */
  single?: boolean;
}
export interface MenuField extends FieldBase {
  kind: "menu";
  options: Option[];
}
export interface FormulaField extends FieldBase {
  kind: "formula";
  options: Option[];
  /** Properties of the object that the visitor's own text is wrapped in. */
  own: Record<string, Schema>;
}
/** One of the options, or `{[key]: text}` read from a file. */
export interface OwnField extends FieldBase {
  kind: "own";
  options: Option[];
  key: string;
  inner: Field;
}
export interface PairField extends FieldBase {
  kind: "pair";
  /** The two ends. */
  fields: NumberField[];
  nullable?: boolean;
}
export interface ObjectField extends FieldBase {
  kind: "object";
  fields: Field[];
}
export interface OptionalField extends FieldBase {
  kind: "optional";
  inner: Field;
}
export interface Variant {
  tag: string;
  title: string;
  description: string;
  hints: Schema;
  fields: Field[];
}
export interface UnionField extends FieldBase {
  kind: "union";
  discriminator: string;
  variants: Variant[];
}
export interface CardsField extends FieldBase {
  kind: "cards";
  /** "" in a list whose entries are all of one kind. */
  discriminator: string;
  variants: Variant[];
  minimum: number;
  maximum: number;
}
/** Whole numbers, one after another. */
export interface CountsField extends FieldBase {
  kind: "counts";
  minimum: number;
  maximum: number;
  /** Of how many. */
  most: number;
  /** What the first is. */
  add: number;
}
/** Some of several names. */
export interface SeveralField extends FieldBase {
  kind: "several";
  options: Option[];
  minimum: number;
}
export type Field =
  | CountsField | SeveralField | NumberField | PlainField | TextField | MenuField | FormulaField | OwnField | PairField | ObjectField | OptionalField
  | UnionField | CardsField;
/** The field that a kind of control is made for. */
export type FieldOf<K extends Field["kind"], F = Field> = F extends { kind: infer J } ? (K extends J ? F : never) : never;

/** How a control was moved. */
export interface Move {
  dragging: boolean;
  effect: Effect;
  /** The fields beside the one that changed: what the change brings along. */
  siblings?: (current: Params) => Params;
  /** The playhead stays where it is. */
  stay?: boolean;
}
/** Tells of a change; what is emitted is plain JSON. */
export type Emit<V = any> = (value: V, how: Move) => void;
export interface Control<V = any> {
  element: HTMLElement;
  /** Show a value, without telling of it. */
  set(value: V): void;
  /** Take problems away. */
  clear(): void;
  /** Show what the server refused, at a path within the field. */
  problem(path: string[], problem: Problem): unknown;
  scene?(scene: WireFrame): void;
  /** Another run is on screen. */
  run?(): void;
  /** Paint again: a view or the theme is another. */
  refresh?(): void;
  destroy?(): void;
}
export type Make = (field: Field, value: any, emit: Emit, context: ControlContext) => Control;
/** Makes the control of one kind of field. */
export type Factory<K extends Field["kind"], V = any> = (field: FieldOf<K>, value: V, emit: Emit<V>, context: ControlContext) => Control<V>;
/** What controls see of the page. */
export interface ControlContext {
  t: Translate;
  series?(index: number): { name: string; color: string; dash: string };
  /** Entries of a list that are not drawn. */
  hidden?(): number[];
  onHide?(hidden: number[]): void;
  /** The entry in focus. */
  focus?(): number;
  onFocus?(index: number): void;
  make: Make;
  /** Prepared runs that a visitor may begin with. */
  starts?: { title: string; open: () => void }[];
  /** An array of the run at the playhead. */
  entries?(name: string): ArrayLike<number> | undefined;
  /** A parameter in force. */
  value?(name: string): any;
  /** Change several parameters at once. */
  change?(values: Params): void;
  sampleFormula?: string;
}

// -- Plotly, as far as it is used --------------------------------------------------------------------------------

/** An axis as Plotly has laid it out. */
export interface PlotAxis {
  range: [number, number];
  _offset: number;
  _length: number;
}
/** Plotly's element, once something is drawn in it. */
export interface PlotElement extends HTMLDivElement {
  _fullLayout: { width: number; height: number; xaxis: PlotAxis; yaxis: PlotAxis; scene?: { camera: Record<string, any> } };
  on(type: string, listener: (event: any) => void): void;
}
export interface PlotlyLibrary {
  react(element: HTMLElement, traces: object[], layout: object, config?: object): Promise<unknown>;
  restyle(element: HTMLElement, changes: object, traces?: number[]): Promise<unknown>;
  relayout(element: HTMLElement, changes: object): Promise<unknown>;
  toImage(element: HTMLElement, options: object): Promise<string>;
  purge(element: Element): void;
}
declare global {
  interface Window {
    Plotly: PlotlyLibrary;
  }
}
