"""A book is compared with the published levels after every message of a LOBSTER pair."""

from pathlib import Path

import numpy as np
import pytest

from bench.readers.book_check import BookCheck, check_books, difference, differing, within
from bench.readers.lobster import INSTRUMENT, OWNERS, Lobster, read_lobster
from bench.tapes.market import PlainMarket, engine_at, market_tape
from exchange.engine import query
from tests.bench.fifo_book import FifoBook
from tests.bench.lobster_pair import BOOK, SAMPLE, write_pair
from tests.bench.slow_book_check import CheckedBook, check_slowly


def judge(source: Lobster) -> tuple[BookCheck, FifoBook]:
    """The obvious check with a book in plain Python."""
    book = FifoBook()
    view = CheckedBook(book.apply, lambda levels: book.depth(1, levels))
    return check_slowly(source, source.commands, view, lambda _: None), book


def check(source: Lobster) -> BookCheck:
    """The check with the engine's book, which must find what the obvious one finds, with the same engine."""
    prices = source.commands["price"][source.commands["price"] > 0]
    market = PlainMarket(int(prices.min()), int(prices.max()), int(prices.min()), 1, 2 * OWNERS, hours=1, psr_mills=1)
    tape = market_tape(market, [source.commands])
    rows, counted = tape.commands[tape.resting_rows :], []
    found = check_books(source, rows, engine_at(tape, tape.resting_rows), counted.append)
    engine = engine_at(tape, tape.resting_rows)
    view = CheckedBook(engine.run_silently, lambda levels: query.depth(engine.states, INSTRUMENT, levels))
    slow = check_slowly(source, rows, view, lambda _: None)
    assert (found.messages, found.matched, found.first_difference) == (
        slow.messages,
        slow.matched,
        slow.first_difference,
    )
    assert (found.seed_levels, found.view_levels) == pytest.approx((slow.seed_levels, slow.view_levels))
    assert sum(counted) == len(source.book)
    return found


@pytest.mark.rule("TAPE-012")
def test_every_message_leaves_the_published_levels(tmp_path: Path) -> None:
    source = read_lobster(*write_pair(tmp_path))
    slow, book = judge(source)
    for found in (slow, check(source)):
        assert (found.messages, found.matched, found.first_difference) == (8, 8, "")
    assert [(price, lots) for _, price, lots in book.trades] == [(10_100, 18), (10_100, 2)]


@pytest.mark.rule("TAPE-012")
def test_levels_beyond_the_seed_are_counted_apart(tmp_path: Path) -> None:
    found = check(read_lobster(*write_pair(tmp_path)))
    assert found.levels == 2 and found.seed_levels < found.view_levels < 2


@pytest.mark.rule("TAPE-012")
def test_book_row_that_the_messages_do_not_explain_is_a_difference(tmp_path: Path) -> None:
    wrong = BOOK.replace("1015000,170,1010000,36", "1015000,170,1010000,35")
    found = check(read_lobster(*write_pair(tmp_path, book=wrong)))
    assert found.matched == 7
    assert found.first_difference == "row 3 bids: book has (10100, 36), file has (10100, 35) (tick, lots)"


@pytest.mark.rule("TAPE-012")
@pytest.mark.parametrize("seed", range(6))
def test_random_changes_of_the_file_are_found_as_the_obvious_check_finds_them(seed: int, tmp_path: Path) -> None:
    random = np.random.default_rng(seed)
    rows = [line.split(",") for line in BOOK.splitlines()]
    for _ in range(1 + seed % 3):
        row, size = int(random.integers(1, len(rows))), 1 + 2 * int(random.integers(4))
        rows[row][size] = str(int(random.integers(0, 40)))
    found = check(read_lobster(*write_pair(tmp_path, book="".join(",".join(row) + "\n" for row in rows))))
    assert found.matched < 8 and found.first_difference


@pytest.mark.rule("TAPE-012")
@pytest.mark.skipif(not SAMPLE.is_dir(), reason="the LOBSTER sample is not part of the project")
def test_real_sample_is_reproduced_after_all_messages() -> None:
    message_path, book_path = sorted(SAMPLE.glob("AAPL_2012-06-21_*_10_head.csv"))
    source = read_lobster(message_path, book_path)
    found = check(source)
    assert (found.messages, found.matched) == (998, 998)
    assert found.view_levels > 9.7 and source.corrections < 20 and source.unknown_lots == source.out_of_order_fills == 0
    assert source.hidden_trades == source.counts["execute hidden (not in the book: ignored)"] > 0
    assert f"hidden      {source.hidden_trades} trades" in "\n".join(found.lines(source))


def test_levels_are_compared_as_far_as_the_last_price_in_view() -> None:
    book = np.array([[[[100, 5], [101, 5]], [[99, 2], [103, 7]], [[98, 0], [0, 0]]]])
    assert within(book, np.array([[99, 102]]))[0].tolist() == [[True, True], [True, False], [False, False]]
    other = book.copy()
    other[0, 1, 1] = [104, 7]
    assert (
        not differing(book, other, np.array([[99, 102]])).any() and differing(book, other, np.array([[99, 104]])).all()
    )


def test_the_first_difference_names_row_side_and_both_levels(tmp_path: Path) -> None:
    source = read_lobster(*write_pair(tmp_path))
    last, shown = source.book[0, -1, :, 0], source.book[0].copy()
    assert difference(source, 0, shown, last) == ""
    shown[0, 0, 1] = 17
    assert difference(source, 0, shown, last) == "row 1 bids: book has (10100, 17), file has (10100, 18) (tick, lots)"
    shown[0, 0, 1], shown[0, 1, 1] = 18, 0
    assert "asks: book has (10200, 50), file has (10150, 200)" in difference(source, 0, shown, last)
