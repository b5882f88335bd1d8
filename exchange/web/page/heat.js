// How the curve moved while the page was open: a heat map of each delivery period against its settlement.

import { byId, colour, paint, say, whenSchemeChanges } from "./dom.js";
import { chosenTier, lines, middleOf, settledOf } from "./curve.js";
import { desk } from "./desk.js";
import { touch, view } from "./frames.js";
import { periodText, timeText } from "./format.js";

const SAMPLE_MS = 2_000;
const SAMPLES_SHOWN = 60;
const SAMPLES_MAX = 300;
const SCALE_BP = 100; // the map has its full colour from 1 % on

let samples = []; // { time, ticks: Map of instrument to [middle, settled] }; null: a gap

/** Keep the curve of now, so that the map shows how it moved while the page was open. */
function sample() {
  if (!desk.live) {
    if (samples.at(-1) !== null && samples.length) samples.push(null);
  } else if (desk.feeds.instrumentsKnown) {
    const ticks = new Map();
    for (const [i, top] of desk.feeds.tops) {
      const middle = middleOf(top),
        row = desk.feeds.instruments.get(i);
      if (middle !== null && row?.chip === desk.chip) ticks.set(i, [middle, settledOf(row)]);
    }
    samples.push({ time: desk.nowUs, ticks });
  }
  samples = samples.slice(-SAMPLES_MAX);
  touch("heat");
}

function drawHeat() {
  const found = !byId("heat").hidden && desk.feeds && paint(byId("heat-canvas"));
  if (!found) return;
  const { context, width, height } = found,
    left = 70,
    bottom = 18;
  const all = lines(),
    line = all.find(({ name }) => name === chosenTier()) ?? all[0];
  if (!line) return;
  const tall = (height - bottom) / line.rows.length,
    wide = (width - left) / Math.max(SAMPLES_SHOWN, samples.length);
  context.fillStyle = colour("quiet");
  const every = Math.max(1, Math.ceil(12 / tall));
  line.rows.forEach((row, index) => {
    if (index % every === 0) context.fillText(periodText(row), 0, index * tall + Math.min(11, tall));
  });
  const start = Math.max(0, SAMPLES_SHOWN - samples.length);
  samples.forEach((each, at) => {
    const x = left + (start + at) * wide;
    line.rows.forEach((row, index) => {
      const ticks = each?.ticks.get(row.i);
      if (!ticks) return;
      const bp = ticks[1] ? ((ticks[0] - ticks[1]) / Math.abs(ticks[1])) * 10_000 : 0;
      context.globalAlpha = Math.min(1, 0.06 + Math.abs(bp) / SCALE_BP);
      context.fillStyle = bp === 0 ? colour("line") : colour(bp > 0 ? "bid" : "ask");
      context.fillRect(x, index * tall, wide + 0.5, Math.max(1, tall - 1));
    });
  });
  context.globalAlpha = 1;
  context.fillStyle = colour("quiet");
  const first = samples.find(Boolean);
  if (first && samples.length * wide > 130) context.fillText(timeText(first.time), left + start * wide, height - 5);
  context.textAlign = "right";
  context.fillText(`${timeText(desk.nowUs)} UTC`, width, height - 5);
  context.textAlign = "left";
  const meaning = "Blue: above, orange: below; full colour from 1 %.";
  say(byId("curve-note"), `${line.name}: middle against settlement since this page is open, every 2 s. ${meaning}`);
}

export function start() {
  view("heat", drawHeat, 500);
  byId("chip").addEventListener("change", () => {
    samples = [];
  });
  whenSchemeChanges(() => touch("heat"));
  setInterval(sample, SAMPLE_MS);
}
