"""A feed over a book of the test's making, and rows that change it."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from exchange.codes import EventKind, Liquidity, Side
from exchange.engine.event_rows import Row
from exchange.publish.fold.event_fold import Frames
from exchange.publish.market_data import MarketData
from exchange.publish.raw_channels import payloads
from exchange.wire.codec import CODECS
from exchange.wire.messages import ChannelSpec
from exchange.wire.version import JSON_SUBPROTOCOL
from tests.publish.helpers import H27, Levels, event, event_array, table

# A channel's snapshot and the changes after it, with checksums that were not made by this code.
DEPTH_LINES = [json.loads(line) for line in (Path(__file__).parent / "depth.jsonl").read_text().splitlines()]
START_US = DEPTH_LINES[0]["ts"]


def spec(name: str, instrument: int = H27, cadence_ms: int = 0, levels: int = 0) -> ChannelSpec:
    return ChannelSpec(name_of_channel=name, instrument=instrument, cadence_ms=cadence_ms, levels=levels)  # type: ignore[arg-type]


class Feed:
    """A feed over a book of the test's making, and what its channels sent."""

    def __init__(self, **numbers: Any) -> None:
        self.source = Levels(9000400, START_US)
        self.source.books[1] = ({2845: 120, 2844: 340, 2843: 15}, {2846: 75, 2847: 990})
        self.market = MarketData(table(), self.source, **numbers)

    def open(self, *args: Any, **more: Any) -> int:
        number, code = self.market.subscribe(spec(*args, **more))
        assert code == 0
        return number

    def fold(self, *rows: Row, time_us: int = 0) -> list[dict[str, Any]]:
        """Release the rows; returns what is due at that time, as plain values."""
        time_us = time_us or rows[-1][1] // 1000
        through = max([self.source.sequence, *(row[0] for row in rows)])
        self.market.prints.append(event_array(rows))
        self.market.fold(event_array(rows), through, time_us * 1000)
        self.source.sequence = through
        return self.due(time_us)

    def due(self, now_us: int) -> list[dict[str, Any]]:
        return [plain(message) for _, message in each_message(self.market.due(now_us))]

    def snapshot(self, number: int) -> list[dict[str, Any]]:
        return [plain(page) for page in self.market.snapshot(number)]


def each_message(due: Iterable[tuple[int, Any]]) -> Iterator[tuple[int, Any]]:
    """What is due with frames taken apart: (channel, message), as clients read it."""
    for number, message in due:
        if isinstance(message, Frames):
            decode = CODECS[JSON_SUBPROTOCOL].decode_server
            for payload in payloads(message.encoded["json"]):
                yield from ((number, decoded) for decoded in decode(payload))
        else:
            yield number, message


def plain(message: Any) -> dict[str, Any]:
    """As a client decodes it."""
    codec = CODECS[JSON_SUBPROTOCOL]
    assert codec.decode_server(codec.encode(message)) == [message]
    return msgspec.json.decode(codec.encode(message))


def at_time(rows: list[Row], now_us: int) -> list[Row]:
    """The same rows with another time."""
    return [(row[0], now_us * 1_000, *row[2:]) for row in rows]


def rested(e: int, price: int, level_lots: int, side: Side = Side.BUY, time_us: int = START_US, book: int = 1) -> Row:
    return event(
        EventKind.ORDER_RESTED,
        e,
        time_ns=time_us * 1000,
        instrument=book,
        side=side,
        price=price,
        level_lots=level_lots,
    )


def traded(e: int, trade_id: int, price: int, lots: int, level_lots: int, **fields: int) -> list[Row]:
    """A resting buy of book 1 and the sell that hits it."""
    common = {"instrument": 1, "trade_id": trade_id, "trade_tick": price, "lots": lots, **fields}
    maker = event(EventKind.FILL, e, **{**common, "side": Side.BUY, "liquidity": Liquidity.MAKER,
                                        "level_lots": level_lots, "level_tick": price, **fields})  # fmt: skip
    taker = event(EventKind.FILL, e, **{**common, "side": Side.SELL, "liquidity": Liquidity.TAKER, **fields})
    return [maker, taker]
