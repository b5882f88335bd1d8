"""Account snapshots and parts of the replies to `query`, from the engine's state after its last applied command.

    for page in snapshot(engine.states, table, account): ...      # SESS-006: all pages but the last say `more`
    order_view(table, row); position_views(...); margin_view(...) # parts of the replies to `query`

The caller must not send them before that command is durable.
"""

import numpy as np

from exchange.engine import query
from exchange.engine.order_rows import OrderRow
from exchange.publish.instruments import InstrumentTable
from exchange.publish.message_makers import split_gain
from exchange.units import NS_PER_US
from exchange.wire.messages import AccountSnapshot, MarginView, OrderView, PositionView
from exchange.wire.table import CURRENCY
from exchange.wire.words import ORDER_STATES, ORDER_TYPES, SIDES, TIFS

PAGE_ORDERS = 2_000  # about 0.5 MiB of JSON: below the server's frame limit (WIRE-003)


def order_view(table: InstrumentTable, order: OrderRow) -> OrderView:
    """A live order as the wire shows it."""
    return OrderView(
        table.ids[order.instrument],
        order.order_id,
        order.client_order_id,
        ORDER_STATES[order.state],
        SIDES[order.side],
        ORDER_TYPES[order.order_type],
        TIFS[order.tif],
        order.price,
        order.order_lots,
        order.leaves_lots,
        order.filled_lots,
        order.value_tick_lots,
        order.tag,
    )


def open_page(states: np.ndarray, table: InstrumentTable, account: int, after: int) -> tuple[list[OrderView], bool]:
    """A page of live orders with ids above `after`, in the order of `query.open_page`, and whether more follow."""
    rows, more = query.open_page(states, account, after, PAGE_ORDERS)
    return [order_view(table, row) for row in rows], more


def position_views(states: np.ndarray, table: InstrumentTable, account: int) -> list[PositionView]:
    """Positions of an account, by instrument."""
    return [
        PositionView(
            table.ids[row.instrument],
            row.lots,
            row.open_value_tick_lots,
            row.mark_tick,
            *split_gain(row.lots, row.unrealised_pnl_mills),
        )
        for row in query.positions(states, account)
    ]


def margin_view(states: np.ndarray, account: int) -> MarginView:
    """Equity, margin held and free margin of an account, in mills."""
    row = query.margin(states, account)
    return MarginView(CURRENCY, row.equity_mills, row.initial_mills, row.maintenance_mills, row.free_margin_mills)


def snapshot(states: np.ndarray, table: InstrumentTable, account: int) -> list[AccountSnapshot]:
    """The whole account after the last message of its stream, in pages of orders; positions are on the last page."""
    orders = [order_view(table, row) for row in query.open_orders(states, account)]
    head = (
        account,
        query.account_sequence(states, account),
        int(states["sequence"][0]),
        int(states["time_ns"][0]) // NS_PER_US,
    )
    positions, margin = position_views(states, table, account), margin_view(states, account)
    pages = [orders[start : start + PAGE_ORDERS] for start in range(0, max(len(orders), 1), PAGE_ORDERS)]
    return [
        AccountSnapshot(*head, page, positions if page is pages[-1] else [], margin, page is not pages[-1])
        for page in pages
    ]
