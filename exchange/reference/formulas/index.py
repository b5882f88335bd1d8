"""Certified delivered price and its susceptibility, seller by seller (INDEX-001, INDEX-004)."""

from collections.abc import Sequence
from fractions import Fraction
from math import floor

from contracts_spec.errors import OutOfRange
from contracts_spec.schema import Spec
from exchange.reference.formulas.settlement import nearest

Rentals = Sequence[tuple[str, int, int]]  # seller, price, hours


def delivered_price(spec: Spec, rentals: Rentals) -> int | None:
    """The CDP of a day; None: the day is missing (INDEX-001). OutOfRange: a price or hours below 1."""
    if any(price < 1 or hours < 1 for _, price, hours in rentals):
        raise OutOfRange("a rental without price or hours")
    kept = clipped(spec, rentals)
    hours = sum(one for _, one in kept)
    if len(kept) < spec.products.index.sellers_min or hours < max(1, spec.products.index.hours_min):
        return None
    return nearest(Fraction(sum(value for value, _ in kept), hours), None)


def clipped(spec: Spec, rentals: Rentals) -> list[tuple[int, int]]:
    """(value, hours) of each seller, no more than its share of all hours, at its mean price."""
    all_hours = sum(hours for _, _, hours in rentals)
    most = floor(Fraction(all_hours * spec.products.index.seller_share_bp, 10_000))
    kept = []
    for seller in sorted({name for name, _, _ in rentals}):
        value = sum(price * hours for name, price, hours in rentals if name == seller)
        hours = sum(hours for name, _, hours in rentals if name == seller)
        kept.append((floor(Fraction(value * min(hours, most), hours)), min(hours, most)))
    return kept


def most_moved(spec: Spec, rentals: Rentals) -> int | None:
    """How far the CDP would move without one seller, at most (INDEX-004)."""
    price = delivered_price(spec, rentals)
    if price is None:
        return None
    moves = [0]
    for left_out in {seller for seller, _, _ in rentals}:
        kept = clipped(spec, [rental for rental in rentals if rental[0] != left_out])
        hours = sum(one for _, one in kept)
        if hours:
            moves.append(abs(nearest(Fraction(sum(value for value, _ in kept), hours), None) - price))
    return max(moves)
