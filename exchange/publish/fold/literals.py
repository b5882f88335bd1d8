"""The literal parts of market data messages in JSON and MessagePack, for the kernels of `frames`.

They are made of the messages' classes, so keys, their order and what is left out are written there alone.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np

from exchange.publish.fold.frames import MESSAGE_PIECES, PIECE_BYTES
from exchange.wire.messages import ChannelMessage, Depth, Top, Trades

# The fields that kernels write, in the order of the message.
DEPTH_FIELDS = (
    "channel", "sequence", "engine_sequence", "time_us", "bids", "asks", "previous", "implied_bid", "implied_ask",
    "checksum",
)  # fmt: skip
TRADES_FIELDS = ("channel", "sequence", "engine_sequence", "time_us", "rows", "previous", "auction")
TOP_FIELDS = (
    "channel", "sequence", "engine_sequence", "time_us", "previous", "bid_tick", "bid_lots", "bid_implied_lots",
    "ask_tick", "ask_lots", "ask_implied_lots",
)  # fmt: skip
AGGRESSORS = ("b", "s", "n")
_Encode = Callable[[Any], bytes]


def market_literals() -> np.ndarray:
    """Literals of `depth`, `trades` and `top`: uint8, PIECES_MAX pieces for JSON, then for MessagePack."""
    tables: np.ndarray = np.concatenate([depth_literals(), trade_literals(), top_literals()], axis=1)
    return tables.reshape(-1)


def depth_literals() -> np.ndarray:
    """Literals of `depth`: uint8, shape (2, MESSAGE_PIECES, PIECE_BYTES), JSON and MessagePack.

    A piece ends where the value of its field begins; the first one begins the message. The last byte of a piece is its
    length.
    """
    return _table(lambda encode: _pieces(Depth, DEPTH_FIELDS, encode))


def top_literals() -> np.ndarray:
    """As `depth_literals`, of `top`."""
    return _table(lambda encode: _pieces(Top, TOP_FIELDS, encode))


def trade_literals() -> np.ndarray:
    """As `depth_literals`, of `trades`. The piece of an uncross has its value; the three aggressors follow it."""

    def pieces(encode: _Encode) -> list[bytes]:
        *keys, auction = _pieces(Trades, TRADES_FIELDS, encode)
        return [*keys, auction + encode(True), *map(encode, AGGRESSORS)]

    return _table(pieces)


def _table(pieces: Callable[[_Encode], list[bytes]]) -> np.ndarray:
    literals = np.zeros((2, MESSAGE_PIECES, PIECE_BYTES), np.uint8)
    for table, encode in zip(literals, (msgspec.json.encode, msgspec.msgpack.encode), strict=True):
        made = pieces(encode)
        assert len(made) <= MESSAGE_PIECES
        for row, piece in zip(table, made, strict=False):
            assert len(piece) < PIECE_BYTES
            row[: len(piece)], row[-1] = np.frombuffer(piece, np.uint8), len(piece)
    return literals


def _pieces(message: type[ChannelMessage], fields: Sequence[str], encode: _Encode) -> list[bytes]:
    """The keys of these fields with what stands around them. The head of a map is a placeholder in MessagePack."""
    assert tuple(name for name in message.__struct_fields__ if name in fields) == fields
    begin, colon, comma = (b"{", b":", b",") if encode is msgspec.json.encode else (b"\x80", b"", b"")
    keys = dict(zip(message.__struct_fields__, message.__struct_encode_fields__, strict=True))
    config = message.__struct_config__
    tag = begin + encode(config.tag_field) + colon + encode(config.tag)
    first, *others = (comma + encode(keys[name]) + colon for name in fields)
    return [tag + first, *others]
