"""Market data from kernels and in plain Python side by side: every message of both is compared byte for byte."""

from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter
from typing import Any

import msgspec
import numpy as np

from exchange.engine.event_rows import Row
from exchange.publish.fold.event_fold import Frames
from exchange.publish.instruments import InstrumentTable
from exchange.publish.market_data import MarketData
from exchange.publish.raw_channels import payloads
from exchange.wire.codec import CODECS
from exchange.wire.messages import ChannelSpec
from exchange.wire.version import JSON_SUBPROTOCOL, MSGPACK_SUBPROTOCOL
from tests.publish.helpers import event_array
from tests.publish.plain_market_data import PlainMarketData

ENCODERS = {"json": CODECS[JSON_SUBPROTOCOL].encode, "msgpack": CODECS[MSGPACK_SUBPROTOCOL].encode}
Encoded = tuple[int, bytes, bytes]  # channel, JSON, MessagePack


class MarketTwins:
    """Two feeds over one source. Each method does the same with both, and compares what they say."""

    def __init__(self, table: InstrumentTable, source: Any, numbers: Any = None) -> None:
        self.fast, self.slow = MarketData(table, source, numbers), PlainMarketData(table, source, numbers)
        self.live: dict[int, int] = {}  # channels with their subscribers
        self.framed = self.messages = 0  # how many the kernels made, and how many there were

    def subscribe(self, name: str, instrument: int, cadence_ms: int = 0, levels: int = 0) -> int:
        spec = ChannelSpec(name_of_channel=name, instrument=instrument, cadence_ms=cadence_ms, levels=levels)  # type: ignore[arg-type]
        granted = self.fast.subscribe(spec)
        assert granted == self.slow.subscribe(spec)
        number, code = granted
        assert code == 0
        self.live[number] = self.live.get(number, 0) + 1
        self.snapshot(number)
        return number

    def unsubscribe(self, number: int) -> None:
        self.fast.unsubscribe(number)
        self.slow.unsubscribe(number)
        self.live[number] -= 1
        if not self.live[number]:
            del self.live[number]

    def fold(self, rows: list[Row], through: int, time_ns: int, now_us: int) -> None:
        """Release rows and compare what is due."""
        events = event_array(rows)
        self.fast.prints.append(events)
        self.slow.prints.append(events)
        self.fast.fold(events, through, time_ns)
        self.slow.fold(rows, through, time_ns)
        self.due(now_us)

    def due(self, now_us: int) -> None:
        fast, slow = self.fast.due(now_us), self.slow.due(now_us)
        self.framed += sum(message.messages for _, message in fast if isinstance(message, Frames))
        # The plain feed makes messages of trades on and on when everybody has left.
        expected = [one for one in encoded(slow) if one[0] in self.live or not is_trades(self.slow, one[0])]
        self.messages += len(expected)
        assert in_order(encoded(fast)) == in_order(expected)
        for number in self.live:
            assert self.fast.sequence_of(number) == self.slow.sequence_of(number)

    def snapshot(self, number: int) -> None:
        assert encoded((number, page) for page in self.fast.snapshot(number)) == encoded(
            (number, page) for page in self.slow.snapshot(number)
        )

    def merged(self, number: int, behind: int) -> None:
        """What a reader gets that has missed so many messages."""
        since = self.slow.sequence_of(number) - behind
        fast, slow = self.fast.merged(number, since), self.slow.merged(number, since)
        assert encoded((number, page) for page in fast) == encoded((number, page) for page in slow)


def in_order(messages: list[Encoded]) -> list[Encoded]:
    """The same messages, those of one command about books ordered by channel: two channels need not agree there."""
    made: list[Encoded] = []
    for about, group in groupby(messages, lambda one: about_book(one[1])):
        same = list(group)
        made += sorted(same, key=itemgetter(0)) if about else same
    return made


def about_book(message: bytes) -> int:
    """The command of a `depth` or `top` message, 0 for others."""
    fields = msgspec.json.decode(message)
    return int(fields["e"]) if fields["t"] in ("depth", "top") else 0


def is_trades(market: Any, number: int) -> bool:
    return bool(market._keys[number][0] == "trades")


def encoded(due: Iterable[tuple[int, Any]]) -> list[Encoded]:
    """Each message in both encodings, frames taken apart."""
    made: list[Encoded] = []
    for number, message in due:
        if isinstance(message, Frames):
            parts = [list(payloads(message.encoded[name])) for name in ENCODERS]
            assert [len(part) for part in parts] == [message.messages] * len(parts)
            made += [(number, *pair) for pair in zip(*parts, strict=True)]  # type: ignore[misc]
        else:
            made.append((number, *(encode(message) for encode in ENCODERS.values())))  # type: ignore[arg-type]
    return made


def random_channel(rng: np.random.Generator, instruments: list[int]) -> tuple[str, int, int, int]:
    """Name, instrument, cadence and levels of a channel; often one that kernels write for."""
    if rng.random() < 0.4:
        return (
            str(rng.choice(["depth", "depth", "depth", "top"])),
            int(rng.choice(instruments)),
            0,
            int(rng.choice([0, 1, 10, 50])),
        )
    name = str(rng.choice(["depth", "depth", "depth", "top", "trades", "status", "instruments"]))
    instrument = 0 if name == "instruments" else int(rng.choice(instruments))
    return name, instrument, int(rng.choice([0, 10, 100, 1000])), int(rng.choice([0, 1, 10, 50]))
