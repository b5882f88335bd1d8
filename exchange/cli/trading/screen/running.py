"""Connects, runs the trading screen, and ends with one line if the session did."""

from rich.console import Console

from clients.client import Session
from exchange.cli.trading.asking import account_of, asked, listed
from exchange.cli.trading.place import EXIT_UNAVAILABLE, Access
from exchange.cli.trading.screen.app import TradingScreen
from exchange.cli.trading.screen.desk import TradingDesk
from exchange.errors import UserError
from exchange.venue.loop import run_loop
from exchange.wire.messages import InstrumentDefinition


def run(place: Access, symbol: str, account: int, frames: int) -> None:
    """Run the screen until the user leaves. UserError: no venue answers, or it has no such instrument."""
    if not Console().is_terminal:
        raise UserError("gpux top needs a terminal; gpux watch and gpux book print lines into files and pipes")
    run_loop(_run(place, symbol, account, frames))


async def _run(place: Access, symbol: str, account: int, frames: int) -> None:
    async with asked(place, margin=bool(place.key_file)) as session:
        desk = TradingDesk(session, account_of(session, account))
        instrument = await first_instrument(session, symbol, place.url)
        await TradingScreen(desk, instrument, frames).run_async()
        if desk.over:
            raise UserError(f"the session is over: {desk.over}", EXIT_UNAVAILABLE)


async def first_instrument(session: Session, symbol: str, url: str) -> InstrumentDefinition:
    """The instrument to begin with: the one asked for, or one with a position, or the first outright by symbol."""
    instruments = await session.instruments()
    if symbol:
        return listed(instruments, symbol, url)
    held = {number for state in session.core.accounts.values() for number in state.positions}
    rows = sorted(
        instruments.values(), key=lambda row: (row.instrument not in held, bool(row.combo), row.first_day, row.symbol)
    )
    if not rows:
        raise UserError(f"{url} lists no instruments")
    return rows[0]
