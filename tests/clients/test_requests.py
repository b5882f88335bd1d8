"""Requests: ids, frames and resends, in both encodings."""

import pytest

from clients.requests import Requests, UnansweredRequest
from exchange.wire.codec import CODECS, Codec
from exchange.wire.messages import Cancel, Ping, Subscribe
from exchange.wire.requests import ChannelSpec


@pytest.mark.rule("WIRE-004")
@pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)
@pytest.mark.parametrize("count", [1, 2, 15, 16, 64, 65, 200])
def test_frames_hold_the_requests_in_order(codec: Codec, count: int) -> None:
    requests = Requests(codec)
    sent = [requests.number(Cancel(request_id=1, client_order_id=f"c{n}")) for n in range(count)]
    for request in sent:
        requests.send(request)
    frames = requests.frames(4096)
    assert all(len(frame) <= 4096 for frame in frames)
    assert [message for frame in frames for message in codec.decode_client(frame)] == sent
    assert requests.frames(4096) == []


@pytest.mark.rule("RECOV-011")
def test_a_resend_is_the_same_bytes_and_only_of_what_is_unanswered() -> None:
    requests = Requests(CODECS["gpux.v1+json"])
    for name in ("a", "b"):
        requests.send(requests.number(Cancel(request_id=1, client_order_id=name)))
    requests.send(requests.number(Ping(request_id=1)))
    requests.send(requests.number(Subscribe(request_id=1, channels=[ChannelSpec(name_of_channel="instruments")])))
    requests.frames(4096)
    assert requests.answered(1) == Cancel(request_id=1, client_order_id="a")
    assert requests.answered(1) is None
    requests.disconnected()
    requests.resend()
    assert requests.frames(4096) == [b'{"t":"cancel","id":2,"coid":"b"}']


@pytest.mark.rule("SESS-007")
def test_ids_go_on_after_a_disconnect() -> None:
    requests = Requests(CODECS["gpux.v1+json"])
    first = requests.number(Ping(request_id=1))
    requests.disconnected()
    assert requests.number(Ping(request_id=1)).request_id == first.request_id + 1


def test_a_recorded_request_is_unanswered_and_the_next_id_follows() -> None:
    requests = Requests(CODECS["gpux.v1+json"])
    recorded = Cancel(request_id=7, client_order_id="a")
    requests.restore(UnansweredRequest(recorded, b""))
    assert requests.unanswered(7) is recorded and requests.frames(4096) == []
    assert requests.number(Ping(request_id=1)).request_id == 8
