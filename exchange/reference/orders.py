"""Steps in the life of an order: accepted, resting, refreshed, cancelled, ended. Each emits its event."""

from typing import Any

from exchange.codes import CancelReason, EventFlag, EventKind, MarketState, OrderState
from exchange.reference.book import STAMPS, Order, signed
from exchange.reference.market import Market


def accept(market: Market, order: Order, **fields: Any) -> None:
    """Accept an order: from now on it is live and its id is taken (ORDER_ACCEPTED)."""
    market.ids.take()
    market.entries += 1
    market.orders[order.order_id] = order
    market.order_event(EventKind.ORDER_ACCEPTED, order, reference=market.command.request_id, **fields)
    order.stamp = next(STAMPS)


def rest(market: Market, order: Order) -> None:
    """Let an order rest at the back of its price level (MATCH-004), or park it outside the daily limits (BAND-004)."""
    book, instrument = market.books[order.instrument], market.clearing.instruments[order.instrument]
    if not instrument.low_tick <= order.price <= instrument.high_tick:
        order.shown_lots = 0
        market.order_event(EventKind.ORDER_RESTED, order, shown_lots=0, in_stream=False)
        return
    best = book.best(order.side)
    if best is None or signed(order.side) * (order.price - best.price) > 0:
        # PRO-002: the order betters its side; it becomes TOP only in OPEN.
        book.top[order.side] = order if market.market_state(order.instrument) == MarketState.OPEN else None
    book.rest(order)
    level = book.level_lots(order.side, order.price)
    market.order_event(
        EventKind.ORDER_RESTED, order, shown_lots=order.shown_lots, level_lots=level,
        hidden_lots=order.leaves_lots - order.shown_lots, in_stream=False,
    )  # fmt: skip


def lose_priority(market: Market, order: Order) -> None:
    """Take an order out of its queue because it loses priority (REPL-001); it is no longer TOP (PRO-002)."""
    book = market.books[order.instrument]
    if order.resting:
        book.remove(order)
    order.stamp = next(STAMPS)
    book.top = [None if top is order else top for top in book.top]


def refresh(market: Market, order: Order) -> None:
    """Show the next slice of an iceberg, at the back of its price level (ICE-002)."""
    book = market.books[order.instrument]
    book.remove(order)
    book.rest(order)
    market.order_event(
        EventKind.ICEBERG_REFRESHED, order, shown_lots=order.shown_lots,
        hidden_lots=order.leaves_lots - order.shown_lots, level_lots=book.level_lots(order.side, order.price),
    )  # fmt: skip


def cancel_order(market: Market, order: Order, reason: CancelReason, reference: int = 0) -> None:
    """Cancel what is left of an order; the order ends. `reference`: id of the request that asked for it, 0: none."""
    lots, rested, book = order.leaves_lots, order.resting, market.books[order.instrument]
    if rested:
        book.remove(order)
    order.leaves_lots, order.pending = 0, False
    level = book.level_lots(order.side, order.price)
    state = OrderState.EXPIRED if reason == CancelReason.EXPIRED else OrderState.CANCELLED
    market.order_event(
        EventKind.ORDER_CANCELLED, order, cancel_reason=reason, lots=lots, state=state, reference=reference,
        flags=0 if rested else EventFlag.NEVER_RESTED, level_lots=level if rested else 0,
    )  # fmt: skip
    end_order(market, order)


def end_order(market: Market, order: Order) -> None:
    """End an order: it is no longer live, and its id is free (WIRE-012)."""
    del market.orders[order.order_id]
    if order in market.elected:
        market.elected.remove(order)
    market.ids.release(order.order_id)
