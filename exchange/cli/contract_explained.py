"""Describes one contract in sentences and numbers, or says why there is no such contract."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from contracts_spec.bands import breaker_width
from contracts_spec.business_days import BusinessDays
from contracts_spec.errors import SpecError
from contracts_spec.formulas.margin import maintenance
from contracts_spec.formulas.routing import effective_price
from contracts_spec.instruments import Instrument
from contracts_spec.lot_margin import lot_margin
from contracts_spec.periods import Period, children, last_trading_day, tender_days
from contracts_spec.position_limits import spot_window_ns
from contracts_spec.schema import Spec
from contracts_spec.symbols import OutrightName, parse_symbol, tier_name
from exchange.codes import ComboKind, Family, OrderEntry, PeriodKind
from exchange.units import NS_PER_S, money_text, price_text, value_mills

_KIND_NAMES = {
    PeriodKind.MONTH: "month",
    PeriodKind.QUARTER: "quarter",
    PeriodKind.YEAR: "year",
    PeriodKind.TERM3: "term3",
    PeriodKind.TERM5: "term5",
}
_LENGTHS = {
    PeriodKind.QUARTER: "a quarter",
    PeriodKind.YEAR: "a calendar year",
    PeriodKind.TERM3: "a take-or-pay term of three calendar years",
    PeriodKind.TERM5: "a take-or-pay term of five calendar years",
}
Numbers = list[tuple[str, str]]


def explain(spec: Spec, instrument: Instrument, by_id: Mapping[int, Instrument]) -> tuple[list[str], Numbers]:
    """The description of a contract: (sentences, numbers). A number is a pair (label, text)."""
    if instrument.combo is ComboKind.OUTRIGHT:
        sentences = _outright_sentences(spec, instrument)
        delivery = _delivery_numbers(spec, instrument)
    else:
        sentences = _combination_sentences(instrument, by_id)
        delivery = [("legs", ", ".join(f"{'+' if s > 0 else '-'} {by_id[leg].symbol}" for leg, s in instrument.legs))]
    if instrument.order_entry is OrderEntry.IOC_ONLY:
        whole = any(instrument.id == leg for one in by_id.values() for leg, _ in one.legs)
        rest = "use the tier spread to rest" if whole else "no combination has it as a leg yet, so none will trade"
        sentences.append(f"Orders trade at once against implied prices and never rest; {rest}.")
    numbers = [
        ("id", f"{instrument.id} (0x{instrument.id:X})"),
        *delivery,
        ("last trading", f"{utc_text(instrument.ltd_ns)} UTC"),
        *_price_numbers(spec, instrument),
        *_money_numbers(spec, instrument, by_id),
        *_limit_numbers(spec, instrument),
    ]
    return sentences, numbers


def kind_name(instrument: Instrument) -> str:
    """The kind of an instrument as `gpux contracts --kind` names it: month, quarter, ..., calendar, tier, strip."""
    return instrument.combo.name.lower() if instrument.kind is None else _KIND_NAMES[instrument.kind]


def utc_text(time_ns: int) -> str:
    return datetime.fromtimestamp(time_ns // NS_PER_S, UTC).strftime("%Y-%m-%d %H:%M")


def why_not_listed(spec: Spec, symbol: str, day: date) -> str:
    """One line that says why a symbol is not valid, or why its contract does not trade on the day."""
    try:
        name = parse_symbol(symbol)
    except ValueError as error:
        return str(error)
    first = name if isinstance(name, OutrightName) else name.legs[0]
    legs = (name,) if isinstance(name, OutrightName) else name.legs
    chip = next((chip for chip in spec.chips if chip.name == first.chip), None)
    if first.chip and chip is None:
        return f"{symbol}: unknown chip {first.chip}, there are {', '.join(one.name for one in spec.chips)}"
    if chip and not chip.listed:
        return f"{symbol}: {chip.name} is not listed: {chip.reason}"
    floors = {tier.floor_bp for tier in spec.tiers}
    if wrong := next((leg.floor_bp for leg in legs if leg.floor_bp and leg.floor_bp not in floors), 0):
        return f"{symbol}: unknown tier {tier_name(wrong)}, there are {', '.join(tier.name for tier in spec.tiers)}"
    product = spec.product(first.family.name)
    if not product.enabled:
        return f"{symbol}: family {product.family} is off: {product.reason}"
    return f"{symbol} does not trade on {day}{_time_reason(spec, first, day)}: see `gpux contracts`"


def _time_reason(spec: Spec, name: OutrightName, day: date) -> str:
    try:
        ltd = last_trading_day(name.period, name.family, BusinessDays(spec.calendar))
    except SpecError:
        return ""
    return f", its last trading day was {ltd}" if ltd < day else ""


def _outright_sentences(spec: Spec, instrument: Instrument) -> list[str]:
    product = spec.product(instrument.family.name)
    chip = next((chip for chip in spec.chips if chip.name == instrument.chip), None)
    period = _period(instrument)
    floor = f", certified at or above {instrument.floor_bp // 100} % goodput" if instrument.floor_bp else ""
    unit = f"one {chip.title} GPU" if chip else f"one unit of {product.title}"
    region = f" in region {chip.region}" if chip else ""
    sentences = [
        f"One lot is {unit} for every UTC hour of {_period_words(instrument)} ({period.hours:,} hours){floor}{region}.",
        f"Settlement is {product.settles_by}.",
    ]
    if parts := children(period):
        listed = ", ".join(f"{part.code} ({part.hours:,} h)" for part in parts)
        sentences[1] = f"After its last trading day it cascades, at its settlement price, into {listed}."
    return sentences


def _combination_sentences(instrument: Instrument, by_id: Mapping[int, Instrument]) -> list[str]:
    symbols = [by_id[leg].symbol for leg, _ in instrument.legs]
    if instrument.combo is ComboKind.STRIP:
        return [
            f"Buying one lot buys one lot of each of {', '.join(symbols)}.",
            f"Its price is their average weighted by hours, {instrument.hours:,} in all.",
        ]
    return [
        f"Buying one lot buys one lot of {symbols[0]} and sells one of {symbols[1]}.",
        "Its price is the first less the second, and may be zero or negative.",
    ]


def _delivery_numbers(spec: Spec, instrument: Instrument) -> Numbers:
    """Delivery period and hours; for a month with delivery also its tender days and the start of its spot month."""
    numbers = [
        ("delivery", f"{utc_text(instrument.deliv_from)} to {utc_text(instrument.deliv_to)} UTC"),
        ("hours", f"{instrument.hours:,} GPU-hours a lot"),
    ]
    if instrument.family is Family.PHY and instrument.kind is PeriodKind.MONTH:
        days = BusinessDays(spec.calendar)
        ltd = _ltd(instrument)
        tender = " and ".join(day.isoformat() for day in tender_days(ltd, days))
        numbers.append(("tender", f"{tender}, in units of {instrument.unit_lots} lots"))
        numbers.append(("spot month from", f"{utc_text(spot_window_ns(ltd, days))} UTC"))
    return numbers


def _price_numbers(spec: Spec, instrument: Instrument) -> Numbers:
    bands = spec.products.bands
    numbers = [
        ("price", f"dollars per GPU-hour, steps of {price_text(instrument.min_inc)}"),
        ("value of a tick", f"${price_text(instrument.hours)} a lot ($0.001 x {instrument.hours:,} hours)"),
        ("reference price", price_text(instrument.settle_tick)),
        ("daily limits", f"{price_text(instrument.low_tick)} to {price_text(instrument.high_tick)}"),
        ("reject band", f"{price_text(instrument.band_ticks)} each side of the last trade"),
    ]
    if instrument.combo is ComboKind.OUTRIGHT:
        breaker = price_text(breaker_width(bands, instrument.settle_tick))
        numbers.append(("circuit breaker", f"a move of {breaker} within {bands.breaker_window_s // 60} minutes"))
    return numbers


def _money_numbers(spec: Spec, instrument: Instrument, by_id: Mapping[int, Instrument]) -> Numbers:
    """Value, margin and fees of a lot at the reference price; for an outright of a chip also the effective price."""
    margin = lot_margin(spec, instrument, by_id)
    value = value_mills(instrument.settle_tick, instrument.hours, 1)
    fees = (("maker", instrument.maker_fee), ("taker", instrument.taker_fee), ("auction", instrument.auction_fee))
    charged = ", ".join(f"{name} ${price_text(fee * instrument.fee_hours)}" for name, fee in fees)
    parts = ", ".join(
        f"{name} {money_text(part)}"
        for name, part in (("scan", margin.scan), ("months", margin.intra), ("tiers", margin.tier))
    )
    numbers = [
        ("value of a lot", f"${money_text(value)} at {price_text(instrument.settle_tick)}"),
        ("initial margin", f"${money_text(margin.total)} a lot ({parts})"),
        ("maintenance", f"${money_text(maintenance(margin.total, spec.margin))} a lot"),
        ("fees", f"{charged} a lot, on {instrument.fee_hours:,} hours"),
    ]
    if instrument.combo is ComboKind.OUTRIGHT and instrument.ref_tenths and instrument.floor_bp:
        useful = effective_price(instrument.settle_tick, instrument.floor_bp, instrument.ref_tenths)
        rate = f"{instrument.ref_tenths // 10}.{instrument.ref_tenths % 10} TFLOP/s"
        numbers.append(("effective price", f"${price_text(useful)} per useful PFLOP-hour (reference {rate})"))
    return numbers


def _limit_numbers(spec: Spec, instrument: Instrument) -> Numbers:
    limits = spec.products.limits
    numbers = [("largest order", f"{instrument.order_lots_max:,} lots")]
    if spec.products.orders.show_ratio and instrument.order_entry is OrderEntry.FULL:
        numbers.append(("icebergs", f"show at least one lot in {spec.products.orders.show_ratio}"))
    chip = next((chip for chip in spec.chips if chip.name == instrument.chip), None)
    if chip is None or chip.spot_cap_lots is None:
        return numbers
    share = limits.spot_share_bp // 100
    numbers.append(
        (
            "spot-month limit",
            f"{limits.spot_floor_lots:,} lots or {share} % of the certified stock, at most {chip.spot_cap_lots:,}",
        )
    )
    month, total = chip.month_accountability_lots, chip.all_accountability_lots
    numbers.append(("accountability", f"{month:,} lots in a month, {total:,} in all"))
    if instrument.term:
        numbers.append(("terms", f"{limits.term_lots:,} lots of T3 and T5 together, gross"))
    return numbers


def _period(instrument: Instrument) -> Period:
    assert instrument.kind is not None, "an outright has a period"
    return Period(instrument.kind, instrument.start_month)


def _period_words(instrument: Instrument) -> str:
    first = datetime.fromtimestamp(instrument.deliv_from // NS_PER_S, UTC)
    if instrument.kind is PeriodKind.MONTH:
        return first.strftime("%B %Y")
    last = datetime.fromtimestamp(instrument.deliv_to // NS_PER_S, UTC) - timedelta(days=1)
    assert instrument.kind is not None, "an outright has a period"
    return f"{first.strftime('%B %Y')} to {last.strftime('%B %Y')}, {_LENGTHS[instrument.kind]}"


def _ltd(instrument: Instrument) -> date:
    return datetime.fromtimestamp(instrument.ltd_ns // NS_PER_S, UTC).date()
