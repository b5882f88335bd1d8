"""Calls into another thread's event loop: results, errors, timeouts, interrupts, forks, ends."""

import asyncio
import os
import signal
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future
from types import FrameType
from typing import Any

import pytest

from clients.blocking.loop_thread import LoopThread
from clients.errors import SessionOver


@pytest.fixture
def thread() -> Iterator[LoopThread]:
    one = LoopThread()
    yield one
    one.stop()


async def answer() -> int:
    await asyncio.sleep(0)
    return 7


def test_a_call_returns_the_result_or_raises_the_error(thread: LoopThread) -> None:
    async def fail() -> None:
        raise ValueError("mine")

    async def slow_inside() -> None:
        raise TimeoutError("its own")

    assert thread.run(answer, 60, "answer") == 7
    with pytest.raises(ValueError, match="mine"):
        thread.run(fail, 5, "fail")
    with pytest.raises(TimeoutError, match="its own"):
        thread.run(slow_inside, 5, "slow")


def test_a_call_that_takes_too_long_is_given_up(thread: LoopThread) -> None:
    ended = []

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append(True)
            raise

    while not ended:  # a slow thread gives it up before it has begun
        with pytest.raises(TimeoutError, match=r"wait: no answer in 0\.01 s; the request may have taken effect"):
            thread.run(wait, 0.01, "wait")
        assert thread.run(answer, 60, "answer") == 7


def test_a_result_that_comes_with_the_end_of_the_time_is_returned(
    thread: LoopThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Late(Future[int]):
        def result(self, timeout: float | None = None) -> int:
            if timeout is None:
                return super().result()
            self.set_result(7)
            raise TimeoutError

    def late(waiting: Coroutine[Any, Any, int], loop: asyncio.AbstractEventLoop) -> Late:
        waiting.close()
        return Late()

    monkeypatch.setattr(asyncio, "run_coroutine_threadsafe", late)
    assert thread.run(answer, 0.01, "answer") == 7


def test_an_interrupt_ends_the_call_that_waits(thread: LoopThread) -> None:
    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    async def wait() -> None:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        await asyncio.Event().wait()

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            thread.run(wait, None, "wait")
    finally:
        signal.signal(signal.SIGALRM, before)
    assert thread.run(answer, 60, "answer") == 7


def test_a_call_from_the_thread_itself_is_refused_and_does_not_hang(thread: LoopThread) -> None:
    async def inside() -> None:
        thread.run(answer, 60, "answer")

    with pytest.raises(RuntimeError, match="own thread"):
        thread.run(inside, 5, "outside")


def test_a_fork_does_not_carry_the_session(thread: LoopThread) -> None:
    child = os.fork()
    if not child:
        try:
            thread.run(answer, 60, "answer")
        except RuntimeError as error:
            os._exit(0 if "connect here" in str(error) else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert thread.run(answer, 60, "answer") == 7


def test_a_call_that_waits_at_the_end_says_so() -> None:
    thread = LoopThread()

    async def stop() -> None:
        asyncio.get_running_loop().stop()
        await asyncio.Event().wait()

    with pytest.raises(SessionOver, match="stop: the session is over"):
        thread.run(stop, 5, "stop")
    thread.stop()


def test_after_the_end_calls_say_so() -> None:
    thread = LoopThread()
    assert not thread.has_ended
    thread.stop()
    thread.stop()
    assert thread.has_ended
    with pytest.raises(SessionOver, match="answer: the session is over"):
        thread.run(answer, 60, "answer")


def test_a_call_at_the_moment_of_the_end_is_answered_or_refused_and_never_waits_for_ever() -> None:
    def call(thread: LoopThread) -> None:
        try:
            while thread.run(answer, None, "answer") == 7:
                pass
        except SessionOver as over:
            refused.append(str(over))

    refused: list[str] = []

    for _ in range(50):
        thread = LoopThread()
        callers = [threading.Thread(target=call, args=(thread,), daemon=True) for _ in range(3)]
        for caller in callers:
            caller.start()
        thread.stop()
        for caller in callers:
            caller.join(10)
            assert not caller.is_alive()
    assert refused == 150 * ["answer: the session is over"]
