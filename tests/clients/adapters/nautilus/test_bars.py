"""Candles of the venue as bars."""

from typing import Any

import pytest

from clients.session.past import Candle
from tests.clients.adapters.venue_scene import needs

pytestmark = needs("nautilus")
MINUTE_US = 60_000_000


def bar_type(text: str) -> Any:
    from nautilus_trader.model.data import BarType

    return BarType.from_str(f"H100.G90.F27.GPUX-{text}")


def candle(minute: int, close_tick: int) -> Candle:
    return Candle(minute * MINUTE_US, 2810, 2815, 2805, close_tick, 4, 0, 2)


def test_a_bar_ends_when_a_later_candle_begins() -> None:
    from clients.adapters.nautilus.bars import BarPublisher

    publisher = BarPublisher(bar_type("1-MINUTE-LAST-EXTERNAL"))
    assert publisher.ended([candle(5, 2810)], 1) == []
    assert publisher.ended([candle(5, 2811)], 2) == []
    (first,) = publisher.ended([candle(5, 2812), candle(7, 2813)], 3)
    assert (str(first.close), first.ts_event, first.ts_init) == ("2.812", 6 * MINUTE_US * 1_000, 3)
    assert [str(bar.close) for bar in publisher.ended([candle(8, 2814), candle(9, 2815)], 4)] == ["2.813", "2.814"]


@pytest.mark.parametrize(
    "text", ["5-MINUTE-LAST-EXTERNAL", "1-MINUTE-MID-EXTERNAL", "1-MINUTE-LAST-INTERNAL", "2-TICK-LAST-EXTERNAL"]
)
def test_other_bars_are_refused_with_those_there_are(text: str) -> None:
    from clients.adapters.nautilus.bars import interval_of

    with pytest.raises(ValueError, match="1-MINUTE-LAST-EXTERNAL, 1-HOUR"):
        interval_of(bar_type(text))


def test_intervals_are_those_of_the_venue() -> None:
    from clients.adapters.nautilus.bars import interval_of

    found = [interval_of(bar_type(f"1-{unit}-LAST-EXTERNAL")) for unit in ("MINUTE", "HOUR", "DAY")]
    assert found == ["1m", "1h", "1d"]
