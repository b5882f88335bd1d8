// Texts for people: names of delivery periods, times, lots, phases, reasons.

import { priceText } from "./gpux.js";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const group = new Intl.NumberFormat("en-US");

export const lotsText = (lots) => group.format(lots);

/** A signed price against another one: "0.012", with the sign of a loss only. */
export const changeText = (ticks) => `${ticks > 0 ? "+" : ticks < 0 ? "\u2212" : ""}${priceText(Math.abs(ticks))}`;

export const tierText = (floorBp) => `G${floorBp / 100}`;

/** The delivery period of an outright: "Mar 2027", "Q1 2027", "2027", "5 years from 2027". */
export function periodText({ kind, from, sym }) {
  const [year, month] = from.split("-").map(Number);
  switch (kind) {
    case "month":
      return `${MONTHS[month - 1]} ${year}`;
    case "quarter":
      return `Q${(month + 2) / 3} ${year}`;
    case "year":
      return String(year);
    case "term3":
      return `3 years from ${year}`;
    case "term5":
      return `5 years from ${year}`;
    default:
      return sym;
  }
}

/** What an instrument is, in words. */
export function describe(instrument, instruments) {
  const { legs, chip, floor_bp: floor, hours, fam } = instrument;
  if (legs?.length) {
    const part = ([i, lots]) => `${lots > 0 ? "buy" : "sell"} ${Math.abs(lots)} ${instruments.get(i)?.sym ?? i}`;
    return `One lot bought is: ${legs.map(part).join(", ")}.`;
  }
  const what =
    fam === "IDX" ? "settled in cash against the index" : fam === "TOP" ? "a term of several years" : "delivered";
  return (
    `${chip} GPU-hours of goodput ${floor / 100} % or better, ${periodText(instrument)}, ${what}. ` +
    `One lot is one GPU for ${group.format(hours)} hours.`
  );
}

const pad = (number) => String(number).padStart(2, "0");

/** Time of day in UTC, of microseconds since 1970. */
export function timeText(us) {
  const date = new Date(us / 1000);
  return `${pad(date.getUTCHours())}:${pad(date.getUTCMinutes())}:${pad(date.getUTCSeconds())}`;
}

export const dateText = (us) => new Date(us / 1000).toISOString().slice(0, 10);

/** How long until something: "2 d 3 h", "1:02:03", "0:05". */
export function spanText(us) {
  const seconds = Math.max(0, Math.ceil(us / 1e6));
  if (seconds >= 172_800) return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3600)} h`;
  const hours = Math.floor(seconds / 3600),
    minutes = Math.floor((seconds % 3600) / 60);
  return hours ? `${hours}:${pad(minutes)}:${pad(seconds % 60)}` : `${minutes}:${pad(seconds % 60)}`;
}

const PHASES = {
  PREOPEN: "Auction: orders are collected",
  NOCANCEL: "Auction: no cancels",
  OPEN: "Open",
  RESERVED: "Auction after a fast move",
  PAUSED: "Paused",
  HALT: "Halted",
  CLOSED: "Closed",
};
/** In a word, for a list. */
export const phaseWord = (phase) => (AUCTIONS.has(phase) ? "Auction" : (PHASES[phase] ?? phase));
export const phaseText = (phase) => PHASES[phase] ?? phase;
export const AUCTIONS = new Set(["PREOPEN", "NOCANCEL", "RESERVED"]);

/** Seconds after which terms of cancel take the orders of a lost connection; null: they stay (SESS-020). */
export const graceSeconds = ({ mode, on, grace_ms: grace }) =>
  mode === "off" || on === "logout" ? null : grace / 1000;

export const sideText = (side) => (side === "b" ? "buy" : "sell");
