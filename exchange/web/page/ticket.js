// The ticket: an order is checked as it is typed, its margin is asked before it is sent, and it is confirmed.

import { moneyText, priceText, ticksOf } from "./gpux.js";
import { byId, confirmed, fillFacts, make, say } from "./dom.js";
import { desk, note } from "./desk.js";
import { view, touch } from "./frames.js";
import { graceSeconds, lotsText, sideText } from "./format.js";

const WHAT_IF_WAIT_MS = 250;
let pending = ""; // key of the question that waits for its answer
let timer = 0;
let answer = null; // { key, result, margin } of the latest answer

const side = () => (byId("side-buy").checked ? "b" : "s");
const type = () => byId("type").value;

/** What is typed: { lots, tick } with the faults of each. A market order may have no price. */
function typed() {
  const { chosen } = desk,
    lotsTyped = byId("lots").value.trim().replaceAll(",", ""),
    priceTyped = byId("price").value.trim();
  const lots = /^\d{1,9}$/.test(lotsTyped) ? Number(lotsTyped) : NaN;
  let lotsFault = "",
    priceFault = "",
    tick;
  if (!(lots >= (chosen?.min_q ?? 1) && lots <= (chosen?.max_q ?? Infinity))) {
    lotsFault = `Lots: a whole number from ${chosen?.min_q ?? 1} to ${lotsText(chosen?.max_q ?? 1)}.`;
  }
  if (priceTyped || type() === "limit") {
    try {
      tick = ticksOf(priceTyped);
      if (chosen && tick % chosen.min_inc) priceFault = `The price is a multiple of ${priceText(chosen.min_inc)}.`;
    } catch (error) {
      priceFault = priceTyped ? `${error.message}.` : "Give a price, like 2.845.";
    }
  }
  return { lots, tick, lotsFault, priceFault };
}

function terms() {
  return {
    type: type(),
    tif: byId("tif").value,
    postOnly: byId("post-only").checked ? "reject" : undefined,
    cancelOnDisconnect: !byId("stays").checked,
  };
}

function drawTicket() {
  const { chosen } = desk,
    { lots, tick, lotsFault, priceFault } = typed(),
    began = byId("price").value.trim() !== "";
  say(byId("ticket-market"), chosen ? chosen.sym : "");
  const hours = chosen?.hours ?? 0;
  say(
    byId("lots-note"),
    lotsFault ||
      (hours && !chosen.legs?.length
        ? `${lotsText(lots)} GPU for ${lotsText(hours)} hours: ${lotsText(lots * hours)} GPU-hours.`
        : ""),
  );
  const status = desk.feeds?.statuses.get(chosen?.i);
  const limits =
    status?.lo === undefined ? "" : `Limits of the day: ${priceText(status.lo)} to ${priceText(status.hi)}.`;
  say(byId("price-note"), began && priceFault ? priceFault : limits);
  byId("lots").setAttribute("aria-invalid", String(Boolean(lotsFault)));
  byId("price").setAttribute("aria-invalid", String(Boolean(began && priceFault)));
  byId("post-only").disabled = type() !== "limit" || ["ioc", "fok"].includes(byId("tif").value);
  if (byId("post-only").disabled) byId("post-only").checked = false;
  const button = byId("review");
  say(button, `Review ${side() === "b" ? "purchase" : "sale"}`);
  button.disabled = !desk.mayTrade || !chosen || Boolean(chosen.life);
  const question = marginQuestion();
  if (!question) {
    pending = "";
    return showMargin(whyNoMargin());
  }
  if (answer?.key === question.key) return showMargin(answerText(answer), Boolean(answer.result.code));
  showMargin("Asking for the margin...");
  askMargin(question);
}

function showMargin(text, refused = false) {
  byId("what-if").className = `what-if${refused ? " refused" : ""}`;
  say(byId("what-if"), text);
}

/** What the venue is asked about the order that is typed, and the key of its answer; null: there is nothing to ask. */
function marginQuestion() {
  const { chosen, account } = desk,
    { lots, tick, lotsFault, priceFault } = typed();
  if (lotsFault || priceFault || tick === undefined || !desk.mayTrade || !chosen || chosen.life) return null;
  const key = `${account?.account} ${chosen.i} ${side()} ${lots} ${tick} ${account?.margin?.free}`;
  return { key, account: account?.account, side: side(), chosen, lots, tick };
}

function whyNoMargin() {
  if (!desk.session?.core.key) return "Sign in to trade. Market data is public.";
  if (!desk.live) return "No connection: orders cannot be sent.";
  if (!desk.scopes.includes("trade")) return "This key may not trade.";
  if (desk.chosen?.life) return "This contract has ended.";
  return type() === "limit" ? "" : "A market order has no price, so its margin is not known before.";
}

/** Ask what an order needs (MARGIN-018). */
async function askedNow({ key, account, side: ofSide, chosen, lots, tick }) {
  const order = desk.session.new(ofSide, chosen, lots, undefined, { priceTick: tick });
  const margin = await desk.session.whatIf([order], [], account);
  return { key, margin, result: margin.res[0] };
}

const unknownText = (error) => `The margin is not known: ${error.message}`;

/** Ask when the typing has paused. A failure is shown but not kept: the next drawing asks again. */
function askMargin(question) {
  if (pending === question.key) return;
  pending = question.key;
  clearTimeout(timer);
  timer = setTimeout(async () => {
    if (pending !== question.key) return;
    try {
      const found = await askedNow(question);
      if (pending !== question.key) return;
      answer = found;
      touch("ticket");
    } catch (error) {
      if (pending !== question.key) return;
      showMargin(unknownText(error), true);
    }
    pending = "";
  }, WHAT_IF_WAIT_MS);
}

/** The margin of the order that is typed now, never of another one: what is shown may be older. */
async function marginNow() {
  const question = marginQuestion();
  if (!question) return whyNoMargin();
  try {
    return answerText(answer?.key === question.key ? answer : await askedNow(question));
  } catch (error) {
    return unknownText(error);
  }
}

function answerText({ result, margin }) {
  const money = (mills) => `$${moneyText(mills)}`;
  const { need, free, code, name } = result;
  if (code) return `It would be refused: needs ${money(need)}, free ${money(free)} (${name || code}).`;
  return (
    `Holds ${money(need)} of ${money(free)} free. Initial margin after it: ${money(margin.im)}.` +
    `${result.closes ? " It only closes a position." : ""}`
  );
}

/** What becomes of an order without a connection, by the session's terms of cancel (SESS-020). */
function staysText({ cancelOnDisconnect, tif }) {
  const { cancelTerms } = desk.session.core,
    seconds = graceSeconds(cancelTerms),
    spared = cancelTerms.orders === "day" && tif === "gtc";
  return cancelOnDisconnect && seconds !== null && !spared
    ? `It is cancelled ${seconds} s after this page loses its connection.`
    : "It stays when this page loses its connection.";
}

async function review(event) {
  event.preventDefault();
  const { chosen } = desk,
    account = desk.account?.account,
    { lots, tick, lotsFault, priceFault } = typed();
  if (lotsFault || priceFault) {
    touch("ticket");
    say(byId("price-note"), priceFault);
    byId("price").setAttribute("aria-invalid", String(Boolean(priceFault)));
    return byId(lotsFault ? "lots" : "price").focus();
  }
  const chosenSide = side(),
    chosenTerms = terms(),
    list = make("dl", { className: "facts" });
  const text = (select) => byId(select).selectedOptions[0].textContent;
  fillFacts(list, [
    ["Account", String(account)],
    ["Market", chosen.sym],
    ["Side", sideText(chosenSide)],
    ["Lots", lotsText(lots)],
    ["Price", tick === undefined ? "market" : priceText(tick)],
    ["Type", text("type")],
    ["Valid", text("tif")],
    [
      "Value",
      tick === undefined || chosen.legs?.length
        ? null
        : `$${moneyText(BigInt(tick) * BigInt(lots) * BigInt(chosen.hours) * BigInt(chosen.tick_mills))}`,
    ],
  ]);
  const sentence = `${chosenSide === "b" ? "Buy" : "Sell"} ${lotsText(lots)} ${chosen.sym}`;
  const margin = await marginNow();
  if (byId("ask-dialog").open) return; // of a second Enter
  const book = desk.live ? "" : "The connection was lost; the order may be refused.";
  const stays = staysText(chosenTerms);
  if (
    !(await confirmed({
      title: `${sentence}?`,
      body: [list, margin, stays, book].filter(Boolean),
      yes: `Send: ${sideText(chosenSide)} ${lotsText(lots)}`,
    }))
  )
    return;
  try {
    const send = chosenSide === "b" ? "buy" : "sell";
    const order = await desk.session[send](chosen, lots, undefined, { ...chosenTerms, priceTick: tick, account });
    const why =
      { ioc: "no more to trade with", fok: "not all of it could trade", smp: "it met an own order" }[order.reason] ??
      order.reason;
    const ends =
      order.state === "filled"
        ? "filled"
        : order.state === "cancelled"
          ? `${lotsText(order.filledLots)} filled, the rest cancelled: ${why}`
          : `working, ${lotsText(order.filledLots)} filled`;
    note(`${sentence}: ${ends}.`, order.state === "cancelled" ? "bad" : "good");
  } catch (error) {
    note(`${sentence}: ${refusalText(error)}`, "bad");
  }
  touch("orders", "ladder", "ticket");
}

/** Why the venue refused something, with the figures that its answer has. */
export function refusalText(error) {
  if (error.name !== "Refused") return `not sent: ${error.message}`;
  const { lo, hi, need, free, reply } = error,
    facts = [];
  if (lo !== undefined || hi !== undefined)
    facts.push(`allowed: ${lo === undefined ? "" : priceText(lo)} to ${hi === undefined ? "" : priceText(hi)}`);
  if (need !== undefined) facts.push(`needs $${moneyText(need)}, free $${moneyText(free ?? 0)}`);
  return `refused, ${reply.msg || error.codeName}${facts.length ? ` (${facts.join("; ")})` : ""}.`;
}

/** Begin an order: side, and the cursor in the field that is needed next. */
export function begin(chosenSide) {
  byId(chosenSide === "b" ? "side-buy" : "side-sell").checked = true;
  document.dispatchEvent(new CustomEvent("show-view", { detail: "trade" }));
  byId("lots").focus();
  byId("lots").select();
  touch("ticket");
}

export function start() {
  view("ticket", drawTicket, 100);
  byId("ticket").addEventListener("submit", review);
  for (const name of ["input", "change"]) byId("ticket").addEventListener(name, () => touch("ticket"));
  document.addEventListener("take-price", ({ detail }) => {
    byId("price").value = detail;
    touch("ticket");
  });
  document.addEventListener("market-chosen", () => {
    byId("price").value = "";
    touch("ticket");
  });
}
