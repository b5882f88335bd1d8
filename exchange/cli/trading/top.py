"""`gpux top`: the trading screen (the package `screen` draws it)."""

from exchange.cli.trading.place import HERE, At, place_of
from exchange.errors import UserError

FRAMES_MAX = 10


def top(symbol: str = "", *, account: int = 0, frames: int = FRAMES_MAX, at: At = HERE) -> None:
    """Trade from a screen in the terminal: ladder, tape, orders, positions, margin, ticket and kill key.

    Without a key it only shows the market. F1 or ? lists the keys. 80 columns and 24 lines are enough. What you enter
    here stays in the book when you leave; the kill key takes it out.

    Args:
        symbol: Instrument to begin with, like H100.G90.H27; without it one that you hold, or the first to deliver.
        account: Account; without it the first of the key.
        frames: Most frames a second, 1 to 10; fewer suit a slow line.
    """
    from exchange.cli.trading.screen.running import run

    if not 1 <= frames <= FRAMES_MAX:
        raise UserError(f"--frames {frames} not in 1..{FRAMES_MAX}")
    run(place_of(at), symbol, account, frames)
