"""Checks the values of a specification, one by one and together (CONFIG-001 to CONFIG-011)."""

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import msgspec

from contracts_spec.bounds import check_catalogue_hours, check_chip_ranges, check_product_ranges, check_ranges
from contracts_spec.business_days import BusinessDays
from contracts_spec.errors import Problem, SpecError
from contracts_spec.ids import CHIP_CODE_MAX, FLOOR_STEP_BP
from contracts_spec.listing import last_trading_days, listed_periods
from contracts_spec.periods import tender_days
from contracts_spec.schema import CalendarFile, Chip, ChipsFile, MarginFile, ProductsFile, Spec, TiersFile
from contracts_spec.symbols import CHIP_PATTERN, RESERVED_NAMES, tier_name
from exchange.codes import Family
from exchange.units import BP

CAP_BP_MAX = 30_000
# Ratios with another range than 0..BP (CONFIG-003).
RATIO_RANGES = {
    "conversion_cap_bp": (BP, CAP_BP_MAX),
    "maintenance_bp": (1, BP),
    "daily_limit_bp": (1, BP),
    "breaker_bp": (1, BP),
    "velocity_bp": (1, BP),
}
PROVISIONAL_NOTICE_DAYS = 90
DEPTH = {"months": 12, "quarters": 8, "years": 5}
# Keys that a listed chip must have. mamf_tenths is optional: a chip without it is not in the INF basket.
NEEDED_WHEN_LISTED = (
    "unit_lots",
    "ref_tenths",
    "seed_mills",
    "psr_mills",
    "first_delivery",
    "all_reduce_gbps",
    "all_to_all_gbps",
    "spot_cap_lots",
    "month_accountability_lots",
    "all_accountability_lots",
)
RATIO_MAX = 1_000  # largest number of lots of a leg in the ratio of a margin pair
CURRENCY_PATTERN = r"[A-Z]{3}"
REGION_PATTERN = r"[A-Z][A-Z0-9-]*"
_MONTH = re.compile(r"20[2-9][0-9]-(0[1-9]|1[0-2])")
_Problems = Iterator[Problem]


def check_spec(tables: dict[str, Any]) -> list[Problem]:
    """All problems of the files. `tables`: by file name; None: the file could not be read and is not checked."""
    chips, tiers, products, calendar, margin = tables.values()
    checks: tuple[tuple[Callable[..., _Problems], tuple[Any, ...]], ...] = (
        (_check_chips, (chips,)),
        (_check_tiers, (tiers,)),
        (_check_products, (products,)),
        (_check_calendar, (calendar,)),
        (_check_chip_prices, (chips, products)),
        (_check_product_tiers, (products, tiers)),
        (check_catalogue_hours, (products, chips)),
        (_check_pairs, (margin, chips)),
    )
    problems = [problem for name, table in tables.items() if table for problem in _check_ratios(name, "", table)]
    problems += check_ranges(tables)
    for check, files in checks:
        if all(file is not None for file in files):
            problems += check(*files)
    return problems


def check_date(spec: Spec, day: date) -> list[Problem]:
    """Problems on a date: listed instruments need a missing holiday list, or a reference rate is still provisional."""
    days = BusinessDays(spec.calendar)
    try:
        return list(dict.fromkeys(_check_dated(spec, day, days)))
    except SpecError as error:
        return list(error.problems)


def _check_dated(spec: Spec, day: date, days: BusinessDays) -> _Problems:
    for product in spec.products.product:
        for chip in spec.listed_chips if product.enabled else ():
            periods = listed_periods(product, chip, day, days)
            ltds = last_trading_days(product, periods, days).values()
            for ltd in ltds:
                tender_days(ltd, days)
            if ltds and chip.ref_provisional and min(ltds) - day < timedelta(days=PROVISIONAL_NOTICE_DAYS):
                allowed = f"must be measured {PROVISIONAL_NOTICE_DAYS} days before the LTD {min(ltds)} ({day} is not)"
                yield Problem("chips.toml", f"chip.{chip.name}.ref_provisional", "true", allowed, "CONFIG-001")


def _check_ratios(file: str, path: str, table: Any) -> _Problems:
    """Problems of CONFIG-003: keys that end in _bp and have a value outside their range."""
    if isinstance(table, tuple):
        for entry in table:
            name = getattr(entry, "name", getattr(entry, "family", ""))
            yield from _check_ratios(file, f"{path}{name}.", entry)
    if not isinstance(table, msgspec.Struct):
        return
    for key in table.__struct_fields__:
        value = getattr(table, key)
        if key.endswith("_bp"):
            low, high = RATIO_RANGES.get(key, (0, BP))
            if not low <= value <= high:
                yield Problem(file, path + key, str(value), f"must be in {low}..{high}", "CONFIG-003")
        yield from _check_ratios(file, f"{path}{key}.", value)


def _check_chips(file: ChipsFile) -> _Problems:
    for field in ("code", "name"):
        values = [getattr(chip, field) for chip in file.chip]
        for repeated in sorted({value for value in values if values.count(value) > 1}):
            allowed = "may stand once: it is permanent"
            yield Problem("chips.toml", f"chip {field}", repr(repeated), allowed, "CONFIG-001")
    for chip in file.chip:
        for key, value, allowed in _chip_problems(chip):
            yield Problem("chips.toml", f"chip.{chip.name}.{key}", value, allowed, "CONFIG-001")
        yield from check_chip_ranges(chip)


def _chip_problems(chip: Chip) -> Iterator[tuple[str, str, str]]:
    if not 1 <= chip.code <= CHIP_CODE_MAX:
        yield "code", str(chip.code), f"must be in 1..{CHIP_CODE_MAX}"
    if not re.fullmatch(CHIP_PATTERN, chip.name) or chip.name in RESERVED_NAMES:
        yield "name", repr(chip.name), f"must be capitals and digits, not one of {', '.join(RESERVED_NAMES)}"
    if not chip.listed and not chip.reason:
        yield "reason", "", "missing: say why the chip is not listed"
    if chip.first_delivery is not None and not _MONTH.fullmatch(chip.first_delivery):
        yield "first_delivery", repr(chip.first_delivery), "must be a month like '2027-07'"
    if not re.fullmatch(REGION_PATTERN, chip.region):
        yield "region", repr(chip.region), "must be capitals like 'US'"
    for key in NEEDED_WHEN_LISTED:
        if chip.listed and getattr(chip, key) is None:
            yield key, "", "missing: a listed chip needs it"


def _check_tiers(file: TiersFile) -> _Problems:
    floors = [tier.floor_bp for tier in file.tier]
    if floors != sorted(set(floors)):
        yield Problem("tiers.toml", "tier floors", str(floors), "must ascend", "CONFIG-002")
    for tier in file.tier:
        key = f"tier.{tier.name}"
        if not FLOOR_STEP_BP <= tier.floor_bp <= BP or tier.floor_bp % FLOOR_STEP_BP:
            allowed = f"must be a multiple of {FLOOR_STEP_BP} in {FLOOR_STEP_BP}..{BP}"
            yield Problem("tiers.toml", f"{key}.floor_bp", str(tier.floor_bp), allowed, "CONFIG-002")
        elif tier.name != tier_name(tier.floor_bp):
            allowed = f"must be {tier_name(tier.floor_bp)!r}, G and the floor in percent"
            yield Problem("tiers.toml", f"{key}.name", repr(tier.name), allowed, "CONFIG-002")
    if file.benchmark not in (names := [tier.name for tier in file.tier]):
        allowed = f"must be one of {', '.join(names)}"
        yield Problem("tiers.toml", "benchmark", repr(file.benchmark), allowed, "CONFIG-002")
    certification = file.certification
    if certification.enabled and not (certification.workload_hash and certification.agent_keys):
        missing = "agent_keys" if certification.workload_hash else "workload_hash"
        yield Problem("tiers.toml", f"certification.{missing}", "", "needed when certification is on", "CONFIG-011")


def _check_products(file: ProductsFile) -> _Problems:
    if not re.fullmatch(CURRENCY_PATTERN, file.currency):
        yield Problem("products.toml", "currency", repr(file.currency), "must be three capitals like 'USD'")
    families: list[str] = [product.family for product in file.product]
    for family in Family:
        if families.count(family.name) != 1:
            found = f"{families.count(family.name)} times"
            yield Problem("products.toml", f"product.{family.name}", found, "must stand once")
    for product in file.product:
        key = f"product.{product.family}"
        if product.code != Family[product.family]:
            yield Problem("products.toml", f"{key}.code", str(product.code), f"must be {Family[product.family].value}")
        if not product.enabled and not product.reason:
            yield Problem("products.toml", f"{key}.reason", "", "missing: say why the family is off")
        if product.enabled and product.family in ("IDX", "PWS") and not product.index_source:
            yield Problem("products.toml", f"{key}.index_source", "", "needed when the family is on", "CONFIG-009")
        if product.index_source and product.index_source == file.index.fallback:
            allowed = "may not name the source itself"
            yield Problem("products.toml", "index.fallback", repr(file.index.fallback), allowed, "CONFIG-009")
        if product.enabled and product.scope == "none" and product.seed_mills is None:
            yield Problem("products.toml", f"{key}.seed_mills", "", "needed when the family is on", "CONFIG-004")
    yield from _check_depth(file)
    yield from check_product_ranges(file)


def _check_depth(file: ProductsFile) -> _Problems:
    """Problems of CONFIG-006: fewer periods are listed than a cascade needs for its children."""
    by_family = {product.family: product for product in file.product}
    top, physical = by_family.get("TOP"), by_family.get("PHY")
    if top is None or physical is None or not top.enabled:
        return
    for key, least in DEPTH.items():
        if (found := getattr(physical, key)) < least:
            allowed = f"must be at least {least} while TOP is on"
            yield Problem("products.toml", f"product.PHY.{key}", str(found), allowed, "CONFIG-006")


def _check_calendar(file: CalendarFile) -> _Problems:
    for year, listed in file.holidays.items():
        if not re.fullmatch(r"20[2-9][0-9]", year):
            yield Problem("calendar.toml", f"holidays.{year}", "", "must be a year like 2027", "CONFIG-007")
        for day in listed:
            wrong = (
                "stands twice" if listed.count(day) > 1
                else "falls on a weekend" if day.weekday() > 4
                else f"is not in {year}" if str(day.year) != year
                else ""
            )  # fmt: skip
            if wrong:
                allowed = f"{wrong}: weekdays of the year, each once"
                yield Problem("calendar.toml", f"holidays.{year}", day.isoformat(), allowed, "CONFIG-007")


def _check_chip_prices(chips: ChipsFile, products: ProductsFile) -> _Problems:
    """Problems of CONFIG-004: seed prices outside the price range, scan ranges outside 1..seed."""
    highest = products.orders.price_ticks_max
    for chip in chips.chip:
        seed, psr = chip.seed_mills, chip.psr_mills
        if seed is not None and not 1 <= seed <= highest:
            allowed = f"must be in 1..{highest}"
            yield Problem("chips.toml", f"chip.{chip.name}.seed_mills", str(seed), allowed, "CONFIG-004")
        if psr is not None and not 1 <= psr <= (seed or highest):
            allowed = f"must be in 1..{seed or highest}, the seed price"
            yield Problem("chips.toml", f"chip.{chip.name}.psr_mills", str(psr), allowed, "CONFIG-004")


def _check_product_tiers(products: ProductsFile, tiers: TiersFile) -> _Problems:
    names = [tier.name for tier in tiers.tier]
    used = {f"product.{product.family}.tiers": product.tiers for product in products.product}
    used["combinations.tier_spreads"] = tuple(name for pair in products.combinations.tier_spreads for name in pair)
    for key, listed in used.items():
        for name in listed:
            if name not in names:
                allowed = f"must be one of {', '.join(names)}"
                yield Problem("products.toml", key, repr(name), allowed, "CONFIG-002")


def _check_pairs(margin: MarginFile, chips: ChipsFile) -> _Problems:
    """Problems of CONFIG-008: margin pairs that are not valid."""
    names = {name for chip in chips.chip for name in (chip.name, f"{chip.name}/I")}
    seen: set[frozenset[str]] = set()
    for index, pair in enumerate(margin.pair):
        key = f"pair[{index}]"
        for leg in pair.legs:
            if leg not in names:
                yield Problem("margin.toml", f"{key}.legs", repr(leg), "must be CHIP or CHIP/I", "CONFIG-008")
        if frozenset(pair.legs) in seen or pair.legs[0] == pair.legs[1]:
            allowed = "a pair of two may stand once"
            yield Problem("margin.toml", f"{key}.legs", " with ".join(pair.legs), allowed, "CONFIG-008")
        if not 1 <= min(pair.ratio) <= max(pair.ratio) <= RATIO_MAX:
            allowed = f"must be in 1..{RATIO_MAX}"
            yield Problem("margin.toml", f"{key}.ratio", str(list(pair.ratio)), allowed, "CONFIG-008")
        seen.add(frozenset(pair.legs))
