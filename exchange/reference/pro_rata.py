"""Pro-rata matching of the reference: who gets how much of a level, and what a pass does (PRO-001 to PRO-007)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from exchange.codes import CancelReason, Liquidity, SmpMode
from exchange.reference.book import Order, is_own

if TYPE_CHECKING:
    from exchange.reference.engine import Reference


@dataclass(frozen=True)
class Sharing:
    """Terms of one book."""

    top: bool = True
    top_lots_max: int = 0
    split_percent: int = 0
    minimum_allocation: int = 2


def allocate(
    queue: list[Order], lots: int, terms: Sharing, top: Order | None = None, leads: Iterable[tuple[int, int]] = ()
) -> list[int]:
    """Lots of each order of a level, in time order, that an aggressor with so many lots trades with."""
    shown = [order.shown_lots for order in queue]
    if lots >= sum(shown):
        return shown
    got = [0] * len(queue)

    def give(number: int, wanted: int) -> int:
        given = min(wanted, shown[number] - got[number])
        got[number] += given
        return given

    left = lots
    for number, order in enumerate(queue):
        if order is top and terms.top:
            left -= give(number, min(left, terms.top_lots_max or left))
    after_top = left
    for account, percent in leads:
        quota = percent * after_top // 100
        for number, order in enumerate(queue):
            if order.account == account:
                given = give(number, quota)
                quota, left = quota - given, left - given
    part = terms.split_percent * left // 100
    for number in range(len(queue)):
        given = give(number, part)
        part, left = part - given, left - given
    rooms = [most - already for most, already in zip(shown, got, strict=True)]
    shares = [room * left // sum(rooms) for room in rooms]
    for number, share in enumerate(shares):
        if share >= terms.minimum_allocation:
            left -= give(number, share)
    for number in range(len(queue)):
        left -= give(number, left)
    return got


def prevent_on_level(reference: Reference, order: Order, queue: list[Order]) -> bool:
    """SMP-007: whether own orders stood at the level; they, the aggressor or both have left."""
    own = [maker for maker in queue if is_own(order, maker)]
    if own and order.smp_mode == SmpMode.CANCEL_AGGRESSOR:
        reference.cancel_order(order, CancelReason.SMP)
        return True
    for maker in own:
        reference.cancel_order(maker, CancelReason.SMP)
    if own and order.smp_mode == SmpMode.CANCEL_BOTH:
        reference.cancel_order(order, CancelReason.SMP)
    return bool(own)


def match_level(reference: Reference, order: Order, queue: list[Order]) -> None:
    """One pass over the best level: the shares trade, then icebergs refresh."""
    book, instrument = reference.books[order.instrument], reference.clearing.instruments[order.instrument]
    leads = reference.lead_makers.get(order.instrument, [])
    parts = allocate(queue, order.leaves_lots, instrument.sharing, book.top[queue[0].side], leads)
    for maker, lots in zip(queue, parts, strict=True):
        if lots:
            reference.trade(maker, order, maker.price, lots, Liquidity.MAKER)
    for maker in queue:
        if maker.leaves_lots and not maker.shown_lots:
            reference.refresh(maker)
