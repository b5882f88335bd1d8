"""What a connection calls: when its requests are served here, what is spent, and what it is told."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from exchange.gateway.inbound.requests import FOUND, TERMS
from exchange.gateway.inbound.tables import FOUND_NAMES, TERM_NAMES
from exchange.gateway.throttle import LOOPBACK
from exchange.wire.messages import Cancel, Ok
from tests.gateway.harness import Bench, Peer, masked


def stream(peer: Peer, *messages: Any) -> bytes:
    payloads = [peer.codec.encode(message) for message in messages]
    return b"".join(masked(payload, peer.first_byte(payload)) for payload in payloads)


def take(bench: Bench, peer: Peer, data: bytes, start: int = 0) -> int:
    peer.connection.note_time(bench.clock.wall_us(), bench.clock.mono_ns())
    return bench.gateway.inbound.take(peer.connection, data, start, bench.profile.max_frame)


@pytest.mark.rule("ENTRY-001", "WIRE-014", "RATE-001")
@pytest.mark.parametrize("binary", [False, True])
def test_usual_requests_are_submitted_counted_and_paid_for(bench: Bench, binary: bool) -> None:
    peer = bench.connect(bench.keys[1], binary=binary)
    session, now_ns = peer.connection.session, bench.clock.mono_ns()
    assert session is not None
    orders, cancels, *_ = session.tokens(now_ns)
    frames = peer.connection.frame_bucket.left(now_ns)
    data = stream(peer, bench.order(2, "a"), bench.order(4, "b"), Cancel(request_id=9, client_order_id="a"))
    assert take(bench, peer, data) == len(data)
    assert bench.venue.gathering.open.count == 3
    assert session.tokens(now_ns)[:2] == (orders - 2, cancels - 1)
    assert peer.connection.frame_bucket.left(now_ns) == frames - 3
    assert (session.last_id, peer.connection.unanswered) == (9, 3)
    answers = [message for message in peer.take() if isinstance(message, Ok)]
    assert [answer.reply_to for answer in answers] == [2, 4, 9] and peer.connection.unanswered == 0
    assert take(bench, peer, data) == 0, "requests that were sent before are for Python"


@pytest.mark.rule("SESS-001")
def test_before_the_logon_and_while_blocked_nothing_is_served(bench: Bench) -> None:
    peer, live = bench.open(), bench.connect(bench.keys[1])
    data = stream(live, bench.order(2, "a"))
    assert take(bench, peer, data) == 0
    live.connection.block()
    assert take(bench, live, data) == 0
    live.connection.unblock()
    assert take(bench, live, data) == len(data)


@pytest.mark.rule("SEC-047", "SEC-048")
def test_while_batches_wait_for_the_journal_python_decides(tmp_path: Path) -> None:
    with Bench(str(tmp_path), replace(LOOPBACK, batch_rows=4, queue_batches=1)) as bench:
        peer = bench.connect(bench.keys[1])
        bench.hold = True
        data = stream(peer, *(bench.order(number, f"o{number}") for number in range(2, 8)))
        size = len(data) // 6
        assert take(bench, peer, data) == 4 * size, "no space for more in the open batch"
        bench.venue.gathering.make_space(1)
        assert take(bench, peer, data, 4 * size) == 4 * size


@pytest.mark.rule("WIRE-004", "WIRE-030")
def test_the_rest_of_a_frame_of_records_is_told_once(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1], binary=True)
    records = [peer.codec.encode(bench.order(number, f"o{number}")) for number in (2, 3, 4)]
    payload = records[0] + records[1] + records[2].replace(b"o4\0", b"o \0")
    data = masked(payload, 0x82)
    assert take(bench, peer, data) == 0 and bench.venue.gathering.open.count == 2
    assert bench.gateway.inbound.rest_of(payload) == payload[2 * len(records[0]) :]
    assert bench.gateway.inbound.rest_of(payload) == payload
    json = b'{"t":"limits","id":7}'
    assert take(bench, peer, masked(json, 0x81)) == 0
    assert bench.gateway.inbound.rest_of(json) == json


@pytest.mark.rule("WIRE-004", "WIRE-030")
@pytest.mark.parametrize("plain", [False, True])
def test_a_bad_record_is_answered_by_itself_whoever_reads_it(bench: Bench, plain: bool) -> None:
    peer = bench.connect(bench.keys[1], binary=True, plain=plain)
    records = [peer.codec.encode(bench.order(number, f"o{number}")) for number in (2, 3, 4)]
    peer.frames(records[0] + records[1].replace(b"o3\0", b"o \0") + records[2])
    answers = [
        (message.reply_to, getattr(message, "code", 0)) for message in peer.take() if hasattr(message, "reply_to")
    ]
    assert sorted(answers) == [(2, 0), (3, 1001), (4, 0)]


def test_an_instrument_that_is_listed_later_is_known(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    assert take(bench, peer, stream(peer, bench.order(2, "a")))
    listed = dict(bench.venue.instruments)
    bench.venue.instruments = {bench.instrument + 1: listed[bench.instrument]}
    order = stream(peer, bench.order(3, "b"))
    assert take(bench, peer, order) == len(order), "the listing is the same"
    bench.venue.consumers.listings.number += 1
    assert take(bench, peer, stream(peer, bench.order(4, "c"))) == 0
    bench.venue.instruments = listed
    bench.venue.consumers.listings.number += 1
    assert take(bench, peer, stream(peer, bench.order(5, "d")))


def test_terms_and_findings_fill_the_head_of_the_reader() -> None:
    assert (TERMS.size, FOUND.size) == (8 * len(TERM_NAMES), 8 * len(FOUND_NAMES))
