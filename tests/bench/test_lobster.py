"""LOBSTER files become commands that leave the published levels; wrong files are refused with their row."""

from pathlib import Path

import numpy as np
import pytest

from bench.book_check import Book, BookCheck, check_books
from bench.lobster import Lobster, read_lobster
from exchange.codes import CommandKind
from exchange.errors import UserError
from tests.bench.fifo_book import FifoBook

SAMPLE = Path(__file__).parents[3] / "shared" / "data" / "lobster"
# Two levels a side. Message 1 adds 18 at 101.00 (already in the first row). Then: an unknown order loses 30 of the
# seeded 200 at 101.50 (ask); 18 more join at 101.00; the first 18 and 2 of the next are executed; a hidden trade; the
# ask 101.50 is deleted, which brings 102.50 into view; the rest of the second order is deleted.
MESSAGES = """\
34200.000000001,1,11,18,1010000,1
34200.5,2,5,30,1015000,-1
34200.5,1,12,18,1010000,1
34201.25,4,11,18,1010000,1
34201.25,4,12,2,1010000,1
34202,5,0,7,1012000,1
34203,3,5,170,1015000,-1
34204,3,12,16,1010000,1
34204,7,0,0,-1,-1
"""
BOOK = """\
1015000,200,1010000,18,1020000,50,1005000,10
1015000,170,1010000,18,1020000,50,1005000,10
1015000,170,1010000,36,1020000,50,1005000,10
1015000,170,1010000,18,1020000,50,1005000,10
1015000,170,1010000,16,1020000,50,1005000,10
1015000,170,1010000,16,1020000,50,1005000,10
1020000,50,1010000,16,1025000,60,1005000,10
1020000,50,1005000,10,1025000,60,1000000,5
1020000,50,1005000,10,1025000,60,1000000,5
"""


def write_pair(folder: Path, messages: str = MESSAGES, book: str = BOOK) -> tuple[Path, Path]:
    paths = folder / "XYZ_2012-06-21_message_2.csv", folder / "XYZ_2012-06-21_orderbook_2.csv"
    for path, text in zip(paths, (messages, book), strict=True):
        path.write_text(text)
    return paths


def judge(source: Lobster) -> tuple[BookCheck, FifoBook]:
    book = FifoBook()
    check = check_books(source, source.commands, Book(book.apply, lambda levels: book.depth(1, levels)), lambda _: None)
    return check, book


@pytest.mark.rule("TAPE-012")
def test_every_message_leaves_the_published_levels(tmp_path: Path) -> None:
    check, book = judge(read_lobster(*write_pair(tmp_path)))
    assert (check.messages, check.matched, check.first_difference) == (8, 8, "")
    assert [(price, lots) for _, price, lots in book.trades] == [(10_100, 18), (10_100, 2)]


@pytest.mark.rule("TAPE-012")
def test_first_row_contains_the_first_message(tmp_path: Path) -> None:
    source = read_lobster(*write_pair(tmp_path))
    seeds = source.commands[: source.view_ends[0]]
    assert seeds["kind"].tolist() == [CommandKind.NEW] * 4
    assert sorted(zip(seeds["price"].tolist(), seeds["lots"].tolist(), strict=True)) == [
        (10_050, 10),
        (10_100, 18),
        (10_150, 200),
        (10_200, 50),
    ]


@pytest.mark.rule("TAPE-012")
def test_levels_beyond_the_seed_are_counted_apart(tmp_path: Path) -> None:
    check, _ = judge(read_lobster(*write_pair(tmp_path)))
    assert check.levels == 2 and check.seed_levels < check.view_levels < 2


@pytest.mark.rule("TAPE-005")
def test_messages_that_are_no_commands_are_counted_and_named(tmp_path: Path) -> None:
    strange = MESSAGES.replace("34204,7,0,0,-1,-1", "34204,9,0,0,1010000,-1")
    counts = read_lobster(*write_pair(tmp_path)).counts
    assert counts["halt (ignored)"] == 1 and counts["execute hidden (not in the book: ignored)"] == 1
    assert read_lobster(*write_pair(tmp_path, strange)).counts["type 9 (unknown: ignored)"] == 1


@pytest.mark.rule("TAPE-012")
def test_book_row_that_the_messages_do_not_explain_is_a_difference(tmp_path: Path) -> None:
    wrong = BOOK.replace("1015000,170,1010000,36", "1015000,170,1010000,35")
    check, _ = judge(read_lobster(*write_pair(tmp_path, book=wrong)))
    assert check.matched == 7
    assert check.first_difference == "row 3 bids: book has (10100, 36), file has (10100, 35) (tick, lots)"


@pytest.mark.rule("TAPE-012")
def test_orders_larger_than_the_exchange_allows_are_entered_in_parts(tmp_path: Path) -> None:
    messages = "1,1,7,25000,1010000,1\n2,1,8,24000,1011000,1\n3,4,8,23000,1011000,1\n4,3,8,1000,1011000,1\n"
    book = "1020000,9,1010000,25000\n1020000,9,1011000,24000\n1020000,9,1011000,1000\n1020000,9,1010000,25000\n"
    source = read_lobster(*write_pair(tmp_path, messages, book))
    assert source.commands["lots"].max() == 10_000
    assert judge(source)[0].matched == 3


def test_times_are_exact_to_the_nanosecond_from_the_day_in_the_name(tmp_path: Path) -> None:
    times = read_lobster(*write_pair(tmp_path)).commands["time_ns"]
    midnight_ns = 1_340_236_800 * 10**9
    assert times[0] - midnight_ns == 34_200_000_000_001
    assert np.all(np.diff(times) >= 0)


@pytest.mark.rule("TAPE-005")
def test_wrong_files_are_refused_in_one_line_with_their_row(tmp_path: Path) -> None:
    short = BOOK.split("\n", 1)[1]
    cases = [
        (MESSAGES.replace(",2,1010000", ",2,1010050"), BOOK, r"row 5: price 1010050 is not a multiple of 100"),
        (MESSAGES, short, "8 rows for 9 messages"),
        (MESSAGES.replace(",1\n", "\n"), BOOK, "not a LOBSTER file|columns"),
        (MESSAGES, BOOK.replace("\n", ",3\n"), "9 columns, a LOBSTER order-book file has 4 a level"),
        ("", BOOK, "empty"),
        ("a,b,c\n", BOOK, "not a LOBSTER file"),
    ]
    for messages, book, reason in cases:
        with pytest.raises(UserError, match=reason) as caught:
            read_lobster(*write_pair(tmp_path, messages, book))
        assert caught.value.code == 2 and "\n" not in str(caught.value)
    with pytest.raises(UserError, match="no such file"):
        read_lobster(tmp_path / "none.csv", tmp_path / "none.csv")


@pytest.mark.rule("TAPE-012")
@pytest.mark.skipif(not SAMPLE.is_dir(), reason="the LOBSTER sample is not part of the project")
def test_real_sample_is_reproduced_after_all_messages() -> None:
    message_path, book_path = sorted(SAMPLE.glob("AAPL_2012-06-21_*_10_head.csv"))
    source = read_lobster(message_path, book_path)
    check, _ = judge(source)
    assert (check.messages, check.matched) == (998, 998)
    assert check.view_levels > 9.7 and source.corrections < 20 and source.strangers == source.queue_jumps == 0
