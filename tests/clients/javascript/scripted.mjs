// A venue of a few lines, in memory, as tests/clients/scripted_venue.py: it says what a test tells it to say.

import { Core } from "../../../clients/javascript/gpux.js";

export const H27 = 34734166;
export const HELLO = {
  t: "hello",
  v: "1.11",
  venue: "gpux-demo",
  history: "h_7c1e44",
  feed: "f_0003",
  conn: 88123,
  nonce: "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8",
  ts: 1799668800000123,
  dur: "local",
  hb_ms: 1000,
  dead_ms: 5000,
  inflight: 256,
  max_frame: 4096,
  dedup: 4096,
  replay_h: 24,
  max_channels: 500,
  limits: [
    { k: "order", rate: 200, burst: 400, per: "account" },
    { k: "cancel", rate: 400, burst: 2000, per: "account" },
  ],
  notes: [],
  ch: ["instruments", "depth"],
};
export const WELCOME = {
  t: "welcome",
  re: 1,
  sid: "s_91c2d07e",
  acc: [7],
  scopes: ["read", "trade"],
  resumed: false,
  s: [[7, 1041]],
  last_id: 0,
  cod: { mode: "session", orders: "all", on: "drop", grace_ms: 3000 },
  until: 1799755200000000,
};
const MARGIN = { ccy: "USD", eq: 25000000, im: 0, mm: 0, free: 25000000 };
export const VIEW = {
  i: H27,
  oid: 90044,
  coid: "mm7-000000012001",
  st: "open",
  side: "b",
  typ: "limit",
  tif: "gtc",
  px: 2840,
  q: 20,
  lv: 20,
  cum: 0,
  val: 0,
};
export const SNAPSHOT = {
  t: "account",
  acc: 7,
  s: 1041,
  e: 9000400,
  ts: 1799668790000000,
  pos: [],
  margin: MARGIN,
  orders: [VIEW],
};
export const LIVE = { t: "live", acc: 7, s: 1041 };
export const NEW = { t: "new", i: H27, side: "b", px: 2845, q: 12, coid: "mm7-000000012345" };
export const OK_NEW = { t: "ok", re: 101, oid: 90071, coid: NEW.coid, st: "open", lv: 12, cum: 0, e: 9000412 };
export const EXEC_NEW = {
  t: "exec",
  acc: 7,
  s: 1058,
  e: 9000412,
  ts: 1799668803000120,
  ev: "new",
  i: H27,
  oid: 90071,
  coid: NEW.coid,
  st: "open",
  side: "b",
  typ: "limit",
  tif: "day",
  px: 2845,
  q: 12,
  lv: 12,
  cum: 0,
  val: 0,
  sid: "s_91c2d07e",
};
export const FILL = {
  t: "fill",
  acc: 7,
  s: 1059,
  e: 9000460,
  ts: 1799668806500000,
  i: H27,
  oid: 90071,
  coid: NEW.coid,
  tid: 55501,
  side: "b",
  px: 2845,
  q: 4,
  lv: 8,
  cum: 4,
  val: 11380,
  liq: "maker",
  fee: 0,
  st: "open",
};

export class ScriptedVenue {
  now = 0;

  constructor(options = {}) {
    const { key = "k_5f2c9a", margin = false } = options;
    this.core = new Core({ host: "localhost", path: key ? "/v1/oe" : "/v1/md", key, margin });
  }

  /** One frame: a message, or an array of them. */
  says(...messages) {
    const events = this.core.receive(JSON.stringify(messages.length === 1 ? messages[0] : messages), this.now);
    if (this.core.toSign) this.core.signed("signature");
    return events;
  }

  heard() {
    return this.core.frames().flatMap((frame) => JSON.parse(frame));
  }

  /** A fresh logon, up to live. */
  logOn() {
    this.core.opened(this.now);
    const events = this.says(HELLO),
      [auth] = this.heard();
    return [...events, ...this.says({ ...WELCOME, re: auth.id }, SNAPSHOT, LIVE)];
  }

  /** Subscribe and accept: channels 4021, 4022, ... in the order asked. */
  subscribe(...specs) {
    const feeds = this.core.subscribe(specs);
    for (const { id, ch } of this.heard().filter(({ t }) => t === "sub")) {
      this.says({ t: "ok", re: id, ch: ch.map((_, count) => [4021 + count, 0]) });
    }
    return feeds;
  }

  /** Log on, apply events up to 1057, send the order; the request's id. */
  placed() {
    this.logOn();
    this.core.accounts.get(7).sequence = 1057;
    const [, id] = this.core.place(NEW);
    this.heard();
    return id;
  }
}

export const kinds = (events) => events.map(({ type }) => type);

/** A generator of random integers below a bound, the same for a seed in every run (Mulberry32). */
export function random(seed) {
  return (bound) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((((mixed ^ (mixed >>> 14)) >>> 0) * bound) / 4294967296) | 0;
  };
}
