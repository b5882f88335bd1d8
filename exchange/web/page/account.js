// The own account: working orders with their place in the queue, positions, margin, cancel all and kill, messages.

import { moneyText, priceText } from "./gpux.js";
import { byId, cells, confirmed, fillFacts, fillRows, make, mark, say } from "./dom.js";
import { desk, feedOf, note, want } from "./desk.js";
import { view } from "./frames.js";
import { graceSeconds, lotsText, sideText, timeText } from "./format.js";
import { refusalText } from "./ticket.js";
import { pick } from "./markets.js";

const QUEUES_MAX = 8; // markets whose single orders the page follows

const symbolOf = (i) => desk.feeds?.instruments.get(i)?.sym ?? String(i);
const queueSpec = (i) => ({ n: "orders", i });

function working() {
  return [...(desk.session?.orders.live() ?? [])].sort(
    (left, right) =>
      symbolOf(left.instrument).localeCompare(symbolOf(right.instrument)) || right.priceTick - left.priceTick,
  );
}

/** Working orders of the account that is shown; a key may have several. */
const ownOrders = () => working().filter(({ account }) => account === desk.account?.account);

/** Lots and orders before an order at its price, from the channel of single orders. */
function aheadText(order) {
  const queue = feedOf(queueSpec(order.instrument))?.book,
    place = queue?.synced && order.orderId ? queue.place(order.orderId) : null;
  if (!place) return ["–", ""];
  return [
    `${lotsText(place.lotsAhead)} lots`,
    `, ${place.ordersAhead} ${place.ordersAhead === 1 ? "order" : "orders"}`,
  ];
}

function drawOrders() {
  const orders = desk.session?.core.key ? working() : [];
  want(
    "queues",
    [...new Set(orders.filter((order) => order.state === "open").map((order) => order.instrument))]
      .slice(0, QUEUES_MAX)
      .map(queueSpec),
  );
  fillRows(byId("orders"), orders, ({ account, name }) => `${account} ${name}`, makeOrder, changeOrder);
  say(
    byId("orders-note"),
    !desk.session?.core.key
      ? "Sign in to see your orders."
      : !orders.length
        ? "No working orders."
        : desk.live && !desk.offers("orders")
          ? "This venue does not offer the channel of single orders, so the place in the queue is not known."
          : "",
  );
  const own = ownOrders().length;
  byId("cancel-all").disabled = !desk.live || !own;
  byId("kill").hidden = !desk.session?.core.key;
  byId("kill").disabled = !desk.live;
  // Whether the account is killed may be not known: both acts are offered then.
  byId("lift").hidden = !desk.scopes.includes("risk") || desk.account?.killed === null;
  byId("lift").disabled = !desk.live;
  say(byId("cancel-all"), own ? `Cancel all ${own}` : "Cancel all");
}

function makeOrder(order) {
  const row = cells("", order.side, "", "", "", "", ""),
    { instrument } = order;
  const market = make("button", { type: "button", className: "link", textContent: symbolOf(instrument) });
  market.addEventListener("click", () => pick(instrument, false));
  row.children[0].append(market);
  row.children[2].append(make("span", { className: "narrow" }), make("span"));
  row.children[4].append(make("span"), make("span", { className: "period" }));
  const button = make("button", { type: "button", className: "small", textContent: "Cancel" });
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await desk.session.cancel(order);
    } catch (error) {
      note(`Cancel of ${symbolOf(instrument)}: ${refusalText(error)}`, "bad");
    }
    button.disabled = false;
  });
  row.children[6].append(button);
  return row;
}

function changeOrder(row, order) {
  const [, side, lots, price, ahead, state, action] = row.children,
    { lots: all, leavesLots: left } = order;
  say(side, sideText(order.side));
  say(lots.firstChild, `${sideText(order.side)} `);
  say(lots.lastChild, left === all ? lotsText(left) : `${lotsText(left)} of ${lotsText(all)}`);
  say(price, order.type === "market" ? "market" : priceText(order.priceTick));
  const [lotsAhead, ordersAhead] = order.state === "open" ? aheadText(order) : ["–", ""];
  say(ahead.firstChild, lotsAhead);
  say(ahead.lastChild, ordersAhead);
  say(
    state,
    order.state === "sent"
      ? "sent"
      : order.state === "pending"
        ? "waits for trigger"
        : desk.live
          ? "works"
          : "last known: works",
  );
  action.firstChild.setAttribute(
    "aria-label",
    `Cancel ${sideText(order.side)} ${lotsText(left)} ${symbolOf(order.instrument)}`,
  );
}

function drawAccount() {
  const { account, session } = desk,
    margin = account?.margin,
    money = (mills) => `$${moneyText(mills)}`,
    call = account?.call;
  const pill = byId("account-call");
  pill.hidden = !call && !account?.killed;
  pill.dataset.state = "call";
  say(
    pill,
    account?.killed ? "Killed: new orders are refused" : call ? `Margin call: ${money(call.amt ?? 0)} missing` : "",
  );
  fillFacts(
    byId("margin"),
    margin
      ? [
          ["Account", `${account.account}${desk.live ? "" : ", last known"}`],
          ["Equity", money(margin.eq)],
          ["Free", money(margin.free), margin.free < 0],
          ["Initial margin", money(margin.im)],
          ["Maintenance margin", money(margin.mm)],
          ["Held for orders", money(margin.hold ?? 0)],
          ["When disconnected", termsText(session.core.cancelTerms)],
          ["Margin call", knownText(call)],
          ["Killed", knownText(account.killed)],
        ]
      : [],
  );
  const positions = account
    ? [...account.positions.values()].sort((left, right) => symbolOf(left.i).localeCompare(symbolOf(right.i)))
    : [];
  fillRows(
    byId("positions"),
    positions,
    ({ i }) => i,
    ({ i }) => {
      const row = cells("", "", "", "", ""),
        market = make("button", { type: "button", className: "link", textContent: symbolOf(i) });
      market.addEventListener("click", () => pick(i, false));
      row.firstChild.append(market);
      return row;
    },
    (row, { i, q, mark: tick, upl }) => {
      const [, lots, hours, marked, gain] = row.children;
      mark(lots, q > 0 ? "b" : "s");
      say(lots, `${q > 0 ? "+" : "\u2212"}${lotsText(Math.abs(q))}`);
      say(hours, lotsText(q * (desk.feeds.instruments.get(i)?.hours ?? 0)).replace("-", "\u2212"));
      say(marked, priceText(tick));
      mark(gain, upl < 0 ? "error" : "");
      say(gain, money(upl).replace("$-", "\u2212$"));
    },
  );
  say(
    byId("positions-note"),
    !session?.core.key ? "Sign in to see your account." : positions.length ? "" : "No positions.",
  );
}

/** Of a state that only events bring: after a logon it is not known. */
const knownText = (state) => (state === undefined ? "not known until the next event" : state ? "yes" : "no");

function termsText(terms) {
  const seconds = graceSeconds(terms);
  return seconds === null ? "orders stay" : `orders are cancelled after ${seconds} s`;
}

export async function cancelAll() {
  const orders = ownOrders();
  if (!desk.live || !orders.length) return;
  const { account } = desk.account;
  const body = [`${orders.length} working orders of account ${account}, also those of its other sessions.`];
  if (!(await confirmed({ title: "Cancel all orders?", body, yes: "Cancel all", danger: true }))) return;
  await attempt("Cancel all", () => cancelOf(account));
}

const cancelOf = async (account) =>
  note(`Account ${account}: ${await desk.session.cancelAll({ account })} orders cancelled.`);

/**
 * Block new orders, which cancels the working ones too: that needs a key of scope `risk`, and its holder lifts it.
 * Without it, or if the venue refuses it, only cancel.
 */
export async function kill() {
  if (!desk.live || !desk.session.core.key) return;
  const { account } = desk.account,
    mayBlock = desk.scopes.includes("risk");
  const body = [
    `All working orders of account ${account} are cancelled now.`,
    mayBlock
      ? "New orders are then refused until you lift the block."
      : "This key has not the scope risk, so new orders are not blocked: ask your risk desk for that.",
  ];
  if (
    !(await confirmed({
      title: `Kill account ${account}?`,
      body,
      yes: mayBlock ? "Cancel and block" : "Cancel everything",
      danger: true,
    }))
  )
    return;
  if (mayBlock && (await attempt("Kill", () => desk.session.kill("account", { account })))) return;
  await attempt("Cancel all", () => cancelOf(account));
}

async function lift() {
  if (!desk.live) return;
  const { account } = desk.account;
  const body = [`New orders of account ${account} are accepted again. Cancelled orders stay cancelled.`];
  if (await confirmed({ title: "Lift the kill?", body, yes: "Lift it" }))
    await attempt("Lift", () => desk.session.unkill("account", { account }));
}

/** Whether the venue did it. */
async function attempt(what, act) {
  try {
    await act();
    return true;
  } catch (error) {
    note(`${what}: ${refusalText(error)}`, "bad");
    return false;
  }
}

function drawLog() {
  fillRows(
    byId("log"),
    desk.log,
    (entry) => entry,
    ({ time, text, tone }) => make("li", { className: tone }, make("time", { textContent: timeText(time) }), text),
    () => {},
  );
}

export function start() {
  view("orders", drawOrders, 100);
  view("account", drawAccount, 200);
  view("log", drawLog, 100);
  byId("cancel-all").addEventListener("click", cancelAll);
  byId("kill").addEventListener("click", kill);
  byId("lift").addEventListener("click", lift);
}
