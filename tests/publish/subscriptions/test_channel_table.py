"""Channels by number: numbers stay, subscribers are counted, and channels end with their instrument."""

import pytest

from exchange.publish.channel_kinds import ChannelKey
from exchange.publish.channels import EventChannel
from exchange.publish.subscriptions.channel_table import ChannelTable
from tests.publish.helpers import H27, J27


def filled() -> ChannelTable:
    channels = ChannelTable()
    for name, instrument, book in (("trades", H27, 1), ("status", H27, 1), ("trades", J27, 2)):
        channels.add(ChannelKey(name, instrument, book), EventChannel(channels.next_number, 0))
    return channels


@pytest.mark.rule("MDATA-003")
def test_a_channel_keeps_its_number_and_counts_its_subscribers() -> None:
    channels = filled()
    key = ChannelKey("status", H27, 1)
    assert channels.number_of(key) == 2 == channels[2].number and channels.keys[2] == key
    assert channels.number_of(ChannelKey("status", J27, 2)) == 0 and 3 in channels and 4 not in channels
    assert channels.join(2) and not channels.join(2) and channels.has_subscribers(2)
    assert not channels.leave(2) and channels.leave(2) and not channels.has_subscribers(2)
    with pytest.raises(AssertionError, match="no subscriber"):
        channels.leave(2)


@pytest.mark.rule("MDATA-019")
def test_channels_of_a_book_end_and_those_with_subscribers_are_named() -> None:
    channels = filled()
    channels.join(1)
    channels.join(3)
    assert list(channels.end(1)) == [1] and list(channels.end(1)) == []
    assert channels.has_ended(1) and channels.has_ended(2) and not channels.has_ended(3)
    assert channels.number_of(ChannelKey("trades", H27, 1)) == 0 and 1 in channels
    assert not channels.leave(1), "there is nothing more to close"
    assert channels.next_number == 4
