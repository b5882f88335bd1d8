"""What models see of the engine's book, against the engine's own answers, and the rows that they write."""

import numpy as np
import pytest

from bench.flows.book_steps import (
    BOOK,
    best_price,
    digits,
    lots_at,
    slot_behind,
    slot_in_queue,
    tick_at,
    write_cancel,
    write_limit,
    write_market,
)
from bench.flows.hawkes import hawkes
from bench.flows.stepping import run_process
from bench.tapes.market import engine_at
from exchange.codes import CommandKind, Side, TimeInForce
from exchange.engine import query
from exchange.engine.engine import Engine, blank_commands


@pytest.fixture(scope="module")
def engine() -> Engine:
    tape = run_process(hawkes(2), 2_000)
    return engine_at(tape, len(tape.commands))


def test_prices_and_lots_are_those_of_the_depth(engine: Engine) -> None:
    state, book = engine.states[0], engine.states[0].books[BOOK]
    for side, levels in enumerate(query.depth(engine.states, BOOK, 500)):
        assert best_price(state, book, side, 0) == levels[0][0]
        shown = dict(levels)
        for tick in range(min(shown) - 2, max(shown) + 3):
            assert lots_at(state, book, side, tick) == shown.get(tick, 0)
    assert lots_at(state, book, 0, 10**6) == 0, "outside the window"


def test_orders_are_found_by_their_place_in_a_queue(engine: Engine) -> None:
    state, book = engine.states[0], engine.states[0].books[BOOK]
    for side, levels in enumerate(query.depth(engine.states, BOOK, 500)):
        tick = max(levels, key=lambda level: level[1])[0]
        rows = query.queue(engine.states, BOOK, side, tick)
        found = [state.orders[slot_in_queue(state, book, side, tick, nth)].order_id for nth in range(len(rows))]
        assert found == [order_id for order_id, _ in rows]


def test_orders_behind_a_price_are_found_by_the_lots_before_them(engine: Engine) -> None:
    state, book = engine.states[0], engine.states[0].books[BOOK]
    for side, levels in enumerate(query.depth(engine.states, BOOK, 500)):
        first, behind = levels[2][0], levels[3:]
        queue = [row for tick, _ in behind for row in query.queue(engine.states, BOOK, side, tick)]
        expected = [order_id for order_id, lots in queue for _ in range(lots)]
        for before in range(0, len(expected), 7):
            slot = slot_behind(state, book, side, first, before)
            assert state.orders[slot].order_id == expected[before]
        assert slot_behind(state, book, side, first, len(expected)) == 0


def test_distance_is_counted_from_the_opposite_best_price() -> None:
    assert tick_at(8_000, Side.BUY, 1) == 7_999 and tick_at(8_000, Side.SELL, 3) == 8_003
    assert tick_at(70, Side.BUY, 50) == 65, "kept inside the window"


def test_rows_are_what_the_engine_takes() -> None:
    rows = blank_commands(3)
    write_limit(rows, 0, 5, 2, 1, 90, 4)
    write_market(rows, 1, 6, 3, 0, 7)
    orders = np.zeros(1, [("account", "i4"), ("order_id", "i8")])
    orders["account"], orders["order_id"] = 9, 1_234
    write_cancel(rows, 2, 7, orders.view(np.recarray)[0])
    assert rows["kind"].tolist() == [CommandKind.NEW, CommandKind.NEW, CommandKind.CANCEL]
    assert rows["tif"].tolist()[:2] == [TimeInForce.GTC, TimeInForce.IOC] and rows["price"].tolist()[:2] == [90, 16_384]
    assert rows["account"].tolist() == [2, 3, 9] and rows["order_id"][2] == 1_234


@pytest.mark.parametrize("number", [0, 7, 12_345_678, 123_456_789])
def test_a_name_is_the_last_eight_digits(number: int) -> None:
    assert int(digits(number)).to_bytes(8, "little") == f"{number % 10**8:08}".encode()
