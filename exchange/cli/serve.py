"""`gpux serve` and `gpux key make`: what they tell a person while they start, run and stop."""

import asyncio
import re
import signal
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from exchange.cli.operator import NOBODY, By
from exchange.engine.control.registry import encode_payload
from exchange.engine.warmup import share_done, warm_up
from exchange.errors import UserError
from exchange.gateway.auth import KeyPair, encode_bytes
from exchange.gateway.keys import KeyDefinition
from exchange.journal.errors import EXIT_MISMATCH
from exchange.journal.folder_lock import make_data_folder
from exchange.limits import NAMED
from exchange.main import RunningServer, Settings, check_open_files, prepare, serve
from exchange.operator.acts import Act
from exchange.operator.port import ask, is_served
from exchange.operator.requests import REASON_MAX, DefineKey
from exchange.operator.signing import load_private
from exchange.seams import RealClock, RealDisk
from exchange.venue.bootstrap import OpenVenue, check_key, key_id, spec_of
from exchange.venue.day_schedule import DaySchedule
from exchange.venue.loop import run_loop

POLL_S = 0.2
SEED_BYTES = 32
CLOSE = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?")
COLD_S = 1.0  # a start that takes longer is compiling: then the bar is shown


def run_serve(folder: str, settings: Settings, console: Console) -> int:
    """Serve until SIGINT or SIGTERM; returns the exit code."""
    settings.check()
    check_open_files(settings)
    check_catalogue(settings)
    make_data_folder(settings.disk, folder)  # a wrong one is told before the engine compiles
    return run_loop(_serve(folder, settings, console))


def check_catalogue(settings: Settings) -> None:
    """UserError, exit code 78, if nothing can be listed on the day: told before a folder is made for it."""
    spec_of(settings.day or datetime.now(UTC).date())


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

    def tell(opened: OpenVenue) -> None:
        say(found_text(opened))
        opened.warnings.listen(say)

    async with serve(folder, settings, tell, stop.set) as server:
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
    """Compile or load the kernels, with a bar if it takes long: cold it is more than half a minute."""
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
    """One line on what the folder held."""
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
    """Why a venue has stopped; of what nobody foresaw, also where."""
    if isinstance(failure, UserError):
        return str(failure)
    places = traceback.extract_tb(failure.__traceback__)
    where = f" in {places[-1].filename}:{places[-1].lineno}" if places else ""
    return f"{type(failure).__name__}: {failure}{where}"


def serving_text(server: RunningServer, took_s: float) -> str:
    settings = server.settings
    return (
        f"serving {server.url}/v1/oe and /v1/md after {took_s:.1f} s; durability {settings.durability}, "
        f"limits {settings.profile}, {len(server.gateway.keys.keys)} keys. Stop with Ctrl-C."
    )


def make_key(
    folder: str,
    name: str,
    account: int,
    deposit_mills: int,
    scopes: tuple[str, ...],
    firm: int,
    key_file: str,
    settings: Settings,
    console: Console,
    by: By = NOBODY,
) -> tuple[KeyPair, str]:
    """Make a key; the private half goes to a file that only its owner reads. A venue that runs is asked to take the
    public half, one that does not is opened for it: whoever owns its folder may do that, and the journal says that
    nobody signed. `by`: who asks, and why."""
    path = key_file or f"{folder}/{name}.pem"
    disk = RealDisk()
    pair = KeyPair(key_id(name), account, settings.rng.bytes(SEED_BYTES))
    request = DefineKey(
        key=pair.key, public=encode_bytes(pair.public()), account=account, scopes=list(scopes), firm=firm,
        mills=deposit_mills, reason=by.reason,
    )  # fmt: skip
    definition = KeyDefinition(pair.key, request.public, [account], request.scopes, firm)
    check_key(definition, deposit_mills, NAMED[settings.limits].accounts)  # told before a folder is made for it
    _check_file(disk, path, folder)
    served = is_served(folder)
    if not served:
        _check_unserved(folder, by, settings)
    make_data_folder(disk, folder)
    if served:
        with _private_file(disk, path, pair):
            told = ask(folder, request, load_private(by.sign) if by.sign else None)
            for line in told:
                console.print(line, markup=False, highlight=False)
        return pair, path
    run_loop(warm_up_shown(settings, console))
    act = encode_payload(Act(msgspec.json.encode(request).decode()))
    with prepare(folder, settings) as setup, _private_file(disk, path, pair):
        setup.make_key(name, account, deposit_mills, scopes, pair.seed, firm, act)
    return pair, path


def _check_file(disk: RealDisk, path: str, folder: str) -> None:
    """UserError if a private key cannot go to `path`; the data folder itself may still be missing."""
    if disk.exists(path):
        raise UserError(f"{path} exists already: a private key is never overwritten")
    parent = Path(path).parent
    if parent.absolute() != Path(folder).absolute() and not parent.is_dir():
        raise UserError(f"{path} cannot be written: there is no folder {parent}")


def _check_unserved(folder: str, by: By, settings: Settings) -> None:
    """UserError for what a venue that does not run cannot take."""
    if by.sign:
        raise UserError(f"no venue of {folder} is running: only one that runs checks signatures (--sign)")
    if len(by.reason) > REASON_MAX:
        raise UserError(f"a reason of {len(by.reason)} characters: at most {REASON_MAX}")
    check_catalogue(settings)


@contextmanager
def _private_file(disk: RealDisk, path: str, pair: KeyPair) -> Iterator[None]:
    """The private half is on disk before the venue knows the public one, and gone if the venue refuses that."""
    try:
        write_private(disk, path, pair)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror or error}") from None
    try:
        yield
    except UserError:
        disk.unlink(path)
        raise


def write_private(disk: RealDisk, path: str, pair: KeyPair) -> None:
    """PEM of the private key, mode 0600."""
    handle = disk.open(path, create=True)
    try:
        disk.pwrite(handle, pair.pem(), 0)
        disk.fsync(handle)
    finally:
        disk.close(handle)


def parse_close(text: str) -> DaySchedule | None:
    """The scheduled day of a close like 21:00 or 21:00:30, UTC; empty is none."""
    if not text:
        return None
    found = CLOSE.fullmatch(text)
    if found is None:
        raise UserError(f"--close {text!r} is not a UTC time like 21:00 or 21:00:30")
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return DaySchedule(close_s=hours * 3_600 + minutes * 60 + seconds)
