"""Both latencies are measured, message by message."""

import asyncio

from bench.clients.callback import BookServer, measure
from exchange.wire.codec import CODECS
from exchange.wire.messages import Depth
from exchange.wire.version import JSON_SUBPROTOCOL


def test_every_message_is_measured_twice() -> None:
    found = asyncio.run(asyncio.wait_for(measure(20), 120))
    assert len(found.bare) == len(found.strategy) == 20
    assert all(0 < one < 10_000_000 for one in found.bare + found.strategy)


def test_the_server_speaks_the_protocol() -> None:
    server, decode = BookServer(), CODECS[JSON_SUBPROTOCOL].decode_server
    (first,), (second,) = decode(server.snapshot()), decode(server.change())
    assert isinstance(first, Depth) and isinstance(second, Depth)
    assert first.snapshot and (second.previous, second.sequence) == (first.sequence, first.sequence + 1)
