"""Whether the money that a replay has counted is what its events report one by one.

The engine counts in 64 bits that wrap silently, and a wrapped total may still balance: here sums are Python's integers.
"""

import numpy as np

from exchange.codes import EventKind
from exchange.records import column


class ReportedMoney:
    """What CASH and FILL events say was paid in, out and for fees."""

    def __init__(self) -> None:
        self.deposits_mills = self.withdrawals_mills = self.fees_mills = 0

    def add(self, events: np.ndarray) -> None:
        """EVENT rows of any length, in any portions."""
        moved = events["amount_mills"][events["kind"] == EventKind.CASH_MOVED].tolist()
        self.deposits_mills += sum(amount for amount in moved if amount > 0)
        self.withdrawals_mills -= sum(amount for amount in moved if amount < 0)
        self.fees_mills += sum(column(events, "fee_mills")[events["kind"] == EventKind.FILL].tolist())

    def faults(self, states: np.ndarray) -> list[str]:
        """What is wrong with the money of a state (INV-018), each fault in words.

        states   shape (1,), the STATE record after the last event
        """
        state = states[0]
        cash, gains = (sum(state.accounts[name].tolist()) for name in ("cash_mills", "unrealised_pnl_mills"))
        found = [f"gains sum to {gains} mills, not to 0"] if gains else []
        held = self.deposits_mills - self.withdrawals_mills - self.fees_mills
        if cash != held:
            found.append(f"accounts have {cash} mills of the {held} that were paid in and not out or for fees")
        for name, reported in vars(self).items():
            if (counted := int(state[name])) != reported:
                found.append(f"{name} is {counted}, told were {reported}")
        return found
