"""The literals of `depth` messages are those of the message's class."""

import msgspec
import pytest

from exchange.publish.depth_frames import PIECE_BYTES, PIECES
from exchange.publish.depth_literals import FIELDS, depth_literals
from exchange.wire.messages import Depth


def pieces(encoding: int) -> list[bytes]:
    rows = depth_literals().reshape(2, PIECES, PIECE_BYTES)[encoding]
    return [bytes(row[: row[-1]]) for row in rows]


@pytest.mark.parametrize(("encoding", "encode"), [(0, msgspec.json.encode), (1, msgspec.msgpack.encode)])
def test_every_piece_stands_in_an_encoded_message_in_this_order(encoding: int, encode: object) -> None:
    message = Depth(1, 2, 3, 4, [], [], previous=5, implied_bid=(6, 7), implied_ask=(8, 9))
    data = encode(message)  # type: ignore[operator]
    at = 0
    for place, piece in enumerate(pieces(encoding)):
        # Kernels write the number of fields, which begins a map of MessagePack.
        piece = piece[1:] if encoding and not place else piece
        assert piece in data[at:], FIELDS[place]
        at = data.index(piece, at) + len(piece)
