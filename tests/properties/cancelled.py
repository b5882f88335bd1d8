"""Orders that must be gone after a kill or a trip of market-maker protection (INV-026)."""

from collections.abc import Iterable
from typing import Any

from exchange.codes import MarketState, OrderType, Scope
from exchange.reference.market import Market
from tests.properties.entry import Entry


def check_killed(orders: Iterable[Entry], market: Market, kill: Any) -> None:
    """Nothing of the scope works outside CLOSED markets (KILL-003)."""
    scope = "session" if kill.scope == Scope.SESSION else "account"
    left = [order for order in orders if getattr(order, scope) == getattr(kill, scope)]
    assert all(market.market_state(order.book) == MarketState.CLOSED for order in left)


def check_pulled(market: Market, trip: Any) -> None:
    """No quote of a group that tripped works (MMP-002)."""
    for order in market.working(trip.account):
        pulled = order.order_type == OrderType.QUOTE and order.protection == trip.protection_number
        assert not pulled, "quotes of a tripped group are gone"
