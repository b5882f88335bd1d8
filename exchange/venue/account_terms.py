"""Checks figures of the specification against the engine; new accounts; firm of a key; bound of deposits."""

from collections.abc import Sequence

import numpy as np

from contracts_spec.schema import Spec
from exchange.clearing_codes import HouseAccount
from exchange.engine import query
from exchange.engine.control.define_account import AccountPayload
from exchange.engine.control.price_guards import LEAD_FLOOR_BP
from exchange.engine.query import MAINTENANCE_BP
from exchange.errors import UserError
from exchange.journal.errors import EXIT_CONFIGURATION
from exchange.units import MONEY_MAX


def check_fixed(spec: Spec) -> None:
    """Raise UserError if the specification changes a figure that is a constant of the engine."""
    figures = (
        ("margin.toml: margin.maintenance_bp", spec.margin.maintenance_bp, MAINTENANCE_BP),
        (
            f"tiers.toml: tier.{spec.benchmark}.floor_bp of the benchmark",
            spec.tier(spec.benchmark).floor_bp,
            LEAD_FLOOR_BP,
        ),
    )
    for name, found, fixed in figures:
        if found != fixed:
            raise UserError(f"{name}: found {found}, the engine has {fixed}", EXIT_CONFIGURATION)


def new_account(spec: Spec, account: int, firm: int = 0) -> AccountPayload:
    """DEFINE_ACCOUNT payload of a new account, with the specification's limits (SPEC-004, LIMIT-004)."""
    return AccountPayload(
        account, firm, smp_id=account, position_lots_max=spec.products.orders.position_lots_max,
        term_lots_max=spec.products.limits.term_lots,
    )  # fmt: skip


def firm_of_key(states: np.ndarray, account: int, scopes: Sequence[str], firm: int) -> int:
    """Clearing firm of a new key of an account.

    firm        that was asked for; 0: that of the account, if the scopes act for a firm
    UserError   the account is of another firm, or a drop copy would be of none
    """
    known = query.firm_of(states, account)
    if account in query.accounts(states) and firm not in (0, known):
        raise UserError(f"account {account} is of firm {known}, not {firm}")
    if firm or not {"dc", "risk"} & set(scopes):
        return firm
    if not known and "dc" in scopes:
        raise UserError(f"scope dc is the drop copy of a clearing firm, and account {account} has none: add --firm")
    return known


def check_deposit(states: np.ndarray, mills: int) -> None:
    """Raise UserError if a deposit would take the sum of all deposits above `MONEY_MAX` (SPEC-004)."""
    most = MONEY_MAX + int(states["house_mills"][0][HouseAccount.DEPOSITS])
    if mills > most:
        raise UserError(f"deposit {mills} not in 0..{most}: all deposits of a venue are at most {MONEY_MAX} mills")
