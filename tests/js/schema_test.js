// @ts-check
// From a parameter model's JSON schema to the fields that controls are built from.

import { defaultOf, describe, fieldsOf, isShown, readable, resolve, same, summary, variantDefault } from "../../static/js/controls/schema.js";
import { assert, same as equals } from "./assert.js";

/** @import { Field, FieldOf, Schema } from "../../static/js/types.d.ts" */

const sgd = { title: "SGD", properties: { rule: { const: "sgd" }, learning_rate: { type: "number", default: 0.1, minimum: 0, scale: "log", symbol: "α" } } };
const adam = { properties: { rule: { const: "adam" }, learning_rate: { type: "number", default: 0.01, symbol: "α" }, beta1: { type: "number", default: 0.9, symbol: "β₁" } } };
const ROOT = /** @type {Schema} */ ({ $defs: { SGD: sgd, Adam: adam, Rate: { type: "number", title: "Rate", description: "how fast", default: 1 } } });
const RULES = /** @type {any} */ ({ oneOf: [{ $ref: "#/$defs/SGD" }, { $ref: "#/$defs/Adam" }], discriminator: { propertyName: "rule" }, labels: { adam: "Adam" } });

/** @template {Field["kind"]} K @param {K} kind @param {any} node @returns {FieldOf<K>} */
function field(kind, node) {
  const found = describe("one", node, ROOT);
  equals(found.kind, kind);
  return /** @type {FieldOf<K>} */ (found);
}

Deno.test("a reference is followed, and what stands beside it wins", () => {
  const found = resolve({ $ref: "#/$defs/Rate", title: "Learning rate" }, ROOT);
  equals([found.title, found.description, found.type], ["Learning rate", "how fast", "number"]);
  equals(resolve({ allOf: [{ $ref: "#/$defs/Rate" }], default: 3 }, ROOT).default, 3);
  equals(resolve({ $ref: "#/$defs/Nobody" }, ROOT), {});
});

Deno.test("every type has its control, and what none suits is written as JSON", () => {
  for (const [kind, node] of /** @type {[Field["kind"], any][]} */ ([["switch", { type: "boolean" }], ["number", { type: "integer" }], ["text", { type: "string" }],
    ["menu", { enum: ["a", "b"] }], ["constant", { const: 4 }], ["seed", { type: "integer", widget: "seed" }], ["union", RULES], ["cards", { type: "array", items: RULES }],
    ["pair", { type: "array", prefixItems: [{ type: "number" }, { type: "number" }] }], ["object", { properties: { a: { type: "number" } } }],
    ["optional", { anyOf: [{ type: "number" }, { type: "null" }] }], ["menu", { anyOf: [{ const: "none" }, { enum: ["a"] }] }],
    ["own", { anyOf: [{ enum: ["moons"] }, { properties: { csv: { type: "string" } } }] }], ["json", { type: "array", items: { type: "array" } }], ["json", {}]])) field(kind, node);
});

Deno.test("a number has its bounds, or none; a whole one goes in ones", () => {
  const whole = field("number", { type: "integer", minimum: 1, exclusiveMaximum: 9 });
  equals([whole.minimum, whole.maximum, whole.step, whole.integer], [1, 9, 1, true]);
  const free = field("number", { type: "number" });
  equals([free.minimum, free.maximum, free.step, free.scale], [-Infinity, Infinity, null, "linear"]);
});

Deno.test("fields come in the schema's order, with what they inherit", () => {
  const fields = fieldsOf({ properties: { init_std: { type: "number" }, seed: { type: "integer", effect: "restart" } } }, ROOT, "live");
  equals(fields.map(({ name, title, effect }) => [name, title, effect]), [["init_std", "Init std", "live"], ["seed", "Seed", "restart"]]);
  equals(readable("learning_rate"), "Learning rate");
});

Deno.test("a choice among models keeps each one's defaults; the tag is no field of its own", () => {
  const { variants, discriminator } = field("union", RULES);
  equals(variants.map(({ tag, title, fields }) => [tag, title, fields.map(({ name }) => name)]),
    [["sgd", "SGD", ["learning_rate"]], ["adam", "Adam", ["learning_rate", "beta1"]]]);
  equals(variantDefault(variants[1], discriminator), { rule: "adam", learning_rate: 0.01, beta1: 0.9 });
  equals(defaultOf(field("union", RULES)), { rule: "sgd", learning_rate: 0.1 });
});

Deno.test("a default is whole and one's own", () => {
  const nested = field("object", { properties: { a: { type: "number", default: 2 }, b: { anyOf: [{ type: "number" }, { type: "null" }] } } });
  equals(defaultOf(nested), { a: 2, b: null });
  const listed = describe("list", { type: "array", items: {}, default: [1] }, ROOT);
  defaultOf(listed).push(2);
  equals(defaultOf(listed), [1]);
});

Deno.test("a control is shown while all that it depends on holds, and hidden when one thing forbids it", () => {
  const shown = describe("one", { type: "number", shown_when: { kind: ["a", "b"], on: [true] }, hidden_when: { quiet: [true] } }, ROOT);
  assert(isShown(shown, { kind: "b", on: true, quiet: false }), "all holds");
  assert(!isShown(shown, { kind: "c", on: true }), "another kind");
  assert(!isShown(shown, { kind: "a", on: true, quiet: true }), "forbidden");
});

Deno.test("plain values are the same when all their parts are", () => {
  assert(same({ a: [1, { b: null }] }, { a: [1, { b: null }] }), "equal");
  assert(same(NaN, NaN), "no number is like itself");
  for (const [a, b] of [[{ a: 1 }, { a: 1, b: 2 }], [[1, 2], [2, 1]], [null, {}], ["1", 1]]) assert(!same(a, b), `${JSON.stringify(a)} ${JSON.stringify(b)}`);
});

Deno.test("an entry is told apart by its first number and by what differs from the defaults", () => {
  const { variants } = field("union", RULES);
  const say = (/** @type {Record<string, any>} */ item) => summary(item, variants[1], String);
  equals(say({ rule: "adam", learning_rate: 0.01, beta1: 0.9 }), "α 0.01");
  equals(say({ rule: "adam", learning_rate: 0.2, beta1: 0.5 }), "α 0.2, β₁ 0.5");
  equals(summary({}, undefined, String), "");
});
