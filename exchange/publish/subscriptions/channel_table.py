"""All channels of a feed: their numbers, what distinguishes them, and how many subscribers each has (MDATA-003).

A number is given once and stays, also when nobody subscribes any more, or when the channel's instrument has ended.
"""

from collections import Counter
from collections.abc import Iterator

from exchange.publish.channel_kinds import Channel, ChannelKey


class ChannelTable:
    """Channels by number, from 1."""

    def __init__(self) -> None:
        self.keys: dict[int, ChannelKey] = {}
        self._channels: dict[int, Channel] = {}
        self._by_key: dict[ChannelKey, int] = {}
        self._subscribers: Counter[int] = Counter()
        self._ended: set[int] = set()  # channels whose instrument has left its book to another one

    def __contains__(self, number: int) -> bool:
        return number in self._channels

    def __getitem__(self, number: int) -> Channel:
        return self._channels[number]

    @property
    def next_number(self) -> int:
        """The number of the channel that is added next."""
        return len(self._channels) + 1

    def add(self, key: ChannelKey, channel: Channel) -> None:
        """Add a channel that was made with `next_number`."""
        number = self.next_number
        self._channels[number], self.keys[number], self._by_key[key] = channel, key, number

    def number_of(self, key: ChannelKey) -> int:
        """The number of a channel; 0: there is none."""
        return self._by_key.get(key, 0)

    def join(self, number: int) -> bool:
        """Count a subscriber; returns whether it is the first."""
        self._subscribers[number] += 1
        return self._subscribers[number] == 1

    def leave(self, number: int) -> bool:
        """Count one subscriber less; returns whether it was the last of a channel that still has messages."""
        self._subscribers[number] -= 1
        assert self._subscribers[number] >= 0, f"channel {number} has no subscriber"
        return not self._subscribers[number] and number not in self._ended

    def has_subscribers(self, number: int) -> bool:
        return self._subscribers[number] > 0

    def has_ended(self, number: int) -> bool:
        return number in self._ended

    def end(self, book: int) -> Iterator[int]:
        """End all channels of a book; yields those with subscribers. Subscribers may still name them."""
        for number, key in self.keys.items():
            if key.book == book and number not in self._ended:
                if self._subscribers[number]:
                    yield number
                self._ended.add(number)
                del self._by_key[key]
