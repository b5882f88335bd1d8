"""Compares the money in the engine's state with the sum of what its events report.

The engine's 64-bit totals wrap silently, and wrapped totals may still balance. Here the sums are Python integers.
"""

import numpy as np

from exchange.codes import EventKind
from exchange.records import column


class ReportedMoney:
    """Sums of deposits, withdrawals and fees over CASH_MOVED and FILL events, in mills."""

    def __init__(self) -> None:
        self.deposits_mills = self.withdrawals_mills = self.fees_mills = 0

    def add(self, events: np.ndarray) -> None:
        """Add the amounts of EVENT rows, shape (n,). Call it with all rows, in any portions."""
        moved = events["amount_mills"][events["kind"] == EventKind.CASH_MOVED].tolist()
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
        for name, reported in vars(self).items():
            if (counted := int(state[name])) != reported:
                found.append(f"{name} is {counted} in the state, {reported} in the events")
        return found
