"""Kernels that fold events: what they publish is what plain Python publishes, and unwatched events cost no calls."""

import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from exchange.codes import EventFlag, EventKind, Liquidity, MarketState, OrderState
from exchange.compiler import JIT
from exchange.engine.event_rows import Row
from exchange.publish.channels import LOG_MESSAGES
from exchange.publish.fold import event_fold, raw_books
from exchange.publish.fold.event_fold import Frames
from exchange.publish.market_data import MarketData
from exchange.publish.open_books import OpenBooks
from tests.publish.feed import START_US, at_time, spec
from tests.publish.helpers import H27, LISTED, Levels, event, event_array, table
from tests.publish.market_twins import MarketTwins, random_channel

BOOKS = [row.index for row in LISTED]
LEVEL_KINDS = (
    EventKind.ORDER_ACCEPTED, EventKind.ORDER_RESTED, EventKind.ORDER_CANCELLED, EventKind.ICEBERG_REFRESHED,
    EventKind.SELF_MATCH_DECREMENTED, EventKind.ORDER_REPLACED, EventKind.FILL, EventKind.IMPLIED_PRICE,
    EventKind.ORDER_REJECTED,
)  # fmt: skip
VENUE_KINDS = (EventKind.STATE_CHANGED, EventKind.INDICATIVE_PRICE, EventKind.INSTRUMENT_LISTED)
STATES = (MarketState.PREOPEN, MarketState.OPEN, MarketState.HALT, MarketState.PAUSED)
FLAGS = (0, EventFlag.KEPT, EventFlag.LOST, EventFlag.NEVER_RESTED, EventFlag.RESTS, EventFlag.IMPLIED)


def random_command(rng: np.random.Generator, sequence: int, trade_id: int, rows_max: int, lots_max: int) -> list[Row]:
    """Rows of one command: any fields in any kind that may change a book, and sometimes an event of the venue.

    lots_max   0: all levels go
    """
    rows = []
    for _ in range(int(rng.integers(1, rows_max + 1))):
        trade_id += int(rng.integers(2))
        rows.append(
            event(
                EventKind(rng.choice(LEVEL_KINDS)),
                sequence,
                instrument=int(rng.choice(BOOKS)),
                side=int(rng.integers(2)),
                price=int(rng.integers(-40, 40)) * int(rng.choice([1, 1, 5, 2_000_000])),
                level_lots=int(rng.integers(lots_max + 1)) * int(rng.choice([1, 40, 80, 200, 70_000])),
                lots=int(rng.integers(1, 3)),
                old_tick=int(rng.integers(-9, 9)),
                flags=int(rng.choice(FLAGS)),
                liquidity=int(rng.choice(list(Liquidity))),
                state=int(rng.choice(list(OrderState))),
                trade_id=trade_id,
            )
        )
    for _ in range(int(rng.integers(1, 3)) if rng.random() < 0.1 else 0):
        rows.insert(int(rng.integers(len(rows) + 1)), random_venue_event(rng, sequence))
    return rows


def random_venue_event(rng: np.random.Generator, sequence: int) -> Row:
    listed = LISTED[int(rng.integers(len(LISTED)))]
    kind = EventKind(rng.choice(VENUE_KINDS))
    fields = {"market_state": int(rng.choice(STATES))} if kind == EventKind.STATE_CHANGED else {}
    of_group = kind == EventKind.STATE_CHANGED and rng.random() < 0.3
    return event(kind, sequence, instrument=0 if of_group else listed.index, group=listed.group, **fields)


class Twins(MarketTwins):
    """Two feeds over a source of the test's making."""

    def __init__(self, seed: int) -> None:
        self.source = Levels(1, START_US)
        self.source.books[1] = ({5: 1, 4: 2}, {6: 3})
        self.source.implied_levels[1] = ((3, 1), None)
        super().__init__(table(), self.source, {("trades", 1): 7})
        self.rng = np.random.default_rng(seed)
        self.now_us, self.trade_id = START_US, 8

    def release(self, commands: int, rows_max: int) -> None:
        rows: list[Row] = []
        for _ in range(commands):
            self.source.sequence += int(self.rng.integers(1, 3))
            lots_max = 0 if self.source.sequence // 300 % 3 == 2 else 3
            rows += random_command(self.rng, self.source.sequence, self.trade_id, rows_max, lots_max)
            self.trade_id = max(self.trade_id, *(row[15] for row in rows))
        self.now_us += int(self.rng.choice([50, 400, 3_000, 90_000]))
        self.fold(at_time(rows, self.now_us), self.source.sequence, self.now_us * 1_000, self.now_us)


@pytest.mark.rule("MDATA-010", "MDATA-013", "MDATA-016", "RATE-006")
@pytest.mark.parametrize(
    ("seed", "room", "ladder_room"), [(0, 1, 64), (1, event_fold.ROOM, 256), (2, event_fold.ROOM, 64)]
)
def test_kernels_publish_what_plain_python_publishes(
    seed: int, room: int, ladder_room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_fold, "ROOM", room)
    monkeypatch.setattr(raw_books, "LADDER_ROOM", ladder_room)
    assert drive(seed, 250).framed > 600


@pytest.mark.rule("MDATA-010")
def test_a_ladder_that_lacks_levels_is_loaded_within_a_release(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raw_books, "LADDER_ROOM", 64)
    loads = 0

    def count_loads(books: OpenBooks) -> None:
        nonlocal loads
        loads += 1
        refill(books)

    refill = OpenBooks.refill
    monkeypatch.setattr(OpenBooks, "refill", count_loads)
    for seed in range(2):
        drive(20 + seed, 200)
    assert loads > 10


def drive(seed: int, releases: int) -> Twins:
    """Random releases, while readers come, go and fall behind."""
    twins = Twins(seed)
    numbers = [twins.subscribe(name, row.instrument_id) for name in ("depth", "trades") for row in LISTED]
    numbers += [twins.subscribe("depth", H27, 0, levels) for levels in (1, 10, 50)]
    for _ in range(releases):
        twins.release(int(twins.rng.integers(12)), int(twins.rng.choice([1, 4, 30])))
        if twins.rng.random() < 0.2:
            numbers.append(twins.subscribe(*random_channel(twins.rng, [row.instrument_id for row in LISTED])))
        if twins.rng.random() < 0.3:
            twins.unsubscribe(numbers.pop(int(twins.rng.integers(len(numbers)))))
        if not numbers or twins.rng.random() < 0.3:
            numbers.append(twins.subscribe("depth", H27))
        number = int(twins.rng.choice(numbers))
        twins.snapshot(number)
        if not twins.slow.is_event_channel(number):
            twins.merged(number, int(twins.rng.integers(60)))
    return twins


@pytest.mark.rule("RATE-006")
def test_a_slow_reader_may_be_as_far_behind_as_the_log_reaches() -> None:
    twins = Twins(11)
    number = twins.subscribe("depth", H27)
    while twins.framed < LOG_MESSAGES + 300:
        twins.release(20, 2)
        for behind in (0, 1, 7, LOG_MESSAGES - 1, LOG_MESSAGES, LOG_MESSAGES + 1):
            twins.merged(number, behind)


@pytest.mark.rule("MDATA-003")
def test_nothing_is_encoded_for_nobody() -> None:
    class Audience:
        names: tuple[str, ...] = ("json",)

        def take_changed(self) -> tuple[int, ...]:
            return (number,)

        def encodings_of(self, channel: int) -> tuple[str, ...]:
            return self.names

    audience = Audience()
    market = MarketData(table(), Levels(1, START_US), None, audience)
    number, _ = market.subscribe(spec("depth"))
    names = []
    for sequence, audience.names in enumerate([("json",), ("json",), ("msgpack",), ("json", "msgpack"), ()], 2):
        rested = event(EventKind.ORDER_RESTED, sequence, instrument=1, price=5, level_lots=sequence)
        market.fold(event_array(at_time([rested], START_US)), sequence, START_US * 1_000)
        names += [set(message.encoded) for _, message in market.due(START_US) if isinstance(message, Frames)]
    assert names == [{"json"}, {"json"}, {"msgpack"}, {"json", "msgpack"}, {"msgpack"}], "the last is for the log alone"
    (merged,) = market.merged(number, market.sequence_of(number) - 4)
    assert merged.bids == [(5, 6)]  # type: ignore[attr-defined]


def calls_of(action: Callable[[], None]) -> int:
    """How many Python functions an action calls, built-in ones too."""
    count = 0

    def note(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        action()
    finally:
        sys.setprofile(None)
    return count


def feeds() -> Iterator[tuple[str, MarketData]]:
    """Feeds that nobody watches, that somebody watches every 100 ms, and that somebody watches raw."""
    for cadence_ms in (None, 100, 0):
        market = MarketData(table(), Levels(1, START_US))
        if cadence_ms is not None:
            market.subscribe(spec("depth", cadence_ms=cadence_ms))
        yield str(cadence_ms), market


@pytest.mark.skipif(not JIT, reason="plain kernels call functions")
def test_an_event_costs_no_python_call() -> None:
    for watched, market in feeds():
        calls = []
        for commands in (1, 1, 10, 400):
            begin = market.sequence + 1
            rows = [
                event(EventKind.ORDER_RESTED, begin + number, instrument=1, price=number % 50, level_lots=number)
                for number in range(commands)
            ]
            events = event_array(at_time(rows, START_US))
            calls.append(calls_of(lambda: market.fold(events, begin + commands - 1, START_US * 1_000)))  # noqa: B023
            market.due(START_US)
        assert calls[2] == calls[3] and calls[2] <= 40, watched
