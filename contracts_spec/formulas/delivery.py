"""Delivery: units and their order, shortfall in useful hours, what is paid for it, defaults (DELIVER-002 to 011)."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from contracts_spec.errors import need_range
from exchange.units import BP, POSITION_LOTS_MAX, ceil_div, share_floor

DAMAGES_BP = 1_000  # of what is unpaid; default, configurable (DELIVER-008)
DEDUCTION_CAP_BP = 15_000  # of the month's gross; default, configurable (DELIVER-008)
DEFAULT_SHARE = 4  # a shortfall above one part in four of the month is a default (DELIVER-010)
RESALE_BP = 9_500  # of the proceeds of released hours; default, configurable (DELIVER-011)
HASH_BYTES = 32
ACCOUNT_BYTES = 4
SEQUENCE_BYTES = 8

Delivered = Iterable[tuple[int, int]]  # (GPU-hours, their goodput g in basis points)


class OpenLot(NamedTuple):
    """Lots that an account opened together; `sequence`: of the command that did (DELIVER-004)."""

    account: int
    sequence: int
    lots: int


class DeliveryUnit(NamedTuple):
    """One delivery unit of an account, as old as its oldest lot (DELIVER-002)."""

    account: int
    sequence: int


class DeliveryTerms(NamedTuple):
    """What an assigned certificate pays: final settlement price, factor and paid floor, GPU-hours of the month."""

    settle_tick: int
    factor_bp: int
    floor_bp: int
    month_hours: int


class DeliveryDay(NamedTuple):
    """Committed GPU-hours of a day, what was delivered, and the cover price of the day (DELIVER-008)."""

    committed_hours: int
    delivered: Sequence[tuple[int, int]]
    cover_tick: int


class DeliveryInvoice(NamedTuple):
    """Cumulative to date: hours H and shortfall S in GPU-hours, money in mills; `net` is what the seller receives."""

    hours: int
    shortfall_hours: int
    gross: int
    unpaid: int
    cover: int
    damages: int
    net: int


def oldest_units(unit_lots: int, lots: Iterable[OpenLot], settle_hash: bytes) -> list[DeliveryUnit]:
    """All whole units of one side, oldest first (DELIVER-002, DELIVER-004).

    The lots of an account form units in the order of their sequences; what is left over is odd.

    settle_hash   32 bytes: hash of the settlement record of the last trading day, which breaks ties
    OutOfRange    lots that no position has (SPEC-004)
    """
    by_account: defaultdict[int, list[OpenLot]] = defaultdict(list)
    for lot in lots:
        need_range("lots", lot.lots, 1, POSITION_LOTS_MAX)
        by_account[lot.account].append(lot)
    units = [unit for own in by_account.values() for unit in _units_of(unit_lots, own)]
    return sorted(units, key=lambda unit: (unit.sequence, tie_key(settle_hash, unit.account, unit.sequence)))


def delivered_units(
    unit_lots: int, longs: Sequence[OpenLot], shorts: Sequence[OpenLot], settle_hash: bytes
) -> tuple[list[DeliveryUnit], list[DeliveryUnit]]:
    """(long units, short units) that are delivered, oldest first; as many on each side. All other lots are settled in
    cash (DELIVER-002)."""
    sides = [oldest_units(unit_lots, side, settle_hash) for side in (longs, shorts)]
    count = min(len(side) for side in sides)
    return sides[0][:count], sides[1][:count]


def units_by_account(units: Iterable[DeliveryUnit]) -> Mapping[int, int]:
    """Number of units of each account that has one."""
    counts: defaultdict[int, int] = defaultdict(int)
    for unit in units:
        counts[unit.account] += 1
    return counts


def tie_key(settle_hash: bytes, account: int, sequence: int) -> bytes:
    """What orders units of one age: SHA-256 of settlement hash, account as uint32 and lot sequence as uint64, both
    little-endian; the lowest first (DELIVER-004). OutOfRange: a number that does not fit."""
    need_range("bytes of a settlement hash", len(settle_hash), HASH_BYTES, HASH_BYTES)
    need_range("account", account, 0, (1 << 8 * ACCOUNT_BYTES) - 1)
    need_range("sequence", sequence, 0, (1 << 8 * SEQUENCE_BYTES) - 1)
    words = account.to_bytes(ACCOUNT_BYTES, "little") + sequence.to_bytes(SEQUENCE_BYTES, "little")
    return hashlib.sha256(settle_hash + words).digest()


def shortfall_hours(committed_hours: int, floor_bp: int, delivered: Delivered) -> int:
    """S: useful GPU-hours that are missing to date, rounded up (DELIVER-007).

    Quality above the floor makes up neither for missing hours nor for hours below it.

    OutOfRange   more hours than are committed, or a goodput that cannot be
    """
    useful, hours = 0, 0
    for given, goodput_bp in delivered:
        hours += need_range("delivered hours", given, 0)
        useful += given * min(need_range("goodput", goodput_bp, 0, BP), floor_bp)
    need_range("delivered hours", hours, 0, committed_hours)
    return ceil_div(committed_hours * need_range("paid floor", floor_bp, 1) - useful, floor_bp)


def invoice(terms: DeliveryTerms, days: Iterable[DeliveryDay]) -> DeliveryInvoice:
    """What a certificate's seller receives, cumulative over the days so far (DELIVER-008, DELIVER-009).

    Each day's increase of the shortfall is covered at that day's price. Every run computes all days again.

    OutOfRange   more hours committed than the month has, or figures of a day that cannot be
    """
    committed, missing, cover = 0, 0, 0
    delivered: list[tuple[int, int]] = []
    for day in days:
        shortfall_hours(day.committed_hours, terms.floor_bp, day.delivered)
        committed += day.committed_hours
        delivered += day.delivered
        before, missing = missing, shortfall_hours(committed, terms.floor_bp, delivered)
        above_tick = max(0, day.cover_tick - terms.settle_tick)
        cover += share_floor((missing - before) * above_tick, terms.factor_bp)
    need_range("committed hours", committed, 0, terms.month_hours)
    gross = share_floor(terms.settle_tick * committed, terms.factor_bp)
    unpaid = share_floor(missing * terms.settle_tick, terms.factor_bp)
    damages = share_floor(unpaid, DAMAGES_BP)
    most = share_floor(share_floor(terms.settle_tick * terms.month_hours, terms.factor_bp), DEDUCTION_CAP_BP)
    net = gross - min(unpaid + cover + damages, most)
    return DeliveryInvoice(committed, missing, gross, unpaid, cover, damages, net)


def daily_payments(terms: DeliveryTerms, days: Sequence[DeliveryDay]) -> list[int]:
    """Mills that the seller receives for each day. Their sum is the invoice of the month (DELIVER-008)."""
    nets = [0, *(invoice(terms, days[:count]).net for count in range(1, len(days) + 1))]
    return [after - before for before, after in pairwise(nets)]


def is_default(shortfall: int, month_hours: int) -> bool:
    """Whether a shortfall to date, in GPU-hours, is a default: more than a quarter of the month (DELIVER-010)."""
    return shortfall * DEFAULT_SHARE > month_hours


def default_invoice(terms: DeliveryTerms, days: Sequence[DeliveryDay], cover_tick: int) -> DeliveryInvoice:
    """The invoice of a unit that has defaulted: all hours after the last day are missing, bought in at one cover price
    (DELIVER-010). Of a unit that was never tendered there are no days, and its factor is 10,000."""
    rest = terms.month_hours - sum(day.committed_hours for day in days)
    return invoice(terms, [*days, DeliveryDay(need_range("hours left", rest, 0), (), cover_tick)])


def resale_credit(proceeds_mills: int) -> int:
    """What a buyer gets for hours that it has released, of the proceeds of their auction (DELIVER-011)."""
    return share_floor(proceeds_mills, RESALE_BP)


def _units_of(unit_lots: int, lots: list[OpenLot]) -> list[DeliveryUnit]:
    """Units of one account. The first lot of each decides its age."""
    units: list[DeliveryUnit] = []
    before = 0  # lots older than this one
    for lot in sorted(lots, key=lambda lot: lot.sequence):
        first, last = ceil_div(before, unit_lots), ceil_div(before + lot.lots, unit_lots)
        units += [DeliveryUnit(lot.account, lot.sequence)] * (last - first)
        before += lot.lots
    return units[: before // unit_lots]
