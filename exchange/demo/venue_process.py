"""The venue of the demo in a separate process, as in production, controlled through a pipe.

The venue sends `Ready` when it serves. On CLOSE it closes its day and sends `ClosedDay`. It stops when the parent sends
STOP, or ends. After a clean stop the venue sends `Stopped` with the hash of its final state.
"""

import asyncio
import contextlib
import multiprocessing
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from multiprocessing.connection import Connection
from typing import Literal

from exchange.demo.closing import CLOSE_S_MAX, ClosedDay, close_day, demo_schedule
from exchange.demo.market.keys import DemoKey, Enrolment, enrol
from exchange.errors import UserError
from exchange.venue.day_schedule import DaySchedule
from exchange.venue.loop import run_loop

START_S_MAX = 1_800.0  # a first start compiles for a minute; on a machine that does other work it took more than five
STOP_S_MAX = 60.0
CLOSE, STOP = "close", "stop"


@dataclass(frozen=True)
class Plan:
    """The venue to run.

    accounts        number of accounts, each with a key
    deposit_mills   money of each account
    limits          name of the state size
    symbols         instruments; empty: all
    day             trading day; None: today
    keys            folder that keeps the private keys, for a venue that is started again; empty: they are not kept
    first_account   number of the first account
    port            of the server; 0: any
    close           when the day closes: "later": half a day from now, as the demo needs it; "usual"; "never"
    """

    accounts: int
    deposit_mills: int
    limits: str = "venue"
    symbols: tuple[str, ...] = ()
    day: date | None = None
    keys: str = ""
    first_account: int = 1
    port: int = 0
    close: Literal["later", "usual", "never"] = "later"

    @property
    def enrolment(self) -> Enrolment:
        return Enrolment(self.keys, self.first_account, self.accounts, self.deposit_mills)


@dataclass(frozen=True)
class Ready:
    """The venue serves at `url`; `keys` are those of the clients."""

    url: str
    keys: list[DemoKey]


@dataclass(frozen=True)
class Stopped:
    """The venue has stopped cleanly: last sequence and hash of its final state."""

    sequence: int
    state_hash: bytes


@dataclass(frozen=True)
class Failed:
    """The venue could not start, or has failed."""

    reason: str


class VenueProcess:
    """Starts, awaits and stops the venue process."""

    def __init__(self, folder: str, plan: Plan) -> None:
        # "spawn" starts a new interpreter, so that threads and event loop of the parent are not copied.
        context = multiprocessing.get_context("spawn")
        self._pipe, child = context.Pipe()
        self._process = context.Process(target=venue_main, args=(folder, plan, child), daemon=True)
        self._process.start()
        child.close()

    def await_ready(self, waiting: Callable[[float], None]) -> Ready:
        """Wait until the venue serves. `waiting` is called with the seconds so far, about ten times a second."""
        message = self._await(START_S_MAX, waiting)
        assert isinstance(message, Ready)
        return message

    def require_alive(self) -> None:
        """Raise UserError if the process has ended by itself."""
        if not self._process.is_alive():
            raise UserError(f"the venue ended with code {self._process.exitcode}", 1)

    def close_day(self) -> ClosedDay:
        """Let the venue close its day, settle, and open the next one. UserError: it could not, or has ended."""
        with contextlib.suppress(OSError):  # it has ended: what it sent last, or its exit code, says why
            self._pipe.send(CLOSE)
        message = self._await(2 * CLOSE_S_MAX, lambda _: None)
        assert isinstance(message, ClosedDay)
        return message

    def stop(self) -> Stopped:
        """Stop the venue cleanly. UserError: it has ended by itself."""
        with contextlib.suppress(OSError):  # it has ended: what it sent last, or its exit code, says why
            self._pipe.send(STOP)
        message = self._await(STOP_S_MAX, lambda _: None)
        assert isinstance(message, Stopped)
        self._process.join(STOP_S_MAX)
        return message

    def end(self) -> None:
        """Kill the process if it is still running."""
        if self._process.is_alive():
            self._process.kill()
        self._process.join()
        self._pipe.close()

    def _await(self, seconds_max: float, waiting: Callable[[float], None]) -> object:
        start = time.monotonic()
        while not self._pipe.poll(0.1):
            elapsed_s = time.monotonic() - start
            waiting(elapsed_s)
            self.require_alive()
            if elapsed_s > seconds_max:
                raise UserError(f"the venue did not answer within {seconds_max:g} s", 1)
        try:
            message = self._pipe.recv()
        except (EOFError, OSError):
            self._process.join(STOP_S_MAX)
            self.require_alive()
            raise UserError("the venue has closed its pipe", 1) from None
        if isinstance(message, Failed):
            raise UserError(f"the venue failed: {message.reason}", 1)
        return message


def venue_main(folder: str, plan: Plan, pipe: Connection) -> None:
    """Main function of the venue process: serve until the parent stops it. Signals are left to the parent."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    try:
        run_loop(_serve(folder, plan, pipe))
    except UserError as error:
        pipe.send(Failed(str(error)))


async def _serve(folder: str, plan: Plan, pipe: Connection) -> None:
    # Imported here, because the parent does not need these slow modules.
    from exchange.main import Settings, serve
    from exchange.venue.bootstrap import OpenVenue

    keys: list[DemoKey] = []

    def make_keys(setup: OpenVenue) -> None:
        if plan.keys:
            keys.extend(enrol(setup, plan.enrolment))
            return
        for account in plan.enrolment.numbers:
            pair = setup.make_key(f"demo{account}", account=account, deposit_mills=plan.deposit_mills)
            keys.append(DemoKey(pair.key, pair.account, pair.seed))

    # The standard profile does not allow sixteen clients and the board's connection at one address.
    settings = Settings(port=plan.port, day=plan.day, symbols=plan.symbols, limits=plan.limits, profile="loopback")
    schedule = demo_schedule(settings.clock.now_ns())
    schedules = {"later": schedule, "usual": DaySchedule(), "never": None}
    settings = replace(settings, schedule=schedules[plan.close])
    async with serve(folder, settings, before=make_keys) as server:
        pipe.send(Ready(server.url, keys))
        while await _request(pipe) == CLOSE:
            pipe.send(await close_day(server.venue, schedule, settings.clock.now_ns()))
    engine = server.venue.engine
    pipe.send(Stopped(engine.sequence, engine.state_hash()))


async def _request(pipe: Connection) -> str:
    """The parent's next message; STOP if it has ended."""
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(pipe.fileno(), ready.set)
    await ready.wait()
    loop.remove_reader(pipe.fileno())
    try:
        return str(pipe.recv())
    except (EOFError, OSError):
        return STOP
