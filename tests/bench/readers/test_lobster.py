"""LOBSTER files become commands that leave the published levels; wrong files are refused with their row."""

from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from bench.readers.lobster import read_lobster
from bench.research.sources import open_source
from bench.tapes.tape import TICK_NOTE
from exchange.codes import CommandKind
from exchange.errors import UserError
from tests.bench.lobster_pair import BOOK, MESSAGES, write_pair
from tests.bench.readers.test_book_check import judge


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


@pytest.mark.rule("TAPE-005")
@pytest.mark.rule("TAPE-005")
def test_prices_become_ticks_of_the_size_that_is_said(tmp_path: Path) -> None:
    pair = write_pair(tmp_path)
    cents, quarters = read_lobster(*pair), read_lobster(*pair, Decimal("0.25"))
    assert (quarters.commands["price"] * 25).tolist() == cents.commands["price"].tolist()
    assert (quarters.book[..., 0] * 25).tolist() == cents.book[..., 0].tolist()
    for source in (pair, str(pair[0])):
        tape = open_source(source, tick="0.25")
        assert tape.notes[TICK_NOTE] == "0.25" and {404, 410} <= set(tape.commands["price"].tolist())
    with pytest.raises(UserError, match=r"column 5: price 1015000 is not a multiple of 10000 in 10000\.\."):
        read_lobster(*pair, Decimal(1))
    with pytest.raises(UserError, match=r"tick 0\.00001, allowed: a multiple of 0\.0001"):
        read_lobster(*pair, Decimal("0.00001"))


def test_messages_that_are_no_commands_are_counted_and_named(tmp_path: Path) -> None:
    counts = read_lobster(*write_pair(tmp_path)).counts
    assert counts["halt (ignored)"] == 1 and counts["execute hidden (not in the book: ignored)"] == 1


@pytest.mark.rule("TAPE-012")
def test_orders_larger_than_the_exchange_allows_are_entered_in_parts(tmp_path: Path) -> None:
    messages = "1,1,7,25000,1010000,1\n2,1,8,24000,1011000,1\n3,4,8,23000,1011000,1\n4,3,8,1000,1011000,1\n"
    book = "1020000,9,1010000,25000\n1020000,9,1011000,24000\n1020000,9,1011000,1000\n1020000,9,1010000,25000\n"
    source = read_lobster(*write_pair(tmp_path, messages, book))
    assert source.commands["lots"].max() == 10_000
    assert judge(source)[0].matched == 3


@pytest.mark.rule("TAPE-012")
def test_level_of_a_thousand_largest_orders_is_entered_in_parts(tmp_path: Path) -> None:
    book = "1020000,10000000,1010000,10\n" * 2
    source = read_lobster(*write_pair(tmp_path, "1,1,7,10,1010000,1\n2,7,0,0,-1,-1\n", book))
    assert (len(source.commands), source.commands["lots"].sum()) == (1_001, 10_000_010)


def test_times_are_exact_to_the_nanosecond_from_the_day_in_the_name(tmp_path: Path) -> None:
    times = read_lobster(*write_pair(tmp_path)).commands["time_ns"]
    midnight_ns = 1_340_236_800 * 10**9
    assert times[0] - midnight_ns == 34_200_000_000_001
    assert np.all(np.diff(times) >= 0)


@pytest.mark.rule("TAPE-005")
def test_wrong_files_are_refused_in_one_line_with_their_row(tmp_path: Path) -> None:
    short = BOOK.split("\n", 1)[1]
    cases = [
        (MESSAGES.replace(",2,1010000", ",2,1010050"), BOOK, r"row 5 column 5: price 1010050 is not a multiple of 100"),
        (MESSAGES, short, "8 rows for 9 messages"),
        (MESSAGES.replace(",1\n", "\n"), BOOK, "row 2: 6 columns, row 1 has 5"),
        (MESSAGES, BOOK.replace("\n", ",3\n"), "9 columns, a LOBSTER order-book file has 4 a level"),
        ("", BOOK, "empty"),
        (MESSAGES, BOOK.replace("1025000,60", "1020000,60"), "row 7 column 5: price 1020000 is not behind the level"),
        (MESSAGES, BOOK.replace("1000000,5", "1006000,5"), "row 8 column 7: price 1006000 is not behind the level"),
        (MESSAGES, BOOK.replace("1010000,36", "1010000,0"), "row 3 column 7: .*, allowed: best level first, empty"),
        ("a,b,c\n", BOOK, "row 1 column 1: 'a' is not a number .not a LOBSTER file"),
    ]
    for messages, book, reason in cases:
        with pytest.raises(UserError, match=reason) as caught:
            read_lobster(*write_pair(tmp_path, messages, book))
        assert caught.value.code == 2 and "\n" not in str(caught.value)
    with pytest.raises(UserError, match="no such file"):
        read_lobster(tmp_path / "none.csv", tmp_path / "none.csv")


WRONG_CELLS = [  # file, row, column, what it says, what is told
    ("message", 3, 1, "nan", "time nan is not in 0..86400 seconds"),
    ("message", 3, 1, "1e300", "time 1e+300 is not in 0..86400 seconds"),
    ("message", 3, 1, "-1", "time -1 is not in 0..86400 seconds"),
    ("message", 3, 1, "34200.25", "time 34200.25 is not at or after that of the row before"),
    ("message", 3, 2, "nan", "type nan is not a whole number in 1..7"),
    ("message", 3, 2, "1.5", "type 1.5 is not a whole number in 1..7"),
    ("message", 3, 2, "99", "type 99 is not a whole number in 1..7"),
    ("message", 9, 2, "0", "type 0 is not a whole number in 1..7"),
    ("message", 3, 3, "nan", "order id nan is not a whole number in 0..9007199254740992"),
    ("message", 3, 3, "1e30", "order id 1e+30 is not a whole number in 0..9007199254740992"),
    ("message", 9, 3, "nan", "order id nan is not a whole number in -9007199254740992..9007199254740992"),
    ("message", 3, 4, "1e18", "size 1e+18 is not a whole number in 1..10000000"),
    ("message", 3, 4, "-18", "size -18 is not a whole number in 1..10000000"),
    ("message", 3, 4, "0", "size 0 is not a whole number in 1..10000000"),
    ("message", 3, 5, "inf", "price inf is not a multiple of 100 in 100..10000000"),
    ("message", 3, 5, "10000100", "price 10000100 is not a multiple of 100 in 100..10000000"),
    ("message", 6, 5, "inf", "price inf is not a whole number in -9007199254740992..9007199254740992"),
    ("message", 3, 6, "7", "direction 7 is not 1 or -1"),
    ("message", 3, 6, "0", "direction 0 is not 1 or -1"),
    ("message", 9, 6, "7", "direction 7 is not 1 or -1"),
    ("message", 3, 3, "# id", "'# id' is not a number (not a LOBSTER file)"),
    ("message", 4, 5, "1050000", "SELL order executed at price 1050000, allowed: a price at which one rests"),
    ("message", 4, 5, "1015100", "SELL order executed at price 1015100, allowed: a price at which one rests"),
    ("orderbook", 1, 2, "9e12", "size 9000000000000 is not a whole number in 0..10000000"),
    ("orderbook", 2, 4, "-10", "size -10 is not a whole number in 0..10000000"),
    ("orderbook", 2, 4, "1.5", "size 1.5 is not a whole number in 0..10000000"),
    ("orderbook", 9, 5, "1025001", "price 1025001 is not a multiple of 100 in 100..10000000"),
    ("orderbook", 9, 5, "nan", "price nan is not a multiple of 100 in 100..10000000"),
    ("orderbook", 9, 8, "", "'' is not a number (not a LOBSTER file)"),
]


def with_cell(text: str, row: int, column: int, value: str) -> str:
    rows = [line.split(",") for line in text.splitlines()]
    rows[row - 1][column - 1] = value
    return "".join(",".join(cells) + "\n" for cells in rows)


@pytest.mark.rule("TAPE-005")
@pytest.mark.parametrize(("name", "row", "column", "value", "expected"), WRONG_CELLS)
def test_wrong_value_is_told_with_file_row_and_column(
    name: str, row: int, column: int, value: str, expected: str, tmp_path: Path
) -> None:
    executed = MESSAGES.replace("34201.25,4,11,18,1010000,1", "34201.25,4,11,18,1015000,-1")
    messages = executed if "executed" in expected else MESSAGES
    texts = {"message": messages, "orderbook": BOOK}
    texts[name] = with_cell(texts[name], row, column, value)
    paths = write_pair(tmp_path, texts["message"], texts["orderbook"])
    with pytest.raises(UserError) as caught:
        read_lobster(*paths)
    wrong = paths[name == "orderbook"]
    assert (str(caught.value), caught.value.code) == (f"{wrong} row {row} column {column}: {expected}", 2)


HALTS = "1,7,0,0,-1,-1\n" * 2


@pytest.mark.rule("TAPE-005")
@pytest.mark.parametrize(
    ("messages", "book", "expected"),
    [
        ("# nothing but a comment\n", BOOK, "row 1 column 1: '# nothing but a comment' is not a number"),
        (MESSAGES.split("\n")[0], BOOK.split("\n")[0], ": 1 row, allowed: 2 or more"),
        (MESSAGES.replace("\n34200.5,1", "\n\n34200.5,1"), BOOK, "row 3: empty"),
        (MESSAGES.replace("1,12,18", "1,12,18,5"), BOOK, "row 3: 7 columns, row 1 has 6"),
        (MESSAGES.replace("5,0,7,1012000,1", "1,12,7,1010000,1"), BOOK, "row 6 column 3: order id 12 rests already"),
        (HALTS, "9999999999,0,-9999999999,0\n" * 2, ": no message enters an order"),
        ("\udcff", BOOK, "byte 0 is no UTF-8 text"),
    ],
)
def test_pair_that_cannot_be_checked_is_told_in_one_line(
    messages: str, book: str, expected: str, tmp_path: Path
) -> None:
    paths = write_pair(tmp_path, "", book)
    paths[0].write_bytes(messages.encode(errors="surrogateescape"))
    with pytest.raises(UserError) as caught:
        read_lobster(*paths)
    assert expected in str(caught.value) and str(paths[0]) in str(caught.value) and "\n" not in str(caught.value)
    assert caught.value.code == 2


@pytest.mark.rule("TAPE-005")
@pytest.mark.parametrize(
    ("day", "expected"),
    [("2012-13-45", "which is no date like 2012-06-21"), ("9999-12-31", "a date in 1970-01-01..2261")],
)
def test_day_in_the_name_that_cannot_be_is_refused(day: str, expected: str, tmp_path: Path) -> None:
    messages, book = write_pair(tmp_path)
    with pytest.raises(UserError, match=expected) as caught:
        read_lobster(messages.rename(tmp_path / f"m_{day}_x.csv"), book)
    assert f"its name says {day}" in str(caught.value)
