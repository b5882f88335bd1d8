"""Prices: best quotes, T2's rule, marks, settlements of combinations, limits of the day (SETTLE-003, BAND-013)."""

from exchange.codes import ComboKind, Family
from exchange.reference.formulas.settlement import PRICES, day_limits, mean_price, quoted
from exchange.reference.house.state import HouseState, WorkingOrder
from exchange.reference.house.terms import Contract
from exchange.units import BP


def resting(state: HouseState, symbol: str, side: int) -> list[WorkingOrder]:
    """Orders of one side of a book that can trade, best price first, then in the order of entry.

    One outside the limits of the day is parked: it stands at no price (BAND-004).
    """
    entered = [order for order in state.orders if (order.symbol, order.side) == (symbol, side)]
    working = [order for order in entered if order.status == "WORKING"]
    low, high = limits(state, symbol) if working else (0, 0)
    return sorted((one for one in working if low <= one.price <= high), key=lambda one: -side * one.price)


def best(state: HouseState, symbol: str, side: int) -> int | None:
    """The best price of one side of a book."""
    orders = resting(state, symbol, side)
    return orders[0].price if orders else None


def quoted_price(state: HouseState, symbol: str) -> int:
    """T2: the last trade of the day, else the prior settlement, raised to the bid, lowered to the ask (SETTLE-003)."""
    last, prior = state.figures_of(symbol).last, state.prior(symbol).price
    return quoted(state.spec, last, prior, best(state, symbol, 1), best(state, symbol, -1))


def mark(state: HouseState, symbol: str) -> int:
    """The mark of a contract; that of a combination follows from its legs (SPEC-053)."""
    return follows(state, state.contracts[symbol], state.marks)


def follows(state: HouseState, contract: Contract, prices: dict[str, int]) -> int:
    """An outright's own price, or that of a combination from its legs': of a strip the mean by hours."""
    own = [prices[leg] for leg, _ in contract.legs]
    if contract.is_outright:
        return own[0]
    if contract.combo is ComboKind.STRIP:
        hours = [state.contracts[leg].hours for leg, _ in contract.legs]
        return mean_price(state.spec, None, list(zip(own, hours, strict=True)))
    return own[0] - own[1]


def prior_price(state: HouseState, symbol: str) -> int:
    """The last settlement of a contract, also of a combination."""
    contract = state.contracts[symbol]
    return follows(state, contract, {leg: state.prior(leg).price for leg, _ in contract.legs})


def has_limit(state: HouseState, contract: Contract) -> bool:
    """Whether an outright has a daily limit: an index month has none in its last days (BAND-013)."""
    unlimited = state.spec.products.bands.index_unlimited_days
    return not (contract.is_month(Family.IDX) and (contract.ltd - state.day).days < unlimited)


def limits(state: HouseState, symbol: str) -> tuple[int, int]:
    """The lowest and highest price of the day (BAND-013)."""
    contract = state.contracts[symbol]
    if contract.is_outright:
        if not has_limit(state, contract):
            return PRICES
        prior = state.prior(symbol)
        return day_limits(state.spec, prior.price, prior.at_limit)
    widths = [width(state, leg) for leg, _ in contract.legs]
    middle, (low, high) = prior_price(state, symbol), whole_range(contract)
    own = min(widths) - 1 if contract.combo is ComboKind.STRIP else sum(widths)
    return max(low, middle - own), min(high, middle + own)


def whole_range(contract: Contract) -> tuple[int, int]:
    """The prices of the venue; only spreads may stand at zero and below (SPEC-004)."""
    is_spread = contract.combo in (ComboKind.CALENDAR, ComboKind.TIER)
    return (-PRICES[1] if is_spread else PRICES[0]), PRICES[1]


def width(state: HouseState, symbol: str) -> int:
    """A fifth of the settlement, at least 1; twice that after a day at the limit (BAND-013)."""
    prior = state.prior(symbol)
    once = max(1, prior.price * state.spec.products.bands.daily_limit_bp // BP)
    return 2 * once if prior.at_limit else once
