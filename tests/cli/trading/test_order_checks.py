"""What is refused before anything is sent."""

import pytest

from exchange.cli.trading import order_checks
from exchange.cli.trading.order_checks import OrderText
from exchange.errors import UserError
from tests.clients.stub_session import instrument

ROW = instrument(1, "H100.G90.H27", min_inc=5, min_q=1, max_q=100, limit=[2_000, 3_000])
SPREAD = instrument(2, "H100.G90.H27-J27", min_inc=5, combo="calendar", limit=[-500, 500])
PLAIN = OrderText("b", 10, "H100.G90.H27", "2.810")


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"price": ""}, "needs PRICE"),
        ({"order_type": "stop"}, "--trigger"),
        ({"trigger": "2.9"}, "--trigger"),
        ({"tif": "gtd"}, "--till"),
        ({"till": "2026-12-01"}, "--till"),
        ({"post_only": True, "slide": True}, "give one of them"),
        ({"post_only": True, "tif": "fok"}, "not with --tif ioc or fok"),
        ({"slide": True, "order_type": "mtl"}, "are for limit orders that rest"),
        ({"show": 2, "tif": "ioc"}, "--show"),
        ({"client_id": "1234"}, "--id 1234 has only digits"),
        ({"tag": "123456789"}, "--tag '123456789' is not 1 to 8 characters"),
    ],
)
def test_words_that_do_not_go_together_are_named(changed: dict[str, object], named: str) -> None:
    order_checks.check_words(PLAIN)
    with pytest.raises(UserError, match=named):
        order_checks.check_words(PLAIN._replace(**changed))


def test_a_market_order_needs_no_price() -> None:
    order_checks.check_words(PLAIN._replace(price="", order_type="market"))


def test_a_price_between_increments_names_its_neighbours() -> None:
    assert order_checks.tick_of("PRICE", "2.810", ROW) == 2_810
    with pytest.raises(UserError, match=r"PRICE 2\.812 is off the tick .* 0\.005: the nearest are 2\.810 and 2\.815"):
        order_checks.tick_of("PRICE", "2.812", ROW)
    with pytest.raises(UserError, match=r"nearest are -0\.015 and -0\.010"):
        order_checks.tick_of("PRICE", "-0.012", SPREAD)
    for text in ("0", "-0.005"):
        with pytest.raises(UserError, match=f"PRICE {text} is not in 0.001 to "):
            order_checks.tick_of("PRICE", text, ROW)
    with pytest.raises(UserError, match="is not in"):
        order_checks.tick_of("PRICE", "9999999.000", ROW)


def test_lots_are_those_of_the_instrument() -> None:
    order_checks.check_lots("LOTS", 100, ROW)
    for lots in (0, -1, 101):
        with pytest.raises(UserError, match=rf"LOTS {lots} not in 1\.\.100"):
            order_checks.check_lots("LOTS", lots, ROW)


def test_an_instrument_without_resting_orders_wants_an_immediate_one() -> None:
    immediate = instrument(1, "A", ioc_only=True)
    order_checks.check_rests("ioc", immediate)
    order_checks.check_rests("day", ROW)
    with pytest.raises(UserError, match="takes immediate orders only"):
        order_checks.check_rests("day", immediate)


def test_a_price_outside_the_limits_of_the_day_is_said() -> None:
    assert [order_checks.outside_limits(tick, ROW) for tick in (2_000, 3_000)] == ["", ""]
    assert "2.000 to 3.000" in order_checks.outside_limits(3_005, ROW)
    assert order_checks.outside_limits(1_995, ROW)


def test_times_are_utc_unless_they_say_otherwise() -> None:
    assert order_checks.time_us("1970-01-02") == 86_400_000_000
    assert order_checks.time_us("1970-01-01T02:00+01:00") == 3_600_000_000
