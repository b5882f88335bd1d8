"""The event loop stays awake after a command, and never while the journal's thread needs the interpreter."""

import asyncio
import threading

import pytest

from exchange.units import NS_PER_US
from exchange.venue.loop import Writer, run_loop

POLL_US = 400


class TurningClock:
    """Counts how often the awake loop looks at it; each look takes 1 us."""

    def __init__(self) -> None:
        self.looks = 0

    def mono_ns(self) -> int:
        self.looks += 1
        return self.looks * NS_PER_US


def turns_after(poll_us: int, hand_over: bool) -> int:
    """How often the loop turned after a scheduled call, with or without a job in the thread's hands."""
    clock = TurningClock()
    ran: list[str] = []

    async def main() -> None:
        writer = Writer(clock, poll_us)  # type: ignore[arg-type]  # the one method that is used
        writer.start()
        free, done = threading.Event(), asyncio.Event()

        def call() -> None:
            ran.append("call")
            if hand_over:
                writer.spawn(free.wait, lambda error: done.set())

        writer.schedule(call)
        await asyncio.sleep(0.05)
        free.set()
        if hand_over:
            await done.wait()
        writer.stop()

    run_loop(main())
    assert ran == ["call"]
    return clock.looks


def test_loop_turns_for_the_given_time_after_a_command_and_then_sleeps() -> None:
    assert POLL_US <= turns_after(POLL_US, hand_over=False) <= POLL_US + 3


def test_loop_that_may_sleep_or_has_handed_over_a_job_does_not_turn() -> None:
    assert turns_after(0, hand_over=False) <= 2
    assert turns_after(POLL_US, hand_over=True) <= 3


def test_error_of_a_job_reaches_its_owner_in_the_loop() -> None:
    async def main() -> BaseException | None:
        writer = Writer(TurningClock(), 0)  # type: ignore[arg-type]  # the one method that is used
        writer.start()
        told: asyncio.Future[BaseException | None] = asyncio.get_running_loop().create_future()

        def job() -> None:
            raise OSError("broken")

        writer.spawn(job, told.set_result)
        try:
            return await told
        finally:
            writer.stop()

    with pytest.raises(OSError, match="broken"):
        raise run_loop(main()) or AssertionError
