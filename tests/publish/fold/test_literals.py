"""The literals of messages are those of the messages' classes."""

from typing import Any

import msgspec
import pytest

from exchange.publish.fold.frames import MESSAGE_PIECES, PIECES_MAX, TOP_PIECES, TRADE_PIECES
from exchange.publish.fold.literals import (
    AGGRESSORS,
    TRADES_FIELDS,
    depth_literals,
    market_literals,
    top_literals,
    trade_literals,
)
from exchange.wire.messages import Depth, Top, Trades

MESSAGES = [
    (depth_literals, Depth(1, 2, 3, 4, [], [], previous=5, implied_bid=(6, 7), implied_ask=(8, 9), checksum=10)),
    (top_literals, Top(1, 2, 3, 4, 5, False, 6, 7, 8, 9, 10, 11)),
    (trade_literals, Trades(1, 2, 3, 4, [], previous=5, auction=True)),
]
ENCODERS: list[Any] = [msgspec.json.encode, msgspec.msgpack.encode]


def pieces(make: Any, encoding: int) -> list[bytes]:
    rows = make()[encoding]
    return [bytes(row[: row[-1]]) for row in rows if row[-1]]


@pytest.mark.parametrize("encoding", [0, 1])
@pytest.mark.parametrize(("make", "message"), MESSAGES)
def test_every_piece_stands_in_an_encoded_message_in_this_order(make: Any, message: Any, encoding: int) -> None:
    data, at = ENCODERS[encoding](message), 0
    for place, piece in enumerate(pieces(make, encoding)[: len(TRADES_FIELDS) if make is trade_literals else None]):
        # Kernels write the number of fields, which begins a map of MessagePack.
        piece = piece[1:] if encoding and not place else piece
        assert piece in data[at:]
        at = data.index(piece, at) + len(piece)


def test_the_last_pieces_of_trades_are_the_aggressors() -> None:
    for encoding, encode in enumerate(ENCODERS):
        assert pieces(trade_literals, encoding)[-3:] == [encode(name) for name in AGGRESSORS]


def test_the_three_messages_lie_behind_one_another() -> None:
    tables = market_literals().reshape(2, PIECES_MAX, -1)
    for first, make in ((0, depth_literals), (TRADE_PIECES, trade_literals), (TOP_PIECES, top_literals)):
        assert (tables[:, first : first + MESSAGE_PIECES] == make()).all()
