"""The encodings that channels need: those of their subscribers."""

from collections.abc import Iterable
from typing import Protocol

from exchange.publish.fold.frames import JSON, MSGPACK

ENCODING_BITS = {"json": int(JSON), "msgpack": int(MSGPACK)}


class Audience(Protocol):
    """Who gets the channels' messages."""

    def take_changed(self) -> Iterable[int]:
        """The channels whose encodings may have changed since the last call."""

    def encodings_of(self, channel: int) -> Iterable[str]:
        """Names of the encodings that a channel's subscribers use. There is none while all of them are conflated."""


class Everyone:
    """An audience of all encodings, for feeds without connections."""

    def take_changed(self) -> Iterable[int]:
        return ()

    def encodings_of(self, channel: int) -> Iterable[str]:
        return ENCODING_BITS


def encoding_bits(audience: Audience, channel: int) -> int:
    """The encodings of a channel as kernels know them."""
    return sum(ENCODING_BITS[name] for name in audience.encodings_of(channel))
