// Starts the page: connects, draws its frame (connection, day, views) and listens for shortcuts.

import { byId, fillFacts, make, say } from "./dom.js";
import { connectAsBefore } from "./connection.js";
import { desk } from "./desk.js";
import { touch, touchAll, view } from "./frames.js";
import { spanText, timeText } from "./format.js";
import * as account from "./account.js";
import * as candles from "./candles.js";
import * as curve from "./curve.js";
import * as heat from "./heat.js";
import * as market from "./market.js";
import * as markets from "./markets.js";
import * as signIn from "./sign_in.js";
import * as ticket from "./ticket.js";

const STATES = { wait: "connecting", live: "live", lost: "not live", over: "ended" };

function drawConnection() {
  const { session, state } = desk,
    hello = session?.core.hello,
    banner = byId("banner");
  say(byId("venue"), hello?.venue ?? "");
  byId("connection").dataset.state = state;
  say(byId("connection"), STATES[state]);
  document.body.classList.toggle("stale", state !== "live");
  const seconds = Math.max(0, Math.ceil((desk.nextTryAt - Date.now()) / 1000));
  const next = seconds ? `in ${seconds} s` : "now";
  const since = desk.lostAt ? timeText(desk.lostAt * 1000 + desk.clockSkewUs) : "";
  banner.hidden = state === "live" || (state === "wait" && !desk.lostAt);
  banner.dataset.state = state;
  if (!banner.hidden) {
    const [text, label] =
      state === "over"
        ? [`The session has ended: ${desk.reason}.`, "Connect again"]
        : [
            `No connection to the venue since ${since} UTC: what is shown is from before. Trying again ${next}.`,
            "Try now",
          ];
    if (!banner.firstChild) {
      banner.append(make("span"), make("button", { type: "button" }));
      banner.lastChild.addEventListener("click", () =>
        desk.state === "over" ? connectAsBefore() : desk.session?.retryNow(),
      );
    }
    say(banner.firstChild, text);
    say(banner.lastChild, label);
  }
  drawDay(hello);
}

function drawDay(hello) {
  const day = hello?.day,
    now = timeText(desk.nowUs);
  if (!desk.live || !day) return say(byId("day"), "");
  const close = day.close && day.close > desk.nowUs ? `, closes in ${spanText(day.close - desk.nowUs)}` : "";
  say(byId("day"), `${now} UTC${day.day ? ` · trading day ${day.day}${close}` : ""}`);
}

/** Show one of the views of a narrow screen. */
function showView(name) {
  document.body.dataset.view = name;
  for (const button of byId("views").children)
    button.setAttribute("aria-pressed", String(button.dataset.view === name));
  touchAll();
}

const SHORTCUTS = [
  ["b", "Buy: to the ticket", () => ticket.begin("b")],
  ["s", "Sell: to the ticket", () => ticket.begin("s")],
  ["j", "Next market", () => markets.step(1)],
  ["k", "Market before", () => markets.step(-1)],
  [
    "/",
    "Filter the markets",
    () => {
      showView("curve");
      byId("filter").focus();
    },
  ],
  ["c", "Cancel all orders", () => account.cancelAll()],
  ["K", "Kill: cancel all, block new orders", () => account.kill()],
  ["a", "Keys and accounts", () => byId("sign-in").click()],
  ["?", "This list", () => byId("help-dialog").showModal()],
  ["Esc", "Close a dialog, leave a field", null],
];

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const typing =
    /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) &&
    event.target.type !== "radio" &&
    event.target.type !== "checkbox";
  if (typing) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const found = SHORTCUTS.find(([key, , act]) => key === event.key && act);
  if (!found) return;
  event.preventDefault();
  found[2]();
}

function start() {
  for (const part of [curve, heat, markets, market, candles, ticket, account, signIn]) part.start();
  view("connection", drawConnection, 100);
  fillFacts(
    byId("shortcuts"),
    SHORTCUTS.map(([key, what]) => [key, what]),
  );
  byId("help").addEventListener("click", () => byId("help-dialog").showModal());
  byId("views").addEventListener("click", ({ target }) => {
    if (target.dataset.view) showView(target.dataset.view);
  });
  document.addEventListener("show-view", ({ detail }) => showView(detail));
  document.addEventListener("keydown", onKey);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    desk.session?.retryNow();
    touchAll();
  });
  addEventListener("online", () => desk.session?.retryNow());
  setInterval(() => touch("connection", "clock", "identity"), 500);
  connectAsBefore();
}

start();
