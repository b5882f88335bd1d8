"""Questions about an account, answered from the engine's state. Ask through `venue.ask`: the state is released then.

questions = VenueQuestions(states, table, reports)
venue.ask(lambda: show(questions.margin_view(7)))
"""

from typing import Any

import numpy as np

from contracts_spec.schema import MarginFile
from exchange.engine.calls.what_if import WhatIf
from exchange.engine.event_rows import Row
from exchange.engine.order_rows import OrderRow
from exchange.publish import account_views
from exchange.publish.daily.statements import Statements
from exchange.publish.execution_reports import ExecutionReports
from exchange.publish.instruments import InstrumentTable
from exchange.units import NS_PER_S, NS_PER_US
from exchange.venue.day_schedule import DaySchedule
from exchange.wire.messages import (
    AccountSnapshot,
    DayView,
    Err,
    MarginView,
    OrderView,
    PositionView,
    Query,
    StatementView,
    VenueMargin,
)

US_PER_S = NS_PER_S // NS_PER_US


class VenueQuestions:
    """Answers the gateway's questions about accounts, as wire messages."""

    def __init__(
        self,
        states: np.ndarray,
        table: InstrumentTable,
        reports: ExecutionReports,
        statements: Statements,
        schedule: DaySchedule | None = None,
    ) -> None:
        """`states`: the engine's STATE. `schedule`: None: the operator changes market states."""
        self._states, self._table, self._reports = states, table, reports
        self._statements, self._schedule = statements, schedule
        self._what_if = WhatIf()
        self._margin: VenueMargin | None = None

    def use_rates(self, rates: MarginFile) -> None:
        """Tell clients of these rates of full margin, for which no definition has a place."""
        credits = [(*pair.legs, *pair.ratio, pair.credit_bp) for pair in rates.pair]
        self._margin = VenueMargin(rates.maintenance_bp, credits)

    def margin_terms(self) -> VenueMargin | None:
        """What full margin is computed with, besides the rates in definitions; None: not known."""
        return self._margin

    def account_pages(self, account: int) -> list[AccountSnapshot]:
        """The whole account, in pages (SESS-006)."""
        return account_views.snapshot(self._states, self._table, account)

    def open_page(self, account: int, after: int) -> tuple[list[OrderView], bool]:
        """One page of live orders with ids above `after`, and whether more follow."""
        return account_views.open_page(self._states, self._table, account, after)

    def order_view(self, order: OrderRow) -> OrderView:
        """A live order as the wire shows it."""
        return account_views.order_view(self._table, order)

    def position_views(self, account: int) -> list[PositionView]:
        """Positions, by instrument."""
        return account_views.position_views(self._states, self._table, account)

    def margin_view(self, account: int) -> MarginView:
        """Equity, margin held and free margin."""
        return account_views.margin_view(self._states, account)

    def timer_until_us(self, account: int) -> int:
        """When the account's dead-man timer fires, us since 1970; 0: it is not armed."""
        return account_views.timer_until_us(self._states, account)

    def what_if(self, account: int, asked: Query) -> MarginView | Err:
        """As `margin_view`, with the orders and lots of a `query` on top, or why a row of these is refused."""
        return account_views.what_if_view(self._states, self._table, self._what_if, account, asked)

    def statements(self, account: int) -> tuple[StatementView | None, StatementView]:
        """What moved cash in the trading day settled last, if there is one, and since."""
        return self._statements.last(account), self._statements.today(account)

    def day_view(self, now_us: int) -> DayView:
        """The trading day that ends next, and what its schedule does next."""
        schedule, now_ns = self._schedule, now_us * NS_PER_US
        if schedule is None:
            return DayView(never_close=True)
        close_us = schedule.closing_window_ns(now_ns)[1] // NS_PER_US
        return DayView(
            str(schedule.closing_day(now_ns)), close_us, schedule.noon_ns(now_ns) // NS_PER_US or None,
            close_us + schedule.settle_after_s * US_PER_S,
            [(at_ns // NS_PER_US, state.name) for at_ns, state in schedule.changes(now_ns)],
        )  # fmt: skip

    def messages_of(self, events: list[Row]) -> list[tuple[int, int, Any]]:
        """(account, stream number, message) of rows read back from the history, marked as replayed."""
        return self._reports.messages(events, replay=True)
