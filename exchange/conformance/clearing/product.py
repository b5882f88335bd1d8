"""The functions of the product, by the names that `calc` uses: `contracts_spec` and its `formulas/`.

Each takes the specification and plain values, so that the twins of the reference (`twins.py`) can be asked the same.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec

from contracts_spec.bands import daily_range, daily_width
from contracts_spec.business_days import BusinessDays
from contracts_spec.changes import check_change
from contracts_spec.errors import OutOfRange, need_range
from contracts_spec.formulas import (
    cascade,
    certification,
    conversion,
    delivery,
    fees,
    index,
    margin,
    rounding,
    routing,
    settlement,
    waterfall,
)
from contracts_spec.ids import Terms, pack_id
from contracts_spec.instruments import instruments_on
from contracts_spec.listing import listed_periods
from contracts_spec.periods import first_day, last_trading_day, parse_period, tender_days
from contracts_spec.position_limits import spot_limit_lots
from contracts_spec.schema import Chip, Spec
from contracts_spec.symbols import OutrightName, parse_symbol, symbol_text
from exchange.codes import ComboKind, PeriodKind
from exchange.conformance.clearing.calc import Functions
from exchange.conformance.clearing.kinds import KIND_NAMES
from exchange.units import value_mills

Pairs = Sequence[tuple[int, int]]
Lots = Sequence[tuple[int, Pairs]]


def _outright(symbol: str) -> OutrightName:
    """ValueError: the symbol is not an outright's."""
    name = parse_symbol(symbol)
    if not isinstance(name, OutrightName):
        raise ValueError(f"{symbol} is a combination")
    return name


def _hours(spec: Spec, symbol: str) -> int:
    return _outright(symbol).period.hours


def _id(spec: Spec, symbol: str) -> int:
    name = _outright(symbol)
    codes = {chip.name: chip.code for chip in spec.chips} | {"": 0}
    if name.chip not in codes:
        raise OutOfRange(f"chip {name.chip} is not in the catalogue")
    return pack_id(Terms(codes[name.chip], name.family, name.floor_bp, name.period))


def _ltd(spec: Spec, symbol: str) -> date:
    name = _outright(symbol)
    return last_trading_day(name.period, name.family, BusinessDays(spec.calendar))


def _tender(spec: Spec, symbol: str) -> tuple[date, ...]:
    return tender_days(_ltd(spec, symbol), BusinessDays(spec.calendar))


def _spotfrom(spec: Spec, symbol: str) -> date:
    days = BusinessDays(spec.calendar)
    return days.before(_ltd(spec, symbol), spec.calendar.spot_window_business_days)


def _children(spec: Spec, symbol: str) -> list[str]:
    return [symbol_text(child) for child in cascade.cascade_children(_outright(symbol))]


def _period(spec: Spec, code: str) -> tuple[str, date, int]:
    period = parse_period(code)
    names: dict[PeriodKind, str] = {kind: name for name, kind in KIND_NAMES.items()}
    return names[period.kind], first_day(period.start_month), period.hours


def _listed(spec: Spec, day: date, chip: str, family: str, kind: str) -> list[str]:
    product, days = spec.product(family), BusinessDays(spec.calendar)
    if not product.enabled or not spec.chip(chip).listed:
        return []
    periods = listed_periods(product, spec.chip(chip), day, days)
    return [period.code for period in periods if period.kind is KIND_NAMES[kind]]


def _combinations(spec: Spec, day: date, chip: str) -> int:
    return sum(one.chip == chip and one.combo is not ComboKind.OUTRIGHT for one in instruments_on(spec, day))


def _holiday(spec: Spec, today: date, day: date) -> bool:
    holidays = dict(spec.calendar.holidays)
    holidays[str(day.year)] = (*holidays.get(str(day.year), ()), day)
    calendar = msgspec.structs.replace(spec.calendar, holidays=holidays)
    return not check_change(spec, msgspec.structs.replace(spec, calendar=calendar), today)


def _weighted(spec: Spec, prior: int | None, pairs: Pairs) -> int:
    return rounding.weighted_price(pairs, prior)


def _tiers(spec: Spec, books: Sequence[tuple[str, int, str, int]]) -> list[settlement.TierPrice]:
    highest = spec.products.orders.price_ticks_max
    return settlement.order_tiers(
        [
            settlement.TierBook(spec.tier(tier).floor_bp, price, method == "T1", lots, 1, highest)
            for tier, price, method, lots in books
        ],
        spec.tier(spec.benchmark).floor_bp,
    )


def _limits(spec: Spec, price: int, doubled: bool) -> tuple[int, int]:
    highest = spec.products.orders.price_ticks_max
    width = daily_width(spec.products.bands, need_range("price", price, 1, highest), doubled)
    return daily_range(ComboKind.OUTRIGHT, price, width, highest)


def _rentals(rentals: Sequence[tuple[str, int, int]]) -> list[index.Rental]:
    return [index.Rental(*rental) for rental in rentals]


def _cascade(spec: Spec, price: int, lots: int, symbol: str) -> tuple[list[int], int]:
    parent = _outright(symbol)
    return cascade.cascade_values(price, lots, parent), value_mills(price, parent.period.hours, lots)


def _record(spec: Spec, chip: str, *telemetry: int) -> int:
    return certification.daily_goodput(certification.DayTelemetry(*telemetry), _rate(spec.chip(chip)))


def _certified(spec: Spec, week: Sequence[int | None]) -> tuple[int, str | None]:
    goodput_bp = certification.certified_goodput(week)
    tier = certification.grade(goodput_bp, spec.tiers)
    return goodput_bp, tier.name if tier else None


def _mean_goodput(spec: Spec, days: Pairs) -> int:
    return certification.mean_goodput((hours, goodput_bp) for goodput_bp, hours in days)


def _factor(spec: Spec, lot_tier: str, contract_tier: str) -> tuple[int, int]:
    contract_bp = spec.tier(contract_tier).floor_bp
    cap_bp = spec.certification.conversion_cap_bp
    factor_bp = conversion.conversion_factor(spec.tier(lot_tier).floor_bp, contract_bp, cap_bp)
    return factor_bp, conversion.paid_floor(contract_bp, factor_bp)


def _ctd(spec: Spec, price: int, costs: Sequence[tuple[str, int]]) -> tuple[str, int] | None:
    chips = [(spec.chip(name), cost) for name, cost in costs]
    found = conversion.cheapest_to_deliver(price, chips, spec.chip("H100"))
    return found and (found[0].name, found[1])


def _delivery(spec: Spec, price: int, factor: int, floor: int, month_hours: int, days: Any) -> Sequence[int]:
    terms = delivery.DeliveryTerms(price, factor, floor, month_hours)
    return delivery.invoice(terms, [delivery.DeliveryDay(*day) for day in days])


def _daily(spec: Spec, price: int, factor: int, floor: int, month_hours: int, days: Any) -> list[int]:
    terms = delivery.DeliveryTerms(price, factor, floor, month_hours)
    return delivery.daily_payments(terms, [delivery.DeliveryDay(*day) for day in days])


def _units(spec: Spec, unit_lots: int, longs: Lots, shorts: Lots) -> tuple[list[Any], list[Any]]:
    sides = [[delivery.OpenLot(account, *lot) for account, lots in side for lot in lots] for side in (longs, shorts)]
    no_hash = bytes(delivery.HASH_BYTES)
    return delivery.delivered_units(need_range("lots of a unit", unit_lots, 1), sides[0], sides[1], no_hash)


def _tie(spec: Spec, settle_hash: bytes, units: Pairs) -> list[tuple[int, int]]:
    return sorted(units, key=lambda unit: delivery.tie_key(settle_hash, *unit))


def _margin(spec: Spec, lots: dict[str, int]) -> dict[str, int]:
    positions = {_outright(symbol): count for symbol, count in lots.items()}
    parts = margin.initial_margin(positions, margin.MarginTerms(spec.margin, _scan_ranges(spec)))
    return {**parts._asdict(), "total": parts.total}


def _concentration(spec: Spec, initial_mills: int, lots: int, registered: int) -> tuple[int, int]:
    steps = margin.concentration_steps(lots, registered, spec.margin)
    return steps, margin.concentration_charge(initial_mills, steps, spec.margin)


def _spotlimit(spec: Spec, chip: str, registered: int) -> int:
    if spec.chip(chip).spot_cap_lots is None:
        raise OutOfRange(f"chip {chip} has no cap: it is not listed")
    return spot_limit_lots(spec.products.limits, spec.chip(chip), need_range("registered lots", registered, 0))


def _waterfall(
    spec: Spec, loss: int, own: int, fund: int, sitg: int, members: Sequence[Any], assessed: Sequence[Any]
) -> tuple[Any, ...]:
    found = waterfall.run_waterfall(loss, own, fund, sitg, dict(members), dict(assessed))
    return *found[:3], list(found.survivors.items()), list(found.assessed.items()), found.tearup


def _cheapest(spec: Spec, offers: Sequence[tuple[str, int, int]]) -> list[str]:
    chips = {chip.code: chip.name for chip in spec.chips}
    listed = [
        routing.Offer(spec.chip(name).code, price, goodput_bp, spec.chip(name).ref_tenths)
        for name, price, goodput_bp in offers
    ]
    return [chips[offer.chip_code] for offer in routing.rank_offers(listed)]


def _scan_ranges(spec: Spec) -> dict[str, int]:
    return {chip.name: chip.psr_mills for chip in spec.chips if chip.psr_mills is not None}


def _rate(chip: Chip) -> int:
    """OutOfRange: the chip has no reference rate."""
    return need_range(f"reference rate of {chip.name}", chip.ref_tenths or 0, 1)


PRODUCT: Functions = {
    "hours": _hours,
    "id": _id,
    "ltd": _ltd,
    "tender": _tender,
    "spotfrom": _spotfrom,
    "children": _children,
    "period": _period,
    "business": lambda spec, day: BusinessDays(spec.calendar).is_business_day(day),
    "listed": _listed,
    "combinations": _combinations,
    "holiday": _holiday,
    "vwap": _weighted,
    "strip": _weighted,
    "quoted": lambda spec, last, prior, bid, ask: settlement.quoted_price(last, prior, bid, ask),
    "mean": lambda spec, days: settlement.final_index_price(days),
    "tiers": _tiers,
    "inmonth": lambda spec, forward, hours, prior, days: settlement.progress_price(days, forward, hours, prior),
    "limits": _limits,
    "cdp": lambda spec, rentals: index.certified_price(_rentals(rentals), spec.products.index),
    "susceptibility": lambda spec, rentals: index.susceptibility(_rentals(rentals), spec.products.index),
    "legs": lambda spec, price, legs: cascade.strip_legs(price, legs),
    "cascade": _cascade,
    "value": lambda spec, price, lots, symbol: value_mills(price, _hours(spec, symbol), lots),
    "fee": lambda spec, kind, lots, symbol: fees.fee_mills(spec.products.fees, kind, lots, parse_symbol(symbol)),
    "goodput": lambda spec, chip, *day: certification.given_goodput(_rate(spec.chip(chip)), *day),
    "record": _record,
    "certified": _certified,
    "fabric": lambda spec, chip, speeds: certification.meets_fabric(spec.chip(chip), *speeds),
    "trailing": _mean_goodput,
    "gpx": _mean_goodput,
    "factor": _factor,
    "basket": lambda spec, chip: conversion.basket_factor(spec.chip(chip), spec.chip("H100")),
    "ctd": _ctd,
    "shortfall": lambda spec, committed, floor, hours: delivery.shortfall_hours(committed, floor, hours),
    "delivery": _delivery,
    "daily": _daily,
    "units": _units,
    "tie": _tie,
    "margin": _margin,
    "covered": lambda spec, hours, chip: margin.covered_charge(hours, _psr(spec, chip), spec.margin),
    "addon": lambda spec, hours, chip: margin.addon_charge(hours, _psr(spec, chip), spec.margin),
    "concentration": _concentration,
    "maintenance": lambda spec, initial_mills: margin.maintenance(initial_mills, spec.margin),
    "spotlimit": _spotlimit,
    "psr": lambda spec, chip: _psr(spec, chip),
    "waterfall": _waterfall,
    "share": lambda spec, amount, weights: list(waterfall.share_out(amount, dict(weights)).items()),
    "fundsize": lambda spec, members: waterfall.fund_size((scan, initial) for _, scan, initial in members),
    "effective": lambda spec, price, goodput_bp, tenths: routing.effective_price(price, goodput_bp, tenths),
    "cheapest": _cheapest,
}


def _psr(spec: Spec, chip: str) -> int:
    return margin.psr_of(chip, _scan_ranges(spec))
