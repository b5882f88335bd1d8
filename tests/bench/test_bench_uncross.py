"""The orders of the benchmark uncross at the volume that a plain count gives."""

import numpy as np
import pytest
from rich.table import Table

from bench.bench_uncross import GROUP, Auction, full_book, largest_volume, run_uncross, state_row
from bench.record import Report
from exchange.codes import CommandKind, EventKind, MarketState, Side
from exchange.engine import query
from exchange.records import COMMAND, column

SMALL = Auction(orders=300, accounts=8)


def test_a_plain_count_gives_the_volume_at_the_best_price() -> None:
    orders = np.zeros(4, COMMAND)
    orders["side"] = [Side.BUY, Side.BUY, Side.SELL, Side.SELL]
    orders["price"], orders["lots"] = [102, 100, 99, 101], [5, 4, 3, 4]
    assert largest_volume(orders) == 5, "at 101: five lots are bought, seven sold"


@pytest.mark.rule("AUC-003")
def test_the_book_collects_everything_and_opens_at_that_volume() -> None:
    engine, orders = full_book(SMALL)
    assert query.market_state(engine.states, 1) == MarketState.RESERVED
    assert sum(lots for side in query.depth(engine.states, 1) for _, lots in side) == orders["lots"].sum()
    events = engine.apply(state_row(engine, MarketState.OPEN))
    (volume,) = column(events, "volume_lots")[events["kind"] == EventKind.UNCROSSED]
    assert volume == largest_volume(orders) > 0 and query.market_state(engine.states, 1) == MarketState.OPEN


def test_the_same_seed_gives_the_same_orders() -> None:
    assert np.array_equal(full_book(SMALL)[1], full_book(SMALL)[1])


def test_a_state_row_is_the_next_one_of_its_engine() -> None:
    engine, _ = full_book(SMALL)
    row = state_row(engine, MarketState.OPEN)
    assert row["sequence"] == engine.sequence + 1 and row["time_ns"] > engine.time_ns
    assert (row["kind"][0], row["group"][0]) == (CommandKind.SET_STATE, GROUP)


def test_the_question_adds_a_row_and_a_figure() -> None:
    report = Report(True, Table("what", "figure", "detail"))
    run_uncross(report, "uncross")
    figures = report.figures["uncross"]
    assert report.table.row_count == 1 and figures["volume_lots"] > figures["pairs"] > 0
