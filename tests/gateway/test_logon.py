"""A logon that brings more than a reader takes at once."""

import pytest

from exchange.gateway import logon
from exchange.publish import account_views
from exchange.wire.messages import AccountSnapshot, Fill, Heartbeat, Live, Ok, Welcome
from tests.gateway.harness import Bench
from tests.gateway.test_recovery import name_of, stream_of


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
