"""A session's terms that are on their way to the disk: the key store says what the journal says, never more."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from exchange.venue.folder_check import verify_folder
from exchange.wire.messages import CancelOnDisconnect, CancelTerms, Logout
from tests.gateway.harness import MAKING, Bench, Peer


def cod_off(bench: Bench, peer: Peer) -> None:
    peer.send(CancelOnDisconnect(request_id=11, mode="off"))


def log_out(bench: Bench, peer: Peer) -> None:
    peer.send(Logout(request_id=11))


def resume(bench: Bench, peer: Peer) -> None:
    seat = peer.session.seat
    assert seat is not None
    peer.drop()
    bench.open().log_on(bench.keys[1], seat.name, cancel_terms=CancelTerms(mode="account"))


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
        seat = peer.session.seat
        assert seat is not None
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
        mode = again.opened.keys.sessions[seat.number].terms.mode
    expected = {cod_off: "off", log_out: "off", resume: "account"}[change] if durable == 2 else "session"
    assert mode == expected
    assert verify_folder(str(copy), deep=True).notes == ()
