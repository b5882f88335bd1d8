"""The daily index: certified delivered price, its susceptibility, and the value of a missing day (INDEX-001 to 004)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from contracts_spec.errors import need_range
from contracts_spec.schema import IndexRules
from exchange.units import BP, nearest_half_up, share_floor

VALUE_RANGE_BP = 5_000  # a value further from the last one counts as missing; default, configurable (INDEX-003)
CARRIED_DAYS = 2  # of consecutive missing days, those that take the last value (INDEX-003)

# How a day got its value; MISSING: it has none yet.
IndexHow = Literal["PRINT", "CARRIED", "CDP", "FRONT", "COMMITTEE", "LAST", "MISSING"]


class Rental(NamedTuple):
    """An executed rental of certified hours; price in ticks (mills per GPU-hour)."""

    seller: str
    price_tick: int
    hours: int


class IndexValue(NamedTuple):
    """Value of a day in ticks, None while it has none, and how it was found."""

    value_tick: int | None
    how: IndexHow


def certified_price(rentals: Iterable[Rental], rules: IndexRules) -> int | None:
    """Certified delivered price (CDP) of a day in ticks, nearest, half up (INDEX-001).

    The hours of a seller are clipped to a share of all hours; hours above it leave its mean price.

    returns      None: too few sellers or too few hours after clipping, so the day is missing
    OutOfRange   a price or hours below 1
    """
    sellers = _by_seller(rentals)
    value, hours = _clipped(sellers, rules.seller_share_bp)
    if len(sellers) < rules.sellers_min or hours < max(1, rules.hours_min):
        return None
    return nearest_half_up(value, hours)


def susceptibility(rentals: Iterable[Rental], rules: IndexRules) -> int | None:
    """The most, in ticks, by which the CDP of a day would differ without any one seller (INDEX-004).

    The other sellers are clipped again, and need not be as many as the CDP needs.

    returns   None: the day has no CDP
    """
    listed = list(rentals)
    price_tick = certified_price(listed, rules)
    if price_tick is None:
        return None
    moves = [0]
    for seller in {rental.seller for rental in listed}:
        value, hours = _clipped(_by_seller(one for one in listed if one.seller != seller), rules.seller_share_bp)
        if hours:
            moves.append(abs(nearest_half_up(value, hours) - price_tick))
    return max(moves)


def is_usable(value_tick: int, last_tick: int) -> bool:
    """Whether a value is near enough to the last one used; one that is not counts as missing (INDEX-003)."""
    return abs(value_tick - last_tick) * BP <= last_tick * VALUE_RANGE_BP


def day_value(
    print_tick: int | None,
    last_tick: int,
    missing_before: int,
    cdp_tick: int | None = None,
    front_tick: int | None = None,
    committee_tick: int | None = None,
    is_final: bool = False,
) -> IndexValue:
    """The value of a day when it is taken (INDEX-002, INDEX-003).

    A print, CDP or front month's price that is too far from the last value counts as missing. A committee's does not.

    print_tick       of the contract's source; None: it has not printed
    last_tick        the last value used
    missing_before   consecutive days before this one whose source did not print
    cdp_tick         CDP of the day, if the source is external and the day has one
    front_tick       settlement of the front PHY month of that day, if it was made by the closing window (T1)
    committee_tick   value that a committee has given
    is_final         day 3 of the final settlement: a day without a value takes the last one used
    """
    if print_tick is not None and is_usable(print_tick, last_tick):
        return IndexValue(print_tick, "PRINT")
    if missing_before < CARRIED_DAYS:
        return IndexValue(last_tick, "CARRIED")
    cdp_tick, front_tick = (
        tick if tick is not None and is_usable(tick, last_tick) else None for tick in (cdp_tick, front_tick)
    )
    sources: tuple[tuple[int | None, IndexHow], ...] = (
        (cdp_tick, "CDP"),
        (front_tick, "FRONT"),
        (committee_tick, "COMMITTEE"),
        (last_tick if is_final else None, "LAST"),
    )
    return next((IndexValue(tick, how) for tick, how in sources if tick is not None), IndexValue(None, "MISSING"))


def _by_seller(rentals: Iterable[Rental]) -> Mapping[str, tuple[int, int]]:
    """(value in ticks x hours, hours) by seller."""
    sellers: defaultdict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for rental in rentals:
        value, hours = sellers[rental.seller]
        need_range("hours of a rental", rental.hours, 1)
        need_range("price of a rental", rental.price_tick, 1)
        sellers[rental.seller] = value + rental.price_tick * rental.hours, hours + rental.hours
    return sellers


def _clipped(sellers: Mapping[str, tuple[int, int]], share_bp: int) -> tuple[int, int]:
    """(value, hours) of all sellers, the hours of each clipped to its share of all hours. One pass on the raw total."""
    most = share_floor(sum(hours for _, hours in sellers.values()), share_bp)
    value_sum, hours_sum = 0, 0
    for value, hours in sellers.values():
        kept = min(hours, most)
        value_sum += value * kept // hours
        hours_sum += kept
    return value_sum, hours_sum
