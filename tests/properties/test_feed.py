"""What is published says the same as the engine: books rebuilt from the feed, accounts rebuilt from their streams."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.local_book import LocalBook
from exchange.codes import CommandKind, EventKind, MarketState, Side
from exchange.conformance.venues import rows
from exchange.engine import query
from exchange.engine.engine import Engine
from exchange.publish.account_views import margin_view, position_views, snapshot
from exchange.publish.execution_reports import ExecutionReports
from exchange.publish.instruments import InstrumentTable
from exchange.publish.market_data import MarketData
from exchange.publish.replies import Replies
from exchange.records import EVENT
from exchange.reference.implied import shown_prices
from exchange.reference.rows import event_tuples
from exchange.wire.messages import ChannelSpec, Depth, Err, Exec, Fill, Margin, Ok, Position, Top, Trades
from tests.properties.driver import Run, continuous, tight_auctions
from tests.properties.flow import ACCOUNTS
from tests.publish.feed import each_message
from tests.publish.helpers import Levels, event, event_array, table

BOOKS = (1, 2, 3, 4, 6, 8)
CADENCE_US = 10_000
Book = tuple[list[tuple[int, int]], list[tuple[int, int]]]


class EngineSource:
    """The engine as market data sees it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @property
    def sequence(self) -> int:
        return self.engine.sequence

    @property
    def time_ns(self) -> int:
        return self.engine.time_ns

    def depth(self, index: int) -> Book:
        return query.depth(self.engine.states, index, 0)

    def implied(self, index: int) -> tuple[Any, Any]:
        return query.implied(self.engine.states, index)


class Reader:
    """A client's book on one depth channel: every message in turn, or now and then what a slow reader gets."""

    def __init__(self, market: MarketData, instrument: int, cadence_ms: int, levels: int, slow: int = 0) -> None:
        spec = ChannelSpec(name_of_channel="depth", instrument=instrument, cadence_ms=cadence_ms, levels=levels)  # type: ignore[arg-type]
        self.market, self.slow, self.waited = market, slow, 0
        self.number, code = market.subscribe(spec)
        assert code == 0
        self.book = LocalBook(instrument, levels_max=levels)
        self.book.open = False  # as before the first status: a crossed book is no mistake
        self.take(market.snapshot(self.number))

    def take(self, messages: list[Any]) -> None:
        for message in messages:
            assert isinstance(message, Depth)
            if message.snapshot:
                self.book.load(message.sequence, message.bids, message.asks, message.checksum, message.more)
            else:
                previous = message.previous or 0
                assert self.book.apply(message.sequence, previous, message.bids, message.asks, message.checksum), (
                    self.book.problem
                )
            self.book.imply(Side.BUY, message.implied_bid)
            self.book.imply(Side.SELL, message.implied_ask)

    def hear(self, due: dict[int, list[Any]]) -> bool:
        """Whether the reader has read all there is."""
        if not self.slow:
            self.take(due.get(self.number, []))
            return True
        self.waited = (self.waited + 1) % self.slow
        if self.waited == 0:
            self.take(self.market.merged(self.number, self.book.sequence))
        return self.waited == 0

    def levels(self) -> Book:
        return [(*level,) for level in self.book.bids()], [(*level,) for level in self.book.asks()]  # type: ignore[misc]


def engine_events(run: Run, kind: CommandKind, step: Any) -> list[Any]:
    """Rows of the engine as it writes them; the reference goes along, because the flow looks at it to name orders."""
    if isinstance(step, dict):
        run.pair.slow.control(kind, step)
        return run.pair.fast.control(kind, step)
    run.pair.slow.apply(step)
    return event_tuples(run.pair.fast.engine.apply(rows([step])).tobytes())


class FeedRun(Run):
    """A random run of the engine whose events go to a feed with fast, slow, shallow and unhurried readers."""

    def __init__(self, seed: int, weights: dict[str, float] | None = None) -> None:
        self.market: MarketData | None = None
        super().__init__(seed, weights, compare_every=1_000_000)
        self.engine = self.pair.fast.engine
        self.table = InstrumentTable(lambda: query.known_instruments(self.engine.states))
        self.table.refresh()
        self.market = MarketData(self.table, EngineSource(self.engine))
        self.now_us = self.implied_seen = 0
        self.unfolded: list[Any] = []
        self.prints: list[int] = []
        self.tops: dict[int, Top] = {}
        self.readers = {index: self.readers_of(self.table.ids[index]) for index in BOOKS}
        self.top_channels = {self.market.subscribe(ChannelSpec(
            name_of_channel="top", instrument=self.table.ids[index], cadence_ms=0))[0]: index for index in BOOKS
        }  # fmt: skip
        for index in range(1, len(self.table.rows)):
            self.market.subscribe(ChannelSpec(name_of_channel="trades", instrument=self.table.ids[index]))

    def readers_of(self, instrument: int) -> list[Reader]:
        assert self.market is not None
        kinds = [(0, 0, 0), (0, 0, 7), (0, 10, 0), (0, 1, 5), (10, 0, 0), (10, 10, 0), (10, 0, 3)]
        return [Reader(self.market, instrument, cadence, levels, slow) for cadence, levels, slow in kinds]

    def do(self, kind: CommandKind, step: Any) -> None:
        if self.market is None:
            super().do(kind, step)
            return
        self.unfolded += engine_events(self, kind, step)
        if self.pair.reference.mass_quote is not None:
            return  # the entries of a mass quote are one command
        rows, self.unfolded = self.unfolded, []
        self.market.fold(event_array(rows), self.engine.sequence, self.engine.time_ns)
        self.now_us += CADENCE_US // 2
        due = collected(self.market, self.now_us)
        for number, messages in due.items():
            for message in messages:
                if isinstance(message, Trades):
                    self.prints += [trade_id for trade_id, *_ in message.rows]
                if isinstance(message, Top):
                    self.tops[self.top_channels[number]] = message
        self.check_books(due)

    def check_books(self, due: dict[int, list[Any]]) -> None:
        for index, readers in self.readers.items():
            is_open = query.market_state(self.engine.states, index) == MarketState.OPEN
            whole = query.depth(self.engine.states, index, 0)
            implied = query.implied(self.engine.states, index)
            assert implied == tuple(shown_prices(self.pair.reference, index).get(side) for side in Side)
            self.implied_seen += sum(level is not None for level in implied)
            for reader in readers:
                reader.book.open = is_open
                unread = reader.number in self.late()
                if reader.hear(due) and not unread:
                    depth = reader.book.levels_max
                    assert reader.levels() == tuple(side[: depth or None] for side in whole)
                    assert (reader.book.implied_bid, reader.book.implied_ask) == implied
            if index in self.tops:
                top = self.tops[index]
                bid, ask = (best_of(side, Side(n), implied[n]) for n, side in enumerate(whole))
                assert (top.bid_tick, top.bid_lots, top.bid_implied_lots) == bid
                assert (top.ask_tick, top.ask_lots, top.ask_implied_lots) == ask
                assert top.bid_tick is None or top.ask_tick is None or not is_open or top.bid_tick < top.ask_tick

    def late(self) -> set[int]:
        """Channels whose change waits for their cadence."""
        assert self.market is not None
        return {channel.number for channel in self.market._books.dirty}


def best_of(levels: list[tuple[int, int]], side: Side, implied: tuple[int, int] | None) -> tuple[Any, Any, int]:
    """Best price of all that is shown, all lots there, and those of them that are implied (MDATA-010)."""
    prices = [price for price, _ in [*levels, *([implied] if implied else [])]]
    if not prices:
        return None, None, 0
    best = max(prices) if side == Side.BUY else min(prices)
    part = implied[1] if implied and implied[0] == best else 0
    return best, dict(levels).get(best, 0) + part, part


@pytest.mark.rule("INV-023", "MDATA-015", "MDATA-010", "IMP-011")
@pytest.mark.parametrize(("seed", "weights"), [(1, None), (3, continuous())])
def test_books_of_all_readers_are_the_engines_book_after_every_command(seed: int, weights: Any) -> None:
    run = FeedRun(seed, weights)
    for _ in range(700):
        run.do(*run.flow.next(run.pair.reference))
    trades = int(run.engine.states["trade_id"][0])
    # Trades of one command in several books are published book by book.
    assert sorted(run.prints) == list(range(trades - len(run.prints) + 1, trades + 1)), "every trade is printed once"
    assert len(run.prints) > 20 and run.implied_seen > 100


@pytest.mark.rule("INV-023", "MDATA-012")
def test_books_agree_through_auctions() -> None:
    run = FeedRun(5, continuous())
    for number in range(4):
        run.collect(MarketState.RESERVED if number % 2 else MarketState.PAUSED, tight_auctions(), 40)


class AccountRun(Run):
    """A random run whose account streams and replies are made."""

    def __init__(self, seed: int) -> None:
        self.table: InstrumentTable | None = None
        super().__init__(seed, compare_every=1_000_000)
        engine = self.pair.fast.engine
        self.engine = engine
        self.table = InstrumentTable(lambda: query.known_instruments(engine.states))
        self.table.refresh()
        self.reports = ExecutionReports(self.table)
        self.replies = Replies(
            self.table, lambda account, text: query.find_order(engine.states, account, client_order_id=text)
        )
        self.sequences = {account: query.account_sequence(engine.states, account) for account in range(64)}
        self.last: dict[Any, Any] = {}

    def do(self, kind: CommandKind, step: Any) -> None:
        if self.table is None:
            super().do(kind, step)
            return
        rows = engine_events(self, kind, step)
        if isinstance(step, dict):
            return
        for account, number, message in self.reports.messages(rows):
            assert number == self.sequences[account] + 1, "the stream has no gap"
            self.sequences[account] = number
            self.remember(message)
        if rows and kind in (CommandKind.NEW, CommandKind.REPLACE, CommandKind.CANCEL, CommandKind.CANCEL_ALL):
            reply = self.replies.reply(step.request_id, rows)
            assert isinstance(reply, Err) == (
                rows[0].kind in (EventKind.ORDER_REJECTED, EventKind.REPLACE_REJECTED, EventKind.CANCEL_REJECTED)
            ) or (isinstance(reply, Ok) and reply.duplicate)
            self.check_reply(step.account, reply)
        self.replies.load(np.array(rows, EVENT))

    def remember(self, message: Any) -> None:
        if isinstance(message, Exec | Fill):
            self.last[message.account, "order", message.order_id] = message
        elif isinstance(message, Position):
            self.last[message.account, "position", message.instrument] = message
        elif isinstance(message, Margin):
            self.last[message.account, "margin"] = message

    def check_reply(self, account: int, reply: Ok | Err) -> None:
        """An accepted order is in the book as the reply says, or gone if it says so (ENTRY-001)."""
        if isinstance(reply, Err) or not reply.order_id:
            return
        live = query.find_order(self.engine.states, account, order_id=reply.order_id)
        assert (live is not None) == (reply.state in ("open", "pending"))
        if live is not None:
            assert (live.leaves_lots, live.filled_lots) == (reply.leaves_lots, reply.filled_lots)


@pytest.mark.rule("ACCT-001", "ACCT-002", "ENTRY-001")
@pytest.mark.parametrize("seed", [11, 12])
def test_streams_are_contiguous_and_end_in_the_engines_state(seed: int) -> None:
    run = AccountRun(seed)
    for _ in range(900):
        run.do(*run.flow.next(run.pair.reference))
    states = run.engine.states
    for account in ACCOUNTS:
        assert run.sequences[account] == query.account_sequence(states, account)
        for page in snapshot(states, run.table, account):  # type: ignore[arg-type]
            for order in page.orders:
                message = run.last.get((account, "order", order.order_id))
                if message is not None:
                    assert (message.leaves_lots, message.filled_lots) == (order.leaves_lots, order.filled_lots)
        for position in position_views(states, run.table, account):  # type: ignore[arg-type]
            message = run.last[account, "position", position.instrument]
            assert (message.lots, message.value_tick_lots, message.unrealised_mills) == (
                position.lots, position.value_tick_lots, position.unrealised_mills,
            )  # fmt: skip
        assert margin_view(states, account).currency == "USD"


level_changes = st.tuples(st.sampled_from(Side), st.integers(-12, 12), st.integers(0, 4))
releases = st.lists(
    st.tuples(st.lists(st.lists(level_changes, min_size=1, max_size=4), max_size=3), st.integers(0, 8_000)), max_size=30
)


@pytest.mark.rule("INV-023", "RATE-006")
@given(releases, st.integers(0, 30), st.sampled_from([0, 10]), st.sampled_from([0, 1, 10]), st.integers(0, 5))
def test_any_fold_of_levels_rebuilds_the_same_book(
    steps: list[Any], joins_at: int, cadence_ms: int, levels: int, slow: int
) -> None:
    """Releases of random commands, and a second reader that joins on the way and may be slow."""
    source = Levels()
    source.books[1] = ({1: 1}, {2: 1})
    market = MarketData(table(), source)
    readers = [Reader(market, table().ids[1], cadence_ms, levels)]
    now_us = 0
    for place, (commands, wait_us) in enumerate(steps):
        if place == joins_at:
            readers.append(Reader(market, table().ids[1], cadence_ms, levels, slow))
        now_us += wait_us
        market.fold(event_array(random_rows(source, commands)), source.sequence, now_us * 1000)
        due = collected(market, now_us)
        for reader in readers:
            reader.hear(due)
    due = collected(market, now_us + CADENCE_US)
    for reader in readers:
        reader.take([] if reader.slow else due.get(reader.number, []))
        reader.take(market.merged(reader.number, reader.book.sequence))
        assert reader.levels() == tuple(side[: levels or None] for side in source.depth(1))


def random_rows(source: Levels, commands: list[Any]) -> list[Any]:
    """One event a level, and the source's book as it is after them."""
    rows = []
    for changes in commands:
        source.sequence += 1
        for side, price, lots in changes:
            rows.append(
                event(EventKind.ORDER_RESTED, source.sequence, instrument=1, side=side, price=price, level_lots=lots)
            )
            source.books[1][side].pop(price, None)
            if lots:
                source.books[1][side][price] = lots
    return rows


def collected(market: MarketData, now_us: int) -> dict[int, list[Any]]:
    due: dict[int, list[Any]] = {}
    for number, message in each_message(market.due(now_us)):
        due.setdefault(number, []).append(message)
    return due


def test_conflated_lines_of_all_distances_agree() -> None:
    """A reader that is any number of messages behind gets to the same book."""
    rng = np.random.default_rng(7)
    source = Levels()
    source.books[1] = ({}, {})
    market = MarketData(table(), source)
    readers = [Reader(market, table().ids[1], 0, 0, slow) for slow in (1, 2, 3, 50, 1023)]
    for e in range(1, 2_047):
        side, price, lots = int(rng.integers(2)), int(rng.integers(30)), int(rng.integers(4))
        source.books[1][side][price] = lots
        rested = event(EventKind.ORDER_RESTED, e, instrument=1, side=side, price=price, level_lots=lots)
        market.fold(event_array([rested]), e, 0)
        source.sequence = e
        market.due(e)
        for reader in readers:
            if reader.hear({}):
                shown = [[(p, q) for p, q in levels if q] for levels in source.depth(1)]
                assert list(reader.levels()) == shown
