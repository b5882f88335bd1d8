"""Terms of a commodity and of an instrument in the payload of LIST. Field names never change, as journals have them."""

import msgspec

from exchange.engine.control.allocation_terms import AllocationTerms
from exchange.engine.control.price_guards import GuardTerms
from exchange.units import ORDER_LOTS_MAX


class CommodityTerms(msgspec.Struct, forbid_unknown_fields=True):
    """Margin rates and limits of a combined commodity, as in `clearing.layout.COMMODITY` (MARGIN-001, LIMIT-001)."""

    index: int
    group: int
    psr_mills: int
    intra_mills: int
    tier_mills: int
    spot_lots_max: int = 0
    spot_month: int = 0


class InstrumentTerms(msgspec.Struct, forbid_unknown_fields=True):
    """One instrument; most fields are as in `book.layout.BOOK`.

    index  number of its book: one whose instrument has ended, or the next that none has had
    """

    index: int
    instrument_id: int
    symbol: str
    group: int
    commodity: int
    hours: int
    settle_tick: int
    low_tick: int
    high_tick: int
    months: list[tuple[int, int]] = []  # (month since 2020-01, hours) of an outright
    legs: list[tuple[int, int]] = []  # (book, sign) of a combination
    family: int = 0
    period_kind: int = 0
    combo: int = 0
    floor_bp: int = 0
    fee_hours: int = 0
    start_month: int = 0
    ltd_ns: int = 0
    order_entry: int = 0
    matching: int = 0
    min_inc: int = 1
    lot_inc: int = 1
    order_lots_max: int = ORDER_LOTS_MAX
    band_ticks: int = 0
    protection_ticks: int = 0
    show_ratio: int = 0
    maker_fee: int = 0
    taker_fee: int = 0
    auction_fee: int = 0
    term: bool = False
    sharing: AllocationTerms = AllocationTerms()
    implied: bool = False  # a combination with implied prices, in and out (IMP-)
    guard: GuardTerms = GuardTerms()
