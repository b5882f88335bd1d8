"""The live display of the demo: best prices and states of the traded months, requests and volume."""

import asyncio
from collections.abc import Sequence
from math import inf

from rich.console import Console, Group, RenderableType
from rich.text import Text

from clients.client import Session
from clients.events import ChannelData, Disconnected, Event, Reconnected
from clients.feeds import OPEN_PHASE
from exchange.demo.checks import Check
from exchange.demo.display import figures_table
from exchange.demo.markets import WatchedMarket
from exchange.wire.messages import ChannelSpec, InstrumentDefinition

COLUMNS = ("month", "bid lots", "bid", "ask", "ask lots", "last", "volume", "state")
STYLES = {"bid lots": "green", "bid": "green", "ask": "red", "ask lots": "red"}
# The board's clock advances by at most this between two messages: if the machine stalls, no market is to blame.
SILENCE_US_MAX = 1_000_000
LOOK_S = 0.25
STILL_US_MAX = 10_000_000  # longest allowed time of a market in OPEN without a trade


class Board:
    """Follows best prices, trades and states over a separate public connection.

    instruments   to show
    clients       sessions whose answered requests are counted
    now_us        the board's clock: microseconds since the start, without stalls
    """

    def __init__(self, instruments: Sequence[InstrumentDefinition], clients: Sequence[Session]) -> None:
        self.instruments, self.clients = instruments, clients
        self.markets = {row.instrument: WatchedMarket(row) for row in instruments}
        self.problem = ""  # while the connection is lost
        self.now_us = self._last_message_us = 0  # `_last_message_us`: venue time of the last message

    async def follow(self, session: Session) -> None:
        """Read events until the session is over. Heartbeats advance the clock while no market sends messages."""
        numbers = list(self.markets)
        tops = [ChannelSpec(name_of_channel="top", instrument=number, cadence_ms=100) for number in numbers]
        trades = [ChannelSpec(name_of_channel="trades", instrument=number) for number in numbers]
        states = [ChannelSpec(name_of_channel="status", instrument=number) for number in numbers]
        await session.subscribe(*tops, *trades, *states)
        clock = asyncio.create_task(self._follow_time(session))
        try:
            async for event in session.events():
                self.take(event)
        finally:
            clock.cancel()

    async def _follow_time(self, session: Session) -> None:
        while True:
            self.advance_clock(session.core.venue_us)
            await asyncio.sleep(LOOK_S)

    def take(self, event: Event) -> None:
        if isinstance(event, ChannelData) and event.instrument in self.markets:
            self.advance_clock(event.message.time_us)
            self.markets[event.instrument].take(event.message, self.now_us)
        elif isinstance(event, Disconnected):
            self.problem = f"no connection to the venue: {event.reason}"
        elif isinstance(event, Reconnected):
            self.problem = ""

    def advance_clock(self, venue_us: int) -> None:
        """Advance the board's clock to the time of a message, by at most SILENCE_US_MAX. `venue_us`: venue time."""
        if self._last_message_us:
            self.now_us += min(SILENCE_US_MAX, max(0, venue_us - self._last_message_us))
        self._last_message_us = max(self._last_message_us, venue_us)

    @property
    def acks(self) -> int:
        return sum(session.acks for session in self.clients)

    @property
    def volume_lots(self) -> int:
        return sum(market.lots for market in self.markets.values())

    def notes(self) -> list[str]:
        """A line with the reason for each market that does not trade now, or for all of them."""
        if self.problem:
            return [self.problem]
        return [note for market in self.markets.values() if (note := market.note(self.now_us))]

    def kept_trading_check(self) -> Check:
        """The check that no market was OPEN for more than STILL_US_MAX without a trade."""
        markets = self.markets.values()
        longest_us, symbol = max((market.longest_still_us(self.now_us), market.definition.symbol) for market in markets)
        halts = sum(market.halts for market in markets)
        detail = f"longest pause while OPEN {longest_us / 1e6:.1f} s ({symbol}), {halts} times reserved or halted"
        return Check("every market kept trading, or its state says why", longest_us <= STILL_US_MAX, detail)

    def line(self, elapsed_s: float, seconds: float) -> str:
        """Progress in one line. `elapsed_s`: time so far; `seconds`: length; infinite: until it is stopped."""
        rate = self.acks / elapsed_s if elapsed_s else 0
        length = f" of {seconds:g}" if seconds < inf else ""
        return (
            f"{elapsed_s:5.1f}{length} s   {self.acks:,} requests answered ({rate:,.0f}/s)"
            f"   {self.volume_lots:,} lots traded"
        )

    def text(self, elapsed_s: float, seconds: float) -> str:
        """The line of progress, and the notes below it."""
        return "\n        ".join([self.line(elapsed_s, seconds), *self.notes()])

    def render(self, elapsed_s: float, seconds: float) -> RenderableType:
        """One frame of at most 80 columns."""
        table = figures_table(COLUMNS, ("month", "state"), box=None, pad_edge=False, padding=(0, 1, 0, 0))
        for market in self.markets.values():
            table.add_row(*map(self._styled, COLUMNS, market.cells()))
        return Group(Text(self.line(elapsed_s, seconds), "bold"), Text(self.problem, "bold red"), table)

    def _styled(self, column: str, text: str) -> Text:
        if text == "-":
            return Text(text)
        if column == "state":
            return Text(text, "" if text == OPEN_PHASE else "yellow")
        return Text(text, STYLES.get(column, ""))


def say(console: Console, text: str) -> None:
    """Print a plain line without wrapping."""
    console.print(text, highlight=False, soft_wrap=True)
