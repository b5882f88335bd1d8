"""Does the work of `gpux watch`: shows live price levels and trades of one instrument in the terminal.

It needs no key, because depth, trades and status are public. If the output is not a terminal, it prints a line for each
trade and a line whenever the best prices change.
"""

import asyncio
import difflib
from collections import deque
from datetime import UTC, datetime

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from clients.client import Session, connect
from clients.errors import ChannelRefused, ConnectFailed, SessionOver
from clients.events import ChannelData, Disconnected, Event, Reconnected
from clients.local_book import LocalBook, PriceLevel
from exchange.errors import UserError
from exchange.units import price_text
from exchange.wire.messages import InstrumentDefinition, Status, Trades

FRAMES_PER_SECOND = 8
BAR_CELLS = 13
TAPE_ROWS_KEPT = 100
BUY, SELL, QUIET = "green", "red", "dim"
AGGRESSORS = {"b": ("buy", BUY), "s": ("sell", SELL), "n": ("cross", "yellow")}
EIGHTHS = " ▏▎▍▌▋▊▉█"


class View:
    """The data on display: book, last trades, phase, and price range and volume since the display began."""

    def __init__(self, instrument: InstrumentDefinition, book: LocalBook) -> None:
        self.instrument, self.book = instrument, book
        self.tape: deque[tuple[int, int, int, str]] = deque(maxlen=TAPE_ROWS_KEPT)  # time_us, price_tick, lots, side
        self.phase = instrument.phase
        self.last_tick = self.low_tick = self.high_tick = self.volume_lots = 0  # volume 0: no trade yet
        self.connection = ""  # error text while the connection is lost

    def take(self, event: Event) -> None:
        if isinstance(event, Disconnected):
            self.connection = f"disconnected: {event.reason}"
        elif isinstance(event, Reconnected):
            self.connection = ""
        elif isinstance(event, ChannelData):
            message = event.message
            if isinstance(message, Trades):
                for _, price_tick, lots, aggressor in message.rows:
                    self.print(message.time_us, price_tick, lots, aggressor)
            elif isinstance(message, Status):
                self.phase = message.phase

    def print(self, time_us: int, price_tick: int, lots: int, aggressor: str) -> None:
        """Add a trade."""
        self.tape.appendleft((time_us, price_tick, lots, aggressor))
        self.low_tick = min(self.low_tick, price_tick) if self.volume_lots else price_tick
        self.high_tick = max(self.high_tick, price_tick) if self.volume_lots else price_tick
        self.last_tick = price_tick
        self.volume_lots += lots

    def levels(self, count: int) -> tuple[list[PriceLevel], list[PriceLevel]]:
        """Bids and asks to show; none while the book is stale."""
        if not self.book.synced:
            return [], []
        return self.book.bids(count), self.book.asks(count)


def render(view: View, rows: int) -> RenderableType:
    """One frame of at most 80 columns: heading, price levels, trades beside them."""
    grid = Table.grid(padding=(0, 2))
    grid.add_row(ladder(view, rows), tape(view, 2 * rows + 1))
    return Group(heading(view), Text(), grid)


def heading(view: View) -> Text:
    instrument = view.instrument
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(instrument.symbol, "bold")
    text.append(f"  {view.phase}", "green" if view.phase == "OPEN" else "yellow")
    text.append(f"  {instrument.hours:,} h a lot, settled {price_text(instrument.settle_tick)}\n", QUIET)
    if view.volume_lots:
        change = view.last_tick - instrument.settle_tick
        text.append(f"last {price_text(view.last_tick)} ")
        text.append(f"{'+' if change >= 0 else ''}{price_text(change)}", BUY if change >= 0 else SELL)
        text.append(f"  low {price_text(view.low_tick)} high {price_text(view.high_tick)}", QUIET)
        text.append(f"  {view.volume_lots:,} lots seen", QUIET)
    else:
        text.append("no trade since this watch began", QUIET)
    if view.connection or not view.book.synced:
        text.append(f"  {view.connection or view.book.problem}", "bold red")
    return text


def ladder(view: View, rows: int) -> Table:
    """Price levels, asks above bids. The length of a bar is relative to the largest level shown."""
    bids, asks = view.levels(rows)
    largest = max((level.lots for level in (*bids, *asks)), default=1)
    table = Table(box=None, pad_edge=False, padding=(0, 1))
    table.add_column("bid", justify="right", width=BAR_CELLS)
    table.add_column("lots", justify="right", width=6)
    table.add_column("$/GPU-h", justify="right", width=8)
    table.add_column("lots", justify="right", width=6)
    table.add_column("ask", width=BAR_CELLS)
    for _ in range(rows - len(asks)):
        table.add_row()
    for level in reversed(asks):
        lots = Text(f"{level.lots:,}", SELL)
        table.add_row("", "", price_text(level.price_tick), lots, Text(bar(level.lots, largest), SELL))
    spread = str(asks[0].price_tick - bids[0].price_tick) if bids and asks else "-"
    table.add_row("", Text("spread", QUIET), Text(spread, QUIET), Text("ticks", QUIET))
    for level in bids:
        # Terminal blocks fill from the left, so a bar that grows to the left has whole cells only.
        cells = Text("█" * len(bar(level.lots, largest)), BUY)
        table.add_row(cells, Text(f"{level.lots:,}", BUY), price_text(level.price_tick))
    for _ in range(rows - len(bids)):
        table.add_row()
    return table


def bar(lots: int, largest: int) -> str:
    """A bar whose length is in proportion to `lots`: BAR_CELLS for `largest`, at least one eighth of a cell."""
    eighths = max(1, lots * BAR_CELLS * 8 // largest)
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()


def tape(view: View, rows: int) -> Table:
    """The last trades, newest first."""
    table = Table(box=None, pad_edge=False, padding=(0, 1))
    for name, width in (("time UTC", 8), ("price", 7), ("lots", 5)):
        table.add_column(name, justify="right", width=width)
    for time_us, price_tick, lots, aggressor in list(view.tape)[:rows]:
        style = AGGRESSORS[aggressor][1]
        table.add_row(Text(clock(time_us), QUIET), Text(price_text(price_tick), style), Text(f"{lots:,}", style))
    return table


def clock(time_us: int) -> str:
    return datetime.fromtimestamp(time_us // 1_000_000, UTC).strftime("%H:%M:%S")


async def watch(url: str, symbol: str, rows: int = 8, seconds: float = 0, console: Console | None = None) -> None:
    """Show an instrument until interrupted, or for some seconds.

    url      ws://host:port of a venue
    rows     price levels on each side
    seconds  0: until interrupted
    UserError: there is no such venue or symbol, the path is not that of market data, or a number is out of range
    """
    console = console or Console()
    if not 0 <= seconds < float("inf"):
        raise UserError(f"--seconds {seconds:g} is not 0 or more")
    if rows < 1:
        raise UserError(f"--levels {rows} is not above 0")
    try:
        async with connect(url) as session:
            view = await subscribe(session, symbol)
            show = show_live if console.is_terminal else show_lines
            try:
                await asyncio.wait_for(show(session, view, rows, console), seconds or None)
            except TimeoutError:
                return
    except (ConnectFailed, SessionOver) as failure:
        raise UserError(f"{failure} (gpux serve and gpux demo start a venue)") from None
    except ChannelRefused as failure:
        raise UserError(f"{failure} at {url}: give ws://HOST:PORT without a path, or with /v1/md") from None


async def subscribe(session: Session, symbol: str) -> View:
    instruments = await session.instruments()
    if symbol not in instruments:
        near = difflib.get_close_matches(symbol.upper(), instruments, 3, 0.5)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise UserError(f"no instrument {symbol!r} among {len(instruments):,} at {session.url}{hint}")
    instrument = instruments[symbol]
    view = View(instrument, await session.book(instrument, cadence_ms=100, levels=50))
    await session.trades(instrument)
    return view


async def show_live(session: Session, view: View, rows: int, console: Console) -> None:
    """Redraw at a fixed rate, independent of the rate of events."""
    reading = asyncio.create_task(read(session, view))
    try:
        with Live(console=console, auto_refresh=False, screen=False) as live:
            while not reading.done():
                live.update(render(view, rows), refresh=True)
                await asyncio.sleep(1 / FRAMES_PER_SECOND)
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    raise SessionOver(session.failure)


async def read(session: Session, view: View) -> None:
    async for event in session.events():
        view.take(event)


async def show_lines(session: Session, view: View, _rows: int, console: Console) -> None:
    """Print a line for each change, for files and pipes."""
    shown = ""
    async for event in session.events():
        view.take(event)
        if isinstance(event, ChannelData) and isinstance(event.message, Trades):
            for _, price_tick, lots, aggressor in event.message.rows:
                name = AGGRESSORS[aggressor][0]
                console.print(f"{clock(event.message.time_us)} trade {price_text(price_tick)} x {lots} {name}")
        best = best_line(view)
        if best != shown:
            shown = best
            console.print(best)
    raise SessionOver(session.failure)


def best_line(view: View) -> str:
    bids, asks = view.levels(1)
    sides = [f"{price_text(level.price_tick)} x {level.lots}" for level in (*bids, *asks)]
    return f"{view.phase} book {' / '.join(sides)}" if bids and asks else f"{view.phase} book one-sided or empty"
