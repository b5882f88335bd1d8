"""The load generator's frames are those of a client, and its orders never pile up."""

import json
from typing import Any

import pytest

from bench.gateway_load import frame_of, masked_frame, order_frames


def message(frame: bytes) -> dict[str, Any]:
    """The JSON of a masked text frame."""
    length, start = frame[1] & 0x7F, 2
    if length == 126:
        length, start = int.from_bytes(frame[2:4], "big"), 4
    assert frame[0] == 0x81 and frame[1] & 0x80 and frame[start : start + 4] == bytes(4)
    assert len(frame) == start + 4 + length
    found: dict[str, Any] = json.loads(frame[start + 4 :])
    return found


@pytest.mark.parametrize("size", [0, 1, 125, 126, 4_096])
def test_a_frame_has_the_length_of_its_text_and_a_mask_of_zeros(size: int) -> None:
    payload = json.dumps({"t": "x" * size}).encode()
    assert message(masked_frame(payload)) == json.loads(payload)


def test_a_message_is_encoded_once() -> None:
    assert message(frame_of({"t": "ping", "id": 1})) == {"t": "ping", "id": 1}


def test_orders_alternate_with_cancels_of_earlier_ones() -> None:
    sent = [message(frame) for frame in order_frames([[7, 2_845], [8, 2_850]], 3, 100)]
    assert [one["id"] for one in sent] == list(range(10, 110))
    live: set[str] = set()
    for one in sent:
        assert (one["t"] == "new") == (one["coid"] not in live)
        (live.add if one["t"] == "new" else live.remove)(one["coid"])
        assert len(live) <= 17
    assert {one["i"] for one in sent if one["t"] == "new"} == {7, 8}
    assert all(one["coid"].startswith("c3-") for one in sent)


def test_no_order_crosses_another() -> None:
    sent = [message(frame) for frame in order_frames([[7, 2_845]], 0, 200)]
    bids = [one["px"] for one in sent if one.get("side") == "b"]
    asks = [one["px"] for one in sent if one.get("side") == "s"]
    assert max(bids) < 2_845 < min(asks)
