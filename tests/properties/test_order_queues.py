"""A client that sees only `orders` messages has the engine's queues after every command (MDATA-011)."""

from collections import Counter
from typing import Any

import pytest

from exchange.codes import CommandKind, Side
from exchange.engine import query
from exchange.publish.engine_view import EngineView
from exchange.publish.instruments import InstrumentTable
from exchange.publish.market_data import MarketData
from exchange.wire.messages import ChannelSpec, Orders
from tests.market import collared_market, curve_market, narrow_market
from tests.properties.driver import Run, continuous
from tests.properties.test_feed import engine_events
from tests.publish.feed import plain
from tests.publish.helpers import event_array

BOOKS = (1, 2, 3, 4, 5, 6, 7, 9)


class QueueReader:
    """A client's queues by side and price: lists of [order id, lots], head first. It reads plain JSON."""

    def __init__(self, market: MarketData, instrument: int) -> None:
        self.market = market
        self.seen: Counter[str] = Counter()
        self.number, code = market.subscribe(ChannelSpec(name_of_channel="orders", instrument=instrument))
        assert code == 0
        self.load()

    def load(self) -> None:
        """Take a snapshot, as a new client or one that was slow."""
        self.queues: dict[tuple[str, int], list[list[int]]] = {}
        for page in map(plain, self.market.snapshot(self.number)):
            assert page["snap"] and "p" not in page
            self.sequence = page["s"]
            for row in page["x"]:
                self.apply(row)

    def take(self, message: Orders) -> None:
        read = plain(message)
        assert read["p"] == self.sequence and read["x"]
        self.sequence = read["s"]
        for row in read["x"]:
            self.apply(row)
            self.seen[row[0]] += 1

    def apply(self, row: list[Any]) -> None:
        if row[0] == "a":
            _, order_id, side, price, lots = row
            assert lots > 0 and self.level_of(order_id) is None
            self.queues.setdefault((side, price), []).append([order_id, lots])
            return
        level = self.level_of(row[1])
        assert level is not None, f"{row} names an order that is not shown"
        (place,) = (place for place, (order_id, _) in enumerate(self.queues[level]) if order_id == row[1])
        if row[0] == "d":
            del self.queues[level][place]
            if not self.queues[level]:
                del self.queues[level]
        else:
            assert (row[2], row[3]) == level and 0 < row[4] < self.queues[level][place][1]
            self.queues[level][place][1] = row[4]

    def level_of(self, order_id: int) -> tuple[str, int] | None:
        return next((level for level, rows in self.queues.items() if any(row[0] == order_id for row in rows)), None)

    def side(self, side: Side) -> list[tuple[int, list[list[int]]]]:
        """(price, queue), best price first."""
        levels = [(price, rows) for (word, price), rows in self.queues.items() if word == "bs"[side]]
        return sorted(levels, reverse=side == Side.BUY)


class OrdersRun(Run):
    """A random run whose events go to a feed with a reader of each book."""

    def __init__(
        self, seed: int, weights: dict[str, float] | None = None, market: dict[str, Any] | None = None
    ) -> None:
        self.feed: MarketData | None = None
        super().__init__(seed, weights, compare_every=1_000_000, market=market)
        self.engine = self.pair.fast.engine
        self.table = InstrumentTable(lambda: query.known_instruments(self.engine.states))
        self.table.refresh()
        self.feed = MarketData(self.table, EngineView(self.engine))
        self.unread: list[Any] = []
        self.done = 0
        self.readers = {index: QueueReader(self.feed, self.table.ids[index]) for index in BOOKS}

    def do(self, kind: CommandKind, step: Any) -> None:
        if self.feed is None:
            super().do(kind, step)
            return
        self.unread += engine_events(self, kind, step)
        if self.pair.reference.mass_quote is not None:
            return  # the entries of a mass quote are one command
        rows, self.unread = self.unread, []
        events = event_array(rows)  # a control has no sequence here
        through = max(self.engine.sequence, int(events["sequence"].max(initial=0)))
        self.feed.fold(events, through, self.engine.time_ns)
        read: set[tuple[int, int]] = set()
        for number, message in self.feed.due(0):
            if isinstance(message, Orders):
                (reader,) = (reader for reader in self.readers.values() if reader.number == number)
                reader.take(message)
                assert (number, message.engine_sequence) not in read, "one message for each command (MDATA-013)"
                read.add((number, message.engine_sequence))
        self.done += 1
        self.check()

    def check(self) -> None:
        for index, reader in self.readers.items():
            whole = query.depth(self.engine.states, index)
            for side in Side:
                queues = reader.side(side)
                assert [(price, sum(lots for _, lots in rows)) for price, rows in queues] == whole[side]
                for price, rows in queues:
                    assert [(*row,) for row in rows] == query.queue(self.engine.states, index, side, price)
            if self.done % 50 == index:
                before = reader.queues
                reader.load()
                assert reader.queues == before, "a snapshot is what messages lead to"

    @property
    def rows(self) -> Counter[str]:
        return sum((reader.seen for reader in self.readers.values()), Counter())


@pytest.mark.rule("MDATA-011", "MDATA-013", "INV-023")
@pytest.mark.parametrize(
    ("seed", "weights", "market"),
    [(1, None, None), (2, continuous(), None), (3, None, narrow_market()), (4, continuous(), curve_market())],
)
def test_queues_of_a_reader_are_the_engines_after_every_command(seed: int, weights: Any, market: Any) -> None:
    run = OrdersRun(seed, weights, market)
    run.go(900)
    assert min(run.rows[kind] for kind in "ard") > 8


@pytest.mark.rule("MDATA-011", "AUC-011", "AUC-012")
@pytest.mark.parametrize("market", [None, collared_market()])
def test_queues_agree_through_auctions(market: Any) -> None:
    run = OrdersRun(5, continuous(), market)
    run.auctions(6)
    assert run.rows["r"] > 5


@pytest.mark.rule("MDATA-011", "BAND-004")
def test_queues_agree_when_limits_park_orders_and_bring_them_back() -> None:
    run = OrdersRun(6)
    run.lives = False
    run.days(6, 60)
    assert run.rows["d"] > 20
