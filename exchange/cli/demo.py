"""`gpux demo` runs a venue with its clients and checks it; `gpux story` runs simulated years (`exchange.demo`)."""

import sys


def demo(*, seconds: float = 60.0, seed: int = 1, json: bool = False, folder: str = "") -> None:
    """Run a venue with makers and takers over websockets, then check its results. Exit code 1 if a check fails.

    Args:
        seconds: How long to trade.
        seed: Seed of the takers' decisions.
        json: Print the result as JSON.
        folder: Keep the venue's data in this new folder; without it, they are deleted.
    """
    from exchange.demo.run import demo as run_demo

    sys.exit(run_demo(seconds, seed, json, folder))


def story(
    *, until: str = "", days: int = 0, seed: int = 1, json: bool = False, folder: str = "", plot: str = ""
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
    if last and days:
        raise UserError("--until and --days: give one of them")
    sys.exit(run_story(days or ((last or LAST) - FIRST).days + 1, seed, json, folder, plot))
