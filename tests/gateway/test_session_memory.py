"""Memory of idle sessions: bounded for each key, the one that is idle longest is dropped first (RECOV-013)."""

import copy
import gc
import random
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from exchange.gateway.keys import OFF, SessionRecord
from exchange.gateway.session import Session
from exchange.gateway.stored_replies import StoredReplies
from exchange.gateway.throttle import LOOPBACK, STANDARD
from exchange.wire.messages import BatchResult, Cancel, CancelTerms, Err, Ok, Welcome
from exchange.wire.words import session_id
from tests.gateway.harness import Bench, Peer, killed
from tests.gateway.test_session_registry import log_on_again, opened

BOUND = 48 << 10
KEY = "k_test1"


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Bench]:
    with Bench(str(tmp_path / "venue"), replace(LOOPBACK, idle_bytes_per_key=BOUND)) as bench:
        yield bench


def ask_for(peer: Peer, count: int) -> None:
    """Requests that leave nothing but their answers."""
    first = (peer.connection.session.last_id if peer.connection.session else 0) + 1
    for number in range(first, first + count):
        peer.ask(Cancel(request_id=number, client_order_id="none"))


def idle_longest_first(bench: Bench, key: str = KEY) -> list[int]:
    return list(bench.gateway.registry._idle[key])


@pytest.mark.rule("RECOV-013")
@pytest.mark.parametrize("seed", range(4))
def test_a_key_stays_below_its_bound_and_loses_those_idle_longest(small: Bench, seed: int) -> None:
    rng, gateway = random.Random(seed), small.gateway
    in_use, busy = opened(small, 1)
    ask_for(in_use, 400)
    other, others = opened(small, 2)
    ask_for(other, 100)
    other.drop()
    left: list[int] = []  # in the order in which their connections ended
    released = 0
    for _ in range(40):
        small.pass_ms(10)
        if left and rng.random() < 0.3:
            number = rng.choice(left)
            peer, welcome = log_on_again(small, 1, number)
            assert isinstance(welcome, Welcome) and welcome.session_id == session_id(number) and welcome.last_id
            left.remove(number)
        else:
            peer, number = opened(small, 1)
        ask_for(peer, rng.randint(1, 150))
        peer.drop()
        left.append(number)
        kept = {
            number: gateway.registry.sessions[number].kept_bytes
            for number in left
            if number in gateway.registry.sessions
        }
        assert list(kept) == left[len(left) - len(kept) :], "the one idle longest goes first"
        assert sum(kept.values()) == gateway.registry.kept_bytes(KEY) <= BOUND
        released += len(left) - len(kept)
        left = list(kept)
        assert gateway.keys.sessions.keys() == {*left, busy, others}
    assert released > 5
    assert in_use.ask(Cancel(request_id=10_000, client_order_id="none"))[0].reply_to == 10_000
    in_use.drop()
    assert busy in gateway.registry.sessions, "counted from its last connection"


@pytest.mark.rule("RECOV-013")
def test_a_dropped_session_differs_from_a_resumed_one(small: Bench) -> None:
    gone, first = opened(small, 1)
    ask_for(gone, 20)
    gone.drop()
    for _ in range(8):
        peer, _ = opened(small, 1)
        ask_for(peer, 200)
        peer.drop()
    peer, welcome = log_on_again(small, 1, first)
    assert isinstance(welcome, Welcome)
    assert (welcome.resumed, welcome.last_id) == (False, 0) and welcome.session_id != session_id(first)
    assert peer.ask(small.order(1, "again"))[0].state == "open"
    stranger = small.open().log_on(small.keys[2], session_id(first))[0]
    assert isinstance(stranger, Welcome) and stranger.session_id not in (session_id(first), welcome.session_id)


@pytest.mark.rule("RECOV-013", "SESS-021")
def test_a_session_whose_orders_wait_for_their_cancel_is_released_after_it(small: Bench) -> None:
    armed, number = opened(small, 1, CancelTerms(grace_ms=1_000))
    armed.ask(small.order(1, "a1"))
    ask_for(armed, 100)
    armed.drop()
    for _ in range(8):
        peer, _ = opened(small, 1)
        ask_for(peer, 200)
        peer.drop()
    assert number in small.gateway.registry.sessions and idle_longest_first(small)[0] == number
    small.pass_ms(1_100)
    assert small.gateway.keys.sessions[number].terms.mode == "off", "its orders have left"
    peer, _ = opened(small, 1)
    ask_for(peer, 200)
    peer.drop()
    assert number not in small.gateway.registry.sessions


@pytest.mark.rule("RECOV-013")
def test_answers_that_come_when_the_connection_has_ended_count_too(small: Bench) -> None:
    peer, number = opened(small, 1)
    small.hold = True
    peer.send(*(Cancel(request_id=number, client_order_id="none") for number in range(1, 200)))
    peer.drop()
    before = small.gateway.registry.kept_bytes(KEY)
    small.hold = False
    small.settle()
    assert before < small.gateway.registry.kept_bytes(KEY) == small.gateway.registry.sessions[number].kept_bytes


@pytest.mark.rule("RECOV-013", "RECOV-011")
def test_the_bound_holds_after_a_start(small: Bench, tmp_path: Path) -> None:
    numbers = []
    for _ in range(10):
        peer, number = opened(small, 1)
        ask_for(peer, 100)
        numbers.append(number)  # all are connected when the venue is killed
        small.pass_ms(10)
    assert len(small.gateway.registry.sessions) == 10
    profile = replace(LOOPBACK, idle_bytes_per_key=BOUND)
    with killed(small, tmp_path / "again", profile=profile) as again:
        left = idle_longest_first(again)
        assert 0 < len(left) < 10 and left == numbers[-len(left) :], "by their last logon"
        assert again.gateway.registry.kept_bytes(KEY) <= BOUND and again.gateway.registry.stored.keys() == {*left}
        assert set(again.gateway.keys.sessions) == {*left}
        peer, welcome = log_on_again(again, 1, left[0])
        assert isinstance(welcome, Welcome) and welcome.last_id == 100
        told = peer.ask(Cancel(request_id=50, client_order_id="none"))[0]
        assert isinstance(told, Err) and told.name == "UNKNOWN_ORDER" and told.duplicate


def asked(count: int) -> StoredReplies:
    """Of a session that asked so much: three answers a release."""
    replies = StoredReplies()
    for place in range(0, count, 3):
        places = np.arange(place, min(place + 3, count))
        columns = ((start + places).tobytes() for start in (10**6, 10**9, 10**15))
        replies.extend(*columns, bytes(len(places)), 10**15 + place)
    return replies


def fill(bench: Bench, number: int, replies: StoredReplies, whole: int = 0) -> Session:
    """A session with these replies, as if its connection had just ended."""
    gateway = bench.gateway
    session = gateway.registry.sessions[number] = Session(gateway.registry, number, gateway.keys.keys[KEY], OFF, 0)
    session.replies = copy.deepcopy(replies)
    session.detach(gateway.clock.mono_ns())
    gateway.keys.sessions[number] = SessionRecord(number, KEY, OFF, bench.clock.now + number)
    for place in range(whole):
        results = [
            BatchResult(2**40 + place * 20 + row, f"order-{number}-{place}-{row}", "open", 1_000 + row, 2_000 + row)
            for row in range(20)
        ]
        session.store_whole_reply(
            place, Ok(10**6 + place, results=results, received_us=10**15 + place, sent_us=10**15 + place)
        )
    return session


@pytest.mark.rule("RECOV-013")
@pytest.mark.parametrize(("replies", "whole"), [(0, 0), (4_096, 0), (9_000, 0), (100, 64)])
def test_what_a_session_is_said_to_keep_is_what_it_takes(bench: Bench, replies: int, whole: int) -> None:
    made = asked(replies)
    fill(bench, 9_999, made, 1)  # whatever is made once
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    sessions = [fill(bench, 10_000 + number, made, whole) for number in range(20)]
    gc.collect()
    taken = (tracemalloc.get_traced_memory()[0] - before) / 20
    tracemalloc.stop()
    said = sessions[0].kept_bytes
    assert taken <= said * 1.02 and said <= 2.2 * taken, f"said {said}, took {taken}"
    assert said < 160_000 or whole


@pytest.mark.rule("RECOV-013", "RECOV-011")
def test_a_thousand_abandoned_sessions_of_a_key_take_no_more_than_the_bound(bench: Bench) -> None:
    """Each with all the replies that are kept of a session: 1 MiB was kept of each, 1 GiB of the key."""
    bound = STANDARD.idle_bytes_per_key
    assert bound == 16 << 20 == bench.profile.idle_bytes_per_key
    made = asked(4_400)
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for number in range(10_000, 10_000 + STANDARD.sessions_per_key):
        bench.gateway.registry.detach(fill(bench, number, made))
    gc.collect()
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert bound // 2 < taken <= bound
    assert (
        list(bench.gateway.registry.sessions) == idle_longest_first(bench)
        and 100 < len(bench.gateway.registry.sessions) < 150
    )
