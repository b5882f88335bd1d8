"""What the margin hold takes from a book's terms: checked at listing, derived then and whenever they change."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from exchange.clearing.margin import set_scan_tiers
from exchange.engine.control.checks import require, within
from exchange.engine.control.instrument_terms import CommodityTerms, InstrumentTerms
from exchange.engine.entry.fast_path import refresh_fast_path
from exchange.kernel import kernel
from exchange.kernel_codes import COMBO_STRIP
from exchange.limits import SCAN_TIERS
from exchange.units import CATALOGUE_HOURS_MAX, CHARGE_MILLS_MAX, LONGEST_HOURS, PRICE_MAX

FRONT_MONTHS = 2  # MARGIN-002
Months = Sequence[tuple[int, int]]  # (month since 2020-01, GPU-hours of a lot)
AS_BEFORE: Mapping[int, Months] = MappingProxyType({})


def check_rates(terms: CommodityTerms) -> None:
    """Raise ControlError unless a commodity's rates are such as money is proven to stay inside 64 bits with
    (CONFIG-005)."""
    within("psr_mills", terms.psr_mills, 1, PRICE_MAX)
    within("intra_mills", terms.intra_mills, 0, CHARGE_MILLS_MAX)
    within("tier_mills", terms.tier_mills, 0, CHARGE_MILLS_MAX)


def check_margin_terms(terms: InstrumentTerms) -> None:
    """Raise ControlError unless an instrument's hours are those of a contract, and no fee is larger than the taker's,
    which the hold sets aside (MARGIN-013)."""
    within(f"{terms.symbol}: hours", terms.hours, 0, LONGEST_HOURS)
    within(f"{terms.symbol}: fee_hours", terms.fee_hours, 0, LONGEST_HOURS)
    for month, hours in terms.months:
        within(f"{terms.symbol}: hours of month {month}", hours, 0, LONGEST_HOURS)
    within(f"{terms.symbol}: hours of all months", sum(hours for _, hours in terms.months), 0, LONGEST_HOURS)
    within(f"{terms.symbol}: taker_fee", terms.taker_fee, 0, CHARGE_MILLS_MAX)
    within(f"{terms.symbol}: maker_fee", terms.maker_fee, 0, terms.taker_fee)
    within(f"{terms.symbol}: auction_fee", terms.auction_fee, 0, terms.taker_fee)


def check_commodities(state: np.record, new: set[int], instruments: Sequence[InstrumentTerms]) -> None:
    """Raise ControlError if a book's commodity is not defined yet, or a combination's legs are of another; or if more
    hours were listed than money is counted for.

    new  commodities that are defined together with the instruments
    """
    defined = new | set(np.flatnonzero(state.commodities["psr_mills"]).tolist())
    commodities = {terms.index: terms.commodity for terms in instruments}
    for terms in instruments:
        require(terms.commodity in defined, f"{terms.symbol}: commodity {terms.commodity} is not defined")
        for leg, _ in terms.legs:
            commodity = commodities.get(leg, int(state.books[leg].commodity))
            same = commodity == terms.commodity
            require(same, f"{terms.symbol}: leg {leg} is of commodity {commodity}, not {terms.commodity}")
    _check_hours(state, instruments)


def _check_hours(state: np.record, instruments: Sequence[InstrumentTerms]) -> None:
    """Money of the largest positions in every book has to fit into 64 bits (CONFIG-005)."""
    books = state.books[1 : int(state.books_listed) + 1]
    outrights = books[books["leg_count"] == 1]
    hours = [max(int(row.hours), int(row.fee_hours), sum(row.month_hours.tolist())) for row in outrights]
    for terms in instruments:
        if not terms.legs:
            hours.append(max(terms.hours, terms.fee_hours, sum(month for _, month in terms.months)))
    within("GPU-hours of a lot of every outright", sum(hours), 0, CATALOGUE_HOURS_MAX)


# --- deriving


def derive_margin_terms(state: np.record, books: Iterable[int], months: Mapping[int, Months] = AS_BEFORE) -> None:
    """Write everything that margin derives from the terms of books: for the first time, or again.

    From commodity and rates, legs, marks, daily limits, the current month and the spot month derive `month_hours`,
    `scan_hours`, `crossed_hours`, `one_tier`, `tier_hours`, `scan_bits`, `first_risk`, `spot_weight`,
    `margin_bound_mills`, `residual_mills`, and with them `fast_path_places`. From equal terms come equal bytes.

    Only books are written. What accounts hold for positions and working orders follows if the terms change inside
    `live_books.changing_terms`, which calls this.

    books   indices, legs before the combinations on them. A combination derives from its legs: with a book come the
            combinations on it (`live_books.with_combinations`)
    months  of outrights, by index. A book keeps its hours in each scan tier, but not its months: give them at listing,
            and whenever the current month or the spot month changes
    """
    for index, hours in months.items():
        _split_months(state, index, hours)
    _derive(state, np.array(list(books), np.int64))


def _split_months(state: np.record, index: int, months: Months) -> None:
    """An outright's hours in each scan tier (MARGIN-002), and whether it delivers in the spot month (LIMIT-003)."""
    book = state.books[index]
    hours = [0] * SCAN_TIERS
    for month, month_hours in months:
        hours[0 if month - state.month <= FRONT_MONTHS else 1] += month_hours
    book.month_hours[:] = hours
    spot = int(state.commodities[book.commodity].spot_month)
    book.spot_weight = int(spot != 0 and any(month == spot for month, _ in months))


@kernel
def _derive(state: np.record, books: np.ndarray) -> None:
    """All books in one call: each call from Python looks at the type of the whole state."""
    for number in range(books.shape[0]):
        book = state.books[books[number]]
        if book.leg_count > 1:
            _add_up_legs(state, book)
            _set_residual(state, book)
        else:
            _take_own_hours(book)
        set_scan_tiers(state, book)
        _set_bound(state, book)
        refresh_fast_path(book)


@kernel
def _take_own_hours(book: np.record) -> None:
    """Hours of an outright. A term counts its lots apart (LIMIT-004): it takes the path of combinations."""
    tiers = 0
    for tier in range(SCAN_TIERS):
        book.scan_hours[tier] = book.month_hours[tier]
        book.crossed_hours[tier] = 0
        if book.month_hours[tier] != 0:
            tiers += 1
    book.one_tier = int(tiers == 1 and book.term == 0)


@kernel
def _add_up_legs(state: np.record, book: np.record) -> None:
    """Hours and spot-month lots of a combination: those of the legs that it buys, less those that it sells."""
    for tier in range(SCAN_TIERS):
        bought, sold = np.int64(0), np.int64(0)
        for number in range(np.int64(book.leg_count)):
            hours = np.int64(state.books[book.legs[number].book].month_hours[tier])
            if book.legs[number].sign > 0:
                bought += hours
            else:
                sold += hours
        book.scan_hours[tier] = bought - sold
        book.crossed_hours[tier] = min(bought, sold)
    weight = np.int64(0)
    for number in range(np.int64(book.leg_count)):
        weight += np.int64(book.legs[number].sign) * state.books[book.legs[number].book].spot_weight
    book.spot_weight = weight
    book.one_tier = 0


@kernel
def _set_bound(state: np.record, book: np.record) -> None:
    """The most that a working lot adds to the hold: scan, intra and tier charges all grow by at most their rate an hour
    (MARGIN-013)."""
    commodity = state.commodities[book.commodity]
    hours, crossed = np.int64(0), np.int64(0)
    for tier in range(SCAN_TIERS):
        hours += abs(np.int64(book.scan_hours[tier]))
        crossed += np.int64(book.crossed_hours[tier])
    charges_mills = (hours + crossed) * (commodity.intra_mills + commodity.tier_mills)
    book.margin_bound_mills = hours * commodity.psr_mills + charges_mills


@kernel
def _set_residual(state: np.record, book: np.record) -> None:
    """The most that one lot's legs can lose against their marks beyond the combination's own price and mark.

    Strip: its mark is the hour-weighted mean of the legs', rounded. Calendar, tier: the second leg may be assigned any
    price inside its daily limits, and the legs' hours differ.
    """
    if book.combo == COMBO_STRIP:
        difference = np.int64(0)
        for number in range(np.int64(book.leg_count)):
            leg = state.books[book.legs[number].book]
            difference += (np.int64(book.mark_tick) - leg.mark_tick) * leg.hours
        book.residual_mills = abs(difference)
        return
    front, back = state.books[book.legs[0].book], state.books[book.legs[1].book]
    back_mark = np.int64(back.mark_tick)
    reach = max(np.int64(back.high_tick) - back_mark, back_mark - np.int64(back.low_tick))
    drift = abs(np.int64(front.mark_tick) - back_mark - np.int64(book.mark_tick))
    book.residual_mills = abs(front.hours - back.hours) * reach + drift * max(front.hours, back.hours)
