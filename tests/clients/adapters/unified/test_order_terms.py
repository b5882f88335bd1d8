"""Arguments of ccxt's `create_order` as terms of an order."""

from typing import Any

import pytest

from clients.adapters.unified.order_terms import UNSUPPORTED, Unsupported, check_parameters, order_terms


def terms(kind: str = "limit", **params: Any) -> dict[str, Any]:
    return order_terms(kind, params, str)


def test_limit_orders_stay_and_market_orders_do_not_rest() -> None:
    assert terms() == {"order_type": "limit", "tif": "gtc"}
    assert terms("market") == {"order_type": "market", "tif": "ioc"}
    assert terms(timeInForce="day")["tif"] == "day"


def test_a_trigger_price_makes_a_stop_that_waits() -> None:
    assert terms("market", triggerPrice="2.9") == {"order_type": "stop", "tif": "gtc", "trigger_tick": 2900}
    assert terms("limit", stopLossPrice="2.9")["order_type"] == "stop_limit"


def test_post_only_has_two_spellings() -> None:
    assert terms(postOnly=True) == terms(timeInForce="PO") == {
        "order_type": "limit", "tif": "gtc", "post_only": "reject"
    }  # fmt: skip


def test_an_expiry_is_good_till_date() -> None:
    assert terms(till=1_798_146_000_000) == {"order_type": "limit", "tif": "gtd", "till_us": 1_798_146_000_000_000}


def test_display_minimum_and_tag_are_passed_on() -> None:
    found = terms(displayAmount=2, minAmount=1, tag="mine")
    assert (found["display_lots"], found["minimum_lots"], found["tag"]) == (2, 1, "mine")


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_what_the_venue_cannot_do_is_refused_with_a_reason(name: str) -> None:
    with pytest.raises(Unsupported, match=f"{name}: .*"):
        terms(**{name: 1})
    assert terms(**{name: False}) == terms()


def test_nothing_is_ignored() -> None:
    with pytest.raises(ValueError, match="'colour'"):
        check_parameters({"colour": "red"})
    with pytest.raises(ValueError, match="'GTX' not in GTC, IOC"):
        terms(timeInForce="GTX")
    with pytest.raises(Unsupported, match="'trailing' not in limit, market"):
        terms("trailing")
