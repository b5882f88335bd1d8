"""Sends the market data messages that are due, after each released batch and by a timer.

feed = FeedPublisher(market, outbox.publish, clock)
feed.publish_due()                   # at least every 10 ms, for channels with a cadence
"""

from collections.abc import Callable

from exchange.publish.consumer import ReleasedBatch
from exchange.publish.market_data import MarketData
from exchange.seams import Clock
from exchange.wire.messages import ChannelMessage


class FeedPublisher:
    """Publishes channel messages. It comes after `market` in the list of consumers."""

    def __init__(self, market: MarketData, publish: Callable[[int, ChannelMessage], None], clock: Clock) -> None:
        """`publish(channel, message)` sends a message to all subscribers of a channel."""
        self._market, self._publish, self._clock = market, publish, clock

    def take(self, batch: ReleasedBatch) -> None:
        self.publish_due()

    def publish_due(self) -> None:
        """Publish the channel messages that are due now."""
        for channel, message in self._market.due(self._clock.wall_us()):
            self._publish(channel, message)
