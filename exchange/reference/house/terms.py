"""Terms of contracts, and which of them are listed on a trading day (SPEC-041, SPEC-050, SPEC-053, SPEC-061)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise

from contracts_spec.business_days import BusinessDays
from contracts_spec.listing import listed_periods
from contracts_spec.periods import Period, children, last_trading_day, period_code
from contracts_spec.schema import Spec
from contracts_spec.symbols import CombinationName, OutrightName, symbol_text, tier_name
from exchange.codes import ComboKind, Family, PeriodKind

QUARTER_MONTHS = 3
KINDS = (PeriodKind.MONTH, PeriodKind.QUARTER, PeriodKind.YEAR, PeriodKind.TERM3, PeriodKind.TERM5)


@dataclass(frozen=True)
class Contract:
    """Terms of an outright or of a combination.

    floor_bp   of its first leg
    period     of an outright; of a combination that of its first leg
    hours      mills that one lot gains by a tick; of a calendar spread those of the longer leg, of a strip all
    ltd        last trading day; of a combination the first of its legs
    spot_from, addon_from   from whose close on a month is in its spot window (LIMIT-001), pays the delivery add-on
               (MARGIN-009)
    months     codes of the delivery months of an outright
    legs       (symbol, +1 bought or -1 sold), the bought leg first; an outright is its own only leg
    ioc_only   nothing rests in its book (SPEC-021)
    """

    symbol: str
    chip: str
    family: Family
    floor_bp: int
    period: Period
    hours: int
    ltd: date
    spot_from: date
    addon_from: date
    months: tuple[str, ...]
    legs: tuple[tuple[str, int], ...]
    combo: ComboKind
    ioc_only: bool

    @cached_property
    def is_outright(self) -> bool:
        return self.combo is ComboKind.OUTRIGHT

    @cached_property
    def kind(self) -> PeriodKind | None:
        """Kind of an outright's period; a combination has none."""
        return self.period.kind if self.is_outright else None

    @property
    def is_index(self) -> bool:
        return self.family is Family.IDX

    def is_month(self, family: Family) -> bool:
        return self.family is family and self.kind is PeriodKind.MONTH


def outright(spec: Spec, name: OutrightName) -> Contract:
    """The terms of an outright."""
    tier = next(tier for tier in spec.tiers if tier.floor_bp == name.floor_bp)
    symbol, days = symbol_text(name), BusinessDays(spec.calendar)
    ltd = last_trading_day(name.period, name.family, days)
    return Contract(
        symbol=symbol,
        chip=name.chip,
        family=name.family,
        floor_bp=name.floor_bp,
        period=name.period,
        hours=name.period.hours,
        ltd=ltd,
        spot_from=days.before(ltd, spec.calendar.spot_window_business_days),
        addon_from=days.before(ltd, spec.margin.delivery_addon_business_days),
        months=tuple(period_code(Period(PeriodKind.MONTH, month)) for month in name.period.months),
        legs=((symbol, 1),),
        combo=ComboKind.OUTRIGHT,
        ioc_only=tier.order_entry == "ioc_only",
    )


def child_names(parent: Contract) -> list[OutrightName]:
    """What a parent becomes: terms become physical years, tier and chip are kept (CASCADE-001)."""
    family = Family.IDX if parent.is_index else Family.PHY
    return [OutrightName(parent.chip, family, parent.floor_bp, period) for period in children(parent.period)]


def listed_names(spec: Spec, day: date) -> Iterator[OutrightName]:
    """Outrights that trade on a day: physical ones, index twins, terms; short periods before long, near before far."""
    days = BusinessDays(spec.calendar)
    for product in sorted(spec.products.product, key=lambda one: one.code):
        for chip in spec.listed_chips if product.enabled else ():
            for period in listed_periods(product, chip, day, days):
                for tier in product.tiers:
                    yield OutrightName(chip.name, Family(product.code), spec.tier(tier).floor_bp, period)


def combinations(spec: Spec, outrights: Sequence[Contract]) -> list[Contract]:
    """Combinations of the listed physical months: calendars of neighbours, tier spreads, strips (SPEC-053)."""
    wanted, found = spec.products.combinations, []
    for chip in spec.listed_chips:
        months = {
            tier.name: [
                one
                for one in sorted(outrights, key=lambda one: one.period.start_month)
                if one.is_month(Family.PHY) and (one.chip, one.floor_bp) == (chip.name, tier.floor_bp)
            ]
            for tier in spec.tiers
        }
        benchmark = months[spec.benchmark]
        if wanted.calendars:
            found += [_combination(ComboKind.CALENDAR, pair) for pair in pairwise(benchmark)]
        for higher, lower in wanted.tier_spreads:
            found += [_combination(ComboKind.TIER, pair) for pair in zip(months[higher], months[lower], strict=True)]
        if wanted.strips:
            found += [_combination(ComboKind.STRIP, legs) for legs in _strips(benchmark, spec.product("PHY").months)]
    return found


def _strips(months: Sequence[Contract], full: int) -> list[Sequence[Contract]]:
    """Quarters whose months are all listed, and the strip of all months."""
    quarters = [
        months[place : place + QUARTER_MONTHS]
        for place in range(len(months) - QUARTER_MONTHS + 1)
        if months[place].period.start_month % QUARTER_MONTHS == 0
    ]
    return [*quarters, months] if len(months) == full else quarters


def _combination(combo: ComboKind, legs: Sequence[Contract]) -> Contract:
    first, hours = legs[0], [leg.hours for leg in legs]
    names = tuple(OutrightName(leg.chip, leg.family, leg.floor_bp, leg.period) for leg in legs)
    is_strip = combo is ComboKind.STRIP
    return Contract(
        symbol=symbol_text(CombinationName(combo, names)),
        chip=first.chip,
        family=first.family,
        floor_bp=first.floor_bp,
        period=first.period,
        hours=sum(hours) if is_strip else max(hours),
        ltd=min(leg.ltd for leg in legs),
        spot_from=min(leg.spot_from for leg in legs),
        addon_from=min(leg.addon_from for leg in legs),
        months=(),
        legs=tuple((leg.symbol, 1 if is_strip or leg is first else -1) for leg in legs),
        combo=combo,
        ioc_only=False,
    )


def index_name(contract: Contract) -> tuple[str, str]:
    """Chip and tier of the index against which a contract settles."""
    return contract.chip, tier_name(contract.floor_bp)
