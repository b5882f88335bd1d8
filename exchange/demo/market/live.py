"""Lets the members of a population trade at a venue, and measures what they do."""

import asyncio
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from rich.console import Console
from rich.live import Live

from clients.client import Session, connect
from clients.credentials import Ed25519
from clients.errors import NotLive
from clients.strategies.strategy import run
from exchange.demo.board import Board, say
from exchange.demo.checks import Check
from exchange.demo.market.keys import DemoKey
from exchange.demo.market.population import Pace, Participant, choose, population
from exchange.errors import UserError
from exchange.units import NS_PER_HOUR, NS_PER_US
from exchange.wire.messages import InstrumentDefinition

ENDS_H = 36  # a month that trades longer outlives the close of the demo's day, which is half a day from now
LAST_REPLIES_S = 15.0
FRAME_S, LINE_S = 0.25, 5.0


class Measurements:
    """Figures of all clients: requests, refusals, latencies, positions, faults of books; and the check of the board."""

    def __init__(self, sessions: Sequence[Session], seconds: float, kept_trading_check: Check) -> None:
        self.seconds, self.kept_trading_check = seconds, kept_trading_check
        self.requests = sum(session.acks for session in sessions)
        self.refusals = sum(session.refusals for session in sessions)
        latencies = sorted(latency for session in sessions for latency in session.latencies_us)
        self.p50_us = latencies[len(latencies) // 2] if latencies else 0
        self.p99_us = latencies[len(latencies) * 99 // 100] if latencies else 0
        self.holdings = {session.core.account: held_lots(session) for session in sessions}
        self.book_faults = sum(book.gaps + book.mismatches for session in sessions for book in session.books())

    @property
    def acks_per_second(self) -> float:
        return self.requests / self.seconds if self.seconds else 0.0


def held_lots(session: Session) -> dict[int, int]:
    """Lots of each position that a client knows, by instrument id."""
    account = session.core.accounts[session.core.account]
    return {instrument: position.lots for instrument, position in account.positions.items()}


@dataclass(frozen=True)
class LiveVenue:
    """A venue to trade at: its address, the keys of the members, and a check that it still runs."""

    url: str
    keys: Sequence[DemoKey]
    require_alive: Callable[[], None] = lambda: None


async def trade(
    venue: LiveVenue, seconds: float, seed: int, pace: Pace, console: Console
) -> tuple[Measurements, list[str]]:
    """Let a population trade until time is up or a signal comes. Returns their measurements, and the front months."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        public = await stack.enter_async_context(connect(venue.url))
        assert public.core.hello is not None
        known = await public.instruments()
        months = choose(known, public.core.hello.time_us + ENDS_H * NS_PER_HOUR // NS_PER_US)
        members = population(known, months, seed, pace, loop.time)
        check_members(members, venue.keys)
        sessions = [
            await stack.enter_async_context(log_on(venue.url, key)) for key, _ in zip(venue.keys, members, strict=False)
        ]
        board = Board([row for rows in months for row in rows], sessions)
        introduce(console, venue.url, members, months, len(known))
        tasks = [
            asyncio.create_task(begin(member, session, pace.timer_s * place / len(members)))
            for place, (member, session) in enumerate(zip(members, sessions, strict=True))
        ]
        tasks.append(asyncio.create_task(board.follow(public)))
        try:
            elapsed_s = await show(board, seconds, stop, lambda: require_running(venue, tasks), console)
            kept_trading_check = board.kept_trading_check()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await cancel_all_orders(venue, sessions)
        return Measurements(sessions, elapsed_s, kept_trading_check), [row.symbol for row in board.instruments]


def check_members(members: Sequence[Participant], keys: Sequence[DemoKey]) -> None:
    """Raise UserError if nobody can trade, or if there are too few keys."""
    if not members:
        raise UserError("the venue lists no month that trades on for a day and a half: nobody has anything to trade")
    if len(keys) < len(members):
        raise UserError(f"{len(keys)} keys, the population has {len(members)} members")


def introduce(
    console: Console,
    url: str,
    members: Sequence[Participant],
    months: Sequence[Sequence[InstrumentDefinition]],
    listed: int,
) -> None:
    """Print who trades what, and how to watch."""
    kinds = Counter(member.kind for member in members)
    chips = [rows for rows in months if rows]
    say(console, f"Venue at {url}: {listed:,} instruments,")
    say(console, f"{len(members)} clients: {', '.join(f'{count} {kind}' for kind, count in kinds.items())}.")
    front = sum(len(rows) for rows in chips)
    say(console, f"The board shows {front} instruments: {len(chips[0])} months of each of {len(chips)} chips.")
    say(console, f"To watch from another terminal: {program_name()} watch {chips[0][0].symbol} --url {url}\n")


def by_hand(url: str, key_file: str) -> list[str]:
    """How a person trades at a venue: in its page, or in the terminal with a key."""
    return [
        f"In a browser:   {url.replace('ws://', 'http://')}/",
        f"In a terminal:  {program_name()} top --venue {url} --key {key_file}",
    ]


def program_name() -> str:
    """The name of this program: `gpux` if the shell finds it, else the path by which it was called."""
    return "gpux" if shutil.which("gpux") else sys.argv[0]


def require_running(venue: LiveVenue, tasks: Sequence[asyncio.Task[None]]) -> None:
    """Raise UserError if the venue or a client has ended, or the error with which a strategy has ended."""
    venue.require_alive()
    for task in tasks:
        if task.done():
            task.result()
            raise UserError("a client lost its session for good", 1)


async def cancel_all_orders(venue: LiveVenue, sessions: Sequence[Session]) -> None:
    """Cancel all orders, and so wait for the last events: the reply to a mass cancel comes after all earlier events."""
    try:
        async with asyncio.timeout(LAST_REPLIES_S):
            for session in sessions:
                await session.cancel_all()
    except (TimeoutError, NotLive):
        venue.require_alive()
        raise UserError("a client could not cancel its orders: its session is down", 1) from None


def log_on(url: str, key: DemoKey) -> Session:
    """A session of one of the demo's clients; use it as an async context manager."""
    return connect(url, key.key, Ed25519.from_seed(key.seed))


async def begin(member: Participant, session: Session, wait_s: float) -> None:
    """Run a member after a wait, so that the timers of all do not fire together."""
    await asyncio.sleep(wait_s)
    await run(member.strategy, session)


async def show(
    board: Board, seconds: float, stop: asyncio.Event, require: Callable[[], None], console: Console
) -> float:
    """Show the board until time is up, `stop` is set, or `require` raises. Returns the elapsed seconds."""
    start = time.monotonic()
    every_s = FRAME_S if console.is_terminal else LINE_S

    def elapsed_s() -> float:
        return time.monotonic() - start

    async def until_time_is_up(draw: Callable[[], None]) -> None:
        while (left_s := seconds - elapsed_s()) > 0 and not stop.is_set():
            require()
            draw()
            try:
                await asyncio.wait_for(stop.wait(), min(every_s, left_s))
            except TimeoutError:
                continue

    if console.is_terminal:
        with Live(console=console, auto_refresh=False) as live:
            await until_time_is_up(lambda: live.update(board.render(elapsed_s(), seconds), refresh=True))
    else:
        await until_time_is_up(lambda: say(console, board.text(elapsed_s(), seconds)))
    return elapsed_s()
