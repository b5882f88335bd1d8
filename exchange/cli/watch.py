"""`gpux watch`: shows live price levels and trades of one instrument (`watching`)."""


def watch(symbol: str, *, url: str = "ws://127.0.0.1:8443", levels: int = 8, seconds: float = 0.0) -> None:
    """Show live price levels and trades of one instrument; Ctrl-C ends it.

    Args:
        symbol: Instrument, like H100.G90.F27.
        url: Address of the venue.
        levels: Price levels on each side.
        seconds: End after so many seconds; without it, at Ctrl-C.
    """
    from exchange.cli.watching import watch as run_watch
    from exchange.venue.loop import run_loop

    run_loop(run_watch(url, symbol, levels, seconds))
