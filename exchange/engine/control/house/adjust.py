"""ADJUST: corrects a published settlement by cash. What some accounts pay others receive (SETTLE-011).

The text of a refusal begins with its reason: UNKNOWN_ACCOUNT, UNKNOWN, UNBALANCED.
"""

import msgspec
import numpy as np

from exchange.clearing.adjustments import move_variation
from exchange.clearing_codes import CashReason
from exchange.codes import ComboKind
from exchange.engine.control.account_reports import report_accounts
from exchange.engine.control.checks import DAY_MAX, require, within
from exchange.engine.control.house.known import check_account
from exchange.engine.control.house.settled_days import was_settled
from exchange.units import MONEY_MAX

MILLS_MAX = 10**15  # of one account


class AdjustPayload(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An adjustment.

    instrument_id  of the outright whose settlement is corrected; it may have ended
    day            trading day of that settlement, days since 1970
    amounts        (account, mills that it receives, below 0: pays)
    by_two         two people ask (SEC-061)
    """

    instrument_id: int
    day: int
    amounts: list[tuple[int, int]]
    by_two: bool = False


def check_adjust(state: np.record, terms: AdjustPayload) -> None:
    """Raise ControlError if the settlement is not known, or if the amounts do not sum to zero."""
    within("adjust: day", terms.day, 1, DAY_MAX)
    require(bool(terms.amounts), "UNBALANCED: no amount is given")
    named = [account for account, _ in terms.amounts]
    require(len(set(named)) == len(named), "adjust: an account is named once")
    for account, mills in terms.amounts:
        check_account(state, account)
        within(f"adjust: mills of account {account}", mills, -MILLS_MAX, MILLS_MAX)
        cash = int(state.accounts[account].cash_mills) + mills
        within(f"adjust: cash of account {account}", cash, -MONEY_MAX, MONEY_MAX)
    settled = was_settled(state, terms.instrument_id, terms.day)
    require(settled, f"UNKNOWN: no settlement of instrument {terms.instrument_id} is published for day {terms.day}")
    total = sum(mills for _, mills in terms.amounts)
    require(total == 0, f"UNBALANCED: the amounts sum to {total} mills, not to 0 (SETTLE-011)")


def check_adjust_people(state: np.record, terms: AdjustPayload) -> None:
    """Raise ControlError unless two people ask."""
    require(terms.by_two, "an adjustment takes two people (SEC-061)")


def adjust(state: np.record, terms: AdjustPayload) -> np.ndarray:
    """Carry out a checked adjustment. Returns a CASH_MOVED for each account that receives or pays, in ascending order;
    it names the settlement."""
    moved = np.zeros(state.accounts.shape[0], np.int64)
    for account, mills in terms.amounts:
        moved[account] = mills
    move_variation(state, moved)
    events = report_accounts(state, np.zeros(0, np.int64), moved, CashReason.ADJUSTMENT, terms.day)
    events["instrument"] = _book_of(state, terms.instrument_id)
    return events


def _book_of(state: np.record, instrument_id: int) -> int:
    """Number of the book that has the instrument, 0 if another one has its place."""
    books = state.books[: int(state.books_listed) + 1]
    found = np.flatnonzero((books["instrument_id"] == instrument_id) & (books["combo"] == ComboKind.OUTRIGHT))
    return int(found[0]) if len(found) else 0
