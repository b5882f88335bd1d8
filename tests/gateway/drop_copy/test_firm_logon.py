"""The drop copy of a firm over a connection: who gets it, what it has, and how it goes on after a break (ACCT-010)."""

import random
from pathlib import Path
from typing import Any

import pytest

from exchange.gateway.auth import KeyPair, encode_bytes
from exchange.gateway.drop_copy import firm_logon
from exchange.gateway.keys import KeyDefinition, key_payload
from exchange.publish.drop_copy import firms
from exchange.venue import event_history
from exchange.wire.messages import (
    AccountSnapshot,
    Err,
    Fill,
    Heartbeat,
    LimitsQuery,
    Live,
    Replay,
)
from tests.gateway.drop_copy.firm_desk import (
    DESK_ACCOUNT,
    PATH,
    FirmTwin,
    copied,
    desk_key,
    join,
    numbers,
    open_desk,
    shown,
    trade,
)
from tests.gateway.harness import Bench, killed

A, B = 5, 6


@pytest.mark.rule("ACCT-010", "SESS-006", "SESS-010")
def test_a_desk_gets_snapshots_of_the_accounts_of_its_firm_and_then_each_of_their_messages(bench: Bench) -> None:
    for account, firm in ((1, A), (2, B), (3, A)):
        join(bench, account, firm)
    members = [bench.connect(bench.keys[account]) for account in (1, 2, 3)]
    peer, heard = open_desk(bench, desk_key(bench, A))
    welcome = heard[0]
    assert welcome.accounts == [1, 3, DESK_ACCOUNT + A] and welcome.sequences == [(0, 0)] and not welcome.resumed
    assert [page.account for page in heard[1:-1] if isinstance(page, AccountSnapshot)] == welcome.accounts
    assert heard[-1] == Live(0, 0)
    own: dict[int, list[Any]] = {}
    for number, (member, side) in enumerate(zip(members, "bss", strict=True)):
        member.ask(bench.order(10 + number, f"a{number}", side=side, order_lots=2))
    for account, member in zip((1, 2, 3), members, strict=True):
        member.take()
        found = bench.venue.history.of_account(account, 3, bench.venue.stream_number(account))
        own[account] = [message for _, _, message in bench.venue.consumers.reports.messages(found or [])]
    got = peer.take()
    assert numbers(got) == list(range(1, len(own[1]) + len(own[3]) + 1)) and any(isinstance(one, Fill) for one in got)
    for account in (1, 3):
        mine = [message for message in copied(got) if message.account == account]
        assert [message.sequence for message in mine] == [message.sequence for message in own[account]]
    bench.pass_ms(1_010)
    (beat,) = (message for message in peer.take() if isinstance(message, Heartbeat))
    assert beat.account_sequences == [(0, len(got))]


@pytest.mark.rule("ACCT-010", "SESS-005")
@pytest.mark.parametrize(
    ("scopes", "firm", "options", "why"),
    [
        (("read", "trade"), 0, {}, "scope dc is needed at /v1/dc, the key has read, trade"),
        (("risk",), A, {}, "scope dc is needed"),
        (("dc",), 0, {}, "no clearing firm"),
        (("dc", "read"), A, {"margin": True}, "margin: "),
    ],
)
def test_only_a_key_of_a_firm_with_the_scope_for_it_logs_on(
    bench: Bench, scopes: tuple[str, ...], firm: int, options: dict[str, bool], why: str
) -> None:
    pair = KeyPair("k_other", 9, bytes([66]) * 32)
    definition = KeyDefinition(pair.key, encode_bytes(pair.public()), [9], list(scopes), firm)
    bench.opened.keys.define(bench.venue.sequence, key_payload(definition))  # as a journal of before may have one
    peer = bench.open(PATH)
    refusal = peer.log_on(pair, **options)[0]
    assert isinstance(refusal, Err) and refusal.name == "SCOPE" and why in refusal.message
    assert peer.transport.closed == (4002, "SCOPE")


@pytest.mark.rule("ACCT-010", "SEC-004")
def test_nothing_but_logon_and_ping_is_served_before_the_logon(bench: Bench) -> None:
    for message in (Replay(request_id=2, first_sequence=1, last_sequence=2), LimitsQuery(request_id=3)):
        peer = bench.open(PATH)
        assert peer.ask(message)[0].name == "NOT_LOGGED_ON" and peer.transport.closed is not None
    silent = bench.open(PATH)
    bench.pass_ms(bench.profile.logon_ms + 50)
    assert silent.transport.closed is not None and silent.transport.closed[0] == 4001


@pytest.mark.rule("ACCT-010", "RECOV-010")
@pytest.mark.parametrize("encoding", ["json", "msgpack", "binary"])
def test_a_desk_that_comes_back_gets_what_it_missed_and_then_goes_on(bench: Bench, encoding: str) -> None:
    twin, rng, formats = FirmTwin(), random.Random(4), {encoding: True} if encoding != "json" else {}
    for account in (1, 2):
        twin.join(bench, account, A)
    members = [bench.connect(bench.keys[account]) for account in (1, 2, 3)]
    pair = desk_key(bench, A)
    peer, heard = open_desk(bench, pair, **formats)
    for number in range(10):
        trade(bench, rng, members, 10 + number)
    got = peer.take()
    peer.drop()
    for number in range(10):
        trade(bench, rng, members, 30 + number)
    peer, again = open_desk(bench, pair, heard[0].session_id, last_applied=[(0, len(got))], **formats)
    assert again[0].resumed and all(message.replay for message in copied(again))  # type: ignore[attr-defined]
    trade(bench, rng, members, 50)
    got += again + peer.take()
    assert shown(got) == shown(twin.messages(bench, A)) and len(shown(got)) > 20


@pytest.mark.rule("ACCT-010", "RECOV-013", "RECOV-003")
@pytest.mark.parametrize("applied", [[], [(1, 0)], [(0, 10_000)]])
def test_numbers_that_no_desk_can_have_get_snapshots(bench: Bench, applied: list[tuple[int, int]]) -> None:
    join(bench, 1, A)
    pair = desk_key(bench, A)
    peer, heard = open_desk(bench, pair)
    bench.connect(bench.keys[1]).ask(bench.order(10, "a"))
    peer.drop()
    _, again = open_desk(bench, pair, heard[0].session_id, last_applied=applied)
    assert not again[0].resumed and [type(one) for one in again[1:-1]] == [AccountSnapshot] * 2
    assert again[-1] == Live(0, 1)


@pytest.mark.rule("ACCT-010", "RATE-007")
def test_a_desk_that_reads_too_slowly_is_closed_and_a_resume_brings_everything_back(bench: Bench) -> None:
    join(bench, 1, A)
    member, pair = bench.connect(bench.keys[1]), desk_key(bench, A)
    peer, heard = open_desk(bench, pair)
    member.ask(bench.order(10, "a1"))
    got = peer.take()
    peer.transport.waiting = bench.profile.private_kb * 1_024 + 1
    member.ask(bench.order(11, "a2"))
    assert peer.transport.closed is not None and peer.transport.closed[0] == 4009
    peer.drop()
    member.ask(bench.order(12, "a3"))
    _, again = open_desk(bench, pair, heard[0].session_id, last_applied=[(0, numbers(got)[-1])])
    assert again[0].resumed and numbers(got + again) == [1, 2, 3]


@pytest.mark.rule("ACCT-010", "RATE-007")
def test_a_resume_comes_as_fast_as_its_reader_takes_it_and_ends_with_what_happened_meanwhile(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(firm_logon, "SLICE_EVENTS", 3)
    join(bench, 1, A)
    member, pair = bench.connect(bench.keys[1]), desk_key(bench, A)
    peer, heard = open_desk(bench, pair)
    peer.drop()
    for number in range(10):
        member.ask(bench.order(10 + number, f"a{number}"))
    peer = bench.open(PATH)
    peer.transport.waiting = 257 * 1_024
    got = peer.log_on(pair, heard[0].session_id, last_applied=[(0, 0)])
    assert numbers(got) == [1, 2, 3]
    member.ask(bench.order(30, "late"))
    bench.pass_ms(100)
    assert numbers(peer.take()) == [], "it waits for its reader"
    peer.transport.waiting = 0
    bench.pass_ms(300)
    got += peer.take()
    member.ask(bench.order(31, "live"))
    got += peer.take()
    assert numbers(got) == list(range(1, 13))
    assert [one.replay for one in copied(got)] == [True] * 11 + [False]  # type: ignore[attr-defined]


@pytest.mark.rule("ACCT-010", "RATE-008")
def test_a_resume_reads_a_slice_of_the_history_in_a_step(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(firms, "SLICE_MESSAGES", 4)
    join(bench, 1, A)
    member, pair = bench.connect(bench.keys[1]), desk_key(bench, A)
    peer, heard = open_desk(bench, pair)
    peer.drop()
    for number in range(21):
        member.ask(bench.order(10 + number, f"a{number}"))
    peer = bench.open(PATH)
    got = peer.log_on(pair, heard[0].session_id, last_applied=[(0, 1)])
    assert got[0].resumed and numbers(got) == [2, 3, 4, 5]
    counts = []
    while not any(isinstance(one, Live) for one in got):
        bench.pass_ms(10)
        got += (new := peer.take())
        counts.append(len(numbers(new)))
    assert list(filter(None, counts)) == [4] * 4 and numbers(got) == list(range(2, 22)) and got[-1] == Live(0, 21)


@pytest.mark.rule("ACCT-010", "RECOV-001", "MDATA-001")
@pytest.mark.parametrize("store_lost", [False, True])
def test_numbers_go_on_after_a_restart_also_for_accounts_that_join_leave_and_move(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store_lost: bool
) -> None:
    monkeypatch.setattr(event_history, "CHUNK_ROWS", 40)
    twin, rng, bench, got = FirmTwin(), random.Random(11), Bench(str(tmp_path / "0")), list[Any]()
    twin.join(bench, 1, A)
    pair, sid, request_id = desk_key(bench, A), "", 100
    for run in range(1, 5):
        members = [bench.connect(bench.keys[account]) for account in (1, 2, 3)]
        peer, heard = open_desk(bench, pair, sid, last_applied=[(0, len(copied(got)))] if sid else [])
        assert heard[0].resumed == (run > 1)
        got, sid = got + heard, heard[0].session_id
        for _ in range(40):
            request_id += 1
            trade(bench, rng, members, request_id)
            if rng.random() < 0.2:
                twin.join(bench, rng.choice((1, 2, 3)), rng.choice((0, A, B)))
        got += peer.take() if run % 2 else []  # in the other runs the desk stops before it has read them
        later = killed(bench, tmp_path / str(run), store_lost)
        bench.close()
        bench = later
    expected = shown(twin.messages(bench, A))
    peer, heard = open_desk(bench, pair, sid, last_applied=[(0, len(copied(got)))])
    assert shown(got + heard) == expected and len(expected) > 150
    assert [message["d"] for message in expected] == list(range(1, len(expected) + 1))
    bench.close()
