"""A refusal has the figures of the venue's reply, and its text says what was found, what is allowed, what to do."""

import pytest

from clients.errors import Throttled
from clients.refusals.choice import refusal
from clients.refusals.kinds import (
    AccessRefused,
    BatchRefused,
    LotsRefused,
    MarginRefused,
    MarketClosed,
    OrderEnded,
    OrderIdTaken,
    PriceRefused,
    RateRefused,
    ReplayRefused,
)
from exchange.wire.errors import ErrorCode, error
from exchange.wire.messages import Cancel, Err, New, OrderView

ORDER = New(request_id=1, account=7, instrument=9, side="b", price_tick=9999, order_lots=7, client_order_id="a1")
VIEW = OrderView(9, 5, "a1", "open", "b", "limit", "day", 2845, 7, 7, 0, 0)


def reply(code: ErrorCode, **found: object) -> Err:
    made = error(3, code, "the reason")
    for name, value in found.items():
        setattr(made, name, value)
    return made


def test_a_price_comes_with_the_range_that_is_allowed() -> None:
    refused = refusal(reply(ErrorCode.PRICE_BAND, low_tick=2646, high_tick=3046), request=ORDER)
    assert isinstance(refused, PriceRefused) and (refused.low_tick, refused.high_tick) == (2646, 3046)
    assert str(refused) == (
        "PRICE_BAND: the reason (px 9999, allowed: 2646 to 3046 ticks, applied: no). Change the price."
    )


def test_a_figure_that_is_not_given_is_none_and_not_in_the_text() -> None:
    refused = refusal(reply(ErrorCode.PRICE_INCREMENT))
    assert isinstance(refused, PriceRefused) and refused.low_tick is None
    assert str(refused) == "PRICE_INCREMENT: the reason (applied: no). Change the price."


def test_margin_comes_with_what_is_needed_and_free() -> None:
    refused = refusal(reply(ErrorCode.MARGIN, need_mills=900, free_margin_mills=20))
    assert isinstance(refused, MarginRefused) and (refused.need_mills, refused.free_mills) == (900, 20)
    assert "needs 900 mills, free 20" in str(refused)


def test_a_throttled_request_is_caught_with_the_client_s_own() -> None:
    refused = refusal(reply(ErrorCode.THROTTLED, retry_us=5000, limit_left=("order", 0)))
    assert isinstance(refused, RateRefused) and isinstance(refused, Throttled)
    assert (refused.retry_us, refused.wait_s, refused.bucket) == (5000, 0.005, "order")
    assert "wait 0.005 s" in str(refused)


def test_an_ended_order_says_how_it_ended() -> None:
    request = Cancel(request_id=3, client_order_id="a1")
    refused = refusal(reply(ErrorCode.ORDER_DONE, state="filled", filled_lots=20, order_id=5), request=request)
    assert isinstance(refused, OrderEnded)
    assert (refused.state, refused.filled_lots, refused.order_id) == ("filled", 20, 5)
    assert "coid a1, filled, 20 lots filled" in str(refused)


@pytest.mark.parametrize(
    ("code", "kind", "name", "value", "text"),
    [
        (ErrorCode.MARKET_CLOSED, MarketClosed, "phase", "CLOSED", "phase CLOSED"),
        (ErrorCode.REPLAY_RANGE, ReplayRefused, "oldest", 301, "oldest 301"),
        (ErrorCode.BATCH_REFUSED, BatchRefused, "index", 2, "operation 2"),
    ],
)
def test_what_a_kind_has_beside_the_reason(code: ErrorCode, kind: type, name: str, value: object, text: str) -> None:
    refused = refusal(reply(code, **{name: value}))
    assert type(refused) is kind and getattr(refused, name) == value and text in str(refused)


def test_an_id_that_is_taken_comes_with_the_order_that_has_it() -> None:
    refused = refusal(reply(ErrorCode.DUP_COID, order=VIEW), request=ORDER)
    assert isinstance(refused, OrderIdTaken) and refused.holder is VIEW and "coid a1" in str(refused)


def test_lots_and_accounts_are_shown_as_they_were_sent() -> None:
    assert isinstance(found := refusal(reply(ErrorCode.LOTS_RANGE), request=ORDER), LotsRefused) and "q 7" in str(found)
    assert isinstance(found := refusal(reply(ErrorCode.SCOPE), request=ORDER), AccessRefused) and "acc 7" in str(found)
