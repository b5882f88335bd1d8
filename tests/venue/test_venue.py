"""The tick: what is committed together, what is shown when, and what happens when the disk fails or is slow."""

import errno
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exchange.engine import query
from exchange.gateway.throttle import LOOPBACK
from exchange.venue.venue import SLOW_COMMIT_NS, SMALL_COMMIT_ROWS
from exchange.wire.messages import ChannelSpec, Depth, Ok, Query, Subscribe
from tests.gateway.harness import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(str(tmp_path)) as made:
        yield made


class CountingJournal:
    """A journal that notes the size of each commit, and what the disk does to it."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.journal = bench.venue.journal
        self.commits: list[int] = []
        self.takes_ns = 0
        self.error: OSError | None = None
        bench.venue.journal = self

    def append(self, rows: np.ndarray) -> int:
        if self.error is not None:
            raise self.error
        self.commits.append(len(rows))
        self.bench.clock.now += self.takes_ns
        return self.journal.append(rows)  # type: ignore[no-any-return]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.journal, name)


@pytest.mark.rule("DUR-144")
def test_commands_that_come_during_a_commit_gather_for_the_next(bench: Bench) -> None:
    journal = CountingJournal(bench)
    peer = bench.connect(bench.keys[1])
    bench.hold = True
    for number in range(10, 40):
        peer.send(bench.order(number, f"o{number}"))
        for _ in range(3):
            calls, bench.calls[:] = bench.calls[:], []
            for call in calls:
                call()
    assert len(bench.jobs) == 1 and not [message for message in peer.take() if isinstance(message, Ok)]
    bench.hold = False
    assert len([message for message in peer.take() if isinstance(message, Ok)]) == 30
    assert journal.commits[-2:] == [1, 29]


def test_batches_larger_than_a_frame_are_committed_one_after_the_other(tmp_path: object) -> None:
    with Bench(str(tmp_path), replace(LOOPBACK, batch_rows=8, queue_batches=100)) as bench:
        journal = CountingJournal(bench)
        peer = bench.connect(bench.keys[1])
        peer.send(*(bench.order(number, f"o{number}") for number in range(10, 40)))
        answers = [message for message in peer.take() if isinstance(message, Ok)]
        assert [answer.reply_to for answer in answers] == [*range(10, 40)]
        assert journal.commits[1:] == [8, 8, 8, 6]


def test_reply_is_stamped_when_it_leaves_not_when_it_was_made_up_beside_the_disk(bench: Bench) -> None:
    journal = CountingJournal(bench)
    journal.takes_ns = 2_000_000
    peer = bench.connect(bench.keys[1])
    for small_commit_rows in (0, SMALL_COMMIT_ROWS):
        bench.venue.small_commit_rows = small_commit_rows
        number = 10 + small_commit_rows
        answer = peer.ask(bench.order(number, f"o{number}"))[0]
        assert isinstance(answer, Ok) and answer.sent_us - answer.received_us == 2_000
        again = peer.ask(bench.order(number, f"o{number}"))[0]
        assert again.duplicate and again.sent_us == answer.sent_us


@pytest.mark.rule("RATE-005")
def test_questions_that_waited_for_answers_are_asked_when_the_whole_batch_is_released(tmp_path: Path) -> None:
    with Bench(str(tmp_path), replace(LOOPBACK, inflight=4)) as bench:
        peer = bench.connect(bench.keys[1])
        depth = ChannelSpec(name_of_channel="depth", instrument=bench.instrument)
        peer.send(*(bench.order(number, f"o{number}", order_lots=1) for number in range(10, 14)))
        peer.send(Subscribe(request_id=20, channels=[depth]), Query(request_id=21, what="open"))
        answers = peer.take()
        assert [message.reply_to for message in answers if isinstance(message, Ok)] == [*range(10, 14), 20, 21]
        (snapshot,) = [message for message in answers if isinstance(message, Depth)]
        assert snapshot.bids == [(bench.price, 4)] and snapshot.engine_sequence == bench.venue.sequence


@pytest.mark.rule("DUR-023", "DUR-144")
@pytest.mark.parametrize("small_commit_rows", [0, SMALL_COMMIT_ROWS])
def test_batch_that_the_disk_refuses_is_never_acknowledged_and_stops_the_venue(
    bench: Bench, small_commit_rows: int
) -> None:
    journal = CountingJournal(bench)
    bench.venue.small_commit_rows = small_commit_rows
    peer = bench.connect(bench.keys[1])
    failures: list[BaseException] = []
    bench.venue.failure.listen(failures.append)
    journal.error = OSError(errno.EIO, "broken")
    peer.send(bench.order(10, "a1"))
    for _ in range(5):
        calls, bench.calls[:] = bench.calls[:], []
        for call in calls:
            call()
        for job, done in bench.jobs:
            with pytest.raises(OSError, match="broken"):
                job()
            done(journal.error)
        bench.jobs.clear()
    peer.send(bench.order(11, "a2"))
    assert failures == [journal.error]
    peer.connection.queue.close(1001, "going away")  # as the stopping gateway does: what it still has to say goes out
    assert not [message for message in peer.take() if isinstance(message, Ok)]
    assert peer.transport.closed == (1001, "going away")
    journal.error = None


@pytest.mark.rule("DUR-001", "DUR-004", "DUR-083")
@pytest.mark.parametrize("small_commit_rows", [0, SMALL_COMMIT_ROWS])
@pytest.mark.parametrize("place", ["apply", "answer", "fold", "question"])
def test_exception_between_journal_and_engine_stops_the_venue_and_the_next_start_has_what_was_journalled(
    tmp_path: Path, small_commit_rows: int, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(str(tmp_path))
    venue, journal = bench.venue, bench.opened.journal
    failures: list[BaseException] = []
    venue.small_commit_rows = small_commit_rows
    venue.failure.listen(failures.append)
    peer = bench.connect(bench.keys[1])
    bench.hold = True
    peer.send(bench.order(10, "first"))
    if not small_commit_rows:
        bench.settle()  # it is with the disk while the second comes
    peer.send(bench.order(11, "second"))

    def broken(*_: object) -> None:
        raise KeyError(place)

    patches = {
        "apply": (venue.engine, "apply"),
        "answer": (venue.consumers.account_streams, "_hand_over"),
        "fold": (venue.market, "fold"),
    }
    with monkeypatch.context() as patch:
        if place == "question":
            venue.ask_after_release(lambda: broken())
        else:
            patch.setattr(*patches[place], broken)
        bench.hold = False
        answered = [message.client_order_id for message in peer.take() if isinstance(message, Ok)]
    # What is durable and applied may be answered; a small commit is answered before anything else is done with it.
    if small_commit_rows:
        assert answered == (["first", "second"] if place in ("fold", "question") else [])
    else:
        assert answered == (["first"] if place == "apply" else [])
    sequence = journal.sequence
    peer.send(bench.order(12, "third"))
    venue.ask(lambda: peer.connection.queue.send("a state that nobody may see"))
    assert peer.take() == [] and journal.sequence == sequence
    assert [str(failure) for failure in failures] == [f"'{place}'"]
    bench.close()
    with Bench(str(tmp_path)) as again:
        orders = [order.client_order_id for order in query.open_orders(again.venue.states, 1)]
        assert orders == ["first", "second"]


def test_small_commit_of_an_idle_venue_needs_no_thread_unless_the_disk_is_slow(bench: Bench) -> None:
    journal = CountingJournal(bench)
    bench.venue.small_commit_rows = SMALL_COMMIT_ROWS
    peer = bench.connect(bench.keys[1])
    jobs: list[Any] = []
    spawn = bench.venue._spawn
    bench.venue._spawn = lambda job, done: (jobs.append(job), spawn(job, done))[1]
    assert isinstance(peer.ask(bench.order(10, "a1"))[0], Ok) and jobs == []
    many = range(20, 21 + SMALL_COMMIT_ROWS)
    peer.ask(*(bench.order(number, f"o{number}") for number in many))
    assert len(jobs) == 1 and journal.commits[-1] == len(many)
    journal.takes_ns = SLOW_COMMIT_NS
    peer.ask(bench.order(40, "slow"))
    assert len(jobs) == 1
    journal.takes_ns = 0
    peer.ask(bench.order(41, "after"))
    assert len(jobs) == 2
    peer.ask(bench.order(42, "quick-again"))
    assert len(jobs) == 2
    assert len(query.open_orders(bench.venue.states, 1)) == 4 + len(many)


def test_results_do_not_depend_on_how_commands_met_in_batches(tmp_path_factory: pytest.TempPathFactory) -> None:
    hashes = set()
    for together in (1, 3, 40):
        with Bench(str(tmp_path_factory.mktemp("venue"))) as bench:
            peers = [bench.connect(key) for key in bench.keys[1:3]]
            for start in range(10, 50, together):
                for number in range(start, min(start + together, 50)):
                    side, price = "bs"[number % 2], bench.price + number % 5
                    peers[number % 2].send(bench.order(number, f"o{number}", side=side, price_tick=price))
                bench.settle()
            states = bench.venue.states.copy()
            states["time_ns"] = 0
            hashes.add(tuple(states["accounts"][0]["cash_mills"].tolist()))
            hashes.add(tuple(query.depth(states, 1)[0] + query.depth(states, 1)[1]))
    assert len(hashes) == 2
