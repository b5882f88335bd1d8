"""Life of an order: accepted, rests, shows its next slice, is cancelled, ends."""

from typing import Any

from exchange.codes import CancelReason, EventFlag, EventKind, MarketState, OrderState
from exchange.reference.book import STAMPS, Order, signed
from exchange.reference.market import Market


def accept(market: Market, order: Order, **fields: Any) -> None:
    """ACK: the order has its id and works."""
    market.ids.take()
    market.entries += 1
    market.orders[order.order_id] = order
    market.order_event(EventKind.ORDER_ACCEPTED, order, reference=market.command.request_id, **fields)
    order.stamp = next(STAMPS)


def rest(market: Market, order: Order) -> None:
    """RST: at the back of its price (MATCH-004), or parked outside the daily limits (BAND-004)."""
    book, instrument = market.books[order.instrument], market.clearing.instruments[order.instrument]
    if not instrument.low_tick <= order.price <= instrument.high_tick:
        order.shown_lots = 0
        market.order_event(EventKind.ORDER_RESTED, order, shown_lots=0, in_stream=False)
        return
    best = book.best(order.side)
    if best is None or signed(order.side) * (order.price - best.price) > 0:
        # PRO-002: it betters its side; only in OPEN it becomes TOP.
        book.top[order.side] = order if market.market_state(order.instrument) == MarketState.OPEN else None
    book.rest(order)
    level = book.level_lots(order.side, order.price)
    market.order_event(
        EventKind.ORDER_RESTED, order, shown_lots=order.shown_lots, level_lots=level,
        hidden_lots=order.leaves_lots - order.shown_lots, in_stream=False,
    )  # fmt: skip


def lose_turn(market: Market, order: Order) -> None:
    """Lose priority (REPL-001): the order leaves its queue, and is no longer TOP (PRO-002)."""
    book = market.books[order.instrument]
    if order.resting:
        book.remove(order)
    order.stamp = next(STAMPS)
    book.top = [None if top is order else top for top in book.top]


def refresh(market: Market, order: Order) -> None:
    """RFR: the next slice of an iceberg, at the back of its price (ICE-002)."""
    book = market.books[order.instrument]
    book.remove(order)
    book.rest(order)
    market.order_event(
        EventKind.ICEBERG_REFRESHED, order, shown_lots=order.shown_lots,
        hidden_lots=order.leaves_lots - order.shown_lots, level_lots=book.level_lots(order.side, order.price),
    )  # fmt: skip


def cancel_order(market: Market, order: Order, reason: CancelReason, reference: int = 0) -> None:
    """CXL: the remainder of an order leaves, and the order ends. `reference`: the request that asked for it."""
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
    """The order is terminal: its id is free (WIRE-012)."""
    del market.orders[order.order_id]
    if order in market.elected:
        market.elected.remove(order)
    market.ids.release(order.order_id)
