"""Orders of NautilusTrader as requests of the venue."""

from typing import Any

from msgspec import UNSET
from nautilus_trader.model.enums import ContingencyType, OrderSide, OrderType, TimeInForce, TriggerType
from nautilus_trader.model.enums import order_type_to_str as type_text
from nautilus_trader.model.enums import time_in_force_to_str as tif_text

from clients.adapters.nautilus.instruments import NS_PER_US, ticks_of
from clients.adapters.nautilus.order_ids import venue_id
from clients.order_requests import new_order
from exchange.wire.messages import Cancel, InstrumentDefinition, New, Replace
from exchange.wire.requests import TifText, TypeText

TYPES: dict[Any, TypeText] = {
    OrderType.MARKET: "market",
    OrderType.LIMIT: "limit",
    OrderType.STOP_MARKET: "stop",
    OrderType.STOP_LIMIT: "stop_limit",
    OrderType.MARKET_TO_LIMIT: "mtl",
}
TIFS: dict[Any, TifText] = {
    TimeInForce.GTC: "gtc",
    TimeInForce.DAY: "day",
    TimeInForce.GTD: "gtd",
    TimeInForce.IOC: "ioc",
    TimeInForce.FOK: "fok",
}
TRIGGERS = (TriggerType.NO_TRIGGER, TriggerType.DEFAULT, TriggerType.LAST_PRICE)


def why_denied(order: Any, closes: bool = False) -> str:
    """Why the venue has no such order; empty if it has.

    closes   the order names a position, so the risk engine has checked that it only makes that position smaller; it
             stays true for an order that never rests, which can therefore go without the flag that the venue lacks
    """
    if order.order_type not in TYPES:
        return f"the venue has no {type_text(order.order_type)} orders"
    if order.time_in_force not in TIFS:
        return f"the venue has no time in force {tif_text(order.time_in_force)}"
    if order.is_reduce_only and not (closes and never_rests(order)):
        return "the venue has no reduce-only orders; only those that close a position and never rest are sent"
    if order.is_quote_quantity:
        return "quantities are lots, not money"
    if order.contingency_type != ContingencyType.NO_CONTINGENCY:
        return "the venue does not link orders to each other"
    if order.has_trigger_price and order.trigger_type not in TRIGGERS:
        return "stops trigger at the last price"
    try:
        venue_id(order.client_order_id.value)
    except ValueError as wrong:
        return str(wrong)
    return ""


def never_rests(order: Any) -> bool:
    """Whether an order trades at once or not at all."""
    return order.order_type == OrderType.MARKET or order.time_in_force in (TimeInForce.IOC, TimeInForce.FOK)


def new_of(order: Any, definition: InstrumentDefinition) -> New:
    """The request that enters an order. ValueError: a price is between two ticks.

    A market order does not rest: what does not trade at once is cancelled, unless it is fill-or-kill.
    """
    kind, tif = TYPES[order.order_type], TIFS[order.time_in_force]
    if kind == "market" and tif != "fok":
        tif = "ioc"
    display = getattr(order, "display_qty", None)
    return new_order(
        venue_id(order.client_order_id.value),
        "b" if order.side == OrderSide.BUY else "s",
        definition,
        int(order.quantity),
        price_tick=ticks_of(order.price) if order.has_price else None,
        trigger_tick=ticks_of(order.trigger_price) if order.has_trigger_price else None,
        order_type=kind,
        tif=tif,
        till_us=order.expire_time_ns // NS_PER_US if tif == "gtd" else 0,
        post_only="reject" if order.is_post_only else "",
        display_lots=int(display) if display is not None else None,
    )


def replace_of(command: Any) -> Replace:
    """The request that changes an order. Its quantity is the new total, filled lots included."""
    return Replace(
        request_id=1,
        **name_of(command),
        order_lots=UNSET if command.quantity is None else int(command.quantity),
        price_tick=UNSET if command.price is None else ticks_of(command.price),
        trigger_tick=UNSET if command.trigger_price is None else ticks_of(command.trigger_price),
    )


def cancel_of(command: Any) -> Cancel:
    """The request that cancels an order; `command` may be the order itself."""
    return Cancel(request_id=1, **name_of(command))


def name_of(command: Any) -> dict[str, Any]:
    """How a request names an order: by the venue's id if it is known."""
    if command.venue_order_id is not None:
        return {"order_id": int(command.venue_order_id.value)}
    return {"client_order_id": venue_id(command.client_order_id.value)}
