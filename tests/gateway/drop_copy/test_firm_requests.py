"""What is served at `/v1/dc`: ranges of the drop copy, queries about accounts of the firm, and nothing else."""

import random

import pytest

from exchange.venue import event_history
from exchange.wire.messages import (
    ChannelSpec,
    Err,
    Logout,
    Ok,
    Query,
    Replay,
    ReplayEnd,
    Subscribe,
    Timer,
    Welcome,
)
from tests.gateway.drop_copy.firm_desk import FirmTwin, desk_key, join, open_desk, shown, trade
from tests.gateway.harness import Bench

A, B = 5, 6


@pytest.mark.rule("ACCT-010", "RECOV-014")
def test_a_range_is_sent_again_by_its_numbers(bench: Bench) -> None:
    twin, rng = FirmTwin(), random.Random(9)
    twin.join(bench, 1, A)
    members = [bench.connect(bench.keys[account]) for account in (1, 2)]
    peer, _ = open_desk(bench, desk_key(bench, A))
    for number in range(20):
        trade(bench, rng, members, 10 + number)
    whole = shown(peer.take())
    for first, last in ((1, len(whole)), (3, 7), (len(whole), len(whole) + 50), (5, 5)):
        granted, *messages, end = peer.ask(Replay(request_id=4, account=0, first_sequence=first, last_sequence=last))
        bench.pass_ms(500)
        last = min(last, len(whole))
        assert isinstance(granted, Ok) and (granted.first_sequence, granted.last_sequence) == (first, last)
        assert isinstance(end, ReplayEnd) and end.last_sequence == last
        assert shown(messages) == whole[first - 1 : last] and all(one.replay for one in messages)
    refusal = peer.ask(Replay(request_id=5, first_sequence=9, last_sequence=8))[0]
    assert refusal.name == "REPLAY_RANGE"


@pytest.mark.rule("SEC-015", "SEC-027", "ACCT-010")
def test_a_desk_asks_only_about_accounts_that_its_firm_has_now(bench: Bench) -> None:
    for account, firm in ((1, A), (2, B)):
        join(bench, account, firm)
    bench.connect(bench.keys[1]).ask(bench.order(10, "a1"))
    bench.connect(bench.keys[2]).ask(bench.order(10, "b1"))
    peer, _ = open_desk(bench, desk_key(bench, A))
    (answer,) = peer.ask(Query(request_id=2, what="open", account=1))
    assert [order.client_order_id for order in answer.orders] == ["a1"]
    for what in ("positions", "margin", "time"):
        assert isinstance(peer.ask(Query(request_id=3, what=what, account=1))[0], Ok)  # type: ignore[arg-type]
        refusal = peer.ask(Query(request_id=4, what=what, account=2))[0]  # type: ignore[arg-type]
        assert isinstance(refusal, Err) and (refusal.name, refusal.applied) == ("SCOPE", "no")
    for message in (
        Query(request_id=5, what="order", account=1, client_order_id="a1"),
        Query(request_id=6, what="fills", account=1, first_sequence=1, last_sequence=9),
        Query(request_id=7, what="statement", account=1),
        Replay(request_id=8, account=1, first_sequence=1, last_sequence=9),
        Replay(request_id=9, account=2, first_sequence=1, last_sequence=9),
        Timer(request_id=10, account=1, ms=1_000),
        bench.order(11, "x", account=1),
    ):
        refusal = peer.ask(message)[0]
        assert isinstance(refusal, Err) and refusal.name == "SCOPE" and "/v1/dc" in refusal.message
    join(bench, 1, B)
    assert peer.ask(Query(request_id=20, what="open", account=1))[0].name == "SCOPE"


@pytest.mark.rule("ACCT-010")
def test_a_key_that_may_trade_too_does_not_trade_here(bench: Bench) -> None:
    pair = bench.opened.make_key("both", 9, 10**12, ("dc", "read", "trade"), firm=A)
    for formats in ({}, {"binary": True}, {"msgpack": True}):
        peer, heard = open_desk(bench, pair, **formats)
        before = bench.venue.sequence
        assert heard[0].cancel_terms.mode == "session"
        refusal = peer.ask(bench.order(10, "a1"))[0]
        assert isinstance(refusal, Err) and refusal.name == "SCOPE" and bench.venue.sequence == before
    granted = peer.ask(Subscribe(request_id=11, channels=[ChannelSpec(name_of_channel="instruments")]))[0]
    assert granted.channels[0][1] == 0, "public data is served, to know what the messages are about"
    assert isinstance(peer.ask(Logout(request_id=12))[0], Ok)


@pytest.mark.rule("ACCT-010", "RECOV-014")
def test_a_range_that_is_no_longer_kept_names_the_oldest_number(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_history, "CHUNK_ROWS", 10)
    monkeypatch.setattr(event_history, "ROWS_MAX", 40)
    join(bench, 1, A)
    member, pair = bench.connect(bench.keys[1]), desk_key(bench, A)
    peer, heard = open_desk(bench, pair)
    for number in range(100):
        member.ask(bench.order(10 + number, f"a{number}"))
        bench.pass_ms(50)
    got = peer.take()
    refusal = peer.ask(Replay(request_id=4, first_sequence=1, last_sequence=99))[0]
    assert isinstance(refusal, Err) and refusal.name == "REPLAY_RANGE" and 50 < (refusal.oldest or 0) < 100
    bench.pass_ms(1_000)
    granted, *messages = peer.ask(Replay(request_id=5, first_sequence=refusal.oldest or 0, last_sequence=100))
    assert isinstance(granted, Ok) and shown(messages) == shown(got)[(refusal.oldest or 0) - 1 :]
    peer.drop()
    _, again = open_desk(bench, pair, heard[0].session_id, last_applied=[(0, 3)])
    assert isinstance(again[0], Welcome) and not again[0].resumed
