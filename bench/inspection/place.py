"""A replay at a sequence, and what is there as plain values: symbols, prices in dollars as text, lots, mills."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from bench.inspection.symbols import find_symbol
from bench.tapes.run import check_control
from bench.tapes.tape import Tape, TapeControl
from exchange.book.layout import ORDER
from exchange.codes import CommandFlag, CommandKind
from exchange.engine import query
from exchange.engine.engine import Engine
from exchange.engine.views import views
from exchange.errors import UserError
from exchange.limits import NAMED
from exchange.units import price_text

LEVELS = 10


@dataclass(frozen=True)
class TapePlace:
    """A tape after the command of a sequence; 0: before the first one."""

    tape: Tape
    sequence: int

    @cached_property
    def engine(self) -> Engine:
        """The engine, just after the command. UserError: a control of the tape cannot be carried out."""
        engine = Engine(NAMED[self.tape.limits])
        for part in self.tape.parts():
            if isinstance(part, TapeControl):
                if part.sequence > self.sequence:
                    break
                check_control(engine, part)
                engine.control(part.row, part.payload)
            else:
                engine.run_silently(part[: np.searchsorted(part["sequence"], self.sequence, "right")])
        return engine

    @cached_property
    def symbols(self) -> dict[int, str]:
        """Symbol of each instrument that there is or was, by index."""
        return symbols_of(self.engine.states)

    def index_of(self, symbol: str) -> int:
        """Index of an instrument by its symbol, a part of it that only it has, or its number. UserError: none, or
        several."""
        known = list(self.symbols.items())
        return known[find_symbol(symbol, known, f"at sequence {self.sequence:,}")[0]][0]

    def book(self, index: int, levels: int = LEVELS) -> dict[str, Any]:
        """A book: state, prices of the day, implied prices, the best levels."""
        states = self.engine.states
        bids, asks = query.depth(states, index, levels)
        day = query.statistics(states, index)
        row = query.instruments_of(states, np.array([index]))[0]
        implied = [one and [price_text(one[0]), one[1]] for one in query.implied(states, index)]
        return {
            "symbol": row.symbol,
            "state": row.state.name,
            "limits": [price_text(row.low_tick), price_text(row.high_tick)],
            "settlement": price_text(row.settle_tick),
            "last": price_text(day.last) if day.last or day.volume else None,
            "volume_lots": day.volume,
            "open_interest_lots": day.open_interest,
            "implied_bid": implied[0],
            "implied_ask": implied[1],
            "bids": [[price_text(tick), lots] for tick, lots in bids],
            "asks": [[price_text(tick), lots] for tick, lots in asks],
        }

    def account(self, account: int) -> dict[str, Any]:
        """An account: money, positions, working orders. UserError: it is not defined."""
        states = self.engine.states
        if account not in query.accounts(states):
            raise UserError(f"account {account} is not defined at sequence {self.sequence:,}")
        positions = [
            {"symbol": self.symbols[row.instrument], "lots": row.lots, "unrealised_mills": row.unrealised_pnl_mills}
            for row in query.positions(states, account)
        ]
        orders = views(states.dtype).copy_orders(states, account, 0, np.empty(0, ORDER))
        return {"account": account, **query.margin(states, account)._asdict(), "positions": positions,
                "working_orders": orders}  # fmt: skip


def symbols_of(states: np.ndarray) -> dict[int, str]:
    """Symbol of each instrument that there is or was, by index."""
    return {row.index: row.symbol for row in query.known_instruments(states)}


def command_of(tape: Tape, sequence: int) -> tuple[np.ndarray, TapeControl | None]:
    """The rows of the command of a sequence, and the control if it is one. UserError: the tape has none of it.

    A mass quote is one command of several rows: the sequence of each of them gives all.
    """
    rows = tape.commands
    place = int(np.searchsorted(rows["sequence"], sequence))
    if place < len(rows) and rows["sequence"][place] == sequence:
        return rows[slice(*_run_of(tape, place))], None
    for control in tape.controls:
        if control.sequence == sequence:
            return control.row, control
    first, last = sequences(tape)
    raise UserError(f"sequence {sequence:,}, allowed: {first:,} to {last:,}, which the source has")


def _run_of(tape: Tape, place: int) -> tuple[int, int]:
    """First row, and the row after the last one, of the mass quote at a place; of another command its row."""
    start, stop = place, place + 1
    while _goes_on(tape, start):
        start -= 1
    while _goes_on(tape, stop):
        stop += 1
    return start, stop


def _goes_on(tape: Tape, place: int) -> bool:
    """Whether a row is an entry of the same mass quote as the row before it. A control between them ends the quote."""
    if not 0 < place < len(tape.commands):
        return False
    before, row = tape.commands[place - 1 : place + 1]
    if before["kind"] != CommandKind.QUOTE or row["kind"] != CommandKind.QUOTE:
        return False
    cut = any(before["sequence"] < control.sequence < row["sequence"] for control in tape.controls)
    return bool(before["flags"] & CommandFlag.MORE) and not cut


def sequences(tape: Tape) -> tuple[int, int]:
    """First and last sequence of a tape; (0, 0): it has no command."""
    ends = [int(rows[place]) for rows in [tape.commands["sequence"]] if len(rows) for place in (0, -1)]
    ends += [control.sequence for control in tape.controls]
    return (min(ends), max(ends)) if ends else (0, 0)
