"""Orders of NautilusTrader as requests."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests.clients.adapters.definitions import F27
from tests.clients.adapters.venue_scene import needs

pytestmark = needs("nautilus")


def made(kind: str = "limit", **terms: Any) -> Any:
    from nautilus_trader.common.component import TestClock
    from nautilus_trader.common.factories import OrderFactory
    from nautilus_trader.model.enums import OrderSide
    from nautilus_trader.model.identifiers import InstrumentId, StrategyId, TraderId
    from nautilus_trader.model.objects import Price, Quantity

    for name in ("price", "trigger_price"):
        if name in terms:
            terms[name] = Price.from_str(terms[name])
    factory = OrderFactory(TraderId("T-001"), StrategyId("S-001"), TestClock())
    side = OrderSide[terms.pop("side", "BUY")]
    name = InstrumentId.from_str(f"{F27.symbol}.GPUX")
    return getattr(factory, kind)(name, side, Quantity.from_int(terms.pop("lots", 3)), **terms)


def enum(kind: str, word: str) -> Any:
    from nautilus_trader.model import enums

    return getattr(enums, kind)[word]


def test_a_limit_order_keeps_its_terms() -> None:
    from clients.adapters.nautilus.order_requests import new_of, why_denied

    order = made(price="2.845", time_in_force=enum("TimeInForce", "DAY"), post_only=True, side="SELL")
    request = new_of(order, F27)
    assert not why_denied(order)
    assert (request.side, request.order_lots, request.price_tick) == ("s", 3, 2845)
    assert (request.order_type, request.tif, request.post_only) == ("limit", "day", "reject")
    assert len(request.client_order_id) <= 24


def test_a_market_order_does_not_rest() -> None:
    from clients.adapters.nautilus.order_requests import new_of

    tifs = [new_of(made("market", time_in_force=enum("TimeInForce", word)), F27).tif for word in ("GTC", "IOC", "FOK")]
    assert tifs == ["ioc", "ioc", "fok"]


def test_stops_have_their_triggers() -> None:
    from clients.adapters.nautilus.order_requests import new_of

    stop = new_of(made("stop_market", trigger_price="2.9"), F27)
    limited = new_of(made("stop_limit", price="2.91", trigger_price="2.9"), F27)
    assert (stop.order_type, stop.trigger_tick) == ("stop", 2900)
    assert (limited.order_type, limited.trigger_tick, limited.price_tick) == ("stop_limit", 2900, 2910)


@pytest.mark.parametrize(
    ("kind", "terms", "text"),
    [
        ("limit", {"price": "2.8", "reduce_only": True}, "no reduce-only orders"),
        ("limit", {"price": "2.8", "time_in_force": "AT_THE_OPEN"}, "no time in force AT_THE_OPEN"),
        ("market_if_touched", {"trigger_price": "2.8"}, "no MARKET_IF_TOUCHED orders"),
        ("stop_market", {"trigger_price": "2.8", "trigger_type": "BID_ASK"}, "trigger at the last price"),
    ],
)
def test_what_the_venue_has_not_is_denied(kind: str, terms: dict[str, Any], text: str) -> None:
    from clients.adapters.nautilus.order_requests import why_denied

    for name, kind_of in (("time_in_force", "TimeInForce"), ("trigger_type", "TriggerType")):
        if name in terms:
            terms = terms | {name: enum(kind_of, terms[name])}
    assert text in why_denied(made(kind, **terms))


def test_a_reduce_only_order_that_closes_and_never_rests_is_sent() -> None:
    from clients.adapters.nautilus.order_requests import why_denied

    closing = made("market", reduce_only=True)
    assert not why_denied(closing, closes=True) and "reduce-only" in why_denied(closing)
    assert "reduce-only" in why_denied(made(price="2.8", reduce_only=True), closes=True)


def test_orders_are_named_by_the_id_that_is_known() -> None:
    from nautilus_trader.model.identifiers import ClientOrderId, VenueOrderId
    from nautilus_trader.model.objects import Price

    from clients.adapters.nautilus.order_requests import cancel_of, replace_of

    name = ClientOrderId("mine")
    command = SimpleNamespace(client_order_id=name, venue_order_id=None)
    assert cancel_of(command).client_order_id == "mine"
    command = SimpleNamespace(
        client_order_id=name, venue_order_id=VenueOrderId("7"), quantity=None, price=Price.from_str("2.8"),
        trigger_price=None,
    )  # fmt: skip
    request = replace_of(command)
    assert (request.order_id, request.client_order_id, request.price_tick) == (7, "", 2800)
