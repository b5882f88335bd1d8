"""Requests: built by keyword, complete with few fields, and refused beyond their bounds."""

from typing import Any, get_args

import msgspec
import pytest
from msgspec import UNSET

from exchange.wire.codec import CODECS, BadMessage
from exchange.wire.fields import BATCH_MAX, QUOTE_ROWS_MAX, Request
from exchange.wire.messages import OFFERED_CHANNELS, ClientMessages, New, Replace
from exchange.wire.requests import ChannelName
from exchange.wire.version import JSON_SUBPROTOCOL

JSON = CODECS[JSON_SUBPROTOCOL]
CANCEL = {"t": "cancel", "coid": "a"}
ROW = [1, 5, 1, 6, 1]


def decoded(message: dict[str, Any]) -> Any:
    return JSON.decode_client(msgspec.json.encode(message).decode())[0]


@pytest.mark.rule("WIRE-014")
@pytest.mark.parametrize("kind", get_args(ClientMessages))
def test_every_client_message_is_a_request_built_by_keyword(kind: type[Request]) -> None:
    assert issubclass(kind, Request)
    with pytest.raises(TypeError):
        kind(1)  # type: ignore[misc]


@pytest.mark.rule("WIRE-010")
def test_what_a_request_leaves_out_is_unset_or_empty() -> None:
    order = decoded({"t": "new", "id": 1, "i": 2, "side": "b", "q": 3, "coid": "a"})
    assert isinstance(order, New)
    assert (order.account, order.order_type, order.tif, order.smp_mode) == (0, "limit", "day", "cr")
    assert order.price_tick is UNSET and order.trigger_tick is UNSET and order.cancel_on_disconnect
    replace = decoded({"t": "replace", "id": 1, "oid": 4})
    assert isinstance(replace, Replace) and replace.order_lots is UNSET and replace.tif == ""


@pytest.mark.rule("ENTRY-013", "ENTRY-020", "WIRE-020")
@pytest.mark.parametrize(
    ("message", "fault"),
    [
        ({"t": "batch", "id": 1, "ops": [CANCEL] * BATCH_MAX}, ""),
        ({"t": "batch", "id": 1, "ops": [CANCEL] * (BATCH_MAX + 1)}, "OUT_OF_RANGE"),
        ({"t": "batch", "id": 1, "ops": []}, "OUT_OF_RANGE"),
        ({"t": "batch", "id": 1, "ops": [CANCEL | {"id": 2}]}, "BAD_TYPE"),
        ({"t": "quote", "id": 1, "qs": [ROW] * QUOTE_ROWS_MAX}, ""),
        ({"t": "quote", "id": 1, "qs": [ROW] * (QUOTE_ROWS_MAX + 1)}, "OUT_OF_RANGE"),
        ({"t": "cod", "id": 1, "grace_ms": 60_001}, "OUT_OF_RANGE"),
        ({"t": "unsub", "id": 1, "c": []}, "OUT_OF_RANGE"),
    ],
)
def test_lists_and_times_have_bounds(message: dict[str, Any], fault: str) -> None:
    found = decoded(message)
    assert (found.fault if isinstance(found, BadMessage) else "") == fault


@pytest.mark.rule("MDATA-004")
def test_the_venue_offers_channels_of_the_protocol() -> None:
    assert {*OFFERED_CHANNELS} < {*get_args(ChannelName)}
