"""The helper thread beside the event loop: jobs run in order, and each is reported in the loop."""

import asyncio
import threading

from exchange.venue.loop import Writer, run_loop


def test_jobs_run_in_order_on_one_other_thread_and_are_reported_in_the_loop() -> None:
    threads: set[int] = set()
    seen: list[object] = []

    async def scene() -> None:
        writer, done = Writer(), asyncio.Event()
        writer.start()

        def job(number: int) -> None:
            threads.add(threading.get_ident())
            seen.append(number)
            if number == 1:
                raise OSError("disk")

        def reported(error: BaseException | None) -> None:
            assert threading.get_ident() == threading.main_thread().ident
            seen.append(error and str(error))
            if len(seen) == 6:
                done.set()

        for number in range(3):
            writer.spawn(lambda number=number: job(number), reported)  # type: ignore[misc]
        await asyncio.wait_for(done.wait(), 10)
        writer.stop()

    run_loop(scene())
    assert [one for one in seen if isinstance(one, int)] == [0, 1, 2]
    assert [one for one in seen if not isinstance(one, int)] == [None, "disk", None]
    assert len(threads) == 1 and threading.main_thread().ident not in threads


def test_what_is_scheduled_runs_in_the_next_turn_of_the_loop() -> None:
    async def scene() -> list[str]:
        writer = Writer()
        writer.start()
        seen = ["now"]
        writer.schedule(lambda: seen.append("later"))
        assert seen == ["now"]
        await asyncio.sleep(0)
        writer.stop()
        return seen

    assert run_loop(scene()) == ["now", "later"]
