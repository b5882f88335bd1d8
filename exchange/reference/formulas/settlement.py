"""Settlement prices in exact fractions, tiers in order, daily limits (SETTLE-002 to 009, BAND-013)."""

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, floor

from contracts_spec.errors import OutOfRange
from contracts_spec.schema import Spec

Pairs = Sequence[tuple[int, int]]
PRICES = (1, 100_000)


def nearest(exact: Fraction, prior: int | None) -> int:
    """The nearest whole number; of two equally near ones the one nearer to the prior, without a prior the higher."""
    low, high = floor(exact), ceil(exact)
    if exact - low != high - exact:
        return low if exact - low < high - exact else high
    return low if prior is not None and abs(prior - low) < abs(prior - high) else high


def mean_price(spec: Spec, prior: int | None, pairs: Pairs) -> int:
    """Weighted mean price (SETTLE-002, SETTLE-005). OutOfRange: no weight."""
    weight = sum(one for _, one in pairs)
    if weight < 1 or any(one < 0 for _, one in pairs):
        raise OutOfRange("weights")
    return nearest(Fraction(sum(price * one for price, one in pairs), weight), prior)


def plain_mean(spec: Spec, days: Pairs) -> int:
    """Mean of all calendar days (SETTLE-009). OutOfRange: no day."""
    count = sum(number for _, number in days)
    if not count or any(number < 0 for _, number in days):
        raise OutOfRange("days")
    return nearest(sum(price * Fraction(number, count) for price, number in days) + Fraction(0), None)


def quoted(spec: Spec, last: int | None, prior: int, bid: int | None, ask: int | None) -> int:
    """T2 (SETTLE-003)."""
    price = prior
    if last is not None:
        price = last
    if bid is not None and price < bid:
        price = bid
    if ask is not None and price > ask:
        price = ask
    return price


def in_progress(spec: Spec, forward: int, hours: int, prior: int | None, days: Pairs) -> int:
    """An index month in progress (SETTLE-008). OutOfRange: more days than the month has."""
    known = sum(24 * count for _, count in days)
    if hours < 1 or known > hours or any(count < 0 for _, count in days):
        raise OutOfRange("more days than the month has")
    mean = sum(price * Fraction(24 * count, hours) for price, count in days) + forward * Fraction(hours - known, hours)
    return nearest(mean, forward if prior is None else prior)


def tiers_in_order(
    spec: Spec, books: Sequence[tuple[str, int, str, int]], bounds: Pairs | None = None
) -> list[tuple[int, bool]]:
    """(price, flagged) of each tier (SETTLE-006).

    books    (tier, price, method, lots of the window)
    bounds   (lowest, highest) price of each tier on the day; None: those of the venue
    """
    floors = [int(tier[1:]) for tier, *_ in books]
    if len(set(floors)) < len(floors):
        raise OutOfRange("a tier is named twice")
    waiting = list(range(len(books)))
    fixed: dict[int, int] = {}
    while waiting:
        place = waiting[0]
        for other in waiting[1:]:
            if _comes_before(books[other], books[place]):
                place = other
        waiting.remove(place)
        _, price, method, _ = books[place]
        lower = [fixed[other] for other in fixed if floors[other] < floors[place]]
        higher = [fixed[other] for other in fixed if floors[other] > floors[place]]
        if method != "T1":
            price = max([price, *lower])
            price = min([price, *higher])
            low, high = bounds[place] if bounds else PRICES
            price = max(low, min(high, price))
        fixed[place] = price
    window = [place for place in range(len(books)) if books[place][2] == "T1"]
    flagged = {
        one
        for low in window
        for high in window
        if floors[low] < floors[high] and books[low][1] > books[high][1]
        for one in (low, high)
    }
    return [(fixed[place], place in flagged) for place in range(len(books))]


def day_limits(spec: Spec, price: int, doubled: bool) -> tuple[int, int]:
    """Lowest and highest price of a day: a fifth to each side, at least 1; twice that if `doubled` (BAND-013)."""
    if not PRICES[0] <= price <= PRICES[1]:
        raise OutOfRange(f"price {price}")
    width = max(1, floor(Fraction(price * spec.products.bands.daily_limit_bp, 10_000)))
    width *= 2 if doubled else 1
    return max(PRICES[0], price - width), min(PRICES[1], price + width)


def _comes_before(one: tuple[str, int, str, int], other: tuple[str, int, str, int]) -> bool:
    """Whether a tier's price is fixed before another's."""
    if (one[2] == "T1") != (other[2] == "T1"):
        return one[2] == "T1"
    if one[3] != other[3]:
        return one[3] > other[3]
    far, other_far = abs(int(one[0][1:]) - 90), abs(int(other[0][1:]) - 90)
    return far < other_far if far != other_far else int(one[0][1:]) > int(other[0][1:])
