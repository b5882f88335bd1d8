"""A book is compared with the published levels after every message of a LOBSTER pair."""

from pathlib import Path

import numpy as np
import pytest

from bench.readers.book_check import BookCheck, CheckedBook, check_books, difference, within
from bench.readers.lobster import Lobster, read_lobster
from tests.bench.fifo_book import FifoBook
from tests.bench.lobster_pair import BOOK, SAMPLE, write_pair


def judge(source: Lobster) -> tuple[BookCheck, FifoBook]:
    book = FifoBook()
    check = check_books(
        source, source.commands, CheckedBook(book.apply, lambda levels: book.depth(1, levels)), lambda _: None
    )
    return check, book


@pytest.mark.rule("TAPE-012")
def test_every_message_leaves_the_published_levels(tmp_path: Path) -> None:
    check, book = judge(read_lobster(*write_pair(tmp_path)))
    assert (check.messages, check.matched, check.first_difference) == (8, 8, "")
    assert [(price, lots) for _, price, lots in book.trades] == [(10_100, 18), (10_100, 2)]


@pytest.mark.rule("TAPE-012")
def test_levels_beyond_the_seed_are_counted_apart(tmp_path: Path) -> None:
    check, _ = judge(read_lobster(*write_pair(tmp_path)))
    assert check.levels == 2 and check.seed_levels < check.view_levels < 2


@pytest.mark.rule("TAPE-012")
def test_book_row_that_the_messages_do_not_explain_is_a_difference(tmp_path: Path) -> None:
    wrong = BOOK.replace("1015000,170,1010000,36", "1015000,170,1010000,35")
    check, _ = judge(read_lobster(*write_pair(tmp_path, book=wrong)))
    assert check.matched == 7
    assert check.first_difference == "row 3 bids: book has (10100, 36), file has (10100, 35) (tick, lots)"


@pytest.mark.rule("TAPE-012")
@pytest.mark.skipif(not SAMPLE.is_dir(), reason="the LOBSTER sample is not part of the project")
def test_real_sample_is_reproduced_after_all_messages() -> None:
    message_path, book_path = sorted(SAMPLE.glob("AAPL_2012-06-21_*_10_head.csv"))
    source = read_lobster(message_path, book_path)
    check, _ = judge(source)
    assert (check.messages, check.matched) == (998, 998)
    assert check.view_levels > 9.7 and source.corrections < 20 and source.unknown_lots == source.out_of_order_fills == 0


def test_levels_are_compared_as_far_as_the_last_price_in_view() -> None:
    bids, asks = [(100, 5), (99, 0), (98, 7)], [(101, 5), (103, 7)]
    assert within(bids, 0, 98) == [(100, 5), (98, 7)] and within(bids, 0, 99) == [(100, 5)]
    assert within(asks, 1, 102) == [(101, 5)]


def test_the_first_difference_names_row_side_and_both_levels(tmp_path: Path) -> None:
    source = read_lobster(*write_pair(tmp_path))
    last = source.book[0, -1, :, 0]
    published = tuple([(int(p), int(n)) for p, n in source.book[0, :, side]] for side in (0, 1))
    assert difference(source, 0, published, last) == ""
    wrong = ([(10_100, 17), *published[0][1:]], published[1])
    assert difference(source, 0, wrong, last) == "row 1 bids: book has (10100, 17), file has (10100, 18) (tick, lots)"
    assert "asks: book has None" in difference(source, 0, (published[0], published[1][:1]), np.array(last))
