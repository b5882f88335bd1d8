"""An engine that runs at the scenario's time, and the names by which a scenario calls accounts, books and orders."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from contracts_spec.schema import Spec
from exchange.clearing_codes import Life
from exchange.codes import CancelReason, CommandKind, EventKind, OrderState
from exchange.conformance.engine_house.statements import ScenarioStatements
from exchange.engine import query
from exchange.engine.control.define_account import AccountPayload
from exchange.engine.control.registry import encode_payload
from exchange.engine.engine import Engine
from exchange.engine.query import InstrumentRow
from exchange.limits import VENUE
from exchange.records import COMMAND, field_of, unpack_client_order_id
from exchange.reference.rows import Command, command_bytes, event_tuples
from exchange.units import NS_PER_S
from exchange.venue.account_terms import new_account

OPENING_MILLS = 10**12  # of an account that is named for the first time
SPARE_ACCOUNTS = 8  # opened ahead, so that naming one changes nothing
UNLISTED = 0xFFFFFFFF  # in place of the index of a book that is not listed
MINUTE_NS = 60 * NS_PER_S

_ENDED = (EventKind.FILL, EventKind.ORDER_CANCELLED)
_STATES = {OrderState.FILLED: "FILLED", OrderState.CANCELLED: "GONE", OrderState.EXPIRED: "GONE"}


@dataclass(frozen=True)
class Fate:
    """Where an order stands, as its last event tells. `why`: CancelReason of one that is gone."""

    account: int
    status: str
    left: int
    why: str | None = None


@dataclass(frozen=True)
class Journaled:
    """A command of the journal: its row, and the payload of a control."""

    row: Any
    payload: bytes | None


class RunningVenue:
    """The engine of one scenario, and what its words mean there.

    now_ns       the scenario's time, which commands carry
    day          the trading day: from the close of the date before to its own
    opening      cash with which each named account was opened, mills
    listed_on    first trading day by symbol: the settlement of the day before is its first
    fates        orders by name
    mark_due_ns  when the next mark of the minute finds something new; 0: it would find nothing
    journal      every command so far
    statements   what has moved the money of accounts
    """

    def __init__(self, spec: Spec, now_ns: int, day: date) -> None:
        self.spec, self.now_ns, self.day = spec, now_ns, day
        self.engine = Engine(VENUE)
        self.states = self.engine.states
        self.accounts: dict[str, int] = {}
        self.opening: dict[str, int] = {}
        self.listed_on: dict[str, date] = {}
        self.fates: dict[str, Fate] = {}
        self.ahead: dict[tuple[int, int], int] = {}  # prints before their time, by index and day; 0: none
        self.seeds: dict[int, int] = {}  # default print by index
        self.flags: set[tuple[int, str]] = set()  # of the last close
        self.sellers: dict[str, int] = {}
        self.mark_due_ns = 0
        self.journal: list[Journaled] = []
        self.statements = ScenarioStatements()
        self.opened = 0  # accounts, named or not
        self._rows: dict[str, InstrumentRow] = {}

    # --- commands

    def row(self, kind: CommandKind, **fields: int) -> list[Any]:
        """Apply a row at the scenario's time. Returns its events."""
        command = self._command(kind, fields)
        return self._note(Journaled(command, None), self.engine.apply(_rows(command)))

    def control(self, kind: CommandKind, payload: bytes) -> list[Any]:
        """Check a control, then apply it. Returns its events. ControlError: it is refused, nothing has changed."""
        self.engine.check_control(kind, payload)
        command = self._command(kind, {})
        events = self._note(Journaled(command, payload), self.engine.control(_rows(command), payload))
        self._rows.clear()
        if kind == CommandKind.LIST:
            self.listed_on = dict.fromkeys(self.instruments, self.day) | self.listed_on
        return events

    def first_refusal(self, **fields: int) -> int:
        """RejectReason of a NEW that came now; 0: it would be accepted. Nothing is changed."""
        found = self.engine.first_refusal(_rows(self._command(CommandKind.NEW, fields)))
        return found[1] if found else 0

    def _command(self, kind: CommandKind, fields: dict[str, int]) -> Any:
        """A COMMAND. A number beyond its field becomes the field's last one: a refusal is the same for both."""
        for name, number in fields.items():
            bounds = np.iinfo(COMMAND[field_of(COMMAND, name)])
            fields[name] = min(max(number, int(bounds.min)), int(bounds.max))
        return Command(sequence=self.engine.sequence + 1, time_ns=self.now_ns, kind=kind, **fields)

    def _note(self, command: Journaled, events: np.ndarray) -> list[Any]:
        self.journal.append(command)
        found = event_tuples(events.tobytes())
        for event in found:
            if event.kind in _ENDED or event.kind == EventKind.ORDER_ACCEPTED:
                self._note_order(event)
            if event.kind in (EventKind.FILL, EventKind.CASH_MOVED):
                self.statements.note(event)
        return found

    def _note_order(self, event: Any) -> None:
        name = unpack_client_order_id(event.client_order_id_0, event.client_order_id_1, event.client_order_id_2)
        status = _STATES.get(OrderState(event.state), "WORKING")
        if event.kind == EventKind.ORDER_CANCELLED:
            self.fates[name] = Fate(event.account, status, event.lots, CancelReason(event.cancel_reason).name)
        else:
            self.fates[name] = Fate(event.account, status, event.leaves_lots)

    def touch(self) -> None:
        """Something has happened: the next full minute has something to mark."""
        self.mark_due_ns = self.mark_due_ns or (self.now_ns // MINUTE_NS + 1) * MINUTE_NS

    # --- names

    def account(self, name: str) -> int:
        """The number of an account. One that is named for the first time takes the next that is open."""
        if name not in self.accounts:
            self.accounts[name] = len(self.accounts) + 1
            self.opening[name] = OPENING_MILLS
            assert self.accounts[name] <= self.opened, "accounts are opened ahead"
        return self.accounts[name]

    def open_named(self, name: str, mills: int) -> None:
        """Open an account with the cash of a set-up line, before any other is named."""
        assert self.opened == len(self.accounts), "set-up lines come first"
        self._open(mills)
        self.accounts[name] = self.opened
        self.opening[name] = mills

    def open_spare(self) -> None:
        """Open accounts ahead of their names, after a line has been accepted."""
        while self.opened < len(self.accounts) + SPARE_ACCOUNTS:
            self._open(OPENING_MILLS)

    def _open(self, mills: int) -> None:
        self.opened += 1
        terms: AccountPayload = new_account(self.spec, self.opened)
        terms.smp_id = 0  # no account of a scenario has a self-match id
        self.control(CommandKind.DEFINE_ACCOUNT, encode_payload(terms))
        if mills:
            self.row(CommandKind.DEPOSIT, account=self.opened, amount_mills=mills)
        self.statements.open(self.opened, mills)

    @property
    def instruments(self) -> dict[str, InstrumentRow]:
        """Instruments by symbol, also those that have ended."""
        if not self._rows:
            known = query.known_instruments(self.states)
            self._rows = {row.symbol: row for row in sorted(known, key=lambda row: row.life == Life.LISTED)}
        return self._rows

    def index(self, symbol: str) -> int:
        """Number of a book, also of one that has ended; UNLISTED if there is none."""
        row = self.instruments.get(symbol)
        return row.index if row else UNLISTED

    def groups(self) -> list[int]:
        """Product groups with instruments, ascending."""
        return sorted(query.group_states(self.states))


def _rows(command: Any) -> np.ndarray:
    """A COMMAND row, shape (1,)."""
    return np.frombuffer(bytearray(command_bytes([command])), COMMAND)
