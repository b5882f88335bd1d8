"""What the margin hold takes from a book's terms: its commodity, the most a lot adds, what its legs may lose."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from exchange.codes import ComboKind
from exchange.engine.control.checks import require, within
from exchange.units import CATALOGUE_HOURS_MAX, CHARGE_MILLS_MAX, LONGEST_HOURS, PRICE_MAX


class Rates(Protocol):
    """What a commodity says of its margin."""

    psr_mills: int
    intra_mills: int
    tier_mills: int


class Listed(Protocol):
    """What a listing says of whose margin it is."""

    index: int
    symbol: str
    commodity: int
    hours: int
    fee_hours: int
    months: list[tuple[int, int]]
    legs: list[tuple[int, int]]
    maker_fee: int
    taker_fee: int
    auction_fee: int


def check_rates(terms: Rates) -> None:
    """Raise ControlError unless a commodity's rates are such as money is proven to stay inside 64 bits with
    (CONFIG-005)."""
    within("psr_mills", terms.psr_mills, 1, PRICE_MAX)
    within("intra_mills", terms.intra_mills, 0, CHARGE_MILLS_MAX)
    within("tier_mills", terms.tier_mills, 0, CHARGE_MILLS_MAX)


def check_margin_terms(listing: Listed) -> None:
    """Raise ControlError unless a listing's hours are those of a contract, and no fee is larger than the taker's, which
    the hold sets aside (MARGIN-013)."""
    within(f"{listing.symbol}: hours", listing.hours, 0, LONGEST_HOURS)
    within(f"{listing.symbol}: fee_hours", listing.fee_hours, 0, LONGEST_HOURS)
    for month, hours in listing.months:
        within(f"{listing.symbol}: hours of month {month}", hours, 0, LONGEST_HOURS)
    within(f"{listing.symbol}: hours of all months", sum(hours for _, hours in listing.months), 0, LONGEST_HOURS)
    within(f"{listing.symbol}: taker_fee", listing.taker_fee, 0, CHARGE_MILLS_MAX)
    within(f"{listing.symbol}: maker_fee", listing.maker_fee, 0, listing.taker_fee)
    within(f"{listing.symbol}: auction_fee", listing.auction_fee, 0, listing.taker_fee)


def check_commodities(state: np.record, new: set[int], listings: Sequence[Listed]) -> None:
    """Raise ControlError if a book's commodity is not defined yet, or a combination's legs are of another; or if more
    hours were listed than money is counted for.

    new  commodities that are defined together with the listings
    """
    defined = new | set(np.flatnonzero(state.commodities["psr_mills"]).tolist())
    commodities = {listing.index: listing.commodity for listing in listings}
    for listing in listings:
        require(listing.commodity in defined, f"{listing.symbol}: commodity {listing.commodity} is not defined")
        for leg, _ in listing.legs:
            commodity = commodities.get(leg, int(state.books[leg].commodity))
            same = commodity == listing.commodity
            require(same, f"{listing.symbol}: leg {leg} is of commodity {commodity}, not {listing.commodity}")
    _check_hours(state, listings)


def _check_hours(state: np.record, listings: Sequence[Listed]) -> None:
    """Money of the largest positions in every book has to fit into 64 bits (CONFIG-005)."""
    books = state.books[1 : int(state.books_listed) + 1]
    outrights = books[books["leg_count"] == 1]
    hours = [max(int(row.hours), int(row.fee_hours), sum(row.month_hours.tolist())) for row in outrights]
    for listing in listings:
        if not listing.legs:
            hours.append(max(listing.hours, listing.fee_hours, sum(month for _, month in listing.months)))
    within("GPU-hours of a lot of every outright", sum(hours), 0, CATALOGUE_HOURS_MAX)


def set_margin_bound(state: np.record, book: np.record) -> None:
    """Scan, intra and tier charges all grow by at most their rate an hour (MARGIN-013)."""
    commodity = state.commodities[book.commodity]
    both_mills = int(commodity.intra_mills) + int(commodity.tier_mills)
    hours = [abs(int(net)) for net in book.scan_hours]
    crossed = sum(int(tier) for tier in book.crossed_hours)
    book.margin_bound_mills = sum(hours) * int(commodity.psr_mills) + (sum(hours) + crossed) * both_mills


def set_residual(state: np.record, index: int) -> None:
    """Work out anew what a combination's legs can lose beyond its price; settlements and limits decide it."""
    book = state.books[index]
    legs = [state.books[leg.book] for leg in book.legs[: int(book.leg_count)]]
    book.residual_mills = _residual_mills(legs, book)


def _residual_mills(legs: list[np.record], book: np.record) -> int:
    """Most that one lot's legs can lose against their marks beyond the combination's own price and mark.

    Calendar, tier: the second leg may be assigned any price inside its daily limits, and the legs' hours differ.
    Strip: its mark is the hour-weighted mean of the legs', rounded.
    """
    if book.combo == ComboKind.STRIP:
        exact = sum(int(leg.mark_tick) * int(leg.hours) for leg in legs)
        return abs(int(book.mark_tick) * sum(int(leg.hours) for leg in legs) - exact)
    front, back = legs
    reach = max(int(back.high_tick) - int(back.mark_tick), int(back.mark_tick) - int(back.low_tick))
    drift = abs(int(front.mark_tick) - int(back.mark_tick) - int(book.mark_tick))
    return abs(int(front.hours) - int(back.hours)) * reach + drift * max(int(front.hours), int(back.hours))
