"""Kernel that reads the money of many accounts in one call, as `query.margin` reads that of one.

It belongs to the edge: a change of it compiles nothing of the engine again.
"""

from collections.abc import Callable
from functools import cache

import numpy as np

from exchange.clearing.margin import margin_held_mills
from exchange.engine.risk import equity_mills, funds_mills
from exchange.kernel import bind, kernel


@kernel
def copy_figures(states, accounts, rows):
    """Copy figures of accounts: equity, full margin of the last run, exact margin held (MARGIN-013) and free margin
    (MARGIN-015), as `query.margin`.

    states     STATE, shape (1,)
    accounts   their numbers, int64, shape (n,)
    rows       int64, shape (n, 4), mills, filled
    """
    state = states[0]
    for place in range(accounts.shape[0]):
        account_row, held_mills = state.accounts[accounts[place]], margin_held_mills(state, accounts[place])
        rows[place, 0] = equity_mills(account_row)
        rows[place, 1] = account_row.required_mills
        rows[place, 2] = held_mills
        rows[place, 3] = funds_mills(account_row) - held_mills


@cache
def figures_copier(row: np.dtype) -> Callable[..., None]:
    """`copy_figures`, bound to states of one size. `row`: dtype of such a state."""
    copier: Callable[..., None] = bind(
        copy_figures, np.empty(0, row), np.empty(0, np.int64), np.empty((0, 4), np.int64)
    )
    return copier
