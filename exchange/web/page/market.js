// The chosen market: its state and auction, the day so far, the ladder, the tape and the depth chart.

import { priceText } from "./gpux.js";
import { byId, cells, colour, fillFacts, fillRows, make, mark, paint, say, tabs, whenSchemeChanges } from "./dom.js";
import { desk, feedOf, fetchPastTrades, want } from "./desk.js";
import { settledOf } from "./curve.js";
import { touch, view } from "./frames.js";
import { AUCTIONS, dateText, describe, lotsText, phaseText, spanText, timeText } from "./format.js";

const LEVELS = 10;
const DEPTH_REACH = 0.02; // of the middle: orders further away are left out of the chart
let chart = "tab-tape";
let watched = 0;

export const depthSpec = (instrument) => ({ n: "depth", i: instrument.i, ms: 100, lv: 50 });

/** The verified book of the chosen market; null until it is there. */
export const chosenBook = () => (desk.chosen ? (feedOf(depthSpec(desk.chosen))?.book ?? null) : null);

function wantMarket() {
  const { chosen } = desk;
  if (!chosen || chosen.life) return want("market", []);
  const { i } = chosen;
  want("market", [
    depthSpec(chosen),
    { n: "status", i },
    { n: "trades", i },
    { n: "stats", i },
    { n: "top", i, ms: 100 },
  ]);
  if (watched !== i) {
    watched = i;
    document.dispatchEvent(new CustomEvent("market-chosen", { detail: chosen }));
    fetchPastTrades();
  }
}

function drawMarket() {
  const { chosen } = desk;
  wantMarket();
  if (!chosen || !desk.feeds) return;
  const stats = desk.feeds.stats.get(chosen.i),
    status = desk.feeds.statuses.get(chosen.i),
    price = (tick) => (tick === undefined ? "–" : priceText(tick));
  say(byId("market-title"), chosen.sym);
  say(
    byId("market-note"),
    chosen.life
      ? `This contract has ended (${chosen.life.toLowerCase()}). It no longer trades; choose another market.`
      : describe(chosen, desk.feeds.instruments),
  );
  byId("market-card").classList.toggle("ended", Boolean(chosen.life));
  fillFacts(byId("facts"), [
    ["Last", price(stats?.last)],
    ["Settled", price(settledOf(chosen))],
    ["High / low", `${price(stats?.h)} / ${price(stats?.l)}`],
    ["Volume", `${lotsText(stats?.vol ?? 0)} lots`],
    ["Open interest", `${lotsText(stats?.oi ?? 0)} lots`],
    ["Limits of the day", status?.lo === undefined ? null : `${price(status.lo)} – ${price(status.hi)}`],
    ["Last trading", chosen.ltd ? `${dateText(chosen.ltd)} ${timeText(chosen.ltd).slice(0, 5)}` : null],
  ]);
  drawPhase(chosen, status);
}

function drawPhase(chosen, status) {
  const pill = byId("phase"),
    phase = chosen.life ? "ended" : (desk.feeds.phases.get(chosen.i) ?? chosen.phase);
  pill.hidden = false;
  pill.dataset.state = phase;
  say(pill, chosen.life ? "Ended" : `${phaseText(phase)}${status?.why && phase !== "OPEN" ? ` (${status.why})` : ""}`);
  const until = status?.until;
  say(
    byId("countdown"),
    until && until > desk.nowUs && desk.live && !chosen.life ? `${spanText(until - desk.nowUs)} left` : "",
  );
  const auction = byId("auction"),
    iop = status?.iop;
  auction.hidden = !AUCTIONS.has(phase) || Boolean(chosen.life);
  if (auction.hidden) return;
  const [tick, lots, imbalance] = iop ?? [];
  const rest = imbalance
    ? `, ${lotsText(Math.abs(imbalance))} lots more on the ${imbalance > 0 ? "buying" : "selling"} side`
    : "";
  say(
    auction,
    iop && lots
      ? `Indicative price ${priceText(tick)} for ${lotsText(lots)} lots${rest}.`
      : "No indicative price: no orders cross yet.",
  );
}

// -- ladder -----------------------------------------------------------------------------------------------------------

/** Levels of a side with the implied one in its place: [price, lots, implied]. */
function levels(book, side) {
  const rows = (side === "b" ? book.bids(LEVELS) : book.asks(LEVELS)).map(([price, lots]) => [price, lots, 0]);
  const implied = side === "b" ? book.impliedBid : book.impliedAsk,
    sign = side === "b" ? -1 : 1;
  if (!implied) return rows;
  const same = rows.find(([price]) => price === implied[0]);
  if (same) same[2] = implied[1];
  else rows.push([implied[0], 0, implied[1]]);
  return rows.sort((left, right) => sign * (left[0] - right[0])).slice(0, LEVELS);
}

/** Own working lots at each price: "b 2810" to lots. */
function ownLots(instrument) {
  const own = new Map();
  for (const order of desk.session?.orders.live(instrument.i) ?? []) {
    if (order.state !== "open") continue;
    const key = `${order.side} ${order.priceTick}`;
    own.set(key, (own.get(key) ?? 0) + order.leavesLots);
  }
  return own;
}

function drawLadder() {
  const { chosen } = desk,
    book = chosenBook(),
    table = byId("ladder"),
    body = table.tBodies[0];
  table.classList.toggle("stale", !book?.synced || !desk.live);
  if (!chosen || chosen.life || !book) {
    say(byId("book-state"), chosen?.life ? "the contract has ended" : "waiting for the book");
    return fillRows(body, [], () => 0, makeLevel, changeLevel);
  }
  if (!book.synced) return say(byId("book-state"), desk.live ? "not live: waiting for a fresh copy" : "not live");
  const asks = levels(book, "s"),
    bids = levels(book, "b"),
    own = ownLots(chosen);
  const most = Math.max(1, ...[...asks, ...bids].map(([, lots, implied]) => Math.max(lots, implied)));
  const row =
    (side, rank) =>
    ([price, lots, implied]) => ({
      key: `${side}${rank}`,
      side,
      price,
      lots,
      implied,
      most,
      own: own.get(`${side} ${price}`),
    });
  const pad = (rows, side) =>
    Array.from({ length: LEVELS }, (_, rank) =>
      rows[rank] ? row(side, rank)(rows[rank]) : { key: `${side}${rank}`, side },
    );
  const spread = asks.length && bids.length ? `spread ${priceText(asks[0][0] - bids[0][0])}` : "one side is empty";
  say(byId("book-state"), asks.length || bids.length ? "" : "no orders");
  fillRows(
    body,
    [...pad(asks, "s").reverse(), { key: "middle", spread }, ...pad(bids, "b")],
    ({ key }) => key,
    makeLevel,
    changeLevel,
  );
}

function makeLevel({ key }) {
  if (key === "middle") {
    const row = make("tr", { className: "middle" }, make("td", { colSpan: 5 }));
    return row;
  }
  const row = cells("own b", "bid-lots bar", "price", "ask-lots bar", "own s");
  const button = make("button", { type: "button", className: "price-button", tabIndex: -1 });
  button.addEventListener("click", () =>
    document.dispatchEvent(new CustomEvent("take-price", { detail: button.textContent })),
  );
  row.children[2].append(button);
  return row;
}

function changeLevel(row, { key, side, price, lots, implied, most, own, spread }) {
  if (key === "middle") return say(row.firstChild, spread);
  const [ownBid, bid, middle, ask, ownAsk] = row.children,
    isBid = side === "b",
    cell = isBid ? bid : ask,
    empty = price === undefined;
  mark(row, `${isBid ? "bid" : "ask"}${!empty && !lots ? " implied" : ""}`);
  say(middle.firstChild, empty ? "" : priceText(price));
  middle.firstChild.disabled = empty;
  say(
    cell,
    empty ? "" : lots ? `${lotsText(lots)}${implied ? ` +${lotsText(implied)} i` : ""}` : `${lotsText(implied)} i`,
  );
  const width = empty ? "0" : `${Math.round((100 * Math.max(lots, implied)) / most)}% 100%`;
  if (cell.dataset.width !== width) {
    cell.dataset.width = width;
    cell.style.backgroundSize = width;
  }
  say(isBid ? ownBid : ownAsk, own ? lotsText(own) : "");
}

// -- tape and depth ---------------------------------------------------------------------------------------------------

function drawTape() {
  say(byId("tape-note"), desk.tape.length ? "" : "No trades since this page watches the market.");
  fillRows(
    byId("tape"),
    desk.tape,
    ({ id }) => id,
    ({ time, price, lots, taker, auction }) => {
      const row = cells("", "", "", taker === "b" ? "b" : taker === "s" ? "s" : "");
      row.className = auction ? "uncross" : "fresh";
      const who = auction ? "auction" : taker === "b" ? "buyer" : taker === "s" ? "seller" : "implied";
      [timeText(time), priceText(price), lotsText(lots), who].forEach((text, index) => {
        row.children[index].textContent = text;
      });
      return row;
    },
    () => {},
  );
}

function drawDepth() {
  const book = chosenBook(),
    found = chart === "tab-depth" && book?.synced && paint(byId("depth-canvas"));
  if (!found) return;
  const { context, width, height } = found,
    sum = (rows) => {
      let total = 0;
      return rows.map(([price, lots]) => [price, (total += lots)]);
    };
  const middle = book.middleTick ?? (book.bestBid ?? book.bestAsk)?.[0] ?? 0,
    reach = Math.max(12, Math.abs(middle) * DEPTH_REACH);
  const near = (rows) => rows.filter(([price]) => Math.abs(price - middle) <= reach);
  const bids = sum(near(book.bids())),
    asks = sum(near(book.asks())),
    both = [...bids, ...asks];
  context.fillStyle = colour("quiet");
  if (!both.length) return context.fillText("No orders near the middle.", 8, 20);
  const low = Math.min(...both.map(([price]) => price)) - 1,
    high = Math.max(...both.map(([price]) => price)) + 1;
  const most = Math.max(...both.map(([, lots]) => lots)),
    bottom = height - 20;
  const x = (price) => 8 + ((width - 16) * (price - low)) / Math.max(1, high - low),
    y = (lots) => bottom - ((bottom - 14) * lots) / most;
  for (const [rows, edge, name] of [
    [bids, low, "bid"],
    [asks, high, "ask"],
  ]) {
    if (!rows.length) continue;
    context.beginPath();
    context.moveTo(x(rows[0][0]), bottom);
    let last = 0;
    for (const [price, lots] of rows) {
      context.lineTo(x(price), y(last));
      context.lineTo(x(price), y(lots));
      last = lots;
    }
    context.lineTo(x(edge), y(last));
    context.lineTo(x(edge), bottom);
    context.closePath();
    context.fillStyle = colour(`${name}-fill`);
    context.strokeStyle = colour(name);
    context.fill();
    context.stroke();
  }
  context.fillStyle = colour("quiet");
  context.fillText(priceText(low), 8, height - 6);
  context.fillText(`${lotsText(most)} lots`, 8, 11);
  context.textAlign = "right";
  context.fillText(priceText(high), width - 8, height - 6);
  context.textAlign = "left";
}

export function start() {
  view("market", drawMarket, 200);
  view(
    "clock",
    () => {
      if (desk.chosen && desk.feeds) drawPhase(desk.chosen, desk.feeds.statuses.get(desk.chosen.i));
    },
    500,
  );
  view("ladder", drawLadder, 50);
  view("tape", drawTape, 100);
  view("depth", drawDepth, 200);
  tabs(byId("tape-title").parentElement.querySelector("[role=tablist]"), (tab) => {
    chart = tab;
    touch("tape", "depth", "candles");
  });
  whenSchemeChanges(() => touch("depth", "candles"));
  document.addEventListener("live", () => {
    if (watched) fetchPastTrades();
  });
}
