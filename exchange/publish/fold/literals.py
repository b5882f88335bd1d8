"""The literal parts of market data messages in JSON and MessagePack, for the kernels of `frames`.

They are made of the messages' classes, so keys, their order and what is left out are written there alone.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np

from exchange.publish.fold.frames import PIECE_BYTES, PIECES_MAX
from exchange.wire.messages import ChannelMessage, Depth, Trades

# The fields that kernels write, in the order of the message.
DEPTH_FIELDS = (
    "channel", "sequence", "engine_sequence", "time_us", "bids", "asks", "previous", "implied_bid", "implied_ask",
)  # fmt: skip
TRADES_FIELDS = ("channel", "sequence", "engine_sequence", "time_us", "rows", "previous", "auction")
AGGRESSORS = ("b", "s", "n")
_Encode = Callable[[Any], bytes]


def depth_literals() -> np.ndarray:
    """Literals of `depth`: uint8, PIECES_MAX pieces of PIECE_BYTES for JSON, then for MessagePack.

    A piece ends where the value of its field begins; the first one begins the message. The last byte of a piece is its
    length.
    """
    return _table(lambda encode: _pieces(Depth, DEPTH_FIELDS, encode))


def trade_literals() -> np.ndarray:
    """As `depth_literals`, of `trades`. The piece of an uncross has its value; the three aggressors follow it."""

    def pieces(encode: _Encode) -> list[bytes]:
        *keys, auction = _pieces(Trades, TRADES_FIELDS, encode)
        return [*keys, auction + encode(True), *map(encode, AGGRESSORS)]

    return _table(pieces)


def _table(pieces: Callable[[_Encode], list[bytes]]) -> np.ndarray:
    literals = np.zeros((2, PIECES_MAX, PIECE_BYTES), np.uint8)
    for table, encode in zip(literals, (msgspec.json.encode, msgspec.msgpack.encode), strict=True):
        for row, piece in zip(table, pieces(encode), strict=False):
            assert len(piece) < PIECE_BYTES
            row[: len(piece)], row[-1] = np.frombuffer(piece, np.uint8), len(piece)
    return literals.reshape(-1)


def _pieces(message: type[ChannelMessage], fields: Sequence[str], encode: _Encode) -> list[bytes]:
    """The keys of these fields with what stands around them. The head of a map is a placeholder in MessagePack."""
    assert tuple(name for name in message.__struct_fields__ if name in fields) == fields
    begin, colon, comma = (b"{", b":", b",") if encode is msgspec.json.encode else (b"\x80", b"", b"")
    keys = dict(zip(message.__struct_fields__, message.__struct_encode_fields__, strict=True))
    config = message.__struct_config__
    tag = begin + encode(config.tag_field) + colon + encode(config.tag)
    first, *others = (comma + encode(keys[name]) + colon for name in fields)
    return [tag + first, *others]
