"""CANDLE rows, against candles made one print after the other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.publish.past.candle_rows import CANDLE, DAY, HOUR, INTERVALS, MINUTE, grouped, of_prints
from exchange.units import POSITION_LOTS_MAX
from tests.publish.past.plain import Made, made_prints, plain_candles, print_rows

NAMES = list(CANDLE.names or ())[1:]


def of_book(rows: np.ndarray, book: int) -> list[tuple[int, ...]]:
    return [tuple(row) for row in rows[rows["instrument"] == book][NAMES].tolist()]


@pytest.mark.rule("HIST-001")
@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("name", INTERVALS)
def test_candles_are_those_made_one_print_after_the_other(seed: int, name: str) -> None:
    made = made_prints(seed, 400)
    rows = grouped(of_prints(print_rows(made)), INTERVALS[name])
    for book in (1, 2, 7):
        assert of_book(rows, book) == plain_candles(made, book, name)


@pytest.mark.rule("HIST-001")
@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 4 * 86_400 * 10**6), st.integers(-(2**31) + 1, 2**31 - 1), st.integers(1, POSITION_LOTS_MAX)
        ),  # the value of sixty prints fits into 64 bits
        min_size=1,
        max_size=60,
    )
)
def test_minutes_sum_to_hours_and_hours_to_trading_days(prints: list[tuple[int, int, int]]) -> None:
    made = [Made(n, n, time, 1, tick, lots) for n, (time, tick, lots) in enumerate(sorted(prints), 1)]
    minutes = grouped(of_prints(print_rows(made)), MINUTE)
    hours = grouped(minutes, HOUR)
    days = grouped(hours, DAY)
    assert of_book(days, 1) == of_book(grouped(minutes, DAY), 1) == plain_candles(made, 1, "1d")
    for rows in (minutes, hours, days):
        assert rows["lots"].sum() == sum(one.lots for one in made)
        assert rows["trades"].sum() == len(made)
        assert sum(rows["value_tick_lots"].tolist()) == sum(one.lots * one.tick for one in made)
        assert rows["high_tick"].max() == max(one.tick for one in made)
        assert rows["low_tick"].min() == min(one.tick for one in made)
        assert (rows["low_tick"] <= np.minimum(rows["open_tick"], rows["close_tick"])).all()


def test_a_day_begins_at_the_close_and_a_start_is_its_own_interval() -> None:
    close_us = 1_795_122_000_000_000  # 2026-11-19 21:00 UTC
    assert close_us % DAY.length_us == DAY.begin_us
    assert DAY.start_us(close_us) == close_us == DAY.next_us(close_us)
    assert DAY.start_us(close_us - 1) == close_us - DAY.length_us
    assert DAY.next_us(close_us + 1) == close_us + DAY.length_us
    assert HOUR.start_us(close_us + 59 * 60_000_000) == close_us


def test_no_prints_make_no_candles() -> None:
    assert not len(grouped(of_prints(print_rows([])), HOUR))
