"""The points of a day."""

from datetime import date

import pytest

from contracts_spec.periods import close_ns
from exchange.reference.house.schedule import advance, date_of, trading_day
from exchange.units import NS_PER_S
from tests.reference.house.scenes import play

F27 = "H100.G90.F27"


def test_a_trading_day_begins_at_the_close_of_the_date_before() -> None:
    close = close_ns(date(2026, 11, 16), 21)
    assert [trading_day(close + step) for step in (-1, 0)] == [date(2026, 11, 16), date(2026, 11, 17)]
    assert date_of(close) == date(2026, 11, 16)


@pytest.mark.rule("MARGIN-014")
def test_a_line_at_a_full_minute_is_marked_at_the_next() -> None:
    play(
        f"""10:05 trade A buys 1 {F27} @2850 from B
10:05:59 expect mark {F27} 2810
10:06 expect mark {F27} 2850
"""
    )


@pytest.mark.rule("SETTLE-007")
def test_noon_pays_variation_before_a_line_of_noon() -> None:
    play(f"trade A buys 1 {F27} @2810 from B\norder o1 C buys 1 {F27} @2820\n12:00 expect cash A 7440\n")


def test_several_days_run_in_order_and_each_settles() -> None:
    state = play("deposit A 1\n")
    advance(state, close_ns(date(2026, 11, 20), 21) + NS_PER_S)
    assert [one.day for one in state.settled[F27]] == [date(2026, 11, day) for day in range(15, 21)]
    assert state.day == date(2026, 11, 21)
    assert state.now_ns == close_ns(date(2026, 11, 20), 21) + NS_PER_S


@pytest.mark.rule("TIF-002")
def test_the_books_as_they_stand_make_the_price_before_day_orders_end() -> None:
    play(
        f"""order o1 A buys 1 {F27} @2820
order o2 A buys 1 {F27} @2800 gtc
close
expect settle {F27} 2820 T2
expect order o1 GONE EXPIRED
expect order o2 WORKING
"""
    )
