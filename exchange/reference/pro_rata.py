"""Pro-rata allocation: how an aggressor's lots are shared among the orders of a price level (PRO-001 to PRO-007)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from exchange.reference.book import Order


@dataclass(frozen=True)
class AllocationTerms:
    """Pro-rata terms of one book."""

    top: bool = True  # whether the TOP order comes first (PRO-002)
    top_lots_max: int = 0  # most lots of the TOP order; 0: no bound
    split_percent: int = 0  # percentage allocated in time order (PRO-004)
    minimum_allocation: int = 2  # a smaller share in lots becomes 0 (PRO-005)


class _Level:
    """The orders of a level in time order, the lots that each has got, and the lots left to share."""

    def __init__(self, queue: list[Order], lots: int) -> None:
        self.queue, self.left = queue, lots
        self.got = [0] * len(queue)

    def give(self, place: int, wanted_lots: int) -> int:
        """Give the order at this place up to `wanted_lots`, at most what it shows; returns the lots given."""
        given = min(wanted_lots, self.unserved_lots(place))
        self.got[place] += given
        self.left -= given
        return given

    def give_in_time_order(self, lots: int) -> None:
        for place in range(len(self.queue)):
            lots -= self.give(place, lots)

    def unserved_lots(self, place: int) -> int:
        """Lots that the order shows and has not got yet; hidden lots do not count (PRO-007)."""
        return self.queue[place].shown_lots - self.got[place]


def allocate(
    queue: list[Order],
    lots: int,
    terms: AllocationTerms,
    top: Order | None = None,
    lead_makers: Iterable[tuple[int, int]] = (),
) -> list[int]:
    """Lots that each order of a level trades with an aggressor. Changes nothing.

    queue         the orders of the level, in time order
    lots          lots that the aggressor has left
    top           the TOP order: the last one that bettered its side in OPEN; may be on another level
    lead_makers   (account, percent) of each lead market maker
    """
    if lots >= sum(order.shown_lots for order in queue):  # PRO-001
        return [order.shown_lots for order in queue]
    level = _Level(queue, lots)
    # PRO-002: the TOP order first, up to its bound.
    for place, order in enumerate(queue):
        if order is top and terms.top:
            level.give(place, min(level.left, terms.top_lots_max or level.left))
    # PRO-003: then each lead market maker, its percentage of what TOP has left.
    after_top = level.left
    for account, percent in lead_makers:
        quota = percent * after_top // 100
        for place, order in enumerate(queue):
            if order.account == account:
                quota -= level.give(place, quota)
    # PRO-004: then a percentage in time order.
    level.give_in_time_order(terms.split_percent * level.left // 100)
    # PRO-005: then in proportion to the shown lots that are not served yet, rounded down.
    wanted = [level.unserved_lots(place) for place in range(len(queue))]
    shares = [unserved * level.left // sum(wanted) for unserved in wanted]
    for place, share in enumerate(shares):
        if share >= terms.minimum_allocation:
            level.give(place, share)
    # PRO-006: last, the rest in time order.
    level.give_in_time_order(level.left)
    return level.got
