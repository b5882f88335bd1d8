"""A thread that runs an event loop, and calls into it that wait, with timeouts."""

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import CancelledError
from typing import TypeVar

from clients.errors import SessionOver

T = TypeVar("T")
JOIN_S = 5.0


class LoopThread:
    """An event loop in a thread of its own. It is a daemon: an interpreter that ends does not wait for it."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="gpux-session", daemon=True)
        self._pid = os.getpid()
        self._submitting = threading.Lock()
        self._takes_calls = True  # changed under the lock: what is submitted before is answered
        self._thread.start()

    def run(self, make: Callable[[], Awaitable[T]], timeout_s: float | None, what: str) -> T:
        """Await what `make` returns in the loop's thread, and return its result.

        timeout_s   None: as long as it takes
        what        name of the call, for errors
        TimeoutError: it took longer. SessionOver: the thread has ended. RuntimeError: no call is possible from here.
        """
        self._check(what)

        async def step() -> T:
            return await make()

        with self._submitting:
            if not self._takes_calls:
                raise SessionOver(f"{what}: the session is over")
            future = asyncio.run_coroutine_threadsafe(step(), self._loop)
        try:
            return future.result(timeout_s)
        except TimeoutError:
            if not future.cancel():
                return future.result()  # it came with the end of the time, or it is a TimeoutError of its own
            raise TimeoutError(f"{what}: no answer in {timeout_s:g} s; the request may have taken effect") from None
        except CancelledError:
            raise SessionOver(f"{what}: the session is over") from None
        except KeyboardInterrupt:
            future.cancel()
            raise

    @property
    def has_ended(self) -> bool:
        """Whether nothing in the thread changes any more."""
        return self._loop.is_closed() and self._pid == os.getpid()

    def stop(self) -> None:
        """End the loop and the thread. Calls that still wait end with SessionOver."""
        if self._pid != os.getpid() or self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(JOIN_S)

    def _check(self, what: str) -> None:
        if self._pid != os.getpid():
            text = f"{what}: this session belongs to process {self._pid}, and a fork does not carry it: connect here"
            raise RuntimeError(text)
        if threading.current_thread() is self._thread:
            raise RuntimeError(f"{what}: called from the session's own thread, which it would wait for")

    def _serve(self) -> None:
        loop = self._loop
        asyncio.set_event_loop(loop)
        try:
            loop.run_forever()
        finally:
            with self._submitting:
                self._takes_calls = False
            loop.run_until_complete(asyncio.sleep(0))  # calls submitted until now become tasks
            tasks = asyncio.all_tasks(loop)
            for task in tasks:
                task.cancel()
            loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()
