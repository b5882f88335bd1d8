"""Pages of trades, against a filter of a plain list."""

import random

import numpy as np
import pytest

from exchange.codes import EventKind
from exchange.publish import prints as prints_module
from exchange.publish.past.trade_pages import TradeRange, trade_page
from exchange.publish.prints import Prints
from exchange.records import EVENT, column
from tests.publish.past.plain import Made, made_prints, print_rows

LATEST = 2**62


def events(made: list[Made]) -> np.ndarray:
    """A FILL row of each print."""
    rows, prints = np.zeros(len(made), EVENT), print_rows(made)
    rows["kind"] = EventKind.FILL
    column(rows, "trade_id")[:] = [one.number for one in made]
    for name in ("sequence", "time_ns", "instrument", "trade_tick", "lots"):
        column(rows, name)[:] = prints[name]
    return rows


@pytest.mark.rule("HIST-002")
@pytest.mark.parametrize("seed", range(20))
def test_pages_are_the_newest_trades_of_a_range_and_follow_each_other(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prints_module, "BLOCK", 64)
    rng, made = random.Random(seed), made_prints(seed, 500)
    prints = Prints()
    prints.append(events(made))
    for _ in range(40):
        book, count = rng.choice((1, 2, 7, 9)), rng.choice((1, 3, 50, 2_000))
        first_id, last_id = sorted((rng.randint(0, 520), rng.randint(0, 520)))
        low, high = sorted(rng.choice(made).time_us + rng.choice((0, 1)) for _ in range(2))
        wide = rng.random() < 0.5
        wanted = TradeRange(first_id, last_id, *((0, LATEST) if wide else (low, high)), rng.choice((0, 100)))
        expected = [
            one for one in made
            if one.book == book and first_id <= one.number <= last_id and one.sequence >= wanted.since
            and wanted.from_us <= one.time_us <= wanted.to_us
        ]  # fmt: skip
        found: list[tuple[int, int, int]] = []
        while True:
            page = trade_page(prints, book, wanted, count)
            assert len(page.ids) == len(page.rows) <= count
            found = [*zip(page.ids.tolist(), page.rows["trade_tick"].tolist(), page.rows["lots"].tolist(), strict=True),
                     *found]  # fmt: skip
            if not page.next_id:
                break
            wanted = wanted._replace(last_id=page.next_id)
        assert found == [(one.number, one.tick, one.lots) for one in expected]


@pytest.mark.rule("HIST-002")
def test_pieces_without_a_print_of_the_book_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prints_module, "BLOCK", 64)
    made = [one._replace(book=9 if one.number in (70, 400) else 2) for one in made_prints(1, 600)]
    prints = Prints()
    for start in range(0, len(made), 50):
        prints.append(events(made[start : start + 50]))
        assert prints.last_id == start + 50
    for book, wanted in ((9, [384, 64]), (2, [576, 512, 448, 384, 320, 256, 192, 128, 64, 1]), (3, []), (12, [])):
        assert [int(ids[0]) for ids, _ in prints.newest_first(book, 1, LATEST)] == wanted
    assert trade_page(prints, 9, TradeRange(0, LATEST, 0, LATEST), 5).ids.tolist() == [70, 400]


@pytest.mark.rule("HIST-002")
def test_of_prints_that_are_not_kept_there_is_no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prints_module, "BLOCK", 64)
    monkeypatch.setattr(prints_module, "PRINTS_MAX", 128)
    made = made_prints(1, 900)
    prints = Prints()
    for start in range(0, len(made), 50):
        prints.append(events(made[start : start + 50]))
        prints.first_id  # noqa: B018  # reads what waits
    kept = [one for one in made if one.number >= prints.first_id]
    assert 100 < len(kept) < 400
    assert prints.complete_us == kept[0].time_us + 1
    page = trade_page(prints, 1, TradeRange(0, LATEST, 0, LATEST), 2_000)
    assert page.ids.tolist() == [one.number for one in kept if one.book == 1] and page.next_id == 0


@pytest.mark.rule("HIST-001", "HIST-002")
def test_after_a_start_everything_is_known_from_the_oldest_kept_event_on() -> None:
    made = made_prints(4, 300)
    rows, last = events(made), {1: made[-1].number}

    def known(*pieces: np.ndarray) -> tuple[int, int]:
        prints = Prints(last, made[-1].time_us * 1_000)
        prints.load(pieces)
        assert prints.candles.trades(1) == sum(one.book == 1 for one in made if one.number >= prints.first_id)
        return prints.first_id, prints.complete_us

    assert known() == (301, made[-1].time_us + 1)
    assert known(rows) == known(rows[200:], rows[:200]) == (1, 0)
    assert known(rows[200:], rows[120:200]) == (121, made[120].time_us + 1)
    quiet = np.zeros(1, EVENT)
    quiet["time_ns"] = made[0].time_us * 1_000
    assert known(rows[200:], quiet) == (201, made[0].time_us + 1), "no print since the oldest kept event"
    first, complete_us = known(rows[200:], rows[100:199])
    assert first > 200 and complete_us == made[first - 1].time_us + 1
