"""No book that trades is crossed, going by a ledger's orders."""

from collections.abc import Iterable
from typing import Any

from exchange.codes import MarketState, Side
from exchange.reference.market import Market


def check_not_crossed(orders: Iterable[Any], market: Market) -> None:
    """INV-003."""
    best: dict[tuple[int, int], int] = {}
    for order in orders:
        if order.stamp:
            key = (order.book, order.side)
            better = max if order.side == Side.BUY else min
            best[key] = better(order.price, best.get(key, order.price))
    for (index, side), price in best.items():
        if side == Side.BUY and market.market_state(index) == MarketState.OPEN:
            ask = best.get((index, Side.SELL), price + 1)
            assert price < ask, f"book {index} is not crossed (INV-003)"
