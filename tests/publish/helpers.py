"""Hand-made rows, a small table of instruments, and an engine that is nothing but a book of levels."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import numpy as np

from exchange.codes import EventKind, Family, MarketState, PeriodKind
from exchange.engine.event_rows import Row
from exchange.engine.query import InstrumentRow
from exchange.publish.daily.index_values import IndexDay
from exchange.publish.daily.settlements import SettledBook
from exchange.publish.instruments import ChipTerms, InstrumentTable
from exchange.publish.orders.order_queues import QueuedOrder
from exchange.records import EVENT, EVENT_ALIASES, EVENT_FIELDS, pack_client_order_id
from exchange.reference.rows import fields_of
from exchange.wire.messages import Stats

H27 = 34734166  # H100.G90.H27
J27 = 34734167  # H100.G90.J27
B200 = 51511382  # B200.G90.H27
NAMES = [name for name, _, _ in EVENT_FIELDS]
TIME_NS = 1_799_668_803_000_120_000


def event(kind: EventKind, sequence: int = 1, client_order_id: str = "", **fields: int) -> Row:
    """An EVENT row as a tuple; `fields` by their names or aliases, those that are not named are 0."""
    words = dict(zip(NAMES[16:19], pack_client_order_id(client_order_id), strict=True))
    values = {"sequence": sequence, "time_ns": TIME_NS, "kind": int(kind), **words, **fields_of(EVENT_ALIASES, fields)}
    unknown = values.keys() - set(NAMES)
    assert not unknown, unknown
    return tuple(int(values.get(name, 0)) for name in NAMES)


def event_array(rows: Iterable[Row]) -> np.ndarray:
    """EVENT rows of tuples, as they are released."""
    return np.array(list(rows), EVENT)


def instrument(index: int, instrument_id: int, symbol: str, **fields: Any) -> InstrumentRow:
    values = {
        "group": 2, "family": int(Family.PHY), "period_kind": int(PeriodKind.MONTH), "combo": 0, "floor_bp": 9000,
        "hours": 744, "start_month": 86, "ltd_ns": 1_803_326_400_000_000_000, "order_entry": 0, "matching": 0,
        "min_inc": 1, "order_lots_max": 10_000, "band_ticks": 200, "low_tick": 2646, "high_tick": 3046,
        "settle_tick": 2846, "maker_fee": 0, "taker_fee": 2, "auction_fee": 1, "revision": 3,
        "own_state": 0, "group_state": fields.get("state", MarketState.OPEN), "state": MarketState.OPEN,
        "reason": 0, "reopen_ns": 0, "group_reason": 0, "group_reopen_ns": 0,
    }  # fmt: skip
    return InstrumentRow(index=index, instrument_id=instrument_id, symbol=symbol, **{**values, **fields})


LISTED = [
    instrument(1, H27, "H100.G90.H27"),
    instrument(2, J27, "H100.G90.J27", hours=720, start_month=87),
    instrument(3, B200, "B200.G90.H27", group=3, state=MarketState.PREOPEN),
]


def table(listed: list[InstrumentRow] | None = None) -> InstrumentTable:
    """A table of three instruments, or of the rows of a list that a test goes on changing."""
    rows = LISTED if listed is None else listed
    made = InstrumentTable(lambda: list(rows), {"H100": ChipTerms(8, 7_900, True, 5_000)})
    made.refresh()
    return made


def plain_stats(message: Stats) -> dict[str, int]:
    """The figures of a day as a client reads them."""
    made: dict[str, int] = msgspec.json.decode(msgspec.json.encode(message))
    return {key: made[key] for key in ("o", "h", "l", "last", "vol", "val", "oi", "prev") if key in made}


class Levels:
    """A Source: levels by price and side of each book, changed by the test."""

    def __init__(self, sequence: int = 0, time_us: int = 0) -> None:
        self.sequence = sequence
        self.time_ns = time_us * 1000
        self.books: dict[int, tuple[dict[int, int], dict[int, int]]] = {}
        self.queued: dict[int, list[QueuedOrder]] = {}
        self.days: dict[int, list[int]] = {}  # by book, figures of `stats.DayStats`
        self.settled: dict[int, SettledBook] = {}
        self.indices: list[IndexDay] = []
        self.implied_levels: dict[int, tuple[tuple[int, int] | None, tuple[int, int] | None]] = {}

    def depth(self, index: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        bids, asks = self.books.get(index, ({}, {}))
        return sorted(bids.items(), reverse=True), sorted(asks.items())

    def implied(self, index: int) -> tuple[tuple[int, int] | None, tuple[int, int] | None]:
        return self.implied_levels.get(index, (None, None))

    def queues(self, indices: Sequence[int]) -> list[list[QueuedOrder]]:
        return [self.queued.get(index, []) for index in indices]

    def statistics(self, indices: Sequence[int]) -> np.ndarray:
        return np.array([self.days.get(index, [0] * 8) for index in indices], np.int64)

    def settlement(self, index: int) -> SettledBook:
        return self.settled.get(index, SettledBook(2846, 0, False, 0))

    def index_days(self) -> list[IndexDay]:
        return list(self.indices)
