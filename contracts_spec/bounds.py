"""Allowed range of each figure, so that money fits into 64 bits, calendars are finite, and the engine has space.

CONFIG-004 is for single figures, CONFIG-005 for figures that could make money overflow 64 bits. `checks.py` checks
ratios (CONFIG-003).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from contracts_spec.errors import Problem
from contracts_spec.schema import Chip, ChipsFile, ProductsFile
from exchange.units import (
    CATALOGUE_HOURS_MAX,
    CHARGE_MILLS_MAX,
    LONGEST_HOURS,
    ORDER_LOTS_MAX,
    POSITION_LOTS_MAX,
    PRICE_MAX,
)

PERIODS_MAX = 60  # most listed periods of one kind: the number of months of the longest term
BUSINESS_DAYS_MAX = 60
DAY_S = 86_400
WINDOW_STEP_S = 3  # look-back windows are multiples of 3 s, so that each of their 60 slots has whole ns (BAND-005)
COUNT_MAX = 1_000_000  # for rates, bandwidths, sellers and hours of an index day
# Longest hours of one period, by the key that counts them.
_HOURS = {"months": 744, "quarters": 2_208, "years": 8_784, "terms3": 26_304, "terms5": LONGEST_HOURS}

Range = tuple[int, int]
_CHARGE: Range = (0, CHARGE_MILLS_MAX)
_TICKS: Range = (1, PRICE_MAX)
_SECONDS: Range = (1, DAY_S)
_LOTS: Range = (1, POSITION_LOTS_MAX)
_DAYS: Range = (1, BUSINESS_DAYS_MAX)
_COUNT: Range = (1, COUNT_MAX)
_PERIODS: Range = (0, PERIODS_MAX)

# Lowest and highest value, both inclusive, of "table.key" of a file.
RANGES: Mapping[str, Mapping[str, Range]] = {
    "products.toml": {
        "orders.min_inc_ticks": _TICKS,
        "orders.protection_ticks": (0, PRICE_MAX),
        "orders.show_ratio": (0, ORDER_LOTS_MAX),
        "pro_rata.split_percent": (0, 100),
        "pro_rata.minimum_allocation": (0, 100),
        "bands.reject_ticks": _TICKS,
        "bands.breaker_window_s": _SECONDS,
        "bands.velocity_window_s": _SECONDS,
        "bands.breaker_reserved_s": _SECONDS,
        "bands.velocity_reserved_s": _SECONDS,
        "bands.closing_reserved_s": _SECONDS,
        "bands.collar_extension_s": _SECONDS,
        "bands.collar_extensions_max": (0, 100),
        "bands.index_unlimited_days": (0, 31),
        "limits.spot_floor_lots": _LOTS,
        "limits.reportable_lots": _LOTS,
        "limits.term_lots": _LOTS,
        "limits.block_lots_min": _LOTS,
        "limits.block_report_minutes": (0, 1_440),
        "fees.maker_mills": _CHARGE,
        "fees.taker_mills": _CHARGE,
        "fees.auction_mills": _CHARGE,
        "fees.block_mills": _CHARGE,
        "fees.cascade_mills": _CHARGE,
        "fees.cash_settlement_mills": _CHARGE,
        "fees.certificate_mills": _CHARGE,
        "index.sellers_min": _COUNT,
        "index.hours_min": _COUNT,
        "routing.quote_age_s_max": _SECONDS,
    },
    "tiers.toml": {"certification.validity_days": (1, 3_660), "certification.trailing_days": (1, 366)},
    "calendar.toml": {
        "close_hour_utc": (0, 23),
        "month_ltd_business_days": _DAYS,
        "parent_ltd_business_days": _DAYS,
        "tender_business_days": _DAYS,
        "spot_window_business_days": _DAYS,
        "holiday_notice_business_days": (0, BUSINESS_DAYS_MAX),
    },
    "margin.toml": {
        "intra_mills": _CHARGE,
        "tier_mills": _CHARGE,
        "delivery_addon_business_days": (0, BUSINESS_DAYS_MAX),
        "concentration_steps_unregistered": (0, 100),
        "prefund_days": (0, 366),
        "call_minutes": (1, 7 * 24 * 60),
        "mark_seconds": (1, 3_600),
        "mark_min_lots": (1, 1_000_000),
    },
}  # fmt: skip
# Figures up to which money is proven to fit into 64 bits (SPEC-004).
PROVEN: Mapping[str, Range] = {
    "orders.price_ticks_max": _TICKS,
    "orders.order_lots_max": (1, ORDER_LOTS_MAX),
    "orders.position_lots_max": _LOTS,
}
PRODUCT_RANGES: Mapping[str, Range] = {**dict.fromkeys(_HOURS, _PERIODS), "lot_value": (1, LONGEST_HOURS)}
CHIP_RANGES: Mapping[str, Range] = {
    "unit_lots": (1, ORDER_LOTS_MAX),
    "ref_tenths": _COUNT,
    "mamf_tenths": _COUNT,
    "all_reduce_gbps": _COUNT,
    "all_to_all_gbps": _COUNT,
    "spot_cap_lots": _LOTS,
    "month_accountability_lots": _LOTS,
    "all_accountability_lots": _LOTS,
}


def check_ranges(tables: Mapping[str, Any]) -> Iterator[Problem]:
    """Problems of CONFIG-004: figures outside their range. `tables`: by file; None if it could not be read."""
    for file, ranges in RANGES.items():
        if tables[file] is not None:
            yield from _outside(file, "", tables[file], ranges, "CONFIG-004")


def check_product_ranges(file: ProductsFile) -> Iterator[Problem]:
    """Problems of products.toml: figures beyond which money could overflow (CONFIG-005), and others (CONFIG-004)."""
    proof = ", up to which money stays below 2^63"
    for problem in _outside("products.toml", "", file, PROVEN, "CONFIG-005"):
        yield problem._replace(allowed=problem.allowed + proof)
    top_lots = {"pro_rata.top_lots_max": (0, max(0, file.orders.order_lots_max))}
    yield from _outside("products.toml", "", file, top_lots, "CONFIG-004")
    for key in ("maker_mills", "auction_mills"):
        if (value := getattr(file.fees, key)) > file.fees.taker_mills:
            allowed = (
                f"must be at most fees.taker_mills {file.fees.taker_mills}, which the hold sets aside (MARGIN-013)"
            )
            yield Problem("products.toml", f"fees.{key}", str(value), allowed, "CONFIG-004")
    for key in ("breaker_window_s", "velocity_window_s"):
        if (value := getattr(file.bands, key)) % WINDOW_STEP_S:
            allowed = f"must be a multiple of {WINDOW_STEP_S}"
            yield Problem("products.toml", f"bands.{key}", str(value), allowed, "CONFIG-004")
    ranges = {**PRODUCT_RANGES, "seed_mills": (1, max(1, file.orders.price_ticks_max))}
    for product in file.product:
        yield from _outside("products.toml", f"product.{product.family}.", product, ranges, "CONFIG-004")


def check_chip_ranges(chip: Chip) -> Iterator[Problem]:
    """Problems of CONFIG-001: figures of a chip outside their range."""
    return _outside("chips.toml", f"chip.{chip.name}.", chip, CHIP_RANGES, "CONFIG-001")


def check_catalogue_hours(products: ProductsFile, chips: ChipsFile) -> Iterator[Problem]:
    """Problem of CONFIG-005: the initial margin of the largest positions in all listed outrights reaches 2^63 mills."""
    hours = catalogue_hours(products, chips)
    if hours > CATALOGUE_HOURS_MAX:
        allowed = f"GPU-hours of a lot of every period: must be at most {CATALOGUE_HOURS_MAX}, margin then fits 64 bits"
        yield Problem("products.toml", "product periods", str(hours), allowed, "CONFIG-005")


def catalogue_hours(products: ProductsFile, chips: ChipsFile) -> int:
    """Sum of GPU-hours of one lot of each outright of the enabled families, if all months had the longest length."""
    listed = sum(chip.listed for chip in chips.chip)
    return sum(
        (listed if product.scope == "chip" else 1)
        * max(1, len(product.tiers))
        * getattr(product, key)
        * (product.lot_value or hours)
        for product in products.product
        if product.enabled
        for key, hours in _HOURS.items()
    )


def _outside(file: str, path: str, table: Any, ranges: Mapping[str, Range], code: str) -> Iterator[Problem]:
    """Problems of values outside their ranges. A missing value is no problem here.

    path     of the table in the file
    ranges   by key
    code     rule that the problems break
    """
    for key, (low, high) in ranges.items():
        value = table
        for name in key.split("."):
            value = getattr(value, name)
        if value is not None and not low <= value <= high:
            yield Problem(file, path + key, str(value), f"must be in {low}..{high}", code)
