"""Messages of market data channels: what all of them have in common, and what a snapshot lacks."""

from typing import get_args

import pytest

from exchange.wire.codec import CODECS
from exchange.wire.market_messages import ChannelMessage, Depth, Top
from exchange.wire.messages import OFFERED_CHANNELS, ServerMessages
from exchange.wire.version import JSON_SUBPROTOCOL

KINDS = [kind for kind in get_args(ServerMessages) if issubclass(kind, ChannelMessage)]
JSON = CODECS[JSON_SUBPROTOCOL]


@pytest.mark.rule("MDATA-001", "WIRE-041")
@pytest.mark.parametrize("kind", KINDS)
def test_every_channel_message_begins_with_channel_number_command_and_time(kind: type[ChannelMessage]) -> None:
    assert kind.__struct_encode_fields__[:4] == ("c", "s", "e", "ts")
    assert "previous" in kind.__struct_fields__


@pytest.mark.rule("MDATA-004")
def test_every_channel_of_the_venue_has_its_message() -> None:
    of_many = {"stats_all", "channels"}  # of rows for a chip or for all (MDATA-023)
    assert {kind.__struct_config__.tag for kind in KINDS} == {*OFFERED_CHANNELS} | of_many


@pytest.mark.rule("WIRE-010", "MDATA-010")
def test_a_snapshot_has_no_previous_number_and_an_empty_side_no_keys() -> None:
    depth = Depth(1, 5, 9, 3, [(10, 2)], [], snapshot=True)
    assert JSON.encode(depth) == b'{"t":"depth","c":1,"s":5,"e":9,"ts":3,"b":[[10,2]],"a":[],"snap":true}'
    top = Top(1, 5, 9, 3, previous=4, bid_tick=10, bid_lots=2)
    assert JSON.encode(top) == b'{"t":"top","c":1,"s":5,"e":9,"ts":3,"p":4,"bp":10,"bq":2}'
    assert JSON.decode_server(JSON.encode([depth, top])) == [depth, top]
