// @ts-check
// What the unit tests need of an assertion library, without one: they run offline and fetch nothing.

/** @param {unknown} claim @param {string} [what] @returns {asserts claim} */
export function assert(claim, what = "is true") {
  if (!claim) throw new Error(`expected: ${what}`);
}

/** Fail unless two values are the same plain data. @param {unknown} actual @param {unknown} wanted @param {string} [what] */
export function same(actual, wanted, what = "") {
  const [a, b] = [show(actual), show(wanted)];
  if (a !== b) throw new Error(`${what}\n  actual: ${a}\n  wanted: ${b}`);
}

/** Fail unless it throws (or rejects) with a message that matches. @param {() => unknown} act @param {RegExp} [message] */
export async function throws(act, message = /./) {
  try {
    await act();
  } catch (error) {
    const text = error instanceof Error ? error.message : JSON.stringify(error);
    if (!message.test(text)) throw new Error(`threw ${text}, wanted ${message}`);
    return;
  }
  throw new Error(`nothing was thrown, wanted ${message}`);
}

/** @param {unknown} value */
function show(value) {
  return JSON.stringify(value, (_key, inner) => {
    if (typeof inner === "number" && !Number.isFinite(inner)) return String(inner);
    if (inner === undefined) return "undefined";
    if (ArrayBuffer.isView(inner)) return Array.from(/** @type {any} */ (inner));
    if (inner instanceof Map) return { map: [...inner] };
    if (inner && typeof inner === "object" && !Array.isArray(inner)) {
      return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
    }
    return inner;
  });
}
