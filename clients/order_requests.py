"""Builds requests about one order from instruments, orders, and prices in dollars or ticks.

Nothing is sent here: the session sends the requests one by one, or several in a `batch`.
"""

from decimal import Decimal
from typing import Literal

from msgspec import UNSET, UnsetType

from clients.orders import Order
from exchange.units import price_from_text
from exchange.wire.messages import Cancel, InstrumentDefinition, New, Replace
from exchange.wire.requests import SideText, TifText, TypeText

Price = str | Decimal | None


def ticks_of(price: Price, price_tick: int | None) -> int:
    """The price in ticks. ValueError: it is between ticks. TypeError: it is a float, or both or neither are given.

    price        dollars per GPU-hour, as text or Decimal
    price_tick   or ticks
    """
    if isinstance(price_tick, int) and price is None:
        return price_tick
    if isinstance(price, str | Decimal) and price_tick is None:
        return price_from_text(str(price))
    raise TypeError('give a price as text or Decimal in dollars (price="2.845"), or in ticks (price_tick=2845)')


def _optional_ticks(price: Price, price_tick: int | None) -> int | UnsetType:
    return UNSET if price is None and price_tick is None else ticks_of(price, price_tick)


def _optional(number: int | None) -> int | UnsetType:
    return UNSET if number is None else number


def new_order(
    client_order_id: str,
    side: SideText,
    instrument: InstrumentDefinition,
    lots: int,
    price: Price = None,
    *,
    price_tick: int | None = None,
    order_type: TypeText = "limit",
    trigger_tick: int | None = None,
    tif: TifText = "day",
    till_us: int = 0,
    post_only: Literal["", "reject", "slide"] = "",
    display_lots: int | None = None,
    minimum_lots: int | None = None,
    self_match: Literal["cr", "ca", "cb", "dc"] = "cr",
    cancel_on_disconnect: bool = True,
    reject_if_elected: bool = False,
    tag: str = "",
    revision: int = 0,
    expires_us: int = 0,
    account: int = 0,
) -> New:
    """Build a `new`. The price is in dollars (`price`) or ticks (`price_tick`).

    A market, market-to-limit or stop order needs no price.

    trigger_tick           trigger price of a stop or stop_limit
    till_us                venue time at which a gtd order expires
    cancel_on_disconnect   False: the order stays when the connection is lost (SESS-020)
    reject_if_elected      refuse a stop whose trigger is reached already, instead of electing it at once (STOP-002)
    revision               revision of the instrument that the program knows; if it has changed, the order is refused
    expires_us             venue time after which the venue refuses the request
    account                one of the key's accounts; by default the first
    """
    needs_price = order_type in ("limit", "stop_limit")
    return New(
        request_id=1, account=account, instrument=instrument.instrument, side=side, order_lots=lots,
        price_tick=ticks_of(price, price_tick) if needs_price else _optional_ticks(price, price_tick),
        order_type=order_type, trigger_tick=_optional(trigger_tick), tif=tif, expiry_us=till_us, post_only=post_only,
        display_lots=_optional(display_lots), minimum_lots=_optional(minimum_lots), smp_mode=self_match,
        cancel_on_disconnect=cancel_on_disconnect, reject_if_elected=reject_if_elected,
        client_order_id=client_order_id, tag=tag, revision=revision,
        expires_us=expires_us,
    )  # fmt: skip


def replacement(
    order: Order,
    lots: int | None = None,
    price: Price = None,
    *,
    price_tick: int | None = None,
    trigger_tick: int | None = None,
    display_lots: int | None = None,
    tif: Literal["", "day", "gtc", "gtd"] = "",
    till_us: int = 0,
    tag: str = "",
    expires_us: int = 0,
) -> Replace:
    """Build a `replace`. `lots` is the new total, filled lots included; other fields stay unchanged (ENTRY-010)."""
    return Replace(
        request_id=1,
        account=order.account,
        client_order_id=order.client_order_id,
        price_tick=_optional_ticks(price, price_tick),
        order_lots=_optional(lots),
        trigger_tick=_optional(trigger_tick),
        display_lots=_optional(display_lots),
        tif=tif,
        expiry_us=till_us,
        tag=tag,
        expires_us=expires_us,
    )


def cancellation(order: Order, *, expires_us: int = 0) -> Cancel:
    """Build a `cancel`. It names a side of a quote by order id, because that has no client order id."""
    return Cancel(
        request_id=1,
        account=order.account,
        order_id=0 if order.client_order_id else order.order_id,
        client_order_id=order.client_order_id,
        expires_us=expires_us,
    )
