// The state of the page: its session, what is subscribed, what is chosen, recent trades and messages.

import { ChannelRefused, SessionOver } from "./gpux.js";
import { touch, touchAll } from "./frames.js";

const TAPE_MAX = 100;
const LOG_MAX = 200;
const TAPE_REPLAY = 40;
const CHANNELS_SPARE = 20;

/** What the session has, as the views read it. */
export const desk = {
  session: null,
  state: "wait", // wait: never connected; live; lost: tries again; over
  lostAt: 0, // when the connection was lost, milliseconds
  nextTryAt: 0,
  reason: "",
  keyName: "", // of the key that is logged on
  enrol: "", // key whose logon the venue refused: it may not be enrolled yet
  chip: "",
  chosen: null, // definition of the chosen instrument
  tape: [], // rows { time, price, lots, taker, auction }, newest first
  log: [], // rows { time, text, tone }, newest first
  clockSkewUs: 0, // the venue's clock less ours

  get feeds() {
    return this.session?.core.feeds;
  },
  get live() {
    return this.state === "live";
  },
  get account() {
    return this.session?.account() ?? null;
  },
  get scopes() {
    return this.session?.core.welcome?.scopes ?? [];
  },
  get mayTrade() {
    return this.live && this.scopes.includes("trade");
  },
  get nowUs() {
    return Date.now() * 1000 + this.clockSkewUs;
  },
  offers(channel) {
    return this.session?.offers(channel) ?? false;
  },
};

export function note(text, tone = "") {
  desk.log.unshift({ time: desk.nowUs, text, tone });
  desk.log.length = Math.min(desk.log.length, LOG_MAX);
  touch("log");
}

// -- subscriptions: each view asks for a group of channels, and gets rid of those it no longer wants ------------------

const groups = new Map(); // name -> specs
let feeds = new Map(); // key of a spec -> feed
const specKey = (spec) => JSON.stringify(spec);

/** The channels that a view wants from now on, instead of those it wanted before. */
export function want(name, specs) {
  groups.set(name, specs);
  settleFeeds();
}

export function settleFeeds() {
  const { session } = desk;
  if (!session?.live) return;
  const wanted = new Map(),
    most = (session.core.hello.max_channels ?? 500) - CHANNELS_SPARE;
  for (const specs of groups.values()) {
    for (const spec of specs) if (session.offers(spec.n) && wanted.size < most) wanted.set(specKey(spec), spec);
  }
  const gone = [...feeds].filter(([key]) => !wanted.has(key));
  const added = [...wanted].filter(([key]) => !feeds.has(key));
  for (const [key] of gone) feeds.delete(key);
  if (gone.length) session.unsubscribe(...gone.map(([, feed]) => feed)).catch(quietly);
  if (!added.length) return;
  const made = session.core.subscribe(added.map(([, spec]) => spec));
  added.forEach(([key], index) => feeds.set(key, made[index]));
  session.subscribe(...added.map(([, spec]) => spec)).then(touchAll, quietly);
}

/** Forget the feeds of the session before. */
export function dropFeeds() {
  feeds = new Map();
}

/** A feed of a channel that a view wants; null if the venue does not have it, or not yet. */
export const feedOf = (spec) => feeds.get(specKey(spec)) ?? null;

export function quietly(error) {
  if (error instanceof ChannelRefused) note(error.message, "bad");
  else if (!(error instanceof SessionOver) && error.name !== "NotLive") throw error;
}

// -- trades of the chosen instrument ----------------------------------------------------------------------------------

/** The trading instrument that the market view shows, by its definition. */
export function choose(instrument) {
  if (!instrument || instrument.i === desk.chosen?.i) return;
  desk.chosen = instrument;
  desk.tape = [];
  touchAll();
}

const rowOf =
  (message) =>
  ([id, price, lots, taker]) => ({ id, time: message.ts, price, lots, taker, auction: Boolean(message.au) });

export function takeTrades(instrument, message) {
  if (instrument !== desk.chosen?.i) return;
  const first = desk.tape.length === 0 && !desk.offers("candles");
  addTrades([message]);
  if (first && message.s > 1)
    catchUpTrades({ expected: Math.max(0, message.s - TAPE_REPLAY - 1), received: message.s - 1 });
}

function addTrades(messages) {
  const known = new Set(desk.tape.map(({ id }) => id));
  const rows = messages.flatMap((message) => message.x.map(rowOf(message))).filter(({ id }) => !known.has(id));
  desk.tape = [...rows, ...desk.tape].sort((left, right) => right.id - left.id).slice(0, TAPE_MAX);
  touch("tape");
}

/** Fetch the trades before the page came, where the venue answers for past ones. */
export async function fetchPastTrades() {
  const { session, chosen } = desk;
  if (!desk.live || !desk.offers("candles")) return;
  try {
    const { trades = [] } = await session.pastTrades(chosen, { limit: TAPE_REPLAY });
    if (desk.chosen !== chosen || desk.session !== session) return;
    addTrades(trades.map(([id, ts, price, lots, taker, au]) => ({ ts, au, x: [[id, price, lots, taker]] })));
  } catch (error) {
    if (error.name !== "Refused") quietly(error); // without past ones it begins now
  }
}

/** Fetch the trades after `expected` up to `received` (RECOV-014). */
export async function catchUpTrades({ expected, received }) {
  const feed = feedOf({ n: "trades", i: desk.chosen?.i }),
    { session, chosen } = desk;
  if (!feed?.channel || received <= expected) return;
  try {
    const messages = await session.replay(expected + 1, received, { feed });
    if (desk.chosen === chosen && desk.session === session) addTrades(messages);
  } catch (error) {
    if (error.name !== "Refused") quietly(error); // they are no longer kept
  }
}
