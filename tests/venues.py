"""Compiled engine and reference side by side, for tests that compare them."""

from typing import Any

import numpy as np

from exchange.clearing_codes import RESTRICTED_FLAGS, HouseAccount
from exchange.codes import CommandKind, MarketState, Side
from exchange.conformance.venues import EngineVenue, ReferenceVenue
from exchange.engine import query
from exchange.engine.risk import free_margin_mills
from exchange.limits import MEDIUM, Limits
from exchange.publish.account_views import margin_view
from exchange.reference.book import Book, Order
from exchange.reference.rows import Command
from tests.slow_hash import rest_is_zero


class CheckedEngine(EngineVenue):
    """The compiled engine, whose ledger is checked after every call."""

    def control(self, kind: CommandKind, payload: dict[str, Any], time_ns: int = 0) -> list[Any]:
        events = super().control(kind, payload, time_ns)
        check_ledger(self.engine.states)
        assert rest_is_zero(self.engine.states), "a control has written behind the rows in use: no fork has that"
        return events

    def apply_all(self, commands: list[Any]) -> list[Any]:
        events = super().apply_all(commands)
        check_ledger(self.engine.states)
        return events


def check_ledger(states: np.ndarray) -> None:
    """Assert that all accounts sum to zero, that the house keeps no variation and no rounding (INV-018), and that the
    positions of each instrument sum to zero, in lots and in value."""
    lots, value_tick_lots = query.position_sums(states)
    books = [*lots.nonzero()[0].tolist(), *value_tick_lots.nonzero()[0].tolist()]
    assert not books, f"book {books[0]}: lots sum to {lots[books[0]]}, their value to {value_tick_lots[books[0]]}"
    totals = query.totals(states)
    assert totals.ledger_mills == 0, f"all accounts sum to {totals.ledger_mills} mills, not to 0"
    for house in (HouseAccount.VARIATION, HouseAccount.ROUNDING):
        assert totals.house_mills[house] == 0, f"the house keeps {totals.house_mills[house]} mills of {house.name}"


class Pair:
    """Runs every command on both and compares the events; each `compare_*` compares a part of the states.

    `reference` is the market of the reference, with all that the commands have changed.
    """

    def __init__(self, limits: Limits = MEDIUM) -> None:
        self.slow, self.fast = ReferenceVenue(limits), CheckedEngine(limits)
        self.reference = self.slow.market
        self.limits = limits
        self.history: list[tuple[CommandKind, Any]] = []  # a control's kind and payload, or a row
        self.events: list[Any] = []  # of all commands

    def control(self, kind: CommandKind, payload: dict[str, Any], time_ns: int = 0) -> list[Any]:
        self.history.append((kind, payload))
        expected, actual = self.slow.control(kind, payload, time_ns), self.fast.control(kind, payload, time_ns)
        assert actual == expected, self.difference(Command(kind=kind), expected, actual)
        self.reference.clearing.check_ledger()
        self.events += expected
        return expected

    def apply(self, command: Any) -> list[Any]:
        self.history.append((CommandKind(command.kind), command))
        expected, actual = self.slow.apply(command), self.fast.apply(command)
        assert actual == expected, self.difference(command, expected, actual)
        self.reference.clearing.check_ledger()
        self.events += expected
        return expected

    def difference(self, command: Any, expected: list[Any], actual: list[Any]) -> str:
        """The command, and the events of both that differ."""
        lines = ["", f"command {short(command)}"]
        for number in range(max(len(expected), len(actual))):
            one, two = (events[number] if number < len(events) else None for events in (expected, actual))
            if one != two:
                lines += [f"  [{number}] reference {short(one)}", f"  [{number}] engine    {short(two)}"]
        return "\n".join(lines)

    def compare_books(self) -> None:
        """Queues element by element, states, last prices (INV-021, INV-024)."""
        states = self.fast.engine.states
        settled = states["groups"]["settled_day"][0]
        assert {int(group): int(settled[group]) for group in settled.nonzero()[0]} == self.reference.settled_days
        for index, book in self.reference.books.items():
            assert query.market_state(states, index) == self.reference.market_state(index)
            quoted_tick = book.quoted_tick
            if self.reference.market_state(index) != MarketState.CLOSED:
                quoted_tick = book.quoted(self.reference.clearing.instruments[index].settle_tick)
            expected = (book.window_lots, book.window_tick_lots, quoted_tick)
            assert query.closings(states, [index])[0] == expected, f"closing window and quote of book {index}"
            bids, asks = query.depth(states, index, 0) if book_has_ladder(states, index) else ([], [])
            assert (bids, asks) == (book.levels(Side.BUY), book.levels(Side.SELL)), f"depth of book {index}"
            for side in Side:
                for price, _ in book.levels(side):
                    expected = queue_of(book, side, price)
                    assert query.queue(states, index, side, price) == expected, f"queue of book {index} at {price}"

    def compare_accounts(self) -> None:
        """Orders, positions, cash, equity and initial margin, computed from scratch (INV-019)."""
        states, reference = self.fast.engine.states, self.reference
        assert query.accounts(states) == sorted(reference.clearing.accounts)
        for number, account in reference.clearing.accounts.items():
            margin = query.margin(states, number)
            assert margin.cash_mills == account.cash_mills, f"cash of account {number}"
            assert margin.equity_mills == reference.clearing.equity_mills(account), f"equity of account {number}"
            assert margin.initial_mills == reference.initial_margin_mills(account), f"hold of account {number}"
            free = reference.clearing.funds_mills(account) - margin.initial_mills
            assert margin.free_margin_mills == margin_view(states, number).free_margin_mills == free, (
                f"free funds of {number}"
            )
            assert free_margin_mills(states[0], number) == free, f"free funds of {number} as checks see them"
            row = states[0].accounts[number]
            assert row.initial_margin_mills + row.scan_rise_bound_mills >= margin.initial_mills, (
                f"bound of account {number}"
            )
            assert query.account_sequence(states, number) == account.sequence
            assert (row.required_mills, row.call_due_ns) == (account.required_mills, account.call_due_ns)
            assert bool(row["flags"] & RESTRICTED_FLAGS) == account.may_only_close, f"close-only of account {number}"
            working = [order.order_id for order in reference.working(number)]
            assert [row.order_id for row in query.open_orders(states, number)] == working, f"orders of {number}"
            for index in reference.books:
                expected = self.slow.position(number, index)
                assert self.fast.position(number, index) == expected, f"position of {number} in {index}"
        assert query.totals(states).house_mills == reference.clearing.house_mills, "accounts of the house"

    def compare_sessions(self) -> None:
        """Rows of sessions, and their last requests (SESS-007, RECOV-013)."""
        states, sessions = self.fast.engine.states, self.reference.sessions
        holders = {row: int(number) for row, number in enumerate(states["sessions"][0]["number"]) if number}
        assert holders == sessions.holders
        for number in {*sessions.last_request, *holders.values()}:
            expected = sessions.last_request.get(number, 0)
            assert query.last_request_id(states, number) == expected, f"last request of session {number}"


def queue_of(book: Book, side: int, price: int) -> list[tuple[int, int]]:
    return [(order.order_id, order.shown_lots) for order in _at(book, side, price)]


def _at(book: Book, side: int, price: int) -> list[Order]:
    return [order for order in book.orders(side) if order.price == price]


def book_has_ladder(states: np.ndarray, index: int) -> bool:
    return bool(states["books"][0]["side_rows"][index])


def short(row: Any) -> str:
    """A row without its zero fields."""
    if row is None:
        return "nothing"
    return " ".join(f"{name}={int(value)}" for name, value in row._asdict().items() if value)
