"""No order better than the price of an uncross is left, but at the edge of a collar (INV-012, AUC-014)."""

from typing import Any

from exchange.codes import Side
from exchange.reference.market import Market


def collar_edges(market: Market) -> dict[int, tuple[int, int]]:
    """Edges of every book's collar now (AUC-014)."""
    edges = {}
    for index, guard in market.guards.items():
        if guard.collar_ticks:
            around = market.last_tick_or_settle(index)
            edges[index] = around - guard.collar_ticks, around + guard.collar_ticks
    return edges


def check_left(unx: Any, left: list[Any], edges: dict[int, tuple[int, int]]) -> None:
    """INV-012: strictly better orders fill in full; at the edge of a collar those of the side with fewer lots do."""
    low, high = edges.get(unx.instrument, (unx.price, unx.price))
    assert unx.instrument not in edges or low <= unx.price <= high, "no uncross outside its collar (AUC-014)"
    for order in left:
        better = order.price > unx.price if order.side == Side.BUY else order.price < unx.price
        more = unx.leaves_lots > 0 if order.side == Side.BUY else unx.leaves_lots < 0
        at_edge = unx.instrument in edges and unx.price in (low, high)
        assert not better or (more and at_edge), "strictly better orders fill in full (INV-012)"
