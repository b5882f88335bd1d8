// The forward curve of a chip: live middle and settlement of each delivery period, one line a quality tier.

import { priceText } from "./gpux.js";
import { byId, colour, fillRows, make, say, tabs, whenSchemeChanges } from "./dom.js";
import { desk, want } from "./desk.js";
import { touch, view } from "./frames.js";
import { periodText, tierText } from "./format.js";

const KINDS = ["month", "quarter", "year"];
const HEIGHT = 285;
const DAY_S = 86_400;
const hiddenTiers = new Set();
let plot = null;
let plotted = ""; // the chip and the lines that it shows

/** Middle of the best prices; of one side alone there is none. */
export function middleOf(top) {
  return top?.bp !== undefined && top?.ap !== undefined ? (top.bp + top.ap) / 2 : null;
}

export const settledOf = (row) => desk.feeds.settlements.get(row.i)?.px ?? row.settle;

/** Contracts whose periods follow each other without a gap or an overlap: months, then quarters, then years. */
export function chainOf(rows) {
  const chain = [];
  for (const kind of KINDS) {
    for (const row of rows
      .filter((each) => each.kind === kind)
      .sort((left, right) => left.deliv_from - right.deliv_from)) {
      if (!chain.length || row.deliv_from >= chain.at(-1).deliv_to - 86_400e6) chain.push(row);
    }
  }
  return chain;
}

/** Lines of the chip: { name, rows }, one a tier, and one of contracts on the index. */
export function lines() {
  const rows = [...desk.feeds.instruments.values()].filter(
    (row) => row.chip === desk.chip && !row.life && !row.legs?.length,
  );
  const tiers = [...new Set(rows.filter((row) => row.fam === "PHY").map((row) => row.floor_bp))].sort(
    (left, right) => left - right,
  );
  const physical = tiers.map((tier) => ({
    name: tierText(tier),
    rows: chainOf(rows.filter((row) => row.fam === "PHY" && row.floor_bp === tier)),
  }));
  const index = chainOf(rows.filter((row) => row.fam === "IDX"));
  return [...physical, ...(index.length ? [{ name: "Index", rows: index }] : [])];
}

export const chosenTier = () =>
  desk.chosen && !desk.chosen.legs?.length && desk.chosen.chip === desk.chip
    ? desk.chosen.fam === "IDX"
      ? "Index"
      : tierText(desk.chosen.floor_bp)
    : "";

function drawChoices() {
  if (!desk.feeds?.instrumentsKnown) return false;
  const select = byId("chip"),
    chips = [...new Set([...desk.feeds.instruments.values()].map((row) => row.chip).filter(Boolean))].sort();
  if ([...select.options].map(({ value }) => value).join() !== chips.join()) {
    select.replaceChildren(...chips.map((chip) => make("option", { value: chip, textContent: chip })));
  }
  if (!chips.includes(desk.chip)) desk.chip = chips.includes("H100") ? "H100" : (chips[0] ?? "");
  select.value = desk.chip;
  fillRows(
    byId("tiers"),
    lines().map((line, index) => ({ ...line, index })),
    ({ name }) => name,
    ({ name }) => {
      const button = make("button", { type: "button", textContent: name });
      button.addEventListener("click", () => {
        if (!hiddenTiers.delete(name)) hiddenTiers.add(name);
        touch("choices", "curve");
      });
      return button;
    },
    (button, { name, index }) => {
      button.setAttribute("aria-pressed", String(!hiddenTiers.has(name)));
      button.style.borderLeftColor = colour(`tier-${(index % 5) + 1}`);
    },
  );
}

/** Rows of uPlot: times of the middle of each period, then for each line its settlement and its live middle. */
function columns(shownLines) {
  const at = (row) => (row.deliv_from + row.deliv_to) / 2e6;
  const times = [...new Set(shownLines.flatMap(({ rows }) => rows.map(at)))].sort((left, right) => left - right);
  const place = new Map(times.map((time, index) => [time, index]));
  const column = (rows, value) => {
    const ticks = new Array(times.length).fill(null);
    for (const row of rows) {
      const found = value(row);
      if (found !== null && found !== undefined) ticks[place.get(at(row))] = found / 1000;
    }
    return ticks;
  };
  return [
    times,
    ...shownLines.flatMap(({ rows }) => [
      column(rows, settledOf),
      column(rows, (row) => middleOf(desk.feeds.tops.get(row.i))),
    ]),
  ];
}

function drawCurve() {
  if (!desk.feeds?.instrumentsKnown || !desk.chip || !byId("curve").clientWidth) return false;
  const shown = lines()
    .map((line, index) => ({ ...line, index }))
    .filter(({ name }) => !hiddenTiers.has(name));
  const data = columns(shown),
    key = `${desk.chip} ${chosenTier()} ${shown.map(({ name }) => name)}`;
  if (plot && plotted === key) {
    plot.setData(data);
  } else {
    plot?.destroy();
    plot = new window.uPlot(options(shown), data, byId("curve"));
    if (!plotted) performance.mark("first-curve");
    plotted = key;
  }
  readOut(shown);
}

/** A date as exact as the step of the axis: year, month or day. */
function dayText(seconds, step) {
  const day = new Date(seconds * 1000).toISOString().slice(0, 10);
  if (step < 28 * DAY_S) return day;
  return day.slice(5, 7) === "01" ? day.slice(0, 4) : day.slice(0, 7);
}

function options(shown) {
  const axis = {
    stroke: colour("quiet"),
    grid: { stroke: colour("line"), width: 1 },
    ticks: { stroke: colour("line") },
  };
  return {
    width: byId("curve").clientWidth,
    height: HEIGHT,
    cursor: { drag: { x: false, y: false }, points: { size: 6 } },
    legend: { show: false },
    scales: { x: { time: true } },
    axes: [
      {
        ...axis,
        values: (_, splits, axis, space, step) => splits.map((time) => dayText(time, step)),
        space: 70,
      },
      {
        ...axis,
        values: (_, splits, axis, space, step) => splits.map((dollars) => dollars.toFixed(step < 0.01 ? 3 : 2)),
        size: 52,
      },
    ],
    series: [
      {},
      ...shown.flatMap(({ name, index }) => {
        const stroke = colour(`tier-${(index % 5) + 1}`),
          thick = name === chosenTier() ? 2.5 : 1.5;
        return [
          {
            label: `${name} settled`,
            stroke,
            width: 1,
            dash: [4, 4],
            alpha: 0.55,
            spanGaps: true,
            points: { show: false },
          },
          { label: name, stroke, width: thick, spanGaps: true, points: { show: true, size: 5, fill: stroke } },
        ];
      }),
    ],
    hooks: { setCursor: [() => readOut(shown)] },
  };
}

/** The middle of two ticks may be between them. */
const middleText = (middle) => (middle / 1000).toFixed(4).replace(/0$/, "");

/** What is under the pointer, or the front of each line, in words. */
function readOut(shown) {
  const at = plot?.cursor.idx,
    parts = [];
  for (const { name, rows } of shown) {
    const time = at === null || at === undefined ? null : plot.data[0][at];
    const row = time === null ? rows[0] : rows.find((each) => (each.deliv_from + each.deliv_to) / 2e6 === time);
    if (!row) continue;
    const middle = middleOf(desk.feeds.tops.get(row.i)),
      settled = settledOf(row);
    if (!parts.length) parts.push(periodText(row));
    parts.push(`${name} ${middle === null ? "no quotes" : middleText(middle)} (settled ${priceText(settled)})`);
  }
  say(byId("curve-note"), parts.length ? `${parts.join(" · ")}. Solid: live middle; dashed: settlement.` : "");
}

// -- start ------------------------------------------------------------------------------------------------------------

/** Contracts of the chip whose best prices the page follows. */
export function wantCurve() {
  if (!desk.feeds?.instrumentsKnown || !desk.chip) return;
  const rows = [...desk.feeds.instruments.values()].filter(
    (row) => row.chip === desk.chip && !row.life && !row.legs?.length,
  );
  want("curve", [{ n: "settlement" }, ...rows.map((row) => ({ n: "top", i: row.i, ms: 100 }))]);
}

export function start() {
  view(
    "choices",
    () => {
      const before = desk.chip;
      if (drawChoices() === false) return false;
      if (desk.chip !== before) touch("curve", "markets");
      wantCurve();
    },
    500,
  );
  view("curve", drawCurve, 200);
  byId("chip").addEventListener("change", ({ target }) => {
    desk.chip = target.value;
    wantCurve();
    touch("choices", "curve", "markets", "heat");
  });
  tabs(byId("curve-card").querySelector("[role=tablist]"), () => touch("curve", "heat"));
  const redraw = () => {
    plot?.destroy();
    plot = null;
    touch("choices", "curve");
  };
  whenSchemeChanges(redraw);
  new ResizeObserver(() => {
    if (plot && plot.width !== byId("curve").clientWidth && byId("curve").clientWidth)
      plot.setSize({ width: byId("curve").clientWidth, height: HEIGHT });
    else touch("curve");
    touch("heat");
  }).observe(byId("curve-card"));
}
