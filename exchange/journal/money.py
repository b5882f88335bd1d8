"""Compares the money in the engine's state with the sum of what its events report.

The engine's 64-bit totals wrap silently, and wrapped totals may still balance. Here the sums are Python integers.
"""

import numpy as np

from exchange.clearing_codes import CashReason, HouseAccount
from exchange.codes import EventKind
from exchange.engine import query
from exchange.records import column

PASSED_ON = (CashReason.VARIATION, CashReason.ADJUSTMENT)  # what some pay others receive


class ReportedMoney:
    """The house's accounts by the events alone: sums over CASH_MOVED and FILL events, in mills.

    Rounding is in no event: it is paid from account to account within a trade.
    """

    def __init__(self) -> None:
        self.house_mills = dict.fromkeys(HouseAccount, 0)

    def add(self, events: np.ndarray) -> None:
        """Add the amounts of EVENT rows, shape (n,). Call it with all rows, in any portions."""
        is_cash, causes = events["kind"] == EventKind.CASH_MOVED, column(events, "cash_reason")
        moved = events["amount_mills"][is_cash & (causes == CashReason.TRANSFER)].tolist()
        paid = events["amount_mills"][is_cash & np.isin(causes, PASSED_ON)].tolist()
        covered = events["amount_mills"][is_cash & (causes == CashReason.SHORTFALL)].tolist()
        fees = column(events, "fee_mills")[events["kind"] == EventKind.FILL].tolist()
        fees += (-events["amount_mills"][is_cash & (causes == CashReason.FEE)]).tolist()
        self.house_mills[HouseAccount.DEPOSITS] -= sum(amount for amount in moved if amount > 0)
        self.house_mills[HouseAccount.WITHDRAWALS] -= sum(amount for amount in moved if amount < 0)
        self.house_mills[HouseAccount.VARIATION] -= sum(paid)
        self.house_mills[HouseAccount.DEFAULT] -= sum(covered)
        self.house_mills[HouseAccount.FEES] += sum(fees)

    def faults(self, states: np.ndarray) -> list[str]:
        """Differences between a state and the sums (INV-018), each in words.

        states   the STATE record after the last event, shape (1,)
        """
        totals, reported = query.totals(states), self.house_mills
        found = [f"gains sum to {totals.gains_mills} mills, not to 0"] if totals.gains_mills else []
        if totals.cash_mills != (owed := -sum(reported.values())):
            found.append(f"accounts have {totals.cash_mills} mills, by the events they should have {owed}")
        if reported[HouseAccount.VARIATION]:
            found.append(f"variation margin sums to {-reported[HouseAccount.VARIATION]} mills, not to 0")
        for house, counted in totals.house_mills.items():
            if counted != reported[house]:
                found.append(f"{house.name} is {counted} in the state, {reported[house]} in the events")
        return found
