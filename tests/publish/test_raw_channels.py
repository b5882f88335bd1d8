"""Raw channels: snapshots of the book itself, and a log of frames for slow readers."""

from typing import Any

import msgspec
import pytest

from exchange.gateway.outbox import BINARY_FRAME, TEXT_FRAME, frame
from exchange.publish import channels
from exchange.publish.book_view import BookView
from exchange.publish.channels import LOG_MESSAGES
from exchange.publish.fold.event_fold import Frames
from exchange.publish.raw_channels import RawDepthChannel, RawTopChannel, payloads
from exchange.wire.messages import Depth, Top


def frames(name: str, *messages: Any) -> Frames:
    encode, first = {"json": (msgspec.json.encode, TEXT_FRAME), "msgpack": (msgspec.msgpack.encode, BINARY_FRAME)}[name]
    data = b"".join(frame(encode(message), first) for message in messages)
    return Frames(len(messages), messages[-1].sequence, {name: data})


@pytest.mark.rule("RATE-006")
@pytest.mark.parametrize("name", ["json", "msgpack"])
def test_a_slow_reader_gets_the_changes_that_it_has_missed_in_one_message(name: str) -> None:
    channel, book = RawDepthChannel(4, 10), BookView([(100, 8), (99, 2)], [(103, 1)])
    channel.open(book)
    start = channel.sequence
    changes = [Depth(4, start + number, 20, 5, [(100, number)], [], previous=start) for number in range(1, 5)]
    channel.sent(frames(name, *changes[:3]))
    channel.sent(frames(name, changes[3]))
    merged = channel.merged(start + 2)
    assert merged is not None
    (message,) = merged
    assert isinstance(message, Depth) and message.conflated and message.checksum == book.checksum()
    assert (message.previous, message.sequence, message.bids) == (start + 2, start + 4, [(100, 4)])
    assert channel.merged(start + 4) == [] and channel.merged(start - 1) is None and channel.merged(start + 5) is None


@pytest.mark.rule("RATE-006")
def test_the_log_of_a_raw_channel_reaches_back_as_far_as_others() -> None:
    channel = RawTopChannel(5)
    channel.open(BookView())
    start = channel.sequence
    for number in range(1, LOG_MESSAGES + 2):
        channel.sent(frames("json", Top(5, start + number, number, 0, start + number - 1, bid_tick=number, bid_lots=1)))
    assert channel.merged(start) is None
    merged = channel.merged(start + 1)
    assert merged is not None
    (newest,) = merged
    assert isinstance(newest, Top) and newest.conflated
    assert (newest.previous, newest.bid_tick) == (start + 1, LOG_MESSAGES + 1)


@pytest.mark.rule("MDATA-005", "MDATA-006", "MDATA-016")
def test_a_snapshot_shows_the_levels_of_the_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "PAGE_LEVELS", 6)
    book = BookView([(100 - number, 1) for number in range(20)], [(200, 1)], [None, (199, 4)])
    channel = RawDepthChannel(4, 10)
    channel.open(book)
    pages: list[Any] = channel.snapshot(20, 1_000)
    assert [(page.more, page.checksum, page.implied_ask) for page in pages] == [
        (True, None, None), (False, book.checksum(), (199, 4)),
    ]  # fmt: skip
    assert [level for page in pages for level in page.bids] == book.levels(10)[0]
    top = RawTopChannel(5)
    top.open(book)
    (message,) = top.snapshot(20, 1_000)
    assert isinstance(message, Top) and message.snapshot
    assert (message.bid_tick, message.ask_tick, message.ask_implied_lots) == (100, 199, 4)


@pytest.mark.parametrize("length", [0, 125, 126, 65_535, 65_536])
def test_payloads_of_every_length_are_found(length: int) -> None:
    data = [bytes(length), b"x"]
    assert list(payloads(b"".join(frame(one, TEXT_FRAME) for one in data))) == data
