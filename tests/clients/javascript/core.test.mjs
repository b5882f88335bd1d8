// Logon, requests, resume and resend, heartbeats, orders and accounts, without a socket.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Refused, NotLive, OrderTable } from "../../../clients/javascript/gpux.js";
import {
  EXEC_NEW,
  FILL,
  H27,
  HELLO,
  LIVE,
  NEW,
  OK_NEW,
  SNAPSHOT,
  ScriptedVenue,
  VIEW,
  WELCOME,
  kinds,
} from "./scripted.mjs";

const order = (venue) => venue.core.orders.get(7, NEW.coid);

test("a new session is live after its snapshot", () => {
  const venue = new ScriptedVenue();
  assert.deepEqual(kinds(venue.logOn()), ["account", "connected"]);
  assert.ok(venue.core.live && venue.core.sessionId === "s_91c2d07e" && venue.core.account === 7);
  assert.equal(venue.core.orders.get(7, VIEW.coid).leavesLots, 20);
});

test("a reader without a key is live at once, and is shown_rows what it may not send", () => {
  const venue = new ScriptedVenue({ key: "" });
  venue.core.opened(0);
  assert.deepEqual(kinds(venue.says(HELLO)), ["connected"]);
  assert.deepEqual(venue.heard(), []);
  assert.throws(
    () => venue.core.place(NEW),
    (error) => error instanceof Refused && error.codeName === "NOT_LOGGED_ON",
  );
});

test("nothing is sent before the session is live", () => {
  const venue = new ScriptedVenue();
  assert.throws(() => venue.core.place(NEW), NotLive);
  venue.core.opened(0);
  venue.says(HELLO);
  assert.throws(() => venue.core.send({ t: "cancel", coid: "x" }), NotLive);
});

test("request ids rise over the whole session", () => {
  const venue = new ScriptedVenue();
  venue.logOn();
  const [, first] = venue.core.place(NEW),
    second = venue.core.send({ t: "cancel", coid: "a" });
  venue.core.closed(1006, "");
  venue.core.opened(0);
  venue.says(HELLO);
  assert.ok(first < second && second < venue.heard().at(-1).id);
});

test("a refused logon is final unless the venue is only busy", () => {
  for (const [code, name, final] of [
    [2001, "BAD_AUTH", true],
    [9001, "BUSY", false],
  ]) {
    const venue = new ScriptedVenue();
    venue.core.opened(0);
    venue.says(HELLO);
    const [auth] = venue.heard();
    venue.says({ t: "err", re: auth.id, code, name, msg: "no", applied: "no" });
    const [event] = venue.core.closed(4008, "");
    assert.deepEqual([event.reason, event.final], [`logon refused: ${name} no`, final]);
  }
});

test("another major version of the protocol ends the session, an older minor one only margin", () => {
  for (const [v, margin, final] of [
    ["2.0", false, true],
    ["1.8", true, true],
    ["1.8", false, false],
  ]) {
    const venue = new ScriptedVenue({ margin });
    venue.core.opened(0);
    venue.says({ ...HELLO, v });
    assert.equal(venue.core.final, final);
  }
});

test("the reply tells the state and the event adds nothing", () => {
  const venue = new ScriptedVenue(),
    id = venue.placed();
  assert.deepEqual(kinds(venue.says({ ...OK_NEW, re: id })), ["replied", "order"]);
  assert.deepEqual([order(venue).state, order(venue).orderId, order(venue).leavesLots], ["open", 90071, 12]);
  venue.says(EXEC_NEW);
  assert.equal(order(venue).leavesLots, 12);
  const [filled] = venue.says(FILL);
  assert.equal(filled.order, order(venue));
  assert.deepEqual([order(venue).leavesLots, order(venue).filledLots, order(venue).valueTickLots], [8, 4, 11380]);
});

test("a reply after a resume does not undo what the stream has said", () => {
  const venue = new ScriptedVenue(),
    id = venue.placed();
  venue.core.closed(1006, "");
  venue.core.opened(0);
  venue.says(HELLO);
  const [auth] = venue.heard();
  assert.deepEqual([auth.sid, auth.take, auth.last], ["s_91c2d07e", true, [[7, 1057]]]);
  const missed = [
    { ...EXEC_NEW, rp: true },
    { ...FILL, rp: true },
  ];
  const events = venue.says({ ...WELCOME, re: auth.id, resumed: true, last_id: id }, ...missed, LIVE);
  assert.deepEqual(kinds(events), ["order", "fill", "reconnected"]);
  assert.deepEqual(venue.heard(), [{ t: "new", id, i: H27, side: "b", px: 2845, q: 12, coid: NEW.coid }]);
  venue.says({ ...OK_NEW, re: id, dup: true });
  assert.deepEqual([order(venue).leavesLots, order(venue).filledLots], [8, 4]);
  assert.equal(venue.core.pending.size, 0);
});

test("an event applied before is ignored, a missing one ends the connection and is resumed", () => {
  const venue = new ScriptedVenue();
  venue.placed();
  venue.says(EXEC_NEW);
  assert.deepEqual(venue.says(EXEC_NEW), []);
  const [gap] = venue.says({ ...FILL, s: 1060 });
  assert.deepEqual([gap.type, gap.expected, gap.received], ["gap", 1059, 1060]);
  assert.match(venue.core.closeWanted, /event 1059 is missing/);
  assert.equal(venue.core.accounts.get(7).sequence, 1058);
});

test("two heartbeats ahead of the stream are a gap, one is not", () => {
  const venue = new ScriptedVenue();
  venue.logOn();
  const heartbeat = (s) => ({ t: "hb", ts: 1, acc: [[7, s]], ch: [] });
  venue.says(heartbeat(1042));
  assert.equal(venue.core.closeWanted, "");
  venue.says(heartbeat(1042));
  assert.match(venue.core.closeWanted, /event 1042 is missing/);
});

test("a session that the venue has released gets no reply: its orders are looked up", () => {
  const venue = new ScriptedVenue(),
    id = venue.placed();
  venue.core.closed(1006, "");
  venue.core.opened(0);
  venue.says(HELLO);
  const [auth] = venue.heard();
  const events = venue.says({ ...WELCOME, re: auth.id, sid: "s_new" }, SNAPSHOT, LIVE);
  const given = events.find(({ type, request }) => type === "replied" && request.id === id);
  assert.equal(given.reply.name, "TIMEOUT");
  const [query] = venue.heard();
  assert.deepEqual([query.t, query.what, query.coid], ["query", "order", NEW.coid]);
  venue.says({ t: "err", re: query.id, code: 5201, name: "UNKNOWN_ORDER", msg: "none", applied: "no" });
  assert.equal(order(venue).state, "unknown");
});

test("a live order that a snapshot lacks is looked up too, a throttled look-up again", () => {
  const venue = new ScriptedVenue();
  venue.logOn();
  venue.core.closed(1006, "");
  venue.core.opened(0);
  venue.says(HELLO);
  const [auth] = venue.heard();
  venue.says({ ...WELCOME, re: auth.id }, { ...SNAPSHOT, orders: [], s: 1050, e: 9000500 }, LIVE);
  const [query] = venue.heard();
  assert.equal(query.coid, VIEW.coid);
  venue.says({ t: "err", re: query.id, code: 3001, name: "THROTTLED", msg: "", applied: "no", retry_us: 500000 });
  venue.core.tick(400);
  assert.deepEqual(venue.heard(), []);
  venue.core.tick(501);
  const [again] = venue.heard();
  venue.says({ t: "ok", re: again.id, e: 9000501, order: { ...VIEW, st: "filled", lv: 0, cum: 20 } });
  assert.deepEqual(
    [venue.core.orders.get(7, VIEW.coid).state, venue.core.orders.get(7, VIEW.coid).filledLots],
    ["filled", 20],
  );
});

test("pages of a snapshot that a lost connection cut are dropped", () => {
  const venue = new ScriptedVenue();
  venue.core.opened(0);
  venue.says(HELLO);
  const [auth] = venue.heard(),
    dead = { ...VIEW, coid: "dead", oid: 90001 };
  venue.says({ ...WELCOME, re: auth.id }, { ...SNAPSHOT, orders: [dead], more: true });
  venue.core.closed(1006, "");
  venue.core.opened(0);
  venue.says(HELLO);
  const [again] = venue.heard();
  venue.says({ ...WELCOME, re: again.id }, SNAPSHOT, LIVE);
  assert.deepEqual(
    venue.core.orders.live().map(({ coid }) => coid),
    [VIEW.coid],
  );
});

test("whether an account is called or killed is not known after a snapshot, until the next event", () => {
  const venue = new ScriptedVenue();
  venue.logOn();
  const account = venue.core.accounts.get(7);
  const states = () => [account.call, account.killed].map((state) => (state ? state.t : state));
  assert.deepEqual(states(), [undefined, undefined]);
  const event = { acc: 7, e: 9000401, ts: SNAPSHOT.ts };
  venue.says({ t: "call", s: 1042, st: "close_only", amt: 5, ...event });
  venue.says({ t: "kill", s: 1043, on: true, scope: "account", by: "k", n: 0, ...event });
  assert.deepEqual(states(), ["call", "kill"]);
  venue.says({ t: "call", s: 1044, st: "open", ...event }, { t: "kill", s: 1045, on: false, ...event });
  assert.deepEqual(states(), [null, null]);
  venue.core.closed(1006, "");
  venue.core.opened(0);
  venue.says(HELLO);
  const [auth] = venue.heard();
  venue.says({ ...WELCOME, re: auth.id }, { ...SNAPSHOT, s: 1050 }, LIVE);
  assert.deepEqual(states(), [undefined, undefined]);
});

test("another history drops all state", () => {
  const venue = new ScriptedVenue();
  venue.placed();
  const before = order(venue);
  venue.core.closed(1006, "");
  venue.core.opened(0);
  const [changed] = venue.says({ ...HELLO, history: "h_other" });
  assert.deepEqual([changed.type, before.state, venue.core.orders.size], ["historyChanged", "unknown", 0]);
  assert.equal("sid" in venue.heard()[0], false);
});

test("an idle client pings, and a silent venue is left", () => {
  const venue = new ScriptedVenue();
  venue.logOn();
  venue.core.tick(1600);
  assert.deepEqual(venue.heard(), []);
  venue.core.tick(1700);
  assert.equal(venue.heard()[0].t, "ping");
  venue.core.tick(4900);
  assert.equal(venue.core.closeWanted, "");
  venue.core.tick(5100);
  assert.equal(venue.core.closeWanted, "the venue was silent for 5 s");
});

test("frames keep to the venue's bytes and messages", () => {
  const venue = new ScriptedVenue();
  venue.logOn();
  for (let count = 0; count < 200; count++) venue.core.send({ t: "cancel", coid: `c${count}` });
  const frames = venue.core.frames();
  assert.ok(frames.every((frame) => frame.length <= 4096 && JSON.parse(frame).length <= 64));
  const ids = frames.flatMap((frame) => JSON.parse(frame)).map(({ id }) => id);
  assert.deepEqual(
    ids,
    [...ids].sort((left, right) => left - right),
  );
  assert.equal(ids.length, 200);
});

test("a batch gives each of its orders the result of its own operation", () => {
  const venue = new ScriptedVenue();
  venue.logOn();
  const ops = [
    { ...NEW, coid: "b1", q: 5 },
    { t: "cancel", coid: "a9" },
    { t: "replace", coid: VIEW.coid, px: 2843, q: 5 },
  ];
  const id = venue.core.send({ t: "batch", ops });
  assert.equal(venue.core.orders.get(7, VIEW.coid).unanswered, 1);
  venue.says({
    t: "ok",
    re: id,
    res: [
      { coid: "b1", code: 6001, name: "MARGIN", msg: "", applied: "no", need: 9, free: 1 },
      { coid: "a9", code: 5201, name: "UNKNOWN_ORDER", applied: "no" },
      { oid: 90044, coid: VIEW.coid, st: "open", lv: 5, cum: 0, prio: "lost", e: 9000426 },
    ],
  });
  const changed = venue.core.orders.get(7, VIEW.coid);
  assert.deepEqual([changed.priceTick, changed.lots, changed.leavesLots, changed.unanswered], [2843, 5, 5, 0]);
  assert.deepEqual([venue.core.orders.get(7, "b1").state, venue.core.orders.get(7, "b1").error.need], ["rejected", 9]);
});

test("the refusal of a second order under a live id does not end the first", () => {
  const venue = new ScriptedVenue(),
    id = venue.placed();
  venue.says({ ...OK_NEW, re: id });
  const [, again] = venue.core.place({ ...NEW, px: 2846 });
  venue.says({
    t: "err",
    re: again,
    code: 5007,
    name: "DUP_COID",
    msg: "",
    applied: "no",
    order: { ...VIEW, coid: NEW.coid, lv: 12 },
  });
  assert.equal(order(venue).state, "open");
  assert.deepEqual(kinds(venue.says({ ...EXEC_NEW, ev: "rejected", st: "rejected", code: 5007, oid: 0 })), ["account"]);
  assert.equal(order(venue).state, "open");
});

test("the refusal of a cancel says how the order ended", () => {
  const venue = new ScriptedVenue(),
    id = venue.placed();
  venue.says({ ...OK_NEW, re: id });
  const cancel = venue.core.send({ t: "cancel", coid: NEW.coid });
  venue.says({ t: "err", re: cancel, code: 5202, name: "ORDER_DONE", msg: "", applied: "no", st: "filled", cum: 12 });
  assert.deepEqual([order(venue).state, order(venue).filledLots, order(venue).done], ["filled", 12, true]);
});

test("quotes follow the stream, and a refused row leaves its side refused", () => {
  const venue = new ScriptedVenue();
  venue.logOn();
  const id = venue.core.send({
    t: "quote",
    mmp: 1,
    qs: [
      [H27, 2844, 40, 2847, 40],
      [99, 1, 1, 2, 1],
    ],
  });
  const quote = (side) => venue.core.orders.quote(7, H27, side);
  venue.says({
    t: "ok",
    re: id,
    e: 9000431,
    qs: [
      [H27, 1, 90101, 1, 90102, 0],
      [99, 4, 0, 4, 0, 5001],
    ],
  });
  venue.says({ ...EXEC_NEW, s: 1042, e: 9000431, coid: "", typ: "quote", px: 2844, q: 40, lv: 40, oid: 90101 });
  assert.deepEqual([quote("b").state, quote("s").state], ["open", "sent"]);
  assert.equal(venue.core.orders.quote(7, 99, "b").state, "rejected");
});

test("margin without a number is not an event of the stream", () => {
  const venue = new ScriptedVenue({ margin: true });
  venue.logOn();
  venue.says({ t: "margin", acc: 7, e: 5, ts: 1, ccy: "USD", eq: 7, im: 1, mm: 1, free: 6 });
  assert.deepEqual([venue.core.accounts.get(7).sequence, venue.core.accounts.get(7).margin.free], [1041, 6]);
});

test("a replay is collected, and marked messages of it are not applied", () => {
  const venue = new ScriptedVenue();
  venue.logOn();
  const id = venue.core.send({ t: "replay", from: 1, to: 2 });
  const cash = { t: "cash", acc: 7, s: 1, e: 1, ts: 1, ccy: "USD", amt: 5, why: "deposit", rp: true };
  assert.deepEqual(venue.says({ t: "ok", re: id, from: 1, to: 2 }, cash), []);
  const [replied] = venue.says({ t: "rp_end", re: id, to: 2 });
  assert.deepEqual([replied.replayed, venue.core.accounts.get(7).sequence], [[cash], 1041]);
});

test("only the last ended orders are kept", () => {
  const table = new OrderTable(3);
  for (let count = 0; count < 10; count++) {
    const done = table.open(7, `c${count}`, H27, "b");
    done.end("filled", 1);
    table.settle(done);
  }
  assert.deepEqual(
    [...table].map(({ coid }) => coid),
    ["c7", "c8", "c9"],
  );
});
