"""A live order entered once more under its own name: word for word as it is now, or with one thing changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exchange.codes import CommandKind

if TYPE_CHECKING:
    from tests.properties.flow import Flow
    from tests.reference_engine import Reference

CHANGES = ("lots", "price", "trigger", "side", "order_type", "instrument")


def repeat(flow: Flow, reference: Reference) -> Any:
    """A NEW with the client order id and the content of a live order, or all of it but one field (ENTRY-003)."""
    order = flow.pick(list(reference.orders.values()))
    words = {f"client_order_id_{place}": word for place, word in enumerate(order.client_order_id)}
    fields = {
        "instrument": order.instrument, "side": order.side, "order_type": order.order_type, "price": order.price,
        "lots": order.order_lots, "trigger": order.trigger,
    }  # fmt: skip
    if flow.chance(0.4):
        name = flow.pick(CHANGES)
        fields[name] = 1 - fields[name] if name == "side" else fields[name] + flow.pick([1, -1]) % 5
    return flow.stamp(CommandKind.NEW, account=order.account, tif=flow.pick([0, 0, 1]), **words, **fields)
