"""Changes of a book as NautilusTrader's deltas: what differs from the levels that were published last."""

from nautilus_trader.model.data import BookOrder, OrderBookDelta, OrderBookDeltas
from nautilus_trader.model.enums import BookAction, OrderSide, RecordFlag
from nautilus_trader.model.identifiers import InstrumentId

from clients.adapters.nautilus.instruments import NS_PER_US, price_of, quantity_of
from clients.local_book import LocalBook
from exchange.codes import Side

SIDES = {Side.BUY: OrderSide.BUY, Side.SELL: OrderSide.SELL}


class BookPublisher:
    """The levels of one book that a node has; `deltas` brings it up to date."""

    def __init__(self, name: InstrumentId) -> None:
        self._name = name
        self._levels: dict[Side, dict[int, int]] | None = None  # None: the node has no book yet

    def deltas(self, book: LocalBook, now_ns: int) -> OrderBookDeltas | None:
        """What the node lacks; None: nothing. StaleBook: the book waits for a snapshot."""
        current = {side: {level.price_tick: level.lots for level in book.side(side).levels()} for side in SIDES}
        changes = [
            (side, tick, lots)
            for side, levels in current.items()
            for tick, lots in _changed(self._levels[side] if self._levels else {}, levels)
        ]
        ts_ns, found = book.time_us * NS_PER_US, []
        first = self._levels is None
        if first:
            found.append(OrderBookDelta.clear(self._name, book.sequence, ts_ns, now_ns))
        flags = RecordFlag.F_SNAPSHOT if first else 0
        for place, (side, tick, lots) in enumerate(changes):
            last = RecordFlag.F_LAST if place == len(changes) - 1 else 0
            action = self._action(side, tick, lots)
            order = BookOrder(SIDES[side], price_of(tick), quantity_of(lots), 0)
            found.append(OrderBookDelta(self._name, action, order, flags | last, book.sequence, ts_ns, now_ns))
        self._levels = current
        return OrderBookDeltas(self._name, found) if found else None

    def _action(self, side: Side, tick: int, lots: int) -> BookAction:
        if not lots:
            return BookAction.DELETE
        return BookAction.UPDATE if self._levels and tick in self._levels[side] else BookAction.ADD


def _changed(before: dict[int, int], after: dict[int, int]) -> list[tuple[int, int]]:
    """Levels that differ, with their new lots; 0: the level is gone."""
    gone = [(tick, 0) for tick in before if tick not in after]
    return gone + [(tick, lots) for tick, lots in after.items() if before.get(tick) != lots]
