"""The venue settles its own day: prices, variation margin, the next day's limits, all without a person."""

from dataclasses import replace
from pathlib import Path

import pytest

from exchange.codes import CommandKind, MarketState, SettleMethod
from exchange.engine import query
from exchange.journal.replay import read_frames
from exchange.operator.desk import OperatorDesk
from exchange.operator.requests import Answer
from exchange.units import NS_PER_S
from exchange.venue.day_schedule import DaySchedule
from tests.gateway.harness import Bench, NoSyncDisk
from tests.venue.test_timekeeper import move_to, publish

HOUR = DaySchedule(close_s=0, settling_s=60, preopen_s=20, nocancel_s=10, window_s=120, day_s=3_600)


def trade(bench: Bench, request: int, price: int, lots: int) -> None:
    """Account 1 sells to account 2."""
    for number, side in ((1, "s"), (2, "b")):
        terms = {"side": side, "price_tick": price, "order_lots": lots}
        bench.connect(bench.keys[number]).ask(bench.order(request, f"t{request}", **terms))


def settled(bench: Bench) -> tuple[int, SettleMethod, MarketState]:
    """Settlement of the first book, its method, and the book's state."""
    row = query.instruments(bench.venue.states)[0]
    method = SettleMethod(int(bench.venue.states["books"][0]["settle_method"][1]))
    return row.settle_tick, method, row.state


@pytest.mark.rule("SESSION-001", "SETTLE-001", "SETTLE-002", "SETTLE-007")
def test_prints_of_the_closing_window_settle_the_day_and_the_next_one_opens(tmp_path: Path) -> None:
    with Bench(str(tmp_path), schedule=HOUR) as bench:
        seed = bench.price
        move_to(bench, 3_400)
        trade(bench, 1, seed + 30, 20)  # before the window
        move_to(bench, 3_500)
        trade(bench, 2, seed + 10, 4)
        trade(bench, 3, seed + 13, 2)
        assert settled(bench) == (seed, SettleMethod.SEED, MarketState.OPEN)
        move_to(bench, 2)
        bench.pass_ms(100)
        assert settled(bench) == (seed + 11, SettleMethod.T1, MarketState.PREOPEN)
        long, hours = query.position(bench.venue.states, 2, 1), query.instruments(bench.venue.states)[0].hours
        assert (long.lots, long.unrealised_pnl_mills) == (26, 0)
        paid = 20 * (11 - 30) + 4 * (11 - 10) + 2 * (11 - 13)
        assert int(bench.venue.states["positions"]["paid_mills"][0].max()) == abs(paid) * hours
        move_to(bench, 40)
        assert settled(bench)[2] == MarketState.OPEN


@pytest.mark.rule("SETTLE-003", "TIF-009")
def test_quotes_that_end_with_the_day_still_settle_it(tmp_path: Path) -> None:
    """A DAY order above the last settlement; the orders are gone when the price is found."""
    with Bench(str(tmp_path), schedule=HOUR) as bench:
        move_to(bench, 3_500)
        bench.connect(bench.keys[1]).ask(bench.order(1, "bid", price_tick=bench.price + 7))
        move_to(bench, 2)
        assert query.open_orders(bench.venue.states, 1) == []
        assert settled(bench)[:2] == (bench.price + 7, SettleMethod.T2)


@pytest.mark.rule("SETTLE-001")
def test_prints_after_the_window_do_not_count(tmp_path: Path) -> None:
    """The close comes late: the venue's timer was held up."""
    with Bench(str(tmp_path), schedule=HOUR) as bench:
        move_to(bench, 3_590)
        bench.clock.now += 12 * NS_PER_S
        trade(bench, 1, bench.price + 10, 9)
        bench.pass_ms(100)
        assert settled(bench)[:2] == (bench.price + 10, SettleMethod.T2)


@pytest.mark.rule("SETTLE-011", "SESSION-003")
def test_a_published_settlement_is_not_changed_by_people_nor_by_a_restart(tmp_path: Path) -> None:
    with Bench(str(tmp_path), schedule=HOUR) as bench:
        move_to(bench, 3_500)
        trade(bench, 1, bench.price + 10, 9)
        move_to(bench, 2)
        assert settled(bench)[:2] == (bench.price + 10, SettleMethod.T1)
        group = next(iter(bench.venue.groups.values()))
        bench.opened.set_state(group, MarketState.OPEN)
        bench.opened.set_state(group, MarketState.CLOSED)
        answers: list[Answer] = []
        desk = OperatorDesk(bench.venue, bench.gateway, bench.opened.spec, bench.clock)
        symbol = query.instruments(bench.venue.states)[0].symbol
        request = f'{{"do":"settle","prices":{{"{symbol}":{bench.price}}}}}'
        desk.take(request.encode(), answers.append)
        bench.settle()
        assert not answers[0].ok and "never changes (SETTLE-011)" in answers[0].why
    with Bench(str(tmp_path), schedule=HOUR, later_ns=3_610 * NS_PER_S) as bench:
        bench.pass_ms(100)
        assert settled(bench)[:2] == (bench.price, SettleMethod.T1)


@pytest.mark.rule("SESSION-001", "SESSION-003")
def test_a_group_that_a_person_closes_within_the_day_waits_for_that_person(tmp_path: Path) -> None:
    with Bench(str(tmp_path), schedule=DaySchedule()) as bench:
        bench.opened.set_state(next(iter(bench.venue.groups.values())), MarketState.CLOSED)
        bench.clock.now += 600 * NS_PER_S
        bench.pass_ms(100)
        assert settled(bench)[1:] == (SettleMethod.SEED, MarketState.CLOSED)
        publish(bench)
        bench.pass_ms(100)
        assert settled(bench)[2] == MarketState.PREOPEN


@pytest.mark.rule("SESSION-001")
def test_people_may_settle_first_if_the_schedule_lets_them(tmp_path: Path) -> None:
    with Bench(str(tmp_path), schedule=replace(HOUR, settle_after_s=30)) as bench:
        move_to(bench, 3_590)
        move_to(bench, 5)
        assert settled(bench)[2] == MarketState.CLOSED
        publish(bench)
        assert settled(bench)[1] == SettleMethod.T3
        bench.pass_ms(100)
        assert settled(bench)[2] == MarketState.PREOPEN
        controls = [frame for frame in read_frames(bench.folder, NoSyncDisk()) if frame.payload and frame.records]
        kinds = [int(frame.rows[0]["kind"]) for frame in controls]
        assert kinds.count(CommandKind.DAY_LIMITS) == 1, "the venue does not publish it again"


@pytest.mark.rule("SESSION-001", "SETTLE-002")
def test_a_close_that_came_while_the_venue_was_down_is_made_up_for_whatever_came_since(
    tmp_path: Path,
) -> None:
    """A key made in the stopped folder after the close is a later command than the close."""
    with Bench(str(tmp_path), schedule=DaySchedule(), later_ns=9 * 3_600 * NS_PER_S) as bench:  # 20:06
        bench.clock.now += 52 * 60 * NS_PER_S + 30 * NS_PER_S  # 20:59:10
        trade(bench, 1, bench.price + 10, 9)
        price = bench.price
    with Bench(str(tmp_path), accounts=4, later_ns=11 * 3_600 * NS_PER_S):
        pass
    with Bench(str(tmp_path), schedule=DaySchedule(), later_ns=12 * 3_600 * NS_PER_S) as again:
        again.pass_ms(200)
        assert settled(again)[:2] == (price + 10, SettleMethod.T1)
        again.clock.now += 301 * NS_PER_S
        again.pass_ms(200)
        assert settled(again)[2] == MarketState.OPEN


@pytest.mark.rule("SETTLE-001")
def test_a_venue_that_gets_a_schedule_later_or_another_one_names_its_window(tmp_path: Path) -> None:
    with Bench(str(tmp_path)) as bench:
        assert int(bench.venue.states["window_to_ns"][0]) == 0
    for close_s in (21 * 3_600, 20 * 3_600):
        schedule = DaySchedule(close_s=close_s)
        with Bench(str(tmp_path), schedule=schedule, later_ns=NS_PER_S) as again:
            again.pass_ms(50)
            found = again.venue.states["window_from_ns"][0], again.venue.states["window_to_ns"][0]
            assert found == schedule.closing_window_ns(again.clock.now)
            assert settled(again)[2] == MarketState.OPEN
            sequence = again.venue.sequence
            again.pass_ms(500)
            assert again.venue.sequence == sequence, "named once"


@pytest.mark.rule("SESSION-001")
def test_a_group_that_a_person_has_closed_is_settled_with_the_day_that_ends(tmp_path: Path) -> None:
    with Bench(str(tmp_path), schedule=DaySchedule()) as bench:
        bench.opened.set_state(next(iter(bench.venue.groups.values())), MarketState.CLOSED)
        bench.clock.now += 10 * 3_600 * NS_PER_S
        bench.pass_ms(100)
        assert settled(bench)[1:] == (SettleMethod.T3, MarketState.PREOPEN)


@pytest.mark.rule("SESSION-003")
def test_a_close_that_is_applied_but_not_durable_yet_opens_nothing(tmp_path: Path) -> None:
    with Bench(str(tmp_path), schedule=DaySchedule()) as bench:
        bench.clock.now += 10 * 3_600 * NS_PER_S
        bench.hold = True
        bench.pass_ms(100)
        assert settled(bench)[1:] == (SettleMethod.SEED, MarketState.CLOSED)
        bench.hold = False
        bench.pass_ms(100)
        assert settled(bench)[1:] == (SettleMethod.T3, MarketState.PREOPEN)


@pytest.mark.rule("SESSION-003")
def test_a_close_by_a_person_that_is_not_durable_yet_does_not_open_by_the_settlement_of_before(tmp_path: Path) -> None:
    """The engine is CLOSED already, while the group's settlement status is still that of the day's opening."""
    with Bench(str(tmp_path), schedule=DaySchedule()) as bench:
        group = next(iter(bench.venue.groups.values()))
        bench.pass_ms(100)
        assert bench.venue.settlement_status.is_published(group), "an OPEN group has its settlement"
        bench.hold = True
        bench.venue.own.submit(
            {"kind": CommandKind.SET_STATE, "group": group, "market_state": MarketState.CLOSED}, list
        )
        bench.pass_ms(100)
        assert settled(bench)[1:] == (SettleMethod.SEED, MarketState.CLOSED)
        bench.hold = False
        bench.pass_ms(100)
        assert settled(bench)[1:] == (SettleMethod.SEED, MarketState.CLOSED), "that person settles it"
