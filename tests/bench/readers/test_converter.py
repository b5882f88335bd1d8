"""Order messages become commands; a dictionary book in plain Python judges them on random messages."""

from collections import Counter

import numpy as np
import pytest

from bench.readers.converter import Levels, convert, final_book_differences
from bench.readers.order_messages import (
    ADD,
    CLEAR,
    DELETE,
    EXECUTE,
    MODIFY,
    NOTICE,
    ORDER_MESSAGE,
    REDUCE,
    REPLACE,
    order_messages,
)
from bench.readers.report import ImportOptions, ImportReport
from exchange.codes import CommandKind, TimeInForce
from exchange.errors import UserError
from exchange.records import unpack_client_order_id

LIMITS = ImportOptions(low_tick=50, high_tick=150)


def rows_of(*messages: tuple[int, ...]) -> np.ndarray:
    """ORDER_MESSAGE rows of (kind, id, old id, side, price, lots)."""
    columns = np.array(messages, np.int64).reshape(-1, 6).T
    names = ("kind", "order_id", "old_order_id", "side", "price", "lots")
    count = np.arange(1, 1 + len(messages))
    return order_messages(time_ns=count, row=count, **dict(zip(names, columns, strict=True)))


def run(rows: np.ndarray, books: int = 1, options: ImportOptions = LIMITS) -> tuple[Levels, np.ndarray, ImportReport]:
    report = ImportReport("file", "medium", len(rows))
    converted = convert(rows, books, options, report)
    assert final_book_differences(converted.tape({}), converted.levels) == []
    return converted.levels[0], converted.commands, report


def names(commands: np.ndarray) -> list[str]:
    words = [commands[f"client_order_id_{word}"].tolist() for word in range(3)]
    return [unpack_client_order_id(*three) for three in zip(*words, strict=True)]


class PlainBook:
    """Orders by id, and nothing else: lots of an order, whatever its place in a queue."""

    def __init__(self, options: ImportOptions = LIMITS) -> None:
        self.options = options
        self.orders: dict[int, list[int]] = {}  # side, price, lots
        self.skipped: dict[int, int] = {}  # sides of orders out of bounds or crossing, which a change may bring in

    def apply(self, row: np.ndarray) -> None:
        kind, name, price, lots = (int(row[field]) for field in ("kind", "order_id", "price", "lots"))
        if kind == ADD:
            self.enter(name, int(row["side"]), price, lots)
        elif kind in (REDUCE, EXECUTE) and name in self.orders:
            self.orders[name][2] -= lots
        elif kind == DELETE:
            self.orders.pop(name, None)
            self.skipped.pop(name, None)
        elif kind in (MODIFY, REPLACE):
            old = name if kind == MODIFY else int(row["old_order_id"])
            side = self.orders.pop(old)[0] if old in self.orders else self.skipped.pop(old, None)
            if side is not None:
                self.enter(name, side, price, lots)
        if name in self.orders and self.orders[name][2] <= 0:
            del self.orders[name]

    def enter(self, name: int, side: int, price: int, lots: int) -> None:
        self.orders.pop(name, None)
        opposite = [other[1] for other in self.orders.values() if other[0] != side]
        crosses = any(price >= other if side == 0 else price <= other for other in opposite)
        if not crosses and self.options.low_tick <= price <= self.options.highest:
            self.orders[name] = [side, price, lots]
            self.skipped.pop(name, None)
        else:
            self.skipped[name] = side

    def levels(self) -> Levels:
        sides: tuple[Counter[int], Counter[int]] = (Counter(), Counter())
        for side, price, lots in self.orders.values():
            sides[side][price] += lots
        return sorted(sides[0].items(), reverse=True), sorted(sides[1].items())


@pytest.mark.rule("TAPE-005")
@pytest.mark.parametrize("seed", range(4))
def test_random_messages_give_the_book_of_a_plain_dictionary(seed: int) -> None:
    random = np.random.default_rng(seed)
    messages = []
    for number in range(1, 1_500):
        kind = int(random.choice([ADD, REDUCE, DELETE, REPLACE, MODIFY, EXECUTE], p=[0.5, 0.1, 0.1, 0.1, 0.1, 0.1]))
        side, some = int(random.integers(2)), int(random.integers(max(1, number - 60), number + 1))
        price = 100 + (1 if side else -1) * int(random.integers(-3, 60))
        lots = int(random.choice([1, 7, 25_000, 10_000]))
        messages.append((kind, number if kind in (ADD, REPLACE) else some, some, side, price, lots))
    rows = rows_of(*messages)
    book = PlainBook()
    for row in rows:
        book.apply(row)
    levels, commands, report = run(rows)
    assert levels == book.levels(), f"seed {seed}"
    assert commands["lots"].max() <= 10_000 and report.rows_out == len(commands)
    assert len(report.skipped) == 4 and len(report.changed) == 2, report


@pytest.mark.rule("TAPE-005")
def test_execution_of_the_first_order_becomes_an_aggressor() -> None:
    levels, commands, _ = run(rows_of((ADD, 7, 0, 1, 100, 5), (ADD, 8, 0, 1, 100, 5), (EXECUTE, 7, 0, 0, 0, 3)))
    assert levels == ([], [(100, 7)]) and names(commands) == ["7", "8", "x1"]
    taker = commands[-1]
    assert (taker["kind"], taker["tif"], taker["side"], taker["lots"]) == (CommandKind.NEW, TimeInForce.IOC, 0, 3)


@pytest.mark.rule("TAPE-005")
def test_order_larger_than_the_limit_becomes_parts_that_trade_in_turn() -> None:
    big = 2**64 - 1
    rows = rows_of((ADD, 7, 0, 0, 100, 25_000), (EXECUTE, 7, 0, 0, 0, 21_000), (DELETE, 7, 0, 0, 0, 0))
    rows["order_id"] = big
    levels, commands, _ = run(rows)
    assert names(commands) == [f"{big}", f"{big}.1", f"{big}.2", "x1", "x2", "x3", f"{big}.2"]
    assert commands["lots"].tolist() == [10_000, 10_000, 5_000, 10_000, 10_000, 1_000, 0] and levels == ([], [])


@pytest.mark.rule("TAPE-013")
def test_noticed_lots_are_traded_by_the_reduction_that_follows() -> None:
    rows = rows_of((ADD, 7, 0, 1, 100, 5), (NOTICE, 7, 0, 0, 0, 2), (REDUCE, 7, 0, 0, 0, 3), (MODIFY, 7, 0, 0, 100, 1))
    levels, commands, _ = run(rows)
    assert commands["kind"].tolist() == [CommandKind.NEW, CommandKind.NEW, CommandKind.REPLACE, CommandKind.REPLACE]
    # A replace names the total, filled lots included: 5 less 1 cancelled, then 4 less 1.
    assert commands["lots"].tolist() == [5, 2, 4, 3] and levels == ([], [(100, 1)])


@pytest.mark.rule("TAPE-005")
@pytest.mark.parametrize("kind", [REPLACE, MODIFY])
def test_a_skipped_order_enters_when_its_price_becomes_allowed(kind: int) -> None:
    orders = rows_of((ADD, 7, 0, 1, 160, 5), (ADD, 8, 0, 0, 90, 5), (ADD, 9, 0, 1, 90, 4))
    new = (17, 19) if kind == REPLACE else (7, 9)
    changes = rows_of((kind, new[0], 7, 0, 120, 6), (kind, new[1], 9, 0, 110, 3))
    changes["time_ns"], changes["row"] = 4, 4
    levels, _, report = run(np.concatenate([orders, changes]))
    assert levels == ([(90, 5)], [(110, 3), (120, 6)])
    assert report.skipped == {"order outside the price bounds": 1, "order that crosses the book": 1}


def test_clear_empties_one_book_only() -> None:
    rows = rows_of((ADD, 7, 0, 1, 100, 5), (ADD, 8, 0, 0, 99, 5), (ADD, 9, 0, 0, 99, 4), (CLEAR, 0, 0, 0, 0, 0))
    rows["book"] = [0, 0, 1, 0]
    report = ImportReport("file", "medium", 4)
    assert convert(rows, 2, LIMITS, report).levels == [([], []), ([(99, 4)], [])]


def test_too_many_ticks_are_refused_before_they_take_memory() -> None:
    rows = rows_of((ADD, 7, 0, 1, 100, 5), (ADD, 8, 0, 0, 1, 5))
    with pytest.raises(UserError, match="8,000,000 books of 100 ticks: import fewer symbols"):
        convert(rows, 8_000_000, ImportOptions(), ImportReport("file", "medium", 2))
    many = convert(rows, 4_096, ImportOptions(), ImportReport("file", "medium", 2))
    with pytest.raises(UserError, match="2 orders in 4,096 books of 100 ticks do not fit"):
        many.tape({})


def test_rows_have_the_size_that_the_kernel_expects() -> None:
    assert ORDER_MESSAGE.itemsize == 56
