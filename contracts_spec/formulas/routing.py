"""Effective price: what useful compute costs, and the ranking of offers by it (ROUTE-001, ROUTE-002)."""

from collections.abc import Iterable
from functools import cmp_to_key
from typing import NamedTuple

from contracts_spec.errors import need_range
from exchange.units import NS_PER_S, ceil_div


class Offer(NamedTuple):
    """An offer of certified compute: price in mills per GPU-hour, goodput, and the chip's rate for the workload."""

    chip_code: int
    price_mills: int
    goodput_bp: int
    ref_tenths: int | None
    suspended: bool = False


class RankedPrice(NamedTuple):
    """A price for ranking. `is_settlement`: it is the settlement price, because there is no young quote (ROUTE-002)."""

    price_mills: int
    is_settlement: bool


def effective_price(price_mills: int, goodput_bp: int, ref_tenths: int) -> int:
    """Mills per useful PFLOP-hour (one PFLOP/s for one hour), rounded up; for display (ROUTE-001).

    OutOfRange: zero goodput or no rate
    """
    need_range("goodput", goodput_bp, 1)
    need_range("ref_tenths", ref_tenths, 1)
    return ceil_div(price_mills * 10**8, goodput_bp * ref_tenths)


def rank_offers(offers: Iterable[Offer]) -> list[Offer]:
    """Offers sorted by price of useful compute, cheapest first; equal ones by chip code (ROUTE-002).

    The comparison is exact, by cross-multiplication. Offers without a rate, with zero goodput or of a suspended
    lot-set are left out.

    OutOfRange: a goodput below zero
    """
    usable = [
        offer
        for offer in offers
        if need_range("goodput", offer.goodput_bp, 0) and offer.ref_tenths and not offer.suspended
    ]
    return sorted(usable, key=cmp_to_key(_compare))


def quote_or_settlement(
    quote_mills: int | None, quote_age_ns: int, settle_mills: int, quote_age_s_max: int
) -> RankedPrice:
    """The quote if its age is within the limit, else the settlement price (ROUTE-002)."""
    if quote_mills is None or quote_age_ns >= quote_age_s_max * NS_PER_S:
        return RankedPrice(settle_mills, True)
    return RankedPrice(quote_mills, False)


def _compare(a: Offer, b: Offer) -> int:
    """Negative if `a` is cheaper than `b`. The common factor 10^8 of effective prices cancels out."""
    assert a.ref_tenths and b.ref_tenths, "rank_offers leaves out offers without a rate"
    difference = a.price_mills * b.goodput_bp * b.ref_tenths - b.price_mills * a.goodput_bp * a.ref_tenths
    return difference or a.chip_code - b.chip_code
