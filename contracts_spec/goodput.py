"""Certified goodput from daily telemetry, tiers, conversion factors, and the effective price of useful compute.

Goodput is the useful share of a chip's reference throughput, in basis points. It is rounded down at each step, because
a buyer pays for it.
"""

from collections.abc import Iterable, Sequence
from functools import cmp_to_key
from typing import NamedTuple

from contracts_spec.schema import Chip, Tier
from exchange.units import BP, NS_PER_S, ceil_div, share_floor

WINDOW_DAYS = 7
PROGRAM_START_S_MAX = 900
FLOP_PER_TENTH = 10**11  # one tenth of a TFLOP


class DayTelemetry(NamedTuple):
    """Measurements of a certifying agent on one UTC day of a lot-set (CERT-004).

    usable_node_s       node-seconds that jobs could use
    committed_node_s    node-seconds that were committed
    productive_step_s   seconds in productive steps, without restarts, recomputation, checkpoint waits and stalls
    elapsed_s           wall-clock seconds of the workload
    program_start_s     seconds of one program start; up to 900 of them do not count as elapsed
    model_flop          model FLOP of the productive steps, summed over all GPUs
    """

    usable_node_s: int
    committed_node_s: int
    productive_step_s: int
    elapsed_s: int
    program_start_s: int
    model_flop: int
    gpus: int


class Offer(NamedTuple):
    """An offer of certified compute: price in mills per GPU-hour, goodput, and the chip's rate for the workload."""

    chip_code: int
    price_mills: int
    goodput_bp: int
    ref_tenths: int | None
    suspended: bool = False


class RankedPrice(NamedTuple):
    """A price for ranking. `is_settlement`: it is the settlement price, because there is no young quote (ROUTE-002)."""

    price_mills: int
    is_settlement: bool


def measured_tenths(day: DayTelemetry) -> int:
    """Model FLOP per productive second and GPU, in tenths of TFLOP/s, rounded down (CERT-004)."""
    if not day.productive_step_s:
        return 0
    return day.model_flop // (day.productive_step_s * day.gpus * FLOP_PER_TENTH)


def throughput_bp(rate_tenths: int, ref_tenths: int) -> int:
    """T: measured rate relative to the reference rate, in basis points, at most 10,000 (CERT-004)."""
    return min(BP, rate_tenths * BP // ref_tenths)


def combine_bp(available_bp: int, productive_bp: int, rate_bp: int) -> int:
    """G, the product of availability A, productive share R and throughput T, rounded down twice (CERT-004)."""
    return share_floor(share_floor(available_bp, productive_bp), rate_bp)


def daily_goodput(day: DayTelemetry, ref_tenths: int) -> int:
    """G of one day in basis points (CERT-004). ValueError: a measurement is out of range."""
    elapsed_s = day.elapsed_s - min(day.program_start_s, PROGRAM_START_S_MAX)
    for part, whole, name in (
        (day.usable_node_s, day.committed_node_s, "usable_node_s"),
        (day.productive_step_s, elapsed_s, "productive_step_s"),
    ):
        if not 0 <= part <= whole or not whole:
            raise ValueError(f"{name} {part} not in 0..{whole}")
    for value, least, name in (
        (day.gpus, 1, "gpus"),
        (day.model_flop, 0, "model_flop"),
        (day.program_start_s, 0, "program_start_s"),
        (ref_tenths, 1, "ref_tenths"),
    ):
        if value < least:
            raise ValueError(f"{name} {value} must be at least {least}")
    available_bp = day.usable_node_s * BP // day.committed_node_s
    productive_bp = day.productive_step_s * BP // elapsed_s
    return combine_bp(available_bp, productive_bp, throughput_bp(measured_tenths(day), ref_tenths))


def certified_goodput(daily_bp: Sequence[int | None]) -> int:
    """Certified goodput: the second-lowest of seven days. A day without a record (None) counts as zero (CERT-005).

    ValueError: not seven days, or a value outside 0..10000 basis points.
    """
    if len(daily_bp) != WINDOW_DAYS:
        raise ValueError(f"{len(daily_bp)} days given, the window has {WINDOW_DAYS}")
    if wrong := next((day for day in daily_bp if day is not None and not 0 <= day <= BP), None):
        raise ValueError(f"goodput {wrong} of a day not in 0..{BP}")
    return sorted(day or 0 for day in daily_bp)[1]


def grade(goodput_bp: int, tiers: Iterable[Tier]) -> Tier | None:
    """The highest tier whose floor the goodput reaches; None: the lot-set is rejected (CERT-005)."""
    reached = [tier for tier in tiers if tier.floor_bp <= goodput_bp]
    return max(reached, key=lambda tier: tier.floor_bp, default=None)


def meets_fabric(chip: Chip, all_reduce_gbps: int, all_to_all_gbps: int) -> bool:
    """Whether the bus bandwidths (GB/s) reach the floors of the chip; if not, the lot-set is rejected (CERT-006).

    ValueError: the chip has no floors, because it is not listed.
    """
    if chip.all_reduce_gbps is None or chip.all_to_all_gbps is None:
        raise ValueError(f"chip {chip.name} has no fabric floors: only one that has is certified")
    return all_reduce_gbps >= chip.all_reduce_gbps and all_to_all_gbps >= chip.all_to_all_gbps


def certify(chip: Chip, tiers: Iterable[Tier], daily_bp: Sequence[int | None], fabric: tuple[int, int]) -> Tier | None:
    """Tier of a lot-set from its goodput on seven days and its bus bandwidths (CERT-005, CERT-006).

    A rating of the provider has no influence (CERT-010).

    fabric    (all-reduce, all-to-all) bus bandwidths, GB/s
    returns   None: the lot-set is rejected
    """
    if not meets_fabric(chip, *fabric):
        return None
    return grade(certified_goodput(daily_bp), tiers)


def mean_goodput(days: Iterable[tuple[int, int]]) -> int:
    """Hour-weighted mean of goodput, rounded down, for surveillance (CERT-009) and the final value of GPX (SPEC-011).

    days   (hours, goodput in basis points)
    """
    hours, useful = 0, 0
    for day_hours, goodput_bp in days:
        hours += day_hours
        useful += day_hours * goodput_bp
    return useful // hours


def conversion_factor(lot_floor_bp: int, contract_floor_bp: int, cap_bp: int) -> int:
    """Value of a lot of one tier in a contract of another tier, in basis points (CERT-030).

    lot_floor_bp, contract_floor_bp   floors of the two tiers
    cap_bp                            largest factor
    """
    return min(cap_bp, BP * lot_floor_bp // contract_floor_bp)


def paid_floor(contract_floor_bp: int, factor_bp: int) -> int:
    """The goodput that a buyer pays for, in basis points, rounded up. A shortfall is measured from it (CERT-031)."""
    return ceil_div(contract_floor_bp * factor_bp, BP)


def basket_factor(chip: Chip, base: Chip) -> int | None:
    """Conversion factor of a chip in the INF basket relative to chip `base`; None: it is not in it (CERT-032)."""
    if chip.mamf_tenths is None or base.mamf_tenths is None:
        return None
    return BP * chip.mamf_tenths // base.mamf_tenths


def delivery_gain(price_mills: int, factor_bp: int, cost_mills: int) -> int:
    """Mills per GPU-hour that a delivery earns above its cost. The chip with the largest is cheapest to deliver
    (CERT-032)."""
    return share_floor(price_mills, factor_bp) - cost_mills


def effective_price(price_mills: int, goodput_bp: int, ref_tenths: int) -> int:
    """Mills per useful PFLOP-hour (one PFLOP/s for one hour), rounded up; for display (ROUTE-001)."""
    return ceil_div(price_mills * 10**8, goodput_bp * ref_tenths)


def rank_offers(offers: Iterable[Offer]) -> list[Offer]:
    """Offers sorted by price of useful compute, cheapest first; equal ones by chip code (ROUTE-002).

    The comparison is exact, by cross-multiplication. Offers without a rate, with zero goodput or of a suspended
    lot-set are left out.
    """
    usable = [offer for offer in offers if offer.ref_tenths and offer.goodput_bp and not offer.suspended]
    return sorted(usable, key=cmp_to_key(_compare))


def quote_or_settlement(
    quote_mills: int | None, quote_age_ns: int, settle_mills: int, quote_age_s_max: int
) -> RankedPrice:
    """The quote if its age is within the limit, else the settlement price (ROUTE-002)."""
    if quote_mills is None or quote_age_ns >= quote_age_s_max * NS_PER_S:
        return RankedPrice(settle_mills, True)
    return RankedPrice(quote_mills, False)


def _compare(a: Offer, b: Offer) -> int:
    """Negative if `a` is cheaper than `b`. The common factor 10^8 of effective prices cancels out."""
    assert a.ref_tenths and b.ref_tenths, "rank_offers leaves out offers without a rate"
    difference = a.price_mills * b.goodput_bp * b.ref_tenths - b.price_mills * a.goodput_bp * a.ref_tenths
    return difference or a.chip_code - b.chip_code
