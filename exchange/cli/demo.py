"""`gpux demo` runs a venue with its clients and checks it; `gpux market` lets them trade at any venue; `gpux story`
runs simulated years (`exchange.demo`)."""

import sys


def demo(*, seconds: float = 60.0, seed: int = 1, json: bool = False, folder: str = "", keep: bool = False) -> None:
    """Run a venue with a population of clients over websockets, then check its results. Exit code 1 if a check fails.

    Args:
        seconds: How long to trade.
        seed: Seed of the clients' decisions.
        json: Print the result as JSON.
        folder: Keep the venue's data in this new folder; without it, they are deleted.
        keep: Start the venue again after the checks, with a key for you, until Ctrl-C.
    """
    from exchange.demo.run import demo as run_demo

    sys.exit(run_demo(seconds, seed, json, folder, keep=keep))


def market(
    place: str,
    *,
    url: str = "ws://127.0.0.1:8443",
    keys: str = "",
    seconds: float = 0.0,
    seed: int = 1,
    pace: str = "steady",
) -> None:
    """Let a population of trading programs make a living market at a venue, until Ctrl-C.

    Args:
        place: Data folder of a venue, which is served if it is not yet; or an address like ws://127.0.0.1:8443.
        url: Address of the venue that serves the folder.
        keys: Folder of the programs' private keys, FOLDER/keys if not given; an address needs it.
        seconds: End after so many seconds; without it, at Ctrl-C.
        seed: Seed of prices and wishes.
        pace: steady, or fast as in the demo.
    """
    from exchange.demo.market.run import market as run_market

    sys.exit(run_market(place, url, keys, seconds, seed, pace))


def story(
    *, until: str = "", days: int | None = None, seed: int = 1, json: bool = False, folder: str = "", plot: str = ""
) -> None:
    """Run two simulated years of a venue day by day, explain every mill, and replay the journal.

    Exit code 1 if a check fails.

    Args:
        until: Last day, if not the last one of the story; the first day is 2026-11-02.
        days: Number of days instead.
        seed: Seed of the prices.
        json: Print the result as JSON.
        folder: Keep the venue's data in this new folder; without it, they are deleted.
        plot: Draw curve and cash over time into this file: .png, .svg or .pdf.
    """
    from exchange.cli.arguments import parse_day
    from exchange.cli.reports.curve_report import check_plot
    from exchange.demo.story.play import FIRST, LAST
    from exchange.demo.story.run import story as run_story
    from exchange.errors import UserError

    if plot:
        check_plot(plot)
    last = parse_day("--until", until)
    if last and days is not None:
        raise UserError("--until and --days: give one of them")
    if last and not FIRST <= last <= LAST:
        raise UserError(f"--until {last} not in {FIRST} to {LAST}, the days of the story")
    if days is None:
        days = ((last or LAST) - FIRST).days + 1
    sys.exit(run_story(days, seed, json, folder, plot))
