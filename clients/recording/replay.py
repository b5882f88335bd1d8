"""Runs a strategy on a recording.

    result = await replay("morning.rec", Mine())
    result.asked          # the trading requests that the strategy sent
    result.recorded       # those that the recorded session sent

Time is that of the recording, so an hour takes as long as its messages take to apply. The callbacks come after each
record; the live session gives a strategy that is busy several at once. `start` runs while the recording begins, and
timers run by recorded time.
"""

import asyncio
from typing import NamedTuple

from clients.errors import SessionOver
from clients.events import Event
from clients.recording.file_format import DamagedRecording, RecordKind, header_of, read
from clients.recording.replay_session import ReplaySession
from clients.strategies.strategy import Strategy, call, dispatch
from exchange.wire.messages import Request

STEPS_AFTER_RECORD = 8  # steps of the event loop in which `start` goes on after a record


class ReplayResult(NamedTuple):
    """What came of a replay. `damage`: why the file was read only in part, None if it was whole."""

    session: ReplaySession
    records: int
    asked: list[Request]
    recorded: list[Request]
    damage: DamagedRecording | None


async def replay(path: str, strategy: Strategy) -> ReplayResult:
    """Run a strategy on a recording. A damaged file is replayed up to the damage, which is in the result.

    ValueError: the file is no recording. SessionOver: the file ended while `start` still waited.
    """
    session = ReplaySession(header_of(path))
    strategy.session = session
    starting = asyncio.create_task(strategy.start())
    count, damage, timer_at = 0, None, 0.0
    events: list[Event] = []
    try:
        for record in read(path):
            if record.kind == RecordKind.HEADER:
                continue
            count += 1
            events += session.take_record(record)
            if not starting.done():
                timer_at = session.now + strategy.timer_s
                for _ in range(STEPS_AFTER_RECORD):
                    await asyncio.sleep(0)
                continue
            while timer_at <= session.now:
                call(strategy, strategy.on_timer)
                timer_at += strategy.timer_s
            due, events = events, []
            for event in due:
                dispatch(strategy, event)
    except DamagedRecording as fault:
        damage = fault
    await _must_have_started(starting, session, path)
    return ReplayResult(session, count, session.asked, session.recorded, damage)


async def _must_have_started(starting: "asyncio.Task[None]", session: ReplaySession, path: str) -> None:
    if not starting.done():
        missing = ", ".join(session.missing())
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        waits = f"; not in the recording: {missing}" if missing else ""
        raise SessionOver(f"{path} ended while the strategy's start still waited{waits}")
    starting.result()
