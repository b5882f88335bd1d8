"""Pro-rata allocation: how an aggressor's lots are shared among the orders of a price level (PRO-001 to PRO-007)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from exchange.reference.book import Order


@dataclass(frozen=True)
class AllocationTerms:
    """Terms of one book."""

    top: bool = True  # whether the TOP order comes first (PRO-002)
    top_lots_max: int = 0  # ceiling of its share, 0 none
    split_percent: int = 0  # percentage that goes in time order (PRO-004)
    minimum_allocation: int = 2  # lots; a smaller share becomes nothing (PRO-005)


class _Level:
    """Orders of a level in time order, what each has got, and what is left to share."""

    def __init__(self, queue: list[Order], lots: int) -> None:
        self.queue, self.left = queue, lots
        self.got = [0] * len(queue)

    def give(self, place: int, wanted_lots: int) -> int:
        """Give an order what it shows at most; returns the lots given."""
        given = min(wanted_lots, self.wants(place))
        self.got[place] += given
        self.left -= given
        return given

    def give_in_time_order(self, lots: int) -> None:
        for place in range(len(self.queue)):
            lots -= self.give(place, lots)

    def wants(self, place: int) -> int:
        """Lots shown and not got yet; hidden lots do not weigh (PRO-007)."""
        return self.queue[place].shown_lots - self.got[place]


def allocate(
    queue: list[Order],
    lots: int,
    terms: AllocationTerms,
    top: Order | None = None,
    lead_makers: Iterable[tuple[int, int]] = (),
) -> list[int]:
    """Lots that each order of a level trades with an aggressor.

    queue         the orders of the level, in time order
    lots          what the aggressor has left
    top           the order that bettered its side in OPEN
    lead_makers   (account, percent) of each lead market maker
    """
    if lots >= sum(order.shown_lots for order in queue):  # PRO-001
        return [order.shown_lots for order in queue]
    level = _Level(queue, lots)
    # PRO-002: TOP, up to its ceiling.
    for place, order in enumerate(queue):
        if order is top and terms.top:
            level.give(place, min(level.left, terms.top_lots_max or level.left))
    # PRO-003: each lead market maker its percentage of what TOP left.
    after_top = level.left
    for account, percent in lead_makers:
        quota = percent * after_top // 100
        for place, order in enumerate(queue):
            if order.account == account:
                quota -= level.give(place, quota)
    # PRO-004: a percentage in time order.
    level.give_in_time_order(terms.split_percent * level.left // 100)
    # PRO-005: in proportion to what is shown and not got yet, rounded down.
    wanted = [level.wants(place) for place in range(len(queue))]
    shares = [unserved * level.left // sum(wanted) for unserved in wanted]
    for place, share in enumerate(shares):
        if share >= terms.minimum_allocation:
            level.give(place, share)
    # PRO-006: the rest in time order.
    level.give_in_time_order(level.left)
    return level.got
