"""Sequenced timers: time passes, and the venue sends itself commands."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from exchange.codes import BookFeature, CommandFlag, CommandKind, EventKind, MarketState, StateReason
from exchange.engine import query
from exchange.engine.event_rows import KIND, Row
from exchange.journal.replay import read_frames
from exchange.operator.desk import OperatorDesk
from exchange.operator.requests import Answer
from exchange.units import NS_PER_S
from exchange.venue.day_schedule import DaySchedule
from exchange.wire.messages import Cancel, Err, Exec, Ping, Query
from tests.gateway.harness import START_NS, Bench, NoSyncDisk

S = MarketState


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(str(tmp_path)) as made:
        yield made


def commands(bench: Bench, kind: CommandKind) -> list[int]:
    """Times of the journal's commands of a kind, in ms since the start."""
    bench.settle()
    frames = read_frames(bench.folder, NoSyncDisk())
    found = [row for frame in frames if not frame.payload for row in frame.rows if row["kind"] == kind]
    return [(int(row["time_ns"]) - START_NS) // 1_000_000 for row in found]


def set_state(bench: Bench, state: MarketState) -> None:
    bench.opened.set_state(next(iter(bench.venue.groups.values())), state)


@pytest.mark.rule("TIF-009")
def test_order_good_till_a_time_ends_when_it_comes_and_its_owner_hears_of_it(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    end_us = bench.clock.wall_us() + 300_000
    peer.ask(bench.order(10, "a1", tif="gtd", expiry_us=end_us), bench.order(11, "a2", tif="gtd", expiry_us=2 * end_us))
    bench.pass_ms(250)
    assert commands(bench, CommandKind.CLOCK) == []
    bench.pass_ms(250)
    told = [message for message in peer.take() if isinstance(message, Exec) and message.event == "cancelled"]
    assert [(message.client_order_id, message.reason, message.state) for message in told] == [
        ("a1", "expired", "expired")
    ]
    assert len(commands(bench, CommandKind.CLOCK)) == 1, "one command, not one a turn"
    assert [order.client_order_id for order in peer.ask(Query(request_id=1, what="open"))[0].orders] == ["a2"]


@pytest.mark.rule("TIF-009")
def test_clock_that_waits_for_a_slow_disk_is_sent_once(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    peer.ask(bench.order(10, "a1", tif="gtd", expiry_us=bench.clock.wall_us() + 10_000))
    bench.hold = True
    bench.pass_ms(200)
    bench.hold = False
    bench.pass_ms(50)
    assert len(commands(bench, CommandKind.CLOCK)) == 1


@pytest.mark.rule("AUC-001")
def test_indicative_price_is_asked_for_after_changes_and_ten_times_a_second_at_most(bench: Bench) -> None:
    peer, other = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    set_state(bench, S.PAUSED)
    bench.pass_ms(300)
    assert commands(bench, CommandKind.INDICATIVE) == [], "nothing has changed"
    for number in range(12):
        peer.ask(bench.order(10 + number, f"a{number}"))
        other.ask(bench.order(10 + number, f"b{number}", side="s"))
        bench.pass_ms(50)
    asked = commands(bench, CommandKind.INDICATIVE)
    assert 5 <= len(asked) <= 7 and all(later - earlier >= 100 for earlier, later in pairwise(asked))
    assert bench.venue.states["books"]["has_indicative"][0, 1]
    bench.pass_ms(500)
    assert len(commands(bench, CommandKind.INDICATIVE)) <= len(asked) + 1, "no change, no question"


@pytest.mark.rule("STATE-004")
@pytest.mark.parametrize("whole_group", [False, True])
def test_reserved_market_reopens_through_the_uncross_when_its_time_is_over(bench: Bench, whole_group: bool) -> None:
    """The lead month takes its group with it; another book is reserved alone."""
    group = next(iter(bench.venue.groups.values()))
    peer, other = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    bench.venue.states["groups"]["lead_book"][0, group] = int(whole_group)
    window = bench.venue.states["guards"]["windows"][0, 1][:1]
    window["width_ticks"], window["pause_ns"] = 5, NS_PER_S
    bench.venue.states["books"]["features"][0, 1] = BookFeature.VELOCITY
    other.ask(bench.order(10, "b1", side="s", price_tick=bench.price + 6))
    peer.ask(bench.order(10, "a1", price_tick=bench.price + 6))
    assert query.market_state(bench.venue.states, 1) == S.RESERVED
    reserved = [S.RESERVED] if whole_group else [S.OPEN]
    assert list(query.group_states(bench.venue.states).values()) == reserved
    guards, groups = bench.venue.states["guards"], bench.venue.states["groups"]
    end_ns = int(groups["reopen_ns"][0, group] if whole_group else guards["reopen_ns"][0, 1])
    bench.pass_ms((end_ns - bench.clock.now) // 1_000_000 - 20)
    assert query.market_state(bench.venue.states, 1) == S.RESERVED
    bench.pass_ms(50)
    assert query.market_state(bench.venue.states, 1) == S.OPEN
    assert query.position(bench.venue.states, 1, 1).lots == 5, "the uncross has traded"


def publish(bench: Bench) -> None:
    """The operator publishes the settlement of whatever waits for one."""
    answers: list[Answer] = []
    OperatorDesk(bench.venue, bench.gateway, bench.opened.spec, bench.clock).take(b'{"do":"settle"}', answers.append)
    bench.settle()
    assert [answer.ok for answer in answers] == [True], answers


@pytest.mark.rule("SESSION-001", "SESSION-003")
def test_venue_with_a_schedule_goes_through_whole_days_once_each_is_settled(tmp_path: Path) -> None:
    """Days of four seconds: settled half a second after the close, two of pre-open, whose last one bars cancels."""
    schedule = DaySchedule(close_s=0, settling_s=1, preopen_s=2, nocancel_s=1, settle_after_s=9, day_s=4)
    with Bench(str(tmp_path), schedule=schedule) as bench:
        group = next(iter(bench.venue.groups.values()))
        seen, since = [], 0
        for _ in range(120):
            bench.pass_ms(100)
            state = query.group_states(bench.venue.states)[group]
            if seen[-1:] != [state]:
                seen.append(state)
                since = bench.clock.now_ns()
            if state == S.CLOSED and bench.clock.now_ns() - since >= 500_000_000:
                publish(bench)
        cycle = [S.CLOSED, S.PREOPEN, S.NOCANCEL, S.OPEN]
        start = seen.index(S.CLOSED)
        assert seen[start : start + 8] == cycle * 2
        times = commands(bench, CommandKind.SET_STATE)
        steps = [later - earlier for earlier, later in pairwise(times[-6:])]
        assert all(abs(step % 1_000 - 500) <= 510 for step in steps)


@pytest.mark.rule("SESSION-003")
def test_books_stay_closed_without_a_settlement_and_a_person_is_told_once(tmp_path: Path) -> None:
    schedule = DaySchedule(close_s=0, settling_s=60, preopen_s=20, nocancel_s=10, settle_after_s=9_999, day_s=3_600)
    with Bench(str(tmp_path), schedule=schedule) as bench:
        told: list[str] = []
        bench.opened.warnings.listen(told.append)
        move_to(bench, 3_590)
        move_to(bench, 30)
        assert told == [], "it is not late yet"
        for second in (70, 1_000, 3_000):
            move_to(bench, second)
            assert list(query.group_states(bench.venue.states).values()) == [S.CLOSED]
        assert len(told) == 1 and "SESSION-003" in told[0]
        move_to(bench, 30)
        move_to(bench, 70)
        assert len(told) == 2, "the next day is late too"
        publish(bench)
        bench.pass_ms(100)
        assert list(query.group_states(bench.venue.states).values()) == [S.PREOPEN]
        bench.clock.now += 15 * NS_PER_S
        bench.pass_ms(100)
        assert list(query.group_states(bench.venue.states).values()) == [S.NOCANCEL], (
            "five minutes from then, here 20 s"
        )
        bench.clock.now += 5 * NS_PER_S
        bench.pass_ms(100)
        assert list(query.group_states(bench.venue.states).values()) == [S.OPEN]


@pytest.mark.rule("SESSION-002")
def test_scheduled_close_says_that_the_venue_is_settling(tmp_path: Path) -> None:
    schedule = DaySchedule(close_s=0, settling_s=60, preopen_s=20, nocancel_s=10, settle_after_s=9_999, day_s=3_600)
    with Bench(str(tmp_path), schedule=schedule) as bench:
        move_to(bench, 3_590)
        move_to(bench, 5)
        assert {row.group_reason for row in query.instruments(bench.venue.states)} == {StateReason.SETTLING}


def move_to(bench: Bench, second_of_hour: int) -> None:
    """Let the clock jump there; connections of before are dead by then."""
    bench.clock.now += (second_of_hour - bench.clock.now // NS_PER_S % 3_600) % 3_600 * NS_PER_S
    bench.pass_ms(100)


@pytest.mark.rule("SESSION-001")
@pytest.mark.rule("TIF-009")
def test_day_whose_close_was_missed_is_closed_before_it_goes_on(tmp_path: Path) -> None:
    schedule = DaySchedule(close_s=0, settling_s=1, preopen_s=2, nocancel_s=1, settle_after_s=9_999, day_s=3_600)
    with Bench(str(tmp_path), schedule=schedule) as bench:
        move_to(bench, 3_590)
        terms = {"cancel_on_disconnect": False}
        bench.connect(bench.keys[1]).ask(bench.order(10, "day", **terms), bench.order(11, "gtc", tif="gtc", **terms))
        move_to(bench, 1_800)
        assert list(query.group_states(bench.venue.states).values()) == [S.CLOSED]
        publish(bench)
        move_to(bench, 1_805)
        assert list(query.group_states(bench.venue.states).values()) == [S.OPEN]
        assert [order.client_order_id for order in query.open_orders(bench.venue.states, 1)] == ["gtc"]


@pytest.mark.rule("STATE-002")
@pytest.mark.rule("SESSION-001")
def test_cancels_are_barred_in_the_last_seconds_of_a_scheduled_pre_open(tmp_path: Path) -> None:
    schedule = DaySchedule(close_s=0, settling_s=1, preopen_s=20, nocancel_s=10, settle_after_s=9_999, day_s=3_600)
    with Bench(str(tmp_path), schedule=schedule) as bench:
        move_to(bench, 3_590)
        move_to(bench, 8)
        publish(bench)
        bench.pass_ms(100)
        assert list(query.group_states(bench.venue.states).values()) == [S.PREOPEN]
        peer = bench.connect(bench.keys[1])
        assert peer.ask(bench.order(10, "a1"))[0].state == "open"
        bench.clock.now += 2 * NS_PER_S
        peer.ask(Ping(request_id=1))
        for _ in range(4):
            bench.clock.now += 2 * NS_PER_S
            bench.pass_ms(100)
            peer.ask(Ping(request_id=1))
        refused = peer.ask(Cancel(request_id=11, client_order_id="a1"))[0]
        assert isinstance(refused, Err) and refused.phase == "NOCANCEL"


@pytest.mark.rule("STATE-004")
@pytest.mark.rule("BAND-012")
def test_reserved_market_reopens_by_itself_when_its_time_is_over(bench: Bench) -> None:
    one, other = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    index = bench.venue.table.index_of(bench.instrument)
    width = int(bench.venue.states["guards"][0]["windows"][index, 0]["width_ticks"])
    far = bench.venue.table.row(index).settle_tick + width + 1
    one.ask(bench.order(10, "ask", side="s", price_tick=far))
    other.ask(bench.order(10, "bid", side="b", price_tick=far))
    assert query.market_state(bench.venue.states, index) == S.RESERVED
    bench.pass_ms(4_000)
    assert query.market_state(bench.venue.states, index) == S.RESERVED
    bench.pass_ms(1_500)
    assert query.market_state(bench.venue.states, index) == S.OPEN
    assert query.statistics(bench.venue.states, index).volume == 5


@pytest.mark.rule("AUC-014")
@pytest.mark.rule("BAND-012")
def test_extended_auction_is_tried_again_when_its_time_is_over_and_then_waits_for_the_operator(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    guard = bench.venue.states["guards"][0][1]
    assert (guard["extension_ns"], guard["extensions_max"]) == (30 * NS_PER_S, 2), "the catalogue's figures"
    bench.venue.states["guards"]["collar_ticks"][0, 1] = 5
    set_state(bench, S.PAUSED)
    other = bench.connect(bench.keys[2])
    terms = {"price_tick": bench.price + 6, "cancel_on_disconnect": False}
    peer.ask(bench.order(10, "a1", **terms))
    other.ask(bench.order(10, "b1", side="s", **terms))
    set_state(bench, S.OPEN)
    bench.settle()
    for extension in (1, 2):
        assert query.market_state(bench.venue.states, 1) == S.RESERVED
        assert guard_of(bench, "extensions") == extension
        bench.clock.now = guard_of(bench, "reopen_ns") - NS_PER_S
        bench.pass_ms(100)
        assert guard_of(bench, "extensions") == extension, "not before its time"
        bench.pass_ms(1_000)
    assert guard_of(bench, "reopen_ns") == 0 and query.market_state(bench.venue.states, 1) == S.RESERVED


@pytest.mark.rule("AUC-001", "AUC-014")
def test_a_book_that_is_crossed_after_an_uncross_at_its_collar_is_asked_for_its_next_indicative_price(
    bench: Bench,
) -> None:
    peer, other = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    bench.venue.states["guards"]["collar_ticks"][0, 1] = 5
    bench.venue.states["guards"]["extensions_max"][0, 1] = 0
    set_state(bench, S.PAUSED)
    stays = {"cancel_on_disconnect": False}
    peer.ask(bench.order(10, "a1", price_tick=bench.price + 20, order_lots=5, **stays))
    for number, (beyond, lots) in enumerate([(1, 2), (10, 3)]):
        terms = {"side": "s", "price_tick": bench.price + beyond, "order_lots": lots, **stays}
        other.ask(bench.order(10 + number, f"b{number}", **terms))
    set_state(bench, S.OPEN)
    bench.pass_ms(400)
    before = len(commands(bench, CommandKind.INDICATIVE))
    clamped = {"kind": CommandKind.SET_STATE, "market_state": S.OPEN, "instrument": 1, "flags": CommandFlag.CLAMP}
    told: list[Row] = []
    bench.venue.own.submit(clamped, told.extend)
    bench.settle()
    assert [row[KIND] for row in told if row[KIND] == EventKind.UNCROSSED]
    bench.pass_ms(400)
    assert query.market_state(bench.venue.states, 1) == S.RESERVED
    assert len(commands(bench, CommandKind.INDICATIVE)) > before


@pytest.mark.rule("STATE-004")
@pytest.mark.rule("STATE-001")
def test_a_market_that_was_halted_while_it_was_reserved_reopens_by_itself_all_the_same(bench: Bench) -> None:
    peer, other = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    window = bench.venue.states["guards"]["windows"][0, 1][:1]
    window["width_ticks"], window["pause_ns"] = 5, NS_PER_S
    bench.venue.states["books"]["features"][0, 1] = BookFeature.VELOCITY
    other.ask(bench.order(10, "b1", side="s", price_tick=bench.price + 6))
    peer.ask(bench.order(10, "a1", price_tick=bench.price + 6))
    bench.pass_ms(400)
    set_state(bench, S.HALT)
    bench.pass_ms(5_000)
    assert query.market_state(bench.venue.states, 1) == S.HALT
    set_state(bench, S.RESERVED)
    bench.pass_ms(400)
    assert query.market_state(bench.venue.states, 1) == S.RESERVED, "600 ms were left"
    bench.pass_ms(400)
    assert query.market_state(bench.venue.states, 1) == S.OPEN
    assert query.position(bench.venue.states, 1, 1).lots == 5


def guard_of(bench: Bench, name: str) -> int:
    return int(bench.venue.states["guards"][name][0, 1])
