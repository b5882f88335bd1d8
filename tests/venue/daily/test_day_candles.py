"""Candles of trading days that outlive the kept events: written at the close, read at a start, left out if damaged."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from exchange.publish.past import candles as candles_module
from exchange.publish.past.candle_rows import CANDLE, DAY, MINUTE
from exchange.publish.prints import Prints
from exchange.seams import RealDisk
from exchange.venue.daily import day_candles
from exchange.venue.daily.day_candles import DayCandles
from exchange.venue.upkeep import Upkeep
from tests.gateway.harness import Bench, killed
from tests.publish.daily.days import PATIENT, end_day, open_bench
from tests.publish.past.plain import Made, made_prints, plain_candles
from tests.publish.past.test_candles import rows_of
from tests.publish.past.test_trade_pages import events
from tests.venue.daily.test_settler import trade
from tests.venue.test_upkeep import Thread

DAY_US = DAY.length_us


class Store:
    """The days of a venue whose prints come from a list."""

    def __init__(self, folder: Path, made: list[Made], known_from: int = 0, history: str = "h_1") -> None:
        self.prints = Prints({1: known_from} if known_from else None, made[0].time_us * 1_000)
        self.warned: list[str] = []
        self.days = DayCandles(RealDisk(), str(folder), history, self.prints, self.warned.append)
        self.days.load(10**9)
        self.add(made)

    def add(self, made: list[Made]) -> None:
        if made:
            self.prints.append(events(made))
            while (job := self.days.begin_write(made[-1].time_us, made[-1].sequence)) is not None:
                job()
                self.days.end_write(None)

    def day_rows(self, book: int = 1) -> list[tuple[int, ...]]:
        return rows_of(self.prints.candles.rows_from(book, DAY, 0))


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "days"
    assert not list(tmp_path.rglob("*.tmp"))


def of_days(made: list[Made], first: int, last: int) -> list[Made]:
    """Prints of some days, by place."""
    days = sorted({DAY.start_us(one.time_us) for one in made})
    return [one for one in made if days[first] <= DAY.start_us(one.time_us) <= days[last]]


@pytest.mark.rule("HIST-005")
@pytest.mark.parametrize("seed", range(5))
def test_days_of_earlier_runs_are_shown_back_to_the_first_trade(folder: Path, seed: int) -> None:
    made = made_prints(seed, 700, step_s=600)
    days = len({DAY.start_us(one.time_us) for one in made})
    assert days >= 8
    store = Store(folder, of_days(made, 0, 0))
    for place in range(1, 5):
        store.add(of_days(made, place, place))
    assert store.day_rows() == plain_candles(of_days(made, 0, 4), 1, "1d")
    known = of_days(made, 3, 3)
    begin = known[len(known) // 2]  # as after a start: events of a day are kept, from somewhere within a day on
    again = Store(folder, [one for one in known if one.number >= begin.number], begin.number - 1)
    for one in range(4, days):
        again.add(of_days(made, one, one))
    candles, shown = again.prints.candles, plain_candles(made, 1, "1d")
    assert again.day_rows() == shown and candles.oldest_us(DAY) == 0
    for start in [row[0] + late for row in shown for late in (0, 1)]:
        assert rows_of(candles.rows_from(1, DAY, start)) == [row for row in shown if row[0] >= start]
    page = candles.page(1, DAY, 0, shown[4][0], 2)
    assert rows_of(page.rows) == shown[3:5] and page.next_us == shown[2][0]
    assert candles.oldest_us(MINUTE) >= MINUTE.next_us(begin.time_us)


@pytest.mark.rule("HIST-005")
def test_a_day_that_is_missing_ends_what_is_shown(folder: Path) -> None:
    made = made_prints(3, 700, step_s=600)
    store = Store(folder, of_days(made, 0, 0))
    for place in range(1, 5):
        store.add(of_days(made, place, place))
    files = sorted(folder.iterdir())
    (files[1]).write_bytes(files[1].read_bytes()[:-1] + b"x")
    start_us = DAY.start_us(of_days(made, 4, 4)[0].time_us)
    prints, warned = reopened(folder, start_us)
    oldest_us = prints.candles.oldest_us(DAY)
    assert oldest_us == int(files[2].name.split(".")[0])
    assert [row[0] for row in rows_of(prints.candles.rows_from(1, DAY, 0))] == [
        row[0] for row in plain_candles(of_days(made, 0, 3), 1, "1d") if row[0] >= oldest_us
    ]
    assert len(warned) == 1 and str(files[1]) in warned[0] and "damaged" in warned[0]


@pytest.mark.rule("HIST-005")
def test_files_of_another_journal_or_ahead_of_it_are_left_out(folder: Path) -> None:
    made = made_prints(3, 700, step_s=600)
    store = Store(folder, of_days(made, 0, 0))
    for place in range(1, 5):
        store.add(of_days(made, place, place))
    start_us, last = DAY.start_us(of_days(made, 4, 4)[0].time_us), of_days(made, 4, 4)[-1].sequence
    for terms, shown in (({}, True), ({"sequence": last}, True), ({"sequence": last - 1}, False),
                         ({"history": "h_2"}, False)):  # fmt: skip
        prints, warned = reopened(folder, start_us, **terms)  # type: ignore[arg-type]
        expected = start_us if not shown else 0
        assert prints.candles.oldest_us(DAY) == expected
        assert len(warned) == (not shown) and all("left out: of another journal, or ahead" in line for line in warned)
    assert "4 files" in warned[0]


@pytest.mark.rule("HIST-005")
def test_a_file_that_could_not_be_written_is_written_with_the_next_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(day_candles, "UNWRITTEN_MAX", 3)
    made = made_prints(3, 700, step_s=600)
    store = Store(folder, of_days(made, 0, 0))
    for place, files in ((1, 0), (2, 0), (3, 3)):  # the disk is full twice
        part = of_days(made, place, place)
        store.prints.append(events(part))
        time_us, sequence = part[-1].time_us, part[-1].sequence
        job = store.days.begin_write(time_us, sequence)
        assert job is not None and store.days.begin_write(time_us, sequence) is None, "one job at a time"
        if files:
            job()
        store.days.end_write(None if files else OSError("No space left on device"))
        assert store.days.begin_write(time_us, sequence) is None, "not before the next day"
        assert len(list(folder.iterdir()) if folder.exists() else ()) == files
    store.add(of_days(made, 4, 4))
    starts = sorted({DAY.start_us(one.time_us) for one in of_days(made, 0, 3)})
    assert [path.name for path in sorted(folder.iterdir())] == [f"{start}.candles" for start in starts]
    prints, warned = reopened(folder, DAY.start_us(of_days(made, 4, 4)[0].time_us))
    assert prints.candles.oldest_us(DAY) == 0 and not warned


@pytest.mark.rule("HIST-005")
def test_a_turn_takes_one_of_the_days_that_were_missed(folder: Path) -> None:
    made = made_prints(3, 700, step_s=600)
    prints = Prints(None, made[0].time_us * 1_000)
    days, last = DayCandles(RealDisk(), str(folder), "h_1", prints, print), of_days(made, 0, 3)[-1]
    prints.append(events(of_days(made, 0, 3)))
    for count in (1, 2, 3):
        job = days.begin_write(last.time_us, last.sequence)
        assert job is not None
        job()
        days.end_write(None)
        assert len(list(folder.iterdir())) == count
    assert days.begin_write(last.time_us, last.sequence) is None


@pytest.mark.rule("HIST-005")
def test_the_oldest_of_too_many_kept_days_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candles_module, "DAYS_MAX", 2)
    prints = Prints({1: 1}, 20 * DAY_US * 1_000)
    for day in range(10, 20):
        prints.candles.restart(20 * DAY_US)
        prints.candles.keep_day(DAY.start_us(day * DAY_US), np.zeros(0, CANDLE), day == 10)
    assert len(prints.candles._days) == 2 and min(prints.candles._days) == DAY.start_us(18 * DAY_US)
    assert prints.candles.oldest_us(DAY) > 0


def reopened(folder: Path, start_us: int, history: str = "h_1", sequence: int = 10**9) -> tuple[Prints, list[str]]:
    """A venue that starts with the files and with all prints from a time on."""
    prints, warned = Prints({1: 1}, start_us * 1_000), list[str]()
    prints.candles.restart(start_us)
    DayCandles(RealDisk(), str(folder), history, prints, warned.append).load(sequence)
    return prints, warned


@pytest.mark.rule("HIST-005")
def test_a_venue_shows_days_whose_events_are_no_longer_kept(tmp_path: Path) -> None:
    with open_bench(str(tmp_path / "venue")) as bench:
        thread = Thread()
        upkeep = Upkeep(bench.opened, bench.clock, thread)  # type: ignore[arg-type]  # a thread by hand
        for day in range(4):
            trade(bench, 100 * day + 1, bench.price + day, 2 + day)
            end_day(bench, 100 * day + 50)
            upkeep.turn()
            thread.run()
        shown = rows_of(bench.venue.market.prints.candles.rows_from(1, DAY, 0))
        assert [row[5] for row in shown] == [2, 3, 4, 5]
        for path in (tmp_path / "venue" / "events").iterdir():
            path.unlink()
        again = killed(bench, tmp_path / "again", profile=PATIENT)
        _forget_minutes(again)
        assert rows_of(again.venue.market.prints.candles.rows_from(1, DAY, 0)) == []
        Upkeep(again.opened, again.clock, thread)  # type: ignore[arg-type]
        candles = again.venue.market.prints.candles
        assert rows_of(candles.rows_from(1, DAY, 0)) == shown and candles.oldest_us(DAY) == 0
        again.close()


def _forget_minutes(bench: Bench) -> None:
    """As if no event of the days before were kept."""
    bench.venue.market.prints.candles.restart(DAY.start_us(bench.venue.time_us))
