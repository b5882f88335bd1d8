// A client of the protocol `gpux.v1` for browsers and Node, in one ES module without dependencies.
//
//     import { connect, Ed25519 } from "./gpux.js";
//     const secret = await Ed25519.fromPem(pemText);
//     const session = await connect("ws://127.0.0.1:8443", { key: "k_mm1", secret });
//     const h27 = await session.instrument("H100.G90.H27");
//     const book = await session.book(h27);                                     // verified, recovers by itself
//     const order = await session.buy(h27, 12, "2.845", { postOnly: "reject" });
//     for await (const event of session.events()) { ... }
//
// `Core` is the protocol without sockets and clocks: frames in, events out. `Session` gives it a WebSocket. Messages of
// the wire stay plain objects with the short keys of PROTOCOL.md; what the client makes of them has whole words.
// Prices are decimal text in dollars ("2.845") or integer ticks, never fractions of a number. Times are milliseconds
// of a monotonic clock; the venue's are microseconds since 1970 UTC. The types are in gpux.d.ts.

export const RELEASE = "0.4.0";
export const SUBPROTOCOL = "gpux.v1+json";
const AGENT = `gpux-js/${RELEASE}`;
const PROTOCOL_LABEL = "gpux-auth-v1";
const PROTOCOL_MAJOR = 1, MARGIN_MINOR = 9; // the first minor version with `margin` of `auth`
const ORDER_PATH = "/v1/oe", DATA_PATH = "/v1/md";
const MESSAGES_MAX = 64, BATCH_MAX = 20, QUOTE_ROWS_MAX = 32, SPECS_PER_REQUEST = 40;
const HELLO_WAIT_MS = 5_000; // longest wait for the `hello` of a connection
const PING_SHARE = 3; // after a third of `dead_ms` without sending, send a ping
const RETRY_US = 100_000; // before a retry, after a refusal that states no time
const HEARTBEATS_BEHIND_MAX = 2;
const CHECKSUM_LEVELS = 10;

export const ErrorCode = Object.freeze({
  BAD_MESSAGE: 1001, UNKNOWN_TYPE: 1002, ID_ORDER: 1003, DUP_ID: 1004, EXPIRED_REQUEST: 1005, REPLAY_RANGE: 1010,
  UNKNOWN_CHANNEL: 1011, BAD_AUTH: 2001, SCOPE: 2003, NOT_LOGGED_ON: 2004, ADDRESS_NOT_ALLOWED: 2005,
  SESSION_TAKEN: 2006, THROTTLED: 3001, TOO_MANY_OPEN: 3002, TOO_MANY_CHANNELS: 3003, TOO_MANY_CONNECTIONS: 3004,
  UNKNOWN_INSTRUMENT: 5001, STALE_REV: 5002, PRICE_BAND: 5003, PRICE_INCREMENT: 5004, LOTS_RANGE: 5005,
  UNKNOWN_ACCOUNT: 5006, DUP_COID: 5007, NOT_ALLOWED_TOGETHER: 5008, NO_OPPOSITE_SIDE: 5101, ALREADY_TRIGGERED: 5102,
  POST_ONLY_WOULD_TAKE: 5104, UNKNOWN_ORDER: 5201, ORDER_DONE: 5202, BATCH_REFUSED: 5203, QUOTE_NEEDS_MMP: 5301,
  MMP_TRIPPED: 5302, QUOTE_NEEDS_COD: 5303, QUOTE_CROSSED: 5304, QUOTE_DUPLICATE: 5305, MARGIN: 6001,
  POSITION_LIMIT: 6002, KILLED: 6004, MARKET_CLOSED: 7001, HALTED: 7002, PHASE: 7003, CLOSE_ONLY: 7005, BUSY: 9001,
  TIMEOUT: 9002, INTERNAL: 9003, READ_ONLY: 9004,
});
export const CloseCode = Object.freeze({
  NORMAL: 1000, SHUTDOWN: 1001, BROKEN_FRAME: 1002, WRONG_FRAME_KIND: 1003, BAD_TEXT: 1007, TOO_BIG: 1009,
  NO_LOGON: 4001, LOGON_FAILED: 4002, DEAD: 4003, SESSION_TAKEN: 4004, FLOODING: 4008, SLOW_CONSUMER: 4009,
  TOO_OLD: 4010, KEY_REVOKED: 4011,
});
const ERROR_NAMES = new Map(Object.entries(ErrorCode).map(([name, code]) => [code, name]));
const FINAL_CLOSES = new Set([CloseCode.LOGON_FAILED, CloseCode.SESSION_TAKEN, CloseCode.KEY_REVOKED]);
const RETRIED_LOGONS = new Set([
  ErrorCode.BUSY, ErrorCode.THROTTLED, ErrorCode.TOO_MANY_CONNECTIONS, ErrorCode.READ_ONLY,
]);
const UNKNOWN_OUTCOME = new Set([ErrorCode.DUP_ID, ErrorCode.TIMEOUT, ErrorCode.INTERNAL]);
// Sequenced requests are resent after a resume (SESS-007). A query is resent too, because it changes nothing.
const ORDER_REQUESTS = new Set(["new", "replace", "cancel", "query"]);
const RESENT = new Set([
  ...ORDER_REQUESTS, "cancel_all", "batch", "quote", "cod", "timer", "mmp_set", "mmp_reset", "kill", "unkill",
]);
const WITHOUT_KEY = new Set(["ping", "sub", "unsub", "resync", "replay"]); // what /v1/md serves without a logon
const PAST_QUERIES = new Set(["trades", "candles"]); // and these queries, at a venue that has candles
const ACCOUNT_MESSAGES = new Set([
  "exec", "fill", "pos", "margin", "cash", "cascade", "call", "mmp", "cod_fired", "kill", "deliv",
]);

// -- errors ----------------------------------------------------------------------------------------------------------

/** The first connection or logon failed; the text says why. */
export class ConnectFailed extends Error { name = "ConnectFailed"; }

/** The session ended, without reconnecting, while the program waited. */
export class SessionOver extends Error { name = "SessionOver"; }

/** The request was not sent, or its connection was lost and it is not resent. */
export class NotLive extends Error { name = "NotLive"; }

/** A program has read a stale book, which waits for a snapshot. The text has the reason. */
export class StaleBook extends Error { name = "StaleBook"; }

/** The venue lists no such instrument. */
export class UnknownSymbol extends Error { name = "UnknownSymbol"; }

/** The request was not sent, because the venue would refuse it for its rate. Try again after `waitMs`. */
export class Throttled extends Error {
  name = "Throttled";
  constructor(request, waitMs) {
    super(`${request}: wait ${Math.ceil(waitMs)} ms`);
    this.waitMs = waitMs;
  }
}

/** The venue does not serve a channel. */
export class ChannelRefused extends Error {
  name = "ChannelRefused";
  constructor(channel, code, offered = []) {
    const there = code === ErrorCode.UNKNOWN_CHANNEL && offered.length ? `; the venue has ${offered.join(", ")}` : "";
    super(`channel ${channel}: refused with code ${code} ${ERROR_NAMES.get(code) ?? ""}`.trimEnd() + there);
    this.code = code;
  }
}

/** The venue refused a request. `reply` is its `err`; `lo`, `hi`, `need`, `free` and others are those of the reply. */
export class Refused extends Error {
  name = "Refused";
  constructor(reply, order = null) {
    super(`${reply.name}: ${reply.msg} (applied: ${reply.applied})`);
    this.reply = reply;
    this.order = order;
    this.code = reply.code;
    this.codeName = reply.name;
    this.applied = reply.applied;
    this.lo = reply.lo;
    this.hi = reply.hi;
    this.need = reply.need;
    this.free = reply.free;
    this.phase = reply.phase;
    this.retryUs = reply.retry_us;
  }
}

class StreamGap extends Error {
  constructor(account, expected, received) {
    super(`account ${account}: event ${expected} is missing, ${received} came`);
    Object.assign(this, { account, expected, received });
  }
}

const errorOf = (id, code, msg) => ({
  t: "err", re: id, code, name: ERROR_NAMES.get(code), msg, applied: UNKNOWN_OUTCOME.has(code) ? "unknown" : "no",
});

// -- numbers and text ------------------------------------------------------------------------------------------------

const DECIMAL = /^(-?)(\d{1,9})(?:\.(\d+))?$/;

/** Ticks of a price: "2.845" is 2845. A text between ticks is a RangeError, a number a TypeError. */
export function ticksOf(text) {
  if (typeof text !== "string") throw new TypeError(`price ${text} is no text: give dollars as "2.845", or priceTick`);
  const found = DECIMAL.exec(text.trim());
  if (!found) throw new RangeError(`price "${text}" is not a decimal number of dollars, like 2.845`);
  const [, sign, dollars, decimals = ""] = found;
  if (/[^0]/.test(decimals.slice(3))) {
    throw new RangeError(`price "${text}" is off the tick: at most three decimals, like 2.845`);
  }
  const ticks = Number(dollars) * 1000 + Number(decimals.slice(0, 3).padEnd(3, "0"));
  return sign && ticks ? -ticks : ticks;
}

/** Dollars per GPU-hour with three decimals: 2845 is "2.845". */
export function priceText(tick) {
  const size = Math.abs(tick);
  return `${tick < 0 ? "-" : ""}${Math.trunc(size / 1000)}.${String(size % 1000).padStart(3, "0")}`;
}

/** Dollars with thousands separators, rounded toward zero to the cent: 1514288640 mills are "1,514,288.64". */
export function moneyText(mills) {
  const exact = BigInt(mills), cents = (exact < 0n ? -exact : exact) / 10n;
  const dollars = String(cents / 100n).replace(/\B(?=(\d{3})+$)/g, ",");
  return `${exact < 0n ? "-" : ""}${dollars}.${String(cents % 100n).padStart(2, "0")}`;
}

function base64url(bytes) {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

const MAYBE_UNSAFE = /\d{17}|9\d{15}/;
const STRING_OR_LONG = /"(?:[^"\\]|\\.)*"|-?\d{16,}/g;
const BIG = "\u0001";

/** The messages of a frame. An integer beyond 53 bits, which only sums of money may be, becomes a BigInt. */
export function decode(text) {
  let value;
  if (MAYBE_UNSAFE.test(text)) {
    const marked = text.replace(STRING_OR_LONG, (part) =>
      part[0] === '"' || Number.isSafeInteger(Number(part)) ? part : `"\\u0001${part}"`);
    value = JSON.parse(marked, (_, item) => typeof item === "string" && item[0] === BIG ? BigInt(item.slice(1)) : item);
  } else {
    value = JSON.parse(text);
  }
  return Array.isArray(value) ? value : [value];
}

/** A message without keys that are undefined or the empty text, which are the same as absent ones. */
function message(fields) {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== ""));
}

function integer(name, value, least = 0) {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new RangeError(`${name} ${value} is not an integer from ${least} on`);
}

const optional = (name, value) => value === undefined ? undefined : integer(name, value);

function optionalTick(name, value) {
  if (value !== undefined && !Number.isSafeInteger(value)) throw new RangeError(`${name} ${value} is not an integer`);
  return value;
}

/** Ticks of a price given as text or as ticks; undefined if neither is given. */
function optionalPrice(price, tick) {
  if (price === undefined || price === null) return optionalTick("priceTick", tick);
  if (tick !== undefined) throw new TypeError("give price or priceTick, not both");
  return ticksOf(price);
}

// -- keys ------------------------------------------------------------------------------------------------------------

/** The text that a logon signs. It has host and path, so that a signature is valid at one venue only (SESS-001). */
export function logonText(host, path, nonce, key, sessionId = "") {
  return [PROTOCOL_LABEL, host.toLowerCase(), path, nonce, key, sessionId].join("\n");
}

const PKCS8_ED25519 = Uint8Array.from([48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32]);

/** A private key of WebCrypto that signs logons; its bytes cannot be read from it. The venue has the public key. */
export class Ed25519 {
  algorithm = "ed25519";

  /** `publicKey`: base64url, as the venue stores it. */
  constructor(privateKey, publicKey) {
    this.privateKey = privateKey;
    this.publicKey = publicKey;
  }

  /** A new key that cannot be exported. */
  static async generate() {
    const pair = await crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"]);
    return new Ed25519(pair.privateKey, base64url(await crypto.subtle.exportKey("raw", pair.publicKey)));
  }

  /** The key in the text of a PEM file (PKCS 8, without a passphrase), as `gpux key make` writes it. */
  static async fromPem(text) {
    const body = /-----BEGIN PRIVATE KEY-----([^-]+)-----END PRIVATE KEY-----/.exec(text);
    if (!body) throw new TypeError("this is no private key in PEM form: it begins with -----BEGIN PRIVATE KEY-----");
    return Ed25519.#fromPkcs8(Uint8Array.from(atob(body[1].replace(/\s/g, "")), (letter) => letter.charCodeAt(0)));
  }

  /** The key of a seed of 32 bytes. */
  static async fromSeed(seed) {
    if (seed.length !== 32) throw new RangeError(`a seed has 32 bytes, not ${seed.length}`);
    return Ed25519.#fromPkcs8(Uint8Array.from([...PKCS8_ED25519, ...seed]));
  }

  static async #fromPkcs8(der) {
    const load = (extractable) => crypto.subtle.importKey("pkcs8", der, { name: "Ed25519" }, extractable, ["sign"]);
    const { x } = await crypto.subtle.exportKey("jwk", await load(true)); // only so are the public bytes to be had
    return new Ed25519(await load(false), x);
  }

  async sign(text) {
    return base64url(await crypto.subtle.sign("Ed25519", this.privateKey, new TextEncoder().encode(text)));
  }
}

/** A secret shared with the venue (SESS-003), where the operator allows it. */
export class Hmac {
  algorithm = "hmac-sha256";
  #key;

  constructor(bytes) {
    this.#key = crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  }

  async sign(text) {
    return base64url(await crypto.subtle.sign("HMAC", await this.#key, new TextEncoder().encode(text)));
  }
}

/** Keys of this browser, by a name of the program's choice, in IndexedDB. The browser never gives out their bytes. */
export class KeyStore {
  #database = null;

  constructor(name = "gpux-keys") { this.name = name; }

  #open() {
    return new Promise((resolve, reject) => {
      const opening = indexedDB.open(this.name, 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore("keys");
      opening.onsuccess = () => resolve(opening.result);
      opening.onerror = () => reject(opening.error);
    });
  }

  async #run(mode, act) {
    this.#database ??= this.#open(); // at the first use, because it is slow
    const transaction = (await this.#database).transaction("keys", mode);
    return new Promise((resolve, reject) => {
      const asked = act(transaction.objectStore("keys"));
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  }

  async put(name, key) {
    await this.#run("readwrite", (keys) => keys.put({ privateKey: key.privateKey, publicKey: key.publicKey }, name));
  }

  /** The key of a name; null if there is none. */
  async get(name) {
    const found = await this.#run("readonly", (keys) => keys.get(name));
    return found ? new Ed25519(found.privateKey, found.publicKey) : null;
  }

  names() { return this.#run("readonly", (keys) => keys.getAllKeys()); }

  async delete(name) { await this.#run("readwrite", (keys) => keys.delete(name)); }
}

// -- books -----------------------------------------------------------------------------------------------------------

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, number) => {
  for (let bit = 0; bit < 8; bit++) number = number & 1 ? 0xedb88320 ^ (number >>> 1) : number >>> 1;
  return number >>> 0;
});

const CHECKSUM_BYTES = new DataView(new ArrayBuffer(CHECKSUM_LEVELS * 32));

/** The bytes whose CRC-32 the venue sends (MDATA-016). `bids`, `asks`: rows [price, lots], best first. */
export function checksumBytes(bids, asks, view = new DataView(new ArrayBuffer(CHECKSUM_LEVELS * 32))) {
  for (let rank = 0; rank < CHECKSUM_LEVELS; rank++) {
    putLevel(view, rank * 32, bids[rank]);
    putLevel(view, rank * 32 + 16, asks[rank]);
  }
  return new Uint8Array(view.buffer);
}

function putLevel(view, at, level) {
  for (let part = 0; part < 2; part++) {
    const number = level ? level[part] : 0; // below 2**53, so its high word is exact
    view.setUint32(at + part * 8, number >>> 0, true);
    view.setInt32(at + part * 8 + 4, Math.floor(number / 4294967296), true);
  }
}

/** CRC-32 over the first ten levels, bid then ask of each rank (MDATA-016). */
export function checksum(bids, asks) {
  let crc = 0xffffffff;
  for (const byte of checksumBytes(bids, asks, CHECKSUM_BYTES)) crc = CRC_TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

function mustBeSynced(book, what) {
  if (book.problem === null) return;
  throw new StaleBook(`${what} of ${book.symbol || book.instrument} is stale: ${book.problem}`);
}

/** One side of a book, best level first. A rank is a price times +1 (sell) or -1 (buy), so both sides ascend. */
class PriceLevels {
  constructor(sign) {
    this.sign = sign;
    this.lots = new Map();
    this.ranks = [];
  }

  set(rows) {
    for (const [price, lots] of rows) {
      const rank = this.sign * price;
      if (lots) {
        if (!this.lots.has(price)) this.ranks.splice(this.#place(rank), 0, rank);
        this.lots.set(price, lots);
      } else if (this.lots.delete(price)) {
        this.ranks.splice(this.#place(rank), 1);
      }
    }
  }

  #place(rank) {
    let low = 0, high = this.ranks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.ranks[middle] < rank) low = middle + 1; else high = middle;
    }
    return low;
  }

  clear() {
    this.lots.clear();
    this.ranks.length = 0;
  }

  levels(count = this.ranks.length) {
    return this.ranks.slice(0, count).map((rank) => [this.sign * rank + 0, this.lots.get(this.sign * rank)]);
  }
}

/** The depth of one instrument, verified at every message (MDATA-015). Reading a stale book throws StaleBook. */
export class LocalBook {
  constructor(instrument = 0, symbol = "", levelsMax = 0) {
    Object.assign(this, { instrument, symbol, levelsMax });
    this.sequence = this.engineSequence = this.timeUs = 0;
    this.open = true; // the market matches, so a crossed book is an error
    this.impliedBid = this.impliedAsk = null;
    this.problem = "no snapshot yet"; // why the book is stale; null: it is not
    this.mismatches = this.gaps = 0;
    this.sides = { b: new PriceLevels(-1), s: new PriceLevels(1) };
    this.more = false; // more pages of a snapshot follow (MDATA-006)
    this.behind = 0;
  }

  /** Apply a snapshot or one page of it. After the last page (no `more`) the book is synced. */
  load(sequence, bids, asks, crc, more = false) {
    if (!(this.more && sequence === this.sequence)) this.clear("snapshot incomplete");
    Object.assign(this, { sequence, more });
    this.#set(bids, asks);
    if (!more) {
      this.problem = null;
      this.behind = 0;
      this.#check(crc);
    }
  }

  /** Apply a change: levels with their new lots. False: the book is stale, and the channel needs a resync. */
  apply(sequence, previous, bids, asks, crc) {
    if (this.problem !== null) return false;
    if (sequence <= this.sequence) return true;
    if (previous !== this.sequence) {
      this.markStale(`gap: ${this.sequence} is followed by ${sequence}, which follows ${previous}`);
      this.gaps++;
      return false;
    }
    this.sequence = sequence;
    this.behind = 0;
    this.#set(bids, asks);
    return this.#check(crc);
  }

  /** Compare with the channel's last sequence, from a heartbeat. False: behind twice, so the book is now stale. */
  heartbeat(sequence) {
    if (this.problem !== null) return false;
    this.behind = sequence > this.sequence ? this.behind + 1 : 0;
    if (this.behind >= HEARTBEATS_BEHIND_MAX) {
      this.markStale(`gap: at ${this.sequence}, the venue at ${sequence}`);
      this.gaps++;
    }
    return this.problem === null;
  }

  /** Set the implied level of a side: [price, lots]; lots 0: there is none; undefined: unchanged (MDATA-010). */
  imply(side, row) {
    if (row) this[side === "b" ? "impliedBid" : "impliedAsk"] = row[1] ? row : null;
  }

  markStale(problem) {
    this.problem = problem;
    this.more = false;
  }

  clear(problem) {
    this.sides.b.clear();
    this.sides.s.clear();
    this.impliedBid = this.impliedAsk = null;
    this.markStale(problem);
  }

  #set(bids, asks) {
    this.sides.b.set(bids);
    this.sides.s.set(asks);
  }

  #check(crc) {
    const { b, s } = this.sides;
    // A rank is minus a bid and plus an ask, so a sum of 0 or less means that the book is crossed.
    if (this.open && b.ranks.length && s.ranks.length && b.ranks[0] + s.ranks[0] <= 0) {
      this.markStale(`crossed: bid ${priceText(-b.ranks[0])} against ask ${priceText(s.ranks[0])}`);
    } else if (crc !== undefined && crc !== this.checksum()) {
      this.markStale(`checksum ${this.checksum()} of the local book, ${crc} of the venue`);
    } else {
      return true;
    }
    this.mismatches++;
    return false;
  }

  get synced() { return this.problem === null; }

  checksum() { return checksum(this.sides.b.levels(CHECKSUM_LEVELS), this.sides.s.levels(CHECKSUM_LEVELS)); }

  #side(side) {
    mustBeSynced(this, "book");
    return this.sides[side];
  }

  bids(count) { return this.#side("b").levels(count); }
  asks(count) { return this.#side("s").levels(count); }

  /** The best level of a side as [price, lots], or null. */
  get bestBid() { return this.bids(1)[0] ?? null; }
  get bestAsk() { return this.asks(1)[0] ?? null; }

  /** Middle of the best prices in ticks, rounded down; null while a side is empty. */
  get middleTick() {
    const bid = this.bestBid, ask = this.bestAsk;
    return bid && ask ? Math.floor((bid[0] + ask[0]) / 2) : null;
  }
}

/** Every displayed order of one instrument in the order of its queue (MDATA-011). */
export class QueueBook {
  constructor(instrument = 0, symbol = "") {
    Object.assign(this, { instrument, symbol });
    this.sequence = 0;
    this.problem = "no snapshot yet";
    this.more = false;
    this.behind = 0;
    this.orders = new Map(); // order id -> [side, price, lots]
    this.levels = { b: new Map(), s: new Map() }; // price -> Map of order id to lots, from the head of the queue
  }

  load(sequence, rows, more = false) {
    if (!(this.more && sequence === this.sequence)) this.clear("snapshot incomplete");
    Object.assign(this, { sequence, more });
    this.#set(rows);
    if (!more && this.problem === "snapshot incomplete") this.problem = null;
    this.behind = 0;
  }

  /** Apply a change. False: the book is stale, and the channel needs a resync. */
  apply(sequence, previous, rows) {
    if (this.problem !== null) return false;
    if (sequence <= this.sequence) return true;
    if (previous !== this.sequence) {
      this.markStale(`gap: ${this.sequence} is followed by ${sequence}, which follows ${previous}`);
      return false;
    }
    this.sequence = sequence;
    this.behind = 0;
    this.#set(rows);
    return this.problem === null;
  }

  /** As of LocalBook. */
  heartbeat(sequence) {
    if (this.problem !== null) return false;
    this.behind = sequence > this.sequence ? this.behind + 1 : 0;
    if (this.behind >= HEARTBEATS_BEHIND_MAX) this.markStale(`gap: at ${this.sequence}, the venue at ${sequence}`);
    return this.problem === null;
  }

  #set(rows) {
    for (const [op, oid, side, price, lots] of rows) {
      const known = this.orders.get(oid);
      if (op === "d") {
        if (known) this.#remove(oid, known); else this.markStale(`order ${oid} leaves, but is not known`);
      } else if (op === "a") {
        if (known) this.#remove(oid, known);
        this.orders.set(oid, [side, price, lots]);
        const levels = this.levels[side];
        if (!levels.has(price)) levels.set(price, new Map());
        levels.get(price).set(oid, lots);
      } else if (known && known[1] === price && known[0] === side) {
        known[2] = lots;
        this.levels[side].get(price).set(oid, lots); // a Map keeps the place of a key that it has
      } else {
        this.markStale(`order ${oid} shrinks at ${priceText(price)}, but is not known there`);
      }
    }
  }

  #remove(oid, [side, price]) {
    this.orders.delete(oid);
    const level = this.levels[side].get(price);
    level.delete(oid);
    if (!level.size) this.levels[side].delete(price);
  }

  markStale(problem) {
    this.problem = problem;
    this.more = false;
  }

  clear(problem) {
    this.orders.clear();
    this.levels.b.clear();
    this.levels.s.clear();
    this.markStale(problem);
  }

  get synced() { return this.problem === null; }

  /** Orders and lots before an order at its price, and those of the whole level; null: it is not displayed. */
  place(orderId) {
    mustBeSynced(this, "queue");
    const order = this.orders.get(orderId);
    if (!order) return null;
    const [side, price, lots] = order;
    let ordersAhead = 0, lotsAhead = 0, levelLots = 0, passed = false;
    const level = this.levels[side].get(price);
    for (const [oid, size] of level) {
      if (oid === orderId) passed = true;
      if (!passed) { ordersAhead++; lotsAhead += size; }
      levelLots += size;
    }
    return { side, price, lots, ordersAhead, lotsAhead, levelOrders: level.size, levelLots };
  }

  /** Rows [price, lots, orders] of a side, best first: what the depth has. */
  depth(side) {
    mustBeSynced(this, "queue");
    const sign = side === "b" ? -1 : 1;
    return [...this.levels[side]]
      .map(([price, level]) => [price, [...level.values()].reduce((sum, lots) => sum + lots, 0), level.size])
      .sort((left, right) => sign * (left[0] - right[0]));
  }
}

// -- orders ----------------------------------------------------------------------------------------------------------

const SENT = "sent", UNKNOWN = "unknown";
const DONE = new Set(["filled", "cancelled", "rejected", "expired", UNKNOWN]);
const FINISHED_MAX = 10_000;

/** Key of an order: its client order id, or instrument and side of a quote, which has no id (ENTRY-020). */
const nameOf = (coid, instrument, side) => coid || `quote ${instrument} ${side}`;

/**
 * One order, or one side of a quote; its state follows the replies and the account's stream.
 *
 * A reply has the state after its whole command, and comes before the events of that command (ENTRY-001). After a
 * reconnect a reply may come later than events of later commands. So a reply is ignored if an event of a later command
 * is known, and an event if a reply of its command or a later one is known.
 */
export class Order {
  constructor(account, coid, instrument, side) {
    Object.assign(this, { account, coid, instrument, side });
    this.name = nameOf(coid, instrument, side);
    this.orderId = 0;
    this.state = SENT; // sent, pending, open, filled, cancelled, rejected, expired, unknown
    this.type = "limit";
    this.tif = "day";
    this.priceTick = this.lots = this.leavesLots = this.filledLots = this.valueTickLots = 0;
    this.unanswered = 0; // requests without a reply
    this.engineSequence = 0; // of the command of the latest update
    this.repliedSequence = 0; // of the command of the latest reply
    this.reason = ""; // why it was cancelled
    this.error = null; // the `err` that rejected it
    this.tag = "";
  }

  get done() { return DONE.has(this.state); }

  /** The order can still trade. */
  get working() { return this.state === "open" || this.state === "pending"; }

  /** Lots-weighted mean price in ticks, for display; null while nothing is filled. */
  get meanTick() { return this.filledLots ? Number(this.valueTickLots) / this.filledLots : null; }

  #move(state, leavesLots, filledLots) {
    this.state = state;
    this.leavesLots = leavesLots;
    this.filledLots = Math.max(this.filledLots, filledLots);
  }

  takeReply(reply) {
    const sequence = reply.e ?? 0;
    this.orderId ||= reply.oid ?? 0;
    if (sequence < this.engineSequence) return false;
    this.engineSequence = this.repliedSequence = sequence;
    if (reply.px !== undefined) this.priceTick = reply.px;
    if (reply.q !== undefined) this.lots = reply.q;
    this.reason = reply.why || this.reason;
    this.#move(reply.st ?? "", reply.lv ?? 0, reply.cum ?? 0);
    return true;
  }

  takeRefusal(error) {
    this.error = error;
    this.#move("rejected", 0, 0);
  }

  takeExec(event) {
    this.orderId = event.oid || this.orderId;
    this.type = event.typ ?? this.type;
    this.tif = event.tif ?? this.tif;
    if (event.e <= this.repliedSequence) return false;
    this.engineSequence = event.e;
    this.priceTick = event.px;
    this.lots = event.q;
    this.valueTickLots = event.val;
    this.reason = event.why || this.reason;
    this.tag = event.tag ?? "";
    this.#move(event.st, event.lv, event.cum);
    return true;
  }

  takeFill(fill) {
    this.orderId = fill.oid;
    this.valueTickLots = fill.val;
    if (fill.e <= this.repliedSequence) return false;
    this.engineSequence = fill.e;
    this.#move(fill.st, fill.lv, fill.cum);
    return true;
  }

  /** Apply an order of a snapshot or query. `sequence`: that of its state. */
  takeView(view, sequence) {
    if (sequence < this.engineSequence) return;
    this.orderId = view.oid;
    this.type = view.typ;
    this.tif = view.tif;
    this.tag = view.tag ?? "";
    this.priceTick = view.px;
    this.lots = view.q;
    this.valueTickLots = view.val;
    this.engineSequence = this.repliedSequence = sequence;
    this.#move(view.st, view.lv, view.cum);
  }

  /** Apply the final state, which the refusal of a cancel or replace reports (ENTRY-011). */
  end(state, filledLots) { this.#move(state, 0, filledLots); }

  markUnknown() { if (!this.done) this.#move(UNKNOWN, 0, 0); }
}

/** Orders and quotes of a session by account and name; it keeps a bounded number of finished orders. */
export class OrderTable {
  #orders = new Map();
  #finished = new Map(); // in order of finishing

  constructor(finishedMax = FINISHED_MAX) { this.finishedMax = finishedMax; }

  static key(account, name) { return `${account} ${name}`; }

  get(account, coid) { return this.#orders.get(OrderTable.key(account, coid)) ?? null; }
  quote(account, instrument, side) { return this.get(account, nameOf("", instrument, side)); }

  /** Orders that are not done, of one instrument or of all, oldest first. */
  live(instrument = 0) {
    return [...this].filter((order) => !order.done && (!instrument || order.instrument === instrument));
  }

  [Symbol.iterator]() { return this.#orders.values(); }
  get size() { return this.#orders.size; }

  clear() {
    this.#orders.clear();
    this.#finished.clear();
  }

  /** The order with this id; a new one if there is none, or if the last one has ended and its id is free again. */
  open(account, coid, instrument, side) {
    const key = OrderTable.key(account, nameOf(coid, instrument, side));
    let order = this.#orders.get(key);
    if (!order || order.done) {
      this.#finished.delete(key);
      this.#orders.delete(key); // a Map would keep the place of the old order
      this.#orders.set(key, order = new Order(account, coid, instrument, side));
    }
    return order;
  }

  /** The order of a `new` that is about to be sent. If a live order has its id, that order is not changed. */
  place(account, request) {
    const order = this.open(account, request.coid, request.i, request.side);
    if (order.working) return order;
    order.priceTick = request.px ?? 0;
    order.lots = order.leavesLots = request.q;
    order.type = request.typ ?? "limit";
    order.tif = request.tif ?? "day";
    order.tag = request.tag ?? "";
    return order;
  }

  noteSent(account, request) {
    if (request.t === "quote") {
      for (const [row, side, order] of this.#sides(account, request)) {
        const [price, lots] = side === "b" ? row.slice(1, 3) : row.slice(3, 5);
        let quoted = order;
        if (lots && (!order || order.done)) {
          quoted = this.open(request.acc ?? account, "", row[0], side);
          Object.assign(quoted, { type: "quote", priceTick: price, lots, leavesLots: lots });
        }
        if (quoted) quoted.unanswered++;
      }
    } else if (request.t === "batch") {
      for (const part of request.ops) {
        if (part.t === "new") this.place(part.acc ?? account, part);
        this.noteSent(account, part);
      }
    } else {
      const order = this.get(request.acc ?? account, request.coid);
      if (order) order.unanswered++;
    }
  }

  *#sides(account, request) {
    for (const row of request.qs) {
      for (const side of ["b", "s"]) yield [row, side, this.quote(request.acc ?? account, row[0], side)];
    }
  }

  /** Apply a reply. Returns [orders that changed, orders whose state is unknown and must be queried]. */
  takeReply(account, request, reply) {
    if (request.t === "quote") return [this.#takeQuoteReply(account, request, reply), []];
    const changed = [], unsure = [];
    for (const [part, partReply] of partsOf(request, reply)) {
      const [order, isUnsure] = this.#takeOne(part.acc ?? account, part, partReply);
      if (order) (isUnsure ? unsure : changed).push(order);
    }
    return [changed, unsure];
  }

  #takeOne(account, request, reply) {
    if (request.t === "query" && request.what !== "order") return [null, false];
    const order = this.get(account, request.coid || reply.coid);
    if (!order) return [null, false];
    order.unanswered = Math.max(0, order.unanswered - 1);
    if (reply.t === "ok") {
      if (reply.order) order.takeView(reply.order, reply.e ?? 0);
      else if (!order.takeReply(reply)) return [null, false];
    } else if (request.t === "query") {
      order.markUnknown();
    } else if (reply.applied === "unknown") {
      return [order, true];
    } else if (reply.code === ErrorCode.DUP_COID) {
      // The id belongs to another live order, which does not change (ENTRY-003).
      if (!reply.order) return [order, true];
      order.takeView(reply.order, reply.e ?? 0);
    } else if (request.t === "new") {
      if (order.state !== SENT) return [null, false]; // a `new` under the id of a live order (ENTRY-003)
      order.takeRefusal(reply);
    } else if (reply.code === ErrorCode.ORDER_DONE && reply.st) {
      order.end(reply.st, reply.cum ?? 0);
    } else {
      return [null, false];
    }
    this.settle(order);
    return [order, false];
  }

  /** Apply the refusal of sides that no reply or event has accepted yet; the stream reports all other sides. */
  #takeQuoteReply(account, request, reply) {
    const changed = [];
    for (const [row, side, order] of this.#sides(account, request)) {
      if (!order) continue;
      order.unanswered = Math.max(0, order.unanswered - 1);
      if (order.state !== SENT || order.unanswered) continue;
      const index = request.qs.indexOf(row), result = reply.t === "ok" ? reply.qs?.[index] : undefined;
      if (reply.t === "err" && reply.applied === "unknown") {
        order.markUnknown(); // an accepted side would have come in the stream before
      } else if (reply.t === "err") {
        order.takeRefusal(reply);
      } else if (result && (result[side === "b" ? 1 : 3] === 0 || result[side === "b" ? 1 : 3] === 4)) {
        order.takeRefusal(errorOf(reply.re, result[5], `entry ${index} of the quote`));
      } else {
        continue;
      }
      this.settle(order);
      changed.push(order);
    }
    return changed;
  }

  /** Apply an event; returns its order, or null if it changes none: a refused quote entry, or a refused `new`. */
  takeExec(event) {
    let order = this.get(event.acc, nameOf(event.coid, event.i, event.side));
    if (event.ev === "rejected" && (order ? order.state !== SENT : !event.coid)) return null;
    if (!order || (order.done && event.ev === "new" && event.e > order.engineSequence)) {
      order = this.open(event.acc, event.coid, event.i, event.side);
    }
    order.takeExec(event);
    this.settle(order);
    return order;
  }

  takeFill(fill) {
    const order = this.get(fill.acc, nameOf(fill.coid, fill.i, fill.side))
      ?? this.open(fill.acc, fill.coid, fill.i, fill.side);
    order.takeFill(fill);
    this.settle(order);
    return order;
  }

  /** Apply an account snapshot. Returns the live orders that it lacks, whose end must be queried; a live quote that it
   * lacks becomes unknown, because a quote has no id to query. */
  takeSnapshot(account, views, sequence) {
    const shown = new Set();
    for (const view of views) {
      const order = this.open(account, view.coid, view.i, view.side);
      order.takeView(view, sequence);
      shown.add(order.name);
    }
    const gone = this.live().filter((order) =>
      order.account === account && !shown.has(order.name) && order.state !== SENT);
    for (const order of gone) {
      if (!order.coid) {
        order.markUnknown();
        this.settle(order);
      }
    }
    return gone.filter((order) => order.coid);
  }

  /** Note that an order has ended. Only the last `finishedMax` ended orders are kept. */
  settle(order) {
    const key = OrderTable.key(order.account, order.name);
    if (!order.done || this.#finished.has(key)) return;
    this.#finished.set(key, true);
    if (this.#finished.size > this.finishedMax) {
      const [oldest] = this.#finished.keys();
      this.#finished.delete(oldest);
      this.#orders.delete(oldest);
    }
  }
}

/** Pairs of operation and reply. The refusal of a batch is the reply to each of its operations. */
function* partsOf(request, reply) {
  if (request.t !== "batch") yield [request, reply];
  else if (reply.t === "err") for (const part of request.ops) yield [part, reply];
  else for (const [index, part] of request.ops.entries()) {
    const result = reply.res?.[index];
    if (!result) return;
    const terms = part.t === "replace" ? message({ px: part.px, q: part.q }) : {};
    yield [part, result.code ? { t: "err", re: 0, ...result } : { t: "ok", re: 0, ...result, ...terms }];
  }
}

// -- accounts --------------------------------------------------------------------------------------------------------

/** The state of an account, built from its stream; a missing event throws StreamGap (RECOV-003). */
export class AccountState {
  #pages = [];
  #behind = 0;

  constructor(account, orders) {
    Object.assign(this, { account, orders });
    this.sequence = 0; // of the last event applied
    this.live = false;
    this.positions = new Map(); // instrument -> the latest `pos`
    this.margin = null; // the latest `margin`
    // A snapshot does not say whether the account is called or killed: undefined is not known, until the next event.
    this.call = undefined; // the latest `call`; null: the account is not called
    this.killed = undefined; // the `kill` in force; null: there is none
  }

  positionLots(instrument) { return this.positions.get(instrument)?.q ?? 0; }

  /** A new connection: what of a snapshot came over the last one is void, for it begins again. */
  begin() {
    this.live = false;
    this.#pages = [];
  }

  take(event) {
    if (event.t === "margin" && !event.s) { // not one of the stream's events (MARGIN-017)
      this.margin = event;
      return [{ type: "account", message: event }];
    }
    if (event.s <= this.sequence) return [];
    if (event.s !== this.sequence + 1) throw new StreamGap(this.account, this.sequence + 1, event.s);
    this.sequence = event.s;
    this.#behind = 0;
    switch (event.t) {
      case "fill": return [{ type: "fill", order: this.orders.takeFill(event), fill: event }];
      case "exec": {
        const order = this.orders.takeExec(event);
        return [order ? { type: "order", order, cause: event } : { type: "account", message: event }];
      }
      case "pos": this.#hold(event); break;
      case "margin": this.margin = event; break;
      case "call": this.call = event.st === "open" ? null : event; break;
      case "kill": this.killed = event.on ? event : null; break;
    }
    return [{ type: "account", message: event }];
  }

  /** Apply one page of a snapshot. The last page returns the live orders that the snapshot lacks. */
  load(snapshot) {
    if (!this.#pages.length) this.positions.clear();
    this.#pages.push(...snapshot.orders);
    snapshot.pos.forEach((position) => this.#hold(position));
    if (snapshot.more) return [];
    this.sequence = snapshot.s;
    this.margin = snapshot.margin;
    this.call = this.killed = undefined;
    const pages = this.#pages;
    this.#pages = [];
    return this.orders.takeSnapshot(this.account, pages, snapshot.e);
  }

  /** Compare with the stream's last number, from a heartbeat: behind twice in a row, an event was lost (SESS-010). */
  heartbeat(sequence) {
    this.#behind = sequence > this.sequence ? this.#behind + 1 : 0;
    if (this.#behind >= HEARTBEATS_BEHIND_MAX) throw new StreamGap(this.account, this.sequence + 1, sequence);
  }

  #hold(position) {
    if (position.q) this.positions.set(position.i, position); else this.positions.delete(position.i);
  }
}

// -- subscriptions ---------------------------------------------------------------------------------------------------

const WITH_CADENCE = new Set(["depth", "top"]);

const specKey = (spec) => [
  spec.n, spec.i ?? 0, spec.k ?? "",
  WITH_CADENCE.has(spec.n) ? spec.ms ?? 10 : 0,
  spec.n === "depth" ? spec.lv ?? 10 : 0,
  spec.n === "candles" ? spec.iv ?? "1m" : "",
].join("|");

/** One subscription, and the last message applied to it. */
class Feed {
  constructor(spec) {
    this.spec = spec;
    this.channel = 0; // channel number on this connection; 0: not subscribed
    this.code = 0; // error code if the venue refused it
    this.sequence = 0; // of the last message applied
    this.waiting = true; // waits for a snapshot and discards changes before it
    this.behind = 0;
    this.message = null;
    this.book = null; // of `depth` and `orders`
    this.broughtBy = null; // the subscription to a chip, or to all, that has brought it (MDATA-023)
  }

  get name() { return `${this.spec.n} ${this.spec.i ?? this.spec.k ?? ""}`.trimEnd(); }
}

/** All subscriptions of a session, and what their channels say: instruments, phases, settlements, indices, days. */
class Feeds {
  #paged = null; // pages of a snapshot of instruments: { s, listed }
  #feeds = new Map();
  #channels = new Map();

  constructor() {
    this.instruments = new Map(); // number -> definition
    this.bySymbol = new Map();
    this.instrumentsKnown = false;
    this.statuses = new Map(); // instrument -> the latest `status`
    this.phases = new Map();
    this.settlements = new Map(); // instrument -> the latest `settlement`
    this.settlementsKnown = false;
    this.indices = new Map(); // chip -> Map of quality tier to the latest `index`
    this.indicesKnown = new Set();
    this.stats = new Map();
    this.tops = new Map();
    this.resyncs = []; // channels that need a snapshot
  }

  add(spec) {
    const key = specKey(spec), known = this.#feeds.get(key);
    if (known && !known.code) return [known, false];
    const feed = new Feed(spec), symbol = this.instruments.get(spec.i)?.sym ?? "";
    this.#feeds.set(key, feed);
    if (spec.n === "orders" && spec.i) feed.book = new QueueBook(spec.i, symbol);
    if (spec.n === "depth" && spec.i) {
      feed.book = new LocalBook(spec.i, symbol, spec.lv ?? 10);
      feed.book.open = this.phases.get(spec.i) === "OPEN";
    }
    return [feed, true];
  }

  remove(feed) {
    for (const brought of [...this.#feeds.values()]) if (brought.broughtBy === feed) this.remove(brought);
    this.#feeds.delete(specKey(feed.spec));
    this.#channels.delete(feed.channel);
    if (feed.book) feed.book.markStale("unsubscribed");
  }

  books() { return [...this.#feeds.values()].map((feed) => feed.book).filter((book) => book instanceof LocalBook); }

  /** What is requested after a logon. What a subscription to a chip, or to all, brings comes by itself. */
  specs() { return [...this.#feeds.values()].filter((feed) => !feed.broughtBy).map((feed) => feed.spec); }

  /** Apply the reply to a `sub`. `pairs`: [channel, code] of each of `specs` (MDATA-004). */
  answered(specs, pairs) {
    specs.forEach((spec, index) => {
      const feed = this.#feeds.get(specKey(spec));
      if (!feed || !pairs[index]) return;
      [feed.channel, feed.code] = pairs[index];
      if (feed.channel) this.#channels.set(feed.channel, feed);
    });
  }

  /** Channel numbers become invalid, and books stale until their next snapshot. */
  disconnected() {
    this.#channels.clear();
    this.resyncs = [];
    this.tops.clear();
    for (const feed of this.#feeds.values()) {
      Object.assign(feed, { channel: 0, waiting: true, behind: 0 });
      feed.book?.markStale("disconnected");
    }
  }

  isOf(text) { return typeof text.c === "number" && typeof text.s === "number"; }

  /** Apply one channel message (MDATA-015); returns events. */
  take(message) {
    const feed = this.#channels.get(message.c);
    if (!feed) return []; // the channel was just unsubscribed
    if (feed.book) return this.#takeBook(feed, message);
    const events = [];
    if (!message.snap && !this.#isNext(feed, message, events)) return events;
    Object.assign(feed, { sequence: message.s, waiting: false, behind: 0, message });
    this.#note(feed, message);
    events.push({ type: "data", instrument: feed.spec.i ?? 0, message });
    return events;
  }

  #isNext(feed, message, events) {
    const snapshotless = feed.spec.n === "trades"; // it begins with its first message (MDATA-005)
    if (feed.waiting && (!snapshotless || feed.sequence === 0)) return snapshotless;
    if (message.s <= feed.sequence) return false;
    if (message.p === feed.sequence) return true;
    events.push({ type: "gap", stream: feed.name, expected: feed.sequence, received: message.p ?? 0 });
    if (snapshotless) return true;
    this.#requestSnapshot(feed);
    return false;
  }

  #takeBook(feed, message) {
    const { book } = feed, expected = book.sequence;
    const depth = feed.spec.n === "depth", rows = depth ? [message.b, message.a] : [message.x];
    if (message.snap) {
      book.load(message.s, ...rows, ...(depth ? [message.crc] : []), message.more);
      feed.waiting = false;
    } else {
      if (feed.waiting || message.s <= book.sequence) return [];
      book.apply(message.s, message.p ?? 0, ...rows, message.crc);
    }
    book.engineSequence = message.e;
    book.timeUs = message.ts;
    if (depth) {
      book.imply("b", message.ib);
      book.imply("s", message.ia);
    }
    if (message.more) return [];
    const changed = { type: "book", book };
    if (book.synced) return [changed];
    this.#requestSnapshot(feed);
    if (!message.snap && (message.p ?? 0) !== expected) {
      return [{ type: "gap", stream: feed.name, expected, received: message.p ?? 0 }, changed];
    }
    return [{ type: "mismatch", book, problem: book.problem }, changed];
  }

  /** Compare with the [channel, last sequence] pairs of a heartbeat: behind twice in a row is a gap (MDATA-015). */
  heartbeat(pairs) {
    const events = [];
    for (const [channel, sequence] of pairs) {
      const feed = this.#channels.get(channel);
      if (!feed || feed.waiting) continue;
      const last = feed.book ? feed.book.sequence : feed.sequence;
      let lost;
      if (feed.book) {
        lost = !feed.book.heartbeat(sequence);
      } else {
        feed.behind = sequence > feed.sequence ? feed.behind + 1 : 0;
        lost = feed.behind >= HEARTBEATS_BEHIND_MAX;
      }
      if (!lost) continue;
      events.push({ type: "gap", stream: feed.name, expected: last, received: sequence });
      if (feed.book) events.push({ type: "book", book: feed.book });
      if (feed.spec.n === "trades") feed.sequence = sequence; else this.#requestSnapshot(feed);
    }
    return events;
  }

  #requestSnapshot(feed) {
    feed.waiting = true;
    feed.behind = 0;
    this.resyncs.push(feed.channel);
  }

  #note(feed, message) {
    switch (message.t) {
      case "instruments":
        if (message.snap) this.#dropUnlisted(message);
        for (const row of message.x) {
          this.instruments.set(row.i, row);
          this.bySymbol.set(row.sym, row);
          this.#phase(row.i, row.phase);
        }
        this.instrumentsKnown ||= !message.more;
        break;
      case "status":
        this.statuses.set(message.i, message);
        this.#phase(message.i, message.phase);
        break;
      case "settlement":
        this.settlements.set(message.i, message);
        this.settlementsKnown ||= !feed.spec.i && !message.more;
        break;
      case "index": {
        // A committee may give the value of an earlier day later.
        if (!this.indices.has(message.k)) this.indices.set(message.k, new Map());
        const ofChip = this.indices.get(message.k), known = ofChip.get(message.floor_bp);
        if (!known || message.snap || known.day <= message.day) ofChip.set(message.floor_bp, message);
        if (!message.more) this.indicesKnown.add(message.k);
        break;
      }
      case "stats": this.stats.set(message.i, message); break;
      case "stats_all": for (const row of message.x) this.stats.set(row.i, row); break;
      case "channels": this.#bring(feed, message); break;
      case "top": this.tops.set(feed.spec.i, message); break;
    }
  }

  /** Note the channels that a subscription to a chip, or to all, has brought and ended. */
  #bring(wide, { x, ended = [] }) {
    const { k: _, ...terms } = wide.spec;
    for (const [channel, i] of x) {
      const [feed, isNew] = this.add({ ...terms, i });
      if (isNew) feed.broughtBy = wide;
      feed.channel = channel;
      this.#channels.set(channel, feed);
    }
    for (const channel of ended) {
      const feed = this.#channels.get(channel);
      if (feed?.broughtBy === wide) this.remove(feed);
    }
  }

  /** A snapshot has all that is listed: what it lacks has ended while the client was away. */
  #dropUnlisted({ s, x, more }) {
    if (this.#paged?.s !== s) this.#paged = { s, listed: new Set() };
    for (const { i } of x) this.#paged.listed.add(i);
    if (more) return;
    for (const [i, row] of this.instruments) {
      if (this.#paged.listed.has(i)) continue;
      this.instruments.delete(i);
      if (this.bySymbol.get(row.sym) === row) this.bySymbol.delete(row.sym);
    }
    this.#paged = null;
  }

  /** A crossed book is an error only while the market is open (MDATA-015, rule 5). */
  #phase(instrument, phase) {
    this.phases.set(instrument, phase);
    for (const feed of this.#feeds.values()) {
      if (feed.book instanceof LocalBook && feed.spec.i === instrument) feed.book.open = phase === "OPEN";
    }
  }
}

// -- limits and pauses -----------------------------------------------------------------------------------------------

const BUCKETS = new Map(Object.entries({
  new: "order", replace: "order", mmp_set: "order", mmp_reset: "order", cancel: "cancel", cancel_all: "cancel",
  timer: "cancel", kill: "cancel", unkill: "cancel", query: "query", replay: "replay",
}));

/** Tokens that a request costs, as [bucket, tokens] (RATE-003). */
function costsOf(request) {
  if (request.t === "quote") {
    return request.qs.some((row) => row[2] || row[4]) ? [["quote", 2 * request.qs.length]] : [["cancel", 1]];
  }
  if (request.t === "batch") {
    const cancels = request.ops.filter((part) => part.t === "cancel").length;
    return [["cancel", cancels], ["order", request.ops.length - cancels]].filter(([, tokens]) => tokens);
  }
  return BUCKETS.has(request.t) ? [[BUCKETS.get(request.t), 1]] : [];
}

/**
 * A copy of the venue's token buckets, so that the client can wait instead of being refused (RATE-001). All sessions of
 * an account share them and the client counts only its own requests; a refusal (`THROTTLED`) corrects it.
 */
export class Limiter {
  #buckets = new Map();

  /** Set the limits of `hello`. Buckets whose limits are unchanged keep their tokens. */
  learn(terms, now) {
    for (const { k, rate, burst } of terms) {
      const known = this.#buckets.get(k);
      if (known?.rate !== rate || known?.burst !== burst) this.#buckets.set(k, { rate, burst, left: burst, at: now });
    }
  }

  #left(bucket, now) {
    bucket.left = Math.min(bucket.burst, bucket.left + (now - bucket.at) * bucket.rate / 1000);
    bucket.at = now;
    return bucket.left;
  }

  #costs(request) {
    return costsOf(request).map(([name, tokens]) => [this.#buckets.get(name), tokens]).filter(([bucket]) => bucket);
  }

  /** Milliseconds until the request may be sent. */
  waitMs(request, now) {
    return Math.max(0, ...this.#costs(request).map(([bucket, tokens]) =>
      (tokens - this.#left(bucket, now)) * 1000 / bucket.rate));
  }

  spend(request, now) {
    for (const [bucket, tokens] of this.#costs(request)) bucket.left = this.#left(bucket, now) - tokens;
  }

  /** The venue refused it: the next token of its buckets comes after `waitMs`. */
  refused(request, waitMs, now) {
    for (const [bucket] of this.#costs(request)) {
      Object.assign(bucket, { left: Math.min(0, 1 - waitMs * bucket.rate / 1000), at: now });
    }
  }

  /** Whole tokens left in a bucket. */
  tokens(name, now) {
    const bucket = this.#buckets.get(name);
    return bucket ? Math.floor(this.#left(bucket, now)) : Infinity;
  }
}

const FIRST_MS = 100, LONGEST_MS = 10_000, DIAL_MS = 5_000, DIAL_MS_MIN = 1_000, GRACE_SHARE = 3;
const RESTART_MS = 60_000;

/**
 * When to reconnect: a random pause below a bound that doubles with each failure (full jitter). Within the grace period
 * of the session's orders (SESS-021) a pause or an attempt takes a third of it at most. WebSocket does not say why an
 * attempt failed, and the grace of a venue that restarts begins at its start: so attempts that fail within a minute of
 * the loss count as those of a venue that restarts.
 */
export class Backoff {
  #failures = 0;
  #graceMs = 0;
  #graceEnd = 0;
  #restartEnd = 0;

  constructor(random = Math.random) { this.random = random; }

  /** The connection is lost, and the session's orders are cancelled in `graceMs`; 0: they stay. */
  lost(now, graceMs) {
    this.#graceMs = graceMs;
    this.#graceEnd = now + graceMs;
    this.#restartEnd = now + RESTART_MS;
  }

  /** An attempt failed before it was open. */
  failed(now) { if (now < this.#restartEnd) this.#graceEnd = now + this.#graceMs; }

  succeeded() { this.#failures = 0; }

  /** Pause before the next attempt. `requested`: the range of pauses that the venue asked for before a planned stop. */
  waitMs(requested, now) {
    const share = this.#graceMs / GRACE_SHARE;
    if (requested) {
      const [low, high] = requested;
      return low + this.random() * ((this.#graceMs ? Math.min(high, low + share) : high) - low);
    }
    let bound = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(this.#failures++, 30));
    if (now < this.#graceEnd) bound = Math.min(bound, Math.max(share, FIRST_MS));
    return this.random() * bound;
  }

  /** Longest duration of an attempt that begins now. */
  dialMs(now) {
    return now < this.#graceEnd ? Math.min(DIAL_MS, Math.max(DIAL_MS_MIN, this.#graceMs / GRACE_SHARE)) : DIAL_MS;
  }
}

/** Milliseconds for which the orders of a session stay after its connection is lost; 0: they are not cancelled. */
const graceMs = (terms) => terms.mode !== "off" && terms.on !== "logout" ? terms.grace_ms : 0;

// -- the protocol ----------------------------------------------------------------------------------------------------

export const Phase = Object.freeze({ CLOSED: 0, OPENED: 1, LOGON: 2, CATCHING_UP: 3, LIVE: 4 });

/**
 * One session without sockets, over many connections: takes frames, returns events, and gives frames to send.
 *
 *     core.opened(now)                    when a connection is open
 *     events = core.receive(text, now)    for every received frame
 *     if (core.toSign) core.signed(await secret.sign(core.toSign))     the logon; check that it is the same connection
 *     for (const frame of core.frames())  frames to send, after every call
 *     events = core.tick(now)             a few times a second
 *     if (core.closeWanted)               close the connection; the text is the reason
 *     events = core.closed(code, reason)  when it is closed; reconnect unless core.final
 */
export class Core {
  #queue = []; // texts for the next frames
  #later = []; // [time, request] to retry
  #replay = null; // the running one: { reply, messages }
  #ownQueries = new Set(); // ids of queries that this class sends
  #lost = []; // orders whose state is unknown, to query when the session is live
  #now = 0;
  #received = 0;
  #sent = 0;
  #left = false;
  #wasLive = false;

  constructor({ host, path, key = "", algorithm = "ed25519", cancelTerms, margin = false, sessionId = "" }) {
    Object.assign(this, { host, path, key, algorithm, terms: cancelTerms, wantsMargin: margin, sessionId });
    this.orders = new OrderTable();
    this.accounts = new Map();
    this.feeds = new Feeds();
    this.phase = Phase.CLOSED;
    this.hello = this.welcome = null;
    this.lastId = 0; // ids rise over the whole life of a session, across connections (SESS-007)
    this.pending = new Map(); // id -> { request, text }: a resend has the same bytes (RECOV-011)
    this.toSign = ""; // text of a logon that waits for its signature
    this.closeWanted = ""; // if not empty: why the connection must be closed
    this.final = false; // the session is over: do not reconnect
    this.cancelTerms = { mode: "off", orders: "all", on: "drop", grace_ms: 0 }; // those in force
    this.retryMs = null; // range of pauses that the venue asked for in `shutdown`
    this.venueUs = 0; // venue time of the last heartbeat
  }

  // The transport's side.

  opened(now) {
    Object.assign(this, { phase: Phase.OPENED, closeWanted: "", retryMs: null, toSign: "" });
    this.#now = this.#received = this.#sent = now;
  }

  receive(text, now) {
    this.#now = this.#received = now;
    const events = [];
    for (const message of decode(text)) {
      try {
        events.push(...this.#take(message));
      } catch (gap) {
        if (!(gap instanceof StreamGap)) throw gap;
        events.push({ type: "gap", stream: `account ${gap.account}`, expected: gap.expected, received: gap.received });
        this.closeWanted = gap.message; // the resume brings the missing events
        break;
      }
    }
    return events;
  }

  /** Take the frames that must be sent now, as few as the venue's limits allow (WIRE-003). */
  frames() {
    const frames = [], bytesMax = this.hello?.max_frame ?? 4096;
    let part = [], bytes = 2;
    for (const text of this.#queue.splice(0)) {
      const size = new TextEncoder().encode(text).length + 1;
      if (part.length && (bytes + size > bytesMax || part.length === MESSAGES_MAX)) {
        frames.push(joined(part));
        part = [];
        bytes = 2;
      }
      part.push(text);
      bytes += size;
    }
    if (part.length) frames.push(joined(part));
    if (frames.length) this.#sent = this.#now;
    return frames;
  }

  /** Check the venue's silence, send our ping, and queue the requests whose retry time has come. */
  tick(now) {
    this.#now = now;
    if (this.phase === Phase.CLOSED) return;
    const dead = this.hello?.dead_ms ?? HELLO_WAIT_MS;
    if (now - this.#received > dead) this.closeWanted ||= `the venue was silent for ${dead / 1000} s`;
    else if (now - this.#sent > dead / PING_SHARE && this.live) this.#ask({ t: "ping" });
    const due = this.#later.filter(([time]) => time <= now);
    this.#later = this.#later.filter(([time]) => time > now);
    for (const [, request] of due) this.#askAgain(request);
  }

  closed(code, reason) {
    const why = this.closeWanted || reason || `connection closed (${code})`, wasOpen = this.phase !== Phase.CLOSED;
    this.final ||= this.#left || FINAL_CLOSES.has(code);
    this.phase = Phase.CLOSED;
    this.toSign = "";
    this.feeds.disconnected();
    this.#queue = [];
    this.#later = [];
    this.#replay = null;
    for (const [id, { request }] of this.pending) if (!RESENT.has(request.t)) this.pending.delete(id);
    for (const account of this.accounts.values()) account.live = false;
    return wasOpen || this.final ? [{ type: "disconnected", code, reason: why, final: this.final }] : [];
  }

  // The user's side.

  get live() { return this.phase === Phase.LIVE; }

  /** The first account of the session; 0 if there is none. */
  get account() { return this.accounts.keys().next().value ?? 0; }

  /** Whether a request waits for the next frame. */
  get waiting() { return this.#queue.length > 0; }

  /** Queue a request and return its id. NotLive, Refused: it is not queued; the venue would not serve it. */
  send(request) {
    this.#checkSendable(request);
    if (request.t === "logout") this.#left = true;
    else if (ORDER_REQUESTS.has(request.t) || request.t === "batch" || request.t === "quote") {
      this.orders.noteSent(this.account, request);
    }
    return this.#ask(request);
  }

  #checkSendable(request) {
    if (!this.live) throw new NotLive("no live connection: the request was not sent");
    const isPast = request.t === "query" && PAST_QUERIES.has(request.what) && this.hello.ch?.includes("candles");
    if (!this.key && !WITHOUT_KEY.has(request.t) && !isPast) {
      const text = "this session has no key, it reads market data: connect with key and secret for all else";
      throw new Refused(errorOf(0, ErrorCode.NOT_LOGGED_ON, text));
    }
  }

  /** Queue a `new`; returns its order and the request id. */
  place(request) {
    this.#checkSendable(request);
    const order = this.orders.place(request.acc ?? this.account, request);
    return [order, this.send(request)];
  }

  /** The feeds of these channels. New ones are requested now, or as soon as the session is live. */
  subscribe(specs) {
    const wanted = [];
    const feeds = specs.map((given) => {
      const spec = message(given), [feed, isNew] = this.feeds.add(spec);
      if (isNew) wanted.push(spec);
      return feed;
    });
    if (this.live) this.#subscribe(wanted);
    return feeds;
  }

  /** Unsubscribe; returns the request id, 0 if no channel was subscribed. */
  unsubscribe(feeds) {
    const c = feeds.map((feed) => feed.channel).filter((channel) => channel);
    feeds.forEach((feed) => this.feeds.remove(feed));
    return c.length && this.live ? this.#ask({ t: "unsub", c }) : 0;
  }

  #ask(request) {
    const { t, id: _, ...rest } = request, numbered = message({ t, id: ++this.lastId, ...rest });
    this.pending.set(numbered.id, { request: numbered, text: JSON.stringify(numbered) });
    this.#queue.push(this.pending.get(numbered.id).text);
    return numbered.id;
  }

  #subscribe(specs) {
    for (let start = 0; start < specs.length; start += SPECS_PER_REQUEST) {
      this.#ask({ t: "sub", ch: specs.slice(start, start + SPECS_PER_REQUEST) });
    }
  }

  // Messages.

  #take(message) {
    if (this.#replay && message.rp) {
      this.#replay.messages.push(message);
      return [];
    }
    if (this.feeds.isOf(message)) {
      const events = this.feeds.take(message);
      this.#resync();
      return events;
    }
    if (ACCOUNT_MESSAGES.has(message.t)) return this.accounts.get(message.acc)?.take(message) ?? [];
    switch (message.t) {
      case "ok": case "err": return this.#takeReply(message);
      case "hb": return this.#takeHeartbeat(message);
      case "hello": return this.#takeHello(message);
      case "welcome": return this.#takeWelcome(message);
      case "account": {
        const account = this.accounts.get(message.acc);
        if (account) this.#lost.push(...account.load(message));
        return [{ type: "account", message }];
      }
      case "live": return this.#takeLive(message);
      case "rp_end": return this.#takeReplayEnd(message);
      case "shutdown": this.retryMs = message.reconnect_ms;
    }
    return [{ type: "message", message }]; // also one that this client does not know yet (WIRE-011)
  }

  /** Request a snapshot of every channel that has a gap. */
  #resync() { for (const c of this.feeds.resyncs.splice(0)) this.#ask({ t: "resync", c }); }

  #takeHeartbeat(message) {
    this.venueUs = message.ts;
    for (const [number, sequence] of message.acc) {
      const account = this.accounts.get(number);
      if (account?.live) account.heartbeat(sequence);
    }
    const events = this.feeds.heartbeat(message.ch);
    this.#resync();
    return events;
  }

  #takeHello(message) {
    const [major, minor] = message.v.split(".").map(Number), events = [];
    if (major !== PROTOCOL_MAJOR || (this.wantsMargin && minor < MARGIN_MINOR)) {
      const needs = this.wantsMargin ? `${PROTOCOL_MAJOR}.${MARGIN_MINOR} for margin` : PROTOCOL_MAJOR;
      Object.assign(this, { final: true, closeWanted: `the venue speaks version ${message.v}, this client ${needs}` });
      return [];
    }
    if (this.hello && this.hello.history !== message.history) {
      this.#dropState();
      events.push({ type: "historyChanged", history: message.history });
    }
    this.hello = message;
    this.venueUs = message.ts;
    if (!this.key) return [...events, ...this.#becomeLive(false)];
    this.phase = Phase.LOGON;
    this.toSign = logonText(this.host, this.path, message.nonce, this.key, this.sessionId);
    return events;
  }

  /** Send the logon with the signature of `toSign`. */
  signed(sig) {
    const last = [...this.accounts.values()].map((account) => [account.account, account.sequence]);
    const resume = this.sessionId ? { sid: this.sessionId, take: true, last } : {};
    const alg = this.algorithm === "ed25519" ? undefined : this.algorithm;
    const margin = this.wantsMargin || undefined;
    this.toSign = "";
    this.#ask({ t: "auth", key: this.key, alg, sig, ...resume, cod: this.terms, margin, agent: AGENT });
  }

  #takeWelcome(message) {
    this.pending.delete(message.re);
    const sameSession = message.sid === this.sessionId;
    Object.assign(this, {
      welcome: message, sessionId: message.sid, cancelTerms: message.cod, phase: Phase.CATCHING_UP,
      lastId: Math.max(this.lastId, message.last_id),
    });
    for (const number of message.acc) {
      if (!this.accounts.has(number)) this.accounts.set(number, new AccountState(number, this.orders));
      this.accounts.get(number).begin();
    }
    return this.#wasLive && !sameSession ? this.#giveUpRequests() : [];
  }

  #takeLive(message) {
    const account = this.accounts.get(message.acc);
    if (!account || this.phase !== Phase.CATCHING_UP) return [];
    account.live = true;
    if (![...this.accounts.values()].every((each) => each.live)) return [];
    return this.#becomeLive(this.welcome.resumed);
  }

  /** Resend unanswered requests, query orders of unknown state, subscribe again; then requests are served. */
  #becomeLive(resumed) {
    this.phase = Phase.LIVE;
    for (const id of [...this.pending.keys()].sort((left, right) => left - right)) {
      this.#queue.push(this.pending.get(id).text);
    }
    this.#lost.splice(0).forEach((order) => this.#queryOrder(order));
    this.#subscribe(this.feeds.specs());
    if (this.#wasLive) return [{ type: "reconnected", resumed }];
    this.#wasLive = true;
    return [{ type: "connected", sessionId: this.sessionId }];
  }

  /** The venue has another history (RECOV-001). */
  #dropState() {
    for (const order of this.orders) order.markUnknown();
    this.orders.clear();
    this.accounts.clear();
    this.#lost = [];
    this.sessionId = "";
  }

  /** The venue has released the session, so no reply to its requests will come. */
  #giveUpRequests() {
    return [...this.pending.keys()].sort((left, right) => left - right).flatMap((id) =>
      this.#takeReply(errorOf(id, ErrorCode.TIMEOUT, "the venue has released the session")));
  }

  #takeReply(reply) {
    const request = this.pending.get(reply.re)?.request;
    if (!request) return [];
    if (reply.t === "ok" && request.t === "replay") {
      this.#replay = { reply, messages: [] };
      return [];
    }
    this.pending.delete(reply.re);
    const events = [{ type: "replied", request, reply, replayed: [] }];
    switch (request.t) {
      case "sub":
        if (reply.t === "ok") this.feeds.answered(request.ch, reply.ch ?? []);
        else if (!this.#retryLater(request, reply)) {
          this.feeds.answered(request.ch, request.ch.map(() => [0, reply.code]));
        }
        break;
      case "resync": this.#retryLater(request, reply); break;
      case "cod":
        if (reply.t === "ok") {
          const { mode, orders, on, grace_ms } = request;
          this.terms = message({ mode, orders, on, grace_ms });
          this.cancelTerms = reply.cod ?? this.cancelTerms;
        }
        break;
      case "logout": this.closeWanted = "logged out"; break;
      case "auth":
        this.closeWanted = `logon refused: ${reply.name} ${reply.msg}`.trimEnd();
        this.final = !RETRIED_LOGONS.has(reply.code);
        break;
      case "query":
        if (this.#ownQueries.delete(reply.re) && this.#retryLater(request, reply)) return [];
      // falls through
      case "new": case "replace": case "cancel": case "batch": case "quote": {
        const [changed, unsure] = this.orders.takeReply(this.account, request, reply);
        unsure.forEach((order) => this.#queryOrder(order));
        events.push(...changed.map((order) => ({ type: "order", order, cause: reply })));
      }
    }
    return events;
  }

  #takeReplayEnd(message) {
    const request = this.pending.get(message.re)?.request, running = this.#replay;
    this.#replay = null;
    if (!request || running?.reply.re !== message.re) return [];
    this.pending.delete(message.re);
    return [{ type: "replied", request, reply: running.reply, replayed: running.messages }];
  }

  /** Retry later if the venue was busy or throttled the request. False: the reply is final. */
  #retryLater(request, reply) {
    if (reply.t === "ok" || (reply.code !== ErrorCode.THROTTLED && reply.code !== ErrorCode.BUSY)) return false;
    this.#later.push([this.#now + (reply.retry_us ?? RETRY_US) / 1000, request]);
    return true;
  }

  /** Query an order whose state is unknown (WIRE-020), now or when the session is live. */
  #queryOrder(order) {
    if (!this.live) this.#lost.push(order);
    else this.#askAgain({ t: "query", what: "order", acc: order.account || undefined, coid: order.coid });
  }

  #askAgain(request) {
    const id = this.#ask(request);
    if (request.t === "query") this.#ownQueries.add(id);
  }
}

const joined = (texts) => texts.length === 1 ? texts[0] : `[${texts.join(",")}]`;

// -- building requests -----------------------------------------------------------------------------------------------

const PRICED = new Set(["limit", "stop_limit"]);

/** A `new`. `price`: dollars as text, or `terms.priceTick`; a market, market-to-limit or stop order needs none. */
export function newOrder(coid, side, instrument, lots, price, terms = {}) {
  const type = terms.type ?? "limit", px = optionalPrice(price, terms.priceTick);
  if (PRICED.has(type) && px === undefined) {
    throw new TypeError(`a ${type} order needs a price like "2.845", or priceTick`);
  }
  const unless = (usual, value) => value === usual ? undefined : value;
  return message({
    t: "new", acc: terms.account, i: instrument.i, side, typ: unless("limit", type),
    trg: optionalTick("triggerTick", terms.triggerTick), px, q: integer("lots", lots), tif: unless("day", terms.tif),
    till: optional("tillUs", terms.tillUs), po: terms.postOnly, disp: optional("displayLots", terms.displayLots),
    minq: optional("minimumLots", terms.minimumLots), coid, smp: unless("cr", terms.selfMatch),
    cod: unless(true, terms.cancelOnDisconnect), rie: terms.rejectIfElected || undefined, tag: terms.tag,
    rev: terms.revision || undefined, exp: terms.expiresUs,
  });
}

/** A `replace`: `lots` is the new total, filled lots included; what is not given stays (ENTRY-010). */
export function replacement(order, terms = {}) {
  return message({
    t: "replace", acc: order.account || undefined, coid: order.coid, px: optionalPrice(terms.price, terms.priceTick),
    q: optional("lots", terms.lots), trg: optionalTick("triggerTick", terms.triggerTick),
    disp: optional("displayLots", terms.displayLots), tif: terms.tif, till: terms.tillUs, tag: terms.tag,
    exp: terms.expiresUs,
  });
}

/** A `cancel`. It names a side of a quote by order id, because that has no client order id. */
export function cancellation(order, { expiresUs } = {}) {
  return message({
    t: "cancel", acc: order.account || undefined, oid: order.coid ? undefined : order.orderId, coid: order.coid,
    exp: expiresUs,
  });
}

// -- the session -----------------------------------------------------------------------------------------------------

const TICK_MS = 250, INFLIGHT_WAIT_MS = 1, CLOSE_WAIT_MS = 1_000, NO_CLOSE_FRAME = 1006;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A bounded queue of events for one reader. When it is full, events are dropped and counted in an `overflow`. */
class EventQueue {
  #events = [];
  #books = new Set(); // with an event in the queue
  #arrived = null;
  closed = false;

  constructor(lengthMax) { this.lengthMax = lengthMax; }

  put(event) {
    if (event.type === "book") {
      if (this.#books.has(event.book)) return;
      this.#books.add(event.book);
    }
    const last = this.#events.at(-1);
    if (this.#events.length < this.lengthMax) {
      this.#events.push(event);
    } else {
      if (event.type === "book") this.#books.delete(event.book);
      if (last?.type === "overflow") last.events++; else this.#events.push({ type: "overflow", events: 1 });
    }
    this.#arrived?.();
  }

  close() {
    this.closed = true;
    this.#arrived?.();
  }

  async *read() {
    for (;;) {
      for (let event; (event = this.#events.shift());) {
        if (event.type === "book") this.#books.delete(event.book);
        yield event;
      }
      if (this.closed) return;
      await new Promise((resolve) => { this.#arrived = resolve; });
    }
  }
}

/** One session with a venue over all its connections. `connect` makes it. */
export class Session {
  #socket = null;
  #backoff = new Backoff();
  #queues = new Set();
  #listeners = new Set();
  #replies = new Map(); // request id -> { resolve, reject }
  #waiters = new Set(); // { reached, resolve, reject }
  #ordersMade = 0;
  #retry = null; // ends the present pause
  #stopped = false;

  constructor(url, core, secret, options = {}) {
    const { WebSocket: Socket = globalThis.WebSocket, eventsMax = 10_000, keepTrying = false } = options;
    if (!Socket) {
      throw new TypeError("no WebSocket: Node 22 has it, Node 20 with --experimental-websocket; or pass a class");
    }
    Object.assign(this, { url, core, keepTrying, eventsMax });
    this.limiter = new Limiter();
    this.failure = ""; // why the session is over
    this.secret = secret;
    this.Socket = Socket;
    const digits = Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => byte.toString(16).padStart(2, "0"));
    this.orderPrefix = digits.join(""); // a shell reads none as an option
  }

  // Life.

  /** @internal Connect and log on. */
  async start() {
    const first = this.#serve(DIAL_MS);
    this.running = this.#run(first);
    this.running.catch((error) => this.#end(String(error)));
    try {
      await this.until(() => this.live);
    } catch (over) {
      throw over instanceof SessionOver ? new ConnectFailed(over.message) : over;
    }
    return this;
  }

  /** Log out and close the connection; with `cancelOrders` the venue cancels the session's orders. */
  async close({ cancelOrders = false } = {}) {
    if (this.live && this.core.key) {
      this.#send({ t: "logout", cancel: cancelOrders || undefined });
      await Promise.race([this.running, pause(CLOSE_WAIT_MS)]);
    }
    this.#stopped = true;
    this.#retry?.();
    this.#socket?.end(CloseCode.NORMAL, "closed");
    await this.running;
  }

  /** The venue serves requests now. */
  get live() { return this.core.live; }

  /** End the pause before the next attempt to reconnect, as when the network or the page is back. */
  retryNow() { this.#retry?.(); }

  async #run(first) {
    let outcome = await first;
    for (;;) {
      const now = performance.now(), { opened, code, reason } = outcome, requested = this.core.retryMs;
      if (!opened && !this.core.welcome && !this.core.hello && !this.keepTrying) {
        return this.#end(`no venue at ${this.url}: ${reason || "the connection failed"}`);
      }
      if (opened) {
        if (this.core.phase >= Phase.CATCHING_UP) this.#backoff.lost(now, graceMs(this.core.cancelTerms));
        this.#take(this.core.closed(code, reason));
      } else {
        this.#backoff.failed(now);
      }
      if (this.core.final || this.#stopped) return this.#end(this.failure || "the session is over");
      const waitMs = this.#backoff.waitMs(opened ? requested : null, now);
      this.#emit({ type: "reconnecting", waitMs });
      await Promise.race([pause(waitMs), new Promise((resolve) => { this.#retry = resolve; })]);
      this.#retry = null;
      if (this.#stopped) return this.#end("the session is over");
      outcome = await this.#serve(this.#backoff.dialMs(performance.now()));
    }
  }

  /** One connection from dialling to its end: { opened, code, reason }. */
  #serve(dialMs) {
    return new Promise((resolve) => {
      const { core } = this, socket = new this.Socket(this.url, [SUBPROTOCOL]);
      let opened = false, ended = false;
      const end = (code, reason) => {
        if (ended) return;
        ended = true;
        clearTimeout(dialling);
        clearInterval(ticking);
        this.#socket = null;
        socket.onopen = socket.onmessage = socket.onclose = null;
        socket.onerror = () => {};
        try { socket.close(); } catch { /* it never opened */ }
        resolve({ opened, code, reason });
      };
      const check = () => {
        if (!ended && core.closeWanted) end(NO_CLOSE_FRAME, core.closeWanted);
        else if (!ended) this.#flush();
      };
      const dialling = setTimeout(() => end(NO_CLOSE_FRAME, `no answer in ${dialMs} ms`), dialMs);
      let ticked = performance.now();
      const tick = () => {
        ticked = performance.now();
        if (!opened) return;
        core.tick(ticked);
        check();
      };
      const ticking = setInterval(tick, TICK_MS);
      this.#socket = { socket, end, check };
      socket.onopen = () => {
        opened = true;
        clearTimeout(dialling);
        core.opened(performance.now());
      };
      socket.onmessage = ({ data }) => {
        const now = performance.now();
        this.#take(core.receive(data, now));
        if (core.toSign) this.#logOn(core.toSign);
        if (core.live) this.#backoff.succeeded();
        if (now - ticked > TICK_MS) tick(); else check(); // timers of a hidden page hardly run, frames still arrive
      };
      socket.onclose = ({ code, reason }) => end(code, reason);
      // Node 20 reports an attempt that fails with `error` alone; an open socket closes after its error.
      socket.onerror = () => { if (!opened) end(NO_CLOSE_FRAME, "the connection failed"); };
    });
  }

  async #logOn(text) {
    const connection = this.#socket;
    this.core.toSign = "";
    const signature = await this.secret.sign(text);
    if (connection !== this.#socket) return; // it ended meanwhile
    this.core.signed(signature);
    connection.check();
  }

  #flush() {
    if (this.#socket?.socket.readyState !== 1) return;
    for (const frame of this.core.frames()) this.#socket.socket.send(frame);
  }

  #end(failure) {
    this.failure ||= failure;
    this.#stopped = true;
    for (const queue of this.#queues) queue.close();
    this.#settle();
    for (const { reject } of this.#replies.values()) reject(new SessionOver(this.failure));
    this.#replies.clear();
  }

  // Events.

  /** All events from now on, in order, until the session is over. */
  events() {
    const queue = new EventQueue(this.eventsMax);
    if (this.#stopped) queue.close();
    this.#queues.add(queue);
    const reading = queue.read(), stop = reading.return.bind(reading);
    reading.return = (value) => {
      this.#queues.delete(queue);
      return stop(value);
    };
    return reading;
  }

  /** Call a function with every event, at once; returns a function that ends it. */
  listen(take) {
    this.#listeners.add(take);
    return () => this.#listeners.delete(take);
  }

  #emit(event) {
    for (const queue of this.#queues) queue.put(event);
    for (const take of this.#listeners) take(event);
  }

  #take(events) {
    for (const event of events) {
      if (event.type === "replied") {
        this.#takeAnswer(event);
        continue;
      }
      if (event.type === "connected" || event.type === "reconnected") {
        this.limiter.learn(this.core.hello.limits, performance.now());
      } else if (event.type === "disconnected") {
        this.#dropUnsendable();
        if (event.final) this.failure ||= event.reason;
      }
      this.#emit(event);
    }
    this.#settle();
  }

  /** Throw NotLive in the callers of requests that concern only the lost connection and are not resent. */
  #dropUnsendable() {
    for (const [id, { reject }] of this.#replies) {
      if (this.core.pending.has(id)) continue;
      this.#replies.delete(id);
      reject(new NotLive("the connection was lost before the reply"));
    }
  }

  #takeAnswer({ request, reply, replayed }) {
    if (reply.code === ErrorCode.THROTTLED) {
      this.limiter.refused(request, (reply.retry_us ?? 0) / 1000, performance.now());
    }
    const waiting = this.#replies.get(reply.re);
    if (!waiting) return;
    this.#replies.delete(reply.re);
    if (reply.t === "err") waiting.reject(new Refused(reply));
    else waiting.resolve({ reply, replayed });
  }

  /** Wait until messages have made a condition true. SessionOver: the session ended first. */
  until(reached) {
    return new Promise((resolve, reject) => {
      this.#waiters.add({ reached, resolve, reject });
      this.#settle();
    });
  }

  #settle() {
    for (const waiter of this.#waiters) {
      if (waiter.reached()) waiter.resolve();
      else if (this.failure && this.#stopped) waiter.reject(new SessionOver(this.failure));
      else continue;
      this.#waiters.delete(waiter);
    }
  }

  // Requests.

  /** Whole tokens left in a bucket: `order`, `cancel`, `query`, ... */
  tokens(bucket) { return this.limiter.tokens(bucket, performance.now()); }

  #allow(request) {
    const now = performance.now();
    let waitMs = this.limiter.waitMs(request, now);
    if (!waitMs && this.core.pending.size >= (this.core.hello?.inflight ?? Infinity)) waitMs = INFLIGHT_WAIT_MS;
    if (waitMs && this.live) throw new Throttled(request.t, waitMs);
    this.limiter.spend(request, now);
  }

  #send(request) {
    this.#allow(request);
    const id = this.core.send(request);
    this.#flush();
    return id;
  }

  async #patiently(send) {
    for (;;) {
      try {
        return send();
      } catch (error) {
        if (!(error instanceof Throttled)) throw error;
        await pause(error.waitMs);
      }
    }
  }

  #answered(id) {
    return new Promise((resolve, reject) => this.#replies.set(id, { resolve, reject }));
  }

  async #ask(request) { return this.#answered(await this.#patiently(() => this.#send(message(request)))); }

  /** Send any request of the protocol and wait for its `ok`. Refused: the reply is an `err`. */
  async request(request) { return (await this.#ask(request)).reply; }

  // Market data.

  /** Subscribe to channels, like { n: "depth", i: 34734166, ms: 10, lv: 0 }. ChannelRefused: the first one refused. */
  async subscribe(...specs) {
    const feeds = this.core.subscribe(specs);
    this.#flush();
    await this.until(() => feeds.every((feed) => feed.channel || feed.code));
    const refused = feeds.find((feed) => feed.code);
    if (refused) throw new ChannelRefused(refused.name, refused.code, this.core.hello?.ch ?? []);
    return feeds;
  }

  async unsubscribe(...feeds) {
    const id = this.core.unsubscribe(feeds);
    this.#flush();
    if (id) await this.#answered(id);
  }

  /** Whether the venue has a channel. */
  offers(channel) { return this.core.hello?.ch?.includes(channel) ?? false; }

  /** All instruments of the venue by symbol. */
  async instruments() {
    await this.subscribe({ n: "instruments" });
    await this.until(() => this.core.feeds.instrumentsKnown);
    return this.core.feeds.bySymbol;
  }

  async instrument(symbol) {
    const found = (await this.instruments()).get(symbol);
    if (!found) throw new UnknownSymbol(`no instrument ${symbol} at ${this.url}`);
    return found;
  }

  /** The verified book of an instrument, after its first snapshot. Subscribes to its status too. */
  async book(instrument, { cadenceMs = 10, levels = 0 } = {}) {
    const depth = { n: "depth", i: instrument.i, ms: cadenceMs, lv: levels };
    const [, feed] = await this.subscribe({ n: "status", i: instrument.i }, depth);
    await this.until(() => feed.book.synced);
    return feed.book;
  }

  /** Every displayed order of an instrument in the order of its queue. Needs a key, and a venue that has `orders`. */
  async queue(instrument) {
    const [feed] = await this.subscribe({ n: "orders", i: instrument.i });
    await this.until(() => feed.book.synced);
    return feed.book;
  }

  /** All subscribed books. */
  books() { return this.core.feeds.books(); }

  /** Subscribe to the trades of an instrument; they arrive as events. */
  async trades(instrument) { return (await this.subscribe({ n: "trades", i: instrument.i }))[0]; }

  /** The last settlement of each outright, by instrument; it follows the channel. */
  async settlements() {
    await this.subscribe({ n: "settlement" });
    await this.until(() => this.core.feeds.settlementsKnown);
    return this.core.feeds.settlements;
  }

  /** The last day of each index of a chip, by quality tier; it follows the channel. */
  async index(chip) {
    await this.subscribe({ n: "index", k: chip });
    await this.until(() => this.core.feeds.indicesKnown.has(chip));
    return this.core.feeds.indices.get(chip);
  }

  /** The trading day of an instrument so far; `core.feeds.stats` follows it. */
  async stats(instrument) {
    await this.subscribe({ n: "stats", i: instrument.i });
    await this.until(() => this.core.feeds.stats.has(instrument.i));
    return this.core.feeds.stats.get(instrument.i);
  }

  // Orders.

  get orders() { return this.core.orders; }

  /** The state of an account, by default the first: `positions`, `margin`, `sequence`. */
  account(number = this.core.account) { return this.core.accounts.get(number) ?? null; }

  /** Signed lots of the first account. */
  positionLots(instrument) { return this.account()?.positionLots(instrument.i) ?? 0; }

  /** A `new` with the next client order id, not sent: for `batch` and `whatIf`. */
  new(side, instrument, lots, price, terms) {
    return newOrder(`${this.orderPrefix}-${++this.#ordersMade}`, side, instrument, lots, price, terms);
  }

  #place(request) {
    this.#allow(request);
    const placed = this.core.place(request);
    this.#flush();
    return placed;
  }

  /** Send an order without waiting; its changes come as events. Throttled, NotLive: it was not sent. */
  place(side, instrument, lots, price, terms) { return this.#place(this.new(side, instrument, lots, price, terms))[0]; }

  /** Place an order and wait for the reply. Refused: the venue did not accept it. */
  async #accepted(side, instrument, lots, price, terms) {
    const request = this.new(side, instrument, lots, price, terms);
    const [order, id] = await this.#patiently(() => this.#place(request));
    try {
      await this.#answered(id);
    } catch (error) {
      if (error instanceof Refused) {
        if (error.applied !== "unknown") throw new Refused(error.reply, order);
      } else if (!(error instanceof NotLive)) {
        throw error;
      }
      await this.until(() => order.state !== SENT); // a query tells
      if (order.state === UNKNOWN || order.state === "rejected") throw new Refused(error.reply ?? order.error, order);
    }
    return order;
  }

  buy(instrument, lots, price, terms) { return this.#accepted("b", instrument, lots, price, terms); }
  sell(instrument, lots, price, terms) { return this.#accepted("s", instrument, lots, price, terms); }

  /** Wait until an order is filled, cancelled, rejected or expired; the wait continues over reconnects. */
  async finished(order) {
    await this.until(() => order.done);
    return order;
  }

  /** Change an order: { lots (the new total), price or priceTick, ... }. Refused: the order is unchanged. */
  replace(order, terms) { return this.request(replacement(order, terms)); }

  cancel(order, terms) { return this.request(cancellation(order, terms)); }

  /** Cancel the orders of the account that match all given filters; returns their number. */
  async cancelAll({ instrument, chip, side, tag, group, account } = {}) {
    const reply = await this.request({ t: "cancel_all", acc: account, i: instrument?.i, chip, side, tag, mmp: group });
    return reply.n ?? 0;
  }

  /** Up to 20 operations of `new`, `replacement` and `cancellation` in one request, each with its own result. */
  async batch(operations, { atomic = false } = {}) {
    if (!operations.length || operations.length > BATCH_MAX) {
      throw new RangeError(`${operations.length} operations not in 1..${BATCH_MAX}`);
    }
    return (await this.request({ t: "batch", atomic: atomic || undefined, ops: operations })).res ?? [];
  }

  // Queries. `account`: one of the key's accounts, by default the first.

  /** Round-trip time to the venue in milliseconds. */
  async ping() {
    const begin = performance.now();
    await this.request({ t: "ping" });
    return performance.now() - begin;
  }

  async limits() { return (await this.request({ t: "limits" })).limits ?? []; }

  #query(what, account, terms) { return this.request({ t: "query", what, acc: account, ...terms }); }

  async venueTimeUs() { return (await this.#query("time")).ts; }

  async findOrder({ coid, orderId, account } = {}) {
    return (await this.#query("order", account, { coid, oid: orderId })).order;
  }

  /** All working orders and quotes of the account, of all its sessions. */
  async openOrders(account) {
    const orders = [];
    for (let more = true; more;) {
      const reply = await this.#query("open", account, { oid: orders.at(-1)?.oid });
      orders.push(...(reply.orders ?? []));
      more = reply.more ?? false;
    }
    return orders;
  }

  async fills(from, to, account) { return (await this.#query("fills", account, { from, to })).fills ?? []; }

  async positions(account) { return (await this.#query("positions", account)).pos ?? []; }

  async margin(account) { return (await this.#query("margin", account)).margin; }

  /**
   * The margin of the account if it also had these orders and lots (MARGIN-018). The market does not see them.
   * `orders`: at most 20 of `new`, with limit prices; `positions`: at most 64 [instrument, signed lots].
   */
  async whatIf(orders = [], positions = [], account = undefined) {
    const rows = orders.map(({ i, side, px, q, coid }) => {
      if (px === undefined) throw new TypeError(`order ${coid} has no limit price: what it needs follows from one`);
      return { i, side, px, q };
    });
    const pos = positions.map(([instrument, lots]) => [instrument.i, lots]);
    const terms = { orders: rows.length ? rows : undefined, pos: pos.length ? pos : undefined };
    return (await this.#query("margin", account, terms)).margin;
  }

  /**
   * A page of past trades of an instrument, the newest of a range: `trades` has rows [trade id, us, price, lots, taker,
   * auction]; `next` is the `to` of the page before it, absent: there is none. Needs a venue that has candles.
   */
  pastTrades(instrument, { from, to, fromUs, toUs, limit } = {}) {
    const terms = { i: instrument.i, from, to, from_us: fromUs, to_us: toUs, limit };
    return this.#query("trades", undefined, terms);
  }

  /**
   * A page of past candles of "1m", "1h" or "1d", the newest of a range: `candles` has rows [start in us, open, high,
   * low, close, lots, value, trades]. The channel `candles` goes on from there.
   */
  pastCandles(instrument, interval = "1m", { fromUs, toUs, limit } = {}) {
    return this.#query("candles", undefined, { i: instrument.i, iv: interval, from_us: fromUs, to_us: toUs, limit });
  }

  /** What moved the account's cash in the trading day settled last (null: none was yet), and since. */
  async statement(account) {
    const { statement = null, today = null } = await this.#query("statement", account);
    return { statement, today };
  }

  /** Messages `from` to `to`, at most 5000, of the account's stream or of the event channel of a feed (RECOV-014). */
  async replay(from, to, { feed, account } = {}) {
    return (await this.#ask({ t: "replay", acc: account, c: feed?.channel, from, to })).replayed;
  }

  // Safeguards.

  /** Which orders are cancelled when the connection is lost (SESS-020), also after reconnects; the terms in force. */
  async setCancelTerms({ mode = "session", orders = "all", on = "drop", graceMs: grace_ms = 3_000 } = {}) {
    return (await this.request({ t: "cod", mode, orders, on, grace_ms })).cod;
  }

  /** Cancel all orders of the account after `ms` unless armed again before (SESS-022); the venue time of the cancel. */
  async armTimer(ms, account) { return (await this.request({ t: "timer", acc: account, ms })).until ?? 0; }

  async disarmTimer(account) { await this.request({ t: "timer", acc: account, ms: 0 }); }

  /** Block new orders of a `session`, an `account` or the `firm`, and cancel theirs; returns how many. Scope `risk`. */
  async kill(scope, { account, sessionId } = {}) {
    return (await this.request({ t: "kill", scope, acc: account, sid: sessionId })).n ?? 0;
  }

  async unkill(scope, { account, sessionId } = {}) {
    await this.request({ t: "unkill", scope, acc: account, sid: sessionId });
  }

  // Mass quotes (ENTRY-020 to ENTRY-023).

  /** Define a protection group and arm it; returns its state. */
  async setProtection(group, { windowMs, chip, lots, fills, deltaLots, gpuHours, account }) {
    const terms = { win_ms: windowMs, chip, lots, fills, delta: deltaLots, gpuh: gpuHours };
    return (await this.request({ t: "mmp_set", acc: account, grp: group, ...terms })).mmp_st;
  }

  async resetProtection(group, account) {
    return (await this.request({ t: "mmp_reset", acc: account, grp: group })).mmp_st;
  }

  /** Quote up to 32 rows [instrument, bidTick, bidLots, askTick, askLots]; the rows of the reply (ENTRY-021). */
  async quote(group, rows, account) {
    if (!rows.length || rows.length > QUOTE_ROWS_MAX) {
      throw new RangeError(`${rows.length} rows not in 1..${QUOTE_ROWS_MAX}`);
    }
    const qs = rows.map(([instrument, ...numbers]) => [instrument.i, ...numbers]);
    return (await this.request({ t: "quote", acc: account, mmp: group, qs })).qs ?? [];
  }
}

/**
 * Open a session with a venue: `ws://host:port`, with or without a path; without one it is /v1/oe, or /v1/md when there
 * is no key. ConnectFailed: the venue cannot be reached (unless `keepTrying`), or refuses the logon.
 */
export function connect(url, options = {}) { return open(url, options).start(); }

/** As `connect`, but returns the session at once, so that a program can listen before it is live; call `start()`. */
export function open(url, { key = "", secret = null, cancelTerms, margin = false, sessionId, ...rest } = {}) {
  const address = new URL(url);
  if (address.protocol !== "ws:" && address.protocol !== "wss:") {
    throw new TypeError(`${url} is no address like ws://127.0.0.1:8443`);
  }
  if (margin && !key) throw new TypeError("margin follows the margin of a key's accounts: give key and secret");
  if (Boolean(key) !== Boolean(secret)) throw new TypeError("key and secret are given together, or neither of them");
  if (secret && typeof secret.sign !== "function") throw new TypeError("secret is no Ed25519 or Hmac");
  if (address.pathname === "/") address.pathname = key ? ORDER_PATH : DATA_PATH;
  const host = address.hostname.replace(/^\[|\]$/g, "");
  const terms = cancelTerms && { mode: "session", orders: "all", on: "drop", grace_ms: 3_000, ...cancelTerms };
  const core = new Core({
    host, path: address.pathname, key, algorithm: secret?.algorithm, cancelTerms: terms, margin, sessionId,
  });
  return new Session(address.href, core, secret, rest);
}
