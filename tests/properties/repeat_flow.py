"""What comes to nothing: a live order entered once more under its own name, as it is now or with one thing changed, and
orders and replaces whose time has come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exchange.codes import CommandFlag, CommandKind, OrderType, TimeInForce

if TYPE_CHECKING:
    from exchange.reference.market import Market
    from tests.properties.flow import Flow

CHANGES = ("lots", "price", "trigger", "side", "order_type", "instrument")


def repeat(flow: Flow, market: Market) -> Any:
    """A NEW with the client order id and the content of a live order, or all of it but one field (ENTRY-003); None if
    there is no such order. A quote is none: no NEW has its type."""
    orders = [order for order in market.orders.values() if order.order_type != OrderType.QUOTE]
    if not orders:
        return None
    order = flow.pick(orders)
    words = {f"client_order_id_{place}": word for place, word in enumerate(order.client_order_id)}
    fields = {
        "instrument": order.instrument, "side": order.side, "order_type": order.order_type, "price": order.price,
        "lots": order.order_lots, "trigger": order.trigger,
    }  # fmt: skip
    if flow.chance(0.4):
        name = flow.pick(CHANGES)
        fields[name] += flow.pick([1, -1])
        fields["side"], fields["order_type"] = fields["side"] % 2, fields["order_type"] % 5
    return flow.stamp(CommandKind.NEW, account=order.account, tif=flow.pick([0, 0, 1]), **words, **fields)


def over(flow: Flow, command: Any) -> Any:
    """A NEW or REPLACE, good till a time that has come (TIF-009)."""
    expiry_ns = max(1, command.time_ns - flow.pick([0, 0, 1, 1_000, 10**6]))
    flags = command.flags | (CommandFlag.SET_TIF if command.kind == CommandKind.REPLACE else 0)
    return command._replace(tif=TimeInForce.GTD, expiry_ns=expiry_ns, flags=int(flags))
