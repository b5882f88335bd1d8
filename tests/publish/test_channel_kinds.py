"""What a subscription names, and which channel that is."""

import pytest

from exchange.codes import ComboKind
from exchange.publish.channel_kinds import ChannelKey, key_of, made_channel
from exchange.publish.channels import DepthChannel, EventChannel, TopChannel
from exchange.publish.daily.stats import StatsChannel
from exchange.publish.raw_channels import RawDepthChannel, RawTopChannel
from exchange.wire.errors import ErrorCode
from exchange.wire.messages import ChannelSpec
from tests.publish.helpers import H27, J27, LISTED, instrument, table

SPREAD = 1 << 31
TABLE = table([*LISTED, instrument(4, SPREAD, "H100.G90.H27-J27", combo=int(ComboKind.CALENDAR))])


@pytest.mark.rule("MDATA-002", "MDATA-003")
@pytest.mark.parametrize(
    ("name", "named", "key"),
    [
        ("depth", {"instrument": J27, "cadence_ms": 100, "levels": 1}, ChannelKey("depth", J27, 2, 100, 1)),
        ("top", {"instrument": J27, "levels": 1}, ChannelKey("top", J27, 2, 10)),
        ("trades", {"instrument": H27}, ChannelKey("trades", H27, 1)),
        ("stats", {"instrument": SPREAD, "cadence_ms": 1000}, ChannelKey("stats", SPREAD, 4)),
        ("instruments", {}, ChannelKey("instruments")),
        ("settlement", {}, ChannelKey("settlement")),
        ("settlement", {"instrument": H27}, ChannelKey("settlement", H27, 1)),
        ("settlement", {"instrument": SPREAD}, ErrorCode.UNKNOWN_INSTRUMENT),
        ("settlement", {"instrument": 99}, ErrorCode.UNKNOWN_INSTRUMENT),
        ("stats", {}, ErrorCode.UNKNOWN_INSTRUMENT),
        ("instruments", {"instrument": H27}, ErrorCode.UNKNOWN_INSTRUMENT),
        ("orders", {"instrument": H27}, ErrorCode.UNKNOWN_CHANNEL),
    ],
)
def test_a_subscription_names_one_channel(name: str, named: dict[str, int], key: ChannelKey | ErrorCode) -> None:
    assert key_of(ChannelSpec(name_of_channel=name, **named), TABLE) == key  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        (ChannelKey("depth", H27, 1), RawDepthChannel),
        (ChannelKey("depth", H27, 1, 10, 10), DepthChannel),
        (ChannelKey("top", H27, 1), RawTopChannel),
        (ChannelKey("top", H27, 1, 10), TopChannel),
        (ChannelKey("stats", H27, 1), StatsChannel),
        (ChannelKey("settlement"), EventChannel),
    ],
)
def test_each_key_has_its_kind_of_channel(key: ChannelKey, kind: type) -> None:
    channel = made_channel(key, 7, 5)
    assert type(channel) is kind and channel.number == 7
    assert channel.sequence == (5 if kind is EventChannel else 0)
