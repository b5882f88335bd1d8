"""What no venue can read is found before it is sent, with the venue's text."""

from typing import Any

import pytest

from clients.checks.form import form_fault
from exchange.wire.codec import CODECS, BadMessage
from exchange.wire.messages import New, Quote
from exchange.wire.version import SUBPROTOCOLS

GOOD: dict[str, Any] = {
    "request_id": 1, "instrument": 9, "side": "b", "price_tick": 5, "order_lots": 1, "client_order_id": "a"
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"tif": "gtx"}, "allowed: day, fok, gtc, gtd, ioc"),
        ({"side": "buy"}, "$.side"),
        ({"order_lots": 5.5}, "$.q"),
        ({"order_lots": -1}, "OUT_OF_RANGE"),
        ({"price_tick": 2**40}, "$.px"),
        ({"client_order_id": "a b"}, "BAD_ID"),
        ({"client_order_id": "x" * 25}, "BAD_ID"),
        ({"tag": "longer-than-8"}, "BAD_ID"),
    ],
)
@pytest.mark.rule("WIRE-011", "WIRE-020")
def test_the_fault_is_that_which_the_venue_names(change: dict[str, Any], named: str) -> None:
    request = New(**GOOD | change)
    fault = form_fault(request)
    assert fault is not None and named in fault.message
    for name in SUBPROTOCOLS[:2]:
        codec = CODECS[name]
        (bad,) = codec.decode_client(codec.encode(request))
        assert isinstance(bad, BadMessage) and bad.reply().message == fault.message, name


def test_a_good_request_has_no_fault() -> None:
    assert form_fault(New(**GOOD)) is None
    assert form_fault(Quote(request_id=1, quotes=[(9, 5, 1, 6, 1)])) is None
