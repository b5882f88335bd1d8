"""Cancel/replace of an order that rests: what keeps its place, what loses it, what it may do then (REPL-)."""

import pytest

from tests.played import play


@pytest.mark.rule("REPL-001", "ICE-005")
@pytest.mark.parametrize(
    ("change", "answer"),
    [
        ("5@99", "RPL a keep"),
        ("2@99", "RPL a keep"),
        ("6@99", "RPL a lose; RST a 6@99"),
        ("5@98", "RPL a lose; RST a 5@98"),
        ("5@99 disp=2", "RPL a lose; RST a 2@99 hid=3"),
    ],
    ids=["nothing", "fewer lots", "more lots", "another price", "another display"],
)
def test_an_order_keeps_its_place_as_long_as_it_asks_for_no_more(change: str, answer: str) -> None:
    market = play(f"R a {change}; N t S1@95", "a B5@99; b B5@99")
    assert market.text.startswith(answer)
    first = "a" if "keep" in answer else "b"
    assert f"TRD {first} t 1@99" in market.events


@pytest.mark.rule("REPL-005")
def test_a_replace_that_crosses_trades_and_rests_what_is_left() -> None:
    assert play("R a 3@101", "a B5@99; x S1@101").text == "RPL a lose; TRD x a 1@101; RST a 2@101"


@pytest.mark.rule("REPL-002", "REPL-003")
def test_a_total_that_has_been_executed_ends_the_order() -> None:
    market = play("R a 3@99; R a 3@99", "a B5@99; x S3@99")
    assert market.text == "RPL a; CXL a 2 IFM; RREJ a UNKNOWN"


@pytest.mark.rule("REPL-004", "ORDER-004")
@pytest.mark.parametrize(
    ("change", "reason"), [("0@99", "BAD_QTY"), ("5@115", "BAND"), ("7@97", "OFF_TICK"), ("11@95", "BAD_LOT")]
)
def test_what_a_new_order_may_not_ask_for_a_replace_may_not_either(change: str, reason: str) -> None:
    market = play(f"R a {change}", "a B5@95", "band=10 tick=5 maxlot=10 ref=100")
    assert market.text == f"RREJ a {reason}"
    assert market.order("a").price == 95 and market.order("a").leaves_lots == 5


@pytest.mark.rule("ICE-005")
def test_what_nobody_sees_goes_first_when_an_iceberg_shrinks() -> None:
    market = play("R a 5@99 disp=3; R a 2@99 disp=3", "a B9@99 disp=3")
    assert market.text == "RPL a keep; RPL a keep"
    assert (market.order("a").shown_lots, market.order("a").leaves_lots) == (2, 2)
