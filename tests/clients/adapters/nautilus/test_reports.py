"""Reports of orders, fills and positions."""

from decimal import Decimal
from typing import Any

import pytest

from exchange.wire.messages import Fill, OrderView, PositionView
from exchange.wire.words import LIQUIDITIES, ORDER_STATES, ORDER_TYPES, TIFS
from tests.clients.adapters.definitions import F27
from tests.clients.adapters.venue_scene import needs

pytestmark = needs("nautilus")
ORDER: dict[str, Any] = {
    "instrument": F27.instrument, "order_id": 7, "client_order_id": "mine", "state": "open", "side": "b",
    "order_type": "limit", "tif": "gtc", "price_tick": 2810, "order_lots": 10, "leaves_lots": 10, "filled_lots": 0,
    "value_tick_lots": 0,
}  # fmt: skip


def report(**changes: Any) -> Any:
    from nautilus_trader.model.identifiers import AccountId, InstrumentId

    from clients.adapters.nautilus.reports import order_report

    name = InstrumentId.from_str(f"{F27.symbol}.GPUX")
    return order_report(OrderView(**(ORDER | changes)), name, AccountId("GPUX-1"), 5)


def test_every_word_of_an_order_has_a_meaning() -> None:
    from clients.adapters.nautilus.reports import SIDE_OF, STATUS_OF, TIF_OF, TYPE_OF

    assert set(TYPE_OF) == set(ORDER_TYPES) and set(TIF_OF) == set(TIFS)
    assert set(STATUS_OF) == set(ORDER_STATES) - {""} and set(SIDE_OF) == {"b", "s"}
    assert {"maker", "taker"} < set(LIQUIDITIES)


def test_a_working_order_is_accepted_until_a_part_has_traded() -> None:
    assert report().order_status.name == "ACCEPTED" and report().avg_px is None
    partial = report(filled_lots=4, leaves_lots=6, value_tick_lots=4 * 2809)
    assert (partial.order_status.name, int(partial.filled_qty)) == ("PARTIALLY_FILLED", 4)
    assert partial.avg_px == Decimal("2.809")


@pytest.mark.parametrize("kind", ["market", "stop"])
def test_an_order_without_a_limit_has_no_price(kind: str) -> None:
    assert report(order_type=kind, price_tick=0).price is None


def test_a_quote_of_another_program_has_no_client_order_id() -> None:
    assert report(client_order_id="", order_type="quote").client_order_id is None


def test_two_fills_of_a_trade_have_ids_of_their_own() -> None:
    from nautilus_trader.model.identifiers import AccountId, InstrumentId

    from clients.adapters.nautilus.reports import fill_report

    name = InstrumentId.from_str(f"{F27.symbol}.GPUX")
    fills = [
        Fill(1, 2, 3, 4, F27.instrument, order, "mine", 9, side, 2811, 2, 0, 2, 5622, kind, 2976, "filled")
        for order, side, kind in ((7, "b", "taker"), (8, "s", "auction"))
    ]
    made = [fill_report(fill, name, AccountId("GPUX-1"), "USD", 5) for fill in fills]
    assert len({one.trade_id.value for one in made}) == 2
    assert [one.liquidity_side.name for one in made] == ["TAKER", "NO_LIQUIDITY_SIDE"]
    assert (str(made[0].commission), made[0].ts_event) == ("2.98 USD", 4_000)


def test_a_short_position_has_a_positive_price() -> None:
    from nautilus_trader.model.identifiers import AccountId, InstrumentId

    from clients.adapters.nautilus.reports import position_report

    name = InstrumentId.from_str(f"{F27.symbol}.GPUX")
    held = position_report(PositionView(F27.instrument, -3, -3 * 2810, 2800, 0), name, AccountId("GPUX-1"), 5)
    assert (held.position_side.name, int(held.quantity), held.avg_px_open) == ("SHORT", 3, Decimal("2.81"))
