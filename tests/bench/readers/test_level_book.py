"""Levels of a feed of differences are compared with its best prices at the same update."""

import pytest

from bench.readers.level_book import DIFFERENT, EQUAL, UNKNOWN, Change, LevelBook


def change(first: int, last: int, bids: list[tuple[int, int]], asks: list[tuple[int, int]]) -> Change:
    return Change(first, last, (bids, asks))


@pytest.mark.rule("TAPE-015")
def test_update_is_checked_with_the_best_prices_that_hold_at_it() -> None:
    book = LevelBook()
    book.apply(change(1, 5, [(99, 3), (98, 2)], [(101, 4)]))
    assert book.expect_check(1) == []
    assert (
        book.take_ticker(4, ((99, 3), (101, 4))) == [] and not book.checks
    )  # the next prices may still be of update 5
    assert book.take_ticker(7, ((98, 2), (101, 4))) == [] and book.checks == {EQUAL: 1}
    book.apply(change(6, 8, [(99, 0)], []))
    assert book.expect_check(2) == [] and book.take_ticker(9, ((98, 2), (101, 4))) == []
    assert book.checks == {EQUAL: 2} and book.levels() == ([(98, 2)], [(101, 4)])


@pytest.mark.rule("TAPE-015")
def test_best_prices_that_arrive_before_their_update_wait_for_it() -> None:
    book = LevelBook()
    for update, lots in ((4, 3), (9, 1)):
        book.take_ticker(update, ((99, lots), (101, 4)))
    book.apply(change(1, 5, [(99, 3)], [(101, 4)]))
    assert book.expect_check(1) == [] and book.checks == {EQUAL: 1}


@pytest.mark.rule("TAPE-015")
def test_difference_names_its_row_and_a_level_that_was_never_named_is_not_known() -> None:
    book = LevelBook()
    book.take_ticker(4, ((99, 3), (101, 4)))
    book.take_ticker(9, ((99, 3), (101, 4)))
    book.apply(change(1, 5, [(99, 3), (98, 1)], [(101, 5)]))
    assert book.expect_check(7) == ["7 best levels ((99, 3), (101, 5)), the feed has ((99, 3), (101, 4)) (tick, lots)"]
    other = LevelBook()
    other.take_ticker(4, ((99, 3), (100, 4)))
    other.take_ticker(9, ((99, 3), (100, 4)))
    other.apply(change(1, 5, [(99, 3)], [(101, 5)]))
    assert other.expect_check(7) == [] and other.checks == {UNKNOWN: 1} and book.checks == {DIFFERENT: 1}


@pytest.mark.rule("TAPE-015")
def test_snapshot_that_is_older_than_the_book_keeps_later_changes() -> None:
    book = LevelBook()
    book.apply(change(1, 5, [(99, 3)], []))
    book.apply(change(6, 9, [(99, 1)], [(101, 2)]))
    assert book.start(7, ([(97, 7), (99, 8)], [(101, 9)]))
    assert (book.update, book.levels()) == (9, ([(99, 1), (97, 7)], [(101, 2)]))
    assert not book.start(4, ([], [])) and book.best() == ((99, 1), (101, 2))
    assert book.start(20, ([], [])) and book.best() == ((0, 0), (0, 0))
