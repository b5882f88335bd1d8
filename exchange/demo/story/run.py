"""Runs the story and prints it: the work of `gpux story`."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from exchange.demo.board import say
from exchange.demo.run import data_folder, end_cleanly_when_terminated
from exchange.demo.story.picture import draw
from exchange.demo.story.play import FIRST, LAST, LIMITS, play
from exchange.demo.story.report import as_object, report
from exchange.engine.warmup import warm_up
from exchange.errors import UserError
from exchange.limits import NAMED

DAYS_MAX = (LAST - FIRST).days + 1


def story(days: int, seed: int, as_json: bool, folder: str, plot: str) -> int:
    """Run the story. Returns the exit code: 0 if every check holds, else 1.

    days     simulated days from the first one on
    seed     of the prices
    as_json  print one JSON object instead of text
    folder   for the venue's data; if empty, a temporary folder
    plot     file for the picture of curve and cash; empty: none
    """
    if not 0 < days <= DAYS_MAX:
        raise UserError(f"--days {days} not in 1..{DAYS_MAX}: the story is from {FIRST} to {LAST}")
    end_cleanly_when_terminated()
    console = Console(stderr=as_json)
    last = FIRST + timedelta(days=days - 1)
    with data_folder(folder) as venue_folder, progress(console, days) as passed:
        warm_up(NAMED[LIMITS])
        result = play(venue_folder, last, seed, passed)
    if plot:
        draw(result, plot)
    if as_json:
        print(json.dumps(as_object(result), indent=2))
    else:
        report(result, console)
    return 0 if result.passed else 1


@contextmanager
def progress(console: Console, days: int) -> Iterator[Callable[[date], None]]:
    """Show how many days have passed: a bar on a terminal, else a line a quarter."""
    if not console.is_terminal:
        yield lambda day: say(console, f"  {day} ...") if day.day == 1 and day.month % 3 == 1 else None
        return
    with Progress(TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(), console=console) as bar:
        task = bar.add_task("starting", total=days)
        yield lambda day: bar.update(task, advance=1, description=str(day))
