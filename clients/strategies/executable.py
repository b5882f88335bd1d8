"""The best price that an order can trade at now, implied prices included, and what taking it costs."""

from clients.local_book import LocalBook, PriceLevel
from exchange.wire.messages import InstrumentDefinition

OPEN = "OPEN"


def touch(book: LocalBook, buys: bool) -> PriceLevel | None:
    """The level that a buy (or sell) order meets first. StaleBook: the book is stale.

    A better implied price trades before a real one (IMP-004). At one price their lots add up (IMP-003).
    """
    real = book.best_ask if buys else book.best_bid
    implied = book.implied_ask if buys else book.implied_bid
    if real is None or implied is None:
        return real or implied
    if real.price_tick == implied.price_tick:
        return PriceLevel(real.price_tick, real.lots + implied.lots)
    return min(real, implied) if buys else max(real, implied)


def cost_tick(price_tick: int, instrument: InstrumentDefinition, buys: bool) -> int:
    """A price after the taker's fee: what a buyer pays, or a seller receives."""
    return price_tick + (instrument.taker_fee if buys else -instrument.taker_fee)


class Pauses:
    """What is left alone for some seconds, because an order there traded nothing: a stopped print, a vanished price."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._left_s: dict[object, float] = {}

    def note(self, key: object) -> None:
        self._left_s[key] = self._seconds

    def pass_time(self, seconds: float) -> None:
        self._left_s = {key: left - seconds for key, left in self._left_s.items() if left > seconds}

    def __contains__(self, key: object) -> bool:
        return key in self._left_s
