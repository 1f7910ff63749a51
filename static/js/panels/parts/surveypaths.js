// @ts-check
/** Parameters by dotted paths: `racers.0.learning_rate`. */

/** @param {any} params @param {string} path */
export const at = (params, path) => path.split(".").reduce((value, part) => value?.[part], params);

/** The same parameters with one value in another place's stead; nothing given is changed. @param {any} params @param {string} path @param {any} value @returns {any} */
export function placed(params, path, value) {
  const [first, ...rest] = path.split(".");
  const inner = rest.length ? placed(params?.[first], rest.join("."), value) : value;
  if (Array.isArray(params)) return params.with(Number(first), inner);
  if ((params === null || params === undefined) && /^\d+$/.test(first)) { // a pair that has its default: its other half comes next
    const made = [null, null];
    made[Number(first)] = inner;
    return made;
  }
  return { ...params, [first]: inner };
}
