"""Units lot by lot, shortfall and invoices day by day (DELIVER-002 to DELIVER-009)."""

from collections.abc import Sequence
from fractions import Fraction
from hashlib import sha256
from math import ceil, floor
from struct import pack

from contracts_spec.errors import OutOfRange
from contracts_spec.schema import Spec
from exchange.units import POSITION_LOTS_MAX

Lots = Sequence[tuple[int, Sequence[tuple[int, int]]]]  # account, then (sequence, lots) of each of its lots
Day = tuple[int, Sequence[tuple[int, int]], int]  # committed hours, (hours, goodput) delivered, cover price


def tie_hash(settle_hash: bytes, account: int, sequence: int) -> bytes:
    """What decides between units of one age (DELIVER-004)."""
    if len(settle_hash) != 32 or not 0 <= account < 2**32 or not 0 <= sequence < 2**64:
        raise OutOfRange("settlement hash, account or sequence")
    return sha256(settle_hash + pack("<IQ", account, sequence)).digest()


def tie_order(spec: Spec, settle_hash: bytes, units: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """(account, sequence) of units in the order of their hashes (DELIVER-004)."""
    return sorted(units, key=lambda unit: tie_hash(settle_hash, *unit))


def units(spec: Spec, unit_lots: int, longs: Lots, shorts: Lots) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """(account, sequence) of the delivered units of both sides, oldest first; the settlement hash is zero
    (DELIVER-002)."""
    both = [units_of_side(unit_lots, side, bytes(32)) for side in (longs, shorts)]
    count = min(len(both[0]), len(both[1]))
    return both[0][:count], both[1][:count]


def units_of_side(unit_lots: int, side: Lots, settle_hash: bytes) -> list[tuple[int, int]]:
    """All whole units of a side, oldest first. A unit has the sequence of the first of its lots."""
    if unit_lots < 1:
        raise OutOfRange("a unit without lots")
    found = []
    for account, lots in side:
        if any(not 1 <= count <= POSITION_LOTS_MAX for _, count in lots):
            raise OutOfRange("lots of a position")
        single = sorted(sequence for sequence, count in lots for _ in range(count))
        while len(single) >= unit_lots:
            found.append((account, single[0]))
            single = single[unit_lots:]
    return sorted(found, key=lambda unit: (unit[1], tie_hash(settle_hash, *unit)))


def shortfall(spec: Spec, committed: int, paid_floor: int, delivered: Sequence[tuple[int, int]]) -> int:
    """Missing useful hours, rounded up (DELIVER-007)."""
    if paid_floor < 1 or any(hours < 0 or not 0 <= good <= 10_000 for hours, good in delivered):
        raise OutOfRange("hours or goodput")
    if sum(hours for hours, _ in delivered) > committed:
        raise OutOfRange("more hours than are committed")
    useful = sum(hours * min(Fraction(good, paid_floor), Fraction(1)) for hours, good in delivered)
    return max(0, ceil(committed - useful))


def invoice(
    spec: Spec, price: int, factor: int, paid_floor: int, month_hours: int, days: Sequence[Day]
) -> tuple[int, int, int, int, int, int, int]:
    """(H, S, gross, unpaid, cover, damages, net) to date (DELIVER-008)."""
    share = Fraction(factor, 10_000)
    cover, before = 0, 0
    for place in range(len(days)):
        shortfall(spec, days[place][0], paid_floor, days[place][1])
        to_date = days[: place + 1]
        missing = shortfall(
            spec, sum(day[0] for day in to_date), paid_floor, [row for day in to_date for row in day[1]]
        )
        cover += floor((missing - before) * max(0, days[place][2] - price) * share)
        before = missing
    committed = sum(day[0] for day in days)
    if committed > month_hours:
        raise OutOfRange("more hours than the month has")
    gross, unpaid = floor(price * committed * share), floor(before * price * share)
    damages = floor(Fraction(unpaid, 10))
    most = floor(floor(price * month_hours * share) * Fraction(3, 2))
    return committed, before, gross, unpaid, cover, damages, gross - min(unpaid + cover + damages, most)


def payments(spec: Spec, price: int, factor: int, paid_floor: int, month_hours: int, days: Sequence[Day]) -> list[int]:
    """What the seller receives for each day: the net of that run less what was paid before (DELIVER-009)."""
    paid: list[int] = []
    for count in range(1, len(days) + 1):
        net = invoice(spec, price, factor, paid_floor, month_hours, days[:count])[-1]
        paid.append(net - sum(paid))
    return paid
