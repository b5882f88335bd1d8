"""Compares the money in the engine's state with the sum of what its events report.

The engine's 64-bit totals wrap silently, and wrapped totals may still balance. Here the sums are Python integers.
"""

import numpy as np

from exchange.codes import CashReason, EventKind
from exchange.records import column


class ReportedMoney:
    """Sums of deposits, withdrawals, variation margin and fees over CASH_MOVED and FILL events, in mills."""

    def __init__(self) -> None:
        self.deposits_mills = self.withdrawals_mills = self.fees_mills = 0
        self._variation_mills = 0  # between two controls: what some accounts have received others have paid

    def add(self, events: np.ndarray) -> None:
        """Add the amounts of EVENT rows, shape (n,). Call it with all rows, in any portions."""
        is_cash, causes = events["kind"] == EventKind.CASH_MOVED, column(events, "cash_reason")
        moved = events["amount_mills"][is_cash & (causes == CashReason.TRANSFER)].tolist()
        self._variation_mills += sum(events["amount_mills"][is_cash & (causes == CashReason.VARIATION)].tolist())
        self.deposits_mills += sum(amount for amount in moved if amount > 0)
        self.withdrawals_mills -= sum(amount for amount in moved if amount < 0)
        self.fees_mills += sum(column(events, "fee_mills")[events["kind"] == EventKind.FILL].tolist())

    def faults(self, states: np.ndarray) -> list[str]:
        """Differences between a state and the sums (INV-018), each in words.

        states   the STATE record after the last event, shape (1,)
        """
        state = states[0]
        cash, gains = (sum(state.accounts[name].tolist()) for name in ("cash_mills", "unrealised_pnl_mills"))
        found = [f"gains sum to {gains} mills, not to 0"] if gains else []
        held = self.deposits_mills - self.withdrawals_mills - self.fees_mills
        if cash != held:
            found.append(f"accounts have {cash} mills, deposits less withdrawals and fees are {held}")
        if self._variation_mills:
            found.append(f"variation margin sums to {self._variation_mills} mills, not to 0")
        for name in ("deposits_mills", "withdrawals_mills", "fees_mills"):
            reported = getattr(self, name)
            if (counted := int(state[name])) != reported:
                found.append(f"{name} is {counted} in the state, {reported} in the events")
        return found
