"""All state of the exchange, questions about it, and emitting events.

Functions of the other modules take the `Market` as their first argument and change it in place.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from exchange.codes import (
    REJECT_PRECEDENCE,
    CommandFlag,
    EventFlag,
    EventKind,
    MarketState,
    OrderState,
    RejectReason,
    Threshold,
)
from exchange.records import EVENT_ALIASES
from exchange.reference.book import Book, Order, OrderIds
from exchange.reference.clearing import Account, Clearing
from exchange.reference.phases import Phases
from exchange.reference.price_guards import PriceGuards
from exchange.reference.rows import Command, Event, fields_of

PRICE_CEILING = 0x7FFFFFFF  # a refused price is reported in 32 bits
CLIENT_WORDS = ("client_order_id_0", "client_order_id_1", "client_order_id_2")

Check = Iterator[tuple[bool, RejectReason]]  # (whether the check fails, reason), in order of precedence


@dataclass(frozen=True)
class Capacities:
    """How much the exchange can hold; more is refused with FULL."""

    orders: int = 1_024
    session_rows: int = 64
    protections: int = 15


DEFAULT_CAPACITIES = Capacities()


@dataclass
class MassQuote:
    """A mass quote. Its entries are commands of their own, but all events have the first one's sequence (QUOTE-008)."""

    sequence: int
    time_ns: int = 0
    named: list[int] = field(default_factory=list)  # books of the entries so far
    is_open: bool = True  # more entries follow


@dataclass
class Protection:
    """A market-maker protection group of one account (MMP-001)."""

    account: int
    number: int
    group: int = 0  # product group that it is for; 0: all
    window_ns: int = 0
    limits: dict[Threshold, int] = field(default_factory=dict)
    fills: list[tuple[int, int, int]] = field(default_factory=list)  # (time, signed lots, GPU-hours)
    tripped: Threshold = Threshold.NONE


class Sessions:
    """A table of sessions: the last request, and the account that opened each (SESS-007, RECOV-013).

    The row of a session is its number modulo the count of rows; row 0 is not used. A row belongs to the session that
    was opened there last.
    """

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.holders: dict[int, int] = {}  # row -> session
        self.last_request: dict[int, int] = {}
        self.opened_by: dict[int, int] = {}  # session -> account

    def claim_row(self, session: int) -> bool:
        """Give the session its row if that is free; returns whether it has the row."""
        row = session % self.rows
        return row != 0 and self.holders.setdefault(row, session) == session

    def open(self, session: int, account: int) -> int | None:
        """Open or resume a session in its row; returns the session that it displaces there, None if there is none."""
        row = session % self.rows
        before = self.holders.get(row)
        if row == 0:
            return None
        self.holders[row] = session
        self.opened_by[session] = account
        if before in (None, session):
            return None
        self.last_request.pop(before, None)
        self.opened_by.pop(before, None)
        return before

    def note_request(self, session: int, request: int) -> None:
        """SESS-007: note the session's highest request id."""
        if request > self.last_request.get(session, 0) and self.claim_row(session):
            self.last_request[session] = request


class Market:
    """The state of one exchange. `command` is the command in progress, `events` its events so far."""

    def __init__(self, capacities: Capacities = DEFAULT_CAPACITIES) -> None:
        self.capacities = capacities
        self.clearing = Clearing()
        self.books: dict[int, Book] = {}
        self.phases = Phases()
        self.orders: dict[int, Order] = {}  # live ones, oldest first
        self.ids = OrderIds(capacities.orders)
        self.guards: dict[int, PriceGuards] = {}
        self.lead_months: dict[int, int] = {}  # group -> book (BAND-008)
        self.settled_days: dict[int, int] = {}  # group -> day of its last settlement (SEC-061)
        self.window_ns = 0, 0  # begin and end of the closing window (SETTLE-001)
        self.lead_makers: dict[int, list[tuple[int, int]]] = {}  # book -> (account, percent) of each (PRO-003)
        self.sessions = Sessions(capacities.session_rows)
        self.kills: dict[tuple[int, int], set[int]] = {}  # (scope, number of what is killed) -> parties (KILL-004)
        self.elected: list[Order] = []  # elected stops that are not injected yet, in order (STOP-006)
        self.mass_quote: MassQuote | None = None  # the mass quote in progress
        self.protections: dict[tuple[int, int], Protection] = {}  # by (account, number)
        self.tripped: list[Protection] = []  # groups whose quotes are still to be pulled
        self.entries = self.trades = 0
        self.changed_positions: list[tuple[int, int]] = []  # (account, book) of each that fills of the command changed
        self.implied: dict[tuple[int, int], tuple[int, int]] = {}  # (book, side) -> (price, lots) last reported
        self.indices: dict[int, Any] = {}  # by number (`controls.index`)
        self.busted: set[int] = set()  # ids of trades taken back
        self.published: dict[int, set[int]] = {}  # instrument -> days whose settlement was published (SETTLE-011)
        self.command: Any = Command()
        self.events: list[Any] = []

    # --- questions

    def market_state(self, index: int) -> MarketState:
        return self.phases.effective(self.clearing.instruments[index])

    @property
    def stamp_source(self) -> Any:
        """The source of sequence and time for events: the mass quote in progress, else the command."""
        return self.command if self.mass_quote is None else self.mass_quote

    def working(self, account: int) -> list[Order]:
        return [order for order in self.orders.values() if order.account == account]

    def find_client(self, account: int, words: tuple[int, int, int]) -> Order | None:
        """The live order of an account with this client order id (ORDER-005); None: there is none."""
        if words == (0, 0, 0):
            return None
        return next((order for order in self.working(account) if order.client_order_id == words), None)

    def find(self, command: Any) -> Order | None:
        """The live order that a CANCEL or REPLACE names; None if the account has no such order (ORDER-006)."""
        if not command.order_id:
            return self.find_client(command.account, client_words(command))
        order = self.orders.get(command.order_id)
        return order if order is not None and order.account == command.account else None

    def set_closing_window(self, payload: dict[str, Any]) -> None:
        """LIST and DAY_LIMITS: the window of the next close, unless they name none."""
        start_ns, end_ns = payload.get("window_ns", (0, 0))
        if end_ns:
            self.window_ns = start_ns, end_ns

    def last_tick_or_settle(self, index: int) -> int:
        """The book's last price, else its settlement: the reference of auctions and windows (AUC-008, BAND-005)."""
        last = self.books[index].last_tick
        return self.clearing.instruments[index].settle_tick if last is None else last

    def initial_margin_mills(self, account: Account) -> int:
        return self.clearing.initial_margin_mills(account, self.working(account.number))

    # --- events

    def next_number(self, number: int) -> int:
        """Take the next number of an account's stream (ACCT-001); 0 if there is no such account."""
        account = self.clearing.accounts.get(number)
        if account is None:
            return 0
        account.sequence += 1
        return account.sequence

    def emit(self, kind: EventKind, **fields: Any) -> None:
        """Emit an event of the command in progress. `fields`: values by field name or alias."""
        of = self.stamp_source
        self.events.append(Event(sequence=of.sequence, time_ns=of.time_ns, kind=kind, **fields))

    def order_event(self, kind: EventKind, order: Order, in_stream: bool = True, **fields: Any) -> None:
        """Emit an event about one order. `in_stream`: it takes a number of the account's stream."""
        common = {
            "side": order.side, "order_type": order.order_type, "tif": order.tif,
            "state": OrderState.PENDING if order.pending else OrderState.OPEN,
            "account": order.account, "session": order.session, "instrument": order.instrument,
            "price": order.price, "order_id": order.order_id, "client_order_id_0": order.client_order_id[0],
            "client_order_id_1": order.client_order_id[1], "client_order_id_2": order.client_order_id[2],
            "leaves_lots": order.leaves_lots, "filled_lots": order.filled_lots, "order_lots": order.order_lots,
            "value_tick_lots": order.value_tick_lots,
        }  # fmt: skip
        if order.liquidation:
            fields["flags"] = fields.get("flags", 0) | EventFlag.LIQUIDATION
        if in_stream:
            fields["account_sequence"] = self.next_number(order.account)
        self.emit(kind, **{**common, **fields_of(EVENT_ALIASES, fields)})

    def answer(self, kind: EventKind, **fields: Any) -> None:
        """Emit the event that reports that the command was carried out."""
        command = self.command
        common = {"account": command.account, "session": command.session, "instrument": command.instrument}
        self.emit(kind, **{**common, "reference": command.request_id, **fields_of(EVENT_ALIASES, fields)})

    def refuse(self, kind: EventKind, reason: RejectReason, **details: Any) -> None:
        """Emit a rejection, with what the command asked and why not (ORDER-003).

        Only ORDER_REJECTED takes a number of the account's stream.
        """
        names = ("side", "order_type", "tif", "account", "session", "instrument", "order_id", *CLIENT_WORDS)
        fields = {name: getattr(self.command, name) for name in names}
        if reason == RejectReason.STATE and self.command.instrument in self.books:
            fields |= {"book_state": self.market_state(self.command.instrument)}
        if kind == EventKind.ORDER_REJECTED:
            fields |= {"state": OrderState.REJECTED, "order_lots": self.command.lots}
            fields |= {"price": reported_price(self.command.price)}
            fields |= {"flags": self.command.flags & CommandFlag.LIQUIDATION}
            fields |= {"account_sequence": self.next_number(self.command.account)}
        self.emit(kind, **{**fields, "reason": reason, "reference": self.command.request_id, **details})

    def refuse_change(self, kind: EventKind, reason: RejectReason, order: Order | None, **details: Any) -> None:
        """Reject a REPLACE or CANCEL. If the reason is STATE, the event names the order's book and its state."""
        if order is not None and reason == RejectReason.STATE:
            state = self.market_state(order.instrument)
            self.refuse(kind, reason, instrument=order.instrument, book_state=state)
        else:
            self.refuse(kind, reason, **details)


def first_failure(checks: Check) -> RejectReason:
    """ORDER-004: the reason of the first check that fails; NONE if all pass. Asserts the order of REJECT_PRECEDENCE."""
    rank = 0
    for failed, reason in checks:
        assert REJECT_PRECEDENCE.index(reason) >= rank, f"{reason.name} is checked after {REJECT_PRECEDENCE[rank].name}"
        rank = REJECT_PRECEDENCE.index(reason)
        if failed:
            return reason
    return RejectReason.NONE


def client_words(command: Any) -> tuple[int, int, int]:
    """The client order id of a command."""
    return (command.client_order_id_0, command.client_order_id_1, command.client_order_id_2)


def reported_price(price: int) -> int:
    """The price that a rejection reports: the price moved into the range of 32 bits."""
    return max(-PRICE_CEILING, min(price, PRICE_CEILING))
