"""Which sessions may be resumed and which expire; numbers and rows of new ones (RECOV-013)."""

from dataclasses import replace
from pathlib import Path

import pytest

from exchange.engine import query
from exchange.gateway.keys import OFF, KeyStore, SessionRecord
from exchange.gateway.session_registry import EXPIRY_STEP_MS, NUMBER_MAX
from exchange.gateway.throttle import LOOPBACK, STANDARD
from exchange.seams import RealDisk
from exchange.wire.messages import CancelTerms, Err, Welcome
from exchange.wire.words import session_id, session_number
from tests.gateway.harness import Bench, Peer, killed

HOUR = 3_600 * 10**9
DAY = 24 * HOUR


def opened(bench: Bench, account: int, terms: CancelTerms = OFF) -> tuple[Peer, int]:
    peer = bench.connect(bench.keys[account], cancel_terms=terms)
    assert peer.connection.session is not None
    return peer, peer.connection.session.number


def dropped(bench: Bench, account: int) -> int:
    peer, number = opened(bench, account)
    peer.drop()
    return number


def log_on_again(bench: Bench, account: int, number: int) -> tuple[Peer, Welcome | Err]:
    peer = bench.open()
    return peer, peer.log_on(bench.keys[account], session_id(number), cancel_terms=OFF)[0]


def is_kept(bench: Bench, number: int) -> bool:
    record = bench.gateway.keys.sessions.get(number)
    return record is not None and not bench.gateway.registry.is_expired(record)


def expire(bench: Bench) -> None:
    """Let the venue look at every session, as it does by itself within minutes."""
    bench.pass_ms(2 * EXPIRY_STEP_MS + 100)


@pytest.mark.rule("RECOV-013")
def test_session_idle_for_a_day_expires_and_one_in_use_never(bench: Bench) -> None:
    (peer, number), (_, kept) = opened(bench, 1), opened(bench, 2)
    peer.ask(bench.order(10, "a1"))
    peer.drop()
    bench.clock.now += DAY
    peer, welcome = log_on_again(bench, 1, number)
    assert isinstance(welcome, Welcome) and (session_number(welcome.session_id), welcome.last_id) == (number, 10)
    peer.drop()
    bench.clock.now += DAY
    assert is_kept(bench, number), "counted from its last connection"
    bench.clock.now += 1_000
    peer, welcome = log_on_again(bench, 1, number)
    assert isinstance(welcome, Welcome) and (welcome.resumed, welcome.last_id) == (False, 0)
    fresh = session_number(welcome.session_id)
    assert fresh not in (number, kept)
    assert peer.ask(bench.order(1, "a2"))[0].state == "open", "ids begin again"
    bench.gateway.registry.expire()
    assert bench.gateway.keys.sessions.keys() == bench.gateway.registry.sessions.keys() == {kept, fresh}


@pytest.mark.rule("RECOV-013")
def test_sessions_expire_by_themselves(bench: Bench) -> None:
    first = dropped(bench, 1)
    expire(bench)
    second = dropped(bench, 1)
    bench.clock.now += DAY - EXPIRY_STEP_MS * 10**6
    assert bench.gateway.keys.sessions.keys() == {first, second}
    expire(bench)
    assert bench.gateway.keys.sessions.keys() == bench.gateway.registry.sessions.keys() == set()


@pytest.mark.rule("RECOV-013", "SESS-021")
def test_session_of_before_a_start_is_kept_a_day_and_its_cancel_runs_first(bench: Bench, tmp_path: Path) -> None:
    """When its connection ended is not known: no later than the start, and no later than its login's end."""
    (peer, armed), (_, off) = opened(bench, 1, CancelTerms()), opened(bench, 2)
    peer.ask(bench.order(10, "a1"))
    with killed(bench, tmp_path / "soon") as soon:
        soon.clock.now += DAY
        assert is_kept(soon, off)
        soon.clock.now += 1_000
        assert not is_kept(soon, off)
    with killed(bench, tmp_path / "late", later_ns=2 * DAY + HOUR) as late:
        assert late.gateway.keys.sessions.keys() == {armed}
        assert len(query.open_orders(late.venue.states, 1)) == 1
        late.pass_ms(3_200)
        assert query.open_orders(late.venue.states, 1) == []
        late.clock.now += DAY
        expire(late)
        assert not late.gateway.keys.sessions


@pytest.mark.rule("RECOV-013")
def test_a_wall_clock_that_jumps_expires_no_session(bench: Bench, tmp_path: Path) -> None:
    number = dropped(bench, 2)
    bench.clock.wrong_ns = 30 * DAY
    assert is_kept(bench, number), "set forward while the venue runs"
    bench.clock.wrong_ns = 0
    with killed(bench, tmp_path / "behind", later_ns=HOUR, wrong_ns=-30 * DAY) as behind:
        behind.clock.wrong_ns = 0
        assert is_kept(behind, number), "behind when the venue started, then set right"
        behind.clock.now += DAY + 1_000
        assert not is_kept(behind, number)


@pytest.mark.rule("SESS-007", "RECOV-013")
@pytest.mark.parametrize("store_lost", [False, True])
def test_number_is_never_given_out_again_and_a_row_only_when_its_session_is_dropped(
    bench: Bench, tmp_path: Path, store_lost: bool
) -> None:
    rows = query.session_rows(bench.venue.states)
    assert [dropped(bench, place % 3 + 1) for place in range(1, rows)] == [*range(1, rows)]
    before = bench.venue.sequence
    refusals = [bench.open().log_on(bench.keys[account])[0] for account in (1, 2)]
    assert [refusal.name for refusal in refusals] == ["BUSY", "BUSY"] and bench.venue.sequence == before
    peer, welcome = log_on_again(bench, 2, 1)
    assert isinstance(welcome, Welcome), "a client that has a session goes on"
    with killed(bench, tmp_path / "full") as full:
        assert full.open().log_on(full.keys[2])[0].name == "BUSY", "nor after a start"
        assert isinstance(log_on_again(full, 3, 2)[1], Welcome)
    bench.clock.now += DAY + 1_000
    bench.gateway.registry.expire()
    peer, number = opened(bench, 2)
    assert number == rows + 2, "0 has no row, that of 1 is in use"
    assert peer.ask(bench.order(1, "b1"))[0].state == "open", "not taken for a request of the session before"
    with killed(bench, tmp_path / "again", store_lost=store_lost, later_ns=DAY + HOUR) as venue:
        states = venue.venue.states
        assert (query.last_request_id(states, number), query.last_request_id(states, 2)) == (1, 0)
        _, answer = log_on_again(venue, 3, 2)
        if store_lost:  # the journal names all of before again, for a while
            assert isinstance(answer, Err) and answer.name == "BUSY", "the row of 2 is another's, others are kept"
        else:
            assert isinstance(answer, Welcome) and session_number(answer.session_id) > number
        assert query.last_request_id(states, number) == 1 and is_kept(venue, number)


@pytest.mark.rule("RECOV-013", "RATE-008")
def test_a_key_with_very_many_sessions_loses_its_own_oldest_and_keeps_no_other_out(tmp_path: Path) -> None:
    with Bench(str(tmp_path / "venue"), replace(LOOPBACK, sessions_per_key=3)) as bench:
        (_, in_use), other = opened(bench, 1), dropped(bench, 2)
        bench.pass_ms(20)
        first = dropped(bench, 1)
        bench.pass_ms(20)
        second = dropped(bench, 1)
        third = dropped(bench, 1)
        assert [is_kept(bench, number) for number in (in_use, other, first, second, third)] == [
            True,
            True,
            False,
            True,
            True,
        ]
        for _ in range(2 * query.session_rows(bench.venue.states)):
            dropped(bench, 1)
        assert is_kept(bench, in_use) and is_kept(bench, other)
        assert isinstance(log_on_again(bench, 2, other)[1], Welcome)
        held = [opened(bench, 1)[0] for _ in range(2)]
        assert bench.open().log_on(bench.keys[1])[0].name == "BUSY", "all of them are in use"
        held[0].drop()
        opened(bench, 1)[0].drop()
        held[1].drop()
        bench.clock.now += DAY + 1_000
        bench.gateway.registry.expire()
        fresh = [dropped(bench, 1)]
        bench.pass_ms(20)
        fresh.append(dropped(bench, 1))
        assert all(is_kept(bench, number) for number in fresh), "those of before count no more"


@pytest.mark.rule("RATE-008")
def test_logons_of_a_key_are_ten_a_minute(tmp_path: Path) -> None:
    with Bench(str(tmp_path / "venue"), STANDARD) as bench:
        for _ in range(10):
            dropped(bench, 1)
        assert bench.open().log_on(bench.keys[1])[0].name == "BUSY"
        bench.clock.now += 6 * 10**9
        dropped(bench, 1)
        assert bench.open().log_on(bench.keys[1])[0].name == "BUSY"
        dropped(bench, 2)


@pytest.mark.rule("RECOV-013")
def test_a_session_whose_logon_is_not_durable_yet_has_its_row(bench: Bench) -> None:
    rows = query.session_rows(bench.venue.states)
    bench.hold = True
    waiting = bench.open()
    waiting.log_on(bench.keys[1])
    assert waiting.connection.session is not None
    bench.gateway.registry.expire()
    bench.gateway.registry._next += rows - 1
    other = bench.open()
    other.log_on(bench.keys[2])
    assert other.connection.session is not None
    assert other.connection.session.number % rows != waiting.connection.session.number % rows


@pytest.mark.rule("RECOV-013")
def test_a_session_that_is_dropped_while_its_resume_is_under_way_stays_dropped(bench: Bench) -> None:
    """The connection ends before the logon is durable, and then so does the session: what becomes durable afterwards
    brings nothing back that the registry does not know."""
    number = dropped(bench, 1)
    bench.hold = True
    peer = bench.open()
    peer.log_on(bench.keys[1], session_id(number), cancel_terms=OFF)
    assert peer.connection.session is not None and peer.connection.session.number == number
    peer.drop()
    bench.clock.now += DAY + 1_000
    bench.gateway.registry.expire()
    assert number not in bench.gateway.keys.sessions
    bench.hold = False
    bench.settle()
    assert bench.gateway.keys.sessions.keys() == bench.gateway.registry.sessions.keys() == set()
    assert number not in bench.gateway.registry._of_key["k_test1"]
    _, welcome = log_on_again(bench, 1, number)
    assert isinstance(welcome, Welcome) and session_number(welcome.session_id) != number


@pytest.mark.rule("RECOV-013", "SESS-021")
def test_a_session_whose_cancel_on_disconnect_is_not_durable_yet_does_not_expire(bench: Bench) -> None:
    """A start before it is durable must know it."""
    peer, number = opened(bench, 1, CancelTerms(grace_ms=0))
    bench.hold = True
    peer.drop()
    bench.pass_ms(100)
    bench.clock.now += 2 * DAY
    bench.gateway.registry.expire()
    assert bench.gateway.keys.sessions[number].terms.mode != "off"
    bench.hold = False
    bench.settle()
    assert bench.gateway.keys.sessions[number].terms.mode == "off"
    bench.gateway.registry.expire()
    assert number not in bench.gateway.keys.sessions


@pytest.mark.rule("RECOV-013")
def test_numbers_end_where_rows_have_no_place_for_them(bench: Bench) -> None:
    bench.gateway.registry._next = NUMBER_MAX
    assert opened(bench, 1)[1] == NUMBER_MAX
    refusal = bench.open().log_on(bench.keys[2])[0]
    assert isinstance(refusal, Err) and refusal.name == "BUSY"


@pytest.mark.rule("RECOV-013", "DUR-150")
def test_a_dropped_session_is_gone_from_the_store_too(tmp_path: Path) -> None:
    path = str(tmp_path / "keys.sqlite3")
    store = KeyStore(path, RealDisk(), "h_1", 0)
    for number in (1, 2):
        store.put_session(number, SessionRecord(number, "k_a", OFF, 77))
    store.drop_session(1)
    store.close(2)
    reopened = KeyStore(path, RealDisk(), "h_1", 2)
    assert reopened.sessions.keys() == {2}
    reopened.close(2)
