"""An order whose changes a program can await."""

from collections.abc import Awaitable, Callable
from typing import Self

from clients.orders import SENT, Order

Until = Callable[[Callable[[], bool]], Awaitable[None]]


class LiveOrder(Order):
    """An order of an asyncio session. Waiting survives reconnects; SessionOver ends it."""

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
