"""Candles of the venue as bars of NautilusTrader: of the last price, in steps of a minute, an hour or a day."""

from typing import Any

from nautilus_trader.model.data import Bar, BarType
from nautilus_trader.model.enums import BarAggregation, PriceType

from clients.adapters.nautilus.instruments import NS_PER_US, price_of, quantity_of
from clients.session.past import Candle
from exchange.wire.requests import IntervalText

INTERVALS: dict[Any, IntervalText] = {
    BarAggregation.MINUTE: "1m",
    BarAggregation.HOUR: "1h",
    BarAggregation.DAY: "1d",
}
LENGTH_US: dict[str, int] = {"1m": 60_000_000, "1h": 3_600_000_000, "1d": 86_400_000_000}


def interval_of(bar_type: BarType) -> IntervalText:
    """The venue's interval of a bar type. ValueError: the venue has no such candles."""
    spec = bar_type.spec
    known = spec.step == 1 and spec.aggregation in INTERVALS and spec.price_type == PriceType.LAST
    if bar_type.is_internally_aggregated() or not known:
        raise ValueError(
            f"{bar_type}: the venue has bars 1-MINUTE-LAST-EXTERNAL, 1-HOUR-LAST-EXTERNAL and 1-DAY-LAST-EXTERNAL; "
            "others are INTERNAL, made of trades or quotes"
        )
    return INTERVALS[spec.aggregation]


def bar_of(bar_type: BarType, candle: Candle, now_ns: int) -> Bar:
    """A candle as a bar, whose time is its end."""
    end_us = candle.start_us + LENGTH_US[interval_of(bar_type)]
    prices = (candle.open_tick, candle.high_tick, candle.low_tick, candle.close_tick)
    return Bar(bar_type, *map(price_of, prices), quantity_of(candle.lots), end_us * NS_PER_US, now_ns)


class BarPublisher:
    """The running candle of a bar type. It is a bar as soon as a later one begins, with the next trade."""

    def __init__(self, bar_type: BarType) -> None:
        self._bar_type = bar_type
        self._running: Candle | None = None

    def ended(self, rows: list[tuple[Any, ...]], now_ns: int) -> list[Bar]:
        """Take candles that are new or have changed, in order; returns those that have ended since."""
        bars = []
        for row in rows:
            candle, running = Candle(*row), self._running
            if running is not None and candle.start_us > running.start_us:
                bars.append(bar_of(self._bar_type, running, now_ns))
            self._running = candle
        return bars
