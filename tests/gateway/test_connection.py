"""Logon, heartbeat, limits of one connection: the sans-I/O conversation."""

import itertools
from dataclasses import replace

import msgspec
import pytest

from exchange.gateway.auth import KeyPair, signed_text
from exchange.gateway.throttle import LOOPBACK, STANDARD
from exchange.wire.messages import (
    AccountSnapshot,
    Auth,
    Batch,
    BatchCancel,
    Cancel,
    CancelTerms,
    Err,
    Heartbeat,
    Hello,
    Live,
    Ok,
    Ping,
    Query,
    Quote,
    Shutdown,
    Welcome,
)
from tests.gateway.harness import Bench, Peer

NO_KEY = KeyPair("k_nobody", 1, bytes([99]) * 32)


def signed(peer: Peer, pair: KeyPair, **changes: object) -> Auth:
    text = signed_text("localhost", peer.path, peer.hello.nonce, pair.key, "")
    return Auth(**{"request_id": 1, "key": pair.key, "signature": pair.sign(text)} | changes)


def refused(peer: Peer, message: object, name: str, close: int) -> Err:
    error = peer.ask(message)[0]
    assert isinstance(error, Err) and error.name == name, error
    assert peer.transport.closed is not None and peer.transport.closed[0] == close
    return error


@pytest.mark.rule("RATE-001", "SESS-002")
def test_hello_comes_first_and_names_every_limit(bench: Bench) -> None:
    peer, other = bench.open(), bench.open()
    assert isinstance(peer.hello, Hello)
    assert [limit.bucket for limit in peer.hello.limits] == [rate.name for rate in LOOPBACK.rates]
    assert peer.hello.notes == ["limits: loopback"] and peer.hello.durability == "none"
    assert peer.hello.nonce != other.hello.nonce and len(peer.hello.nonce) == 43


@pytest.mark.rule("SESS-006")
def test_logon_is_answered_by_welcome_snapshot_and_live(bench: Bench) -> None:
    peer = bench.open()
    welcome, snapshot, live = peer.log_on(bench.keys[2])
    assert isinstance(welcome, Welcome) and isinstance(snapshot, AccountSnapshot) and isinstance(live, Live)
    assert welcome.accounts == [2] and not welcome.resumed and welcome.last_id == 0
    assert welcome.sequences == [(2, snapshot.sequence)] == [(live.account, live.sequence)]
    assert snapshot.margin.equity_mills == 10**12


@pytest.mark.rule("SESS-020")
def test_cancel_on_disconnect_is_on_unless_said_otherwise(bench: Bench) -> None:
    first = bench.open().log_on(bench.keys[1])[0]
    assert (first.cancel_terms.mode, first.cancel_terms.on, first.cancel_terms.grace_ms) == ("session", "drop", 3_000)
    second = bench.open().log_on(bench.keys[1], cancel_terms=CancelTerms(mode="off"))[0]
    assert second.cancel_terms.mode == "off"


@pytest.mark.rule("WIRE-015")
def test_welcome_waits_until_the_logon_is_durable(bench: Bench) -> None:
    peer = bench.open()
    bench.hold = True
    assert peer.log_on(bench.keys[1]) == []
    bench.hold = False
    assert isinstance(peer.take()[0], Welcome)


@pytest.mark.rule("SEC-025", "BAD-045", "BAD-046")
def test_every_failed_logon_gets_the_same_answer(bench: Bench) -> None:
    def answer(change: dict[str, object], pair: KeyPair = bench.keys[1]) -> Err:
        peer = bench.open()
        return refused(peer, signed(peer, pair, **change), "BAD_AUTH", 4002)

    answers = [
        answer({"signature": "A" * 86}),
        answer({"signature": "AAAA"}),
        answer({}, NO_KEY),
        answer({"key": "k_test2"}),
        answer({"algorithm": "hmac-sha256"}),
        answer({"session_id": "s_00000001"}),
    ]
    for each in answers:
        each.received_us = each.sent_us = 0
    assert all(each == answers[0] for each in answers)


@pytest.mark.rule("SESS-002", "BAD-044")
def test_nonce_is_of_one_connection_dies_after_ten_seconds_and_works_once(bench: Bench) -> None:
    peer, other = bench.open(), bench.open()
    refused(other, signed(peer, bench.keys[1]), "BAD_AUTH", 4002)
    slow = bench.open("/v1/md")
    bench.clock.now += 10_000_001_000
    refused(slow, signed(slow, bench.keys[1]), "BAD_AUTH", 4002)
    twice = bench.connect(bench.keys[1])
    refused(twice, signed(twice, bench.keys[1]), "BAD_AUTH", 4002)


@pytest.mark.rule("SEC-042", "RATE-008")
def test_ten_logons_a_minute_of_one_key_and_no_more(tmp_path: object) -> None:
    with Bench(str(tmp_path), replace(LOOPBACK, logons_per_minute=10)) as bench:
        for _ in range(10):
            bench.connect(bench.keys[1]).drop()
        peer = bench.open()
        refused(peer, signed(peer, bench.keys[1]), "BUSY", 4008)
        bench.connect(bench.keys[2])


@pytest.mark.rule("SEC-040", "BAD-056")
def test_connections_of_one_key_are_capped(tmp_path: object) -> None:
    with Bench(str(tmp_path), replace(LOOPBACK, connections_per_key=2)) as bench:
        peers = [bench.connect(bench.keys[1]) for _ in range(2)]
        third = bench.open()
        refused(third, signed(third, bench.keys[1]), "TOO_MANY_CONNECTIONS", 4008)
        peers[0].drop()
        bench.connect(bench.keys[1])


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


@pytest.mark.rule("SESS-004", "BAD-043", "SEC-004")
def test_order_or_query_before_logon_is_refused_and_closes(bench: Bench) -> None:
    refused(bench.open(), bench.order(5, "a"), "NOT_LOGGED_ON", 4002)
    refused(bench.open(), Query(request_id=5, what="open"), "NOT_LOGGED_ON", 4002)
    refused(bench.open("/v1/md"), bench.order(5, "a"), "NOT_LOGGED_ON", 4002)


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


@pytest.mark.rule("SESS-008", "SEC-026")
def test_second_connection_of_a_session_is_refused_unless_it_takes(bench: Bench) -> None:
    first = bench.connect(bench.keys[1])
    name = first.connection.session.name  # type: ignore[union-attr]
    second = bench.open()
    assert second.log_on(bench.keys[1], name)[0].name == "SESSION_TAKEN"
    third = bench.open()
    welcome = third.log_on(bench.keys[1], name, take=True, last_applied=[(1, 2)])[0]
    assert isinstance(welcome, Welcome) and welcome.resumed
    assert first.transport.closed == (4004, "taken over")
    first.drop()
    bench.pass_ms(5_000)
    third.send(Ping(request_id=9))
    assert third.transport.closed is None


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


@pytest.mark.rule("SEC-026")
def test_login_ends_after_a_day_with_a_minutes_notice(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    timers = [timer for timer in peer.connection.timers if timer.action is not None]
    peer.connection._announce_end()
    assert isinstance(peer.take()[0], Shutdown) and len(timers) >= 2
    for _ in range(62):
        peer.send(Ping(request_id=1))
        bench.pass_ms(1_000)
    assert peer.transport.closed is not None and peer.transport.closed[0] == 4010


@pytest.mark.rule("RATE-005", "SEC-047")
def test_reading_stops_at_inflight_and_goes_on_when_answers_are_out(tmp_path: object) -> None:
    with Bench(str(tmp_path), replace(LOOPBACK, inflight=4)) as bench:
        peer = bench.connect(bench.keys[1])
        bench.hold = True
        peer.send(*(bench.order(number, f"o{number}") for number in range(10, 22)))
        bench.settle()
        assert peer.transport.paused and peer.connection.unanswered == 4 and len(peer.connection.backlog) == 8
        assert bench.gateway.port.gathering.open.tickets == [] and len(bench.jobs) == 1
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


@pytest.mark.rule("RATE-002", "BAD-055", "SEC-043")
@pytest.mark.parametrize("kind", ["order", "cancel", "quote", "batch"])
def test_limit_of_frames_hides_no_flood_of_commands(tmp_path: object, kind: str) -> None:
    """Each in a frame of its own: more than ten times the account's rate, less than that of frames."""
    with Bench(str(tmp_path), STANDARD) as bench:
        peer, calm, ids = bench.connect(bench.keys[1]), bench.connect(bench.keys[2]), itertools.count(10)
        row = (bench.instrument, 5, 1, 7, 1)
        made = {
            "order": bench.order(1, "a"),
            "cancel": Cancel(request_id=1, client_order_id="a"),
            "quote": Quote(request_id=1, protection_group=1, quotes=[row] * 4),
            "batch": Batch(request_id=1, operations=[BatchCancel(client_order_id="a")] * 2),
        }
        for _ in range(14):
            for _ in range(4_200 if peer.transport.closed is None else 0):
                peer.send(msgspec.structs.replace(made[kind], request_id=next(ids)))
            calm.ask(Ping(request_id=1))
            bench.pass_ms(1_000)
            peer.take()
        assert peer.transport.closed is not None and peer.transport.closed[0] == 4008
        assert calm.transport.closed is None


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
