"""Which channels there are: what a subscription names, and the channel that is made for it (MDATA-002, MDATA-003)."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from exchange.codes import ComboKind
from exchange.publish.channels import REPLAY_MESSAGES, DepthChannel, EventChannel, TopChannel
from exchange.publish.daily.daily_channels import INDEX, SETTLEMENT
from exchange.publish.daily.stats import StatsChannel
from exchange.publish.daily.wide_stats import WideStatsChannel
from exchange.publish.instruments import InstrumentTable
from exchange.publish.open_books import StateChannel
from exchange.publish.orders.order_channels import OrdersChannel
from exchange.publish.past.candle_channel import CandleChannel
from exchange.publish.past.candle_rows import INTERVALS
from exchange.publish.prints import Prints
from exchange.publish.raw_channels import RawDepthChannel, RawTopChannel
from exchange.publish.subscriptions.wide_channels import WideChannel, books_of
from exchange.wire.errors import ErrorCode
from exchange.wire.messages import BY_INSTRUMENT, EVERY_CHIP, OFFERED_CHANNELS, ChannelSpec

US_PER_MS = 1_000

PolledChannel = StatsChannel | WideStatsChannel | CandleChannel  # shown as of when it is looked at
Channel = StateChannel | OrdersChannel | PolledChannel | EventChannel | WideChannel


class ChannelKey(NamedTuple):
    """What distinguishes a channel from all others. A book may get another instrument, and so other channels."""

    name: str
    instrument: int = 0  # id; 0: all
    book: int = 0  # of the instrument
    cadence_ms: int = 0
    levels: int = 0
    interval: str = ""  # of candles
    group: int = 0  # product group of a chip, for channels by chip
    chip: str = ""  # of all instruments of a chip, or EVERY_CHIP (MDATA-023)

    @property
    def place(self) -> int:
        """What messages of the channel are about: a book, or a product group; 0: all books."""
        return self.book or self.group

    def of(self, instrument: int, book: int) -> "ChannelKey":
        """The key of the channel that a wide one has for an instrument."""
        return self._replace(instrument=instrument, book=book, chip="")


def key_of(spec: ChannelSpec, table: InstrumentTable, index_group: Callable[[str], int]) -> ChannelKey | ErrorCode:
    """The key of the channel that a subscription names, or why there is none (MDATA-004).

    index_group   product group of a chip that has an index, 0 if it has none
    """
    name, index = spec.name_of_channel, table.index_of(spec.instrument) if spec.instrument else 0
    if name not in OFFERED_CHANNELS:
        return ErrorCode.UNKNOWN_CHANNEL
    if name == INDEX:
        group = 0 if spec.instrument else index_group(spec.topic)
        return event_key(table, name, group) if group else ErrorCode.UNKNOWN_INSTRUMENT
    cadence_ms = spec.cadence_ms if name in ("depth", "top") else 0
    levels = spec.levels if name == "depth" else 0
    if is_wide(spec):
        is_known = spec.topic == EVERY_CHIP or spec.topic in table.groups
        key = ChannelKey(name, cadence_ms=cadence_ms, levels=levels, chip=spec.topic)
        return key if is_known else ErrorCode.UNKNOWN_INSTRUMENT
    if not _is_of(name, spec.instrument, index, table):
        return ErrorCode.UNKNOWN_INSTRUMENT
    interval = spec.interval if name == "candles" else ""
    return ChannelKey(name, table.ids[index], index, cadence_ms, levels, interval)


def is_wide(spec: ChannelSpec) -> bool:
    """Whether a row names all instruments of a chip, or all (MDATA-023)."""
    return spec.name_of_channel in BY_INSTRUMENT and not spec.instrument and bool(spec.topic)


def event_key(table: InstrumentTable, name: str, place: int) -> ChannelKey:
    """The key of an event channel of a book, 0: of all; of `index` of a product group."""
    return ChannelKey(name, group=place) if name == INDEX else ChannelKey(name, table.ids[place], place)


def _is_of(name: str, instrument: int, index: int, table: InstrumentTable) -> bool:
    """Whether there is a channel of this name for an instrument, or for all if none is named."""
    if name == "instruments":
        return not index
    if name == SETTLEMENT:  # that of a combination follows from its legs (SPEC-053)
        return not instrument or (index > 0 and table.row(index).combo == ComboKind.OUTRIGHT)
    return index > 0


def made_channel(key: ChannelKey, number: int, last: int, table: InstrumentTable, prints: Prints) -> Channel:
    """A channel. `last`: number of the last message of an event channel, 0: none."""
    cadence_us = key.cadence_ms * US_PER_MS
    if key.chip:
        books = partial(books_of, table, key.chip)
        return WideStatsChannel(number, books, table) if key.name == "stats" else WideChannel(number, key.chip)
    if key.name == "depth":
        return DepthChannel(number, cadence_us, key.levels) if cadence_us else RawDepthChannel(number, key.levels)
    if key.name == "top":
        return TopChannel(number, cadence_us) if cadence_us else RawTopChannel(number)
    if key.name == "orders":
        return OrdersChannel(number, key.book)
    if key.name == "stats":
        return StatsChannel(number, key.book, key.instrument)
    if key.name == "candles":
        return CandleChannel(number, key.book, key.instrument, INTERVALS[key.interval], prints)
    return EventChannel(number, last, 0 if key.name == "trades" else REPLAY_MESSAGES)  # `prints` keeps all trades
