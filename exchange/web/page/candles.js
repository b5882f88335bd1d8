// Candles of the chosen market, where the venue has the channel `candles`: past ones by query, then as they change.

import { priceText } from "./gpux.js";
import { byId, colour, paint, say } from "./dom.js";
import { desk, want } from "./desk.js";
import { touch, view } from "./frames.js";
import { dateText, timeText } from "./format.js";

const SHOWN_MAX = 120;
let rows = new Map(); // start -> [start, open, high, low, close, lots, value, trades]
let shown = ""; // what they are of

const spec = () => ({ n: "candles", i: desk.chosen.i, iv: byId("interval").value });

function follow() {
  if (!desk.chosen || byId("candles-panel").hidden || !desk.offers("candles")) return want("candles", []);
  const key = `${desk.chosen.i} ${byId("interval").value}`;
  want("candles", [spec()]);
  if (shown === key) return;
  shown = key;
  rows = new Map();
  fetchPast(key);
}

async function fetchPast(key) {
  try {
    const interval = byId("interval").value;
    const reply = await desk.session.pastCandles(desk.chosen, interval, { limit: SHOWN_MAX });
    if (shown !== key) return;
    for (const row of reply.candles ?? []) if (!rows.has(row[0])) rows.set(row[0], row);
    touch("candles");
  } catch (error) {
    if (error.name !== "Refused" && error.name !== "NotLive") throw error; // without past ones it begins now
  }
}

function draw() {
  follow();
  if (byId("candles-panel").hidden) return;
  byId("candles-canvas").hidden = !desk.offers("candles");
  if (!desk.offers("candles")) return say(byId("candles-note"), "This venue does not offer candles.");
  const found = paint(byId("candles-canvas")),
    list = [...rows.values()].sort((left, right) => left[0] - right[0]).slice(-SHOWN_MAX);
  say(byId("candles-note"), list.length ? "" : "No trades in this market yet.");
  if (!found || !list.length) return;
  const { context, width, height } = found,
    high = Math.max(...list.map((row) => row[2])),
    low = Math.min(...list.map((row) => row[3]));
  const right = width - 52,
    bottom = height - 20,
    wide = Math.min(14, right / list.length);
  const y = (tick) => 8 + ((bottom - 16) * (high - tick)) / Math.max(1, high - low);
  list.forEach(([, open, top, least, close], index) => {
    const x = right - (list.length - index - 0.5) * wide;
    context.strokeStyle = context.fillStyle = colour(close >= open ? "bid" : "ask");
    context.beginPath();
    context.moveTo(x, y(top));
    context.lineTo(x, y(least));
    context.stroke();
    const upper = y(Math.max(open, close));
    context.fillRect(x - wide * 0.35, upper, wide * 0.7, Math.max(1, y(Math.min(open, close)) - upper));
  });
  context.fillStyle = colour("quiet");
  context.fillText(priceText(high), right + 6, 14);
  context.fillText(priceText(low), right + 6, bottom - 4);
  const text = byId("interval").value === "1d" ? dateText : (us) => timeText(us).slice(0, 5);
  if (list.length * wide > 90) context.fillText(text(list[0][0]), Math.max(0, right - list.length * wide), height - 6);
  context.textAlign = "right";
  context.fillText(text(list.at(-1)[0]), right, height - 6);
  context.textAlign = "left";
}

export function start() {
  view("candles", draw, 250);
  byId("interval").addEventListener("change", () => touch("candles"));
  document.addEventListener("candles", ({ detail: { i, iv, x } }) => {
    if (shown === `${i} ${iv}`) for (const row of x) rows.set(row[0], row);
    touch("candles");
  });
  document.addEventListener("live", () => {
    shown = ""; // those of the time without a connection are fetched
    touch("candles");
  });
}
