// Numbers, books and queues, subscriptions, limits and pauses.

import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import {
  Backoff,
  Hmac,
  Limiter,
  LocalBook,
  QueueBook,
  StaleBook,
  checksum,
  checksumBytes,
  decode,
  moneyText,
  newOrder,
  priceText,
  ticksOf,
} from "../../../clients/javascript/gpux.js";
import { H27, ScriptedVenue, kinds, random } from "./scripted.mjs";

test("prices are text on the tick or integer ticks, never fractions", () => {
  for (const [text, tick] of [
    ["2.845", 2845],
    ["-0.1", -100],
    ["3", 3000],
    ["2.8450", 2845],
    ["0", 0],
    ["-0", 0],
  ]) {
    assert.equal(ticksOf(text), tick);
  }
  assert.throws(() => ticksOf("2.8455"), /off the tick/);
  assert.throws(() => ticksOf("1e3"), /not a decimal number/);
  assert.throws(() => ticksOf(2.845), TypeError);
  assert.throws(() => newOrder("a", "b", { i: 1 }, 1, undefined, { priceTick: 2.5 }), RangeError);
  assert.throws(() => newOrder("a", "b", { i: 1 }, 1, "2.8", { priceTick: 2800 }), TypeError);
  assert.throws(() => newOrder("a", "b", { i: 1 }, 1.5, "2.8"), RangeError);
  assert.throws(() => newOrder("a", "b", { i: 1 }, 1), TypeError);
  const below = random(5);
  for (let count = 0; count < 1000; count++) {
    const tick = below(2 ** 31) - 2 ** 30;
    assert.equal(ticksOf(priceText(tick)), tick);
  }
});

test("money is exact beyond 53 bits", () => {
  const [fill] = decode('{"t":"fill","val":-92233720368547758,"ts":1799668803000120,"coid":"9007199254740993"}');
  assert.deepEqual(fill, { t: "fill", val: -92233720368547758n, ts: 1799668803000120, coid: "9007199254740993" });
  assert.equal(moneyText(-92233720368547758n), "-92,233,720,368,547.75");
  assert.equal(moneyText(1514288640), "1,514,288.64");
  assert.equal(moneyText(-5), "-0.00");
  assert.deepEqual(decode("[1,2]"), [1, 2]);
});

test(
  "the checksum is that of zlib, also for negative prices",
  { skip: crc32 ? false : "this node has no crc32" },
  () => {
    const below = random(1);
    for (let count = 0; count < 200; count++) {
      const side = () =>
        Array.from({ length: below(14) }, () => [below(6000) - 3000, below(9) ? below(1000) : below(2 ** 31)]);
      const bids = side(),
        asks = side();
      assert.equal(checksum(bids, asks), crc32(checksumBytes(bids, asks)));
    }
    const bytes = Buffer.from(checksumBytes([[-5, 2 ** 40 + 3]], []));
    assert.deepEqual([bytes.readBigInt64LE(0), bytes.readBigInt64LE(8)], [-5n, 2n ** 40n + 3n]);
  },
);

test("HMAC signs as the protocol's vector", async () => {
  const text = "gpux-auth-v1\nlocalhost\n/v1/oe\nICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8\nk_5f2c9a\n";
  const signature = await new Hmac(Uint8Array.from({ length: 32 }, (_, byte) => byte)).sign(text);
  assert.equal(signature, "3UhWe0Kj73I2PvSxj3jakDB0LIqJ6TPrzwNxdQM3s3w");
});

test("a book keeps the levels of a slow twin over random changes", () => {
  const below = random(2),
    book = new LocalBook(),
    twin = { b: new Map(), s: new Map() };
  book.open = false;
  book.load(1, [], []);
  const rows = (side) => [...twin[side]].sort(([left], [right]) => (side === "b" ? right - left : left - right));
  for (let sequence = 2; sequence < 2000; sequence++) {
    const change = (side) =>
      Array.from({ length: below(3) }, () => [below(80) - 40, below(3) ? below(50) : 0]).map(([price, lots]) => {
        if (lots) twin[side].set(price, lots);
        else twin[side].delete(price);
        return [price, lots];
      });
    assert.ok(book.apply(sequence, sequence - 1, change("b"), change("s")));
    assert.deepEqual([book.bids(), book.asks()], [rows("b"), rows("s")]);
    assert.equal(book.checksum(), checksum(rows("b"), rows("s")));
  }
});

test("a gap, a wrong checksum and a crossed book make it stale until the next snapshot", () => {
  const book = new LocalBook(H27, "H100.G90.H27");
  assert.throws(() => book.bids(), StaleBook);
  book.load(5, [[2810, 5]], [[2812, 7]], checksum([[2810, 5]], [[2812, 7]]));
  assert.deepEqual([book.bestBid, book.bestAsk, book.middleTick], [[2810, 5], [2812, 7], 2811]);
  assert.ok(book.apply(5, 4, [[1, 1]], [])); // not newer: ignored
  assert.equal(book.bids().length, 1);
  assert.equal(book.apply(8, 6, [], []), false);
  assert.throws(() => book.bestBid, /gap: 5 is followed by 8/);
  book.load(9, [[2810, 5]], [], checksum([[2810, 5]], []));
  assert.equal(book.apply(10, 9, [[2811, 1]], [], 12345), false);
  assert.match(book.problem, /12345 of the venue/);
  book.load(11, [[2810, 5]], [[2812, 7]]);
  assert.equal(book.apply(12, 11, [[2812, 1]], []), false);
  assert.match(book.problem, /crossed/);
  assert.deepEqual([book.gaps, book.mismatches], [1, 2]);
});

test("pages of a snapshot add up, and the last one has the checksum", () => {
  const book = new LocalBook();
  book.load(7, [[10, 1]], [], undefined, true);
  assert.equal(book.synced, false);
  book.load(
    7,
    [[9, 2]],
    [[11, 3]],
    checksum(
      [
        [10, 1],
        [9, 2],
      ],
      [[11, 3]],
    ),
  );
  assert.deepEqual(book.bids(), [
    [10, 1],
    [9, 2],
  ]);
});

test("the queue is the order of the rows, as a slow twin has it", () => {
  const below = random(3),
    queue = new QueueBook(),
    twin = []; // rows [oid, side, price, lots], in order of arrival
  queue.load(1, []);
  let oid = 100;
  for (let sequence = 2; sequence < 1500; sequence++) {
    const rows = [];
    for (let count = below(4); count > 0; count--) {
      const at = twin.length ? below(twin.length) : -1,
        act = below(3);
      if (act === 0 || at < 0) {
        const row = [++oid, below(2) ? "b" : "s", below(5), 1 + below(50)];
        twin.push(row);
        rows.push(["a", ...row]);
      } else if (act === 1) {
        rows.push(["d", twin.splice(at, 1)[0][0]]);
      } else {
        twin[at] = [...twin[at].slice(0, 3), Math.max(1, twin[at][3] - 1)];
        rows.push(["r", ...twin[at]]);
      }
    }
    assert.ok(queue.apply(sequence, sequence - 1, rows), queue.problem);
    for (const [id, side, price] of twin) {
      const level = twin.filter((row) => row[1] === side && row[2] === price),
        at = level.findIndex((row) => row[0] === id);
      const sum = (part) => part.reduce((total, row) => total + row[3], 0);
      const { ordersAhead, lotsAhead, levelLots, levelOrders } = queue.place(id);
      assert.deepEqual(
        [ordersAhead, lotsAhead, levelLots, levelOrders],
        [at, sum(level.slice(0, at)), sum(level), level.length],
      );
    }
  }
  assert.equal(queue.place(1), null);
  assert.equal(queue.apply(9999, 1499, [["d", 1]]), false);
  assert.throws(() => queue.place(oid), /is not known/);
});

test("a gap of a book asks for one snapshot and discards changes until it comes", () => {
  const venue = new ScriptedVenue();
  venue.logOn();
  const [feed] = venue.subscribe({ n: "depth", i: H27, ms: 0, lv: 0 }),
    depth = { t: "depth", c: 4021, e: 1, ts: 1, b: [], a: [] };
  assert.deepEqual(kinds(venue.says({ ...depth, s: 5, snap: true, b: [[2810, 5]] })), ["book"]);
  assert.deepEqual(kinds(venue.says({ ...depth, s: 7, p: 6 })), ["gap", "book"]);
  assert.deepEqual(
    venue.heard().map(({ t, c }) => [t, c]),
    [["resync", 4021]],
  );
  assert.deepEqual(venue.says({ ...depth, s: 8, p: 7 }), []);
  assert.equal(feed.book.synced, false);
  assert.deepEqual(kinds(venue.says({ ...depth, s: 8, snap: true, b: [[2811, 5]], ib: [2812, 3] })), ["book"]);
  assert.deepEqual(
    [feed.book.bestBid, feed.book.impliedBid],
    [
      [2811, 5],
      [2812, 3],
    ],
  );
  venue.says({ ...depth, s: 9, p: 8, ib: [2812, 0] });
  assert.equal(feed.book.impliedBid, null);
  const mismatch = venue.says({ ...depth, s: 10, p: 9, crc: 1 });
  assert.deepEqual(kinds(mismatch), ["mismatch", "book"]);
});

test("two heartbeats ahead of a channel are a gap; trades only say so", () => {
  const venue = new ScriptedVenue();
  venue.logOn();
  venue.subscribe({ n: "depth", i: H27 }, { n: "trades", i: H27 });
  venue.says({ t: "depth", c: 4021, s: 5, snap: true, e: 1, ts: 1, b: [], a: [] });
  venue.says({ t: "trades", c: 4022, s: 3, p: 2, e: 1, ts: 1, x: [] });
  const heartbeat = {
    t: "hb",
    ts: 1,
    acc: [],
    ch: [
      [4021, 6],
      [4022, 4],
    ],
  };
  assert.deepEqual(venue.says(heartbeat), []);
  assert.deepEqual(kinds(venue.says(heartbeat)), ["gap", "book", "gap"]);
  assert.deepEqual(
    venue.heard().map(({ t }) => t),
    ["resync"],
  );
});

test("channels are asked for again after a reconnect, and a throttled request later", () => {
  const venue = new ScriptedVenue({ key: "" });
  venue.core.opened(0);
  venue.says({ t: "hello", v: "1.11", history: "h", nonce: "n", limits: [], dead_ms: 5000, ts: 1 });
  const feeds = venue.core.subscribe([{ n: "top", i: H27 }]),
    [sub] = venue.heard();
  assert.equal(venue.core.subscribe([{ n: "top", i: H27 }])[0], feeds[0]);
  assert.deepEqual(venue.heard(), []);
  venue.says({ t: "err", re: sub.id, code: 3001, name: "THROTTLED", msg: "", applied: "no", retry_us: 1000 });
  venue.core.tick(2);
  assert.equal(venue.heard()[0].t, "sub");
  venue.core.closed(1006, "");
  venue.core.opened(0);
  venue.says({ t: "hello", v: "1.11", history: "h", nonce: "n", limits: [], dead_ms: 5000, ts: 1 });
  assert.deepEqual(venue.heard()[0].ch, [{ n: "top", i: H27 }]);
});

test("an instrument that ended while the client was away is gone after the next snapshot", () => {
  const venue = new ScriptedVenue();
  venue.logOn();
  venue.subscribe({ n: "instruments" });
  const row = (i) => ({ i, sym: `S${i}`, phase: "OPEN" }),
    says = (s, rows, more) =>
      venue.says({ t: "instruments", c: 4021, s, e: 1, ts: 1, snap: true, x: rows.map(row), more });
  says(1, [1, 2], true);
  says(1, [3]);
  assert.deepEqual([...venue.core.feeds.bySymbol.keys()], ["S1", "S2", "S3"]);
  says(2, [2], true);
  assert.equal(venue.core.feeds.instruments.size, 3); // another page follows
  says(2, [4]);
  assert.deepEqual([...venue.core.feeds.instruments.keys()], [2, 4]);
  assert.deepEqual([...venue.core.feeds.bySymbol.keys()], ["S2", "S4"]);
});

test("one subscription to a chip brings a channel of each instrument, and ends them", () => {
  const venue = new ScriptedVenue(),
    wide = { t: "channels", c: 4021, e: 1, ts: 1, n: "depth" };
  venue.logOn();
  const [chip] = venue.subscribe({ n: "depth", k: "H100", lv: 0 });
  venue.says({
    ...wide,
    s: 1,
    snap: true,
    x: [
      [50, H27],
      [51, 8],
    ],
  });
  venue.says({ t: "depth", c: 50, s: 3, snap: true, e: 1, ts: 1, b: [[2810, 5]], a: [] });
  assert.deepEqual(
    venue.core.feeds.books().map(({ instrument, synced }) => [instrument, synced]),
    [
      [H27, true],
      [8, false],
    ],
  );
  assert.deepEqual(venue.core.feeds.specs(), [{ n: "depth", k: "H100", lv: 0 }]);
  venue.says({ ...wide, s: 2, p: 1, x: [], ended: [51] });
  assert.deepEqual(
    venue.core.feeds.books().map(({ instrument }) => instrument),
    [H27],
  );
  venue.core.unsubscribe([chip]);
  assert.deepEqual(venue.core.feeds.books(), []);
});

test("buckets refill at their rate, and a refusal empties them", () => {
  const limiter = new Limiter();
  limiter.learn(
    [
      { k: "order", rate: 10, burst: 2 },
      { k: "cancel", rate: 100, burst: 5 },
    ],
    0,
  );
  const order = { t: "new" };
  limiter.spend(order, 0);
  limiter.spend(order, 0);
  assert.equal(limiter.waitMs(order, 0), 100);
  assert.equal(limiter.waitMs({ t: "cancel" }, 0), 0);
  assert.equal(limiter.waitMs({ t: "ping" }, 0), 0);
  assert.equal(limiter.tokens("order", 150), 1);
  limiter.refused(order, 500, 150);
  assert.ok(Math.abs(limiter.waitMs(order, 150) - 500) < 1e-9);
  limiter.learn([{ k: "order", rate: 10, burst: 2 }], 150);
  assert.ok(limiter.waitMs(order, 150) > 0);
  const batch = { t: "batch", ops: [{ t: "new" }, { t: "cancel" }, { t: "replace" }] };
  limiter.learn([{ k: "order", rate: 10, burst: 9 }], 150);
  limiter.spend(batch, 150);
  assert.deepEqual([limiter.tokens("order", 150), limiter.tokens("cancel", 150)], [7, 4]);
  const quote = (lots) => ({ t: "quote", qs: [[1, 5, lots, 6, 0]] });
  limiter.learn([{ k: "quote", rate: 10, burst: 9 }], 150);
  limiter.spend(quote(3), 150);
  limiter.spend(quote(0), 150);
  assert.deepEqual([limiter.tokens("quote", 150), limiter.tokens("cancel", 150)], [7, 3]);
});

test("pauses stay below a bound that doubles, and within a third of the grace", () => {
  const most = new Backoff(() => 1);
  assert.deepEqual(
    [0, 0, 0, 0].map(() => most.waitMs(null, 0)),
    [100, 200, 400, 800],
  );
  for (let count = 0; count < 10; count++) most.waitMs(null, 0);
  assert.equal(most.waitMs(null, 0), 10_000);
  most.lost(0, 3000);
  assert.equal(most.waitMs(null, 0), 1000);
  most.failed(3500); // as of a venue that restarts: its grace has not begun
  assert.equal(most.waitMs(null, 4000), 1000);
  assert.equal(most.dialMs(4000), 1000);
  most.failed(70_000);
  assert.equal(most.waitMs(null, 70_000), 10_000);
  assert.equal(most.waitMs([500, 5000], 70_000), 1500);
  most.succeeded();
  assert.equal(most.waitMs(null, 70_000), 100);
  assert.equal(new Backoff(() => 0).waitMs(null, 0), 0);
});
