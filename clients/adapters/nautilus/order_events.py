"""Events of the account stream as order events of NautilusTrader.

Orders that the node does not know are those of other programs; they are reported, so that the node takes them over as
external orders.
"""

from typing import Any

from msgspec.structs import replace
from nautilus_trader.model.enums import OrderType
from nautilus_trader.model.identifiers import ClientOrderId, InstrumentId, VenueOrderId
from nautilus_trader.model.objects import Currency

from clients.adapters.nautilus.instruments import NS_PER_US, money_of, price_of, quantity_of
from clients.adapters.nautilus.providers import GpuxInstrumentProvider
from clients.adapters.nautilus.reports import (
    SIDE_OF,
    client_order_id,
    fill_report,
    liquidity,
    order_report,
    trade_id,
)
from exchange.wire.messages import Exec, Fill

LEG = "-LEG-"  # the engine takes the fill of an order with this in both ids as that of a leg
Part = tuple[ClientOrderId, VenueOrderId, str, int, int]  # of a fill: ids of the order, side, lots, price in ticks


class OrderEvents:
    """Makes the events of a client's orders."""

    def __init__(self, client: Any, provider: GpuxInstrumentProvider, cache: Any, clock: Any) -> None:
        self._client, self._provider, self._cache, self._clock = client, provider, cache, clock

    def take_exec(self, message: Exec) -> None:
        """Publish a change of an order. The refusal of a new order comes as the reply to it."""
        name = self._provider.id_of(message.instrument)
        if name is None or message.event == "rejected":
            return
        order = self._order(message.client_order_id)
        if order is None:
            now_ns = self._clock.timestamp_ns()
            self._client._send_order_status_report(order_report(message, name, self._client.account_id, now_ns))
            return
        names = order.strategy_id, name, order.client_order_id, VenueOrderId(str(message.order_id))
        ts_ns = message.time_us * NS_PER_US
        if message.event == "new":
            self._client.generate_order_accepted(*names, ts_ns)
        elif message.event in ("replaced", "decremented"):
            self._publish_update(order, names, message, ts_ns)
        elif message.event == "triggered" and order.order_type == OrderType.STOP_LIMIT:
            self._client.generate_order_triggered(*names, ts_ns)
        elif message.event == "cancelled":
            expired = message.state == "expired"
            publish = self._client.generate_order_expired if expired else self._client.generate_order_canceled
            publish(*names, ts_ns)

    def take_fill(self, fill: Fill) -> None:
        """Publish a fill. That of a combination is followed by those of its legs, in which the account is booked."""
        name = self._provider.id_of(fill.instrument)
        if name is None:
            return
        currency = self._provider.definition(name).currency
        order = self._order(fill.client_order_id)
        if order is None:
            now_ns = self._clock.timestamp_ns()
            self._client._send_fill_report(fill_report(fill, name, self._client.account_id, currency, now_ns))
            return
        order_name, venue_name = order.client_order_id, VenueOrderId(str(fill.order_id))
        self._publish_fill(order, name, fill, (order_name, venue_name, fill.side, fill.lots, fill.price_tick))
        for place, (leg, price_tick) in enumerate(fill.legs or ()):
            self._publish_leg(order, name, replace(fill, fee_mills=0) if place else fill, leg, price_tick)

    def take_missed_fill(self, fill: Fill) -> None:
        """Publish a fill unless the node has it."""
        order = self._order(fill.client_order_id)
        if order is None or trade_id(fill) not in order.trade_ids:
            self.take_fill(fill)

    def _publish_update(self, order: Any, names: tuple[Any, ...], message: Exec, ts_ns: int) -> None:
        price = price_of(message.price_tick) if order.has_price else None
        trigger = order.trigger_price if order.has_trigger_price else None
        self._client.generate_order_updated(*names, quantity_of(message.order_lots), price, trigger, ts_ns)

    def _publish_leg(self, order: Any, spread: InstrumentId, fill: Fill, leg: int, price_tick: int) -> None:
        """Publish the fill of a leg, which belongs to no order. The first one has the fee, for its position."""
        name = self._provider.id_of(leg)
        if name is None:
            return
        ratio = dict(self._provider.definition(spread).legs or ())[leg]
        side = fill.side if ratio > 0 else "s" if fill.side == "b" else "b"
        order_name = ClientOrderId(f"{order.client_order_id.value}{LEG}{name.symbol.value}")
        venue_name = VenueOrderId(f"{fill.order_id}{LEG}{name.symbol.value}")
        self._publish_fill(order, name, fill, (order_name, venue_name, side, fill.lots * abs(ratio), price_tick))

    def _publish_fill(self, order: Any, name: InstrumentId, fill: Fill, part: Part) -> None:
        order_name, venue_name, side, lots, price_tick = part
        currency = self._provider.definition(name).currency
        self._client.generate_order_filled(
            strategy_id=order.strategy_id,
            instrument_id=name,
            client_order_id=order_name,
            venue_order_id=venue_name,
            venue_position_id=None,
            trade_id=trade_id(fill),
            order_side=SIDE_OF[side],
            order_type=order.order_type,
            last_qty=quantity_of(lots),
            last_px=price_of(price_tick),
            quote_currency=Currency.from_str(currency),
            commission=money_of(fill.fee_mills, currency),
            liquidity_side=liquidity(fill),
            ts_event=fill.time_us * NS_PER_US,
        )

    def _order(self, text: str) -> Any:
        """The node's order with an id of the venue; None: it has none."""
        name = client_order_id(text)
        return None if name is None else self._cache.order(name)
