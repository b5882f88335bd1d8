"""The cash of each account, explained line by line by its daily statements, and what must be true after each day."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from exchange.clearing_codes import PASSING
from exchange.engine import query
from exchange.publish.daily.statements import Statements
from exchange.wire.messages import StatementView

PARTS = ("variation_mills", "fees_mills", "delivery_mills", "moved_mills", "adjusted_mills")


@dataclass
class Explained:
    """The statements of one account from the first day on, added up.

    parts    mills by part of a statement: what moved cash so far
    closing  cash after the last statement
    days     (day, cash) after each settlement
    """

    parts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(PARTS, 0))
    closing: int = 0
    days: list[tuple[str, int]] = field(default_factory=list)

    def add(self, view: StatementView) -> str | None:
        """Add the statement of a day. Returns what is wrong with it, None: it continues the one before."""
        found = {part: int(getattr(view, part)) for part in PARTS}
        fault = None
        if view.opening_mills != self.closing:
            fault = f"opens with {view.opening_mills} mills, the day before closed with {self.closing}"
        elif view.opening_mills + sum(found.values()) != view.closing_mills or view.partial:
            fault = f"parts do not explain {view.closing_mills} mills"
        for part, mills in found.items():
            self.parts[part] += mills
        self.closing = view.closing_mills
        self.days.append((view.day, self.closing))
        return fault


class Accounts:
    """Follows the statements of all accounts of the story."""

    def __init__(self, statements: Statements, accounts: list[int]) -> None:
        self._statements = statements
        self.explained = {account: Explained() for account in accounts}
        self.faults: list[str] = []

    def add_day(self) -> None:
        """Add the statements of the day that was settled last."""
        for account, explained in self.explained.items():
            view = self._statements.last(account)
            if view is not None and (not explained.days or explained.days[-1][0] != view.day):
                self._note(account, explained.add(view))

    def end(self) -> None:
        """Add what has moved since the last settlement."""
        for account, explained in self.explained.items():
            self._note(account, explained.add(self._statements.today(account)))

    def _note(self, account: int, fault: str | None) -> None:
        if fault is not None:
            self.faults.append(f"statement of account {account}: {fault}")


def faults_of(states: np.ndarray) -> Iterator[str]:
    """What should be true of the money and positions of a venue, and is not (INV-018)."""
    totals = query.totals(states)
    if totals.ledger_mills or totals.gains_mills:
        yield f"the ledger sums to {totals.ledger_mills} mills, gains to {totals.gains_mills}"
    for house in PASSING:
        if balance := totals.house_mills[house]:
            yield f"the house keeps {balance} mills of {house.name}"
    lots, open_value_tick_lots = query.position_sums(states)
    for index in np.flatnonzero((lots != 0) | (open_value_tick_lots != 0)).tolist():
        yield f"positions of book {index} sum to {lots[index]} lots, open values to {open_value_tick_lots[index]}"
