"""Own orders: their COMMAND rows, and handles that follow their events."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from exchange.codes import (
    CommandFlag,
    CommandKind,
    EventFlag,
    EventKind,
    Liquidity,
    MarketState,
    OrderState,
    PostOnly,
    RejectReason,
    Side,
    TimeInForce,
)
from exchange.engine import event_rows as e
from exchange.errors import UserError
from exchange.records import COMMAND, COMMAND_FIELDS, field_of, pack_client_order_id
from exchange.units import ORDER_LOTS_MAX
from exchange.wire.errors import reason_text

NUMBERS = (int, float, np.integer, np.floating)
Fields = tuple[int, ...]  # the fields of COMMAND after sequence and time
SIDES = {"buy": Side.BUY, "sell": Side.SELL}
TIFS = {tif.name: tif for tif in TimeInForce}
POST_ONLY = {"no": PostOnly.NONE, "reject": PostOnly.REJECT, "slide": PostOnly.SLIDE}
LIVE = (OrderState.NONE, OrderState.PENDING, OrderState.OPEN)
ID_PREFIX = "own-"  # of the client order ids of own orders
_ABOUT_ORDERS = frozenset(
    int(kind)
    for kind in (
        EventKind.ORDER_ACCEPTED, EventKind.ORDER_RESTED, EventKind.FILL, EventKind.ICEBERG_REFRESHED,
        EventKind.ORDER_REPLACED, EventKind.ORDER_CANCELLED, EventKind.SELF_MATCH_DECREMENTED,
        EventKind.STOP_TRIGGERED, EventKind.ORDER_REJECTED,
    )
)  # fmt: skip
_REFUSED_CHANGES = {EventKind.REPLACE_REJECTED: "replace", EventKind.CANCEL_REJECTED: "cancel"}


class OrderError(UserError):
    """An own order or its change is wrong in itself, so it is not sent: the text names what was found and allowed.

    What the engine refuses raises nothing: `Order.state` is REJECTED, and `Order.refusal` says why.
    """


class OwnFill(NamedTuple):
    """One own order's part of a trade."""

    order: "Order"
    sequence: int  # of the command that caused it
    time_ns: int
    trade_id: int
    side: Side
    price: int  # ticks
    lots: int
    fee_mills: int
    liquidity: Liquidity


@dataclass(eq=False, slots=True, repr=False)
class Order:
    """An own order as its events have shown it so far. With latency they are seen late.

    number        counts own orders from 1; the client order id is `own-NUMBER`
    id            the exchange's id, 0 before it is accepted
    state         OrderState: NONE while no answer has come, then OPEN, FILLED, CANCELLED, REJECTED, EXPIRED
    leaves        lots that work
    filled        lots executed
    refusal       why the order, or its last replace or cancel, was refused, and what is allowed; "" if it was not
    """

    number: int
    account: int
    instrument: int
    side: Side
    price: int  # limit, ticks
    lots: int
    id: int = 0
    state: OrderState = OrderState.NONE
    leaves: int = 0
    filled: int = 0
    value_tick_lots: int = 0  # sum of price * lots over its fills
    reason: RejectReason = RejectReason.NONE
    refusal: str = ""
    fills: list[OwnFill] = field(default_factory=list)

    def __repr__(self) -> str:
        side, refusal = self.side.name.lower(), f", {self.refusal}" if self.refusal else ""
        what = f"{side} {self.lots} at {self.price} in {self.instrument}"
        return f"<{self.client_order_id}: {what}: {self.state.name}, {self.filled} filled{refusal}>"

    @property
    def client_order_id(self) -> str:
        return f"{ID_PREFIX}{self.number}"

    @property
    def is_live(self) -> bool:
        """Whether it works, or its answer is still awaited."""
        return self.state in LIVE

    @property
    def average_price(self) -> float | None:
        """Mean price of its fills, ticks; None before the first."""
        return self.value_tick_lots / self.filled if self.filled else None


def number_in(name: str, value: int, low: int, high: int) -> int:
    """The value as an int. OrderError: it is not in low..high, or no number."""
    if not (isinstance(value, NUMBERS) and low <= value <= high and value == int(value)):
        raise OrderError(f"{name} {value} is not a whole number in {low}..{high}")
    return int(value)


def one_of(name: str, value: str, allowed: Iterable[str]) -> str:
    """The value. OrderError: it is not one of those allowed."""
    if value not in allowed:
        raise OrderError(f"{name} {value!r}, allowed: {', '.join(allowed)}")
    return value


PRICE_BOUND = (1 << 31) - 1  # of a price in a row; which prices a book takes, the engine says
_PLACES = {name: place for place, (name, _, _) in enumerate(COMMAND_FIELDS[2:])}
_BLANK = [0] * len(_PLACES)


def command_fields(kind: CommandKind, **values: int) -> Fields:
    """Fields of a COMMAND after sequence and time; those not named are 0."""
    fields = _BLANK.copy()
    fields[0] = kind
    for name, value in values.items():
        fields[_PLACES[field_of(COMMAND, name)]] = value
    return tuple(fields)


def new_fields(order: Order, *, tif: str, post_only: str, display: int) -> Fields:
    """Fields of the NEW of an order. OrderError: `tif` or `post_only` is not known, or `display` is out of range."""
    first, second, third = pack_client_order_id(order.client_order_id)
    return (
        _NEW, order.side, 0, TIFS[one_of("tif", tif, TIFS)], POST_ONLY[one_of("post_only", post_only, POST_ONLY)],
        0, 0, 0, order.account, 0, order.instrument, 0, order.number, 0, first, second, third, order.price, 0,
        order.lots, number_in("display_lots", display, 0, ORDER_LOTS_MAX), 0, 0, 0, 0,
    )  # fmt: skip


def replace_fields(order: Order, number: int, price: int | None, lots: int | None) -> Fields:
    """Fields of a REPLACE. `number`: of the request; None: price or lots stay. OrderError: both are None."""
    if price is None and lots is None:
        raise OrderError("replace needs a price, lots or both")
    kept = (_KEEP_PRICE if price is None else 0) | (_KEEP_LOTS if lots is None else 0)
    price = 0 if price is None else number_in("price", price, -PRICE_BOUND, PRICE_BOUND)
    lots = 0 if lots is None else number_in("lots", lots, 1, ORDER_LOTS_MAX)
    return (
        _REPLACE, 0, 0, 0, 0, 0, kept, 0, order.account, 0, 0, 0, number, *_name_of(order), price, 0, lots,
        0, 0, 0, 0, 0,
    )  # fmt: skip


def cancel_fields(order: Order, number: int) -> Fields:
    """Fields of a CANCEL. `number`: of the request."""
    return (
        _CANCEL, 0, 0, 0, 0, 0, 0, 0, order.account, 0, 0, 0, number, *_name_of(order), 0, 0, 0, 0, 0, 0, 0, 0
    )  # fmt: skip


def _name_of(order: Order) -> tuple[int, int, int, int]:
    """Order id and words of the client order id with which a command names the order: its id once it is known."""
    return (order.id, 0, 0, 0) if order.id else (0, *pack_client_order_id(order.client_order_id))


# Plain numbers, because each access to a member of an enum takes as long as a dictionary.
_NEW, _REPLACE, _CANCEL = int(CommandKind.NEW), int(CommandKind.REPLACE), int(CommandKind.CANCEL)
_KEEP_PRICE, _KEEP_LOTS = int(CommandFlag.KEEP_PRICE), int(CommandFlag.KEEP_LOTS)
_ACCEPTED, _REJECTED = int(EventKind.ORDER_ACCEPTED), int(EventKind.ORDER_REJECTED)
_FILL, _REPLACED, _CANCELLED = int(EventKind.FILL), int(EventKind.ORDER_REPLACED), int(EventKind.ORDER_CANCELLED)
_NO_REASON = RejectReason.NONE
_INTERNAL = int(EventFlag.INTERNAL)
_STATES, _LIQUIDITY = list(OrderState), [Liquidity.MAKER, *Liquidity]


class OwnOrders:
    """All own orders of a replay, which their events keep up to date."""

    def __init__(self) -> None:
        self.all: list[Order] = []
        self.fills: list[OwnFill] = []
        self.requests = 0
        self._by_id: dict[int, Order] = {}
        self._by_number: dict[int, Order] = {}
        self._first: dict[int, tuple[int, int]] = {}  # price and lots as submitted, by number
        self._about: dict[int, int] = {}  # number of the order, by number of a request about it
        self._asked: dict[int, Order] = {}  # by number of the request

    @property
    def next_number(self) -> int:
        """Number of the next request."""
        return self.requests + 1

    def new(self, account: int, instrument: int, side: str, price: int, lots: int) -> Order:
        """An order with the next number, to `add`. OrderError: side, price or lots are wrong in themselves."""
        return Order(
            self.next_number,
            account,
            instrument,
            SIDES[one_of("side", side, SIDES)],
            number_in("price", price, -PRICE_BOUND, PRICE_BOUND),
            number_in("lots", lots, 1, ORDER_LOTS_MAX),
        )

    def add(self, order: Order) -> None:
        """Follow a new order, which is sent now."""
        self.requests = order.number
        self._keep(order)

    def _keep(self, order: Order) -> None:
        self.all.append(order)
        self._by_number[order.number] = self._asked[order.number] = order
        self._first[order.number] = (order.price, order.lots)

    def numbered(self, number: int) -> Order | None:
        """The order with this number."""
        return self._by_number.get(number)

    def unsent(self) -> "OwnOrders":
        """The same orders with the same numbers, as they were before they were sent."""
        other = OwnOrders()
        other.requests = self.requests
        for order in self.all:
            other._keep(Order(order.number, order.account, order.instrument, order.side, *self._first[order.number]))
        other._asked |= {number: other._by_number[asked] for number, asked in self._about.items()}
        other._about = self._about.copy()
        return other

    def drop_unsent(self) -> None:
        """Forget the orders that the engine has not answered, which without latency it has not seen."""
        self.all = [order for order in self.all if order.state != OrderState.NONE]
        self._by_number = {order.number: order for order in self.all}
        self._asked = {number: order for number, order in self._asked.items() if order.number in self._by_number}
        self._about = {number: about for number, about in self._about.items() if about in self._by_number}

    def ask(self, order: Order) -> None:
        """Follow a request about an order, which is sent now with the next number."""
        self.requests += 1
        self._asked[self.requests] = order
        self._about[self.requests] = order.number

    def take(self, rows: list[e.Row]) -> None:
        """Follow own events, EVENT rows."""
        for row in rows:
            kind = row[e.KIND]
            if kind in _ABOUT_ORDERS:
                self._follow(kind, row)
            elif kind in _REFUSED_CHANGES:
                order = self._asked.pop(row[e.REFERENCE], None)
                if order is not None:
                    order.reason = RejectReason(row[e.REASON])
                    order.refusal = f"{_REFUSED_CHANGES[EventKind(kind)]}: {refusal_text(row)}"

    def _follow(self, kind: int, row: e.Row) -> None:
        if kind in (_ACCEPTED, _REJECTED):
            order = self._asked.pop(row[e.REFERENCE], None) or self._of_kernel(row)
            order.id = row[e.ORDER_ID]
            self._by_id[order.id] = order
        else:
            order = self._by_id[row[e.ORDER_ID]]
        order.state = _STATES[row[e.STATE]]
        order.leaves, order.filled = row[e.LEAVES_LOTS], row[e.FILLED_LOTS]
        order.value_tick_lots = row[e.VALUE_TICK_LOTS]
        if kind == _FILL:
            self._fill(order, row)
        elif kind == _REJECTED:
            order.reason, order.refusal, order.leaves = RejectReason(row[e.REASON]), refusal_text(row), 0
        elif kind == _REPLACED:
            self._asked.pop(row[e.REFERENCE], None)
            order.price, order.lots = row[e.PRICE], row[e.ORDER_LOTS]
            order.reason, order.refusal = _NO_REASON, ""
        elif kind == _CANCELLED:
            self._asked.pop(row[e.REFERENCE], None)
        if not order.is_live:
            del self._by_id[order.id]

    def _of_kernel(self, row: e.Row) -> Order:
        """The handle of an order that a kernel strategy has submitted: its answer is the first that is known of it."""
        side = Side(row[e.SIDE])
        order = Order(row[e.REFERENCE], row[e.ACCOUNT], row[e.INSTRUMENT], side, row[e.PRICE], row[e.ORDER_LOTS])
        self._keep(order)
        return self._asked.pop(order.number)

    def _fill(self, order: Order, row: e.Row) -> None:
        if row[e.FLAGS] & _INTERNAL:
            return
        fill = OwnFill(
            order, row[e.SEQUENCE], row[e.TIME_NS], row[e.TRADE_ID], order.side, row[e.TRADE_TICK], row[e.LOTS],
            row[e.FEE_MILLS], _LIQUIDITY[row[e.LIQUIDITY]],
        )  # fmt: skip
        order.fills.append(fill)
        self.fills.append(fill)


def refusal_text(row: e.Row) -> str:
    """Why the engine has refused a command, and what is allowed, from its EVENT row."""
    reason = RejectReason(row[e.REASON])
    text = f"{reason.abbreviation}: {reason_text(reason)}"
    if reason == RejectReason.BAND:
        return f"{text}; allowed: {row[e.LOWEST_TICK]}..{row[e.HIGHEST_TICK]} ticks"
    if reason == RejectReason.INSUFFICIENT_MARGIN:
        return f"{text}; it needs {row[e.NEEDED_MILLS]} mills, free: {row[e.FREE_MARGIN_MILLS]}"
    if reason == RejectReason.STATE:
        return f"{text}; the market is {MarketState(row[e.BOOK_STATE]).name}"
    return text
