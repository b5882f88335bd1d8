"""What a subscription names, and which channel that is."""

from typing import Any

import pytest

from exchange.codes import ComboKind
from exchange.publish.channel_kinds import ChannelKey, event_key, key_of, made_channel
from exchange.publish.channels import DepthChannel, EventChannel, TopChannel
from exchange.publish.daily.stats import StatsChannel
from exchange.publish.daily.wide_stats import WideStatsChannel
from exchange.publish.orders.order_channels import OrdersChannel
from exchange.publish.past.candle_channel import CandleChannel
from exchange.publish.prints import Prints
from exchange.publish.raw_channels import RawDepthChannel, RawTopChannel
from exchange.publish.subscriptions.wide_channels import WideChannel
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
        ("candles", {"instrument": H27, "interval": "1d"}, ChannelKey("candles", H27, 1, interval="1d")),
        ("top", {"instrument": J27, "interval": "1d"}, ChannelKey("top", J27, 2, 10)),
        ("instruments", {}, ChannelKey("instruments")),
        ("settlement", {}, ChannelKey("settlement")),
        ("settlement", {"instrument": H27}, ChannelKey("settlement", H27, 1)),
        ("settlement", {"instrument": SPREAD}, ErrorCode.UNKNOWN_INSTRUMENT),
        ("settlement", {"instrument": 99}, ErrorCode.UNKNOWN_INSTRUMENT),
        ("stats", {}, ErrorCode.UNKNOWN_INSTRUMENT),
        ("instruments", {"instrument": H27}, ErrorCode.UNKNOWN_INSTRUMENT),
        ("orders", {"instrument": H27, "cadence_ms": 100, "levels": 1}, ChannelKey("orders", H27, 1)),
        ("certificates", {"topic": "H100"}, ErrorCode.UNKNOWN_CHANNEL),
        ("depth", {"topic": "H100", "levels": 1}, ChannelKey("depth", cadence_ms=10, levels=1, chip="H100")),
        ("stats", {"topic": "ALL"}, ChannelKey("stats", chip="ALL")),
        ("stats", {"topic": "H100", "instrument": H27}, ChannelKey("stats", H27, 1)),
        ("trades", {"topic": "A100"}, ErrorCode.UNKNOWN_INSTRUMENT),
        ("settlement", {"topic": "ALL"}, ChannelKey("settlement")),
        ("index", {"topic": "ALL"}, ErrorCode.UNKNOWN_INSTRUMENT),
        ("index", {"topic": "H100"}, ChannelKey("index", group=2)),
        ("index", {"topic": "H100", "instrument": H27}, ErrorCode.UNKNOWN_INSTRUMENT),
        ("index", {"topic": "A100"}, ErrorCode.UNKNOWN_INSTRUMENT),
        ("index", {}, ErrorCode.UNKNOWN_INSTRUMENT),
    ],
)
def test_a_subscription_names_one_channel(name: str, named: dict[str, Any], key: ChannelKey | ErrorCode) -> None:
    index_group = {"H100": 2}
    spec = ChannelSpec(name_of_channel=name, **named)  # type: ignore[arg-type]
    assert key_of(spec, TABLE, lambda chip: index_group.get(chip, 0)) == key


@pytest.mark.rule("MDATA-023")
def test_a_wide_row_leads_to_the_channels_of_single_rows() -> None:
    wide = key_of(ChannelSpec(name_of_channel="top", topic="H100", cadence_ms=0), TABLE, lambda _: 0)
    single = key_of(ChannelSpec(name_of_channel="top", instrument=J27, cadence_ms=0), TABLE, lambda _: 0)
    assert isinstance(wide, ChannelKey) and wide.of(J27, 2) == single


def test_a_channel_is_about_a_book_or_about_a_product_group() -> None:
    keys = event_key(TABLE, "status", 2), event_key(TABLE, "index", 2), event_key(TABLE, "settlement", 0)
    assert keys == (ChannelKey("status", J27, 2), ChannelKey("index", group=2), ChannelKey("settlement"))
    assert [key.place for key in keys] == [2, 2, 0]


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        (ChannelKey("depth", H27, 1), RawDepthChannel),
        (ChannelKey("depth", H27, 1, 10, 10), DepthChannel),
        (ChannelKey("top", H27, 1), RawTopChannel),
        (ChannelKey("top", H27, 1, 10), TopChannel),
        (ChannelKey("stats", H27, 1), StatsChannel),
        (ChannelKey("candles", H27, 1, interval="1h"), CandleChannel),
        (ChannelKey("settlement"), EventChannel),
        (ChannelKey("orders", H27, 1), OrdersChannel),
        (ChannelKey("top", chip="H100"), WideChannel),
        (ChannelKey("stats", chip="ALL"), WideStatsChannel),
        (ChannelKey("index", group=2), EventChannel),
    ],
)
def test_each_key_has_its_kind_of_channel(key: ChannelKey, kind: type) -> None:
    channel = made_channel(key, 7, 5, TABLE, Prints())
    assert type(channel) is kind and channel.number == 7
    assert channel.sequence == (5 if kind is EventChannel else 0)
