"""Prices of the close: T1 to T4, an index month in progress, tiers in order; and the marks of noon (SETTLE-001 to 008).

Prices of a kind of period are found nearest first, then its tiers are brought into order, then the next kind follows.
"""

from dataclasses import dataclass

from contracts_spec.periods import MONTHS, STEP_MONTHS, Period, first_day
from contracts_spec.symbols import OutrightName, symbol_text, tier_name
from exchange.codes import Family, PeriodKind
from exchange.reference.formulas.settlement import in_progress, mean_price, tiers_in_order
from exchange.reference.house.index import known_values
from exchange.reference.house.prices import best, has_limit, limits, quoted_price
from exchange.reference.house.state import HouseState, Settled
from exchange.reference.house.terms import KINDS, Contract

WINDOW_LOTS_MIN = 5  # SETTLE-002
COVERS = (PeriodKind.MONTH, PeriodKind.QUARTER, PeriodKind.YEAR)


@dataclass(frozen=True)
class Found:
    """A price before the tiers are brought into order, inside its limits, and how it was found."""

    price: int
    method: str


def settlements_of_day(state: HouseState) -> dict[str, Settled]:
    """The settlement of each listed outright."""
    settled: dict[str, Settled] = {}
    for kind in KINDS:
        found: dict[str, Found] = {}
        contracts = [one for one in state.listed() if one.kind is kind]
        for contract in sorted(contracts, key=lambda one: one.period.start_month):
            found[contract.symbol] = _found(state, contract, found, settled)
        for contract in contracts:
            if contract.symbol not in settled:
                settled |= _in_order(state, contract, contracts, found)
    return settled


def _found(state: HouseState, contract: Contract, found: dict[str, Found], settled: dict[str, Settled]) -> Found:
    """The price of one outright.

    found     prices of today of the same kind, nearer periods, before their tiers were brought into order
    settled   settlements of today of shorter kinds
    """
    symbol, figures = contract.symbol, state.figures_of(contract.symbol)
    prior = state.prior(symbol).price
    if figures.window_lots >= WINDOW_LOTS_MIN:
        price, method = mean_price(state.spec, prior, figures.window), "T1"
    elif figures.last is not None or any(best(state, symbol, side) is not None for side in (1, -1)):
        price, method = quoted_price(state, symbol), "T2"
    elif contract.is_month(Family.IDX) and first_day(contract.period.start_month) <= state.day:
        days = [(value, 1) for value in known_values(state, contract)]
        price, method = in_progress(state.spec, prior, contract.hours, prior, days), "INDEX"
    elif contract.kind is PeriodKind.MONTH:
        price, method = prior + _change_before(state, contract, found), "T3"
    else:
        cover = _cover(state, contract)
        pairs = [(settled[child.symbol].price, child.hours) for child in cover]
        mean = mean_price(state.spec, prior, pairs) if cover else prior + _change_before(state, contract, found)
        price, method = mean, "T4"
    low, high = limits(state, symbol)
    return Found(max(low, min(high, price)), method)


def _change_before(state: HouseState, contract: Contract, found: dict[str, Found]) -> int:
    """Net change of the preceding listed period of the same kind, chip and tier; 0 without one (SETTLE-004, 005)."""
    start = contract.period.start_month - STEP_MONTHS[contract.period.kind]
    before = _same_but(contract, Period(contract.period.kind, start), contract.family) if start >= 0 else ""
    return found[before].price - state.prior(before).price if before in found else 0


def _cover(state: HouseState, contract: Contract) -> list[Contract]:
    """The finest listed set of one kind of children that covers a parent: months, else quarters, else years."""
    return cover_of(state, contract.chip, _child_family(contract.family), contract.floor_bp, contract.period)


def cover_of(state: HouseState, chip: str, family: Family, floor_bp: int, period: Period) -> list[Contract]:
    """The finest listed set of one kind of periods that covers a longer one (SETTLE-005); empty: there is none."""
    for kind in COVERS[: period.kind]:
        starts = range(period.start_month, period.end_month, MONTHS[kind])
        names = [symbol_text(OutrightName(chip, family, floor_bp, Period(kind, start))) for start in starts]
        if all(state.life.get(name) == "LISTED" for name in names):
            return [state.contracts[name] for name in names]
    return []


def _child_family(family: Family) -> Family:
    return Family.PHY if family is Family.TOP else family


def _same_but(contract: Contract, period: Period, family: Family) -> str:
    """Symbol of another period of the same chip and tier."""
    return symbol_text(OutrightName(contract.chip, family, contract.floor_bp, period))


def _in_order(
    state: HouseState, contract: Contract, contracts: list[Contract], found: dict[str, Found]
) -> dict[str, Settled]:
    """Settlements of all tiers of a contract's period, in order (SETTLE-006)."""
    tiers = [
        one
        for one in contracts
        if (one.chip, one.family, one.period) == (contract.chip, contract.family, contract.period)
    ]
    books = [
        (
            tier_name(one.floor_bp),
            found[one.symbol].price,
            found[one.symbol].method,
            state.figures_of(one.symbol).window_lots,
        )
        for one in tiers
    ]
    bounds = [limits(state, one.symbol) for one in tiers]
    settled = {}
    for one, (price, flagged), bound in zip(tiers, tiers_in_order(state.spec, books, bounds), bounds, strict=True):
        at_limit = has_limit(state, one) and price in bound
        settled[one.symbol] = Settled(state.day, price, found[one.symbol].method, flagged, at_limit)
    return settled


def noon_marks(state: HouseState) -> dict[str, int]:
    """T2's rule on every book (SETTLE-007)."""
    return {one.symbol: quoted_price(state, one.symbol) for one in state.listed()}


def minute_marks(state: HouseState) -> dict[str, int]:
    """T2's rule on every open book that has traded since the last close (MARGIN-014)."""
    printed = [one for one in state.listed() if state.figures_of(one.symbol).last is not None]
    return {one.symbol: quoted_price(state, one.symbol) for one in printed if one.chip not in state.paused}
