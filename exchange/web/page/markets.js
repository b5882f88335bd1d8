// The list of markets of a chip: outrights, or spreads and strips, with best prices, settlement and state.

import { priceText } from "./gpux.js";
import { byId, cells, fillRows, make, mark, say, tabs } from "./dom.js";
import { choose, desk, want } from "./desk.js";
import { chosenTier, middleOf, settledOf } from "./curve.js";
import { touch, view } from "./frames.js";
import { changeText, periodText, phaseWord, tierText } from "./format.js";

const KIND_ORDER = ["month", "quarter", "year", "term3", "term5"];
const ROWS_MAX = 120;
let spreads = false;
let filter = "";

function shownRows() {
  const all = [...desk.feeds.instruments.values()].filter(
    (row) => row.chip === desk.chip && Boolean(row.legs?.length) === spreads && !row.life,
  );
  const tier = chosenTier() || firstTier(all);
  const matches = filter
    ? all.filter((row) => `${row.sym} ${spreads ? row.combo : periodText(row)}`.toLowerCase().includes(filter))
    : spreads
      ? all
      : all.filter((row) => (row.fam === "IDX" ? "Index" : tierText(row.floor_bp)) === tier);
  return matches
    .sort(
      (left, right) =>
        String(left.combo ?? "").localeCompare(right.combo ?? "") ||
        left.fam.localeCompare(right.fam) * (left.fam === "TOP" || right.fam === "TOP" ? 0 : -1) ||
        left.floor_bp - right.floor_bp ||
        KIND_ORDER.indexOf(left.kind) - KIND_ORDER.indexOf(right.kind) ||
        left.deliv_from - right.deliv_from,
    )
    .slice(0, ROWS_MAX);
}

/** G90 is the tier that most trade; else the first. */
function firstTier(rows) {
  const tiers = rows.filter((row) => row.fam === "PHY").map((row) => tierText(row.floor_bp));
  return tiers.includes("G90") ? "G90" : tiers[0];
}

function drawMarkets() {
  if (!desk.feeds?.instrumentsKnown || !desk.chip) return false;
  const rows = shownRows();
  if (!desk.chosen && rows.length) choose(rows[0]);
  want(
    "markets",
    rows.flatMap((row) => [{ n: "status", i: row.i }, ...(row.legs?.length ? [{ n: "top", i: row.i, ms: 100 }] : [])]),
  );
  fillRows(byId("markets"), rows, ({ i }) => i, makeRow, changeRow);
}

function makeRow(row) {
  const line = cells("", "bid", "ask", "", "", "");
  const button = make("button", { type: "button", className: "link", textContent: row.sym });
  const period = row.legs?.length ? "" : periodText(row);
  line.firstChild.append(button, make("span", { className: "period", textContent: period }));
  line.addEventListener("click", () => pick(row.i));
  return line;
}

/** Choose a market by its number, and show it on a narrow screen too. */
export function pick(i, show = true) {
  choose(desk.feeds.instruments.get(i));
  if (show && document.body.dataset.view === "curve")
    document.dispatchEvent(new CustomEvent("show-view", { detail: "market" }));
}

/** Choose the market before or after the chosen one in the list. */
export function step(by) {
  const rows = shownRows(),
    at = rows.findIndex((row) => row.i === desk.chosen?.i),
    next = rows[at + by];
  if (!next) return;
  choose(next);
  byId("markets").rowsByKey.get(next.i)?.scrollIntoView({ block: "nearest" });
}

function changeRow(line, row) {
  const [, bid, ask, settled, change, state] = line.children,
    top = desk.feeds.tops.get(row.i),
    middle = middleOf(top);
  const isChosen = row.i === desk.chosen?.i,
    settle = settledOf(row),
    phase = desk.feeds.phases.get(row.i) ?? row.phase;
  mark(line, isChosen ? "chosen" : "");
  if (isChosen) line.firstChild.firstChild.setAttribute("aria-current", "true");
  else line.firstChild.firstChild.removeAttribute("aria-current");
  say(bid, top?.bp === undefined ? "–" : priceText(top.bp));
  say(ask, top?.ap === undefined ? "–" : priceText(top.ap));
  say(settled, priceText(settle));
  say(change, middle === null ? "–" : changeText(Math.round(middle - settle)));
  say(state, row.ioc_only && phase === "OPEN" ? "At once only" : phaseWord(phase));
}

export function start() {
  view("markets", drawMarkets, 150);
  tabs(byId("markets-card").querySelector("[role=tablist]"), (tab) => {
    spreads = tab === "tab-spreads";
    touch("markets");
  });
  byId("filter").addEventListener("input", ({ target }) => {
    filter = target.value.trim().toLowerCase();
    touch("markets");
  });
}
