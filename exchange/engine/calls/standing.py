"""How an account stands with its margin, read from a state (MARGIN-012)."""

from typing import NamedTuple

import numpy as np

from exchange.clearing_codes import AccountFlag, Standing

FLAG_OF = {
    Standing.OPEN: 0,
    Standing.CLOSE_ONLY: AccountFlag.CALLED,
    Standing.LIQUIDATING: AccountFlag.LIQUIDATING,
    Standing.DEFAULTED: AccountFlag.DEFAULTED,
}


class OpenCall(NamedTuple):
    """What an account is called for, mills, and when an unmet call leads to liquidation, ns since 1970 UTC."""

    mills: int
    due_ns: int


def standing(states: np.ndarray, account: int) -> Standing:
    """How the account stands after the last margin run."""
    flags = int(states["accounts"][0]["flags"][account])
    return max((standing for standing, flag in FLAG_OF.items() if flags & flag), default=Standing.OPEN)


def open_call(states: np.ndarray, account: int) -> OpenCall | None:
    """The account's margin call, against the full margin of the last run and the equity of now; None: it has none."""
    row = states[0].accounts[account]
    if not int(row["flags"]) & AccountFlag.CALLED:
        return None
    equity = int(row.cash_mills) + int(row.unrealised_pnl_mills)
    return OpenCall(int(row.required_mills) - equity, int(row.call_due_ns))
