"""Account snapshots and parts of the replies to `query`, from the engine's state after its last applied command.

    for page in snapshot(engine.states, table, account): ...      # SESS-006: all pages but the last say `more`
    order_view(table, row); position_views(...); margin_view(...) # parts of the replies to `query`
    what_if_view(engine.states, table, WhatIf(), account, query)  # `margin` with hypothetical orders and lots

The caller must not send them before that command is durable.
"""

import numpy as np

from exchange.codes import ComboKind, RejectReason
from exchange.engine import query
from exchange.engine.calls.requirement import FullMargin, held_lots, margin_by_commodity
from exchange.engine.calls.what_if import HypotheticalOrder, OrderOutcome, WhatIf
from exchange.engine.order_rows import OrderRow
from exchange.engine.query import MAINTENANCE_BP
from exchange.publish.instruments import InstrumentTable, commodity_of
from exchange.publish.message_makers import split_gain
from exchange.units import NS_PER_US, POSITION_LOTS_MAX, PRICE_MAX, share_ceil
from exchange.wire.errors import ErrorCode, error, reason_code, reason_text
from exchange.wire.messages import (
    AccountSnapshot,
    Err,
    MarginPart,
    MarginTotal,
    MarginView,
    OrderView,
    PositionView,
    Query,
    WhatIfOrder,
    WhatIfResult,
)
from exchange.wire.table import CURRENCY
from exchange.wire.words import ORDER_STATES, ORDER_TYPES, SIDES, TIFS

PAGE_ORDERS = 2_000  # about 0.5 MiB of JSON: below the server's frame limit (WIRE-003)
SPREADS = (ComboKind.CALENDAR, ComboKind.TIER)  # whose prices may be negative (SPEC-004)


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
    """Equity, full margin of the last run, margin held and free margin of an account, in mills."""
    row = query.margin(states, account)
    return _view(row, row.required_mills)


def _view(row: query.MarginRow, required_mills: int) -> MarginView:
    hold = row.initial_mills
    maintenance = share_ceil(hold, MAINTENANCE_BP)
    return MarginView(CURRENCY, row.equity_mills, hold, maintenance, row.free_margin_mills, hold, required_mills)


def timer_until_us(states: np.ndarray, account: int) -> int:
    """When the dead-man timer of an account fires, us since 1970; 0: it is not armed (SESS-022)."""
    return int(states["accounts"]["timer_ns"][0, account]) // NS_PER_US


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
    until_us = timer_until_us(states, account) or None
    pages = [orders[start : start + PAGE_ORDERS] for start in range(0, max(len(orders), 1), PAGE_ORDERS)]
    return [
        AccountSnapshot(*head, page, positions if page is pages[-1] else [], margin, page is not pages[-1], until_us)
        for page in pages
    ]


def what_if_view(
    states: np.ndarray, table: InstrumentTable, what_if: WhatIf, account: int, asked: Query
) -> MarginView | Err:
    """The margin of an account with the orders and lots of a `query` on top, or why a row of these is refused.

    Without any it is `margin_view`, and what the positions require. Rule MARGIN-018.
    """
    refusal = _refuse_rows(states, table, account, asked)
    if refusal is not None:
        return refusal
    more = [(table.index_of(instrument), lots) for instrument, lots in asked.positions]
    orders = [
        HypotheticalOrder(table.index_of(order.instrument), SIDES.index(order.side), order.price_tick, order.order_lots)
        for order in asked.orders
    ]
    outlook = what_if.ask(states, account, more, orders)
    parts, total = margin_by_commodity(states[0], account, more)
    view = _view(outlook.money, total.total)
    view.parts = [MarginPart(commodity_name(states, table, number), *part[:-1]) for number, part in parts.items()]
    view.total = _total_view(total)
    view.results = [_result_of(outcome) for outcome in outlook.outcomes]
    return view


def _total_view(total: FullMargin) -> MarginTotal:
    return MarginTotal(*total, total.total, share_ceil(total.total, MAINTENANCE_BP))


def _result_of(outcome: OrderOutcome) -> WhatIfResult:
    result = WhatIfResult(outcome.needed_mills, outcome.free_margin_mills, outcome.only_closes)
    if outcome.reason != RejectReason.NONE:
        code = reason_code(outcome.reason)
        result.code, result.name, result.message = int(code), code.name, reason_text(outcome.reason)
    return result


def commodity_name(states: np.ndarray, table: InstrumentTable, commodity: int) -> str:
    """Name of a commodity by its number."""
    books = states["books"][0][: int(states["books_listed"][0]) + 1]
    ours = (books["commodity"] == commodity) & (books["combo"] == ComboKind.OUTRIGHT)
    return commodity_of(table.row(int(np.flatnonzero(ours)[0])))


def _refuse_rows(states: np.ndarray, table: InstrumentTable, account: int, asked: Query) -> Err | None:
    """Refuse the first row that names no listed instrument, or whose price or lots no order or position may have."""
    for place, (instrument, _) in enumerate(asked.positions):
        if not table.index_of(instrument):
            return _unknown(asked, instrument, f"$.pos[{place}][0]")
    for place, order in enumerate(asked.orders):
        refusal = _refuse_order(states, table, account, asked, order, f"$.orders[{place}]")
        if refusal is not None:
            return refusal
    more = [(table.index_of(instrument), lots) for instrument, lots in asked.positions]
    for book, lots in held_lots(states[0], account, more).items():
        if abs(lots) > POSITION_LOTS_MAX:
            bounds = f"not in -{POSITION_LOTS_MAX}..{POSITION_LOTS_MAX}"
            text = f"a position of {lots} lots in {table.row(book).symbol} is {bounds} - at `$.pos`"
            return error(asked.request_id, ErrorCode.LOTS_RANGE, text)
    return None


def _refuse_order(
    states: np.ndarray, table: InstrumentTable, account: int, asked: Query, order: WhatIfOrder, path: str
) -> Err | None:
    index = table.index_of(order.instrument)
    if not index:
        return _unknown(asked, order.instrument, f"{path}.i")
    row, lots, tick = table.row(index), order.order_lots, order.price_tick
    most, step = _order_lots(states, account, index)
    if not 1 <= lots <= most or lots % step:
        text = f"lots {lots} not in {step}..{most}" + (f" by steps of {step}" if step > 1 else "") + f" - at `{path}.q`"
        return error(asked.request_id, ErrorCode.LOTS_RANGE, text)
    low = -PRICE_MAX if row.combo in SPREADS else 1
    if not low <= tick <= PRICE_MAX:
        text = f"price {tick} not in {low}..{PRICE_MAX} - at `{path}.px`"
        refusal = error(asked.request_id, ErrorCode.PRICE_BAND, text)
        refusal.low_tick, refusal.high_tick = low, PRICE_MAX
        return refusal
    if tick % row.min_inc:
        text = f"price {tick} is no multiple of {row.min_inc} - at `{path}.px`"
        return error(asked.request_id, ErrorCode.PRICE_INCREMENT, text)
    return None


def _order_lots(states: np.ndarray, account: int, index: int) -> tuple[int, int]:
    """(largest order, lot increment) of an account in a book."""
    books, accounts = states["books"][0], states["accounts"][0]
    most = min(books["order_lots_max"][index], accounts["order_lots_max"][account])
    return int(most), max(int(books["lot_inc"][index]), 1)


def _unknown(asked: Query, instrument: int, path: str) -> Err:
    return error(asked.request_id, ErrorCode.UNKNOWN_INSTRUMENT, f"no instrument {instrument} is listed - at `{path}`")
