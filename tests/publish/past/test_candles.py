"""The candles of all books, against candles made one print after the other; pages, forgetting, books used again."""

import random
from typing import Any

import numpy as np
import pytest

from exchange.publish.past import candles as candles_module
from exchange.publish.past.candle_rows import DAY, HOUR, INTERVALS, MINUTE, Interval, grouped
from exchange.publish.past.candles import LATEST_US, KeptCandles
from tests.publish.past.plain import BEGIN_NS, Made, made_prints, plain_candles, print_rows

LATEST = 2**62


def rows_of(rows: np.ndarray) -> list[tuple[int, ...]]:
    return [row[1:] for row in rows.tolist()]


def fed(candles: KeptCandles, made: list[Made], rng: random.Random) -> KeptCandles:
    """In batches of any size."""
    start = 0
    while start < len(made):
        stop = start + rng.randint(1, 40)
        candles.take(print_rows(made[start:stop]))
        start = stop
    return candles


@pytest.mark.rule("HIST-001")
@pytest.mark.parametrize("seed", range(20))
def test_candles_do_not_depend_on_how_prints_came(seed: int) -> None:
    made = made_prints(seed, 500)
    candles = fed(KeptCandles(), made, random.Random(seed))
    for name, interval in INTERVALS.items():
        for book in (1, 2, 7, 9):
            expected = plain_candles(made, book, name)
            assert rows_of(candles.rows_from(book, interval, 0)) == expected
            for start in [row[0] + late for row in expected[:3] for late in (0, 1)]:
                assert rows_of(candles.rows_from(book, interval, start)) == [row for row in expected if row[0] >= start]
    assert candles.trades(1) == sum(one.book == 1 for one in made) and candles.trades(9) == 0


@pytest.mark.rule("HIST-001")
@pytest.mark.parametrize("seed", range(10))
def test_pages_are_the_newest_rows_and_follow_each_other(seed: int) -> None:
    rng, made = random.Random(seed), made_prints(seed, 500)
    candles = fed(KeptCandles(), made, rng)
    for name, interval in INTERVALS.items():
        everything = plain_candles(made, 1, name)
        first, last = sorted(rng.choice(made).time_us for _ in range(2))
        wanted = [row for row in everything if first <= row[0] <= last]
        found: list[tuple[int, ...]] = []
        to_us, count = last, rng.randint(1, 7)
        while True:
            page = candles.page(1, interval, first, to_us, count)
            assert len(page.rows) <= count and page.oldest_us == 0
            found = rows_of(page.rows) + found
            if not page.next_us:
                break
            to_us = page.next_us
        assert found == wanted


def slow_page(rows: list[tuple[int, ...]], first: int, last: int, count: int) -> tuple[Any, int]:
    """Rows of a page, and the start of the one before them, of all complete candles."""
    found = [row for row in rows if first <= row[0] <= last]
    return found[-count:], found[-count - 1][0] if len(found) > count else 0


@pytest.mark.rule("HIST-001", "HIST-004")
@pytest.mark.parametrize("seed", range(12))
def test_a_page_is_cut_from_all_candles_of_minutes_and_of_kept_days(seed: int) -> None:
    rng, made = random.Random(seed), made_prints(seed, 600, step_s=(2_000, 90)[seed % 2])
    whole, candles, late_us = KeptCandles(), KeptCandles(), made[rng.randint(150, 450)].time_us
    whole.take(print_rows(made))
    if seed % 3:
        candles.restart(late_us)
    fed(candles, [one for one in made if not seed % 3 or one.time_us >= late_us], rng)
    if seed % 3 == 2:
        for day_us in range(DAY.start_us(made[60].time_us), DAY.next_us(late_us), DAY.length_us):
            day = whole.day(day_us)
            assert day is not None
            candles.keep_day(day_us, day, is_first=False)
    times = [0, LATEST_US, *(one.time_us for one in made), *(row[0] for row in plain_candles(made, 1, "1h"))]
    for name, interval in INTERVALS.items():
        rows = [row for row in plain_candles(made, 1, name) if row[0] >= candles.oldest_us(interval)]
        assert rows_of(candles.rows_from(1, interval, 0)) == rows and (rows or interval is DAY)
        for _ in range(60):
            first, last, count = *sorted((rng.choice(times), rng.choice(times))), rng.choice((1, 2, 3, 10, 2_000))
            page = candles.page(1, interval, first, last, count)
            assert (rows_of(page.rows), page.next_us) == slow_page(rows, first, last, count)


@pytest.mark.rule("HIST-001")
def test_a_page_reads_no_more_minutes_than_its_candles_need(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []

    def counted(rows: np.ndarray, interval: Interval) -> np.ndarray:
        read.append(len(rows))
        return grouped(rows, interval)

    made = [Made(n, n, BEGIN_NS // 1_000 + n * MINUTE.length_us, 1, n % 7, 1) for n in range(1, 20_001)]
    candles = KeptCandles()
    candles.take(print_rows(made))
    monkeypatch.setattr(candles_module, "grouped", counted)
    for interval, to_us, most in ((MINUTE, LATEST_US, 0), (HOUR, LATEST_US, 500), (HOUR, made[9_000].time_us, 500)):
        read.clear()
        assert len(candles.page(1, interval, 0, to_us, 3).rows) == 3
        assert sum(read) <= most


def complete(made: list[Made], name: str, interval: Interval, oldest_us: int) -> list[tuple[int, ...]]:
    return [row for row in plain_candles(made, 1, name) if row[0] >= interval.next_us(oldest_us)]


@pytest.mark.rule("HIST-001")
def test_a_candle_is_complete_or_not_shown() -> None:
    made = made_prints(3, 500)
    late = [one for one in made if one.time_us >= made[200].time_us]
    candles = KeptCandles()
    candles.restart(late[0].time_us)
    fed(candles, late, random.Random(1))
    for name, interval in INTERVALS.items():
        expected = complete(made, name, interval, late[0].time_us)
        assert rows_of(candles.rows_from(1, interval, 0)) == expected
        assert candles.page(1, interval, 0, LATEST, 999).oldest_us == interval.next_us(late[0].time_us)


@pytest.mark.rule("HIST-001")
def test_too_many_candles_leave_the_newer_half(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candles_module, "MINUTES_MAX", 100)
    made = made_prints(5, 900)
    candles = fed(KeptCandles(), made, random.Random(2))
    assert sum(len(candles.rows_from(book, MINUTE, 0)) for book in (1, 2, 7)) <= 100
    oldest_us = candles.oldest_us(MINUTE)
    assert oldest_us > made[0].time_us
    for name, interval in INTERVALS.items():
        assert rows_of(candles.rows_from(1, interval, 0)) == complete(made, name, interval, oldest_us)
    assert len(candles.rows_from(1, HOUR, 0))


@pytest.mark.rule("HIST-001")
def test_a_book_shows_nothing_of_the_instrument_before() -> None:
    made = made_prints(7, 300)
    change = next(one.sequence for one in made[150:] if one.book == 1)
    since = {1: 0, 2: 0, 7: 0}
    candles = fed(KeptCandles(since.__getitem__), made[:120], random.Random(3))
    since[1] = change
    assert candles.trades(1) == 0 and not len(candles.rows_from(1, MINUTE, 0))
    fed(candles, made[120:], random.Random(4))
    later = [one for one in made if one.book != 1 or one.sequence >= change]
    for name, interval in INTERVALS.items():
        for book in (1, 2):
            assert rows_of(candles.rows_from(book, interval, 0)) == plain_candles(later, book, name)
