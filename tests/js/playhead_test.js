// @ts-check
// Where the playhead goes after a setting was moved.

import { Intent } from "../../static/js/playhead.js";
import { assert, same } from "./assert.js";

const ahead = (still = false) => new Intent({ live: false, still: () => still });
const live = () => new Intent({ live: true, still: () => false });
const stand = (step = 0, playing = false, atEnd = false) => ({ step, playing, atEnd });

Deno.test("a link's step is where the playhead goes; a fresh run plays; with reduced motion it is seen finished", () => {
  const intent = ahead();
  intent.open(37);
  same(intent.arrive(), { seek: 37, play: false });
  intent.open(null);
  same(intent.arrive(), { seek: 0, play: true });
  same(intent.arrive(), null, "once");
  const calm = ahead(true);
  calm.open(null);
  same(calm.arrive(), { seek: "end", play: false });
});

Deno.test("nothing moves the playhead while a setting is held", () => {
  const intent = ahead();
  intent.grab(stand(5), false);
  same(intent.arrive(), null);
  intent.release();
  same(intent.arrive(), { seek: 5, play: false });
  same(intent.state, "free");
});

Deno.test("a finished run whose setting is dragged stays at its end", () => {
  const intent = ahead();
  assert(intent.grab(stand(100, false, true), false).first);
  assert(intent.restart(true));
  assert(!intent.grab(stand(100, false, true), false).first);
  assert(intent.stick);
  intent.release();
  assert(intent.stick, "until the last run has come");
  same(intent.arrive(), { seek: "end", play: false });
  assert(!intent.stick);
});

Deno.test("a live change goes on playing if it played, else leaves the playhead alone", () => {
  const intent = live();
  const { from, alters } = intent.grab(stand(30, true), true);
  same([from.step, alters], [30, true]);
  same(intent.grab(stand(44), true).from.step, 30, "the whole drag acts where it began");
  intent.release();
  same(intent.arrive(), { seek: null, play: true });
  intent.grab(stand(30), true);
  intent.release();
  same(intent.state, "free");
});

Deno.test("a live run begun again plays if it played, was finished, or had not begun", () => {
  for (const [from, play] of /** @type {const} */ ([[stand(9, true), true], [stand(9), false], [stand(0), true], [stand(9, false, true), true]])) {
    const intent = live();
    intent.grab(from, false);
    intent.restart(false);
    intent.release();
    same(intent.arrive(), { seek: 0, play });
  }
});

Deno.test("two quick settings in a row: what the first interrupted is not forgotten", () => {
  const intent = live();
  intent.grab(stand(50, true), true);
  intent.release();
  intent.grab(stand(50, false), true); // the first one paused the playhead
  intent.release();
  same(intent.arrive(), { seek: null, play: true });
});

Deno.test("after a refusal the run that was interrupted goes on", () => {
  const intent = live();
  intent.grab(stand(50, true), false);
  intent.release();
  same(intent.cancel(), { seek: null, play: true });
  intent.grab(stand(50), false);
  same([intent.cancel(), intent.state], [null, "free"]);
});

Deno.test("a change under which the playhead stays moves it nowhere, and what played plays on", () => {
  for (const [step, playing, atEnd] of /** @type {[number, boolean, boolean][]} */ ([[7, false, false], [7, true, false], [20, false, true]])) {
    const intent = ahead();
    intent.grab(stand(step, playing, atEnd), false, true);
    assert(!intent.restart(true), "no run is awaited to its end");
    same(intent.arrive(), null, "held");
    intent.release();
    assert(!intent.stick);
    same(intent.arrive(), { seek: null, play: playing });
  }
});
