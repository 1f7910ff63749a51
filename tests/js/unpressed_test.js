// @ts-check
// What is pressed stays until it is clicked.

import { unpressed } from "../../static/js/panels/parts/unpressed.js";
import { assert } from "./assert.js";

const released = () => new Promise((resolve) => setTimeout(resolve, 200));

Deno.test("while a pointer is pressed nothing is written, and once it is released what waited is", async () => {
  const [host, end] = [new EventTarget(), new AbortController()];
  let count = 0;
  const times = () => count;
  const write = unpressed(host, () => { count += 1; }, end.signal);
  write();
  assert(times() === 1, "nobody presses: at once");
  host.dispatchEvent(new Event("pointerdown"));
  write();
  write();
  assert(times() === 1, "it waits");
  dispatchEvent(new Event("pointerup"));
  write();
  assert(times() === 1, "the click is still to come");
  await released();
  assert(times() === 2, "written once");
  write();
  assert(times() === 3, "at once again");
  host.dispatchEvent(new Event("pointerdown"));
  dispatchEvent(new Event("pointercancel"));
  await released();
  assert(times() === 3, "nothing waited");
  end.abort();
});

Deno.test("whoever presses elsewhere holds nothing up", () => {
  const end = new AbortController();
  let count = 0;
  const times = () => count;
  const write = unpressed(new EventTarget(), () => { count += 1; }, end.signal);
  dispatchEvent(new Event("pointerdown"));
  write();
  assert(times() === 1, "written");
  end.abort();
});
