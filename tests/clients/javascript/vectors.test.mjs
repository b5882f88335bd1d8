// The vectors of `gpux schema --out`: what a client in any language must read, sign, sum and send.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  Core,
  Ed25519,
  Limiter,
  LocalBook,
  Phase,
  cancellation,
  checksum,
  checksumBytes,
  decode,
  logonText,
  newOrder,
  replacement,
} from "../../../clients/javascript/gpux.js";

const vectors = JSON.parse(readFileSync(process.env.GPUX_VECTORS, "utf8"));
const bytes = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
const hex = (array) => [...array].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const of = (section) => vectors.messages.filter((vector) => vector.section === section);
const sent = (section) =>
  of(section)
    .filter(({ sender }) => sender === "client")
    .map(({ json }) => json);
const heard = (section) =>
  of(section)
    .filter(({ sender }) => sender === "server")
    .map(({ json }) => json);

test("every message is read as it stands", () => {
  for (const { json } of vectors.messages) assert.deepEqual(decode(json), [JSON.parse(json)]);
  assert.ok(vectors.messages.length > 100);
});

test("every logon is signed as the venue verifies it", async () => {
  assert.ok(vectors.logons.length >= 2);
  for (const { seed, public_key, text, sig } of vectors.logons) {
    const key = await Ed25519.fromSeed(bytes(seed));
    assert.equal(key.publicKey, public_key);
    assert.equal(key.privateKey.extractable, false);
    assert.equal(await key.sign(text), sig);
    const [, host, path, nonce, name, sid] = text.split("\n");
    assert.equal(logonText(host.toUpperCase(), path, nonce, name, sid), text);
  }
});

test("every checksum has its bytes and its value", () => {
  for (const { b, a, bytes: packed, crc } of vectors.checksums) {
    assert.equal(hex(checksumBytes(b, a)), packed);
    assert.equal(checksum(b, a), crc);
  }
  assert.ok(vectors.checksums.length > 0);
});

test("the book of the dialogue follows its changes, and each checksum agrees", () => {
  const book = new LocalBook();
  let summed = 0;
  for (const section of ["subscriptions", "book", "resync", "lag"]) {
    for (const message of heard(section)
      .flatMap(decode)
      .filter(({ t }) => t === "depth")) {
      if (message.snap) book.load(message.s, message.b, message.a, message.crc, message.more);
      // changes of another connection, which this dialogue does not show, come before the first `cf`
      else if (message.p === book.sequence)
        assert.ok(book.apply(message.s, message.p, message.b, message.a, message.crc));
      assert.ok(book.synced, book.problem);
      summed += message.crc === undefined ? 0 : 1;
    }
  }
  assert.ok(summed >= 4, `${summed} checksums`);
});

/** A core that plays the dialogue: `says` takes lines of the venue, `frames` are what it sends. */
async function loggedOn() {
  const core = new Core({
    host: "localhost",
    path: "/v1/oe",
    key: "k_test1",
    cancelTerms: { mode: "session", orders: "all", on: "drop", grace_ms: 3000 },
  });
  core.opened(0);
  const [hello] = heard("hello");
  core.receive(hello, 0);
  return { core, key: await Ed25519.fromSeed(bytes(vectors.logons[0].seed)), hello };
}

const like = (frame, line) => {
  // the dialogue was kept with another client's name
  const { agent: _, ...message } = JSON.parse(frame),
    { agent: __, ...vector } = JSON.parse(line);
  assert.deepEqual(message, vector);
};

test("the logon, orders and the resume of the dialogue go out as they stand, byte for byte", async () => {
  const { core, key } = await loggedOn();
  core.signed(await key.sign(core.toSign));
  like(core.frames()[0], sent("logon")[0]);
  heard("logon").forEach((line) => core.receive(line, 0));
  assert.equal(core.phase, Phase.LIVE);

  const i = JSON.parse(sent("new")[0]).i,
    instrument = { i };
  const says = (id, request) => {
    core.lastId = id - 1;
    request.t === "new" ? core.place(request) : core.send(request);
    return core.frames()[0];
  };
  const [simple, stop, ioc] = sent("new");
  assert.equal(says(20, newOrder("a1", "b", instrument, 12, "2.810")), simple);
  const terms = {
    type: "stop_limit",
    triggerTick: 2790,
    priceTick: 2788,
    tif: "gtd",
    tillUs: JSON.parse(stop).till,
    selfMatch: "ca",
    cancelOnDisconnect: false,
    rejectIfElected: true,
    tag: "hedge",
    revision: 1,
    expiresUs: JSON.parse(stop).exp,
    account: 1,
  };
  like(says(21, newOrder("st-1", "s", instrument, 5, undefined, terms)), stop);
  like(says(22, newOrder("io-1", "b", instrument, 3, "2.811", { tif: "ioc" })), ioc);
  like(
    says(23, newOrder("po-1", "b", instrument, 50, "2.812", { postOnly: "reject", displayLots: 10 })),
    sent("refused")[0],
  );
  for (const section of ["new", "refused", "fill"]) heard(section).forEach((line) => core.receive(line, 0));
  const a1 = core.orders.get(1, "a1");
  assert.deepEqual([a1.state, a1.leavesLots, a1.filledLots, a1.valueTickLots], ["open", 8, 4, 11240]);
  assert.equal(core.orders.get(1, "io-1").state, "cancelled");
  assert.equal(core.orders.get(1, "po-1").state, "rejected");
  assert.equal(core.accounts.get(1).positionLots(i), 4);

  const named = { coid: "a1", account: 0 };
  assert.equal(says(27, replacement(named, { price: "2.809", lots: 15 })), sent("replace")[0]);
  heard("replace").forEach((line) => core.receive(line, 0));
  assert.equal(says(28, cancellation(named)), sent("cancel")[0]);
  heard("cancel")
    .slice(0, 2)
    .forEach((line) => core.receive(line, 0));
  assert.deepEqual([a1.state, a1.filledLots], ["cancelled", 4]);

  // What the dialogue did on this account in between is in its stream; the connection ends with r2 unanswered.
  for (const account of core.accounts.values()) account.sequence = 27;
  core.pending.clear();
  assert.equal(says(50, newOrder("r1", "b", instrument, 12, "2.810")), sent("lost")[0]);
  heard("lost").forEach((line) => core.receive(line, 0));
  assert.equal(says(51, newOrder("r2", "b", instrument, 7, "2.807")), sent("lost")[1]);
  core.closed(1006, "");
  core.terms = undefined; // the dialogue's client resumes with the default terms

  const [hello, ...missed] = heard("resume"),
    [auth, resent] = sent("resume");
  core.opened(0);
  core.receive(hello, 0);
  core.signed(await key.sign(core.toSign));
  like(core.frames()[0], auth);
  missed.slice(0, -1).forEach((line) => core.receive(line, 0));
  assert.deepEqual(core.frames(), [resent]);
  core.receive(missed.at(-1), 0);
  assert.equal(core.pending.size, 0);
  const r1 = core.orders.get(1, "r1"),
    r2 = core.orders.get(1, "r2");
  assert.deepEqual([r1.leavesLots, r1.filledLots, r2.state, r2.leavesLots], [8, 4, "open", 7]);
});

test("the limits of the dialogue make the buckets of the limiter", () => {
  const limiter = new Limiter(),
    [hello] = heard("hello").map(decode).flat();
  limiter.learn(hello.limits, 0);
  for (const { k, burst } of hello.limits) assert.equal(limiter.tokens(k, 0), burst);
});
