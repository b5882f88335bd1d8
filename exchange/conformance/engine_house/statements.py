"""Statements of the close: what has moved an account's cash since the close before, and what it holds (SETTLE-013)."""

from collections import Counter
from typing import Any

import numpy as np

from exchange.clearing_codes import CashReason
from exchange.codes import EventKind
from exchange.engine.calls.requirement import required_mills

PARTS = {
    CashReason.FEE: "fees", CashReason.BUST: "fees", CashReason.TRANSFER: "moved",
    CashReason.ADJUSTMENT: "adjusted", CashReason.SHORTFALL: "adjusted",
}  # fmt: skip


class ScenarioStatements:
    """Follows the money of all accounts of a scenario.

    stated  by account, the statement of the last close
    """

    def __init__(self) -> None:
        self.stated: dict[int, dict[str, int]] = {}
        self._moved: dict[int, Counter[str]] = {}  # since the last close, by part
        self._closing: Counter[int] = Counter()  # cash at the last close

    def open(self, account: int, mills: int) -> None:
        """An account begins with this cash."""
        self._moved.pop(account, None)
        self._closing[account] = mills

    def note(self, event: Any) -> None:
        """Note the fee of a fill, or cash that has moved."""
        moved = self._moved.setdefault(event.account, Counter())
        if event.kind == EventKind.FILL:
            moved["fees"] -= event.fee_mills
        elif event.kind == EventKind.CASH_MOVED and event.cash_reason != CashReason.VARIATION:
            moved[PARTS[CashReason(event.cash_reason)]] += event.amount_mills

    def close(self, states: np.ndarray, accounts: int) -> None:
        """Write the statement of each account at the end of its day. Variation is what nothing else explains: with it
        comes the remainder of strips (CASCADE-006)."""
        required = required_mills(states[0])
        for account in range(1, accounts + 1):
            moved, cash = self._moved.pop(account, Counter()), int(states[0].accounts[account].cash_mills)
            known = {part: moved[part] for part in ("fees", "moved", "adjusted")}
            variation = cash - self._closing[account] - sum(known.values())
            held = {"closing": cash, "im": int(required[account])}
            self.stated[account] = {"vm": variation, "delivery": 0, **known, **held}
            self._closing[account] = cash
