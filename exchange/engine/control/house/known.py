"""Checks of controls: an outright that is listed, an account that is defined, a side that passes the risk check."""

import numpy as np

from exchange.clearing_codes import AccountFlag, Life
from exchange.codes import ComboKind, RejectReason
from exchange.engine.control.checks import require


def known_outright(state: np.record, index: int, name: str) -> np.record:
    """The BOOK of an outright by its number. ControlError: UNKNOWN_INST, none is listed there. `name`: of what asks."""
    known = 0 < index <= int(state.books_listed)
    book: np.record = state.books[index if known else 0]
    known = known and book.life == Life.LISTED and book.combo == ComboKind.OUTRIGHT
    require(known, f"UNKNOWN_INST: {name}: no outright is listed in book {index}")
    return book


def check_account(state: np.record, account: int) -> None:
    """Raise ControlError with UNKNOWN_ACCOUNT unless an account is defined."""
    known = 0 < account < state.accounts.shape[0]
    known = known and bool(state.accounts[account]["flags"] & AccountFlag.DEFINED)
    require(known, f"UNKNOWN_ACCOUNT: account {account} is not defined")


def require_none(reason: np.int64, text: str) -> None:
    """Raise ControlError with a RejectReason in front of the text unless the reason is NONE."""
    refused = RejectReason(int(reason))
    require(refused == RejectReason.NONE, f"{refused.abbreviation}: {text}")
