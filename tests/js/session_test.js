// @ts-check
// The conversation with the server, over a socket whose other end is the test.

import { Session, set, start, Unanswered } from "../../static/js/session.js";
import { assert, same, throws } from "./assert.js";
import { sockets } from "./socket.js";

/** A session that is connected, and its socket. */
function connected() {
  const { made, open } = sockets();
  const session = new Session(open);
  made[0].accept();
  return { session, socket: made[0], made };
}

/** @param {number} rate */
const run = (rate, wish = `run ${rate}`) => ({ message: () => start({ rate }, [], ""), wish });
/** @param {number} rate */
const change = (rate) => ({ message: () => set(5, { rate }), wish: `change ${rate}` });

/** All events of a session, as [type, wish or step]. @param {Session} session */
function heard(session) {
  /** @type {any[]} */
  const events = [];
  for (const type of ["ready", "frame", "end", "problems", "status"]) {
    session.addEventListener(type, (event) => {
      const { detail } = /** @type {CustomEvent} */ (event);
      events.push([type, detail.wish ?? detail.step ?? detail.wait]);
    });
  }
  return events;
}

Deno.test("a run is asked for, then pulled two requests at a time until its end", () => {
  const { session, socket } = connected();
  const events = heard(session);
  session.pullTo(Infinity);
  session.request(run(1));
  same(socket.sent.map(({ type }) => type), ["start"]);
  socket.ready();
  socket.show(0);
  same(socket.sent.length, 1, "the start's own frame answers nothing");
  socket.show(10);
  same(socket.said("advance").length, 2);
  socket.show(20);
  same(socket.said("advance").length, 3, "one more for each answer");
  socket.show(30, {}, { final: true });
  socket.tell({ type: "end", step: 30 });
  same(socket.said("advance").length, 3);
  same(events, [["ready", "run 1"], ["frame", 0], ["frame", 10], ["frame", 20], ["frame", 30], ["end", 30]]);
  session.close();
});

Deno.test("while a run is being answered only the newest further one is remembered", () => {
  const { session, socket } = connected();
  const events = heard(session);
  for (const rate of [1, 2, 3]) session.request(run(rate));
  socket.ready();
  socket.show(5);
  same(socket.said("start").map(({ params }) => params.rate), [1, 3]);
  socket.ready();
  same(events.filter(([type]) => type === "ready").map(([, wish]) => wish), ["run 1", "run 3"], "each answer comes with its own wish");
  session.close();
});

Deno.test("a message is made when it is sent: what waits can depend on what was taken", () => {
  const { session, socket } = connected();
  let served = "nothing";
  session.addEventListener("ready", (event) => { served = /** @type {CustomEvent} */ (event).detail.wish; });
  session.request(run(1));
  session.request({ message: () => start({ after: served }, [], ""), wish: "second" });
  socket.ready();
  socket.show(5);
  same(socket.last.params, { after: "run 1" });
  session.close();
});

Deno.test("a refused change leaves the run as it was, and the pulling goes on", () => {
  const { session, socket } = connected();
  const events = heard(session);
  session.pullTo(Infinity);
  session.request(run(1));
  socket.ready();
  socket.show(0);
  socket.show(10);
  session.request(change(-1));
  socket.refuse("too small");
  same(events.at(-1), ["problems", "change -1"]);
  const before = socket.said("advance").length;
  socket.show(20);
  socket.show(30);
  assert(socket.said("advance").length >= before + 2, "answers are counted after a refusal too");
  session.close();
});

Deno.test("what stands on something refused is not sent", () => {
  const { session, socket } = connected();
  session.request({ ...run(1), then: { message: () => ({ type: "upload" }), bytes: new ArrayBuffer(4), wish: "checkpoint" } });
  socket.refuse("no");
  same(socket.said("upload").length, 0);
  session.request({ ...run(2), then: { message: () => ({ type: "upload" }), bytes: new ArrayBuffer(4), wish: "checkpoint" } });
  socket.ready();
  socket.show(10);
  same(socket.said("upload").length, 1);
  assert(socket.last instanceof ArrayBuffer);
  session.close();
});

Deno.test("what is asked for while a frame is heard is not taken for answered by it", () => {
  const { session, socket } = connected();
  session.pullTo(Infinity);
  session.request(run(1));
  socket.ready();
  socket.show(5);
  session.addEventListener("frame", () => session.request(run(2)), { once: true });
  socket.show(10);
  const events = heard(session);
  socket.ready();
  socket.show(3);
  same(events, [["ready", "run 2"], ["frame", 3]]);
  session.close();
});

Deno.test("frames of a run that was replaced are not shown", () => {
  const { session, socket } = connected();
  session.request(run(1));
  socket.ready();
  socket.show(10);
  session.request(run(2));
  const events = heard(session);
  socket.ready();
  socket.show(20, {}, { epoch: socket.epoch - 1 });
  same(events, [["ready", "run 2"]]);
  session.close();
});

Deno.test("a stretch that was on its way when a change was asked for is not lost where the change is refused", () => {
  const { session, socket } = connected();
  session.request(run(1));
  socket.ready();
  socket.show(10);
  const events = heard(session);
  for (const [step, refused] of [[20, "too small"], [30, "too large"]]) {
    session.request(change(-1));
    socket.show(Number(step), {}, { epoch: socket.epoch - 1 });
    socket.refuse(String(refused));
  }
  same(events, [["frame", 20], ["problems", "change -1"], ["frame", 30], ["problems", "change -1"]]);
  session.pullTo(30);
  same(socket.said("advance").length, 0, "it stands at step 30");
  session.close();
});

Deno.test("an answer finds its question; a refused question rejects with the problems", async () => {
  const { session, socket } = connected();
  session.request(run(1));
  socket.ready();
  socket.show(5);
  const first = session.ask("a");
  const second = session.ask("b", { k: 1 }, 3);
  same([socket.last.at, socket.last.question, socket.last.params], [3, "b", { k: 1 }]);
  socket.show(5, {}, { kind: "answer", id: 1, texts: { is: "a" } });
  socket.refuse("no such thing", { id: 2 });
  same((await first).texts, { is: "a" });
  await throws(() => second, /no such thing/);
  session.close();
});

Deno.test("no question waits for ever: not when the run is replaced, the connection lost, or the page left", async () => {
  for (const end of /** @type {((it: ReturnType<typeof connected>) => void)[]} */ ([
    ({ session }) => session.request(run(2)),
    ({ socket }) => socket.drop(),
    ({ session }) => session.close(),
  ])) {
    const it = connected();
    it.session.request(run(1));
    it.socket.ready();
    it.socket.show(10);
    const question = it.session.ask("a");
    end(it);
    const reason = await question.catch((error) => error);
    assert(reason instanceof Unanswered);
    it.session.close();
  }
});

Deno.test("trying again while connecting opens no further socket", () => {
  const { made, open } = sockets();
  const session = new Session(open);
  for (let i = 0; i < 5; i += 1) session.retry();
  same(made.length, 1);
  made[0].accept();
  session.retry();
  same(made.length, 1);
  made[0].drop();
  session.retry();
  session.retry();
  same(made.length, 2);
  session.close();
});

Deno.test("a new connection asks for the present run", () => {
  const { session, socket, made } = connected();
  let rate = 1;
  session.recoverWith(() => run(rate));
  same(socket.last.params, { rate: 1 });
  rate = 2;
  socket.drop();
  session.request(run(9)); // cannot be sent; the owner's newest state is asked for later
  session.retry();
  made[1].accept();
  same(made[1].sent.map(({ params }) => params), [{ rate: 2 }]);
  session.close();
});

Deno.test("after the back/forward cache the page connects again and questions are answered", async () => {
  const { session, made } = connected();
  session.recoverWith(() => run(1));
  session.close();
  await throws(() => session.ask("a"), /not connected/);
  session.retry();
  same(made.length, 1, "nothing is opened while away");
  session.resume();
  same(made.length, 2);
  made[1].accept();
  made[1].ready();
  made[1].show(5);
  const answer = session.ask("a");
  made[1].show(5, {}, { kind: "answer", id: made[1].last.id });
  same((await answer).kind, "answer");
  session.close();
});

Deno.test("a stream closed for idleness opens again when something is wanted", () => {
  for (const want of /** @type {((session: Session) => unknown)[]} */ ([
    (session) => session.request(run(2)), (session) => session.ask("a").catch(() => {}), (session) => session.pullTo(50),
  ])) {
    const { session, socket, made } = connected();
    session.recoverWith(() => run(1));
    socket.ready();
    socket.show(10);
    socket.drop(4000);
    same(made.length, 1);
    want(session);
    same(made.length, 2);
    session.close();
  }
});

Deno.test("what was asked for while the server closed for idleness is asked for again", () => {
  const { session, socket, made } = connected();
  const wanted = [run(1)];
  session.recoverWith(() => wanted[0]);
  socket.ready();
  socket.show(10);
  session.request(wanted[0] = run(2));
  socket.drop(4000);
  made[1].accept();
  same(made[1].said("start").map(({ params }) => params.rate), [2]);
  session.close();
});

/** A session whose run stands at step 5. */
function running() {
  const it = connected();
  it.session.request(run(1));
  it.socket.ready();
  it.socket.show(5);
  return it;
}

Deno.test("a growing answer is handed on part by part, the last one ends it", async () => {
  const { session, socket } = running();
  /** @type {string[]} */
  const parts = [];
  const last = session.ask("map", {}, null, { part: ({ texts }) => parts.push(texts.is) });
  const { id } = socket.last;
  for (const is of ["coarse", "finer"]) socket.show(5, {}, { kind: "answer", id, more: true, texts: { is } });
  socket.show(5, {}, { kind: "answer", id, texts: { is: "fine" } });
  same([(await last).texts.is, parts], ["fine", ["coarse", "finer"]]);
  session.close();
});

Deno.test("an older growing answer never comes after a newer question, nor after a change of the run", async () => {
  const { session, socket } = running();
  /** @type {string[]} */
  const parts = [];
  /** @param {string} name */
  const ask = (name, question = "map") => session.ask(question, {}, null, { part: () => parts.push(name) }).catch((reason) => reason);
  const older = ask("older");
  const other = ask("other", "strip");
  const first = socket.said("ask")[0].id;
  const newer = ask("newer");
  assert((await older) instanceof Unanswered);
  socket.show(5, {}, { kind: "answer", id: first, more: true });
  socket.show(5, {}, { kind: "answer", id: socket.said("ask")[1].id, more: true });
  socket.show(5, {}, { kind: "answer", id: socket.last.id, more: true });
  same(parts, ["other", "newer"]);
  const plain = session.ask("a");
  session.request(change(2));
  assert((await newer) instanceof Unanswered);
  assert((await other) instanceof Unanswered);
  socket.show(5, {}, { kind: "answer", id: socket.said("ask")[2].id, epoch: 1, more: true });
  same(parts, ["other", "newer"]);
  socket.show(5, {}, { kind: "answer", id: socket.said("ask")[3].id });
  same((await plain).kind, "answer", "a question of one answer is answered all the same");
  session.close();
});

Deno.test("a growing answer that nobody wants any more is told to the server, or by it", async () => {
  const { session, socket } = running();
  const leave = new AbortController();
  const left = session.ask("map", {}, null, { part: () => {}, signal: leave.signal }).catch((reason) => reason);
  const { id } = socket.last;
  leave.abort();
  assert((await left) instanceof Unanswered);
  same(socket.last, { type: "drop", id });
  const dropped = session.ask("map", {}, null, { part: () => {} }).catch((reason) => reason);
  socket.tell({ type: "dropped", id: socket.last.id });
  assert((await dropped) instanceof Unanswered);
  session.close();
});
