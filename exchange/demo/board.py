"""What the demo shows while it runs: the traded months with their best prices, and how much is going on."""

from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from clients.client import Session
from clients.events import Event, MarketData
from exchange.units import price_text
from exchange.wire.messages import ChannelSpec, InstrumentDefinition, Top, Trades


class Board:
    """Follows best prices and trades over a public connection of its own."""

    def __init__(self, instruments: Sequence[InstrumentDefinition], clients: Sequence[Session]) -> None:
        self.instruments, self.clients = instruments, clients
        self.tops: dict[int, Top] = {}
        self.last_tick: dict[int, int] = {}
        self.lots: dict[int, int] = {}

    async def follow(self, session: Session) -> None:
        """Read until the session is over."""
        tops = [
            ChannelSpec(name_of_channel="top", instrument=row.instrument, cadence_ms=100) for row in self.instruments
        ]
        trades = [ChannelSpec(name_of_channel="trades", instrument=row.instrument) for row in self.instruments]
        await session.subscribe(*tops, *trades)
        async for event in session.events():
            self.take(event)

    def take(self, event: Event) -> None:
        if isinstance(event, MarketData):
            if isinstance(event.message, Top):
                self.tops[event.instrument] = event.message
            elif isinstance(event.message, Trades):
                for _, price_tick, lots, _ in event.message.rows:
                    self.last_tick[event.instrument] = price_tick
                    self.lots[event.instrument] = self.lots.get(event.instrument, 0) + lots

    @property
    def acks(self) -> int:
        return sum(session.acks for session in self.clients)

    @property
    def volume_lots(self) -> int:
        return sum(self.lots.values())

    def line(self, elapsed_s: float, seconds: float) -> str:
        """The state of things in one line."""
        rate = self.acks / elapsed_s if elapsed_s else 0
        return (
            f"{elapsed_s:5.1f} of {seconds:g} s   {self.acks:,} requests answered ({rate:,.0f}/s)"
            f"   {self.volume_lots:,} lots traded"
        )

    def render(self, elapsed_s: float, seconds: float) -> RenderableType:
        """One frame of at most 80 columns."""
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column("month")
        for name in ("bid lots", "bid", "ask", "ask lots", "last", "volume"):
            table.add_column(name, justify="right")
        for row in self.instruments:
            table.add_row(*self._cells(row))
        return Group(Text(self.line(elapsed_s, seconds), "bold"), Text(), table)

    def _cells(self, row: InstrumentDefinition) -> list[str | Text]:
        top, last_tick = self.tops.get(row.instrument), self.last_tick.get(row.instrument)
        cells: list[str | Text] = [row.symbol]
        cells.append(Text(str(top.bid_lots), "green") if top and top.bid_lots else "-")
        cells.append(Text(price_text(top.bid_tick), "green") if top and top.bid_tick is not None else "-")
        cells.append(Text(price_text(top.ask_tick), "red") if top and top.ask_tick is not None else "-")
        cells.append(Text(str(top.ask_lots), "red") if top and top.ask_lots else "-")
        cells.append(price_text(last_tick) if last_tick is not None else "-")
        cells.append(f"{self.lots.get(row.instrument, 0):,}")
        return cells


def say(console: Console, text: str) -> None:
    """A plain line, wrapped by nobody."""
    console.print(text, highlight=False, soft_wrap=True)
