"""DEFINE_ACCOUNT: a new account, or new terms of an account."""

import msgspec
import numpy as np

from exchange.clearing_codes import STANDING_FLAGS, AccountFlag
from exchange.engine.control.checks import within
from exchange.engine.control.events import accounts_defined
from exchange.records import QUOTE_OWNER
from exchange.units import ORDER_LOTS_MAX, POSITION_LOTS_MAX

FIRM_MAX = 0xFFFFFFFF


class AccountPayload(msgspec.Struct, forbid_unknown_fields=True):
    """All terms of an account, also those that do not change."""

    account: int
    firm: int = 0
    smp_id: int = 0
    order_lots_max: int = ORDER_LOTS_MAX
    position_lots_max: int = POSITION_LOTS_MAX
    term_lots_max: int = 1_000  # LIMIT-004
    close_only: bool = False


def check_account(state: np.record, terms: AccountPayload) -> None:
    """Raise ControlError if a term is out of range."""
    within("account", terms.account, 1, state.accounts.shape[0] - 1)
    within("firm", terms.firm, 0, FIRM_MAX)
    within("smp_id", terms.smp_id, 0, QUOTE_OWNER - 1)
    within("order_lots_max", terms.order_lots_max, 0, ORDER_LOTS_MAX)
    within("position_lots_max", terms.position_lots_max, 0, POSITION_LOTS_MAX)
    within("term_lots_max", terms.term_lots_max, 0, POSITION_LOTS_MAX)


def define_account(state: np.record, terms: AccountPayload) -> np.ndarray:
    """Write checked terms. Returns an ACCOUNT_DEFINED."""
    account = state.accounts[terms.account]
    account.firm_killed_by = _firm_killed_by(state, terms.firm)
    account.firm = terms.firm
    kept = (AccountFlag.KILLED if account.killed_by or account.firm_killed_by else 0) | account[
        "flags"
    ] & STANDING_FLAGS
    account["flags"] = kept | AccountFlag.DEFINED | (AccountFlag.CLOSE_ONLY if terms.close_only else 0)
    account.smp_id = terms.smp_id
    account.order_lots_max = terms.order_lots_max
    account.position_lots_max = terms.position_lots_max
    account.term_lots_max = terms.term_lots_max
    return accounts_defined(state, [terms.account])


def _firm_killed_by(state: np.record, firm: int) -> int:
    """Bits of the parties that have killed a firm, which also block its new accounts (KILL-001)."""
    accounts = state.accounts
    same = np.flatnonzero((accounts["firm"] == firm) & (accounts["flags"] & AccountFlag.DEFINED != 0))
    return int(accounts["firm_killed_by"][same[0]]) if firm and len(same) else 0
