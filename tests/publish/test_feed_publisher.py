"""Channel messages leave with the batch that made them, or when their cadence is due."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from exchange.codes import EventKind, Side
from exchange.publish.consumer import ReleasedBatch
from exchange.publish.feed_publisher import FeedPublisher
from exchange.publish.market_data import MarketData
from exchange.records import EVENT
from exchange.wire.messages import ChannelSpec
from tests.publish.helpers import H27, TIME_NS, Levels, event, table


class Clock:
    us = 1_000_000

    def wall_us(self) -> int:
        return self.us


class Sent:
    """A sender that only notes what it is given."""

    def __init__(self) -> None:
        self.all: list[tuple[int, Any]] = []

    def publish(self, channel: int, message: Any) -> None:
        self.all.append((channel, message))

    def publish_frames(self, channel: int, sequence: int, messages: int, encoded: Mapping[str, bytes]) -> None:
        self.all.append((channel, (sequence, messages, encoded)))


@pytest.mark.rule("MDATA-002")
def test_raw_channels_publish_at_once_and_others_when_they_are_due() -> None:
    market, clock, sent = MarketData(table(), Levels()), Clock(), Sent()
    feed = FeedPublisher(market, sent, clock)  # type: ignore[arg-type]  # reads one clock
    raw, _ = market.subscribe(ChannelSpec(name_of_channel="depth", instrument=H27, cadence_ms=0))
    slow, _ = market.subscribe(ChannelSpec(name_of_channel="top", instrument=H27, cadence_ms=100))
    for sequence, lots in ((1, 5), (2, 6), (3, 7)):
        rested = event(
            EventKind.ORDER_RESTED, sequence, instrument=1, side=Side.BUY, price=2_845, level_lots=lots, shown_lots=1
        )  # fmt: skip
        batch = ReleasedBatch(np.array([rested], EVENT), sequence, sequence, TIME_NS)
        market.take(batch)
        feed.take(batch)
    assert [channel for channel, _ in sent.all] == [raw, slow, raw, raw], "the first of a cadence is due at once"
    sent.all.clear()
    feed.publish_due()
    assert sent.all == []
    clock.us += 100_000
    feed.publish_due()
    assert [(channel, message.bid_lots) for channel, message in sent.all] == [(slow, 7)]
