"""The rows of one `orders` message: what one command has changed, without what it has undone itself (MDATA-011)."""

from exchange.wire.messages import AddedOrder, DeletedOrder, ReducedOrder
from exchange.wire.words import SIDES

OrderRow = AddedOrder | ReducedOrder | DeletedOrder


class OrderChanges:
    """Gathers rows. Of several changes of an order only the outcome is kept, at a place that gives the same queues."""

    def __init__(self) -> None:
        self._rows: list[OrderRow | None] = []
        self._place: dict[int, int] = {}  # by order id: of its last row, unless that is a `d`

    def add(self, order_id: int, side: int, price_tick: int, lots: int) -> None:
        """The order joins the tail of its level."""
        self._place[order_id] = len(self._rows)
        self._rows.append(AddedOrder(order_id, SIDES[side], price_tick, lots))

    def reduce(self, order_id: int, side: int, price_tick: int, lots: int) -> None:
        """The order now shows so many lots, and keeps its place."""
        row = self._rows[self._place[order_id]] if order_id in self._place else None
        if row is None:
            self._place[order_id] = len(self._rows)
            self._rows.append(ReducedOrder(order_id, SIDES[side], price_tick, lots))
        else:
            row.lots = lots  # type: ignore[union-attr]  # the place is that of an `a` or `r`

    def delete(self, order_id: int) -> None:
        """The order leaves its level. What it did before in the same message is left out."""
        place = self._place.pop(order_id, None)
        before = None
        if place is not None:
            before, self._rows[place] = self._rows[place], None
        if not isinstance(before, AddedOrder):
            self._rows.append(DeletedOrder(order_id))

    def take(self) -> list[OrderRow]:
        """The rows since the last call."""
        rows = [row for row in self._rows if row is not None]
        self._rows, self._place = [], {}
        return rows
