// The ticket: an order is checked as it is typed, its margin is asked before it is sent, and it is confirmed.

import { moneyText, priceText, ticksOf } from "./gpux.js";
import { byId, confirmed, fillFacts, make, say } from "./dom.js";
import { desk, note } from "./desk.js";
import { view, touch } from "./frames.js";
import { lotsText, sideText } from "./format.js";

const WHAT_IF_WAIT_MS = 250;
let asked = 0; // number of the latest question
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
  const box = byId("what-if"),
    ready = !lotsFault && !priceFault && tick !== undefined && desk.mayTrade && chosen && !chosen.life;
  if (!ready) {
    box.className = "what-if";
    return say(
      box,
      !desk.session?.core.key
        ? "Sign in to trade. Market data is public."
        : !desk.live
          ? "No connection: orders cannot be sent."
          : !desk.scopes.includes("trade")
            ? "This key may not trade."
            : chosen?.life
              ? "This contract has ended."
              : type() !== "limit"
                ? "A market order has no price, so its margin is not known before."
                : "",
    );
  }
  const key = `${chosen.i} ${side()} ${lots} ${tick} ${desk.account?.margin?.free}`;
  if (answer?.key === key) showAnswer(box);
  else askMargin(key, chosen, lots, tick);
}

/** Ask what the order needs, when the typing has paused (MARGIN-018). */
function askMargin(key, chosen, lots, tick) {
  const number = ++asked;
  clearTimeout(timer);
  timer = setTimeout(async () => {
    try {
      const order = desk.session.new(side(), chosen, lots, undefined, { priceTick: tick });
      const margin = await desk.session.whatIf([order]);
      if (number !== asked) return;
      answer = { key, margin, result: margin.res[0] };
    } catch (error) {
      if (number !== asked) return;
      answer = { key, fault: error.message };
    }
    touch("ticket");
  }, WHAT_IF_WAIT_MS);
}

function showAnswer(box) {
  const { result, margin, fault } = answer;
  const money = (mills) => `$${moneyText(mills)}`;
  box.className = `what-if${fault || result?.code ? " refused" : ""}`;
  if (fault) return say(box, `The margin is not known: ${fault}`);
  if (result.code)
    return say(
      box,
      `It would be refused: needs ${money(result.need)}, free ${money(result.free)} (${result.name || result.code}).`,
    );
  say(
    box,
    `Holds ${money(result.need)} of ${money(result.free)} free. Initial margin after it: ${money(margin.im)}.` +
      `${result.closes ? " It only closes a position." : ""}`,
  );
}

async function review(event) {
  event.preventDefault();
  const { chosen } = desk,
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
  const margin = byId("what-if").textContent,
    sentence = `${chosenSide === "b" ? "Buy" : "Sell"} ${lotsText(lots)} ${chosen.sym}`;
  const book = desk.live ? "" : "The connection was lost; the order may be refused.";
  const stays = chosenTerms.cancelOnDisconnect
    ? "It is cancelled 3 s after this page loses its connection."
    : "It stays when this page loses its connection.";
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
    const order = await desk.session[send](chosen, lots, undefined, { ...chosenTerms, priceTick: tick });
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
