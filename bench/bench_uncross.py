"""How long does an uncross of 100,000 orders take: auction price, all trades, positions, fees and events?

A book in PREOPEN collects orders of 256 accounts on 400 ticks around one price. Then it opens. Each pass starts from a
copy of the full book. Checked: the volume equals the largest of a plain count over all ticks; the same state hash in
every pass. Not shown: the journal, and the publishers of the events.
"""

from dataclasses import dataclass

import numpy as np

from bench.record import Report, distribution, time_ns
from bench.tapes.market import GROUP, PlainMarket, engine_at, market_tape
from exchange.codes import CommandKind, EventKind, MarketState, OrderType, Side, TimeInForce
from exchange.engine.engine import Engine
from exchange.records import COMMAND, column

PASSES = 7
MID, REACH = 3_000, 200


@dataclass(frozen=True)
class Auction:
    """Parameters of the orders."""

    orders: int = 100_000
    accounts: int = 256
    lots_max: int = 10
    seed: int = 1


def run_uncross(report: Report, name: str) -> None:
    """Measure the milliseconds of the command that opens the market."""
    parameters = Auction(orders=10_000 if report.quick else Auction.orders)
    engine, orders = full_book(parameters)
    start = engine.states.view(np.uint8).copy()
    times, hashes = [], set()
    for _ in range(report.passes(PASSES)):
        np.copyto(engine.states.view(np.uint8), start)
        row = state_row(engine, MarketState.OPEN)
        times.append(time_ns(engine.run_silently, row) / 1e6)
        hashes.add(engine.state_hash())
    np.copyto(engine.states.view(np.uint8), start)
    events = engine.apply(state_row(engine, MarketState.OPEN))
    volume = int(column(events, "volume_lots")[events["kind"] == EventKind.UNCROSSED][0])
    if volume != largest_volume(orders) or len(hashes) != 1:
        raise AssertionError(f"volume {volume}, expected {largest_volume(orders)}; {len(hashes)} states")
    pairs = int(np.count_nonzero(events["kind"] == EventKind.FILL)) // 2
    figure = distribution(times, "ms")
    report.row(f"uncross of {parameters.orders:,} orders", figure.text(), f"{volume:,} lots in {pairs:,} pairs")
    report.keep(name, {"uncross": figure, "volume_lots": volume, "pairs": pairs}, parameters)


def full_book(parameters: Auction) -> tuple[Engine, np.ndarray]:
    """(engine whose only book has collected the orders, NEW rows of these orders)."""
    rng = np.random.default_rng(parameters.seed)
    rows = np.zeros(parameters.orders + 1, COMMAND)
    rows["kind"][0], rows["group"][0] = CommandKind.SET_STATE, GROUP
    column(rows, "market_state")[0] = MarketState.RESERVED
    orders = rows[1:]
    orders["kind"] = CommandKind.NEW
    orders["order_type"], orders["tif"] = OrderType.LIMIT, TimeInForce.GTC
    orders["instrument"] = 1
    orders["side"] = rng.integers(0, 2, len(orders))
    orders["account"] = rng.integers(1, 1 + parameters.accounts, len(orders))
    orders["price"] = MID + rng.integers(-REACH, REACH + 1, len(orders))
    orders["lots"] = rng.integers(1, 1 + parameters.lots_max, len(orders))
    orders["client_order_id_0"] = np.arange(1, 1 + len(orders))
    market = PlainMarket(MID - 2 * REACH, MID + 2 * REACH, MID, accounts=parameters.accounts)
    tape = market_tape(market, [rows], limits="venue")
    engine = engine_at(tape, len(tape.commands))
    return engine, orders


def state_row(engine: Engine, state: MarketState) -> np.ndarray:
    """A SET_STATE of the group, numbered for an engine."""
    row = np.zeros(1, COMMAND)
    row["sequence"], row["time_ns"] = engine.sequence + 1, engine.time_ns + 1
    row["kind"], row["group"] = CommandKind.SET_STATE, GROUP
    column(row, "market_state")[:] = state
    return row


def largest_volume(orders: np.ndarray) -> int:
    """The largest volume that can trade at one price (AUC-003), by a plain count at every tick. Lots."""
    buys, sells = (
        np.bincount(orders["price"][orders["side"] == side], orders["lots"][orders["side"] == side], 2 * MID)
        for side in Side
    )
    return int(np.minimum(buys[::-1].cumsum()[::-1], sells.cumsum()).max())
