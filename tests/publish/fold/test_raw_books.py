"""Tables of raw channels: rows are found again, and what a channel shows at first is its book."""

import numpy as np
import pytest

from exchange.publish.book_view import BookView
from exchange.publish.fold.fold_rows import FOLLOWED
from exchange.publish.fold.raw_books import RawBooks
from exchange.publish.fold.streams import STREAM_LEVELS, TOP


@pytest.mark.rule("MDATA-002")
def test_a_channel_shows_its_levels_and_the_top_of_its_book_at_first() -> None:
    raw, book = RawBooks(), np.zeros(1, FOLLOWED)[0]
    view = BookView([(tick, 3) for tick in range(60)], [(100, 4)], [(59, 2), None])
    for kind, levels in enumerate(STREAM_LEVELS):
        raw.start(book, kind, 20 + kind, 5, view)
        stream = raw.stream(book, kind)
        assert list(stream["used"]) == [min(levels, 60), min(levels, 1)] and stream["sequence"] == 5
        assert stream["ranks"][:levels].tolist() == list(range(59, 59 - levels, -1))
    assert raw.stream(book, int(TOP))["top"].tolist() == [59, 5, 2, 100, 4, 0]
    assert (book["raw"], book["ladder"]) == (5, 1) and len(set(book["streams"].tolist())) == 5
    assert book["implied_tick"].tolist() == book["sent_tick"].tolist() == [59, 0]
    assert book["implied_lots"].tolist() == book["sent_lots"].tolist() == [2, 0]


def test_a_channel_that_is_opened_again_has_its_row_and_its_last_checksum() -> None:
    raw, books = RawBooks(), np.zeros(9, FOLLOWED)
    for book in books:
        raw.start(book, 2, 4, 1, BookView())
        raw.stream(book, 2)["checksum_us"] = 77
        raw.stop(book, 2)
    rows = books["streams"][:, 2].tolist()
    assert rows == list(range(1, 10)) and not books["raw"].any()
    for book in books:
        raw.start(book, 2, 4, 9, BookView([(1, 1)]))
        with pytest.raises(AssertionError, match="channel 4 is open"):
            raw.start(book, 2, 4, 9, BookView())
    assert books["streams"][:, 2].tolist() == rows
    assert [int(raw.stream(book, 2)["checksum_us"]) for book in books] == [77] * 9
