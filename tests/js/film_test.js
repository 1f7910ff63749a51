// @ts-check
// The run on the screen and the run that is being computed: page and server always mean the same one.

import { Film } from "../../static/js/film.js";
import { History } from "../../static/js/history.js";
import { paramsAt, Run } from "../../static/js/run.js";
import { Session } from "../../static/js/session.js";
import { assert, same } from "./assert.js";
import { sockets } from "./socket.js";

/** @import { Changes, Params } from "../../static/js/types.d.ts" */
/** @import { Wish } from "../../static/js/film.js" */

const realNow = performance.now.bind(performance);
const SPECS = { losses: { axes: ["step"], description: "", unit: "" } };

/** A film, its session, the socket, and what it told. */
function screen() {
  const { made, open } = sockets();
  const session = new Session(open);
  const film = new Film(session, SPECS);
  /** @type {[string, any][]} */
  const told = [];
  for (const type of ["scene", "history", "grow", "taken", "lost"]) {
    film.addEventListener(type, (event) => told.push([type, /** @type {CustomEvent} */ (event).detail?.course]));
  }
  made[0].accept();
  return { film, session, socket: made[0], told, made };
}

/** Steps from one to another, as the server shows them. @param {number} from @param {number} to */
const steps = (from, to) => ({ losses: { values: new Float64Array(to - from + 1).map((_, i) => from + i), shape: [to - from + 1] } });

/** A screen with a run of rate 1, seen to step 30. */
function running() {
  const seen = screen();
  const run = new Run({ rate: 1 });
  seen.film.show({ course: run.course });
  seen.socket.ready();
  seen.socket.show(0, steps(0, 0));
  seen.socket.show(30, steps(1, 30));
  return { ...seen, run };
}

/** Whether the server refuses a message: a rate below zero, at the start or on the way. @param {any} message */
const refused = ({ params, changes, type }) => [params, ...(type === "set" ? [changes] : changes.map((/** @type {any[]} */ [, values]) => values))]
  .some((values) => values?.rate < 0);

/** What the server runs after it has obeyed every start and set. @param {any[]} messages */
function served(messages) {
  /** @type {{base: Params, changes: Changes}|null} */
  let run = null;
  for (const message of messages.filter(({ type }) => type === "start" || type === "set")) {
    const { type, params, changes, step } = message;
    if (refused(message)) continue;
    if (type === "start") run = { base: params, changes };
    else if (run) {
      /** @type {Params} */
      const here = run.changes.find(([at]) => at === step)?.[1] ?? {};
      run = { base: run.base, changes: [...run.changes.filter(([at]) => at < step), [step, { ...here, ...changes }]] };
    }
  }
  return run;
}

Deno.test("a run replaces the old picture only when it has something to show", () => {
  performance.now = () => 0; // no moment passes
  try {
    const { film, session, socket, told } = screen();
    film.show({ course: { base: { rate: 1 }, changes: [] } });
    socket.ready(0, 50);
    socket.show(0, steps(0, 0));
    socket.show(9, steps(1, 9));
    const first = film.history;
    film.show({ course: { base: { rate: 2 }, changes: [] }, waitFor: 40 });
    socket.ready(0, 60);
    assert(film.history === first && film.waiting && film.total === 60);
    socket.show(0, steps(0, 0));
    assert(film.history === first);
    socket.show(40, steps(1, 40));
    assert(film.history !== first && !film.waiting);
    same(told.map(([type]) => type), ["taken", "history", "grow", "taken", "history"]);
    session.close();
  } finally {
    performance.now = realNow;
  }
});

Deno.test("what is wanted while a checkpoint's ground comes does not stand on it", () => {
  const { film, session, socket, run } = running();
  const course = run.alter(10, { rate: 2 });
  film.show({ course, checkpoint: { bytes: new ArrayBuffer(4), params: { rate: 2 } } }); // it stands later, where the rate is 2 already
  film.show({ course: run.alter(25, { rate: 3 }) });
  socket.ready();
  socket.show(0, steps(0, 0));
  same([socket.last.type, socket.last.params, socket.last.changes], ["start", { rate: 1 }, [[10, { rate: 2 }], [25, { rate: 3 }]]]);
  session.close();
});

Deno.test("nothing of a checkpoint's ground is shown, also where what was asked for in its place is refused", () => {
  const { film, session, socket, run, told } = running();
  film.show({ course: run.course, checkpoint: { bytes: new ArrayBuffer(4), params: { rate: 2 } } });
  film.show({ course: run.restart(25, { rate: -1 }) });
  socket.ready();
  socket.show(0, steps(0, 0));
  const before = told.length;
  socket.refuse("too small");
  assert(film.onGround);
  session.pullTo(60);
  socket.show(35, steps(31, 35));
  same([film.history.lastStep, told.length], [30, before]);
  film.show({ course: run.restart(0, { rate: 1 }) });
  socket.ready();
  assert(!film.onGround);
  session.close();
});

Deno.test("a live change keeps the past and goes on from its step", () => {
  const { film, session, socket, run } = running();
  film.show({ course: run.alter(20, { rate: 2 }), waitFor: 20 });
  same([socket.last.type, socket.last.step, socket.last.changes], ["set", 20, { rate: 2 }]);
  socket.ready(20);
  socket.show(25, steps(21, 25));
  same([film.history.lastStep, film.history.marks, film.history.series("losses")?.at(0, 20)], [25, [20], 20]);
  session.close();
});

Deno.test("a live set that comes while a start waits does not replace it: page and server run the same", () => {
  const { film, session, socket } = screen();
  const run = new Run({ rate: 1, seed: 0 });
  film.show({ course: run.course });
  socket.ready();
  socket.show(0, steps(0, 0));
  socket.show(30, steps(1, 30));
  film.show({ course: run.restart(30, { seed: 1 }) });
  film.show({ course: run.restart(30, { seed: 2 }) });
  film.show({ course: run.alter(10, { rate: 5 }) });
  socket.ready();
  socket.show(12, steps(1, 12));
  same(socket.last.type, "start");
  same(served(socket.sent), run.course);
  session.close();
});

Deno.test("whatever is asked in whatever order, refused or not, page and server run the same", () => {
  let state = 7;
  const random = (/** @type {number} */ n) => { state = (state * 48271) % 2147483647; return state % n; };
  for (let trial = 0; trial < 300; trial += 1) {
    const { film, session, socket } = screen();
    const run = new Run({ rate: 1, seed: 0 });
    film.addEventListener("taken", (event) => run.accept(/** @type {CustomEvent} */ (event).detail.course));
    session.addEventListener("problems", (event) => {
      const { wish } = /** @type {CustomEvent} */ (event).detail;
      run.refuse(wish.course, {});
    });
    /** How many requests the server has obeyed. */
    let obeyed = 0;
    const obey = () => {
      const asked = socket.sent.filter(({ type }) => type === "start" || type === "set");
      if (obeyed === asked.length) return false;
      const { type, step = 0 } = asked[obeyed];
      const no = refused(asked[obeyed]);
      obeyed += 1;
      if (no) socket.refuse("too small");
      else {
        socket.ready(type === "set" ? step : 0);
        if (type === "start") socket.show(0, steps(0, 0));
        socket.show(60, steps((type === "set" ? step : 0) + 1, 60));
      }
      return true;
    };
    film.show({ course: run.course });
    obey();
    for (let act = 0; act < 8; act += 1) {
      const rate = random(5) - 1;
      if (random(3) === 0) film.show({ course: run.restart(random(60), { rate, seed: random(9) }) });
      else film.show({ course: run.alter(10 * random(6), random(2) ? { rate } : { width: random(4) }) });
      if (random(2)) obey();
    }
    while (obey());
    same(served(socket.sent), run.accepted, `trial ${trial}`);
    assert(run.course === run.accepted);
    same(film.history.marks, run.course.changes.map(([step]) => step));
    assert(paramsAt(run.course, 60).rate >= 0);
    session.close();
  }
});

Deno.test("a kept run goes on from its checkpoint, with what it had shown", () => {
  const { film, session, socket, told } = screen();
  const past = new History(SPECS, 100);
  past.append({ kind: "frame", step: 40, final: false, epoch: 0, texts: {}, arrays: steps(0, 40) });
  const course = { base: { rate: 1 }, changes: /** @type {Changes} */ ([[10, { rate: 2 }]]) };
  film.show({ course, past, checkpoint: { bytes: new ArrayBuffer(8), params: { rate: 2 } } });
  same([socket.last.params, socket.last.changes], [{ rate: 2 }, []], "the ground that it stands on");
  socket.ready();
  socket.show(0, steps(0, 0));
  same(told, [], "nobody sees the ground");
  assert(socket.last instanceof ArrayBuffer);
  socket.ready(40);
  socket.show(40, steps(40, 40));
  same([film.history.lastStep, film.history.series("losses")?.at(0, 7), told.map(([type]) => type)], [40, 7, ["taken", "history"]]);
  const run = new Run(course.base, course.changes);
  run.course = course;
  film.show({ course: run.alter(20, { rate: 3 }) });
  same(socket.sent.at(-1).type, "start", "the server knows nothing before the checkpoint");
  session.close();
});

Deno.test("a kept checkpoint that the server refuses is told as lost", () => {
  for (const taken of [0, 1]) {
    const { film, session, socket, told } = screen();
    film.show({ course: { base: {}, changes: [] }, checkpoint: { bytes: new ArrayBuffer(8), params: {} } });
    if (taken) {
      socket.ready();
      socket.show(0, steps(0, 0));
    }
    socket.refuse("of another text");
    same(told.map(([type]) => type), ["lost"]);
    session.close();
  }
});

Deno.test("a visitor's file that is refused leaves the run as it was", () => {
  const { film, session, socket, told } = screen();
  const course = { base: {}, changes: [] };
  film.show({ course });
  socket.ready();
  socket.show(30, steps(0, 30));
  /** @type {Wish} */
  const wish = { course, visitors: true, past: new History(SPECS, 0), checkpoint: { bytes: new ArrayBuffer(8), params: {} } };
  film.show(wish);
  socket.refuse("no checkpoint");
  same(told.map(([type]) => type), ["taken", "history"]);
  session.pullTo(60);
  socket.show(35, steps(31, 35));
  same(film.history.lastStep, 35);
  session.close();
});

Deno.test("the scene comes on screen with the run it belongs to", () => {
  const { film, session, socket } = screen();
  film.show({ course: { base: { surface: 1 }, changes: [] } });
  socket.ready(0, 10, "one");
  socket.show(0, {}, { kind: "scene", texts: { name: "one" } });
  same(film.scene?.texts.name, "one", "the first at once");
  socket.show(0, steps(0, 0));
  socket.show(10, steps(1, 10));
  film.show({ course: { base: { surface: 2 }, changes: [] } });
  same(socket.last.scene, "one", "the server need not send what is at hand");
  socket.ready(0, 10, "two");
  socket.show(0, {}, { kind: "scene", texts: { name: "two" } });
  same(film.scene?.texts.name, "one");
  socket.show(0, steps(0, 0));
  same(film.scene?.texts.name, "two");
  session.close();
});
