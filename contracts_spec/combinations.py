"""Calendar spreads, tier spreads and strips of the listed months of a chip (SPEC-041, SPEC-053)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

from contracts_spec.bands import combination_prices
from contracts_spec.formulas.fees import combination_hours
from contracts_spec.ids import COMBINATION_BIT
from contracts_spec.outrights import DayListing, Instrument
from contracts_spec.periods import Period
from contracts_spec.symbols import CombinationName, OutrightName, symbol_text
from exchange.codes import ComboKind, Family, OrderEntry, PeriodKind

_QUARTER_MONTHS = 3


def combinations_of(listing: DayListing) -> list[Instrument]:
    """All combinations of the day, sorted by id. Known ones keep their ids; new ones get the next, in symbol order."""
    found: dict[str, tuple[ComboKind, tuple[Instrument, ...]]] = {}
    floors = {tier.name: tier.floor_bp for tier in listing.spec.tiers}
    months = _months_by_tier(listing)
    for chip in listing.spec.listed_chips:
        for combo, legs in _of_chip(listing, {name: months[chip.code, floor] for name, floor in floors.items()}):
            found[_symbol(combo, legs)] = (combo, legs)
    ids = dict(listing.known.combination_ids)
    last = max([*ids.values(), listing.known.last_combination, COMBINATION_BIT])
    for symbol in sorted(found.keys() - ids.keys()):
        last += 1
        ids[symbol] = last
    built = [_combination(listing, ids[symbol], symbol, *found[symbol]) for symbol in found]
    return sorted(built, key=lambda instrument: instrument.id)


def _of_chip(
    listing: DayListing, months: Mapping[str, Sequence[Instrument]]
) -> list[tuple[ComboKind, tuple[Instrument, ...]]]:
    """(kind, legs) of all combinations of a chip. `months`: its listed months by name of the tier."""
    wanted = listing.spec.products.combinations
    benchmark = tuple(months[listing.spec.benchmark])
    found: list[tuple[ComboKind, tuple[Instrument, ...]]] = []
    if wanted.calendars:
        found += [(ComboKind.CALENDAR, pair) for pair in pairwise(benchmark)]
    for names in wanted.tier_spreads:
        pairs = zip(*(months[name] for name in names), strict=True)
        found += [(ComboKind.TIER, pair) for pair in pairs]
    if wanted.strips:
        found += [(ComboKind.STRIP, legs) for legs in _strips(listing, benchmark)]
    return found


def _months_by_tier(listing: DayListing) -> Mapping[tuple[int, int], Sequence[Instrument]]:
    """Listed PHY months by chip code and floor, nearest first."""
    months: defaultdict[tuple[int, int], list[Instrument]] = defaultdict(list)
    for instrument in sorted(listing.outrights.values(), key=lambda instrument: instrument.start_month):
        if instrument.family is Family.PHY and instrument.kind is PeriodKind.MONTH:
            months[instrument.chip_code, instrument.floor_bp].append(instrument)
    return months


def _strips(listing: DayListing, months: tuple[Instrument, ...]) -> list[tuple[Instrument, ...]]:
    """Legs of each strip: quarters whose three months are listed, and all months if the chip has the full number."""
    quarters = [
        months[i : i + _QUARTER_MONTHS]
        for i in range(len(months) - _QUARTER_MONTHS + 1)
        if months[i].start_month % _QUARTER_MONTHS == 0
    ]
    full = listing.spec.product(Family.PHY.name).months
    return quarters + ([months] if len(months) == full > _QUARTER_MONTHS else [])


def _symbol(combo: ComboKind, legs: tuple[Instrument, ...]) -> str:
    names = (
        OutrightName(leg.chip, leg.family, leg.floor_bp, Period(PeriodKind.MONTH, leg.start_month)) for leg in legs
    )
    return symbol_text(CombinationName(combo, tuple(names)))


def _combination(
    listing: DayListing, instrument_id: int, symbol: str, combo: ComboKind, legs: tuple[Instrument, ...]
) -> Instrument:
    orders, fees = listing.spec.products.orders, listing.spec.products.fees
    of_legs, leg_hours = [listing.prices[leg.id] for leg in legs], [leg.hours for leg in legs]
    prices = combination_prices(listing.spec.products, combo, of_legs, leg_hours)
    strip = combo is ComboKind.STRIP
    hours = combination_hours(combo, leg_hours)
    first = legs[0]
    return Instrument(
        id=instrument_id,
        symbol=symbol,
        family=first.family,
        chip_code=first.chip_code,
        chip=first.chip,
        floor_bp=first.floor_bp,
        kind=None,
        combo=combo,
        legs=tuple((leg.id, 1 if strip or index == 0 else -1) for index, leg in enumerate(legs)),
        start_month=first.start_month,
        months=tuple(sorted({month for leg in legs for month in leg.months})),
        hours=hours,
        fee_hours=hours,
        ltd_ns=min(leg.ltd_ns for leg in legs),
        order_entry=OrderEntry.FULL,
        min_inc=orders.min_inc_ticks,
        order_lots_max=orders.order_lots_max,
        band_ticks=listing.spec.products.bands.reject_ticks,
        settle_tick=prices.settle_tick,
        low_tick=prices.low_tick,
        high_tick=prices.high_tick,
        maker_fee=fees.maker_mills,
        taker_fee=fees.taker_mills,
        auction_fee=fees.auction_mills,
        unit_lots=first.unit_lots,
        deliv_from=min(leg.deliv_from for leg in legs),
        deliv_to=max(leg.deliv_to for leg in legs),
        ref_tenths=first.ref_tenths,
        term=False,
        matching=first.matching,
        velocity_ticks=prices.velocity_ticks,
        breaker_ticks=prices.breaker_ticks,
    )
