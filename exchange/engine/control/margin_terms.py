"""The fields of a book that initial margin is computed with: checked at listing, derived then and whenever terms
change."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from exchange.clearing.full_margin import part_up
from exchange.clearing.layout import BOOK_MONTHS_MAX
from exchange.clearing.margin import risk_row, scan_mills
from exchange.clearing_codes import TAKEN_LIVES
from exchange.engine.control.checks import require, within
from exchange.engine.control.instrument_terms import CommodityTerms, InstrumentTerms
from exchange.engine.entry.fast_path import refresh_fast_path
from exchange.kernel import kernel
from exchange.kernel_codes import COMBO_STRIP
from exchange.units import CATALOGUE_HOURS_MAX, CHARGE_MILLS_MAX, LONGEST_HOURS, PRICE_MAX

Months = Sequence[tuple[int, int]]  # (month since 2020-01, GPU-hours of a lot)
MONTH_MAX = 4_095  # since 2020-01, as an instrument id has it (SPEC-042)
AS_BEFORE: Mapping[int, Months] = MappingProxyType({})


def check_rates(terms: CommodityTerms) -> None:
    """Raise ControlError unless money is proven to fit into 64 bits with a commodity's rates (CONFIG-005)."""
    within("psr_mills", terms.psr_mills, 1, PRICE_MAX)
    within("intra_mills", terms.intra_mills, 0, CHARGE_MILLS_MAX)
    within("tier_mills", terms.tier_mills, 0, CHARGE_MILLS_MAX)


def check_margin_terms(terms: InstrumentTerms) -> None:
    """Raise ControlError unless hours are in range and no fee is above the taker's, which margin includes
    (MARGIN-013)."""
    within(f"{terms.symbol}: hours", terms.hours, 0, LONGEST_HOURS)
    within(f"{terms.symbol}: fee_hours", terms.fee_hours, 0, LONGEST_HOURS)
    within(f"{terms.symbol}: months", len(terms.months), 0, BOOK_MONTHS_MAX)
    for month, hours in terms.months:
        within(f"{terms.symbol}: month", month, 0, MONTH_MAX)
        within(f"{terms.symbol}: hours of month {month}", hours, 0, LONGEST_HOURS)
    within(f"{terms.symbol}: hours of all months", sum(hours for _, hours in terms.months), 0, LONGEST_HOURS)
    within(f"{terms.symbol}: taker_fee", terms.taker_fee, 0, CHARGE_MILLS_MAX)
    within(f"{terms.symbol}: maker_fee", terms.maker_fee, 0, terms.taker_fee)
    within(f"{terms.symbol}: auction_fee", terms.auction_fee, 0, terms.taker_fee)


def check_commodities(state: np.record, new: set[int], instruments: Sequence[InstrumentTerms]) -> None:
    """Raise ControlError if a commodity is not defined, if a leg has another commodity than its combination, or if more
    hours are listed than money can be counted for.

    new  numbers of commodities that are defined by the same payload
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
    """Raise ControlError unless the money of largest positions in all books fits into 64 bits (CONFIG-005)."""
    books = state.books[1 : int(state.books_listed) + 1]
    outrights = books[(books["leg_count"] == 1) & np.isin(books["life"], TAKEN_LIVES)]
    columns = (outrights[name].tolist() for name in ("hours", "fee_hours", "margin_hours"))
    hours = [max(of_book) for of_book in zip(*columns, strict=True)]
    for terms in instruments:
        if not terms.legs:
            hours.append(max(terms.hours, terms.fee_hours, sum(month for _, month in terms.months)))
    within("GPU-hours of a lot of every outright", sum(hours), 0, CATALOGUE_HOURS_MAX)


# --- deriving


def derive_margin_terms(state: np.record, books: Iterable[int], months: Mapping[int, Months] = AS_BEFORE) -> None:
    """Derive the margin terms of books from their other terms and write them, at listing or after a change.

    Inputs are commodity and rates, legs, marks, daily limits, spot month and add-on month. Written are `margin_hours`,
    `plain`, `commodity_bit`, `first_risk`, `spot_weight`, `addon_mills`, `margin_bound_mills`, `residual_mills` and
    `fast_path_places` of these books, nothing else. Equal inputs give equal bytes. To update accounts as well, use
    `live_books.changing_terms`, which calls this.

    books   numbers of books, legs before the combinations on them. A combination depends on its legs, so the
            combinations on each book must be included (`live_books.with_combinations`)
    months  months of outrights, by book. A book keeps its hours but not its months, so they must be given at listing,
            and when the spot month changes
    """
    for index, hours in months.items():
        book = state.books[index]
        book.margin_hours = sum(month_hours for _, month_hours in hours)
        _set_months(state, index, hours)
        spot = int(state.commodities[book.commodity].spot_month)
        book.spot_weight = int(spot != 0 and any(month == spot for month, _ in hours))
    _derive(state, np.array(list(books), np.int64))


def _set_months(state: np.record, index: int, months: Months) -> None:
    row = state.book_months[index]
    row["month"], row["hours"] = 0, 0
    row["count"] = len(months)
    row["month"][: len(months)] = [month for month, _ in months]
    row["hours"][: len(months)] = [hours for _, hours in months]


@kernel
def _derive(state: np.record, books: np.ndarray) -> None:
    """Derive all books in one call, because each call from Python looks at the type of the whole state."""
    for number in range(books.shape[0]):
        book = state.books[books[number]]
        commodity = np.int64(book.commodity)
        book.commodity_bit = np.int64(1) << (commodity - 1)
        book.first_risk = risk_row(state, np.int64(0), commodity)
        if book.leg_count > 1:
            _add_up_legs(state, book)
            _set_residual(state, book)
        else:
            book.addon_mills = _addon_mills(state, books[number])
            _set_bound(state, book, book.margin_hours)
        # Lots of a term contract also count in `term_lots` (LIMIT-004), lots short near their last trading day in the
        # add-on (MARGIN-009). The path of combinations does both.
        book.plain = int(book.leg_count == 1 and book.term == 0 and book.addon_mills == 0)
        refresh_fast_path(book)


@kernel
def _addon_mills(state: np.record, index: int) -> int:
    """Delivery add-on of one lot short of an outright, mills: of its hours in the commodity's add-on month."""
    commodity, hours = state.books[index].commodity, np.int64(0)
    months, near = state.book_months[index], state.margin_terms.addon_month[commodity]
    for place in range(months["count"]):
        if months.month[place] == near != 0:
            hours += months.hours[place]
    return int(part_up(hours * state.commodities[commodity].psr_mills, state.margin_terms.addon_bp))


@kernel
def _add_up_legs(state: np.record, book: np.record) -> None:
    """Write the hours and the spot weight of a combination, sums over its legs, sold legs negative, and its bound."""
    bought, sold, weight, addon = np.int64(0), np.int64(0), np.int64(0), np.int64(0)
    for number in range(np.int64(book.leg_count)):
        leg = state.books[book.legs[number].book]
        if book.legs[number].sign > 0:
            bought += leg.margin_hours
        else:
            sold += leg.margin_hours
        weight += np.int64(book.legs[number].sign) * leg.spot_weight
        addon += leg.addon_mills
    book.addon_mills = addon
    book.margin_hours = bought - sold
    book.spot_weight = weight
    _set_bound(state, book, int(bought + sold))


@kernel
def _set_bound(state: np.record, book: np.record, gross: int) -> None:
    """Write the most that one working lot can add to the scans, by its net hours and the hours of all its legs
    together, `gross`."""
    commodity = state.commodities[book.commodity]
    scan = scan_mills(commodity, np.int64(book.margin_hours), np.int64(0), np.int64(0), gross)
    book.margin_bound_mills = scan + book.addon_mills


@kernel
def _set_residual(state: np.record, book: np.record) -> None:
    """Write the most that the legs of one lot can lose against their marks, beyond the combination's loss against its
    own mark.

    For a strip it comes from rounding: its mark is the rounded mean of the legs' marks, weighted by hours; and its
    buyer pays the remainder of CASCADE-006 in cash, while what the legs gain is no fund yet (MARGIN-015). For a
    calendar or a tier spread, the second leg may be assigned any price inside its daily limits, and the hours of the
    legs may differ.
    """
    if book.combo == COMBO_STRIP:
        difference = hours = np.int64(0)
        for number in range(np.int64(book.leg_count)):
            leg = state.books[book.legs[number].book]
            difference += (np.int64(book.mark_tick) - leg.mark_tick) * leg.hours
            hours += leg.hours
        book.residual_mills = abs(difference) + hours - 1
        return
    front, back = state.books[book.legs[0].book], state.books[book.legs[1].book]
    back_mark = np.int64(back.mark_tick)
    reach = max(np.int64(back.high_tick) - back_mark, back_mark - np.int64(back.low_tick))
    drift = abs(np.int64(front.mark_tick) - back_mark - np.int64(book.mark_tick))
    book.residual_mills = abs(front.hours - back.hours) * reach + drift * max(front.hours, back.hours)
