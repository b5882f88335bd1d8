"""Values, fees, children's values and the leg prices of a strip (SPEC-004, FEE-001, CASCADE-002, CASCADE-006)."""

from collections.abc import Sequence
from fractions import Fraction
from math import floor

from contracts_spec.errors import OutOfRange
from contracts_spec.schema import Spec
from exchange.reference.formulas.calendar import MONTH_LETTERS, children_of, period_hours, period_of, terms_of


def value(spec: Spec, price: int, lots: int, symbol: str) -> int:
    """Price x hours x lots (SPEC-004)."""
    return price * period_hours(terms_of(symbol).period) * lots


def children_values(spec: Spec, price: int, lots: int, symbol: str) -> tuple[list[int], int]:
    """(value of each child, value of the parent) at the parent's price (CASCADE-002)."""
    values = [price * period_hours(child) * lots for child in children_of(terms_of(symbol).period)]
    return values, value(spec, price, lots, symbol)


def legs(spec: Spec, price: int, legs: Sequence[tuple[int, int]]) -> tuple[list[int], int]:
    """(leg prices, mills that the buyer pays for a lot) of a strip (CASCADE-006). OutOfRange: a leg without hours."""
    if not legs or any(hours < 1 for _, hours in legs):
        raise OutOfRange("a leg without hours")
    strip_hours = sum(hours for _, hours in legs)
    mean = Fraction(sum(settle * hours for settle, hours in legs), strip_hours)
    shift = floor(price - mean)
    ticks = [settle + shift for settle, _ in legs]
    rest = price * strip_hours - sum(tick * hours for tick, (_, hours) in zip(ticks, legs, strict=True))
    return ticks, rest


def fee(spec: Spec, kind: str, lots: int, symbol: str) -> int:
    """Rate x hours x lots; a spread pays on its longer leg, a strip on all (FEE-001)."""
    fees = spec.products.fees
    rates = {
        "maker": fees.maker_mills, "taker": fees.taker_mills, "auction": fees.auction_mills,
        "block": fees.block_mills, "cascade": fees.cascade_mills, "cash_settlement": fees.cash_settlement_mills,
        "certificate": fees.certificate_mills,
    }  # fmt: skip
    if kind not in rates:
        raise ValueError(f"{kind!r} is no fee")
    one_lot = rates[kind] * _fee_hours(symbol)
    if lots < 0:
        raise OutOfRange(f"lots {lots}")
    return one_lot * lots


def _fee_hours(symbol: str) -> int:
    head, _, last = symbol.rpartition(".")
    if ":" in last:
        first_code, last_code = last.split(":")
        start, end = (period_of(code) for code in (first_code, last_code))
        places = range(start.year * 12 + start.month - 1, end.year * 12 + end.month)
        months = [f"{MONTH_LETTERS[place % 12]}{place // 12 % 100:02d}" for place in places]
        return sum(period_hours(period_of(code)) for code in months)
    if "-" in last and last.split("-")[1][0] in MONTH_LETTERS:
        return max(period_hours(period_of(code)) for code in last.split("-"))
    if "-" in head:
        return period_hours(period_of(last))
    return period_hours(terms_of(symbol).period)
