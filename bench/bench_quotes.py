"""What does a mass quote cost in the engine: 32 entries, all 64 sides moved, nothing traded?

One maker with an armed protection group quotes 32 books and moves all quotes one tick up, then one tick down, and so
on. Each message is one call of the compiled loop. Checked: the last message replaces every side without a refusal; the
same state hash in every pass. Not shown: gateway, journal, publishers.
"""

from dataclasses import dataclass

import numpy as np

from bench.record import Report, distribution, time_ns
from bench.tapes.market import GROUP, PlainMarket, engine_at, market_tape
from exchange.codes import CommandFlag, CommandKind, EventKind
from exchange.engine.engine import Engine
from exchange.limits import QUOTE_ENTRIES_MAX
from exchange.records import COMMAND, blank_rows, column
from exchange.units import NS_PER_S

PASSES = 5
MID, SPREAD, LOTS = 3_000, 5, 10
PROTECTION = 1
ACCOUNT = 1


@dataclass(frozen=True)
class MassQuotes:
    """Parameters of the messages."""

    messages: int = 2_000
    entries: int = QUOTE_ENTRIES_MAX


def run_quotes(report: Report, name: str) -> None:
    """Measure the microseconds of one message."""
    parameters = MassQuotes(messages=200 if report.quick else MassQuotes.messages)
    engine = quoted_engine(parameters)
    start = engine.states.view(np.uint8).copy()
    times, hashes = [], set()
    for _ in range(report.passes(PASSES)):
        np.copyto(engine.states.view(np.uint8), start)
        for number in range(parameters.messages):
            rows = message(engine, parameters.entries, MID + number % 2)
            times.append(time_ns(engine.run_silently, rows) / 1e3)
        hashes.add(engine.state_hash())
    events = engine.apply(message(engine, parameters.entries, MID + parameters.messages % 2))
    moved = int(np.count_nonzero(events["kind"] == EventKind.ORDER_REPLACED))
    refused = int(np.count_nonzero(events["kind"] == EventKind.ORDER_REJECTED))
    if (moved, refused) != (2 * parameters.entries, 0) or len(hashes) != 1:
        raise AssertionError(f"{moved} sides moved, {refused} entries refused, {len(hashes)} states")
    figure = distribution(times, "us")
    report.row(f"mass quote of {parameters.entries} entries", figure.text(), f"{moved} sides moved in each message")
    report.keep(name, {"message": figure, "sides": moved}, parameters)


def quoted_engine(parameters: MassQuotes) -> Engine:
    """An engine with the maker's first quotes in all books."""
    market = PlainMarket(MID - 200, MID + 200, MID, books=parameters.entries)
    arm = np.zeros(1, COMMAND)
    arm["kind"], arm["account"], arm["group"] = CommandKind.MMP_SET, ACCOUNT, GROUP
    column(arm, "protection_number")[:] = PROTECTION
    column(arm, "window_ns")[:] = NS_PER_S
    tape = market_tape(market, [arm], limits="venue")
    engine = engine_at(tape, len(tape.commands))
    engine.run_silently(message(engine, parameters.entries, MID - 1))
    return engine


def message(engine: Engine, entries: int, middle: int) -> np.ndarray:
    """The QUOTE rows of one mass quote. `middle`: price in ticks between bid and ask."""
    rows = blank_rows(COMMAND, entries)
    rows["sequence"] = np.arange(engine.sequence + 1, engine.sequence + 1 + entries)
    rows["time_ns"] = engine.time_ns + 1
    rows["kind"], rows["account"] = CommandKind.QUOTE, ACCOUNT
    column(rows, "protection_number")[:] = PROTECTION
    rows["instrument"] = np.arange(1, 1 + entries)
    column(rows, "bid_tick")[:], column(rows, "ask_tick")[:] = middle - SPREAD, middle + SPREAD
    column(rows, "bid_lots")[:] = column(rows, "ask_lots")[:] = LOTS
    rows["flags"][:-1] = CommandFlag.MORE
    return rows
