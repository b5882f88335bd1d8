"""Stops: their limit, election, and injection as limit orders (STOP-001 to STOP-010).

Waiting stops have no structure of their own: each question looks at all orders.
"""

from exchange.codes import EventKind, MarketState
from exchange.reference.book import STAMPS, Order, signed
from exchange.reference.day_prices import worst_price
from exchange.reference.market import Market


def is_elected_by(order: Order, price: int) -> bool:
    """STOP-001: whether a price elects a stop: at its trigger or above for a buy, at it or below for a sell."""
    return signed(order.side) * price >= signed(order.side) * order.trigger


def is_elected_now(market: Market, order: Order) -> bool:
    """STOP-002: whether the last price elects a stop, and its market is OPEN."""
    last = market.books[order.instrument].last_tick
    is_open = market.market_state(order.instrument) == MarketState.OPEN
    return is_open and last is not None and is_elected_by(order, last)


def waiting_stops(market: Market, index: int) -> list[Order]:
    """Stops of a book that are not elected, oldest first."""
    return [
        order
        for order in market.orders.values()
        if order.pending and order.instrument == index and order not in market.elected
    ]


def elect(market: Market, index: int, price: int, origin: int | None) -> None:
    """STOP-004, STOP-005: elect the stops of a book that a price triggers; election is final.

    Stops whose trigger is nearest to `origin`, the last price before, come first, then older ones.
    """

    def distance(order: Order) -> int:
        return 0 if origin is None else abs(order.trigger - origin)

    found = [order for order in waiting_stops(market, index) if is_elected_by(order, price)]
    market.elected += sorted(found, key=lambda order: (distance(order), order.stamp))


def elect_if_true(market: Market, order: Order) -> None:
    """STOP-002, REPL-007: elect a stop at once if the last price triggers it and its market is OPEN."""
    if is_elected_now(market, order):
        market.elected.append(order)


def inject(market: Market, order: Order) -> None:
    """Turn a stop into a limit order with new time priority (STOP-006). It is not matched here."""
    if order in market.elected:
        market.elected.remove(order)
    order.price = injection_price(market, order)
    order.pending = False
    order.stamp = next(STAMPS)
    market.order_event(EventKind.STOP_TRIGGERED, order, working_lots=order.leaves_lots)


# --- limits


def injection_price(market: Market, order: Order) -> int:
    """STOP-009: the limit of an injected stop: its own, capped by band and daily limits, on an increment."""
    instrument, sign = market.clearing.instruments[order.instrument], signed(order.side)
    worst = worst_price(market, order.instrument, order.side)
    price = min(sign * order.price, sign * worst) * sign
    while price % instrument.min_inc:
        price -= sign
    inside = max(instrument.low_tick, min(price, instrument.high_tick))
    return (
        min(sign * inside, sign * order.price) * sign
    )  # a passive limit outside the daily limits stays and is parked (BAND-004)


def protected_limit(market: Market, index: int, side: int, trigger: int, price: int | None) -> int:
    """STOP-003: the limit of a plain stop: trigger plus protection points, tightened by `price` if that is given."""
    instrument, sign = market.clearing.instruments[index], signed(side)
    limit = trigger + sign * instrument.protection_ticks
    while limit % instrument.min_inc:
        limit -= sign
    return limit if price is None else min(sign * limit, sign * price) * sign
