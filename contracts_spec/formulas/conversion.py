"""Conversion factors: what a lot of another tier or chip is worth in a contract (CERT-030 to CERT-032)."""

from collections.abc import Iterable

from contracts_spec.errors import need_range
from contracts_spec.schema import Chip
from exchange.units import BP, ceil_div, share_floor


def conversion_factor(lot_floor_bp: int, contract_floor_bp: int, cap_bp: int) -> int:
    """Value of a lot of one tier in a contract of another tier, in basis points (CERT-030).

    lot_floor_bp, contract_floor_bp   floors of the two tiers
    cap_bp                            largest factor
    OutOfRange                        a lot of a lower tier is never delivered into a higher one (SPEC-022)
    """
    need_range("floor of the lot", lot_floor_bp, need_range("contract floor", contract_floor_bp, 1), BP)
    return min(cap_bp, BP * lot_floor_bp // contract_floor_bp)


def paid_floor(contract_floor_bp: int, factor_bp: int) -> int:
    """The goodput that a buyer pays for, in basis points, rounded up. A shortfall is measured from it (CERT-031)."""
    return ceil_div(contract_floor_bp * factor_bp, BP)


def basket_factor(chip: Chip, base: Chip) -> int | None:
    """Conversion factor of a chip in the INF basket relative to chip `base`; None: it is not in it (CERT-032)."""
    if chip.mamf_tenths is None or base.mamf_tenths is None:
        return None
    return BP * chip.mamf_tenths // base.mamf_tenths


def delivery_gain(price_mills: int, factor_bp: int, cost_mills: int) -> int:
    """Mills per GPU-hour that a delivery earns above its cost. The chip with the largest is cheapest to deliver
    (CERT-032)."""
    return share_floor(price_mills, factor_bp) - cost_mills


def cheapest_to_deliver(price_mills: int, chips: Iterable[tuple[Chip, int]], base: Chip) -> tuple[Chip, int] | None:
    """(chip, gain in mills per GPU-hour) of the chip that gains most; equal ones go to the lower code (CERT-032).

    chips     (chip, cost of a GPU-hour in mills); those outside the basket are left out
    returns   None: none of them is in the basket
    """
    gains = [
        (chip, delivery_gain(price_mills, factor_bp, cost_mills))
        for chip, cost_mills in chips
        if (factor_bp := basket_factor(chip, base)) is not None
    ]
    return max(gains, key=lambda found: (found[1], -found[0].code), default=None)
