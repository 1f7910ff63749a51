// @ts-check
// A run as plain data: what is wanted, what the server took, what it refused.

import { liveChange, Run } from "../../static/js/run.js";
import { assert, same } from "./assert.js";

const BASE = { rate: 0.1, steps: 100, text: "a" };

Deno.test("parameters at a step are those of the start with every change up to it", () => {
  const run = new Run(BASE, [[10, { rate: 0.2 }], [20, { rate: 0.4, text: "b" }]]);
  same([9, 10, 19, 20].map((step) => run.at(step).rate), [0.1, 0.2, 0.2, 0.4]);
  same([0, 10, 99].map((step) => run.changesAt(step)), [0, 1, 2]);
});

Deno.test("a change forgets later ones and joins those of its own step", () => {
  const run = new Run(BASE, [[10, { rate: 0.2 }], [20, { rate: 0.4 }]]);
  run.alter(10, { text: "c" });
  same(run.course.changes, [[10, { rate: 0.2, text: "c" }]]);
});

Deno.test("what holds throughout is set at the start, and what else was changed on the way stays", () => {
  const run = new Run(BASE, [[10, { rate: 0.2 }], [20, { rate: 0.4, text: "b" }], [30, { text: "c" }]]);
  same(run.hold({ text: "d" }), { base: { ...BASE, text: "d" }, changes: [[10, { rate: 0.2 }], [20, { rate: 0.4 }]] });
});

Deno.test("a restart begins with the parameters in force at the playhead", () => {
  const run = new Run(BASE, [[10, { rate: 0.2 }]]);
  same(run.restart(10, { steps: 7 }), { base: { rate: 0.2, steps: 7, text: "a" }, changes: [] });
});

Deno.test("a refused setting is in no run, and shown until it is set again", () => {
  const run = new Run(BASE);
  run.accept(run.course);
  const bad = run.restart(0, { steps: -3 });
  assert(run.refuse(bad, { steps: -3 }));
  same(run.at(0), BASE, "the run before goes on");
  same(run.shown(0).steps, -3, "the control keeps what is to be mended");
  const other = run.restart(0, { rate: 0.5 });
  same(other.base, { ...BASE, rate: 0.5 }, "another setting does not bring it back");
  same(run.shown(0).steps, -3);
  run.restart(0, { steps: 50 });
  same([run.shown(0).steps, run.refused], [50, {}]);
});

Deno.test("what is refused late does not undo what was asked since", () => {
  const run = new Run(BASE);
  run.accept(run.course);
  const bad = run.restart(0, { steps: -3 });
  const good = run.restart(0, { steps: 30 });
  assert(!run.refuse(bad, { steps: -3 }));
  assert(run.course === good);
  same(run.shown(0).steps, 30);
});

Deno.test("a first run that is refused stays wanted: there is nothing to fall back to", () => {
  const run = new Run(BASE);
  assert(!run.refuse(run.course, BASE));
  same(run.at(0), BASE);
});

Deno.test("one live change leads on only from the very run that the server has", () => {
  const run = new Run(BASE, [[10, { rate: 0.2 }]]);
  const before = run.course;
  const after = run.alter(20, { rate: 0.4 });
  same(liveChange(before, after), { step: 20, values: { rate: 0.4 } });
  same(liveChange(null, after), null, "a new connection has no run");
  same(liveChange(after, after), null, "the same again is a start");
  const third = run.alter(30, { text: "x" });
  same(liveChange(before, third), null, "the change between was never sent");
  same(liveChange(after, third), { step: 30, values: { text: "x" } });
  const restarted = run.restart(0, { steps: 5 });
  same(liveChange(third, run.alter(2, { rate: 9 })), null, "other parameters at the start");
  same(liveChange(restarted, run.course), { step: 2, values: { rate: 9 } });
});

Deno.test("a change at the same step must bring all that the server would keep beside it", () => {
  const base = BASE;
  same(liveChange({ base, changes: [[10, { rate: 1 }]] }, { base, changes: [[10, { text: "t" }]] }), null);
  same(liveChange({ base, changes: [[10, { rate: 1 }], [20, { text: "u" }]] }, { base, changes: [[10, { rate: 2 }]] }),
    { step: 10, values: { rate: 2 } }, "what came later is forgotten by both");
});
