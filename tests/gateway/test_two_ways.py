"""Requests at the edge of the usual ones: compiled code and Python answer the same, or compiled code leaves them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from exchange.gateway.throttle import LOOPBACK
from exchange.wire.binary import encode_request
from exchange.wire.messages import Cancel
from tests.gateway.harness import Bench


def answers(folder: Path, *payloads: bytes, **formats: bool) -> tuple[list[Any], Any]:
    """What a client gets for frames with these payloads, and how it is closed; the same in both ways."""
    both = []
    for plain in (True, False):
        with Bench(str(folder / str(plain)), replace(LOOPBACK, max_frame=16_384)) as bench:
            peer = bench.connect(bench.keys[1], plain=plain, **formats)
            for payload in payloads:
                peer.raw(payload)
            both.append((peer.take(), peer.transport.closed))
    assert both[0] == both[1]
    return both[0]


def cancels(*request_ids: int) -> bytes:
    """Binary records of cancels."""
    with_records = [Cancel(request_id=number, client_order_id="x") for number in request_ids]
    return b"".join(record for message in with_records if (record := encode_request(message)))


@pytest.mark.rule("SEC-051", "SEC-053")
@pytest.mark.parametrize("request_", [{"t": "cancel\0", "id": 50}, {"t": "cancel", "id\0": 50}])
def test_name_that_ends_in_a_zero_byte_is_another_name(tmp_path: Path, request_: dict[str, Any]) -> None:
    request_["coid"] = "x"
    raw = msgspec.json.encode(request_).replace(b"\\u0000", b"\0")
    for number, formats in enumerate(({}, {"binary": True})):
        found, _ = answers(tmp_path / str(number), raw, **formats)
        assert found[0].name == "BAD_MESSAGE"
    found, _ = answers(tmp_path / "packed", msgspec.msgpack.encode(request_), msgpack=True)
    assert found[0].name in ("BAD_MESSAGE", "UNKNOWN_TYPE")


@pytest.mark.rule("WIRE-003", "WIRE-030")
def test_frame_of_too_many_records_closes_and_none_is_served(tmp_path: Path) -> None:
    found, closed = answers(tmp_path / "64", cancels(*range(50, 114)), binary=True)
    assert len(found) == 64 and closed is None
    found, closed = answers(tmp_path / "65", cancels(*range(50, 115)), binary=True)
    assert not found and closed[0] == 1009


@pytest.mark.rule("WIRE-004", "WIRE-030")
@pytest.mark.parametrize(
    "rest",
    [
        b"\x18" + bytes(7), bytes(3), cancels(51)[:-8], b"\x40" + cancels(51)[1:] + bytes(8), bytes(56) + cancels(51),
        b'{"t":"cancel","id":51,"coid":"x"}', b" ",
    ],
)  # fmt: skip
def test_records_before_a_broken_one_are_served_and_none_behind_it(tmp_path: Path, rest: bytes) -> None:
    found, closed = answers(tmp_path, cancels(50) + rest, binary=True)
    assert {answer.reply_to: answer.name for answer in found} == {0: "BAD_MESSAGE", 50: "UNKNOWN_ORDER"}
    assert len(found) == 2 and closed is None
