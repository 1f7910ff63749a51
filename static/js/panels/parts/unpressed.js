// @ts-check
// What is written anew between the press of a pointer and its release would not be clicked: it waits for the release.

/** Milliseconds from the release to the click, at most: a finger's click comes later than a mouse's. */
const CLICK = 100;

/**
 * @param {EventTarget} host of what is written
 * @param {() => void} write
 * @param {AbortSignal} signal ends it
 * @returns {() => void} writes: at once, or when no pointer is pressed on the host any more
 */
export function unpressed(host, write, signal) {
  const state = { pressed: false, waits: false, timer: 0 };
  const released = () => {
    state.pressed = false;
    if (state.waits) write();
    state.waits = false;
  };
  host.addEventListener("pointerdown", () => {
    clearTimeout(state.timer);
    state.pressed = true;
  }, { signal });
  for (const type of ["pointerup", "pointercancel"]) {
    addEventListener(type, () => { if (state.pressed) state.timer = setTimeout(released, CLICK); }, { capture: true, signal });
  }
  signal.addEventListener("abort", () => clearTimeout(state.timer));
  return () => {
    if (state.pressed) state.waits = true;
    else write();
  };
}
