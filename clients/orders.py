"""The client's view of each order: a state machine for each client order id, driven by replies and the account stream.

A reply has the state after its whole command, and comes before the events of that command (ENTRY-001). After a
reconnect a reply may come later than events of later commands. So a reply is ignored if an event of a later command is
known, and an event is ignored if a reply of its command or a later one is known. `engine_sequence` orders commands.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Self

from exchange.wire.errors import ErrorCode
from exchange.wire.messages import Cancel, Err, Exec, Fill, New, Ok, OrderView, Query, Replace

OrderRequest = New | Replace | Cancel | Query
Until = Callable[[Callable[[], bool]], Awaitable[None]]
QUOTE = "quote"  # the `typ` of one side of a mass quote

SENT = "sent"  # no reply yet
UNKNOWN = "unknown"  # the venue does not know the state
DONE = frozenset(("filled", "cancelled", "rejected", "expired", UNKNOWN))


def name_of(client_order_id: str, instrument: int, side: str) -> str:
    """Key of an order: its client order id, or instrument and side of a quote, which has no id (ENTRY-020)."""
    return client_order_id or f"{QUOTE} {instrument} {side}"


class Order:
    """One order, or one side of a quote.

    `state`: sent, pending, open, filled, cancelled, rejected, expired or unknown.
    """

    def __init__(self, account: int, client_order_id: str, instrument: int, side: str) -> None:
        self.account, self.client_order_id = account, client_order_id
        self.name = name_of(client_order_id, instrument, side)
        self.instrument, self.side = instrument, side
        self.order_id = 0
        self.state = SENT
        self.price_tick = self.order_lots = self.leaves_lots = self.filled_lots = self.value_tick_lots = 0
        self.unanswered = 0  # requests without a reply
        self.engine_sequence = 0  # sequence of the command of the latest update
        self.replied_sequence = 0  # sequence of the command of the latest reply
        self.reason = ""  # why it was cancelled
        self.error: Err | None = None  # why it was rejected
        self.tag = ""

    @property
    def done(self) -> bool:
        """The order has ended."""
        return self.state in DONE

    @property
    def working(self) -> bool:
        """The order can still trade."""
        return self.state in ("open", "pending")

    def changed(self) -> None:
        """Hook that is called after every change."""

    def _move(self, state: str, leaves_lots: int, filled_lots: int) -> None:
        self.state = state
        self.leaves_lots = leaves_lots
        self.filled_lots = max(self.filled_lots, filled_lots)
        self.changed()

    def take_reply(self, reply: Ok) -> bool:
        """Apply the reply to a request about this order. False: a later state is known already."""
        sequence = reply.engine_sequence or 0
        self.order_id = self.order_id or reply.order_id or 0
        if sequence < self.engine_sequence:
            return False
        self.engine_sequence = self.replied_sequence = sequence
        if reply.price_tick is not None:
            self.price_tick = reply.price_tick
        if reply.order_lots is not None:
            self.order_lots = reply.order_lots
        self.reason = reply.reason or self.reason
        self._move(reply.state, reply.leaves_lots or 0, reply.filled_lots or 0)
        return True

    def take_refusal(self, error: Err) -> None:
        """Apply the refusal of the `new`."""
        self.error = error
        self._move("rejected", 0, 0)

    def take_exec(self, message: Exec) -> bool:
        """Apply an event of the account stream. False: a reply has already reported it."""
        self.order_id = message.order_id or self.order_id
        if message.engine_sequence <= self.replied_sequence:
            return False
        self.engine_sequence = message.engine_sequence
        self.price_tick, self.order_lots = message.price_tick, message.order_lots
        self.value_tick_lots = message.value_tick_lots
        self.reason, self.tag = message.reason or self.reason, message.tag
        self._move(message.state, message.leaves_lots, message.filled_lots)
        return True

    def take_fill(self, fill: Fill) -> bool:
        """Apply a fill. False: a reply has already reported its state, and only `value_tick_lots` changes."""
        self.order_id = fill.order_id
        self.value_tick_lots = fill.value_tick_lots
        if fill.engine_sequence <= self.replied_sequence:
            return False
        self.engine_sequence = fill.engine_sequence
        self._move(fill.state, fill.leaves_lots, fill.filled_lots)
        return True

    def take_view(self, view: OrderView, engine_sequence: int) -> None:
        """Apply an order from a snapshot or query. `engine_sequence`: sequence of its state."""
        if engine_sequence < self.engine_sequence:
            return
        self.order_id, self.tag = view.order_id, view.tag
        self.price_tick, self.order_lots, self.value_tick_lots = view.price_tick, view.order_lots, view.value_tick_lots
        self.engine_sequence = self.replied_sequence = engine_sequence
        self._move(view.state, view.leaves_lots, view.filled_lots)

    def end(self, state: str, filled_lots: int) -> None:
        """Apply the final state of an ended order, which the refusal of a cancel or replace reports (ENTRY-011)."""
        self._move(state, 0, filled_lots)

    def mark_unknown(self) -> None:
        """Set the state unknown, because the venue does not know the order any more."""
        if not self.done:
            self._move(UNKNOWN, 0, 0)

    def __repr__(self) -> str:
        lots = f"{self.leaves_lots}/{self.order_lots}"
        return f"Order({self.name} {self.side} {lots}@{self.price_tick} {self.state})"


class LiveOrder(Order):
    """An order that a program can await. A wait continues over reconnects. SessionOver: the session has ended."""

    def __init__(self, account: int, client_order_id: str, instrument: int, side: str, until: Until) -> None:
        super().__init__(account, client_order_id, instrument, side)
        self._until = until

    async def acknowledged(self) -> Self:
        """Wait for the reply of the venue."""
        await self._until(lambda: self.state != SENT)
        return self

    async def finished(self) -> Self:
        """Wait until the order is filled, cancelled, rejected or expired, or its state stays unknown."""
        await self._until(lambda: self.done)
        return self


class OrderTable:
    """Orders and quotes of a session by account and name; it keeps a bounded number of finished orders.

    make          constructor of orders
    finished_max  finished orders kept for look-up
    """

    def __init__(self, make: Callable[[int, str, int, str], Order] = Order, finished_max: int = 10_000) -> None:
        self._make = make
        self._orders: dict[tuple[int, str], Order] = {}
        self._finished: dict[tuple[int, str], None] = {}  # a set in order of finishing
        self._finished_max = finished_max

    def get(self, account: int, client_order_id: str) -> Order | None:
        return self._orders.get((account, client_order_id))

    def quote(self, account: int, instrument: int, side: str) -> Order | None:
        """The latest quote of one side of an instrument."""
        return self._orders.get((account, name_of("", instrument, side)))

    def live(self, instrument: int = 0) -> list[Order]:
        """Orders that are not done, of one instrument or of all, oldest first."""
        return [order for order in self if not order.done and instrument in (0, order.instrument)]

    def __iter__(self) -> Iterator[Order]:
        return iter(self._orders.values())

    def __len__(self) -> int:
        return len(self._orders)

    def clear(self) -> None:
        self._orders.clear()
        self._finished.clear()

    def open(self, account: int, client_order_id: str, instrument: int, side: str) -> Order:
        """The order with this id; a new one if there is none, or if the last one has ended and its id is free again."""
        key = (account, name_of(client_order_id, instrument, side))
        order = self._orders.get(key)
        if order is None or order.done:
            self._finished.pop(key, None)
            order = self._orders[key] = self._make(account, client_order_id, instrument, side)
        return order

    def place(self, account: int, request: New) -> Order:
        """The order of a `new` that is about to be sent. If a live order has its id, that order is not changed."""
        order = self.open(account, request.client_order_id, request.instrument, request.side)
        if order.working:
            return order
        order.price_tick = request.price_tick if isinstance(request.price_tick, int) else 0
        order.order_lots = request.order_lots
        order.leaves_lots, order.tag = request.order_lots, request.tag
        return order

    def note_sent(self, account: int, request: OrderRequest) -> None:
        """Count a request that is about to be sent, in the order that it is about."""
        order = self._orders.get((account, request.client_order_id))
        if order is not None:
            order.unanswered += 1

    def take_reply(self, account: int, request: OrderRequest, reply: Ok | Err) -> tuple[Order | None, bool]:
        """Apply a reply. Returns (order that it changed or None, whether its state is unknown and must be queried)."""
        if isinstance(request, Query) and request.what != "order":
            return None, False
        order = self._orders.get((account, request.client_order_id or reply.client_order_id))
        if order is None:
            return None, False
        order.unanswered = max(0, order.unanswered - 1)
        if isinstance(reply, Ok):
            if reply.order is not None:
                order.take_view(reply.order, reply.engine_sequence or 0)
            elif not order.take_reply(reply):
                return None, False
        elif isinstance(request, Query):
            order.mark_unknown()
        elif reply.applied == "unknown":
            return order, True
        elif reply.code == ErrorCode.DUP_COID:
            # The id belongs to another live order, which does not change (ENTRY-003).
            if reply.order is None:
                return order, True
            order.take_view(reply.order, reply.engine_sequence or 0)
        elif isinstance(request, New):
            if order.state != SENT:
                return None, False  # a `new` under the id of a live order, which does not change (ENTRY-003)
            order.take_refusal(reply)
        elif reply.code == ErrorCode.ORDER_DONE and reply.state:
            order.end(reply.state, reply.filled_lots or 0)
        else:
            return None, False
        self.settle(order)
        return order, False

    def take_exec(self, message: Exec) -> Order | None:
        """Apply an event; returns its order.

        None: the event changes no order. It refuses a quote entry (ENTRY-021) or a second order with the id of a live
        one (ENTRY-003).
        """
        key = (message.account, name_of(message.client_order_id, message.instrument, message.side))
        order = self._orders.get(key)
        if message.event == "rejected" and (order.state != SENT if order else not message.client_order_id):
            return None
        if order is None or (order.done and message.event == "new" and message.engine_sequence > order.engine_sequence):
            order = self.open(message.account, message.client_order_id, message.instrument, message.side)
        order.take_exec(message)
        self.settle(order)
        return order

    def take_fill(self, fill: Fill) -> Order:
        order = self._orders.get((fill.account, name_of(fill.client_order_id, fill.instrument, fill.side)))
        if order is None:
            order = self.open(fill.account, fill.client_order_id, fill.instrument, fill.side)
        order.take_fill(fill)
        self.settle(order)
        return order

    def take_snapshot(self, account: int, views: Iterable[OrderView], engine_sequence: int) -> list[Order]:
        """Apply an account snapshot. Returns the live orders that it does not contain, whose end must be queried.

        A live quote that the snapshot does not contain becomes unknown, because a quote has no id to query.
        """
        shown = set()
        for view in views:
            order = self.open(account, view.client_order_id, view.instrument, view.side)
            order.take_view(view, engine_sequence)
            shown.add(order.name)
        gone = [
            order
            for order in self.live()
            if order.account == account and order.name not in shown and order.state != SENT
        ]
        for order in gone:
            if not order.client_order_id:
                order.mark_unknown()
                self.settle(order)
        return [order for order in gone if order.client_order_id]

    def repair(self, account: int, view: OrderView, engine_sequence: int) -> None:
        """Take over the venue's report of an order, unless a later event is known."""
        order = self.open(account, view.client_order_id, view.instrument, view.side)
        order.take_view(view, engine_sequence)
        self.settle(order)

    def settle(self, order: Order) -> None:
        """Note that an order has ended. Only the last `finished_max` ended orders are kept."""
        key = (order.account, order.name)
        if not order.done or key in self._finished:
            return
        self._finished[key] = None
        if len(self._finished) > self._finished_max:
            oldest = next(iter(self._finished))
            del self._finished[oldest], self._orders[oldest]
