"""Does the work of `gpux watch`: shows live price levels and trades of one instrument in the terminal.

It needs no key, because depth, trades, stats and status are public. If the output is not a terminal, it prints a line
for each trade and a line whenever the best prices change.
"""

import asyncio

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from clients.client import Session
from clients.errors import SessionOver
from clients.events import ChannelData
from clients.local_book import PriceLevel
from exchange.cli.trading.asking import asked, listed
from exchange.cli.trading.market import ShownMarket, Step, follow, venue_now_us
from exchange.cli.trading.place import Access
from exchange.cli.trading.showing import clock
from exchange.errors import UserError
from exchange.units import price_text
from exchange.wire.messages import Trades

FRAMES_PER_SECOND = 8
BAR_CELLS = 6
BUY, SELL, QUIET = "green", "red", "dim"
AGGRESSORS = {"b": ("buy", BUY), "s": ("sell", SELL), "n": ("cross", "yellow")}
EIGHTHS = " ▏▎▍▌▋▊▉█"


def render(market: ShownMarket, rows: int, now_us: int) -> RenderableType:
    """One frame of at most 80 columns: heading, price levels, trades beside them. `now_us`: the venue's time."""
    grid = Table.grid(padding=(0, 2))
    grid.add_row(ladder(market, rows), tape(market, 2 * rows + 1))
    return Group(heading(market, now_us), Text(), grid)


def heading(market: ShownMarket, now_us: int) -> Text:
    """Two lines: symbol and phase with its end, then the trading day so far, or what is wrong."""
    instrument = market.instrument
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(instrument.symbol, "bold")
    text.append(f"  {market.phase_text(now_us)}", "green" if market.phase == "OPEN" else "yellow")
    text.append(f"  {instrument.hours:,} h a lot, settled {price_text(instrument.settle_tick)}\n", QUIET)
    if market.problem or not market.book.synced:
        text.append(trouble(market), "bold red")
    else:
        text.append(market.day_text())
    return text


def trouble(market: ShownMarket) -> str:
    """Why the book is not known: the connection, or the book itself."""
    return market.problem or market.book.problem or ""


def ladder(market: ShownMarket, rows: int) -> Table:
    """Price levels, asks above bids; implied lots have their own column. A bar is relative to the largest level."""
    bids, asks = market.sides(rows)
    largest = max((step.lots for step in (*bids, *asks)), default=1) or 1
    table = Table(box=None, pad_edge=False, padding=(0, 1))
    for name, width in (("bid", BAR_CELLS), ("impl", 5), ("lots", 6), ("$/GPU-h", 8), ("lots", 6), ("impl", 5)):
        table.add_column(name, justify="right", width=width)
    table.add_column("ask", width=BAR_CELLS)
    for _ in range(rows - len(asks)):
        table.add_row()
    for step in reversed(asks):
        table.add_row("", "", "", price_text(step.price_tick), *reversed(side_cells(step, largest, SELL)))
    spread = str(asks[0].price_tick - bids[0].price_tick) if bids and asks else "-"
    table.add_row("", "", Text("spread", QUIET), Text(spread, QUIET), Text("ticks", QUIET))
    for step in bids:
        table.add_row(*side_cells(step, largest, BUY), price_text(step.price_tick))
    for _ in range(rows - len(bids)):
        table.add_row()
    return table


def side_cells(step: Step, largest: int, style: str) -> tuple[Text, Text, Text]:
    """Bar, implied lots and lots of one price."""
    lots = f"{step.lots:,}" if step.lots else ""
    implied = f"{step.implied_lots:,}" if step.implied_lots else ""
    drawn = bar(step.lots, largest) if step.lots else ""
    return Text(drawn, style), Text(implied, QUIET), Text(lots, style)


def bar(lots: int, largest: int) -> str:
    """A bar whose length is in proportion to `lots`: BAR_CELLS for `largest`, at least one eighth of a cell."""
    eighths = max(1, lots * BAR_CELLS * 8 // largest)
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()


def tape(market: ShownMarket, rows: int) -> Table:
    """The last trades, newest first."""
    table = Table(box=None, pad_edge=False, padding=(0, 1))
    for name, width in (("time UTC", 8), ("price", 7), ("lots", 5)):
        table.add_column(name, justify="right", width=width)
    for time_us, price_tick, lots, aggressor in list(market.tape)[:rows]:
        style = AGGRESSORS[aggressor][1]
        table.add_row(Text(clock(time_us), QUIET), Text(price_text(price_tick), style), Text(f"{lots:,}", style))
    return table


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
    async with asked(Access(url)) as session:
        market = await follow(session, listed(await session.instruments(), symbol, session.url))
        show = show_live if console.is_terminal else show_lines
        try:
            await asyncio.wait_for(show(session, market, rows, console), seconds or None)
        except TimeoutError:
            return


async def show_live(session: Session, market: ShownMarket, rows: int, console: Console) -> None:
    """Redraw at a fixed rate, independent of the rate of events."""
    reading = asyncio.create_task(read(session, market))
    try:
        with Live(console=console, auto_refresh=False, screen=False) as live:
            while not reading.done():
                live.update(render(market, rows, venue_now_us(session)), refresh=True)
                await asyncio.sleep(1 / FRAMES_PER_SECOND)
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    raise SessionOver(session.failure)


async def read(session: Session, market: ShownMarket) -> None:
    async for event in session.events():
        market.take(event)


async def show_lines(session: Session, market: ShownMarket, _rows: int, console: Console) -> None:
    """Print a line for each change, for files and pipes."""
    shown = ""
    async for event in session.events():
        market.take(event)
        if isinstance(event, ChannelData) and isinstance(event.message, Trades):
            for _, price_tick, lots, aggressor in event.message.rows:
                name = AGGRESSORS[aggressor][0]
                console.print(f"{clock(event.message.time_us)} trade {price_text(price_tick)} x {lots} {name}")
        best = best_line(market)
        if best != shown:
            shown = best
            console.print(best)
    raise SessionOver(session.failure)


def best_line(market: ShownMarket) -> str:
    """Phase, best prices and the implied ones, which stand apart; or why they are not known."""
    book = market.book
    if market.problem or not book.synced:
        return f"book unknown: {trouble(market)}"
    if not book.best_bid or not book.best_ask:
        return f"{market.phase} book one-sided or empty"
    implied = (book.implied_bid, book.implied_ask)
    text = f"{market.phase} book {level_text(book.best_bid)} / {level_text(book.best_ask)}"
    return text + (f", implied {' / '.join(map(level_text, implied))}" if any(implied) else "")


def level_text(level: PriceLevel | None) -> str:
    return f"{price_text(level.price_tick)} x {level.lots}" if level else "-"
