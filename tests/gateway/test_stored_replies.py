"""Requests that are sent again, also after a restart: the first reply, or none."""

import os
import random
import shutil
from pathlib import Path

import numpy as np
import pytest

from exchange.engine import query
from exchange.gateway.stored_replies import TRIM, StoredReplies
from exchange.records import ROW_BYTES
from exchange.seams import RealDisk
from exchange.venue.event_blocks import HEADER_BYTES, read_event_file, rows_of
from exchange.wire.messages import Cancel, Query
from tests.gateway.harness import MAKING, Bench, killed
from tests.gateway.test_recovery import name_of, resume


@pytest.mark.rule("DUR-003", "WIRE-020", "ENTRY-011")
def test_how_an_order_ended_is_known_after_a_restart(bench: Bench, tmp_path: Path) -> None:
    peer, other = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    name = name_of(peer)
    peer.ask(bench.order(10, "a1"))
    other.ask(bench.order(10, "b1", side="s"))
    question, late = (
        Query(request_id=11, what="order", client_order_id="a1"),
        Cancel(request_id=12, client_order_id="a1"),
    )
    told, refused = peer.ask(question)[0], peer.ask(late)[0]
    assert (told.order.state, refused.name) == ("filled", "ORDER_DONE")
    with killed(bench, tmp_path / "again") as again:
        peer, _ = resume(again, name, 2)
        assert peer.ask(question)[0].order == told.order
        repeated = peer.ask(late)[0]
        assert (repeated.duplicate, repeated.name, repeated.order_id) == (True, "ORDER_DONE", refused.order_id)


@pytest.mark.rule("RECOV-011", "DUR-154")
def test_reply_is_whole_though_the_events_of_its_command_were_cut(bench: Bench, tmp_path: Path) -> None:
    peer, other = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    name = name_of(peer)
    for number in range(3):
        other.ask(bench.order(10 + number, f"b{number}", side="s", order_lots=1))
    first = peer.ask(bench.order(10, "a1"))[0]
    assert first.filled_lots == 3
    bench.venue.history.flush()
    folder = tmp_path / "again"
    shutil.copytree(bench.folder, folder, ignore=MAKING)
    events = max((folder / "events").iterdir())
    blocks = read_event_file(RealDisk(), str(events)).blocks
    rows = rows_of(blocks)
    assert len(blocks) == 1, "one flush"
    os.truncate(events, HEADER_BYTES + (int(np.searchsorted(rows["sequence"], first.engine_sequence)) + 1) * ROW_BYTES)
    with Bench(str(folder)) as again:
        peer, _ = resume(again, name, 2)
        reply = peer.ask(again.order(10, "a1"))[0]
        told = [(answer.state, answer.leaves_lots, answer.filled_lots) for answer in (first, reply)]
        assert reply.duplicate and told[0] == told[1] == ("open", 2, 3)


@pytest.mark.rule("RECOV-011")
def test_refused_cancel_sent_again_states_what_was_true_when_it_was_refused(bench: Bench) -> None:
    peer, other = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    assert peer.ask(Cancel(request_id=10, client_order_id="a1"))[0].name == "UNKNOWN_ORDER"
    peer.ask(bench.order(11, "a1"))
    other.ask(bench.order(10, "b1", side="s"))
    again = peer.ask(Cancel(request_id=10, client_order_id="a1"))[0]
    assert (again.name, again.duplicate) == ("UNKNOWN_ORDER", True)


@pytest.mark.rule("RECOV-011", "RECOV-012")
def test_same_order_sent_twice_has_its_stored_reply_or_none(bench: Bench, tmp_path: Path) -> None:
    peer, other = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    name = name_of(peer)
    peer.ask(bench.order(10, "a1"))
    first = peer.ask(bench.order(11, "a1"))[0]
    other_content = peer.ask(bench.order(12, "a1", order_lots=9))[0]
    assert (first.duplicate, first.leaves_lots, other_content.name) == (True, 5, "DUP_COID")
    other.ask(bench.order(10, "b1", side="s"))
    assert peer.ask(bench.order(11, "a1"))[0] == first
    assert peer.ask(bench.order(12, "a1", order_lots=9))[0].order == other_content.order
    with killed(bench, tmp_path / "again") as again:
        peer, _ = resume(again, name, 2)
        kept = peer.ask(again.order(11, "a1"))[0]
        kept.received_us, kept.sent_us = first.received_us, first.sent_us
        assert kept == first
        assert peer.ask(again.order(12, "a1", order_lots=9))[0].name == "DUP_ID"


@pytest.mark.rule("DUR-154", "RECOV-014")
@pytest.mark.parametrize("rows_max", [1, 10, 1_000_000])
def test_events_that_the_replay_no_longer_holds_come_from_the_files(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_max: int
) -> None:
    monkeypatch.setattr("exchange.venue.bootstrap.RECORDED_ROWS_MAX", rows_max)
    peer = bench.connect(bench.keys[1])
    for number in range(20):
        peer.ask(bench.order(10 + number, f"a{number}"))
    last = query.account_sequence(bench.venue.states, 1)
    before = bench.venue.history.of_account(1, 1, last)
    bench.venue.history.flush()
    for run in range(2):
        with killed(bench, tmp_path / f"again{run}") as bench:
            assert bench.venue.history.of_account(1, 1, last) == before
            bench.venue.history.flush()


def columns_of(request_ids: list[int], moment: int) -> tuple[bytes, bytes, bytes]:
    """Columns of requests that command 7 times their id answered."""
    ids = np.array(request_ids, np.int64)
    return ids.tobytes(), (7 * ids).tobytes(), np.full(len(ids), moment, np.int64).tobytes()


@pytest.mark.rule("RECOV-011")
@pytest.mark.parametrize("seed", range(5))
def test_the_last_so_many_replies_are_found_with_their_times(seed: int) -> None:
    """Against a plain dict, with releases of any size, some of before the start, and ids that leave gaps."""
    rng, number, expected = random.Random(seed), 0, {}
    kept, whole = rng.choice([1, 5, 40]), rng.random() < 0.5
    replies = StoredReplies(kept, whole)
    loaded = [(number := number + rng.randint(1, 3), 7 * number, rng.randint(0, 3)) for _ in range(rng.randint(0, 9))]
    replies.load(loaded)
    expected |= {request_id: (sequence, count, 0, 0) for request_id, sequence, count in loaded}
    for moment in range(1, 400):
        added = []
        for _ in range(rng.randint(0, 4)):
            number += rng.randint(1, 3)
            added.append(number)
            expected[number] = (7 * number, number % 21, moment, moment + 5)
        replies.extend(*columns_of(added, moment), [number % 21 for number in added], moment + 5)
        latest = sorted(expected)[-kept:]
        for asked in (*latest, number + 1, *(rng.randint(1, number + 1) for _ in range(5))):
            assert replies.find(asked) == (expected[asked] if asked in latest else None)
            if asked not in latest and asked <= number:
                unknown = asked < latest[0] if latest else True
                assert replies.may_have_had(asked) == (unknown and not (whole and len(expected) <= kept))
        assert (replies.newest, replies.oldest) == (max(latest, default=0), min(latest, default=0))
    assert replies.kept_bytes < 40 * (kept + TRIM) * 1.2 + 500
