"""One command explained: what it asks, the market and the account before it, its checks, and its events."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.inspection.checks import OF_KIND, EntryCheck, checks_of, figures_of
from bench.inspection.figures import order_of
from bench.inspection.place import TapePlace, command_of, symbols_of
from bench.inspection.words import command_words, event_words
from bench.research.event_columns import REFUSALS
from bench.tapes.tape import Tape, TapeControl
from exchange.codes import CommandKind, RejectReason
from exchange.engine import query
from exchange.engine.control.checks import ControlError
from exchange.engine.event_rows import split_rests
from exchange.records import EVENT


@dataclass(frozen=True)
class ExplainedRow:
    """A row of a command: all of it, or an entry of a mass quote."""

    command: dict[str, Any]
    book: dict[str, Any] | None  # as it was before the row; None: the row is about none
    reason: str  # abbreviation of the RejectReason; of a control the engine's text; empty: it was accepted
    checks: list[EntryCheck]

    @property
    def verdict(self) -> str:
        """accepted, or refused with its reason."""
        return f"refused: {self.reason}" if self.reason else "accepted"


@dataclass(frozen=True)
class Explanation:
    """A command and what it met."""

    rows: list[ExplainedRow]  # one, or the entries of a mass quote
    payload: str  # of a control, JSON
    account: dict[str, Any] | None  # as it was before the command; None: it is about none
    events: list[dict[str, Any]]

    @property
    def verdict(self) -> str:
        """That of the only row, or how many entries were accepted."""
        accepted = sum(not one.reason for one in self.rows)
        return self.rows[0].verdict if len(self.rows) == 1 else f"{accepted} of {len(self.rows)} entries accepted"


def explain(tape: Tape, sequence: int) -> Explanation:
    """Explain the command of a sequence, of a mass quote all of it. UserError: the tape has no such sequence."""
    rows, control = command_of(tape, sequence)
    place = TapePlace(tape, int(rows["sequence"][0]) - 1)
    account = int(rows["account"][0])
    money = place.account(account) if account in query.accounts(place.engine.states) else None
    if control is not None:
        pairs = [_carry_out(place, control)]
    else:
        pairs = [_apply(place, rows[number : number + 1]) for number in range(len(rows))]
    # A mass quote before it may have waited for another row; its last events come with this command.
    own = (events[events["sequence"] >= rows["sequence"][0]] for _, events in pairs)
    events = [one for part in own for one in split_rests(part)]
    symbols = symbols_of(place.engine.states)
    payload = "" if control is None else control.payload.decode(errors="backslashreplace")
    explained = [row for row, _ in pairs]
    return Explanation(explained, payload, money, [event_words(np.array([one]), symbols) for one in events])


def _carry_out(place: TapePlace, control: TapeControl) -> tuple[ExplainedRow, np.ndarray]:
    """Run a control, if the engine can. Returns its events too."""
    engine, reason, events = place.engine, "", np.zeros(0, EVENT)
    try:
        engine.check_control(int(control.row["kind"][0]), control.payload, recorded=True)
        events = engine.control(control.row, control.payload)
    except ControlError as error:
        reason = str(error)
    return ExplainedRow(command_words(control.row, symbols_of(engine.states)), None, reason, []), events


def _apply(place: TapePlace, row: np.ndarray) -> tuple[ExplainedRow, np.ndarray]:
    """Apply a row. Returns its events too."""
    engine, symbols = place.engine, place.symbols
    index = _index_of(row, engine.states)
    book = place.book(index) if index in symbols else None
    figures = figures_of(row, engine.states) if int(row["kind"][0]) in OF_KIND else {}
    events = engine.apply(row)
    refusals = events[np.isin(events["kind"], REFUSALS)][:1]
    refusal = refusals if len(refusals) else None
    reason = "" if refusal is None else RejectReason(int(refusal["reason"][0])).abbreviation
    return ExplainedRow(command_words(row, symbols), book, reason, checks_of(figures, refusal)), events


def _index_of(row: np.ndarray, states: np.ndarray) -> int:
    """The instrument that a command is about, 0: none. A replace or cancel has that of its order."""
    if int(row["kind"][0]) not in (CommandKind.REPLACE, CommandKind.CANCEL):
        return int(row["instrument"][0])
    order = order_of(row, states)
    return 0 if order is None else int(order["book"])
