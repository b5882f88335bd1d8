"""Books that somebody watches: opened once, followed only when their views are read, dropped at the end."""

import pytest

from exchange.codes import Side
from exchange.publish.channels import DepthChannel, TopChannel
from exchange.publish.fold.event_fold import EventFold
from exchange.publish.open_books import OpenBooks
from exchange.publish.raw_channels import RawDepthChannel, RawTopChannel
from tests.publish.feed import rested
from tests.publish.helpers import Levels, event_array


def opened() -> tuple[OpenBooks, EventFold, Levels]:
    source, fold = Levels(5), EventFold()
    source.books[1] = ({10: 4}, {12: 1})
    return OpenBooks(source, fold), fold, source


def test_views_follow_when_they_are_read() -> None:
    books, fold, _ = opened()
    channel = DepthChannel(1, 10_000, 0)
    books.open(1, channel, 5)
    fold.read(event_array([rested(6, 10, 9), rested(7, 10, 3)]), 0)
    books.mark()
    assert list(books.dirty) == [channel] and channel.snapshot(7, 0)[0].bids == [(10, 4)]  # type: ignore[attr-defined]
    assert books.catch_up() and not books.catch_up()
    message = channel.publish(7, 0)
    assert message is not None and message.bids == [(10, 3)]  # type: ignore[attr-defined]


def test_a_second_channel_opens_at_the_book_as_it_is_after_the_last_command_read() -> None:
    books, fold, source = opened()
    books.open(1, RawDepthChannel(1, 0), 5)
    fold.read(event_array([rested(6, 10, 9, Side.SELL)]), 0)
    source.books.clear()
    for top in (TopChannel(2, 10_000), RawTopChannel(3)):
        books.open(1, top, 6)
        assert top.snapshot(6, 0)[0].ask_tick == 10  # type: ignore[attr-defined]
    assert [channel.number for channel in books.channels(1)] == [2], "those with a cadence"


def test_what_changed_before_a_book_is_opened_again_is_not_applied_to_it() -> None:
    books, fold, source = opened()
    first, second = DepthChannel(1, 10_000, 0), RawDepthChannel(2, 10)
    books.open(1, first, 5)
    fold.read(event_array([rested(6, 10, 9)]), 0)
    books.mark()
    books.close(1, first)
    assert not books.dirty and not books.channels(1)
    source.sequence, source.books[1] = 7, ({10: 2}, {})
    books.open(1, second, 7)
    books.catch_up()
    assert second.snapshot(7, 0)[0].bids == [(10, 2)]  # type: ignore[attr-defined]
    with pytest.raises(AssertionError, match="between two releases"):
        books.open(2, RawTopChannel(3), 6)
