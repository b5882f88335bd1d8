"""LEAD_MAKERS: sets the lead market makers of pro-rata books (PRO-003)."""

import msgspec
import numpy as np

from exchange.clearing_codes import Life
from exchange.codes import Matching
from exchange.engine.control.checks import require, within
from exchange.engine.control.events import accounts_defined
from exchange.limits import LEAD_MAKERS_MAX

LEAD_PERCENT_MAX = 50  # of all lead market makers of a book together


class LeadMakersPayload(msgspec.Struct, forbid_unknown_fields=True):
    """The new lead market makers of pro-rata books, instead of the present ones.

    makers        (account, per cent of the lots that TOP leaves), see PRO-003
    instruments   books; if empty, all pro-rata books of `group`
    """

    makers: list[tuple[int, int]]
    instruments: list[int] = []
    group: int = 0


def check_lead_makers(state: np.record, terms: LeadMakersPayload) -> None:
    """Raise ControlError if these cannot be the lead market makers of these books."""
    within("lead makers", len(terms.makers), 0, LEAD_MAKERS_MAX)
    accounts = [account for account, _ in terms.makers]
    require(len(set(accounts)) == len(accounts), "an account stands once among the lead makers")
    for account, percent in terms.makers:
        within("lead maker's account", account, 1, state.accounts.shape[0] - 1)
        within("lead maker's percent", percent, 1, LEAD_PERCENT_MAX)
    within("percent of all lead makers", sum(percent for _, percent in terms.makers), 0, LEAD_PERCENT_MAX)
    require(bool(_lead_books(state, terms)), "lead makers: no pro-rata book is named")
    for index in terms.instruments:
        within("lead makers' instrument", index, 1, int(state.books_listed))
        require(state.books[index].matching == Matching.PRO_RATA, f"instrument {index} is not pro-rata")


def set_lead_makers(state: np.record, terms: LeadMakersPayload) -> np.ndarray:
    """Write checked lead market makers. Returns an ACCOUNT_DEFINED for each."""
    for index in _lead_books(state, terms):
        allocation = state.allocation[index]
        allocation.lead_makers = len(terms.makers)
        allocation.lead_account[:] = 0
        allocation.lead_percent[:] = 0
        for number, (account, percent) in enumerate(terms.makers):
            allocation.lead_account[number] = account
            allocation.lead_percent[number] = percent
    return accounts_defined(state, [account for account, _ in terms.makers])


def _lead_books(state: np.record, terms: LeadMakersPayload) -> list[int]:
    if terms.instruments:
        return sorted(set(terms.instruments))
    listed = state.books[1 : int(state.books_listed) + 1]
    chosen = (listed["matching"] == Matching.PRO_RATA) & (listed["group"] == terms.group)
    chosen &= listed["life"] == Life.LISTED
    return [int(place) + 1 for place in np.nonzero(chosen)[0]]
