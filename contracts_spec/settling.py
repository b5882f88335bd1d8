"""Settlement prices of a day, of all outrights together (SETTLE-001 to SETTLE-006).

A book's own trades and quotes come first (T1, T2). A month without any follows the month before it (T3), a longer
period the periods that it covers (T4). Months come first, then quarters, years and terms; the quality tiers of each
period are brought into order before a longer kind follows from them.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from contracts_spec.formulas.settlement import (
    TierBook,
    carried_price,
    inside_limits,
    order_tiers,
    parent_price,
    window_price,
)
from contracts_spec.ids import Terms
from contracts_spec.periods import STEP_MONTHS, TERMS, Period
from exchange.codes import Family, PeriodKind, SettleMethod

Grade = tuple[int, Family, int]  # chip code, family, floor


class BookClose(NamedTuple):
    """How a book has ended its day. Prices in ticks.

    prior_tick             its settlement of the day before
    low_tick, high_tick    its limits of the day, inclusive
    window_lots            lots printed in the closing window
    window_tick_lots       sum of price * lots of these
    quoted_tick            price between its quotes at the close; None: it had no trade and no quote
    given_tick             price that people give, whatever the limits; None: they give none
    progress_tick          INDEX: price of an index month in progress (SETTLE-008); None: it is none
    """

    prior_tick: int
    low_tick: int
    high_tick: int
    window_lots: int = 0
    window_tick_lots: int = 0
    quoted_tick: int | None = None
    given_tick: int | None = None
    progress_tick: int | None = None


class Settlement(NamedTuple):
    """A settlement price. `flagged`: it and the price of another tier contradict each other (SETTLE-006)."""

    price_tick: int
    method: SettleMethod
    flagged: bool = False


def settle_day(closes: Mapping[Terms, BookClose], benchmark_bp: int) -> dict[Terms, Settlement]:
    """The settlement of every book.

    closes         of all listed outrights of one or more product groups
    benchmark_bp   floor of the benchmark tier
    """
    day = _Day(closes, benchmark_bp)
    for kind in PeriodKind:
        of_kind = sorted((one for one in closes if one.period.kind == kind), key=lambda one: one.period.start_month)
        for terms in of_kind:
            day.price(terms)
        day.order_tiers(of_kind)
    return day.settled


class _Day:
    """The settlement of a day while it is made."""

    def __init__(self, closes: Mapping[Terms, BookClose], benchmark_bp: int) -> None:
        self._closes, self._benchmark_bp = closes, benchmark_bp
        self._alone: dict[Terms, int] = {}  # prices before the tiers are brought into order
        self._ordered: dict[Grade, dict[Period, int]] = defaultdict(dict)  # prices after that, of shorter kinds
        self.settled: dict[Terms, Settlement] = {}

    def price(self, terms: Terms) -> None:
        """Settle a book without a look at its other tiers."""
        close = self._closes[terms]
        price_tick, method = self._own_price(close) or self._derived_price(terms, close)
        if method != SettleMethod.GIVEN:
            price_tick = inside_limits(price_tick, close.low_tick, close.high_tick)
        self._alone[terms] = price_tick
        self.settled[terms] = Settlement(price_tick, method)

    def _own_price(self, close: BookClose) -> tuple[int, SettleMethod] | None:
        """The price that people give, T1, else T2; None: the book had no trade and no quote."""
        if close.given_tick is not None:
            return close.given_tick, SettleMethod.GIVEN
        window_tick = window_price(close.window_tick_lots, close.window_lots, close.prior_tick)
        if window_tick is not None:
            return window_tick, SettleMethod.T1
        return None if close.quoted_tick is None else (close.quoted_tick, SettleMethod.T2)

    def _derived_price(self, terms: Terms, close: BookClose) -> tuple[int, SettleMethod]:
        """INDEX of an index month in progress, T3 of any other month, T4 of a longer period."""
        period, prior_tick = terms.period, close.prior_tick
        if close.progress_tick is not None:
            return close.progress_tick, SettleMethod.INDEX
        if period.kind == PeriodKind.MONTH:
            return self._carried(terms, prior_tick), SettleMethod.T3
        # Terms become years of physical delivery (CASCADE-001).
        family = Family.PHY if period.kind in TERMS else terms.family
        price_tick = parent_price(period, self._ordered[terms.chip_code, family, terms.floor_bp], prior_tick)
        return (self._carried(terms, prior_tick) if price_tick is None else price_tick), SettleMethod.T4

    def _carried(self, terms: Terms, prior_tick: int) -> int:
        """The prior settlement and the change of the period before, by its price before the order of tiers."""
        period = terms.period
        before = terms._replace(period=Period(period.kind, period.start_month - STEP_MONTHS[period.kind]))
        if before not in self._alone:
            return prior_tick
        return carried_price(prior_tick, self._closes[before].prior_tick, self._alone[before])

    def order_tiers(self, of_kind: Sequence[Terms]) -> None:
        """Bring the tiers of each period of a kind into order (SETTLE-006)."""
        tiers: dict[Terms, list[Terms]] = {}
        for terms in of_kind:
            if terms.floor_bp:
                tiers.setdefault(terms._replace(floor_bp=0), []).append(terms)
        for group in tiers.values():
            for terms, found in zip(group, order_tiers([*map(self._tier, group)], self._benchmark_bp), strict=True):
                self.settled[terms] = self.settled[terms]._replace(price_tick=found.price_tick, flagged=found.flagged)
        for terms in of_kind:
            grade = terms.chip_code, terms.family, terms.floor_bp
            self._ordered[grade][terms.period] = self.settled[terms].price_tick

    def _tier(self, terms: Terms) -> TierBook:
        close, settlement = self._closes[terms], self.settled[terms]
        is_fixed = settlement.method in (SettleMethod.T1, SettleMethod.GIVEN)
        return TierBook(
            terms.floor_bp, settlement.price_tick, is_fixed, close.window_lots, close.low_tick, close.high_tick
        )
