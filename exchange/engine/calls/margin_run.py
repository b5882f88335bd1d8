"""MARGIN: computes the full margin of every account, calls those below maintenance, ends or renews calls (MARGIN-012).

An account is called when its equity is below maintenance. Until the call is met it may only close, and its orders that
do more leave at once. A call is met when equity is at full margin again. If that has not happened when the call is due,
all orders of the account leave and the venue closes its positions (FALL-003). When it holds nothing any more, it stands
as before, or the house pays what it cannot.
"""

import msgspec
import numpy as np

from exchange.clearing.layout import PAIRS_MAX
from exchange.clearing.ledger import post
from exchange.clearing.margin import recompute_holds
from exchange.clearing_codes import STANDING_FLAGS, CashReason, HouseAccount, Standing
from exchange.codes import CancelReason, EventKind
from exchange.engine.apply import STEP_REPORT
from exchange.engine.calls.leaving import leaving_orders
from exchange.engine.calls.requirement import required_mills
from exchange.engine.calls.standing import FLAG_OF
from exchange.engine.cancels.cancel_queue import start_cancels_of_slots
from exchange.engine.control.account_reports import report_accounts
from exchange.engine.control.checks import require, within
from exchange.engine.control.events import control_events
from exchange.engine.control.live_books import changing_terms
from exchange.engine.control.margin_terms import MONTH_MAX
from exchange.records import column
from exchange.units import BP, NS_PER_DAY, NS_PER_HOUR

RATIO_MAX = 1_000
CALL_NS_MAX = 31 * NS_PER_DAY


class MarginPayload(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What full margin is computed with besides the commodities' rates.

    pairs           (commodity, commodity, ratio, ratio, credit) of each pair with a credit, in the order in which they
                    are taken (MARGIN-007)
    addon           (commodity, month since 2020-01) of months near their last trading day (MARGIN-009)
    addon_bp        delivery add-on, share of the scan
    maintenance_bp  share of full margin that equity must keep (MARGIN-012)
    call_ns         how long a call may wait for its money
    """

    pairs: list[tuple[int, int, int, int, int]] = []
    addon: list[tuple[int, int]] = []
    addon_bp: int = 5_000
    maintenance_bp: int = 8_000
    call_ns: int = 2 * NS_PER_HOUR


def check_margin(state: np.record, terms: MarginPayload) -> None:
    """Raise ControlError unless every figure is in range."""
    within("margin: pairs", len(terms.pairs), 0, PAIRS_MAX)
    for one, other, *ratio, credit_bp in terms.pairs:
        _check_commodity(state, "pair", one)
        _check_commodity(state, "pair", other)
        require(one != other, f"margin: pair of commodity {one} with itself")
        within("margin: ratio", min(ratio), 1, RATIO_MAX)
        within("margin: ratio", max(ratio), 1, RATIO_MAX)
        within("margin: credit_bp", credit_bp, 0, BP)
    named = [commodity for commodity, _ in terms.addon]
    require(len(set(named)) == len(named), "margin: a commodity has one month with the delivery add-on")
    for commodity, month in terms.addon:
        _check_commodity(state, "addon", commodity)
        within("margin: month", month, 1, MONTH_MAX)
    within("margin: addon_bp", terms.addon_bp, 0, BP)
    within("margin: maintenance_bp", terms.maintenance_bp, 0, BP)
    within("margin: call_ns", terms.call_ns, 1, CALL_NS_MAX)


def _check_commodity(state: np.record, name: str, commodity: int) -> None:
    within(f"margin: commodity of {name}", commodity, 1, state.commodities.shape[0] - 1)
    require(state.commodities[commodity].psr_mills > 0, f"margin: commodity {commodity} is not defined")


def cancel_of_called(state: np.record, terms: MarginPayload) -> None:
    """Compute full margins, and queue the cancels of orders that leave. The loop carries them out."""
    _set_pairs(state, terms)
    _set_addon(state, terms)
    state.accounts["required_mills"] = required_mills(state)
    before, after = standings(state, terms)
    called = np.flatnonzero((before == Standing.OPEN) & (after == Standing.CLOSE_ONLY))
    liquidated = np.flatnonzero(after == Standing.LIQUIDATING)
    if len(called) or len(liquidated):
        slots = leaving_orders(state, set(called.tolist()), set(liquidated.tolist()))
        if len(slots):
            start_cancels_of_slots(state, slots, CancelReason.DEFAULT)
            state.cursor.step = STEP_REPORT


def run_margin(state: np.record, terms: MarginPayload) -> np.ndarray:
    """Carry out a checked run, after the cancels. Returns events, by account: CASH_MOVED of a shortfall; MARGIN_CALLED
    of each call that is new, renewed, met or not met, and of each default."""
    before, after = standings(state, terms)
    accounts = state.accounts
    moved = np.flatnonzero((before != after) | (before == Standing.CLOSE_ONLY))
    called = (before == Standing.OPEN) & (after == Standing.CLOSE_ONLY)
    accounts["call_due_ns"][called] = int(state.time_ns) + terms.call_ns
    accounts["call_due_ns"][after != Standing.CLOSE_ONLY] = 0
    flags = np.array([int(FLAG_OF[standing]) for standing in Standing], np.uint16)
    accounts["flags"][moved] = accounts["flags"][moved] & ~np.uint16(STANDING_FLAGS) | flags[after[moved]]
    events = [np.zeros(0, control_events(state, EventKind.MARGIN_CALLED, 0).dtype)]
    for account in moved.tolist():
        if after[account] == Standing.DEFAULTED:
            events.append(_bear_loss(state, account))
        events.append(_called(state, account, Standing(int(after[account]))))
    return np.concatenate(events)


def standings(state: np.record, terms: MarginPayload) -> tuple[np.ndarray, np.ndarray]:
    """How every account stands, and how it will after this run (MARGIN-012, FALL-003). Changes nothing.

    Full margins are as last computed, equity is as of now.
    """
    accounts = state.accounts
    required, equity = accounts["required_mills"], accounts["cash_mills"] + accounts["unrealised_pnl_mills"]
    before = np.zeros(len(accounts), np.int64)
    for standing, flag in FLAG_OF.items():
        before[accounts["flags"] & flag != 0] = standing
    after = before.copy()
    maintenance = required // BP * terms.maintenance_bp - (-(required % BP * terms.maintenance_bp) // BP)
    after[(before == Standing.OPEN) & (equity < maintenance)] = Standing.CLOSE_ONLY
    is_called = before == Standing.CLOSE_ONLY
    after[is_called & (accounts["call_due_ns"] <= state.time_ns)] = Standing.LIQUIDATING
    after[is_called & (equity >= required)] = Standing.OPEN
    closing = np.flatnonzero(before == Standing.LIQUIDATING)
    if len(closing):
        positions = state.positions[: int(state.used_positions) + 1]
        flat = closing[~np.isin(closing, positions["account"][positions["lots"] != 0])]
        after[flat] = np.where(equity[flat] < 0, Standing.DEFAULTED, Standing.OPEN)
    return before, after


def _set_addon(state: np.record, terms: MarginPayload) -> None:
    """Set the months with the delivery add-on. If they change, the hold of their contracts does too."""
    row, months = state.margin_terms, np.zeros(len(state.margin_terms.addon_month), np.int32)
    for commodity, month in terms.addon:
        months[commodity] = month
    if np.array_equal(months, row.addon_month) and row.addon_bp == terms.addon_bp:
        return
    named = {month for month in (*months.tolist(), *row.addon_month.tolist()) if month}
    books = np.flatnonzero(np.isin(state.book_months["month"], list(named)).any(axis=1))
    with changing_terms(state, books.tolist()):
        row.addon_month[:] = months
        row.addon_bp = terms.addon_bp
    positions = state.positions[: int(state.used_positions) + 1]
    holders = positions["account"][np.isin(positions["book"], books)]
    recompute_holds(state, np.unique(holders).astype(np.int64))


def _set_pairs(state: np.record, terms: MarginPayload) -> None:
    row = state.margin_terms
    row.pairs[:] = np.zeros(1, row.pairs.dtype)
    for place, (one, other, ratio, other_ratio, credit_bp) in enumerate(terms.pairs):
        row.pairs[place] = ((one, other), (ratio, other_ratio), credit_bp, 0)
    row.pairs_used = len(terms.pairs)


def _bear_loss(state: np.record, account: int) -> np.ndarray:
    """The house pays what a flat account cannot. Gains of closed lots that variation has not paid yet count as its
    own."""
    row = state.accounts[account]
    missing = -int(row.cash_mills) - int(row.unrealised_pnl_mills)
    post(state, account, int(HouseAccount.DEFAULT), missing)
    moved = np.zeros(state.accounts.shape[0], np.int64)
    moved[account] = missing
    return report_accounts(state, np.zeros(0, np.int64), moved, CashReason.SHORTFALL, 0)


def _called(state: np.record, account: int, standing: Standing) -> np.ndarray:
    row = state.accounts[account]
    row.stream += 1
    event = control_events(state, EventKind.MARGIN_CALLED, 1)
    event["account"] = account
    event["account_sequence"] = row.stream
    column(event, "standing")[:] = standing
    column(event, "due_ns")[:] = row.call_due_ns
    if standing == Standing.CLOSE_ONLY:
        column(event, "call_mills")[:] = row.required_mills - row.cash_mills - row.unrealised_pnl_mills
    return event
