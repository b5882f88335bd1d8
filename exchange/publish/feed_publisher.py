"""Sends the market data messages that are due, after each released batch and by a timer.

feed = FeedPublisher(market, outbox, clock)
feed.publish_due()                   # at least every 10 ms, for channels with a cadence
"""

from collections.abc import Mapping
from typing import Protocol

from exchange.publish.consumer import ReleasedBatch
from exchange.publish.fold.event_fold import Frames
from exchange.publish.market_data import MarketData
from exchange.seams import Clock
from exchange.wire.messages import ChannelMessage


class Sender(Protocol):
    """Sends to all subscribers of a channel."""

    def publish(self, channel: int, message: ChannelMessage) -> None:
        """Encode and send a message."""

    def publish_frames(self, channel: int, sequence: int, messages: int, encoded: Mapping[str, bytes]) -> None:
        """Send frames that are made already. `sequence`: number of the last message; `messages`: how many they are."""


class FeedPublisher:
    """Publishes channel messages. It comes after `market` in the list of consumers."""

    def __init__(self, market: MarketData, sender: Sender, clock: Clock) -> None:
        self._market, self._sender, self._clock = market, sender, clock

    def take(self, batch: ReleasedBatch) -> None:
        self.publish_due()

    def publish_due(self) -> None:
        """Publish the channel messages that are due now."""
        for channel, message in self._market.due(self._clock.wall_us()):
            if isinstance(message, Frames):
                self._sender.publish_frames(channel, message.sequence, message.messages, message.encoded)
            else:
                self._sender.publish(channel, message)
