"""Frames of messages from kernels: the head that their length needs, and values at the bounds of each size."""

from itertools import product

import pytest

from exchange.codes import EventKind, Side
from exchange.gateway.outbox import BINARY_FRAME, JSON, MSGPACK, TEXT_FRAME, frame
from exchange.publish.fold import frames
from exchange.publish.fold.audience import ENCODING_BITS
from exchange.publish.fold.event_fold import Frames
from exchange.publish.market_data import MarketData
from exchange.publish.raw_channels import payloads
from exchange.wire.messages import Depth
from tests.publish.feed import START_US, at_time, spec
from tests.publish.helpers import Levels, event, event_array, table

BOUNDS = [2**bits + step for bits in (5, 7, 8, 15, 16) for step in (-1, 0, 1)] + [2**31 - 1]


def framed(levels: list[tuple[Side, int, int]]) -> Frames:
    """The frames of a command that sets these levels (side, price, lots)."""
    market = MarketData(table(), Levels(1, START_US))
    market.subscribe(spec("depth"))
    for number in (2, 3):  # the first message has a checksum, and is not made by kernels
        rows = [
            event(EventKind.ORDER_RESTED, number, instrument=1, side=side, price=price, level_lots=lots)
            for side, price, lots in levels
        ]
        market.fold(event_array(at_time(rows, START_US)), number, START_US * 1_000)
    (_, message) = market.due(START_US)[-1]
    assert isinstance(message, Frames) and message.messages == 1
    return message


@pytest.mark.rule("MDATA-013", "MDATA-002")
@pytest.mark.parametrize("levels", [1, 3, 4_000])
@pytest.mark.parametrize("name", ENCODING_BITS)
def test_frames_have_the_head_that_their_length_needs(levels: int, name: str) -> None:
    """Short, medium and long frames, as the outbox would make them."""
    message = framed([(side, price - 2_000, price + 1) for price in range(levels) for side in Side])
    (payload,) = payloads(message.encoded[name])
    first = TEXT_FRAME if name == "json" else BINARY_FRAME
    assert message.encoded[name] == frame(payload, first) and len(payload) > levels * 12


@pytest.mark.rule("MDATA-010")
@pytest.mark.parametrize("number", BOUNDS)
def test_numbers_of_every_size_are_as_the_encoder_writes_them(number: int) -> None:
    message = framed([(Side.BUY, -number, number), (Side.SELL, number, 0), (Side.SELL, -2, 1)])
    (text,), (packed,) = (list(payloads(message.encoded[name])) for name in ("json", "msgpack"))
    expected = Depth(1, 3, 3, START_US, [(-number, number)], [(number, 0), (-2, 1)], previous=2)
    assert text == JSON.encode(expected) and packed == MSGPACK.encode(expected)


@pytest.mark.rule("MDATA-010")
@pytest.mark.parametrize("count", [1, 15, 16, 17])
def test_lists_of_every_size_are_as_the_encoder_writes_them(count: int) -> None:
    levels = [(price, 5) for price in range(count)]
    message = framed([(Side.SELL, price, lots) for price, lots in levels])
    (text,), (packed,) = (list(payloads(message.encoded[name])) for name in ("json", "msgpack"))
    expected = Depth(1, 3, 3, START_US, [], levels, previous=2)
    assert text == JSON.encode(expected) and packed == MSGPACK.encode(expected)


@pytest.mark.rule("MDATA-002")
@pytest.mark.parametrize("name", ENCODING_BITS)
def test_frames_around_the_bound_of_a_short_head_have_the_right_one(name: str) -> None:
    first, lengths = TEXT_FRAME if name == "json" else BINARY_FRAME, set()
    for count, price, lots in product(range(3, 30), (100, 300, 1_000, 70_000), (1, 20, 200, 70_000)):
        levels = [(Side.SELL, price, lots), *((Side.SELL, other, 1) for other in range(2, count))]
        message = framed(levels)
        (payload,) = payloads(message.encoded[name])
        assert message.encoded[name] == frame(payload, first)
        lengths.add(len(payload))
    assert {125, 126} <= lengths


def test_the_first_byte_of_frames_is_that_of_the_outbox() -> None:
    assert (frames.TEXT_FRAME, frames.BINARY_FRAME) == (TEXT_FRAME, BINARY_FRAME)
