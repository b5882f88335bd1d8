"""One command explained: what it asks, the market and the account before it, its checks, and its events."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.inspection.checks import OF_KIND, EntryCheck, checks_of, figures_of
from bench.inspection.place import TapePlace, command_of, symbols_of
from bench.inspection.words import client_order_id_of, command_words, event_words
from bench.research.event_columns import REFUSALS
from bench.tapes.tape import Tape, TapeControl
from exchange.codes import CommandKind, RejectReason
from exchange.engine import query
from exchange.engine.event_rows import split_rests


@dataclass(frozen=True)
class Explanation:
    """A command and what it met. `book` and `account` are as they were before it; None: it is about none."""

    commands: list[dict[str, Any]]  # one, or the rows of a mass quote
    payload: str  # of a control, JSON
    reason: RejectReason
    book: dict[str, Any] | None
    account: dict[str, Any] | None
    checks: list[EntryCheck]
    events: list[dict[str, Any]]

    @property
    def verdict(self) -> str:
        """accepted, or refused with its reason."""
        return f"refused: {self.reason.abbreviation}" if self.reason else "accepted"


def explain(tape: Tape, sequence: int) -> Explanation:
    """Explain the command of a sequence, of a mass quote all of it. UserError: the tape has no such sequence."""
    rows, control = command_of(tape, sequence)
    place = TapePlace(tape, int(rows["sequence"][0]) - 1)
    engine, symbols, row = place.engine, place.symbols, rows[:1]
    account, index = int(row["account"][0]), _index_of(row, control, engine.states)
    book = place.book(index) if index in symbols else None
    money = place.account(account) if account in query.accounts(engine.states) else None
    figures = figures_of(row, engine.states) if int(row["kind"][0]) in OF_KIND else {}
    events = engine.apply(rows) if control is None else engine.control(row, control.payload)
    refusals = np.flatnonzero(np.isin(events["kind"], REFUSALS))
    refusal = events[refusals[:1]] if len(refusals) else None
    reason = RejectReason.NONE if refusal is None else RejectReason(int(refusal["reason"][0]))
    symbols = symbols_of(engine.states)
    return Explanation(
        [command_words(rows[one : one + 1], symbols) for one in range(len(rows))],
        "" if control is None else control.payload.decode(),
        reason,
        book,
        money,
        checks_of(figures, refusal),
        [event_words(np.array([one]), symbols) for one in split_rests(events)],
    )


def _index_of(row: np.ndarray, control: TapeControl | None, states: np.ndarray) -> int:
    """The instrument that a command is about, 0: none. A replace or cancel has that of its order."""
    kind, account = int(row["kind"][0]), int(row["account"][0])
    if control is not None:
        return 0
    if kind not in (CommandKind.REPLACE, CommandKind.CANCEL):
        return int(row["instrument"][0])
    name = client_order_id_of(row)
    order_id = int(row["order_id"][0])
    order = query.find_order(states, account, order_id, name) if order_id or name else None
    return order.instrument if order else 0
