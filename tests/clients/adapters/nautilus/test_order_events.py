"""Events of the account stream as order events; `test_execution` has those of a real venue."""

from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from exchange.wire.messages import Exec, Fill
from tests.clients.adapters.definitions import F27, G27, SPREAD
from tests.clients.adapters.nautilus.test_order_requests import made
from tests.clients.adapters.nautilus.test_providers import provider
from tests.clients.adapters.venue_scene import needs

pytestmark = needs("nautilus")
EXEC = Exec(1, 2, 3, 4, "new", F27.instrument, "mine", "open", "b", "limit", "gtc", 2810, 3, 3, 0, 0, 7)
FILL = Fill(1, 2, 3, 4, SPREAD.instrument, 7, "mine", 9, "s", 20, 2, 0, 2, 40, "taker", 2976, "filled")


class Client:
    """Notes what is generated."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []
        from nautilus_trader.model.identifiers import AccountId

        self.account_id = AccountId("GPUX-1")

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments, **named: self.calls.append((name, arguments, named))


@pytest.fixture
def client() -> Client:
    return Client()


def events(client: Client, order: Any) -> Any:
    from clients.adapters.nautilus.order_events import OrderEvents

    cache = SimpleNamespace(order=lambda name: order)
    clock = SimpleNamespace(timestamp_ns=lambda: 5)
    return OrderEvents(client, provider(F27, G27, SPREAD), cache, clock)


@pytest.mark.parametrize(
    ("changes", "call"),
    [
        ({}, "generate_order_accepted"),
        ({"event": "replaced"}, "generate_order_updated"),
        ({"event": "decremented"}, "generate_order_updated"),
        ({"event": "cancelled", "state": "cancelled"}, "generate_order_canceled"),
        ({"event": "cancelled", "state": "expired"}, "generate_order_expired"),
    ],
)
def test_changes_of_a_known_order(client: Client, changes: dict[str, str], call: str) -> None:
    events(client, made(price="2.810")).take_exec(replace(EXEC, **changes))
    assert [name for name, _, _ in client.calls] == [call]


def test_only_a_stop_limit_order_is_triggered(client: Client) -> None:
    triggered = replace(EXEC, event="triggered")
    events(client, made("stop_market", trigger_price="2.8")).take_exec(triggered)
    assert client.calls == []
    events(client, made("stop_limit", price="2.8", trigger_price="2.8")).take_exec(triggered)
    assert [name for name, _, _ in client.calls] == ["generate_order_triggered"]


def test_orders_of_others_are_reported_and_refusals_are_not(client: Client) -> None:
    others = events(client, None)
    others.take_exec(EXEC)
    others.take_exec(replace(EXEC, event="rejected"))
    others.take_exec(replace(EXEC, instrument=5))
    others.take_fill(replace(FILL, instrument=F27.instrument))
    assert [name for name, _, _ in client.calls] == ["_send_order_status_report", "_send_fill_report"]


def test_the_legs_of_a_sold_spread_have_opposite_sides_and_one_fee(client: Client) -> None:
    fill = replace(FILL, legs=[(F27.instrument, 2830), (G27.instrument, 2810)])
    events(client, made(price="0.020")).take_fill(fill)
    parts = [named for _, _, named in client.calls]
    assert [one["order_side"].name for one in parts] == ["SELL", "SELL", "BUY"]
    assert [str(one["last_px"]) for one in parts] == ["0.020", "2.830", "2.810"]
    assert [str(one["commission"]) for one in parts] == ["2.98 USD", "2.98 USD", "0.00 USD"]
    assert ["-LEG-" in one["venue_order_id"].value for one in parts] == [False, True, True]
