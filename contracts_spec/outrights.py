"""Builds the outrights of a trading day: enabled products x listed chips x tiers x periods, with limits and prices."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

from msgspec import Struct

from contracts_spec.bands import DayPrices, is_unlimited, outright_prices
from contracts_spec.business_days import BusinessDays
from contracts_spec.formulas.rounding import weighted_price
from contracts_spec.formulas.settlement import covering_periods
from contracts_spec.ids import Terms, pack_id
from contracts_spec.listing import calendar_periods, first_delivery_month, last_trading_days
from contracts_spec.periods import (
    STEP_MONTHS,
    TERMS,
    Period,
    close_ns,
    day_start_ns,
    first_day,
    hours_by_month,
)
from contracts_spec.schema import Chip, Product, Spec, Tier
from contracts_spec.symbols import OutrightName, symbol_text
from exchange.codes import ComboKind, Family, Matching, OrderEntry, PeriodKind

BENCHMARK_BP = 9_000  # seed prices are quoted for this floor (SPEC-052)


class Instrument(Struct, frozen=True):
    """The terms of one book. Prices are ticks, fees mills per GPU-hour, times ns since the epoch.

    hours         hours of the period, which are the mills that a tick is worth per lot; of a calendar spread those of
                  its longer leg
    fee_hours     GPU-hours on which one lot pays fees: of a spread those of its longer leg, of a strip all (FEE-001)
    months        (month index, hours) of each delivery month, ascending; of a combination those of its legs
    legs          (id, sign) of each leg of a combination, the bought leg first; empty for an outright
    deliv_from    start of delivery
    deliv_to      end of delivery, exclusive
    settle_tick   previous settlement price; of a new instrument its seed price (SPEC-052)
    low_tick, high_tick   daily price limits (BAND-013)
    term          whether it is T3 or T5, which LIMIT-004 counts
    velocity_ticks, breaker_ticks   price moves that trip them; of a combination the largest of its legs (BAND-012)
    """

    id: int
    symbol: str
    family: Family
    chip_code: int
    chip: str
    floor_bp: int
    kind: PeriodKind | None
    combo: ComboKind
    legs: tuple[tuple[int, int], ...]
    start_month: int
    months: tuple[tuple[int, int], ...]
    hours: int
    fee_hours: int
    ltd_ns: int
    order_entry: OrderEntry
    min_inc: int
    order_lots_max: int
    band_ticks: int
    settle_tick: int
    low_tick: int
    high_tick: int
    maker_fee: int
    taker_fee: int
    auction_fee: int
    unit_lots: int
    deliv_from: int
    deliv_to: int
    ref_tenths: int
    term: bool
    matching: Matching
    velocity_ticks: int
    breaker_ticks: int


class Known(NamedTuple):
    """Data of earlier days. A new venue has none.

    settlements       previous settlement price by instrument id, also of expired instruments (SPEC-052)
    at_limit          ids whose settlement price was at the daily limit (BAND-013)
    combination_ids   id by symbol of the combinations that are listed
    last_combination  highest id of a combination so far, because ids are never reused (SPEC-043); 0: those known
    """

    settlements: Mapping[int, int] = {}
    at_limit: frozenset[int] = frozenset()
    combination_ids: Mapping[str, int] = {}
    last_combination: int = 0


class DayListing:
    """The outrights of a day while they are built, with the data that they are built from."""

    def __init__(self, spec: Spec, day: date, known: Known) -> None:
        self.spec = spec
        self.day = day
        self.known = known
        self.days = BusinessDays(spec.calendar)
        self.outrights: dict[Terms, Instrument] = {}
        self.prices: dict[int, DayPrices] = {}  # of each outright, by id
        self.tiers = {tier.name: tier for tier in spec.tiers}


def list_outrights(listing: DayListing) -> None:
    """Fill `listing.outrights`. PHY comes before TOP, because the prices of terms follow from those of years."""
    for product in sorted(listing.spec.products.product, key=lambda product: product.code):
        if product.enabled:
            for terms, chip, ltd in _terms_of(listing, product):
                listing.outrights[terms] = _outright(listing, product, terms, chip, ltd)


def _terms_of(listing: DayListing, product: Product) -> Iterator[tuple[Terms, Chip | None, date]]:
    """(terms, chip, LTD) of each outright of a product, shorter periods first, so that children precede parents."""
    family = Family(product.code)
    periods = calendar_periods(product, listing.day, listing.days)
    ltds = last_trading_days(product, periods, listing.days)
    chips: tuple[Chip | None, ...] = listing.spec.listed_chips if product.scope == "chip" else (None,)
    floors = [listing.tiers[name].floor_bp for name in product.tiers] or [0]
    for chip in chips:
        first_month = first_delivery_month(chip)
        for floor_bp in floors:
            for period, ltd in ltds.items():
                if period.start_month >= first_month:
                    yield Terms(chip.code if chip else 0, family, floor_bp, period), chip, ltd


def _outright(listing: DayListing, product: Product, terms: Terms, chip: Chip | None, ltd: date) -> Instrument:
    spec, family, period = listing.spec, terms.family, terms.period
    instrument_id = pack_id(terms)
    settle = listing.known.settlements.get(instrument_id)
    settle_tick = _seed_tick(listing, product, terms, chip) if settle is None else settle
    unlimited = is_unlimited(spec.products.bands, family, period.kind, (ltd - listing.day).days)
    prices = outright_prices(spec.products, settle_tick, instrument_id in listing.known.at_limit, unlimited)
    listing.prices[instrument_id] = prices
    hours = product.lot_value or period.hours
    fees, orders = spec.products.fees, spec.products.orders
    return Instrument(
        id=instrument_id,
        symbol=symbol_text(OutrightName(chip.name if chip else "", family, terms.floor_bp, period)),
        family=family,
        chip_code=terms.chip_code,
        chip=chip.name if chip else family.name,
        floor_bp=terms.floor_bp,
        kind=period.kind,
        combo=ComboKind.OUTRIGHT,
        legs=(),
        start_month=period.start_month,
        months=hours_by_month(period),
        hours=hours,
        fee_hours=hours,
        ltd_ns=close_ns(ltd, spec.calendar.close_hour_utc),
        order_entry=_order_entry(listing, terms.floor_bp),
        min_inc=orders.min_inc_ticks,
        order_lots_max=orders.order_lots_max,
        band_ticks=spec.products.bands.reject_ticks,
        settle_tick=settle_tick,
        low_tick=prices.low_tick,
        high_tick=prices.high_tick,
        maker_fee=fees.maker_mills,
        taker_fee=fees.taker_mills,
        auction_fee=fees.auction_mills,
        unit_lots=(chip.unit_lots if chip else None) or 1,
        deliv_from=day_start_ns(first_day(period.start_month)),
        deliv_to=day_start_ns(first_day(period.end_month)),
        ref_tenths=(chip.ref_tenths if chip else None) or 0,
        term=period.kind in TERMS,
        matching=Matching[(product.matching or orders.matching).upper()],
        velocity_ticks=prices.velocity_ticks,
        breaker_ticks=prices.breaker_ticks,
    )


def _order_entry(listing: DayListing, floor_bp: int) -> OrderEntry:
    """Which orders the books of a tier accept (SPEC-021). Families without tiers accept all orders."""
    tiers: list[Tier] = [tier for tier in listing.spec.tiers if tier.floor_bp == floor_bp]
    return OrderEntry[tiers[0].order_entry.upper()] if tiers else OrderEntry.FULL


def _seed_tick(listing: DayListing, product: Product, terms: Terms, chip: Chip | None) -> int:
    """First reference price of an instrument: from its listed children, else from the period before it, else the seed
    price of its chip (SPEC-052)."""
    strip = _strip_tick(listing, terms)
    if strip is not None:
        return strip
    before = Period(terms.period.kind, terms.period.start_month - STEP_MONTHS[terms.period.kind])
    previous_terms = terms._replace(period=before)
    if previous := listing.outrights.get(previous_terms):
        return previous.settle_tick
    settled = listing.known.settlements.get(pack_id(previous_terms)) if before.start_month >= 0 else None
    if settled is not None:
        return settled
    if product.seed_mills is not None:
        return product.seed_mills
    assert chip is not None and chip.seed_mills is not None, "CONFIG-001 and CONFIG-004 require it"
    return max(1, chip.seed_mills * (terms.floor_bp or BENCHMARK_BP) // BENCHMARK_BP)


def _strip_tick(listing: DayListing, terms: Terms) -> int | None:
    """Hour-weighted mean price of the shortest listed periods that cover the period; None: none do (SETTLE-005)."""
    family = Family.PHY if terms.family is Family.TOP else terms.family

    def child_terms(child: Period) -> Terms:
        return Terms(terms.chip_code, family, terms.floor_bp, child)

    cover = covering_periods(terms.period, lambda child: child_terms(child) in listing.outrights)
    children = [listing.outrights[child_terms(child)] for child in cover]
    return weighted_price([(child.settle_tick, child.hours) for child in children]) if children else None
