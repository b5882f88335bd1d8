"""What the exceptions of the client carry, for a program and for a person."""

import pytest

from clients.errors import ChannelRefused, Refused, Throttled
from clients.orders import Order
from exchange.wire.errors import ErrorCode, error


def test_a_throttled_request_says_for_how_long() -> None:
    throttled = Throttled("order", 0.25)
    assert (throttled.bucket, throttled.wait_s) == ("order", 0.25) and "0.250" in str(throttled)


@pytest.mark.rule("MDATA-004")
def test_an_unknown_channel_is_refused_with_those_that_there_are() -> None:
    refused = ChannelRefused("depth 5", ErrorCode.UNKNOWN_CHANNEL, ("top", "trades"))
    assert refused.code == ErrorCode.UNKNOWN_CHANNEL
    assert all(part in str(refused) for part in ("depth 5", "UNKNOWN_CHANNEL", "top, trades"))


def test_another_refusal_of_a_channel_does_not_list_channels() -> None:
    refused = ChannelRefused("depth 5", ErrorCode.SCOPE, ("top", "trades"))
    assert "SCOPE" in str(refused) and "trades" not in str(refused)


def test_a_code_that_this_client_does_not_know_is_shown_as_a_number() -> None:
    assert "9999" in str(ChannelRefused("top", 9999))


def test_a_refusal_carries_the_reply_and_the_order() -> None:
    reply, order = error(3, ErrorCode.MARGIN, "too little"), Order(7, "a", 3, "b")
    refused = Refused(reply, order)
    assert refused.error is reply and refused.order is order
    assert "MARGIN" in str(refused) and "too little" in str(refused)
