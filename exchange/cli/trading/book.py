"""`gpux book`: the price levels of an instrument, once (`book_levels`)."""

from typing import Annotated

from cyclopts import Parameter

from exchange.cli.trading.place import public_place
from exchange.errors import UserError


def book(
    symbol: str,
    *,
    levels: int = 10,
    venue: str = "",
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Show the price levels of an instrument once. Implied prices stand apart: they come from other books.

    Args:
        symbol: Instrument, like H100.G90.H27.
        levels: Price levels on each side; 0 is all.
        venue: Address of the venue; without it GPUX_VENUE, then the profile, then ws://127.0.0.1:8443.
        json: Print one line of JSON, with the keys of the protocol.
    """
    from exchange.cli.trading.book_levels import show_book
    from exchange.venue.loop import run_loop

    if levels < 0:
        raise UserError(f"--levels {levels} is not 0 or more")
    run_loop(show_book(public_place(venue), symbol, levels, json))
