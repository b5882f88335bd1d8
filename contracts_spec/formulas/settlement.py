"""Settlement prices of a day and of the end, tiers in order, and variation margin (SETTLE-001 to SETTLE-011)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from contracts_spec.errors import OutOfRange, need_range
from contracts_spec.formulas.rounding import nearest_to_prior, weighted_price
from contracts_spec.periods import MONTHS, Period
from exchange.codes import PeriodKind
from exchange.units import NS_PER_DAY, NS_PER_HOUR

WINDOW_NS = NS_PER_HOUR // 30  # the closing window: two minutes (SETTLE-001, SESSION-001)
WINDOW_LOTS_MIN = 5  # default, configurable (SETTLE-002)
_COVERS = (PeriodKind.MONTH, PeriodKind.QUARTER, PeriodKind.YEAR)


class TierBook(NamedTuple):
    """One quality tier of a period before the tiers are brought into order (SETTLE-006).

    is_window       its price is that of the closing window (T1), which never changes
    window_lots     lots traded in the window
    low_tick, high_tick   its limits of the day, inclusive
    """

    floor_bp: int
    price_tick: int
    is_window: bool
    window_lots: int
    low_tick: int
    high_tick: int


class TierPrice(NamedTuple):
    """Settlement price of a tier. `flagged`: it and another price of the window contradict each other (SETTLE-006)."""

    price_tick: int
    flagged: bool


class Variation(NamedTuple):
    """What a position gains in a run, in mills, and its `mark_num` afterwards: mark price x lots (SETTLE-007)."""

    mills: int
    mark_num: int


def is_in_window(time_ns: int, close_hour: int) -> bool:
    """Whether a trade counts for the price of the closing window: 20:58:00 <= t < 21:00:00 UTC (SETTLE-001). The window
    before a close at hour 0 lies in the day before."""
    since_ns = (time_ns - close_hour * NS_PER_HOUR + WINDOW_NS) % NS_PER_DAY
    return since_ns < WINDOW_NS


def window_price(value_tick_lots: int, lots: int, prior_tick: int | None) -> int | None:
    """T1: mean price of the closing window by lots, an exact half towards the prior settlement (SETTLE-002).

    value_tick_lots, lots   the two sums that a book keeps of its window
    returns                 None: fewer than 5 lots, so the window makes no price
    """
    if lots < WINDOW_LOTS_MIN:
        return None
    return nearest_to_prior(value_tick_lots, lots, prior_tick)


def quoted_price(last_tick: int | None, prior_tick: int, bid_tick: int | None, ask_tick: int | None) -> int:
    """T2: the last trade of the day, else the prior settlement, raised to the bid and then lowered to the ask
    (SETTLE-003). A missing side (None) moves nothing."""
    price_tick = prior_tick if last_tick is None else last_tick
    if bid_tick is not None:
        price_tick = max(price_tick, bid_tick)
    return price_tick if ask_tick is None else min(price_tick, ask_tick)


def carried_price(prior_tick: int, before_prior_tick: int | None, before_tick: int | None) -> int:
    """T3 and the end of T4: the prior settlement plus the change of the period before; without one, the prior itself
    (SETTLE-004, SETTLE-005).

    before_prior_tick, before_tick   settlement of the preceding period, yesterday and today; None: there is none
    """
    if before_prior_tick is None or before_tick is None:
        return prior_tick
    return prior_tick + before_tick - before_prior_tick


def covering_periods(period: Period, is_listed: Callable[[Period], bool]) -> tuple[Period, ...]:
    """The finest set of listed periods that covers a longer one: months, else quarters, else years (SETTLE-005).

    returns   () if there is none
    """
    return next((cover for cover in _covers(period) if all(map(is_listed, cover))), ())


@cache
def _covers(period: Period) -> tuple[tuple[Period, ...], ...]:
    """All sets of shorter periods of one kind that cover a period, the finest first."""
    return tuple(
        tuple(Period(kind, start) for start in range(period.start_month, period.end_month, MONTHS[kind]))
        for kind in _COVERS[: period.kind]
    )


def parent_price(period: Period, listed: Mapping[Period, int], prior_tick: int | None) -> int | None:
    """T4: hour-weighted mean price of the covering periods, nearest, half towards the prior settlement (SETTLE-005).

    listed    settlement price in ticks of today by period, of the same chip and tier
    returns   None: no listed set covers the period
    """
    cover = covering_periods(period, listed.__contains__)
    if not cover:
        return None
    return weighted_price([(listed[child], child.hours) for child in cover], prior_tick)


def progress_price(
    days: Iterable[tuple[int, int]], forward_tick: int, hours: int, prior_tick: int | None = None
) -> int:
    """INDEX: an index month in progress, the days that are known blended with the forward price (SETTLE-008).

    days           (index value in ticks, number of days)
    forward_tick   the prior settlement, for the hours left
    prior_tick     towards which an exact half goes; without it the forward price
    OutOfRange     more days than the month has
    """
    known = [(price_tick, 24 * need_range("days", count, 0)) for price_tick, count in days]
    left = need_range("hours", hours, 1) - sum(weight for _, weight in known)
    need_range("hours left", left, 0, hours)
    return weighted_price([*known, (forward_tick, left)], forward_tick if prior_tick is None else prior_tick)


def final_index_price(days: Iterable[tuple[int, int]]) -> int:
    """FINAL: plain mean of all calendar days, nearest, half up (SETTLE-009). `days`: (value in ticks, their number)."""
    return weighted_price(days)


def inside_limits(price_tick: int, low_tick: int, high_tick: int) -> int:
    """A settlement price, a final one too, held inside the limits of its day (SETTLE-010, BAND-013)."""
    return max(low_tick, min(high_tick, price_tick))


def order_tiers(books: Sequence[TierBook], benchmark_bp: int) -> list[TierPrice]:
    """Settlement prices of the tiers of one period, so that no tier costs less than a lower one (SETTLE-006).

    One walk: prices of the window first, then by lots of the window, then the tier nearer to the benchmark, then the
    higher one. A price of the window stays; any other is raised to the highest price that is fixed in a lower tier,
    lowered to the lowest in a higher tier, and held inside its limits.

    benchmark_bp   floor of the benchmark tier
    returns        in the order of `books`
    """
    if _is_ordered(books):
        return [TierPrice(book.price_tick, False) for book in books]
    order = sorted(
        books,
        key=lambda book: (
            not book.is_window,
            -book.window_lots,
            abs(book.floor_bp - benchmark_bp),
            -book.floor_bp,
        ),
    )
    fixed: dict[int, int] = {}
    for book in order:
        fixed[book.floor_bp] = book.price_tick if book.is_window else _between(book, fixed)
    if len(fixed) != len(books):
        raise OutOfRange("a tier is named twice")
    return [TierPrice(fixed[book.floor_bp], _contradicts(book, books)) for book in books]


def _is_ordered(books: Sequence[TierBook]) -> bool:
    """Whether no tier costs less than a lower one and all are inside their limits: then the walk changes nothing."""
    inside = all(book.low_tick <= book.price_tick <= book.high_tick or book.is_window for book in books)
    tiers = sorted((book.floor_bp, book.price_tick) for book in books)
    return inside and all(
        floor < next_floor and tick <= next_tick for (floor, tick), (next_floor, next_tick) in pairwise(tiers)
    )


def variation(settle_tick: int, lots: int, mark_num: int, hours: int) -> Variation:
    """Variation margin of a position in one run (SETTLE-007).

    lots       signed, long > 0
    mark_num   sum of mark price x lots, ticks x lots; a fill has added its price x lots
    hours      GPU-hours of one lot; an index month in progress counts all its hours (SETTLE-008)
    """
    marked = settle_tick * lots
    return Variation((marked - mark_num) * hours, marked)


def check_adjustment(mills: Mapping[str, int]) -> None:
    """OutOfRange, if a cash adjustment that names a settlement is not zero in sum. `mills`: by account (SETTLE-011)."""
    need_range("sum of a cash adjustment", sum(mills.values()), 0, 0)


def _between(book: TierBook, fixed: Mapping[int, int]) -> int:
    """The price of a book between the prices already fixed in lower and in higher tiers, inside its limits."""
    price_tick = max([book.price_tick, *(price for floor_bp, price in fixed.items() if floor_bp < book.floor_bp)])
    price_tick = min([price_tick, *(price for floor_bp, price in fixed.items() if floor_bp > book.floor_bp)])
    return inside_limits(price_tick, book.low_tick, book.high_tick)


def _contradicts(book: TierBook, books: Sequence[TierBook]) -> bool:
    """Whether the prices of the window of this and another tier are in the wrong order."""
    return book.is_window and any(
        other.is_window and (other.floor_bp - book.floor_bp) * (other.price_tick - book.price_tick) < 0
        for other in books
    )
