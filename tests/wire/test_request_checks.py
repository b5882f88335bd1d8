"""Faults of an order request by itself are named with the field and what is allowed."""

from typing import NamedTuple

import pytest

from exchange.wire.errors import ErrorCode
from exchange.wire.messages import New, Replace
from exchange.wire.request_checks import check_new, check_replace, scope_fault


class Terms(NamedTuple):
    """A listed instrument."""

    low_tick: int
    revision: int


LISTED = Terms(1, 0)


@pytest.mark.rule("ORDER-001", "WIRE-020")
@pytest.mark.parametrize("lots", [0, 10_001, 2**31 - 1])
@pytest.mark.parametrize(
    ("kind", "field", "key"),
    [
        ("new", "order_lots", "q"),
        ("new", "display_lots", "disp"),
        ("new", "minimum_lots", "minq"),
        ("replace", "order_lots", "q"),
        ("replace", "display_lots", "disp"),
    ],
)
def test_lots_that_no_instrument_takes_are_refused_with_their_range(kind: str, field: str, key: str, lots: int) -> None:
    if kind == "new":
        fields = {"order_lots": 5, field: lots}
        message = New(request_id=4, instrument=9, side="b", price_tick=5, client_order_id="a", **fields)
        refusal = check_new(message, LISTED)
    else:
        refusal = check_replace(Replace(request_id=4, order_id=99, **{field: lots}))
    assert refusal is not None and refusal.name == "LOTS_RANGE"
    assert refusal.message == f"{key} {lots} is not in 1..10000 (field {key})"


def test_spread_may_have_a_price_of_zero_or_below_and_an_outright_may_not() -> None:
    message = New(request_id=4, instrument=9, side="b", price_tick=-5, order_lots=1, client_order_id="a")
    assert check_new(message, Terms(-(2**31), 0)) is None
    refusal = check_new(message, LISTED)
    assert refusal is not None and refusal.message.startswith("OUT_OF_RANGE")


def test_revision_that_is_not_in_force_is_stale() -> None:
    message = New(request_id=4, instrument=9, side="b", price_tick=5, order_lots=1, client_order_id="a", revision=3)
    assert check_new(message, Terms(1, 3)) is None
    refusal = check_new(message, Terms(1, 4))
    assert refusal is not None and refusal.name == "STALE_REV"


def test_a_request_that_the_key_does_not_allow_names_what_is_missing() -> None:
    text = "the key has scope cancel, read: orders need trade, cancels trade or cancel"
    assert scope_fault(7, False, ("read", "cancel")) == (ErrorCode.SCOPE, text)
    assert scope_fault(9, True, ("trade",)) == (ErrorCode.SCOPE, "acc 9 is not of this key")
    assert scope_fault(0, True, ("trade",))[0] == ErrorCode.UNKNOWN_ACCOUNT
