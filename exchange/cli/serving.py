"""Does the work of `gpux serve`: starts the venue, reports to the terminal, and stops it cleanly."""

import asyncio
import re
import signal
import traceback
from datetime import timedelta

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from exchange.engine.warmup import share_done, warm_up
from exchange.errors import UserError
from exchange.journal.errors import EXIT_MISMATCH
from exchange.journal.folder_lock import make_data_folder
from exchange.limits import NAMED
from exchange.main import RunningServer, Settings, check_open_files, serve
from exchange.seams import RealClock
from exchange.venue.bootstrap import OpenVenue, spec_of
from exchange.venue.day_schedule import DAY_S, DaySchedule
from exchange.venue.loop import run_loop

POLL_S = 0.2
CLOSE = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?")
COLD_S = 1.0  # a start that takes longer is compiling, and gets a progress bar


def run_serve(folder: str, settings: Settings, console: Console) -> int:
    """Serve until SIGINT or SIGTERM; returns the exit code."""
    settings.check()
    check_open_files(settings)
    check_catalogue(settings)
    make_data_folder(settings.disk, folder)  # reports a wrong folder before the engine compiles
    return run_loop(_serve(folder, settings, console))


def check_catalogue(settings: Settings) -> None:
    """Raise UserError with exit code 78 if no contracts can be listed on the day. Call it before making a folder."""
    spec_of(settings.first_day)


async def _serve(folder: str, settings: Settings, console: Console) -> int:
    clock = RealClock()
    begin_ns = clock.mono_ns()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await warm_up_shown(settings, console)
    if stop.is_set():
        return 0

    def say(text: str) -> None:
        console.print(text, highlight=False, soft_wrap=True, markup=False)

    def report_opened(opened: OpenVenue) -> None:
        say(found_text(opened))
        opened.warnings.listen(say)

    async with serve(folder, settings, report_opened, stop.set) as server:
        took_s = (clock.mono_ns() - begin_ns) / 1e9
        say(serving_text(server, took_s))
        if server.operator.problem:
            say(server.operator.problem)
        server.gateway.refused_logons.log_to(say)
        server.failed.add_done_callback(lambda _: stop.set())
        await stop.wait()
        if server.failed.done():
            failure = server.failed.result()
            code = failure.code if isinstance(failure, UserError) else EXIT_MISMATCH
            raise UserError(f"the venue has stopped: {cause_text(failure)}", code) from failure
        console.print("stopping: sockets, last batch, journal", highlight=False)
    console.print(f"stopped at sequence {server.venue.sequence:,}", highlight=False)
    return 0


async def warm_up_shown(settings: Settings, console: Console) -> None:
    """Compile or load the kernels. Show a progress bar if it takes long: a cold start takes over half a minute."""
    work = asyncio.get_running_loop().run_in_executor(None, warm_up, NAMED[settings.limits])
    done, _ = await asyncio.wait({work}, timeout=COLD_S)
    if not done:
        columns = (TextColumn("compiling the engine, once"), BarColumn(), TextColumn("{task.percentage:.0f} %"))
        hidden = not console.is_terminal
        with Progress(*columns, TimeElapsedColumn(), console=console, transient=True, disable=hidden) as progress:
            task = progress.add_task("", total=1.0)
            while not done:
                done, _ = await asyncio.wait({work}, timeout=POLL_S)
                progress.update(task, completed=share_done())
    await work


def found_text(opened: OpenVenue) -> str:
    """One line about the folder: a new venue, or what was recovered."""
    report = opened.report
    if opened.created:
        listed = len(opened.venue.instruments)
        groups = "all groups PREOPEN, then OPEN by the operator"
        return f"new venue in {opened.folder}: {listed:,} instruments of {opened.day} listed; {groups}"
    text = f"recovered {opened.folder} at sequence {report.last_sequence:,}: {report.replayed:,} commands replayed"
    if report.snapshot_sequence:
        text += f" after the snapshot at {report.snapshot_sequence:,}"
    if report.cut_bytes:
        text += f"; a torn tail of {report.cut_bytes:,} bytes was cut ({report.cut_reason}), kept in quarantine"
    return text


def cause_text(failure: BaseException) -> str:
    """Why a venue has stopped; for an unexpected error, also its place in the source."""
    if isinstance(failure, UserError):
        return str(failure)
    places = traceback.extract_tb(failure.__traceback__)
    where = f" in {places[-1].filename}:{places[-1].lineno}" if places else ""
    return f"{type(failure).__name__}: {failure}{where}"


def serving_text(server: RunningServer, took_s: float) -> str:
    settings, schedule = server.settings, server.venue.timekeeper.schedule
    closes = "never closes: no settlement, no variation margin, DAY orders do not end"
    if schedule is not None:
        closes = f"closes at {timedelta(seconds=schedule.close_s)} UTC"
    return (
        f"serving {server.url}/v1/oe and /v1/md after {took_s:.1f} s; durability {settings.durability}, "
        f"limits {settings.profile}, {len(server.gateway.keys.keys)} keys; {closes}. Stop with Ctrl-C."
    )


def day_schedule(close: str, never_close: bool, settle_after_s: int = 0) -> DaySchedule | None:
    """The schedule of a day that ends at a UTC time like 21:00 or 21:00:30, by default 21:00; None: it never ends."""
    if never_close:
        if close or settle_after_s:
            raise UserError("--never-close contradicts --close and --settle-after")
        return None
    if not 0 <= settle_after_s < DAY_S:
        raise UserError(f"--settle-after {settle_after_s} is not in 0..{DAY_S - 1} seconds")
    if not close:
        return DaySchedule(settle_after_s=settle_after_s)
    found = CLOSE.fullmatch(close)
    if found is None:
        raise UserError(f"--close {close!r} is not a UTC time like 21:00 or 21:00:30")
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return DaySchedule(close_s=hours * 3_600 + minutes * 60 + seconds, settle_after_s=settle_after_s)
