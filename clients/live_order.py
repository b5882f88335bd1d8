"""An order that can be waited for, and the prices it is made with."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Self

from msgspec import UNSET, UnsetType

from clients.orders import SENT, Order
from exchange.units import price_from_text

Price = str | Decimal | None
Until = Callable[[Callable[[], bool]], Awaitable[None]]


class LiveOrder(Order):
    """An order of an asyncio session; waiting survives reconnects, SessionOver ends it."""

    def __init__(self, account: int, client_order_id: str, instrument: int, side: str, until: Until) -> None:
        super().__init__(account, client_order_id, instrument, side)
        self._until = until

    async def acknowledged(self) -> Self:
        """Wait until the venue has said what it made of the order."""
        await self._until(lambda: self.state != SENT)
        return self

    async def finished(self) -> Self:
        """Wait until nothing more can happen to it."""
        await self._until(lambda: self.done)
        return self


def ticks_of(price: Price, price_tick: int | None) -> int:
    """Ticks from whichever of the two is given; ValueError off the tick, TypeError for a float or for none."""
    if isinstance(price_tick, int) and price is None:
        return price_tick
    if isinstance(price, str | Decimal) and price_tick is None:
        return price_from_text(str(price))
    raise TypeError('give a price as text or Decimal in dollars (price="2.845"), or in ticks (price_tick=2845)')


def entry_ticks(order_type: str, price: Price, price_tick: int | None) -> int | UnsetType:
    """As `ticks_of`; an order that takes its price from the book or from its trigger needs none."""
    if order_type not in ("limit", "stop_limit") and price is None and price_tick is None:
        return UNSET
    return ticks_of(price, price_tick)
