// @ts-check
// Reads a pydantic JSON schema into plain descriptions of fields, from which the controls are built.

/** @import { Effect, Field, FieldBase, FieldOf, NumberField, Option, Schema, Variant } from "../types.d.ts" */

/**
 * What a kind adds to what all fields have.
 * @typedef {{[K in Field["kind"]]: Omit<FieldOf<K>, keyof FieldBase> & Partial<FieldBase>}[Field["kind"]]} Particulars
 */

/**
 * Follow `$ref` (and pydantic's one-element `allOf`), the keys beside it winning.
 * @param {Schema|undefined} node
 * @param {Schema} root the whole schema, with `$defs`
 * @returns {Schema}
 */
export function resolve(node, root) {
  if (!node || typeof node !== "object") return {};
  if (Array.isArray(node.allOf) && node.allOf.length === 1) {
    const { allOf, ...beside } = node;
    return { ...resolve(allOf[0], root), ...beside };
  }
  if (typeof node.$ref !== "string") return node;
  const { $ref, ...beside } = node;
  const target = $ref.replace(/^#\//, "").split("/").reduce((/** @type {Schema|undefined} */ at, key) => at?.[key], root);
  return { ...resolve(target, root), ...beside };
}

/**
 * Describe every property of an object schema, in its order.
 * @param {Schema} node
 * @param {Schema} root
 * @param {Effect} [effect] what a field takes that does not say
 * @returns {Field[]}
 */
export function fieldsOf(node, root, effect = "restart") {
  const whole = resolve(node, root);
  return Object.entries(whole.properties ?? {}).map(([name, child]) => describe(name, child, root, effect));
}

/**
 * Describe one property.
 * @param {string} name
 * @param {Schema} node
 * @param {Schema} root
 * @param {Effect} [inherited]
 * @returns {Field}
 */
export function describe(name, node, root, inherited = "restart") {
  const hints = resolve(node, root);
  const field = {
    name, hints,
    title: node.title ?? hints.title ?? readable(name),
    description: node.description ?? hints.description ?? "",
    default: hints.default,
    effect: hints.effect ?? inherited,
    unit: hints.unit ?? "",
    group: hints.group ?? "",
    shownWhen: hints.shown_when ?? null,
    hiddenWhen: hints.hidden_when ?? null,
  };
  return /** @type {Field} */ ({ ...field, ...particulars(field, hints, root) });
}

/**
 * What is particular to the kind of control that suits the schema node.
 * @param {FieldBase} field @param {Schema} node @param {Schema} root @returns {Particulars}
 */
function particulars(field, node, root) {
  const { effect } = field;
  const variants = node.oneOf && node.discriminator ? variantsOf(node, root, effect) : null;
  switch (node.widget) {
    case "formula": return { kind: "formula", options: enumOf(node, root), own: ownOf(node, root) };
    case "seed": return { ...numberOf(node), kind: "seed" };
    case "text": return { kind: "text" };
    case "file": return { kind: "file" };
    case "hidden": return { kind: "constant" };
    case "counts": return countsOf(node, root);
    case "several": {
      const names = resolve(node.items, root);
      return { kind: "several", options: optionsOf(names.enum ?? [], node.labels), minimum: node.minItems ?? 0 };
    }
    case "program":
    case "axes":
    case "settings":
    case "leaves":
    case "rule":
    case "hyperparameters": return { kind: /** @type {"program"|"axes"|"settings"|"leaves"|"rule"|"hyperparameters"} */ (node.widget) };
    case "pair": return pairOf(field, node, root);
    default:
  }
  if ("const" in node) return { kind: "constant", default: node.const };
  if (Array.isArray(node.enum)) return { kind: "menu", options: optionsOf(node.enum, node.labels) };
  if (variants) return { kind: "union", discriminator: node.discriminator?.propertyName ?? "", variants };
  if (Array.isArray(node.anyOf)) return anyOf(field, node, root);
  if (node.type === "boolean") return { kind: "switch" };
  if (node.type === "number" || node.type === "integer") return numberOf(node);
  if (node.type === "string") return { kind: "text", single: true };
  if (node.type === "array") {
    if (Array.isArray(node.prefixItems) && node.prefixItems.length === 2) return pairOf(field, node, root);
    const items = resolve(node.items, root);
    if (items.oneOf && items.discriminator) {
      return { kind: "cards", discriminator: items.discriminator.propertyName, variants: variantsOf({ labels: node.labels, ...items }, root, effect),
        minimum: node.minItems ?? 0, maximum: node.maxItems ?? Infinity };
    }
    if (node.widget === "cards" && items.properties) {
      const only = { tag: "", title: items.title ?? field.title, description: items.description ?? "", hints: items, fields: fieldsOf(items, root, effect) };
      return { kind: "cards", discriminator: "", variants: [only], minimum: node.minItems ?? 0, maximum: node.maxItems ?? Infinity };
    }
    return { kind: "json" };
  }
  if (node.properties) return { kind: "object", fields: fieldsOf(node, root, effect) };
  return { kind: "json" };
}

/** @param {FieldBase} field @param {Schema} node @param {Schema} root @returns {Particulars} */
function anyOf(field, node, root) {
  const branches = (node.anyOf ?? []).map((branch) => resolve(branch, root));
  const real = branches.filter((branch) => branch.type !== "null");
  const { anyOf: _dropped, ...beside } = node;
  if (real.length === 1) {
    const inner = describe(field.name, { ...real[0], ...beside }, root, field.effect);
    if (branches.length > 1 && inner.kind === "pair") return { ...inner, nullable: true };
    return branches.length > 1 ? { kind: "optional", inner } : inner;
  }
  const choices = real.flatMap((branch) => branch.enum ?? ("const" in branch ? [branch.const] : []));
  if (choices.length && real.every((branch) => branch.enum || "const" in branch)) {
    return { kind: "menu", options: optionsOf(choices, node.labels) };
  }
  const own = real.find((branch) => Object.keys(branch.properties ?? {}).length === 1);
  if (own && choices.length) {
    const [[name, child]] = Object.entries(own.properties ?? {});
    return { kind: "own", options: optionsOf(choices, node.labels), key: name,
      inner: describe(name, { widget: "file", default: "", accept: ".csv,.tsv,.txt,text/csv,text/plain", ...child, effect: field.effect }, root, field.effect) };
  }
  const number = real.find((branch) => branch.type === "number" || branch.type === "integer");
  if (number) return numberOf({ ...number, ...beside });
  return { kind: "json" };
}

/** @param {Schema} node @param {Schema} root */
function enumOf(node, root) {
  const branches = [node, ...(node.anyOf ?? []), ...(node.oneOf ?? [])].map((branch) => resolve(branch, root));
  const values = branches.flatMap((branch) => branch.enum ?? ("const" in branch ? [branch.const] : []));
  return optionsOf(values, node.labels);
}

/** The properties of the object that a formula's own text is wrapped in. @param {Schema} node @param {Schema} root @returns {Record<string, Schema>} */
function ownOf(node, root) {
  const branch = (node.anyOf ?? []).map((one) => resolve(one, root)).find((one) => one.properties?.formula);
  return Object.fromEntries(Object.entries(branch?.properties ?? {}).map(([name, child]) => [name, resolve(child, root)]));
}

/** @param {Schema} node @returns {Omit<NumberField, keyof FieldBase>} */
function numberOf(node) {
  const integer = node.type === "integer";
  return {
    kind: "number", integer,
    minimum: node.minimum ?? node.exclusiveMinimum ?? -Infinity,
    maximum: node.maximum ?? node.exclusiveMaximum ?? Infinity,
    scale: node.scale ?? "linear",
    step: node.step ?? (integer ? 1 : null),
  };
}

/** @param {Schema} node @param {Schema} root @returns {Particulars} */
function countsOf(node, root) {
  const { minimum, maximum } = numberOf(resolve(node.items, root));
  return { kind: "counts", minimum, maximum, most: node.maxItems ?? Infinity, add: node.add ?? minimum };
}

/** @param {FieldBase} field @param {Schema} node @param {Schema} root @returns {Particulars} */
function pairOf(field, node, root) {
  const ends = node.prefixItems ?? [node.items ?? {}, node.items ?? {}];
  const names = /** @type {ArrayLike<string>} */ (node.labels ?? ["x", "y"]);
  const { minimum, maximum, scale, step, unit } = node;
  const shared = Object.fromEntries(Object.entries({ minimum, maximum, scale, step, unit }).filter(([, v]) => v !== undefined));
  return {
    kind: "pair",
    fields: ends.map((/** @type {Schema} */ end, /** @type {number} */ i) => /** @type {NumberField} */ ({
      ...describe(String(i), { type: "number", ...shared, ...resolve(end, root), title: names[i] }, root, field.effect),
      default: Array.isArray(field.default) ? field.default[i] : undefined,
    })),
  };
}

/** @param {Schema} node @param {Schema} root @param {Effect} effect @returns {Variant[]} */
function variantsOf(node, root, effect) {
  const key = node.discriminator?.propertyName ?? "";
  return (node.oneOf ?? []).map((branch) => {
    const whole = resolve(branch, root);
    const tag = resolve(whole.properties?.[key], root);
    const value = tag.const ?? tag.enum?.[0] ?? tag.default;
    return {
      tag: value,
      title: node.labels?.[value] ?? whole.title ?? readable(String(value)),
      description: whole.description ?? "",
      hints: whole,
      fields: fieldsOf(whole, root, effect).filter((field) => field.name !== key),
    };
  });
}

/** @param {any[]} values @param {Record<string, string>} [labels] @returns {Option[]} */
function optionsOf(values, labels = {}) {
  return values.map((value) => ({ value, label: labels?.[value] ?? readable(String(value)) }));
}

/** `init_std` -> `Init std`. @param {string} name @returns {string} */
export function readable(name) {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/**
 * The value that a field has when nobody chose one, whole (an object's missing entries filled in).
 * @param {Field} field
 * @returns {any}
 */
export function defaultOf(field) {
  if (field.default !== undefined) return structuredClone(field.default);
  if (field.kind === "object") return Object.fromEntries(field.fields.map((child) => [child.name, defaultOf(child)]));
  if (field.kind === "union") return variantDefault(field.variants[0], field.discriminator);
  if (field.kind === "optional") return null;
  if (field.kind === "pair") return field.fields.map((end) => end.default ?? 0);
  return undefined;
}

/**
 * A variant with the defaults of all its fields.
 * @param {Variant} variant
 * @param {string} discriminator
 * @returns {Record<string, any>}
 */
export function variantDefault(variant, discriminator) {
  return { [discriminator]: variant.tag,
    ...Object.fromEntries(variant.fields.map((field) => [field.name, defaultOf(field)])) };
}

/**
 * Whether a control is shown, given the values of its siblings.
 * @param {Field} field
 * @param {Record<string, any>} siblings
 * @returns {boolean}
 */
export function isShown(field, siblings) {
  const holds = (/** @type {[string, any[]]} */ [name, values]) => [values].flat().some((value) => same(value, siblings?.[name]));
  return Object.entries(field.shownWhen ?? {}).every(holds) && !Object.entries(field.hiddenWhen ?? {}).some(holds);
}

/** Deep equality of plain JSON values. @param {any} a @param {any} b @returns {boolean} */
export function same(a, b) {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || !a || !b) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => same(a[key], b[key]));
}

/**
 * In a few words what sets a list's entry apart: its first number, and whatever differs from the default.
 * @param {Record<string, any>} item
 * @param {Variant|undefined} variant
 * @param {(value: number) => string} format
 * @returns {string}
 */
export function summary(item, variant, format) {
  if (!variant) return "";
  const numbers = variant.fields.filter((field) => field.kind === "number" && item[field.name] !== undefined);
  return numbers
    .filter((field, i) => i === 0 || !same(item[field.name], field.default))
    .map((field) => `${field.hints.symbol ?? field.title.toLowerCase()} ${format(item[field.name])}`)
    .join(", ");
}
