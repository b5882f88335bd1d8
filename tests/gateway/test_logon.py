"""Logons: accepted, refused, taken over, ended after a day; one that brings more than its reader takes at once."""

from dataclasses import replace

import pytest

from exchange.gateway import logon
from exchange.gateway.auth import KeyPair, signed_text
from exchange.gateway.throttle import LOOPBACK
from exchange.publish import account_views
from exchange.wire.messages import (
    AccountSnapshot,
    Auth,
    CancelTerms,
    Err,
    Fill,
    Heartbeat,
    Live,
    Ok,
    Ping,
    Shutdown,
    Welcome,
)
from tests.gateway.harness import Bench, Peer
from tests.gateway.test_recovery import name_of, stream_of

NO_KEY = KeyPair("k_nobody", 1, bytes([99]) * 32)


def signed(peer: Peer, pair: KeyPair, **changes: object) -> Auth:
    text = signed_text("localhost", peer.path, peer.hello.nonce, pair.key, "")
    return Auth(**{"request_id": 1, "key": pair.key, "signature": pair.sign(text)} | changes)


def refused(peer: Peer, message: object, name: str, close: int) -> Err:
    error = peer.ask(message)[0]
    assert isinstance(error, Err) and error.name == name, error
    assert peer.transport.closed is not None and peer.transport.closed[0] == close
    return error


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


@pytest.mark.rule("SEC-026")
def test_login_ends_after_a_day_with_a_minutes_notice(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    timers = [timer for timer in peer.connection.timers if timer.action is not None]
    logon.announce_end(peer.connection)
    assert isinstance(peer.take()[0], Shutdown) and len(timers) >= 2
    for _ in range(62):
        peer.send(Ping(request_id=1))
        bench.pass_ms(1_000)
    assert peer.transport.closed is not None and peer.transport.closed[0] == 4010


@pytest.mark.rule("RECOV-010", "RATE-007")
def test_logon_comes_as_fast_as_its_reader_takes_it_and_ends_with_what_happened_meanwhile(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logon, "SLICE_EVENTS", 3)
    peer, other = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    name, applied = name_of(peer), 2
    for number in range(10):
        peer.ask(bench.order(10 + number, f"a{number}"))
    peer.drop()
    peer = bench.open()
    peer.transport.waiting = 257 * 1_024
    messages = peer.log_on(bench.keys[1], name, last_applied=[(1, applied)])
    assert len(stream_of(messages)) == 3 and messages[0].resumed
    peer.send(bench.order(30, "early"))
    other.ask(bench.order(10, "b1", side="s", order_lots=12))
    bench.pass_ms(100)
    assert stream_of(peer.take()) == [], "it waits for its reader"
    peer.transport.waiting = 0
    bench.pass_ms(300)
    messages += peer.take()
    live = next(place for place, message in enumerate(messages) if isinstance(message, Live))
    missed = stream_of(messages[:live])
    assert [message.sequence for message in missed] == [*range(applied + 1, messages[live].sequence + 1)]
    assert all(message.replay for message in missed) and any(isinstance(message, Fill) for message in missed)
    reply, event = messages[live + 1 : live + 3]
    assert isinstance(reply, Ok) and event.sequence == messages[live].sequence + 1 and not event.replay


@pytest.mark.rule("RATE-007")
def test_reader_that_stops_during_its_resume_is_cut(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logon, "SLICE_EVENTS", 1)
    peer = bench.connect(bench.keys[1])
    peer.ask(bench.order(10, "a1"), bench.order(11, "a2"))
    name = name_of(peer)
    peer.drop()
    peer = bench.open()
    peer.transport.waiting = 257 * 1_024
    assert not any(isinstance(message, Live) for message in peer.log_on(bench.keys[1], name, last_applied=[(1, 0)]))
    bench.pass_ms(2_100)
    assert peer.transport.closed is not None and peer.transport.closed[0] == 4009


@pytest.mark.rule("SESS-006", "RATE-007")
def test_large_snapshot_comes_in_slices_and_ends_with_what_happened_meanwhile(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logon, "SLICE_EVENTS", 2)
    monkeypatch.setattr(account_views, "PAGE_ORDERS", 2)
    first, other = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    for number in range(5):
        first.ask(bench.order(10 + number, f"a{number}"))
    peer = bench.open()
    peer.transport.waiting = 257 * 1_024
    messages = peer.log_on(bench.keys[1])
    assert [type(message) for message in messages] == [Welcome, AccountSnapshot]
    other.ask(bench.order(10, "b1", side="s", order_lots=2))
    bench.pass_ms(100)
    assert not [message for message in peer.take() if isinstance(message, AccountSnapshot)], "it waits for its reader"
    peer.transport.waiting = 0
    bench.pass_ms(300)
    messages += [message for message in peer.take() if not isinstance(message, Heartbeat)]
    pages = [message for message in messages if isinstance(message, AccountSnapshot)]
    assert [len(page.orders) for page in pages] == [2, 2, 1] and [page.more for page in pages] == [True, True, False]
    live = messages[-1]
    assert isinstance(live, Live)
    told = [message.sequence for message in stream_of(messages)]
    assert told == [*range(pages[0].sequence + 1, live.sequence + 1)] and len(told) == 3
