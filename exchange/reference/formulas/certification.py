"""Goodput, tiers, conversion factors and effective prices in exact fractions (CERT-, ROUTE-, SPEC-011)."""

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, floor

from contracts_spec.errors import OutOfRange
from contracts_spec.schema import Chip, Spec

WHOLE = 10_000


def chip_of(spec: Spec, name: str) -> Chip:
    """OutOfRange: the catalogue has no such chip."""
    if name not in {chip.name for chip in spec.chips}:
        raise OutOfRange(f"{name} is not in the catalogue")
    return spec.chip(name)


def goodput(spec: Spec, chip: str, available: int, productive: int, tenths: int) -> int:
    """G of a day from A, R and the measured rate (CERT-004)."""
    reference = chip_of(spec, chip).ref_tenths
    if not reference or tenths < 0 or not 0 <= available <= WHOLE or not 0 <= productive <= WHOLE:
        raise OutOfRange("A, R or rate")
    rate = min(WHOLE, floor(Fraction(tenths * WHOLE, reference)))
    return floor(Fraction(floor(Fraction(available * productive, WHOLE)) * rate, WHOLE))


def record(
    spec: Spec, chip: str, usable: int, committed: int, productive: int, elapsed: int, start: int, flop: int, gpus: int
) -> int:
    """G of a day from telemetry (CERT-004). OutOfRange: a measurement that cannot be."""
    counted = elapsed - min(start, 900)
    wrong = start < 0 or flop < 0 or gpus < 1 or committed < 1 or counted < 1
    if wrong or not 0 <= usable <= committed or not 0 <= productive <= counted:
        raise OutOfRange("telemetry")
    rate = Fraction(flop, productive * gpus * 10**12) if productive else Fraction(0)  # TFLOP/s of a GPU
    available = floor(Fraction(usable, committed) * WHOLE)
    share = floor(Fraction(productive, counted) * WHOLE)
    return goodput(spec, chip, available, share, floor(rate * 10))


def certified(spec: Spec, week: Sequence[int | None]) -> tuple[int, str | None]:
    """(certified goodput, tier; None: rejected) of seven days (CERT-005)."""
    days = [0 if day is None else day for day in week]
    if len(days) != 7 or any(not 0 <= day <= WHOLE for day in days):
        raise OutOfRange("seven days of 0..10000")
    days.remove(min(days))
    second = min(days)
    tier = None
    for one in spec.tiers:  # ascending
        if one.floor_bp <= second:
            tier = one.name
    return second, tier


def fabric(spec: Spec, chip: str, speeds: tuple[int, int]) -> bool:
    """Whether (all-reduce, all-to-all) reach the floors (CERT-006). ValueError: the chip has none."""
    one = chip_of(spec, chip)
    if one.all_reduce_gbps is None or one.all_to_all_gbps is None:
        raise ValueError(f"{chip} has no fabric floors")
    return speeds[0] >= one.all_reduce_gbps and speeds[1] >= one.all_to_all_gbps


def mean_of_days(spec: Spec, days: Sequence[tuple[int, int]]) -> int:
    """Hour-weighted mean goodput, rounded down (CERT-009, SPEC-011). `days`: (goodput, hours)."""
    hours = sum(one for _, one in days)
    if hours < 1 or any(one < 0 or not 0 <= good <= WHOLE for good, one in days):
        raise OutOfRange("days")
    return floor(sum(Fraction(good * one, hours) for good, one in days))


def factor(spec: Spec, lot_tier: str, contract_tier: str) -> tuple[int, int]:
    """(conversion factor, paid floor) of a tier in a contract (CERT-030, CERT-031)."""
    floors = {tier.name: tier.floor_bp for tier in spec.tiers}
    lot, contract = floors[lot_tier], floors[contract_tier]
    if lot < contract:
        raise OutOfRange("a lower tier is never delivered into a higher contract")
    bp = min(spec.certification.conversion_cap_bp, floor(Fraction(lot, contract) * WHOLE))
    return bp, ceil(Fraction(contract * bp, WHOLE))


def basket(spec: Spec, chip: str) -> int | None:
    """Factor of a chip in the inference basket; None: it is not in it (CERT-032)."""
    own, base = chip_of(spec, chip).mamf_tenths, spec.chip("H100").mamf_tenths
    return None if own is None or base is None else floor(Fraction(own, base) * WHOLE)


def cheapest_delivery(spec: Spec, price: int, costs: Sequence[tuple[str, int]]) -> tuple[str, int] | None:
    """(chip, gain) of the chip that gains most over its cost; equal ones: the lower code (CERT-032)."""
    best: tuple[str, int] | None = None
    for name, cost in sorted(costs, key=lambda entry: chip_of(spec, entry[0]).code):
        bp = basket(spec, name)
        if bp is not None:
            gain = floor(Fraction(price * bp, WHOLE)) - cost
            if best is None or gain > best[1]:
                best = name, gain
    return best


def effective(spec: Spec, price: int, good: int, tenths: int) -> int:
    """Mills for a PFLOP/s of useful compute during one hour (ROUTE-001)."""
    if good < 1 or tenths < 1:
        raise OutOfRange("no useful compute")
    petaflops = Fraction(tenths, 10 * 1000) * Fraction(good, WHOLE)
    return ceil(price / petaflops)


def cheapest(spec: Spec, offers: Sequence[tuple[str, int, int]]) -> list[str]:
    """Chips of offers (chip, price, goodput), the cheapest useful compute first (ROUTE-002).

    OutOfRange: a goodput below zero
    """
    if any(good < 0 for _, _, good in offers):
        raise OutOfRange("a goodput below zero")
    usable = [(name, price, good) for name, price, good in offers if chip_of(spec, name).ref_tenths and good]
    costs = {
        (name, price, good): Fraction(price, good * (spec.chip(name).ref_tenths or 1)) for name, price, good in usable
    }
    return [offer[0] for offer in sorted(usable, key=lambda offer: (costs[offer], spec.chip(offer[0]).code))]
