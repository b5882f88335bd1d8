"""Cuts a frame into its messages, and says which of them may be left out or repeated.

A change of a channel may be left out: the client sees the gap by its numbers and heals. Left out anywhere else, a
message would be missing for good, which no network does to a connection that lives. A message that opens or ends
something (`hello`, `auth`, `welcome`, `account`, `live`, `logout`, a replay) is never repeated.
"""

import struct
from typing import NamedTuple

import msgspec

from exchange.wire.codec import CODECS
from exchange.wire.version import BINARY_SUBPROTOCOL, MSGPACK_SUBPROTOCOL

REPLIES_AND_EVENTS = ("ok", "err", "exec", "fill", "pos", "cash", "hb")
CHANNELS = ("depth", "top", "trades", "orders", "status", "stats")
REQUESTS = ("new", "cancel", "replace", "quote", "batch", "cancel_all", "query", "ping")
REPEATABLE = frozenset((*REPLIES_AND_EVENTS, *CHANNELS, *REQUESTS))
_RECORD = struct.Struct("<IHBB")
_RECORD_CHANNELS = range(30, 34)
_RECORD_SNAPSHOT = 8


class _Head(msgspec.Struct):
    """What decides about a message."""

    t: str = ""
    c: int = 0
    p: int | None = None


class FrameMessage(NamedTuple):
    """One message of a frame, as it is encoded."""

    data: bytes
    can_be_left_out: bool
    can_be_repeated: bool


_DECODERS = {
    name: (package.Decoder(list[msgspec.Raw]), package.Decoder(_Head))
    for name, package in ((MSGPACK_SUBPROTOCOL, msgspec.msgpack), ("", msgspec.json))
}


def messages_of(frame: bytes, subprotocol: str) -> list[FrameMessage]:
    """The messages of a frame in order; of one that is no frame of the protocol, the whole."""
    if subprotocol == BINARY_SUBPROTOCOL and not CODECS[subprotocol].is_text(frame):
        return _records_of(frame)
    parts_decoder, head_decoder = _DECODERS.get(subprotocol, _DECODERS[""])
    try:
        parts = [bytes(part) for part in parts_decoder.decode(frame)]
    except msgspec.MsgspecError:
        parts = [frame]
    return [_message(part, head_decoder) for part in parts]


def joined(messages: list[bytes], subprotocol: str) -> list[bytes]:
    """Frames of these messages: one, or none if there is no message."""
    return [CODECS[subprotocol].join(messages)] if messages else []


def _message(data: bytes, decoder: "msgspec.json.Decoder[_Head] | msgspec.msgpack.Decoder[_Head]") -> FrameMessage:
    try:
        head = decoder.decode(data)
    except msgspec.MsgspecError:
        return FrameMessage(data, False, False)
    return FrameMessage(data, bool(head.c) and head.p is not None, head.t in REPEATABLE)


def _records_of(frame: bytes) -> list[FrameMessage]:
    found: list[FrameMessage] = []
    start = 0
    while start + _RECORD.size <= len(frame):
        length, template, _, flags = _RECORD.unpack_from(frame, start)
        is_change = template in _RECORD_CHANNELS and not flags & _RECORD_SNAPSHOT
        found.append(FrameMessage(frame[start : start + length], is_change, True))
        start += max(length, _RECORD.size)
    return found
