// Two clients trade at a venue; the test that starts this program restarts the venue when it prints `restart`.
// node trading.mjs URL SYMBOL SEED_HEX SEED_HEX; the last line of the output is JSON.

import assert from "node:assert/strict";
import {
  ConnectFailed,
  Ed25519,
  Refused,
  connect,
  cancellation,
  replacement,
} from "../../../clients/javascript/gpux.js";

const [, , url, symbol, ...seeds] = process.argv;
const bytes = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
const secrets = await Promise.all(seeds.map((seed) => Ed25519.fromSeed(bytes(seed))));
const logOn = (account, options) => connect(url, { key: `k_t${account}`, secret: secrets[account - 1], ...options });
const refused = (code) => (error) => error instanceof Refused && error.codeName === code;

await assert.rejects(
  connect(url, { key: "k_t1", secret: secrets[1] }),
  (error) => error instanceof ConnectFailed && error.message.includes("BAD_AUTH"),
);

const seller = await logOn(1, { margin: true, cancelTerms: { grace_ms: 60_000 } }),
  buyer = await logOn(2);
const seen = [];
seller.listen((event) => seen.push(event));
const instrument = await seller.instrument(symbol),
  book = await buyer.book(instrument, { cadenceMs: 0 });
await buyer.trades(instrument);
const reader = await connect(url),
  publicBook = await reader.book(await reader.instrument(symbol));

// Trading.
const offer = await seller.sell(instrument, 5, "2.810", { postOnly: "reject", tif: "gtc" });
assert.deepEqual([offer.state, offer.leavesLots], ["open", 5]);
await buyer.until(() => book.synced && book.bestAsk?.[0] === 2810);
const taken = await buyer.buy(instrument, 2, "2.820", { tif: "ioc" });
assert.deepEqual([taken.state, taken.filledLots, Number(taken.valueTickLots)], ["filled", 2, 5620]);
await seller.until(() => offer.filledLots === 2);
await buyer.until(() => buyer.positionLots(instrument) === 2 && book.asks()[0][1] === 3);
await reader.until(() => publicBook.synced && publicBook.asks()[0]?.[1] === 3);
assert.equal(seller.positionLots(instrument), -2);

// What a refusal has; what is not known after it is asked.
await assert.rejects(
  buyer.buy(instrument, 1, "9.999"),
  (error) => refused("PRICE_BAND")(error) && error.lo > 0 && error.hi < 9999 && error.order.state === "rejected",
);
await assert.rejects(buyer.cancel(taken), refused("ORDER_DONE"));
const [need] = (await buyer.whatIf([buyer.new("b", instrument, 10, "2.800")])).res;
assert.ok(need.need > 0 && need.free > need.need && need.code === undefined);
const [tooMuch] = (await buyer.whatIf([], [[instrument, 5]])).parts;
assert.ok(tooMuch.scan > 0);

// Changing and cancelling, one by one and together.
const bid = await buyer.buy(instrument, 4, "2.700");
await buyer.replace(bid, { price: "2.701", lots: 6 });
const behind = await seller.buy(instrument, 5, "2.701"),
  queue = await seller.queue(instrument);
await seller.until(() => queue.synced && queue.place(behind.orderId));
assert.deepEqual([queue.place(behind.orderId).lotsAhead, queue.place(behind.orderId).ordersAhead], [6, 1]);
await buyer.until(() => book.synced && book.bids()[0]?.[1] === 11);
assert.deepEqual(
  ["b", "s"].map((side) => queue.depth(side).map(([tick, lots]) => [tick, lots])),
  [book.bids(), book.asks()],
);
await seller.cancel(behind);
assert.deepEqual([bid.priceTick, bid.leavesLots], [2701, 6]);
const results = await buyer.batch([
  buyer.new("b", instrument, 1, "2.690"),
  replacement(bid, { lots: 3 }),
  cancellation({ coid: "nobody", account: 0 }),
]);
assert.deepEqual(
  results.map(({ st, name }) => st ?? name),
  ["open", "open", "UNKNOWN_ORDER"],
);
assert.equal((await buyer.openOrders()).length, 2);
assert.equal(await buyer.cancelAll({ side: "b" }), 2);
await buyer.until(() => bid.state === "cancelled");
assert.equal(await buyer.setProtection(1, { windowMs: 1000, lots: 50 }), "armed");
assert.equal((await buyer.quote(1, [[instrument, 2700, 2, 2900, 2]]))[0][5], 0);
await buyer.until(() => buyer.orders.quote(buyer.core.account, instrument.i, "s").working);
assert.equal((await buyer.fills(1, buyer.account().sequence)).length, 1);
assert.ok((await buyer.replay(1, buyer.account().sequence)).length >= buyer.account().sequence);
assert.ok((await buyer.ping()) > 0);

// The venue restarts: the session is resumed, the order still works, the book heals.
const others = [seller, buyer, reader].map(
  (session) =>
    new Promise((resolve) => {
      const stop = session.listen(({ type, resumed }) => {
        if (type === "reconnected") {
          stop();
          resolve(resumed);
        }
      });
    }),
);
const ends = seller.account().sequence;
console.log("restart");
await others[0];
assert.ok(offer.working && offer.leavesLots === 3);
await Promise.all(others);
await reader.until(() => publicBook.synced);
assert.deepEqual(publicBook.asks()[0], [2810, 3]);
const last = await buyer.buy(instrument, 3, "2.810");
assert.equal(last.state, "filled");
await seller.until(() => offer.done);
assert.equal(offer.state, "filled");

// Every account event came once and in order, over the restart too.
const numbers = seen
  .flatMap((event) => [event.message?.s ?? event.fill?.s ?? (event.cause?.t === "exec" ? event.cause.s : 0)])
  .filter((number, at) => number > 0 && seen[at].type !== "data");
assert.deepEqual(
  numbers,
  numbers.map((_, count) => numbers[0] + count),
);
assert.ok(numbers.at(-1) > ends);

await Promise.all([seller.close(), buyer.close({ cancelOrders: true }), reader.close()]);
console.log(JSON.stringify({ resumed: await others[0], filled: offer.filledLots, events: numbers.length }));
