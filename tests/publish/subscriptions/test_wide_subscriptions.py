"""What the gateway asks of rows for a chip, or for all."""

import pytest

from exchange.publish.market_data import MarketData
from exchange.wire.messages import ChannelSpec
from tests.publish.feed import spec
from tests.publish.helpers import B200, H27, J27, Levels, table


@pytest.mark.rule("MDATA-023", "MDATA-003")
def test_a_row_brings_the_channels_of_single_rows() -> None:
    instruments = table()
    market = MarketData(instruments, Levels(5))
    single, _ = market.subscribe(spec("depth", J27))
    row = ChannelSpec(name_of_channel="depth", topic="ALL", cadence_ms=0, levels=0)
    number, code = market.subscribe(row)
    assert code == 0 and market.knows(number) and not market.is_event_channel(number) and market.snapshot(number) == []
    wide = market.wide
    assert wide.instruments_of(number) == [H27, J27, B200] and wide.name_of(number) == "depth"
    assert wide.instruments_of(single) is None
    assert wide.count_of(row) == 3 and wide.count_of(spec("depth", J27)) == 1
    assert wide.count_of(ChannelSpec(name_of_channel="top", topic="H100")) == 2
    assert (wide.count_of_channel(number), wide.count_of_channel(single)) == (3, 1)
    assert wide.rows_among([row, spec("depth", J27), row]) == 2
    numbers = wide.subscribe(number, [J27, B200])
    assert numbers[0] == single and market.snapshot(numbers[1])
    before = wide.listing
    instruments.refresh()
    assert wide.listing > before
    for one in (single, *numbers, number):
        market.unsubscribe(one)
    assert not market._books._books
