"""The consumers of a venue: everything that reads released batches, in a fixed order.

To add one, write a class with `take` (the contract is in `exchange/publish/consumer.py`) and a line in `_later`.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from exchange.engine import query
from exchange.gateway.outbox import Outbox
from exchange.publish.account_streams import AccountStreams
from exchange.publish.consumer import Consumer, ReleasedBatch
from exchange.publish.counters import Counters
from exchange.publish.daily.statements import Statements
from exchange.publish.drop_copy.firms import Firms
from exchange.publish.drop_copy.streams import DropCopies
from exchange.publish.engine_view import EngineView
from exchange.publish.execution_reports import ExecutionReports
from exchange.publish.feed_publisher import FeedPublisher
from exchange.publish.instruments import ChipTerms
from exchange.publish.market_data import MarketData
from exchange.publish.replies import Replies
from exchange.publish.settlement_status import SettlementStatus
from exchange.seams import Clock
from exchange.units import NS_PER_US
from exchange.venue.day_schedule import DaySchedule
from exchange.venue.event_history import EventHistory
from exchange.venue.listings import Listings
from exchange.venue.timekeeper import Submit, Timekeeper


class Consumers:
    """The consumers of one venue."""

    def __init__(
        self,
        engine: Any,
        clock: Clock,
        history: EventHistory,
        outbox: Outbox,
        submit: Submit,
        warn: Callable[[str], None],
        chips: Mapping[str, ChipTerms] | None = None,
        day: DaySchedule | None = None,
    ) -> None:
        states = engine.states
        self.listings = Listings(states, chips)
        table = self.listings.table
        self.reports = ExecutionReports(table)
        self.replies = Replies(table, lambda account, text: query.find_order(states, account, 0, text))
        self.account_streams = AccountStreams(table, query.session_rows(states), clock)
        self.drop_copies = DropCopies(Firms(states), self.reports, history.chunks)
        self.settlement_status = SettlementStatus(states)
        ends_us = partial(_end_us, day, self.settlement_status)
        self.market = MarketData(table, EngineView(engine), query.channel_sequences(states), outbox, ends_us)
        self.timekeeper = Timekeeper(states, clock, submit, self.settlement_status, warn, day)
        self.feed = FeedPublisher(self.market, outbox, clock)
        self.counters = Counters()
        self.statements = Statements(table, states)
        self._first: tuple[Consumer, ...] = (
            self.listings,  # first: the others look up instruments here
            history,  # before the answers: a request that is sent again is answered from it
            self.replies,
            self.account_streams,
        )
        self._later: tuple[Consumer, ...] = (
            self.drop_copies,
            self.market.prints,
            self.market,
            self.settlement_status,
            self.statements,
            self.timekeeper,
            self.feed,
            history.shown,  # after all that show the batch: stores on disk may now claim it
            self.counters,
        )

    def take(self, batch: ReleasedBatch) -> None:
        """Pass a batch to each consumer in order."""
        self.answer(batch)
        self.follow(batch)

    def answer(self, batch: ReleasedBatch) -> None:
        """Pass a batch to the consumers that answer its commands, and to those that they need."""
        for consumer in self._first:
            consumer.take(batch)

    def follow(self, batch: ReleasedBatch) -> None:
        """Pass a batch to the other consumers."""
        for consumer in self._later:
            consumer.take(batch)


def _end_us(day: DaySchedule | None, settled: SettlementStatus, group: int, state: int, time_us: int) -> int:
    """When the schedule ends the state of a product group, us since 1970; 0: not known."""
    if day is None:
        return 0
    return day.end_ns(state, time_us * NS_PER_US, settled.when_published(group)) // NS_PER_US
