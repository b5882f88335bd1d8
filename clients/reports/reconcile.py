"""Asks the venue for order, fill and position reports, compares them with the local state, and repairs that.

    report = await session.reconcile()
    for difference in report.differences: log(difference)

The account stream is contiguous and resumes by itself, so normally nothing differs. A fill is reported as not seen
after a session was lost for longer than the venue keeps its events: a snapshot came then instead of them.
"""

from msgspec import Struct

from clients.refusals.kinds import OrderEnded
from clients.reports.differences import (
    Difference,
    fill_differences,
    order_differences,
    position_differences,
)
from clients.session.queries import Queries
from exchange.wire.messages import Fill, OrderView, PositionView, Query

FILLS_RANGE = 2_000  # longest range of account events in one request


class AccountReport(Struct, frozen=True):
    """What the venue says of one account, and how the session's state differed before it was repaired.

    first, last   range of the account's events whose fills are reported
    """

    account: int
    orders: list[OrderView]
    fills: list[Fill]
    positions: list[PositionView]
    differences: list[Difference]
    first: int
    last: int


class Reconciling(Queries):
    """Adds `reconcile` to a session."""

    async def reconcile(self, since: int = 0, account: int = 0) -> AccountReport:
        """Compare the local state of an account with the venue's, and repair it.

        since     number of the account's stream from which fills are reported; 0: the first that this session knows
        account   one of the key's accounts, by default the first
        Refused: the range of fills is older than the venue keeps; `oldest` says from where it can be
        """
        number = account or self.core.account
        state = self.core.accounts[number]
        first, last = max(1, since or state.first), state.sequence
        fills = await self._fills_between(first, last, number)
        at = (await self.request(Query(request_id=1, what="open", account=number))).engine_sequence or 0
        orders = await self.open_orders(number)
        differences, repairs, gone = order_differences(self.core.orders, number, orders, at)
        for view in repairs:
            self.core.orders.repair(number, view, at)
        reply = await self.request(Query(request_id=1, what="positions", account=number))
        positions, held_at = reply.positions or [], reply.engine_sequence or 0
        differences += fill_differences(number, state.fills_seen, fills)
        differences += position_differences(state, positions, held_at)
        state.repair(positions, held_at, fills)
        for order in gone:
            await self._resolve(order.client_order_id, number)
        return AccountReport(number, orders, fills, positions, differences, first, last)

    async def _fills_between(self, first: int, last: int, account: int) -> list[Fill]:
        fills: list[Fill] = []
        while first <= last:
            end = min(last, first + FILLS_RANGE - 1)
            fills += await self.fills(first, end, account)
            first = end + 1
        return fills

    async def _resolve(self, client_order_id: str, account: int) -> None:
        """Ask how an order ended that the venue does not list as working; a quote has no id to ask with."""
        if client_order_id:
            query = Query(request_id=1, what="order", account=account, client_order_id=client_order_id)
            try:
                await self.request(query)  # the reply changes the order
            except OrderEnded:
                return  # the order's state is unknown now
