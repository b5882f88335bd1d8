"""What a session keeps, and its terms of cancel on disconnect, also while they are not durable yet."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exchange.codes import EventFlag, EventKind, RejectReason
from exchange.engine.event_rows import read_rows
from exchange.gateway.session import (
    REPLY_BYTES,
    WHOLE_REPLIES_MAX,
    Session,
    cancels_on_drop,
    check_cancel_terms,
    must_store_whole,
)
from exchange.records import EVENT
from exchange.venue.folder_check import verify_folder
from exchange.wire.errors import ErrorCode
from exchange.wire.messages import CancelOnDisconnect, CancelTerms, Logout, Ok
from tests.gateway.harness import MAKING, Bench, Peer


def cod_off(bench: Bench, peer: Peer) -> None:
    peer.send(CancelOnDisconnect(request_id=11, mode="off"))


def log_out(bench: Bench, peer: Peer) -> None:
    peer.send(Logout(request_id=11))


def resume(bench: Bench, peer: Peer) -> None:
    session = peer.connection.session
    assert session is not None
    peer.drop()
    bench.open().log_on(bench.keys[1], session.name, cancel_terms=CancelTerms(mode="account"))


CHANGES: list[Callable[[Bench, Peer], None]] = [cod_off, log_out, resume]


@pytest.mark.rule("DUR-151", "DUR-152", "SESS-021")
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("durable", [1, 2])
def test_killed_between_two_terms_of_a_session_it_has_those_of_the_journal(
    tmp_path: Path, change: Callable[[Bench, Peer], None], durable: int
) -> None:
    folder, copy = tmp_path / "venue", tmp_path / "killed"
    with Bench(str(folder)) as bench:
        peer = bench.connect(bench.keys[1])
        session = peer.connection.session
        assert session is not None
        bench.hold = True
        peer.send(CancelOnDisconnect(request_id=10, mode="session", grace_ms=5_000))
        bench.settle()
        change(bench, peer)
        bench.settle()
        for _ in range(durable):
            write, done = bench.jobs.pop(0)
            write()
            done(None)
            bench.opened.keys.flush()
        shutil.copytree(folder, copy, ignore=MAKING)
    verify_folder(str(copy), deep=True)
    with Bench(str(copy)) as again:
        mode = again.opened.keys.sessions[session.number].terms.mode
    expected = {cod_off: "off", log_out: "off", resume: "account"}[change] if durable == 2 else "session"
    assert mode == expected
    assert verify_folder(str(copy), deep=True).notes == ()


def a_session(bench: Bench, **terms: Any) -> Session:
    session = bench.connect(bench.keys[1], cancel_terms=CancelTerms(**terms)).connection.session
    assert session is not None
    return session


@pytest.mark.rule("SESS-021")
@pytest.mark.parametrize(
    ("terms", "cancels"),
    [
        (CancelTerms(), True),
        (CancelTerms(mode="account", on="both"), True),
        (CancelTerms(on="logout"), False),
        (CancelTerms(mode="off"), False),
    ],
)
def test_a_drop_cancels_orders_unless_the_terms_exclude_it(terms: CancelTerms, cancels: bool) -> None:
    assert cancels_on_drop(terms) is cancels


@pytest.mark.rule("ENTRY-003")
def test_only_the_refusal_that_shows_another_order_must_be_stored_whole() -> None:
    def event(**fields: int) -> tuple[int, ...]:
        row = np.zeros(1, EVENT)
        for name, value in fields.items():
            row[name] = value
        (found,) = read_rows(row)
        return found

    refusal = {"kind": EventKind.ORDER_REJECTED, "reason": RejectReason.DUP_ID}
    assert must_store_whole(event(**refusal))
    assert not must_store_whole(event(**refusal, flags=EventFlag.SAME))
    assert not must_store_whole(event(kind=EventKind.ORDER_REJECTED, reason=RejectReason.BAND))
    assert not must_store_whole(event(kind=EventKind.ORDER_ACCEPTED))


@pytest.mark.rule("SESS-005", "ENTRY-020")
def test_terms_are_checked_against_the_key_and_live_quotes(bench: Bench) -> None:
    key = bench.opened.keys.keys["k_test1"]
    reader = replace(key, scopes=frozenset({"read"}))
    refusal = check_cancel_terms(CancelTerms(), reader, None)
    assert refusal is not None and refusal[0] == ErrorCode.SCOPE
    assert check_cancel_terms(CancelTerms(mode="off"), reader, None) is None
    session = a_session(bench)
    assert check_cancel_terms(CancelTerms(mode="off"), key, session) is None
    session.note_quote(7)
    refusal = check_cancel_terms(CancelTerms(mode="off"), key, session)
    assert refusal is not None and refusal[0] == ErrorCode.QUOTE_NEEDS_COD
    assert check_cancel_terms(CancelTerms(), key, session) is None


@pytest.mark.rule("RECOV-011", "RECOV-013")
def test_whole_replies_are_bounded_and_counted(bench: Bench) -> None:
    session = a_session(bench)
    before = session.kept_bytes
    for number in range(WHOLE_REPLIES_MAX + 5):
        session.store_whole_reply(number, Ok(number))
    assert list(session.whole_replies) == [*range(5, WHOLE_REPLIES_MAX + 5)]
    assert session.kept_bytes == before + WHOLE_REPLIES_MAX * REPLY_BYTES


@pytest.mark.rule("SESS-007", "SESS-021")
def test_a_connection_that_attaches_ends_the_grace(bench: Bench) -> None:
    session = a_session(bench)
    first = session.connection
    assert first is not None
    first.clean_up()
    timer = session.grace_timer
    assert session.connection is None and session.detached_ns == bench.clock.mono_ns()
    assert timer is not None and timer.action is not None
    terms = CancelTerms(mode="account")
    session.attach(first, terms)
    assert (session.connection, session.terms, session.grace_timer) == (first, terms, None)
    assert timer.action is None, "the timer is cancelled"
