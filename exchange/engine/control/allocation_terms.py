"""How a pro-rata book shares a level out: its terms at listing, and who are its lead market makers (PRO-003)."""

import msgspec
import numpy as np

from exchange.codes import Matching
from exchange.engine.control.checks import require, within
from exchange.limits import LEAD_MAKERS_MAX
from exchange.units import ORDER_LOTS_MAX

LEAD_PERCENT_MAX = 50  # of one book, together


class SharingTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """PRO-002, PRO-004, PRO-005."""

    top: bool = True
    top_lots_max: int = 0
    split_percent: int = 0
    minimum_allocation: int = 2


class LeadMakersPayload(msgspec.Struct, forbid_unknown_fields=True):
    """LEAD_MAKERS: the lead market makers of pro-rata books from now on, in place of those before.

    makers        (account, percent)
    instruments   books; without any, all pro-rata books of `group`
    """

    makers: list[tuple[int, int]]
    instruments: list[int] = []
    group: int = 0


def check_allocation_terms(name: str, matching: int, terms: SharingTerms) -> None:
    """Raise ControlError if a listing's terms make no sense."""
    within(f"{name}: matching", matching, Matching.FIFO, Matching.PRO_RATA)
    within(f"{name}: top_lots_max", terms.top_lots_max, 0, ORDER_LOTS_MAX)
    within(f"{name}: split_percent", terms.split_percent, 0, 100)
    within(f"{name}: minimum_allocation", terms.minimum_allocation, 0, ORDER_LOTS_MAX)


def set_allocation_terms(state: np.record, index: int, terms: SharingTerms) -> None:
    """Write the terms of a book that is being listed."""
    sharing = state.allocation[index]
    sharing.top = terms.top
    sharing.top_lots_max = terms.top_lots_max
    sharing.split_percent = terms.split_percent
    sharing.minimum_allocation = terms.minimum_allocation


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


def set_lead_makers(state: np.record, terms: LeadMakersPayload) -> None:
    """Write checked lead market makers."""
    for index in _lead_books(state, terms):
        sharing = state.allocation[index]
        sharing.lead_makers = len(terms.makers)
        sharing.lead_account[:] = 0
        sharing.lead_percent[:] = 0
        for number, (account, percent) in enumerate(terms.makers):
            sharing.lead_account[number] = account
            sharing.lead_percent[number] = percent


def _lead_books(state: np.record, terms: LeadMakersPayload) -> list[int]:
    if terms.instruments:
        return sorted(set(terms.instruments))
    listed = state.books[1 : int(state.books_listed) + 1]
    chosen = (listed["matching"] == Matching.PRO_RATA) & (listed["group"] == terms.group)
    return [int(place) + 1 for place in np.nonzero(chosen)[0]]
