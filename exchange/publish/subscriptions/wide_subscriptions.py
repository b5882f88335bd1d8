"""What the gateway needs to know of rows of `sub` for a chip, or for all (MDATA-023).

wide = market.wide
wide.count_of(spec)                      # how many instruments a row is about
wide.count_of_channel(number)            # the same of a row that a connection has
wide.rows_among(specs)                   # how many rows are for a chip, or for all
wide.instruments_of(number)              # of a wide channel; None: the channel is another one
wide.subscribe(number, instruments)      # to the channels that it brings of these
wide.listing                             # rises whenever the listed instruments may have changed
"""

from collections.abc import Callable, Sequence

from exchange.publish.channel_kinds import ChannelKey, is_wide
from exchange.publish.instruments import InstrumentTable
from exchange.publish.subscriptions.channel_table import ChannelTable
from exchange.publish.subscriptions.wide_channels import WideChannel, books_of
from exchange.wire.messages import ChannelSpec


class WideSubscriptions:
    """The wide channels of a feed, and the channels that they bring."""

    def __init__(
        self, channels: ChannelTable, table: InstrumentTable, join: Callable[[Sequence[ChannelKey]], list[int]]
    ) -> None:
        """`join`: adds a subscriber to channels, and returns their numbers."""
        self._channels, self._table, self._join = channels, table, join

    @property
    def listing(self) -> int:
        """Rises whenever the listed instruments may have changed."""
        return self._table.revision

    def count_of(self, spec: ChannelSpec) -> int:
        """How many instruments a row is about: those of its chip, or all; of any other row 1."""
        return len(books_of(self._table, spec.topic)) if is_wide(spec) else 1

    def count_of_channel(self, number: int) -> int:
        """How many instruments the row of a channel is about."""
        chip = self._channels.keys[number].chip
        return len(books_of(self._table, chip)) if chip else 1

    def rows_among(self, specs: Sequence[ChannelSpec]) -> int:
        """How many rows are for a chip, or for all."""
        return sum(is_wide(spec) for spec in specs)

    def instruments_of(self, number: int) -> list[int] | None:
        """The listed instruments that a wide channel brings channels of; None: the channel is another one."""
        channel = self._channels[number]
        return channel.instruments(self._table) if isinstance(channel, WideChannel) else None

    def name_of(self, number: int) -> str:
        """The name that the row has: of the channels that it brings."""
        return self._channels.keys[number].name

    def subscribe(self, number: int, instruments: Sequence[int]) -> list[int]:
        """Add a subscriber to the channels of these listed instruments; returns their numbers."""
        key = self._channels.keys[number]
        return self._join([key.of(instrument, self._table.index_of(instrument)) for instrument in instruments])
