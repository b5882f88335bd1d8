"""Fees: mills per GPU-hour times hours and lots (FEE-001)."""

from collections.abc import Sequence

from contracts_spec.errors import need_range
from contracts_spec.schema import Fees
from contracts_spec.symbols import CombinationName, OutrightName
from exchange.codes import ComboKind

FEE_KINDS = ("maker", "taker", "auction", "block", "cascade", "cash_settlement", "certificate")


def fee_hours(name: OutrightName | CombinationName) -> int:
    """GPU-hours on which one lot pays (FEE-001)."""
    if isinstance(name, OutrightName):
        return name.period.hours
    return combination_hours(name.combo, [leg.period.hours for leg in name.legs])


def combination_hours(combo: ComboKind, leg_hours: Sequence[int]) -> int:
    """GPU-hours of one lot of a combination: of a spread those of its longer leg, of a strip all of them (FEE-001)."""
    return sum(leg_hours) if combo is ComboKind.STRIP else max(leg_hours)


def fee_mills(fees: Fees, kind: str, lots: int, name: OutrightName | CombinationName) -> int:
    """Fee of a trade or an event in mills (FEE-001).

    kind         one of `FEE_KINDS`
    OutOfRange   lots below zero
    ValueError   there is no such kind
    """
    if kind not in FEE_KINDS:
        raise ValueError(f"{kind} is no kind of fee: {' '.join(FEE_KINDS)}")
    rate_mills: int = getattr(fees, f"{kind}_mills")
    return rate_mills * fee_hours(name) * need_range("lots", lots, 0)
