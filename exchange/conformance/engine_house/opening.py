"""Opens an engine as the set-up lines of a scenario say: specification, instruments, prices, accounts."""

from collections.abc import Sequence
from datetime import date

import msgspec

from contracts_spec.instruments import Known, instruments_on
from contracts_spec.load import load_spec
from contracts_spec.outrights import BENCHMARK_BP, Instrument
from contracts_spec.periods import day_number
from contracts_spec.schema import Spec
from exchange.codes import ComboKind, CommandKind, MarketState, StateReason
from exchange.conformance.clearing.lines import SetupLine
from exchange.conformance.engine_house.running import RunningVenue
from exchange.engine.control.catalogue import listing_payloads
from exchange.engine.control.house.index_opening import opening_payload
from exchange.engine.control.price_guards import GuardTerms
from exchange.engine.control.registry import decode_payload, encode_payload
from exchange.errors import UserError
from exchange.venue.day_schedule import DaySchedule

CHIPS = ("H100",)  # listed without a set-up line
OPENING = (MarketState.PREOPEN, MarketState.NOCANCEL, MarketState.OPEN)
SCHEDULE = DaySchedule()


def open_venue(start_ns: int, lines: Sequence[SetupLine]) -> RunningVenue:
    """A venue at a time of a scenario, OPEN, with the launch catalogue and what set-up lines say."""
    spec, day = spec_of(lines), SCHEDULE.closing_day(start_ns)
    venue = RunningVenue(spec, start_ns, day)
    instruments = _instruments(spec, day, lines)
    groups = sorted({one.chip_code for one in instruments})
    for payload in listing_payloads(instruments, spec, day, SCHEDULE.closing_window_ns(start_ns), groups):
        venue.control(CommandKind.LIST, without_bands(payload))
    _open_indices(venue, instruments, lines)
    open_groups(venue)
    for line in lines:
        if line.name == "account":
            venue.open_named(line.values["account"], line.values["mills"])
    venue.open_spare()
    return venue


def spec_of(lines: Sequence[SetupLine]) -> Spec:
    """The default configuration with the chips that a scenario lists, without bands and implied prices, and without
    fees unless it wants them."""
    spec = load_spec()
    listed = [chip for line in lines if line.name == "chips" for chip in line.values["chip"]] or CHIPS
    products = spec.products
    combinations, fees = msgspec.structs.replace(products.combinations, implied=False), products.fees
    if not any(line.name == "fees" for line in lines):
        fees = msgspec.structs.replace(fees, **dict.fromkeys(fees.__struct_fields__, 0))
    products = msgspec.structs.replace(products, combinations=combinations, fees=fees)
    return msgspec.structs.replace(spec.with_chips(listed), products=products)


def without_bands(payload: bytes) -> bytes:
    """A LIST with the same books, without bands, velocity logic and breaker. Daily limits stay."""
    terms = decode_payload(CommandKind.LIST, payload)
    off = {"band_ticks": 0, "guard": GuardTerms()}
    terms.instruments = [msgspec.structs.replace(one, **off) for one in terms.instruments]
    return encode_payload(terms)


def _instruments(spec: Spec, day: date, lines: Sequence[SetupLine]) -> list[Instrument]:
    """The launch catalogue of a day. Every outright has the settlement of a `prior` line, else its seed price."""
    outrights = [one for one in instruments_on(spec, day) if one.combo is ComboKind.OUTRIGHT]
    ticks = {one.id: seed_tick(spec, one) for one in outrights}
    ids = {one.symbol: one.id for one in outrights}
    for line in lines:
        if line.name == "prior":
            symbol, price = line.values["symbol"], line.values["price"]
            if symbol not in ids:
                raise UserError(f"prior {symbol}: no outright of that name is listed on {day}")
            ticks[ids[symbol]] = price
    return instruments_on(spec, day, Known(ticks))


def seed_tick(spec: Spec, instrument: Instrument) -> int:
    """The chip's seed price, scaled by tier."""
    seed = spec.chip(instrument.chip).seed_mills
    assert seed is not None, "a listed chip has a seed price"
    return max(1, seed * instrument.floor_bp // BENCHMARK_BP)


def _open_indices(venue: RunningVenue, instruments: Sequence[Instrument], lines: Sequence[SetupLine]) -> None:
    """Open the indices: every day before yesterday is taken, yesterday's print waits for noon."""
    payload = opening_payload(instruments, venue.spec, day_number(venue.day) - 2)
    if payload is None:
        return
    sources = {line.values["index"]: line.values["source"] for line in lines if line.name == "source"}
    cdp = {
        (venue.spec.chip(chip).code, venue.spec.tier(tier).floor_bp)
        for (chip, tier), source in sources.items()
        if source == "CDP"
    }
    opened = [msgspec.structs.replace(one, external=(one.group, one.floor_bp) not in cdp) for one in payload.opened]
    venue.seeds = {one.index: one.tick for one in opened}
    venue.control(CommandKind.INDEX, encode_payload(msgspec.structs.replace(payload, opened=opened)))


def open_groups(venue: RunningVenue) -> None:
    """Bring every product group from CLOSED to OPEN, as the schedule of a day does, at once."""
    for state in OPENING:
        for group in venue.groups():
            venue.row(
                CommandKind.SET_STATE, market_state=state, group=group, state_reason=StateReason.SCHEDULE
            )  # fmt: skip
