"""A frame of any encoding is cut into its messages, and only a change of a channel may be left out."""

from typing import Any

import msgspec
import pytest

from clients.testing.frames import joined, messages_of
from exchange.wire.binary import encode_request
from exchange.wire.codec import CODECS
from exchange.wire.messages import Cancel
from exchange.wire.version import BINARY_SUBPROTOCOL, JSON_SUBPROTOCOL, MSGPACK_SUBPROTOCOL
from tests.clients.scripted_venue import EXEC_NEW, HELLO, OK_NEW

CHANGE = {"t": "depth", "c": 4021, "s": 2, "p": 1, "e": 1, "ts": 1, "b": [[2845, 1]], "a": []}
SNAPSHOT = {"t": "depth", "c": 4021, "s": 1, "snap": True, "e": 1, "ts": 1, "b": [], "a": []}
ENCODE = {JSON_SUBPROTOCOL: msgspec.json.encode, MSGPACK_SUBPROTOCOL: msgspec.msgpack.encode}


@pytest.mark.parametrize("subprotocol", ENCODE)
def test_messages_are_cut_and_joined_again(subprotocol: str) -> None:
    rows: list[dict[str, Any]] = [CHANGE, OK_NEW, SNAPSHOT]
    frame = ENCODE[subprotocol](rows)
    found = messages_of(frame, subprotocol)
    assert [(message.can_be_left_out, message.can_be_repeated) for message in found] == [
        (True, True), (False, True), (False, True)
    ]  # fmt: skip
    assert joined([message.data for message in found], subprotocol) == [frame]
    assert joined([], subprotocol) == []


@pytest.mark.parametrize("message", [HELLO, {"t": "auth", "id": 1}, {"t": "replay", "id": 1}, {"t": "logout", "id": 1}])
def test_what_opens_or_ends_something_is_neither_left_out_nor_repeated(message: dict[str, Any]) -> None:
    (found,) = messages_of(msgspec.json.encode(message), JSON_SUBPROTOCOL)
    assert not found.can_be_left_out and not found.can_be_repeated


def test_events_of_an_account_are_never_left_out() -> None:
    (found,) = messages_of(msgspec.json.encode(EXEC_NEW), JSON_SUBPROTOCOL)
    assert not found.can_be_left_out and found.can_be_repeated


def test_records_are_cut_by_their_length() -> None:
    one, other = (encode_request(Cancel(request_id=n, client_order_id="a")) for n in (1, 2))
    assert one and other
    found = messages_of(one + other, BINARY_SUBPROTOCOL)
    assert [message.data for message in found] == [one, other]
    assert joined([one, other], BINARY_SUBPROTOCOL) == [one + other]
    (text,) = messages_of(msgspec.json.encode(HELLO), BINARY_SUBPROTOCOL)
    assert CODECS[BINARY_SUBPROTOCOL].is_text(text.data) and not text.can_be_repeated


def test_what_is_no_message_passes_whole() -> None:
    (found,) = messages_of(b"\xff\xfe", JSON_SUBPROTOCOL)
    assert found == (b"\xff\xfe", False, False)
    (found,) = messages_of(b"7", JSON_SUBPROTOCOL)
    assert not found.can_be_left_out
