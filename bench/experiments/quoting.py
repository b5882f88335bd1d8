"""Market making at a fixed distance from the mid price: a strategy for `Replay.run`, and its profit.

`bench/tutorial/quote_kernel.py` is the same strategy as a kernel.
"""

from collections.abc import Iterable

from bench.research.orders import Order, OwnFill, number_in
from bench.research.replay import Replay
from exchange.codes import Side
from exchange.units import ORDER_LOTS_MAX

INSTRUMENT = 1
LEVELS = 10  # price levels that are searched for orders of others
TICKS_MAX = 1_000_000


class FixedQuotes:
    """Quotes one lot size on both sides of instrument 1.

    half_spread    distance of a quote from the mid price of the others, ticks
    lots           of a quote
    position_max   no quote is sent that would lead beyond this position, lots; what is on its way does not count
    OrderError: one of them is out of range

    A quote whose price is still the right one stays, and keeps its place in the queue.
    """

    def __init__(self, half_spread: int, lots: int = 1, position_max: int = 10) -> None:
        self.half_spread = number_in("half_spread", half_spread, 1, TICKS_MAX)
        self.lots = number_in("lots", lots, 1, ORDER_LOTS_MAX)
        self.position_max = number_in("position_max", position_max, 1, TICKS_MAX)
        self._orders: list[Order] = []  # those that may be live

    def on_book(self, replay: Replay) -> None:
        """Cancel what has the wrong price, then send what is missing."""
        self._orders = [order for order in self._orders if order.is_live]
        resting = [order for order in self._orders if order.id]  # the others are on their way
        wanted = self._wanted(replay, resting)
        for order in resting:
            if order.side in wanted and wanted[order.side][0] == order.price:
                del wanted[order.side]
            else:
                replay.cancel(order)
        for side, (price, lots) in wanted.items():
            self._orders.append(replay.submit(side.name.lower(), price, lots))

    def _wanted(self, replay: Replay, resting: list[Order]) -> dict[Side, tuple[int, int]]:
        """Price and lots of each quote that should be there."""
        bid, ask = others_best(replay, resting)
        if bid is None or ask is None:
            return {}
        prices = ((bid + ask - 2 * self.half_spread) // 2, (bid + ask + 2 * self.half_spread + 1) // 2)
        room = (self.position_max - replay.position, self.position_max + replay.position)
        lots = [min(self.lots, left) for left in room]
        return {side: (prices[side], lots[side]) for side in Side if lots[side] > 0}


def others_best(replay: Replay, resting: list[Order]) -> tuple[int | None, int | None]:
    """Best bid and ask at which others than the own orders show lots, ticks; None: there is none."""
    book = replay.book(LEVELS)
    own: dict[tuple[Side, int], int] = {}
    for order in resting:
        own[order.side, order.price] = own.get((order.side, order.price), 0) + order.leaves
    best: list[int | None] = []
    for side, levels in zip(Side, (book.bids, book.asks), strict=True):
        others = (price for price, lots in levels.tolist() if lots > own.get((side, price), 0))
        best.append(next(others, None))
    return best[0], best[1]


def profit_mills(replay: Replay) -> float:
    """What the own fills in instrument 1 have earned after fees, with the position that they leave at the mid price, or
    that of the last fill if a side of the book is empty. 0 before the first fill."""
    if not replay.fills:
        return 0.0
    mid = replay.book(1).mid
    price = replay.fills[-1].price if mid is None else mid
    hours = int(replay.engine.states[0].books[INSTRUMENT].hours)
    return sum(fill.side.sign * fill.lots * hours * (price - fill.price) - fill.fee_mills for fill in replay.fills)


def largest_position(fills: Iterable[OwnFill]) -> int:
    """The longest or shortest position that fills have led to, lots, as a number above 0."""
    held = largest = 0
    for fill in fills:
        held += fill.side.sign * fill.lots
        largest = max(largest, abs(held))
    return largest
