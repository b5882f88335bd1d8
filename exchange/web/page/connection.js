// The connection of the page: keys of this browser, logging on and out, and what the session says.

import { KeyStore, moneyText, open, priceText } from "./gpux.js";
import { catchUpTrades, desk, dropFeeds, note, quietly, settleFeeds, takeTrades } from "./desk.js";
import { touch, touchAll } from "./frames.js";
import { lotsText, sideText } from "./format.js";

const LAST_KEY = "gpux-last-key";
const SESSION_ID = "gpux-session";

/** Where the venue is: of this page, or as `?venue=ws://...` says. */
export const venueUrl =
  new URLSearchParams(location.search).get("venue") ??
  `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}`;

export const keys = globalThis.crypto?.subtle && globalThis.indexedDB ? new KeyStore() : null;

/** Names of the keys of this browser for this venue, as { key, account }. */
export async function knownKeys() {
  if (!keys) return [];
  const mine = (await keys.names()).filter((name) => name.startsWith(`${venueUrl}|`));
  return mine.map((name) => {
    const [, account, key] = name.split("|");
    return { stored: name, account: Number(account), key };
  });
}

export const storedName = (key, account) => `${venueUrl}|${account}|${key}`;

/** Connect: with a key of this browser, or without one for public data. The session of before loses its orders. */
export async function connectAs(known = null) {
  const before = desk.session;
  desk.session = null;
  dropFeeds();
  await before?.close({ cancelOrders: true }).catch(quietly);
  const secret = known && (await keys.get(known.stored));
  const saved = JSON.parse(sessionStorage.getItem(SESSION_ID) ?? "null");
  const session = open(venueUrl, {
    key: secret ? known.key : "",
    secret,
    margin: Boolean(secret),
    keepTrying: true,
    sessionId: secret && saved?.stored === known.stored ? saved.sid : "",
  });
  Object.assign(desk, { session, keyName: secret ? known.key : "", state: "wait", reason: "", tape: [] });
  if (secret) localStorage.setItem(LAST_KEY, known.stored);
  else localStorage.removeItem(LAST_KEY);
  session.listen((event) => {
    if (desk.session === session) take(event, session, known);
  });
  touchAll();
  session.start().catch(() => {
    if (desk.session === session) over(session, known);
  });
}

/** Connect as in the last visit. */
export async function connectAsBefore() {
  const last = localStorage.getItem(LAST_KEY);
  const known = last && (await knownKeys()).find(({ stored }) => stored === last); // the store of keys is slow to open
  await connectAs(known ?? null);
}

/** Log out, and delete the key from this browser. */
export async function signOut() {
  const { session } = desk,
    last = localStorage.getItem(LAST_KEY);
  desk.session = null;
  sessionStorage.removeItem(SESSION_ID);
  await session?.close({ cancelOrders: true }).catch(quietly);
  if (last) await keys.delete(last);
  note(`Signed out. The key is deleted from this browser.`);
  await connectAs(null);
}

function over(session, known) {
  Object.assign(desk, { state: "over", reason: session.failure, lostAt: desk.lostAt || Date.now() });
  note(session.failure, "bad");
  sessionStorage.removeItem(SESSION_ID);
  if (known && /BAD_AUTH/.test(session.failure)) {
    desk.enrol = known.stored;
    note(
      `The venue does not accept ${known.key}. Showing public data; "Sign in" has the command that enrols the key.`,
      "bad",
    );
    connectAs(null);
  }
  touchAll();
}

function take(event, session, known) {
  switch (event.type) {
    case "connected":
    case "reconnected":
      skew(session);
      if (desk.state === "lost")
        note(event.resumed || !known ? "Connected again." : "Connected again, as a new session.", "good");
      else note(known ? `Logged on as ${known.key}.` : "Connected. Market data is public; sign in to trade.", "good");
      Object.assign(desk, { state: "live", lostAt: 0, enrol: known ? "" : desk.enrol });
      if (known)
        sessionStorage.setItem(SESSION_ID, JSON.stringify({ stored: known.stored, sid: session.core.sessionId }));
      session.instruments().then(settleFeeds).catch(quietly);
      settleFeeds();
      document.dispatchEvent(new CustomEvent("live"));
      touchAll();
      break;
    case "disconnected":
      if (desk.state === "live") note(`Connection lost: ${event.reason}`, "bad");
      Object.assign(desk, {
        state: event.final ? "over" : "lost",
        reason: event.reason,
        lostAt: desk.lostAt || Date.now(),
      });
      touchAll();
      if (event.final) over(session, known);
      break;
    case "reconnecting":
      desk.nextTryAt = Date.now() + event.waitMs;
      desk.lostAt ||= Date.now();
      desk.state = desk.state === "wait" ? "wait" : "lost";
      touch("connection");
      break;
    case "historyChanged":
      note("The venue began a new history: orders and positions of before are gone.", "bad");
      break;
    case "book":
      touch("ladder", "depth", "orders");
      break;
    case "mismatch":
      note(`Book repaired: ${event.problem}`, "bad");
      break;
    case "gap":
      if (event.stream.startsWith("trades")) catchUpTrades(event);
      break;
    case "order":
      takeOrder(event);
      break;
    case "fill": {
      const { fill, order } = event,
        symbol = session.core.feeds.instruments.get(fill.i)?.sym ?? fill.i;
      note(
        `${fill.side === "b" ? "Bought" : "Sold"} ${lotsText(fill.q)} ${symbol} at ${priceText(fill.px)}` +
          `${order.leavesLots ? `, ${lotsText(order.leavesLots)} still work` : ""}.`,
        "good",
      );
      touch("orders", "account", "ladder");
      break;
    }
    case "account":
      takeAccount(event.message);
      break;
    case "data":
      takeData(event);
      break;
    case "message":
      if (event.message.t === "shutdown")
        note(`The venue will stop: ${event.message.why}. This page connects again by itself.`, "bad");
  }
}

/** Difference of clocks, so that countdowns are right on a machine whose clock is not. */
function skew(session) {
  desk.clockSkewUs = session.core.venueUs - Date.now() * 1000;
}

function takeOrder({ order, cause }) {
  touch("orders", "ladder", "ticket");
  if (cause?.t !== "exec" || cause.ev === "new" || cause.ev === "replaced") return;
  const symbol = desk.feeds.instruments.get(order.instrument)?.sym ?? order.instrument;
  const what = `${sideText(order.side)} ${lotsText(order.lots)} ${symbol} at ${priceText(order.priceTick)}`;
  const why = order.reason && order.reason !== "user" ? ` (${order.reason})` : "";
  if (cause.ev !== "rejected") note(`Order ${cause.st}: ${what}${why}`, cause.ev === "cancelled" && why ? "bad" : "");
}

function takeAccount(message) {
  touch("account", "orders", "ticket");
  const money = (mills) => `$${moneyText(mills)}`;
  switch (message.t) {
    case "call":
      if (message.st === "open") note("The margin call is met.", "good");
      else
        note(
          `Margin call: ${money(message.amt ?? 0)} missing. The account may only close positions (${message.st}).`,
          "bad",
        );
      break;
    case "cash":
      note(`Cash ${money(message.amt)}: ${message.why}${message.ref ? ` ${message.ref}` : ""}`);
      break;
    case "kill":
      note(
        message.on
          ? `Killed by ${message.by}: new orders are refused, ${message.n} orders cancelled.`
          : "The kill is lifted.",
        message.on ? "bad" : "good",
      );
      break;
    case "cod_fired":
      note(
        `${message.n} orders were cancelled: ${message.why === "timer" ? "the timer ran out" : "a lost connection"}.`,
        "bad",
      );
      break;
    case "cascade":
      note(`A position of ${message.q} lots became positions in its parts at ${priceText(message.px)}.`);
      break;
  }
}

function takeData({ instrument, message }) {
  switch (message.t) {
    case "top":
      touch("markets", "curve");
      break;
    case "status":
      touch("market", "markets", "clock");
      break;
    case "stats":
      touch("market");
      break;
    case "settlement":
      touch("curve", "markets", "market");
      if (!message.snap && message.i === desk.chosen?.i)
        note(`Settled: ${desk.chosen.sym} at ${priceText(message.px)} (${message.kind}, ${message.day ?? ""})`);
      break;
    case "instruments":
      takeDefinitions(message);
      break;
    case "trades":
      takeTrades(instrument, message);
      break;
    case "candles":
      document.dispatchEvent(new CustomEvent("candles", { detail: message }));
      break;
  }
}

function takeDefinitions(message) {
  touch("curve", "markets", "market", "choices", "ladder", "ticket");
  if (message.more) return;
  const before = desk.chosen;
  // A snapshot lacks what has ended while the page was away.
  if (before) desk.chosen = desk.feeds.instruments.get(before.i) ?? { ...before, life: "not listed any more" };
  if (desk.chosen?.life && !before.life) note(`${before.sym} has ended and no longer trades.`, "bad");
  if (message.snap) return;
  const ended = message.x.filter((row) => row.life).length;
  const listed = message.x.length - ended;
  if (ended > 1) note(`${ended} contracts have ended.`);
  else if (listed > 20) note("New terms of the markets: limits and settlement prices of a new trading day.");
}
