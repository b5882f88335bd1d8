"""Hello, heartbeat, limits of one connection: the sans-I/O conversation."""

import itertools
from dataclasses import replace

import pytest

from exchange.gateway.throttle import LOOPBACK, STANDARD
from exchange.wire.messages import (
    Heartbeat,
    Hello,
    Ok,
    Ping,
)
from tests.gateway.harness import Bench
from tests.gateway.test_logon import NO_KEY, refused, signed


@pytest.mark.rule("RATE-001", "SESS-002")
def test_hello_comes_first_and_names_every_limit(bench: Bench) -> None:
    peer, other = bench.open(), bench.open()
    assert isinstance(peer.hello, Hello)
    assert [limit.bucket for limit in peer.hello.limits] == [rate.name for rate in LOOPBACK.rates]
    assert peer.hello.notes == ["limits: loopback"] and peer.hello.durability == "none"
    assert peer.hello.nonce != other.hello.nonce and len(peer.hello.nonce) == 43


@pytest.mark.rule("SEC-025", "BAD-047")
def test_six_failures_from_an_address_and_it_is_refused_for_a_minute(bench: Bench) -> None:
    for _ in range(6):
        assert not bench.gateway.is_blocked("192.0.2.7")
        peer = bench.open(address="192.0.2.7")
        refused(peer, signed(peer, NO_KEY), "BAD_AUTH", 4002)
        loopback = bench.open()
        refused(loopback, signed(loopback, NO_KEY), "BAD_AUTH", 4002)
    assert bench.gateway.is_blocked("192.0.2.7") and not bench.gateway.is_blocked("192.0.2.8")
    assert not bench.gateway.is_blocked("127.0.0.1")
    bench.clock.now += 60_000_000_000
    assert not bench.gateway.is_blocked("192.0.2.7")


@pytest.mark.rule("SESS-004")
def test_ping_is_answered_before_logon_but_not_without_end(bench: Bench) -> None:
    peer = bench.open()
    assert [message.reply_to for message in peer.ask(*(Ping(request_id=n) for n in range(1, 21)))] == [*range(1, 21)]
    assert peer.transport.closed is None
    peer.send(Ping(request_id=21))
    bench.settle()
    assert peer.transport.closed is not None and peer.transport.closed[0] == 4008


@pytest.mark.rule("SESS-004")
def test_logon_must_come_in_time(bench: Bench) -> None:
    peer, public, live = bench.open(), bench.open("/v1/md"), bench.connect(bench.keys[1])
    for _ in range(6):
        live.send(Ping(request_id=1))
        public.send(Ping(request_id=1))
        bench.pass_ms(1_000)
    assert peer.transport.closed == (4001, "no logon in time")
    assert public.transport.closed is None and live.transport.closed is None


@pytest.mark.rule("SESS-010")
def test_heartbeat_states_the_last_number_of_each_account(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    peer.ask(bench.order(5, "a"))
    bench.pass_ms(1_100)
    beats = [message for message in peer.take() if isinstance(message, Heartbeat)]
    assert [beat.account_sequences for beat in beats] == [[(1, 3)]]


@pytest.mark.rule("SESS-011")
def test_silent_client_is_closed_and_a_pinging_one_is_not(bench: Bench) -> None:
    silent, pinging = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    for number in range(8):
        pinging.send(Ping(request_id=number + 1))
        bench.pass_ms(1_000)
    assert silent.transport.closed is not None and silent.transport.closed[0] == 4003
    assert pinging.transport.closed is None


@pytest.mark.rule("RATE-005", "SEC-047")
def test_reading_stops_at_inflight_and_goes_on_when_answers_are_out(tmp_path: object) -> None:
    with Bench(str(tmp_path), replace(LOOPBACK, inflight=4)) as bench:
        peer = bench.connect(bench.keys[1])
        bench.hold = True
        peer.send(*(bench.order(number, f"o{number}") for number in range(10, 22)))
        bench.settle()
        assert peer.transport.paused and peer.connection.unanswered == 4 and len(peer.connection.backlog) == 8
        assert bench.gateway.port.gathering.open.count == 0 and len(bench.jobs) == 1
        bench.hold = False
        replies = [message for message in peer.take() if isinstance(message, Ok)]
        assert [reply.reply_to for reply in replies] == [*range(10, 22)]
        assert not peer.transport.paused and peer.connection.unanswered == 0


@pytest.mark.rule("SEC-046", "BAD-058")
def test_frames_beyond_the_rate_are_throttled_and_a_flood_is_closed(tmp_path: object) -> None:
    with Bench(str(tmp_path), STANDARD) as bench:
        peer = bench.connect(bench.keys[1])
        names = [getattr(message, "name", "ok") for message in peer.ask(*(Ping(request_id=1) for _ in range(2_100)))]
        assert names.count("THROTTLED") in range(95, 110)
        assert peer.transport.closed is None
        for _ in range(7):
            for _ in range(10_500):
                peer.raw('{"t":"ping","id":1}')
            bench.pass_ms(1_000)
        assert peer.transport.closed is not None and peer.transport.closed[0] == 4008


@pytest.mark.rule("RATE-002", "SEC-046")
def test_frames_at_eight_times_the_rate_are_refused_and_no_flood(tmp_path: object) -> None:
    with Bench(str(tmp_path), STANDARD) as bench:
        peer = bench.connect(bench.keys[1])
        for _ in range(8):
            for _ in range(8_000):
                peer.raw('{"t":"ping","id":1}')
            bench.pass_ms(1_000)
        assert peer.transport.closed is None


@pytest.mark.rule("RATE-002")
def test_orders_at_five_times_the_rate_are_refused_and_no_flood(tmp_path: object) -> None:
    with Bench(str(tmp_path), STANDARD) as bench:
        peer, ids = bench.connect(bench.keys[1]), itertools.count(10)
        for _ in range(8):
            for _ in range(1_000):
                peer.send(bench.order(next(ids), "a"))
            bench.pass_ms(1_000)
        assert peer.transport.closed is None
