"""Certified goodput: from the telemetry of seven days to a tier, and its surveillance (CERT-004 to CERT-010).

Goodput is the useful share of a chip's reference throughput, in basis points. It is rounded down at each step, because
a buyer pays for it.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from contracts_spec.errors import OutOfRange, need_range
from contracts_spec.schema import Chip, Tier
from exchange.units import BP, share_floor

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
    """G of one day in basis points (CERT-004). OutOfRange: a measurement that cannot be."""
    need_range("committed_node_s", day.committed_node_s, 1)
    need_range("usable_node_s", day.usable_node_s, 0, day.committed_node_s)
    need_range("program_start_s", day.program_start_s, 0)
    elapsed_s = day.elapsed_s - min(day.program_start_s, PROGRAM_START_S_MAX)
    need_range("elapsed_s less the program start", elapsed_s, 1)
    need_range("productive_step_s", day.productive_step_s, 0, elapsed_s)
    for name, value, least in (("gpus", day.gpus, 1), ("model_flop", day.model_flop, 0), ("ref_tenths", ref_tenths, 1)):
        need_range(name, value, least)
    available_bp = day.usable_node_s * BP // day.committed_node_s
    productive_bp = day.productive_step_s * BP // elapsed_s
    return combine_bp(available_bp, productive_bp, throughput_bp(measured_tenths(day), ref_tenths))


def given_goodput(ref_tenths: int, available_bp: int, productive_bp: int, rate_tenths: int) -> int:
    """G of one day from A, R and the measured rate (CERT-004). OutOfRange: a figure that cannot be."""
    need_range("A", available_bp, 0, BP)
    need_range("R", productive_bp, 0, BP)
    need_range("rate_tenths", rate_tenths, 0)
    return combine_bp(available_bp, productive_bp, throughput_bp(rate_tenths, need_range("ref_tenths", ref_tenths, 1)))


def certified_goodput(daily_bp: Sequence[int | None]) -> int:
    """Certified goodput: the second-lowest of seven days. A day without a record (None) counts as zero (CERT-005).

    OutOfRange: not seven days, or a value outside 0..10000 basis points
    """
    if len(daily_bp) != WINDOW_DAYS:
        raise OutOfRange(f"{len(daily_bp)} days given, the window has {WINDOW_DAYS}")
    for day in daily_bp:
        need_range("goodput of a day", day or 0, 0, BP)
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

    days         (hours, goodput in basis points)
    OutOfRange   no hours at all, or a figure that cannot be
    """
    hours, useful = 0, 0
    for day_hours, goodput_bp in days:
        hours += need_range("hours", day_hours, 0)
        useful += day_hours * need_range("goodput", goodput_bp, 0, BP)
    return useful // need_range("hours of all days", hours, 1)


def is_below_audit(certified_bp: int, audit_bp: int, tolerance_bp: int) -> bool:
    """Whether an audit is so far below the certified goodput that it revokes the lot-set (CERT-009)."""
    return certified_bp - audit_bp > tolerance_bp
