// @ts-check
// Numbers of a leaf, as a parameter holds them: lists in its shape; of a leaf without one a number.

/** Numbers in the shape of a leaf. @param {ArrayLike<number>} flat @param {number[]} shape @returns {any} */
export function shaped(flat, shape) {
  if (!shape.length) return flat[0];
  const [count, ...inner] = shape;
  const size = flat.length / Math.max(1, count);
  return Array.from({ length: count }, (_, i) => shaped(Array.prototype.slice.call(flat, i * size, (i + 1) * size), inner));
}

/**
 * The numbers that a leaf was set to, one after the other; null where it was not set, or had another size then.
 * @param {Record<string, any>|undefined} values of leaves, by name @param {string} name @param {number} size
 * @returns {number[]|null}
 */
export function setTo(values, name, size) {
  const flat = [values?.[name] ?? []].flat(Infinity);
  return flat.length === size ? flat : null;
}
