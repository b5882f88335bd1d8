"""The literal parts of a `depth` message in JSON and MessagePack, for the kernels of `depth_frames`.

They are cut from messages that msgspec has encoded. So keys, their order and what is left out come from `Depth` alone.
"""

from collections.abc import Callable

import msgspec
import numpy as np

from exchange.publish.depth_frames import PIECE_BYTES, PIECES
from exchange.wire.messages import Depth

# The fields that kernels write, in the order of the message.
FIELDS = (
    "channel", "sequence", "engine_sequence", "time_us", "bids", "asks", "previous", "implied_bid", "implied_ask",
)  # fmt: skip
assert tuple(name for name in Depth.__struct_fields__ if name in FIELDS) == FIELDS
assert len(FIELDS) == PIECES


def depth_literals() -> np.ndarray:
    """uint8: `PIECES` pieces of `PIECE_BYTES` for JSON, then for MessagePack. The last byte of a piece is its length.

    A piece ends where the value of its field begins. The first one begins the message.
    """
    literals = np.zeros(2 * PIECES * PIECE_BYTES, np.uint8)
    for place, piece in enumerate([*_pieces(_json_key, b"{", b","), *_pieces(msgspec.msgpack.encode, b"\x80", b"")]):
        start = place * PIECE_BYTES
        assert len(piece) < PIECE_BYTES
        literals[start : start + len(piece)] = np.frombuffer(piece, np.uint8)
        literals[start + PIECE_BYTES - 1] = len(piece)
    return literals


def _json_key(key: str) -> bytes:
    return msgspec.json.encode(key) + b":"


def _pieces(encode_key: Callable[[str], bytes], begin: bytes, between: bytes) -> list[bytes]:
    keys = dict(zip(Depth.__struct_fields__, Depth.__struct_encode_fields__, strict=True))
    config = Depth.__struct_config__
    tag = encode_key(str(config.tag_field)) + encode_key(str(config.tag)).removesuffix(b":")
    first, *others = (encode_key(keys[name]) for name in FIELDS)
    return [begin + tag + between + first, *(between + key for key in others)]
