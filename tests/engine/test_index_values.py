"""What follows from the values of an index: settlement in progress, final price, hours that are left."""

from datetime import date
from typing import Any

import pytest

from contracts_spec.periods import EPOCH, month_index
from exchange.clearing.index_layout import KEPT_DAYS
from exchange.codes import Family, PeriodKind
from exchange.engine.index_values import (
    day_row,
    days_of_month,
    final_index_price,
    find_index,
    hours_left,
    is_index_month,
    known_ticks,
    last_tick,
    missing_before,
    month_values,
    progress_price,
    value_of,
    waits_for_committee,
)
from tests.engine.control.house.test_index import EXT, SEED, START, Indexed

MONTH = month_index(date(2027, 1, 1))
FIRST = START - 10


@pytest.fixture
def index() -> Indexed:
    """Its first book is January of the index."""
    made = Indexed()
    book = made.state.books[1]
    book.family, book.period_kind, book.floor_bp, book.start_month, book.hours = (
        Family.IDX,
        PeriodKind.MONTH,
        9_000,
        MONTH,
        744,
    )
    return made


def book(index: Indexed) -> Any:
    return index.state.books[1]


def days(index: Indexed, *ticks: int) -> None:
    """Take so many days with these prints; 0: none was given."""
    for tick in ticks:
        if tick:
            index.give(tick)
        index.take()


@pytest.mark.rule("SETTLE-008")
def test_days_that_are_taken_are_blended_with_the_prior_settlement(index: Indexed) -> None:
    """V4 of the contracts: 12 days on average 2836 and 456 hours at 2820."""
    book(index).settle_tick = 2_820
    assert hours_left(index.state, book(index)) == 744 - 240
    days(index, 2_966, 2_966)
    assert sum(known_ticks(index.state, book(index))) == 12 * 2_836
    assert hours_left(index.state, book(index)) == 456
    assert progress_price(index.state, book(index), index.day) == 2_826
    assert progress_price(index.state, book(index), FIRST - 1) is None, "the month has not begun"
    assert progress_price(index.state, book(index), FIRST) == 2_826
    book(index).family = Family.PHY
    assert progress_price(index.state, book(index), index.day) is None and not is_index_month(book(index))


@pytest.mark.rule("SETTLE-009", "INDEX-003")
def test_the_final_price_waits_for_the_last_day_and_for_the_committee(index: Indexed) -> None:
    days(index, *[2_836] * 18, 0, 0)
    assert final_index_price(index.state, book(index)) is None
    days(index, 0)
    assert hours_left(index.state, book(index)) == 24 and waits_for_committee(index.state, book(index))
    assert final_index_price(index.state, book(index)) is None
    index.do(committee=[{"index": EXT, "day": index.day - 1, "tick": 2_900}], by_two=True)
    assert not waits_for_committee(index.state, book(index))
    total = 10 * SEED + 20 * 2_836 + 2_900
    assert final_index_price(index.state, book(index)) == (2 * total + 31) // 62
    assert [value.day for value in month_values(index.state, book(index))] == list(days_of_month(MONTH))


@pytest.mark.rule("INDEX-002")
def test_days_that_are_not_kept_any_more_or_not_taken_yet_have_no_value(index: Indexed) -> None:
    index.give(2_900)
    assert value_of(index.state, EXT, START) is None and day_row(index.state, EXT, START) is not None
    assert value_of(index.state, EXT, START - KEPT_DAYS) is None and day_row(index.state, EXT, START - 70) is None
    assert last_tick(index.state, EXT, START) == SEED and last_tick(index.state, EXT, START - 200) == 0
    days(index, 0, 0, 0)
    assert missing_before(index.state, EXT, index.day) == 2 and last_tick(index.state, EXT, index.day) == 2_900


def test_an_index_is_found_by_its_chip_and_tier(index: Indexed) -> None:
    assert find_index(index.state, 1, 9_000) == EXT
    assert [find_index(index.state, group, floor) for group, floor in ((1, 9_500), (2, 9_000), (0, 0))] == [0, 0, 0]
    assert (date(2027, 1, 1) - EPOCH).days == FIRST == days_of_month(MONTH)[0]
    assert len(days_of_month(MONTH)) == 31
