"""Orders of the notation: every element becomes fields of a NEW."""

from typing import Any

import pytest

from exchange.codes import OrderType, PostOnly, SmpMode, TimeInForce
from exchange.units import NS_PER_S
from tests.conformance.reading import message, order


def fields_of(text: str) -> dict[str, Any]:
    """Fields of an order beyond those of `t B5@100`."""
    plain = order("t B5@100").fields
    return {name: value for name, value in order(f"t {text}").fields.items() if plain.get(name) != value}


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("B5@100", {}),
        ("M2 S3@90", {"instrument": 2, "side": 1, "lots": 3, "price": 90}),
        ("SP B1@-4", {"instrument": 3, "lots": 1, "price": -4}),
        ("B5@100 ioc", {"tif": TimeInForce.IOC}),
        ("B5@100 fok", {"tif": TimeInForce.FOK}),
        ("B5@100 gtc", {"tif": TimeInForce.GTC}),
        ("B5@100 gtd=7", {"tif": TimeInForce.GTD, "expiry_ns": 7 * NS_PER_S}),
        ("B5@100 po", {"post_only": PostOnly.REJECT}),
        ("B5@100 slide", {"post_only": PostOnly.SLIDE}),
        ("B5@100 slide po", {"post_only": PostOnly.SLIDE}),
        ("B5@100 disp=2 min=3 lmm=20", {"display_lots": 2, "minimum_lots": 3}),
        ("B5@108 stop=104", {"price": 108, "trigger": 104, "order_type": OrderType.STOP_LIMIT}),
        ("B5@100 tag=x", {"tag": ord("x")}),
    ],
)
def test_elements_of_an_order_become_fields_of_its_command(text: str, fields: dict[str, int]) -> None:
    assert fields_of(text) == fields


@pytest.mark.parametrize(
    ("text", "order_type"),
    [
        ("B1@mkt", OrderType.MARKET),
        ("B1@mlm", OrderType.MARKET_TO_LIMIT),
        ("B1 stop=-4", OrderType.STOP),
        ("B1@mkt stop=-4", OrderType.STOP),
    ],
)
def test_orders_without_a_limit_name_their_type(text: str, order_type: OrderType) -> None:
    found = order(f"t {text}").fields
    assert found["order_type"] == order_type
    assert "price" not in found


def test_equal_self_match_keys_are_equal_numbers() -> None:
    first, again, other = (order(f"t B1@1 smp={key}").fields for key in ("Z", "Z:DC", "Y:CA"))
    assert first["smp_id"] == again["smp_id"] != other["smp_id"]
    assert 0 not in (first["smp_id"], other["smp_id"])
    assert [found["smp_mode"] for found in (first, again, other)] == [
        SmpMode.CANCEL_RESTING,
        SmpMode.DECREMENT,
        SmpMode.CANCEL_AGGRESSOR,
    ]


def test_accounts_and_sessions_keep_their_names() -> None:
    found = order("t B1@1 acct=P sess=1")
    assert (found.target, found.account, found.session) == ("t", "P", "1")
    assert message("N t B1@1").account == "a"
