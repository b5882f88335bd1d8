"""Queries of a session: orders, fills, positions and margin, limits, and replays of the past.

The session follows most of this by itself (`orders`, `core.accounts`, `books()`). A query returns the venue's own data,
as of the moment of the reply.
"""

import time
from collections.abc import Sequence

from msgspec import UNSET

from clients.feeds import Feed
from clients.session_base import SessionBase
from exchange.wire.messages import (
    Fill,
    InstrumentDefinition,
    LimitsQuery,
    LimitUse,
    MarginView,
    New,
    Ok,
    OrderView,
    Ping,
    PositionView,
    Query,
    Replay,
    ServerMessage,
    StatementView,
    WhatIfOrder,
)

REPLAY_MAX = 5_000  # RECOV-014


class Queries(SessionBase):
    """Requests that change nothing. `account`: one of the key's accounts, by default the first."""

    async def ping(self) -> float:
        """Round-trip time to the venue, in seconds."""
        begin_ns = time.perf_counter_ns()
        await self.request(Ping(request_id=1))
        return (time.perf_counter_ns() - begin_ns) / 1e9

    async def limits(self) -> list[LimitUse]:
        """The token buckets of the account and their tokens (RATE-001)."""
        return (await self.request(LimitsQuery(request_id=1))).limits or []

    async def venue_time_us(self) -> int:
        """The venue's clock, microseconds since 1970 UTC."""
        return (await self.request(Query(request_id=1, what="time"))).time_us or 0

    async def find_order(self, client_order_id: str = "", *, order_id: int = 0, account: int = 0) -> OrderView:
        """An order by client order id or order id. Refused (UNKNOWN_ORDER): the venue does not know it (any more)."""
        query = Query(request_id=1, what="order", account=account, client_order_id=client_order_id, order_id=order_id)
        order = (await self.request(query)).order
        assert order is not None
        return order

    async def open_orders(self, account: int = 0) -> list[OrderView]:
        """All working orders and quotes of the account, of all its sessions."""
        orders: list[OrderView] = []
        more = True
        while more:
            after = orders[-1].order_id if orders else 0
            reply = await self.request(Query(request_id=1, what="open", account=account, order_id=after))
            orders += reply.orders or []
            more = reply.more
        return orders

    async def fills(self, first: int, last: int, account: int = 0) -> list[Fill]:
        """Fills among the events `first` to `last` of the account stream. Refused: they are too old or too many."""
        query = Query(request_id=1, what="fills", account=account, first_sequence=first, last_sequence=last)
        return (await self.request(query)).fills or []

    async def positions(self, account: int = 0) -> list[PositionView]:
        """Positions of the account."""
        return (await self.request(Query(request_id=1, what="positions", account=account))).positions or []

    async def margin(self, account: int = 0) -> MarginView:
        """Equity, initial margin and free margin of the account."""
        margin = (await self.request(Query(request_id=1, what="margin", account=account))).margin
        assert margin is not None
        return margin

    async def what_if(
        self,
        orders: Sequence[New] = (),
        positions: Sequence[tuple[InstrumentDefinition, int]] = (),
        account: int = 0,
    ) -> MarginView:
        """The margin of the account if it also had these orders and lots (MARGIN-018). The market does not see them.

        orders      at most 20 that `new` has built, checked in turn by their limit prices; one that passes works when
                    the next is checked
        positions   at most 64 (instrument, signed lots), held at the mark
        returns     `parts` and `total`: what the positions alone require; `results`: what each order needs, with a
                    `code` if it would be refused
        ValueError: an order has no limit price. Refused: a row has no listed instrument, or lots or a price that no
        order may have
        """
        rows = [(instrument.instrument, lots) for instrument, lots in positions]
        asked = Query(request_id=1, what="margin", account=account, orders=[*map(_row_of, orders)], positions=rows)
        margin = (await self.request(asked)).margin
        assert margin is not None
        return margin

    async def statement(self, account: int = 0) -> StatementView | None:
        """What moved the account's cash in the trading day that was settled last; None: none was yet."""
        return (await self._statements(account)).statement

    async def today(self, account: int = 0) -> StatementView:
        """What has moved the account's cash since the last settlement."""
        today = (await self._statements(account)).today
        assert today is not None
        return today

    async def _statements(self, account: int) -> Ok:
        return await self.request(Query(request_id=1, what="statement", account=account))

    async def replay(
        self, first: int, last: int, feed: Feed | None = None, account: int = 0
    ) -> Sequence[ServerMessage]:
        """Messages `first` to `last`, at most 5000, of the account stream or of the event channel of a feed (trades,
        status, instruments). Refused: they are too old (RECOV-014)."""
        channel = feed.channel if feed else 0
        request = Replay(request_id=1, account=account, channel=channel, first_sequence=first, last_sequence=last)
        return (await self._answer(lambda: self._send(request))).replayed


def _row_of(order: New) -> WhatIfOrder:
    """The row of an order that was built but not sent."""
    if order.price_tick is UNSET:
        raise ValueError(f"order {order.client_order_id} has no limit price: what it needs follows from one")
    assert isinstance(order.price_tick, int)
    return WhatIfOrder(
        instrument=order.instrument, side=order.side, price_tick=order.price_tick, order_lots=order.order_lots
    )
