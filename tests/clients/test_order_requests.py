"""Requests about one order, as they go over the wire."""

import json
from decimal import Decimal

import pytest
from msgspec import convert

from clients.order_requests import cancellation, new_order, replacement, ticks_of
from clients.orders import Order
from exchange.wire.codec import CODECS
from exchange.wire.messages import InstrumentDefinition, Request
from exchange.wire.version import JSON_SUBPROTOCOL
from tests.clients.scripted_venue import H27, INSTRUMENT

MONTH = convert(INSTRUMENT, InstrumentDefinition)


def wire(request: Request) -> dict[str, object]:
    return json.loads(CODECS[JSON_SUBPROTOCOL].encode(request))


def order(coid: str = "a1") -> Order:
    made = Order(7, coid, H27, "b")
    made.order_id = 90071
    return made


def test_a_stop_has_every_term_of_the_protocol_text() -> None:
    request = new_order(
        "st-1", "s", MONTH, 5, price_tick=2790, order_type="stop_limit", trigger_tick=2800, tif="gtd",
        till_us=1800273600000000, self_match="ca", cancel_on_disconnect=False, tag="hedge", revision=3,
        expires_us=1799668805000000, account=7,
    )  # fmt: skip
    text = (
        '{"t":"new","id":1,"acc":7,"i":34734166,"side":"s","typ":"stop_limit","trg":2800,"px":2790,"q":5,"tif":"gtd",'
        '"till":1800273600000000,"coid":"st-1","smp":"ca","cod":false,"tag":"hedge","rev":3,"exp":1799668805000000}'
    )
    assert wire(request) == json.loads(text)


def test_a_stop_may_ask_not_to_be_elected_at_once() -> None:
    stop = new_order("st-2", "s", MONTH, 5, order_type="stop", trigger_tick=2800, reject_if_elected=True)
    assert wire(stop)["rie"] is True


def test_a_price_is_needed_by_a_limit_alone() -> None:
    assert "px" not in wire(new_order("m", "b", MONTH, 5, order_type="market"))
    assert wire(new_order("m", "b", MONTH, 5, "2.850", order_type="market"))["px"] == 2850
    with pytest.raises(TypeError):
        new_order("l", "b", MONTH, 5)


@pytest.mark.rule("ENTRY-010")
def test_a_replacement_says_only_what_changes() -> None:
    head = {"t": "replace", "id": 1, "acc": 7, "coid": "a1"}
    assert wire(replacement(order(), trigger_tick=2795)) == head | {"trg": 2795}
    assert wire(replacement(order(), 15, "2.844")) == head | {"q": 15, "px": 2844}
    assert wire(replacement(order(), display_lots=5, tif="gtd", till_us=9, tag="x")) == head | {
        "disp": 5, "tif": "gtd", "till": 9, "tag": "x",
    }  # fmt: skip


def test_a_quotes_side_is_cancelled_by_the_venues_id() -> None:
    assert wire(cancellation(order())) == {"t": "cancel", "id": 1, "acc": 7, "coid": "a1"}
    assert wire(cancellation(order(""))) == {"t": "cancel", "id": 1, "acc": 7, "oid": 90071}


def test_prices_are_text_decimal_or_ticks() -> None:
    assert ticks_of("2.845", None) == ticks_of(Decimal("2.845"), None) == ticks_of(None, 2845) == 2845
    for price, price_tick in ((2.845, None), (None, None), ("2.845", 2845)):
        with pytest.raises(TypeError, match="text or Decimal"):
            ticks_of(price, price_tick)  # type: ignore[arg-type]
