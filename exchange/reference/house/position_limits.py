"""Position limits: how lots count in months, spot limits, terms, accountability (LIMIT-001 to LIMIT-005).

No certificate is registered, so the spot limit is its least (LIMIT-001).
"""

from collections.abc import Sequence
from fractions import Fraction
from math import ceil

from exchange.codes import Family, PeriodKind
from exchange.reference.formulas.margin import spot_limit
from exchange.reference.house.index import known_values
from exchange.reference.house.margin import lots_if_filled, only_closes
from exchange.reference.house.state import HouseState, Member, WorkingOrder
from exchange.reference.house.terms import Contract

REGISTERED = 0  # lots with certificates
TERMS = (PeriodKind.TERM3, PeriodKind.TERM5)
Scope = tuple[str, bool]  # chip, and whether its index twins are meant


def breaks_limit(state: HouseState, member: Member, others: Sequence[WorkingOrder], order: WorkingOrder) -> bool:
    """Whether an order, with all others that work on its side, would break a limit."""
    contract, orders = state.contracts[order.symbol], [*others, order]
    legs = [(leg, order.side * sign) for leg, sign in contract.legs]
    most = state.spec.products.orders.position_lots_max
    if any(lots_if_filled(state, member, orders, leg, side) > most for leg, side in legs):
        return True
    adds_terms = contract.kind in TERMS and not only_closes(state, member, others, order)
    if adds_terms and _gross_terms(state, member, orders) > state.spec.products.limits.term_lots:
        return True
    scope = _scope(contract)
    for month in spot_months(state, scope) if member.standing != "LIQUIDATING" else ():
        direction = order.side * _weight(state, contract, month)
        side = 1 if direction > 0 else -1
        if direction and _if_filled(state, member, orders, scope, month, side) > spot_lots(state, contract.chip):
            return True
    return False


def _gross_terms(state: HouseState, member: Member, orders: Sequence[WorkingOrder]) -> int:
    """Lots of T3 and T5, each the most that it can become on either side (LIMIT-004)."""
    symbols = {*member.positions(), *(order.symbol for order in orders)}
    terms = [symbol for symbol in symbols if state.contracts[symbol].kind in TERMS]
    return sum(max(abs(lots_if_filled(state, member, orders, one, side)) for side in (1, -1)) for one in terms)


# --- months (LIMIT-003)


def spot_lots(state: HouseState, chip: str) -> int:
    """The spot limit of a chip now (LIMIT-001)."""
    return spot_limit(state.spec, chip, REGISTERED)


def spot_months(state: HouseState, scope: Scope) -> list[str]:
    """Codes of months in their spot window: from the close 10 business days before the last trading day (LIMIT-001)."""
    months = [one for one in state.listed() if one.kind is PeriodKind.MONTH and _scope(one) == scope]
    return sorted({one.months[0] for one in months if one.spot_from < state.day <= one.ltd})


def _scope(contract: Contract) -> Scope:
    return contract.chip, contract.is_index


def _weight(state: HouseState, contract: Contract, month: str) -> int:
    """Lots in a month of one lot bought: a parent counts in each of its months, a combination by its legs."""
    return sum(sign for leg, sign in contract.legs if month in state.contracts[leg].months)


def _if_filled(
    state: HouseState, member: Member, orders: Sequence[WorkingOrder], scope: Scope, month: str, side: int
) -> int:
    """Lots of a month on one side, if all orders fill that add to it."""
    lots = side * _net_lots(state, member, scope, month)
    for order in orders:
        contract = state.contracts[order.symbol]
        if _scope(contract) == scope:
            lots += max(0, side * order.side * _weight(state, contract, month) * order.lots_left)
    return counted(state, scope, month, lots)


def _net_lots(state: HouseState, member: Member, scope: Scope, month: str) -> int:
    """A member's net lots of a month, over tiers, parents included."""
    contracts = [(state.contracts[symbol], lots) for symbol, lots in member.positions().items()]
    return sum(lots * _weight(state, one, month) for one, lots in contracts if _scope(one) == scope)


def counted(state: HouseState, scope: Scope, month: str, lots: int) -> int:
    """Lots that count: of an index month in progress the part whose hours are left, rounded up (LIMIT-003)."""
    chip, is_index = scope
    found = [one for one in state.contracts.values() if one.is_month(Family.IDX)] if is_index else []
    twins = [one for one in found if one.chip == chip and one.months[0] == month]
    if not twins:
        return lots
    known = 24 * len(known_values(state, twins[0]))
    hours = twins[0].hours
    size = ceil(Fraction(abs(lots) * (hours - known), hours))
    return size if lots > 0 else -size


def flags_of(state: HouseState, member: Member) -> frozenset[str]:
    """Limits and levels that a member's positions exceed (LIMIT-002, LIMIT-005)."""
    found: set[str] = set()
    scopes = {_scope(state.contracts[symbol]) for symbol in member.positions()}
    for scope in scopes:
        held = [state.contracts[symbol] for symbol in member.positions()]
        months = sorted({month for one in held if _scope(one) == scope for month in one.months})
        lots = {month: counted(state, scope, month, _net_lots(state, member, scope, month)) for month in months}
        chip = state.spec.chip(scope[0])
        assert chip.month_accountability_lots is not None and chip.all_accountability_lots is not None
        if any(abs(lots.get(month, 0)) > spot_lots(state, chip.name) for month in spot_months(state, scope)):
            found.add("SPOT")
        if max(map(abs, lots.values()), default=0) > chip.month_accountability_lots:
            found.add("SINGLE_MONTH")
        if abs(sum(lots.values())) > chip.all_accountability_lots:
            found.add("ALL_MONTHS")
    return frozenset(found)
