"""Makes LIST payloads from the instruments of `contracts_spec`: the catalogue of a new venue, and what a day adds."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from contracts_spec.business_days import BusinessDays
from contracts_spec.formulas.settlement import WINDOW_NS
from contracts_spec.outrights import Instrument
from contracts_spec.periods import day_number, day_of, day_start_ns
from contracts_spec.position_limits import spot_limit_lots, spot_window_ns
from contracts_spec.schema import Spec
from exchange.codes import Family, PeriodKind
from exchange.engine.control.allocation_terms import AllocationTerms
from exchange.engine.control.closing_window import NONE_NAMED
from exchange.engine.control.instrument_terms import CommodityTerms, InstrumentTerms
from exchange.engine.control.list_instruments import ListPayload
from exchange.engine.control.price_guards import GuardTerms, WindowTerms
from exchange.engine.control.registry import encode_payload
from exchange.errors import UserError
from exchange.units import NS_PER_DAY, NS_PER_HOUR, NS_PER_S

LISTINGS_PER_PAYLOAD = 48  # a strip of a year takes about 1,100 bytes, and a payload at most 65,536
LISTED_MAX = 2**16  # more than any venue has books
CommodityKey = tuple[int, bool]  # chip code, whether its family is IDX


class Present(NamedTuple):
    """What a venue has already.

    books        book by instrument id, of what is listed
    commodities  number of each combined commodity
    free         books that have no instrument, in the order in which they are to be used
    """

    books: Mapping[int, int] = {}
    commodities: Mapping[CommodityKey, int] = {}
    free: Sequence[int] = range(1, LISTED_MAX + 1)


NOTHING = Present()


def listing_payloads(
    instruments: Sequence[Instrument],
    spec: Spec,
    day: date,
    window_ns: tuple[int, int] = NONE_NAMED,
    groups: Sequence[int] = (),
    present: Present = NOTHING,
) -> list[bytes]:
    """Payloads of the LIST controls that open these books, in order. UserError: there are not enough free books.

    instruments  outrights before the combinations on them, as from `instruments_on`; none of them is listed
    day          trading day, which decides the spot month
    window_ns    closing window of that day, if it has one
    groups       product groups that are complete then (SPEC-051)
    present      what the venue has already
    """
    if len(instruments) > len(present.free):
        raise UserError(f"{len(instruments)} instruments to list, there are {len(present.free)} free books")
    commodities = _commodities(instruments, spec, day, present)
    numbers = dict(present.commodities) | {key: terms.index for key, terms in commodities.items()}
    books = dict(present.books)
    books |= {instrument.id: index for instrument, index in zip(instruments, present.free, strict=False)}
    listings = [_instrument(one, books, numbers[_commodity_key(one)], spec) for one in instruments]
    parts = [listings[at : at + LISTINGS_PER_PAYLOAD] for at in range(0, len(listings), LISTINGS_PER_PAYLOAD)]
    payloads = [ListPayload(instruments=part) for part in parts]
    if commodities or window_ns != NONE_NAMED or not payloads:
        payloads.insert(0, ListPayload(commodities=list(commodities.values()), window_ns=window_ns))
    payloads[-1].groups, payloads[-1].day = list(groups), day_number(day) if groups else 0
    return [encode_payload(payload) for payload in payloads]


def _commodity_key(instrument: Instrument) -> CommodityKey:
    """The combined commodity of an instrument. A chip has two: one for PHY and TOP, one for IDX (MARGIN-001)."""
    return instrument.chip_code, instrument.family is Family.IDX


def _commodities(
    instruments: Sequence[Instrument], spec: Spec, day: date, present: Present
) -> dict[CommodityKey, CommodityTerms]:
    """Terms of the commodities that the venue has not yet."""
    keys = sorted({_commodity_key(instrument) for instrument in instruments} - present.commodities.keys())
    chips = {chip.code: chip for chip in spec.listed_chips}
    found = {}
    for index, key in enumerate(keys, 1 + max(present.commodities.values(), default=0)):
        chip = chips[key[0]]
        assert chip.psr_mills is not None, "the loader lets no listed chip through without a scan range"
        found[key] = CommodityTerms(
            index=index,
            group=chip.code,
            psr_mills=chip.psr_mills,
            intra_mills=spec.margin.intra_mills,
            tier_mills=spec.margin.tier_mills,
            # A new venue has no registered certificates, hence 0.
            spot_lots_max=spot_limit_lots(spec.products.limits, chip, 0),
            spot_month=_spot_month(instruments, key, spec, day),
        )
    return found


def _spot_month(instruments: Sequence[Instrument], key: CommodityKey, spec: Spec, day: date) -> int:
    """Month of a commodity whose spot window has begun, months since 2020-01; 0 if there is none (LIMIT-001)."""
    days = BusinessDays(spec.calendar)
    for instrument in instruments:
        if _commodity_key(instrument) == key and instrument.kind is PeriodKind.MONTH:
            ltd = day_of(instrument.ltd_ns // NS_PER_DAY)
            if spot_window_ns(ltd, days) <= day_start_ns(day):
                return instrument.start_month
    return 0


def _instrument(instrument: Instrument, books: dict[int, int], commodity: int, spec: Spec) -> InstrumentTerms:
    return InstrumentTerms(
        index=books[instrument.id],
        instrument_id=instrument.id,
        symbol=instrument.symbol,
        group=instrument.chip_code,
        commodity=commodity,
        hours=instrument.hours,
        settle_tick=instrument.settle_tick,
        low_tick=instrument.low_tick,
        high_tick=instrument.high_tick,
        months=[] if instrument.legs else list(instrument.months),
        legs=[(books[leg], sign) for leg, sign in instrument.legs],
        family=instrument.family,
        period_kind=instrument.kind or 0,
        combo=instrument.combo,
        floor_bp=instrument.floor_bp,
        fee_hours=instrument.fee_hours,
        start_month=instrument.start_month,
        ltd_ns=instrument.ltd_ns,
        order_entry=instrument.order_entry,
        matching=instrument.matching,
        min_inc=instrument.min_inc,
        order_lots_max=instrument.order_lots_max,
        band_ticks=instrument.band_ticks,
        protection_ticks=spec.products.orders.protection_ticks,
        show_ratio=spec.products.orders.show_ratio,
        maker_fee=instrument.maker_fee,
        taker_fee=instrument.taker_fee,
        auction_fee=instrument.auction_fee,
        term=instrument.term,
        sharing=_allocation(spec),
        guard=_guard(instrument, spec),
        implied=bool(instrument.legs) and spec.products.combinations.implied,
    )


def _allocation(spec: Spec) -> AllocationTerms:
    terms = spec.products.pro_rata
    return AllocationTerms(terms.top, terms.top_lots_max, terms.split_percent, terms.minimum_allocation)


def _guard(instrument: Instrument, spec: Spec) -> GuardTerms:
    """Look-back windows and collar of an instrument (BAND-012)."""
    bands = spec.products.bands
    close_ns = spec.calendar.close_hour_utc * NS_PER_HOUR
    return GuardTerms(
        _window(instrument.velocity_ticks, bands.velocity_window_s, bands.velocity_reserved_s),
        _window(instrument.breaker_ticks, bands.breaker_window_s, bands.breaker_reserved_s),
        closing_from_ns=max(0, close_ns - WINDOW_NS),
        closing_to_ns=close_ns,
        closing_pause_ns=bands.closing_reserved_s * NS_PER_S,
        collar_ticks=instrument.breaker_ticks,
        extension_ns=bands.collar_extension_s * NS_PER_S,
        extensions_max=bands.collar_extensions_max,
    )


def _window(width_ticks: int, window_s: int, reserved_s: int) -> WindowTerms:
    return WindowTerms(width_ticks, window_s * NS_PER_S, reserved_s * NS_PER_S)
