"""The event loop that a venue runs on, and the one thread beside it that writes the journal."""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from exchange.seams import Clock
from exchange.units import NS_PER_US

new_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
with contextlib.suppress(ImportError):  # uvloop is not made for every platform
    import uvloop

    new_loop = uvloop.new_event_loop

# After a command the loop polls for this long instead of sleeping. A core that sleeps takes 30-60 us to wake, and a
# client that sends one order at a time usually sends the next within this time. The cost is one busy core, only while
# commands arrive.
POLL_US = 400
POLL_US_MAX = 10_000
T = TypeVar("T")


def run_loop(main: Coroutine[Any, Any, T]) -> T:
    """As `asyncio.run`, on uvloop where it is installed: the loop is half of the cost of a message."""
    with asyncio.Runner(loop_factory=new_loop) as runner:
        return runner.run(main)


class Writer:
    """A helper thread that runs jobs in order and reports each to the loop. One of them writes the journal."""

    def __init__(self, clock: Clock, poll_us: int = 0) -> None:
        """`poll_us`: how long the loop polls after a command, unless the thread has a job to do; 0: not at all."""
        self._clock = clock
        self._jobs: queue.SimpleQueue[tuple[Callable[[], Any], Callable[[BaseException | None], None]] | None]
        self._jobs = queue.SimpleQueue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._poll_ns = poll_us * NS_PER_US
        self._poll_until_ns = 0
        self._turning = False
        self._handed = 0  # jobs that are not finished
        self._thread = threading.Thread(target=self._run, name="gpux-journal", daemon=True)

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    def spawn(self, job: Callable[[], Any], done: Callable[[BaseException | None], None]) -> None:
        self._handed += 1
        self._jobs.put((job, done))

    def schedule(self, call: Callable[[], None]) -> None:
        assert self._loop is not None
        self._loop.call_soon(call)
        self._poll_until_ns = self._clock.mono_ns() + self._poll_ns
        if self._poll_ns and not self._turning:
            self._turning = True
            self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        """Keep the loop from sleeping until the time is up: with a call due it only polls its sockets."""
        assert self._loop is not None
        self._turning = not self._handed and self._clock.mono_ns() < self._poll_until_ns
        if self._turning:
            self._loop.call_soon(self._turn)

    def stop(self) -> None:
        if self._thread.is_alive():
            self._jobs.put(None)
            self._thread.join()

    def _run(self) -> None:
        assert self._loop is not None
        while (item := self._jobs.get()) is not None:
            job, done = item
            error: BaseException | None = None
            try:
                job()
            except BaseException as failure:
                error = failure
            self._loop.call_soon_threadsafe(self._finish, done, error)

    def _finish(self, done: Callable[[BaseException | None], None], error: BaseException | None) -> None:
        self._handed -= 1
        done(error)
