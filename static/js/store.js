// @ts-check
// What is too large for the address: kept runs and long texts, in the browser's own database. Where that is refused
// (private windows, full disks) everything works on without it.

const NAME = "descentlab";
const VERSION = 3;

/** @typedef {"runs"|"texts"} StoreName */

/** So many values of a store stay, the newest, and so long, in milliseconds: a year. */
export const MOST = { runs: 18, texts: 60 };
export const OLDEST = 365 * 24 * 3600 * 1000;

/** @type {Promise<IDBDatabase|null>|null} */
let opening = null;

function open() {
  opening ??= new Promise((resolve) => {
    try {
      const request = indexedDB.open(NAME, VERSION);
      request.onupgradeneeded = () => {
        const { result } = request;
        for (const store of [...result.objectStoreNames]) result.deleteObjectStore(store); // of an earlier version: kept without their time
        for (const store of Object.keys(MOST)) result.createObjectStore(store).createIndex("time", "time");
      };
      request.onsuccess = () => {
        request.result.onversionchange = () => request.result.close();
        resolve(request.result);
      };
      request.onerror = () => resolve(null);
      request.onblocked = () => resolve(null);
    } catch {
      resolve(null);
    }
  });
  return opening;
}

/**
 * @template R
 * @param {StoreName} store @param {IDBTransactionMode} mode @param {(table: IDBObjectStore) => IDBRequest<R>} what
 * @returns {Promise<R|undefined>}
 */
async function act(store, mode, what) {
  const database = await open();
  if (!database) return undefined;
  return new Promise((resolve) => {
    try {
      const transaction = database.transaction(store, mode);
      const request = what(transaction.objectStore(store));
      if (mode === "readwrite") transaction.commit(); // at once: the page may be about to go
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = transaction.onabort = () => resolve(undefined);
    } catch {
      resolve(undefined);
    }
  });
}

/** @param {StoreName} store @param {string} key @returns {Promise<any>} undefined when there is none */
export const find = (store, key) => act(store, "readonly", (table) => table.get(key));

/** All whose key begins so. @param {StoreName} store @param {string} prefix @returns {Promise<any[]>} */
export const findAll = async (store, prefix) => (
  await act(store, "readonly", (table) => table.getAll(IDBKeyRange.bound(prefix, `${prefix}\uffff`)))) ?? [];

/** Keep a value (an object with the `time` when it was used last) under a key. @param {StoreName} store @param {string} key @param {{time: number, [part: string]: any}} value @returns {Promise<any>} the key, or undefined where refused */
export const keep = (store, key, value) => act(store, "readwrite", (table) => table.put(value, key));

/** @param {StoreName} store @param {string} key @returns {Promise<any>} */
export const forget = (store, key) => act(store, "readwrite", (table) => table.delete(key));

/** Forget what a store need not keep any longer. @param {StoreName} store */
export async function tidy(store) {
  /** @type {[number, string][]} */
  const kept = [];
  await act(store, "readonly", (table) => {
    const request = table.index("time").openKeyCursor(); // keys alone: the values may be large
    request.addEventListener("success", () => {
      const cursor = request.result;
      if (!cursor) return;
      kept.push([Number(cursor.key), String(cursor.primaryKey)]);
      cursor.continue();
    });
    return request;
  });
  await Promise.all(surplus(kept, MOST[store], Date.now()).map((key) => forget(store, key)));
}

/**
 * The keys of what is too old or too much, the oldest before the newer.
 * @param {[number, string][]} kept when each was used last, and its key @param {number} most of them @param {number} now
 * @returns {string[]}
 */
export function surplus(kept, most, now) {
  const newest = kept.toSorted(([one], [other]) => other - one);
  return newest.filter(([time], i) => i >= most || now - time > OLDEST).map(([, key]) => key);
}

/** A short name for a long text: the same for the same text. @param {string} text @returns {string} */
export function nameOf(text) {
  let [a, b] = [0x811c9dc5, 0x1000193];
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x85ebca6b) + i;
  }
  return `${text.length}-${(a >>> 0).toString(36)}${(b >>> 0).toString(36)}`;
}
