"""One market of the demo, from its public messages: best prices, trades, state, and its longest time without a trade.

A market that is OPEN without a trade for long is a fault. A reserved or halted market has a reason not to trade.
"""

from datetime import UTC, datetime

from clients.feeds import OPEN_PHASE
from exchange.units import price_text
from exchange.wire.messages import ChannelMessage, InstrumentDefinition, Status, Top, Trades

STILL_US_NOTED = 3_000_000


class WatchedMarket:
    """A market on the board. `now_us` is always the board's clock: microseconds since its start."""

    def __init__(self, definition: InstrumentDefinition) -> None:
        self.definition, self.phase = definition, definition.phase
        self.reason = ""
        self.until_us: int | None = None  # venue time at which the present state ends
        self.top: Top | None = None
        self.last_tick: int | None = None
        self.lots = 0
        self.stops = 0  # number of changes from OPEN to another state
        self._since_us = self._longest_us = 0

    def take(self, message: ChannelMessage, now_us: int) -> None:
        if isinstance(message, Top):
            self.top = message
        elif isinstance(message, Trades):
            self._restart(now_us)
            self.last_tick = message.rows[-1][1]
            self.lots += sum(lots for _, _, lots, _ in message.rows)
        elif isinstance(message, Status):
            self._change(message, now_us)

    def _change(self, message: Status, now_us: int) -> None:
        if message.phase != self.phase:
            self._restart(now_us)
            self.stops += self.phase == OPEN_PHASE
        self.phase, self.reason, self.until_us = message.phase, message.reason, message.until_us

    def _restart(self, now_us: int) -> None:
        """Start the time without a trade again, after a trade or a change of state."""
        self._longest_us, self._since_us = self.longest_still_us(now_us), now_us

    def still_us(self, now_us: int) -> int:
        """Time for which the market has been OPEN without a trade."""
        return now_us - self._since_us if self.phase == OPEN_PHASE else 0

    def longest_still_us(self, now_us: int) -> int:
        return max(self._longest_us, self.still_us(now_us))

    def cells(self) -> list[str]:
        """Symbol, bid lots, bid, ask, ask lots, last price, volume, state; `-` for a missing value."""
        top = self.top
        bid, ask = (top.bid_tick, top.ask_tick) if top else (None, None)
        return [
            self.definition.symbol,
            str(top.bid_lots) if top and top.bid_lots else "-",
            price_text(bid) if bid is not None else "-",
            price_text(ask) if ask is not None else "-",
            str(top.ask_lots) if top and top.ask_lots else "-",
            price_text(self.last_tick) if self.last_tick is not None else "-",
            f"{self.lots:,}",
            f"{self.phase} {self._until()}".rstrip(),
        ]

    def note(self, now_us: int) -> str:
        """One line that says why the market does not trade; empty if it does."""
        if self.phase != OPEN_PHASE:
            until, why = self._until(), f" ({self.reason})" if self.reason else ""
            return f"{self.definition.symbol} {self.phase}" + (f" until {until} UTC" if until else "") + why
        still_us = self.still_us(now_us)
        return (
            f"{self.definition.symbol} OPEN, no trade for {still_us / 1e6:.0f} s" if still_us > STILL_US_NOTED else ""
        )

    def _until(self) -> str:
        return datetime.fromtimestamp(self.until_us / 1e6, UTC).strftime("%H:%M:%S") if self.until_us else ""
