"""`gpux watch`: shows live price levels and trades of one instrument (`watching`)."""

from typing import Annotated

from cyclopts import Parameter

from exchange.cli.trading.place import public_place


def watch(
    symbol: str,
    *,
    venue: Annotated[str, Parameter(name=["--venue", "--url"])] = "",
    levels: int = 8,
    seconds: float = 0.0,
) -> None:
    """Show live price levels and trades of one instrument; Ctrl-C ends it.

    Args:
        symbol: Instrument, like H100.G90.F27.
        venue: Address of the venue; without it GPUX_VENUE, then the profile, then ws://127.0.0.1:8443.
        levels: Price levels on each side.
        seconds: End after so many seconds; without it, at Ctrl-C.
    """
    from exchange.cli.watching import watch as run_watch
    from exchange.venue.loop import run_loop

    run_loop(run_watch(public_place(venue).url, symbol, levels, seconds))
