"""One channel: what a subscriber needs to follow it without a gap, and what a slow one gets instead."""

from typing import Any

import pytest

from exchange.codes import Side
from exchange.publish import channels
from exchange.publish.book_view import BookView
from exchange.publish.channels import CHECKSUM_US, DepthChannel, EventChannel, TopChannel
from exchange.wire.messages import Depth, Top, Trades

RAW, CADENCE_US = 0, 100_000


def opened(channel: Any, bids: list[tuple[int, int]], asks: list[tuple[int, int]]) -> BookView:
    """A book that the channel shows from now on."""
    book = BookView(bids, asks)
    channel.open(book)
    return book


def change(channel: Any, book: BookView, side: Side, price: int, lots: int) -> None:
    """One level changes, as the feed reports it."""
    book.sides[side].set(price, lots)
    changes: channels.Changes = ({}, {})
    changes[side][price] = lots
    channel.note(changes)


@pytest.mark.rule("MDATA-010", "MDATA-015")
def test_changes_of_a_book_are_numbered_one_behind_the_other() -> None:
    channel = DepthChannel(4, RAW, 0)
    book = opened(channel, [(100, 5)], [(103, 7)])
    (snapshot,) = channel.snapshot(20, 1_000)
    assert (
        isinstance(snapshot, Depth) and snapshot.snapshot and (snapshot.bids, snapshot.asks) == ([(100, 5)], [(103, 7)])
    )
    change(channel, book, Side.BUY, 101, 2)
    first = channel.publish(21, 2_000)
    change(channel, book, Side.BUY, 100, 0)
    second = channel.publish(22, 3_000)
    assert isinstance(first, Depth) and isinstance(second, Depth)
    assert (first.bids, second.bids) == ([(101, 2)], [(100, 0)])
    assert (first.previous, second.previous) == (snapshot.sequence, first.sequence)
    assert channel.publish(23, 4_000) is None, "nothing has changed"


@pytest.mark.rule("MDATA-010")
def test_a_level_that_moves_within_the_cadence_and_back_is_not_published() -> None:
    channel = DepthChannel(4, CADENCE_US, 0)
    book = opened(channel, [(100, 5)], [])
    change(channel, book, Side.BUY, 100, 9)
    change(channel, book, Side.BUY, 100, 5)
    assert channel.publish(21, 2_000) is None


@pytest.mark.rule("MDATA-010")
def test_a_channel_of_few_levels_shows_what_moves_up_into_it() -> None:
    channel = DepthChannel(4, RAW, 2)
    book = opened(channel, [(100, 5), (99, 4), (98, 3)], [])
    (snapshot,) = channel.snapshot(20, 1_000)
    assert isinstance(snapshot, Depth) and snapshot.bids == [(100, 5), (99, 4)]
    change(channel, book, Side.BUY, 100, 0)
    message = channel.publish(21, 2_000)
    assert isinstance(message, Depth) and sorted(message.bids) == [(98, 3), (100, 0)]
    change(channel, book, Side.BUY, 97, 1)
    assert channel.publish(22, 3_000) is None, "below what it shows"


@pytest.mark.rule("MDATA-016")
def test_a_checksum_comes_at_most_half_a_second_apart_and_is_that_of_what_is_shown() -> None:
    channel = DepthChannel(4, RAW, 0)
    book = opened(channel, [(100, 5)], [])
    times = [CHECKSUM_US, CHECKSUM_US + 1_000, 2 * CHECKSUM_US]
    messages = []
    for number, time_us in enumerate(times):
        change(channel, book, Side.BUY, 100, 6 + number)
        message = channel.publish(21 + number, time_us)
        assert isinstance(message, Depth)
        messages.append((message.checksum, book.checksum()))
    assert [sent == own for sent, own in messages] == [True, False, True] and messages[1][0] is None


@pytest.mark.rule("MDATA-016")
def test_snapshots_for_other_subscribers_do_not_delay_a_checksum() -> None:
    channel = DepthChannel(4, RAW, 0)
    book = opened(channel, [(100, 5)], [])
    channel.snapshot(20, CHECKSUM_US)
    checksums = []
    for number in range(1, 9):
        time_us = CHECKSUM_US + number * CHECKSUM_US // 4
        change(channel, book, Side.BUY, 100, 5 + number)
        message = channel.publish(20 + number, time_us)
        assert isinstance(message, Depth)
        checksums.append(message.checksum)
        channel.snapshot(20 + number, time_us)  # another client subscribes, or sends `resync`
    assert [number for number, sent in enumerate(checksums, 1) if sent is not None] == [4, 8]


@pytest.mark.rule("MDATA-006")
def test_a_large_snapshot_comes_in_pages_and_the_last_has_the_checksum(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "PAGE_LEVELS", 2)
    channel = DepthChannel(4, RAW, 0)
    book = opened(channel, [(100 - number, 1) for number in range(5)], [(200, 1)])
    pages = [page for page in channel.snapshot(20, 1_000) if isinstance(page, Depth)]
    assert [page.more for page in pages] == [True, True, False]
    assert [level for page in pages for level in page.bids] == book.levels()[0]
    assert [page.checksum is None for page in pages] == [True, True, False] and pages[-1].checksum == book.checksum()


@pytest.mark.rule("RATE-006")
def test_a_slow_reader_gets_all_changes_in_one_message_or_a_snapshot() -> None:
    channel = DepthChannel(4, RAW, 0)
    book = opened(channel, [(100, 5)], [])
    start = channel.sequence
    for number, lots in enumerate((6, 7, 8)):
        change(channel, book, Side.BUY, 100, lots)
        channel.publish(21 + number, 2_000)
    change(channel, book, Side.SELL, 103, 1)
    channel.publish(24, 3_000)
    merged = channel.merged(start)
    assert merged is not None
    (message,) = merged
    assert isinstance(message, Depth) and message.conflated and message.checksum == book.checksum()
    assert (message.previous, message.sequence, message.bids, message.asks) == (
        start, channel.sequence, [(100, 8)], [(103, 1)],
    )  # fmt: skip
    assert channel.merged(channel.sequence) == []
    assert channel.merged(start - 1) is None, "the log does not reach back so far: only a snapshot helps"


@pytest.mark.rule("MDATA-010")
def test_a_top_is_whole_in_each_message_and_merged_to_the_newest() -> None:
    channel = TopChannel(5, RAW)
    book = opened(channel, [(100, 5)], [(103, 7)])
    start = channel.sequence
    assert channel.publish(20, 1_000) is None
    for lots in (6, 9):
        book.sides[Side.BUY].set(100, lots)
        channel.publish(21, 2_000)
    book.sides[Side.BUY].set(99, 1)
    assert channel.publish(22, 2_500) is None, "behind the best nothing shows"
    merged = channel.merged(start)
    assert merged is not None
    (message,) = merged
    assert isinstance(message, Top) and message.conflated
    assert (message.bid_tick, message.bid_lots, message.ask_tick, message.ask_lots) == (100, 9, 103, 7)
    (snapshot,) = channel.snapshot(23, 3_000)
    assert isinstance(snapshot, Top) and snapshot.snapshot and snapshot.bid_lots == 9


@pytest.mark.rule("MDATA-001", "RECOV-014")
def test_an_event_channel_takes_its_numbers_from_the_journal_and_replays_them() -> None:
    channel = EventChannel(6, 40, kept=3)
    assert channel.oldest() == 41
    for number in (41, 45, 50, 51):
        channel.publish(Trades(0, 0, number, 0, []), number)
    assert channel.sequence == 51 and channel.oldest() == 45, "the oldest has left"
    again = channel.replay(45, 50, 7)
    assert [(message.sequence, message.previous, message.replay, message.reply_to) for message in again] == [
        (45, 41, True, 7), (50, 45, True, 7),
    ]  # type: ignore[attr-defined]  # every channel message has them  # fmt: skip
