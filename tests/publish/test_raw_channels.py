"""Raw channels: snapshots of the book itself, and a log of frames for slow readers."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from exchange.gateway.outbox import BINARY_FRAME, TEXT_FRAME, frame
from exchange.publish import channels
from exchange.publish.book_view import BookView
from exchange.publish.channels import LOG_MESSAGES
from exchange.publish.fold.event_fold import Frames
from exchange.publish.raw_channels import RawChannel, RawDepthChannel, RawTopChannel, payloads
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


def decoded(channel: RawChannel, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The messages that the channel decodes from now on."""
    found: list[Any] = []

    def noting(decode: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
        def note(data: bytes) -> Any:
            found.append(decode(data))
            return found[-1]

        return note

    monkeypatch.setattr(channel, "_decoders", {name: noting(decode) for name, decode in channel._decoders.items()})
    return found


@pytest.mark.rule("RATE-006")
@pytest.mark.parametrize("size", [1, 3, 70])
def test_only_messages_that_a_slow_reader_has_missed_are_decoded(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """`size`: messages in frames behind one another."""
    channel = RawDepthChannel(4, 0)
    channel.open(BookView([(1, 1)]))
    start = channel.sequence
    changes = [Depth(4, start + number, 20, 5, [(number, 1)], []) for number in range(1, 211)]
    for first in range(0, len(changes), size):
        channel.sent(frames(("json", "msgpack")[first % 2], *changes[first : first + size]))
    found = decoded(channel, monkeypatch)
    for missed in (1, 2, 69, 70, 71, 210):
        merged = channel.merged(channel.sequence - missed)
        assert merged is not None
        (message,) = merged
        assert isinstance(message, Depth) and message.bids == [one.bids[0] for one in changes[-missed:]]
        assert [one.sequence for one in found] == [one.sequence for one in changes[-missed:]]
        found.clear()


@pytest.mark.rule("RATE-006")
def test_only_the_newest_top_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    channel = RawTopChannel(5)
    channel.open(BookView())
    start = channel.sequence
    tops = [Top(5, start + number, number, 0, bid_tick=number, bid_lots=1) for number in range(1, 9)]
    channel.sent(frames("json", *tops[:3]))
    channel.sent(frames("json", *tops[3:]))
    found = decoded(channel, monkeypatch)
    merged = channel.merged(start + 1)
    assert merged is not None and [one.bid_tick for one in merged if isinstance(one, Top)] == [8]
    assert [one.sequence for one in found] == [start + 8]


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
