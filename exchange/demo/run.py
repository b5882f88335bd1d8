"""`gpux demo`: starts a venue, lets clients trade, stops it, checks everything, and prints the result.

The clients are the examples of `clients/`: eight market makers and eight takers, each with its own key, account and
websocket, in several months of four chips.
"""

import asyncio
import json
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

from rich.console import Console
from rich.live import Live

from clients.client import Session, connect
from clients.credentials import Ed25519
from clients.errors import NotLive
from clients.strategies.market_maker import MarketMaker
from clients.strategies.strategy import Strategy, run
from clients.strategies.taker import Taker
from exchange.demo.board import Board, say
from exchange.demo.checks import Check, DemoResult, check_venue, to_the_mill
from exchange.demo.closing import ClosedDay, closing_table
from exchange.demo.venue_process import DemoKey, Plan, Ready, VenueProcess
from exchange.errors import UserError
from exchange.limits import NAMED
from exchange.units import NS_PER_HOUR, NS_PER_US
from exchange.venue.loop import run_loop
from exchange.wire.messages import InstrumentDefinition

CHIPS = ("H100", "B200", "H200", "A100")
TIER_BP, MONTHS = 9_000, 3
ENDS_H = 36  # a month that trades longer outlives the close of the demo's day, which is half a day from now
MAKERS = TAKERS = 8
ORDERS_PER_SECOND = 40  # of each taker
LAUNCH = Plan(accounts=MAKERS + TAKERS, deposit_mills=25_000_000_000)
TERMINATED = 143  # exit code after SIGTERM
LAST_REPLIES_S = 15.0
FRAME_S, LINE_S = 0.25, 5.0
SECONDS_MAX = 86_400
COLD_S = 4.0  # a start that takes longer compiles the kernels


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


def demo(seconds: float, seed: int, as_json: bool, folder: str, plan: Plan = LAUNCH) -> int:
    """Run the demo. Returns the exit code: 0 if every check holds, else 1.

    seconds   of trading
    seed      of the takers' decisions; runs still differ, because time and sockets are real
    as_json   print one JSON object instead of text
    folder    for the venue's data; if empty, a temporary folder
    plan      the venue; by default it lists the launch catalogue
    """
    if not 0 < seconds <= SECONDS_MAX:
        raise UserError(f"--seconds {seconds:g} is not above 0 and at most {SECONDS_MAX:,}")
    end_cleanly_when_terminated()
    console = Console(stderr=as_json)
    with data_folder(folder) as venue_folder:
        venue = VenueProcess(venue_folder, plan)
        try:
            say(console, f"Starting the venue: launch catalogue, journal in {venue_folder}")
            ready = await_ready(venue, console)
            figures, symbols = run_loop(trade(venue, ready, seconds, seed, console))
            end_cleanly_when_terminated()  # again: the event loop has replaced the handler
            closed = venue.close_day()
            show_close(console, closed)
            say(console, "Stopping the venue, then checking its journal.")
            stopped = venue.stop()
            result = check_venue(
                venue_folder,
                NAMED[plan.limits],
                stopped.sequence,
                stopped.state_hash,
                figures.holdings,
                figures.book_faults,
                lambda text: say(console, f"  {text} ..."),
            )
            result.checks.extend([*closed.checks, figures.kept_trading_check])
        finally:
            venue.end()
    if as_json:
        print(json.dumps(as_object(figures, closed, result), indent=2))
    else:
        report(console, figures, result, symbols, folder)
    return 0 if result.passed else 1


def end_cleanly_when_terminated() -> None:
    """Let SIGTERM unwind the stack, so that the venue process and the folder are removed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))


@contextmanager
def data_folder(folder: str) -> Iterator[str]:
    """A temporary folder, or the given one if it is new or empty."""
    if not folder:
        with tempfile.TemporaryDirectory(prefix="gpux-demo-") as venue_folder:
            yield venue_folder
        return
    path = Path(folder)
    try:
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise UserError(f"--folder {folder}: the demo needs a new or an empty folder")
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--folder {folder}: {error.strerror or error}") from None
    yield folder


def await_ready(venue: VenueProcess, console: Console) -> Ready:
    """Wait for the venue and report progress, because a first start compiles for more than half a minute."""
    if console.is_terminal:
        with console.status("starting") as status:
            return venue.await_ready(lambda elapsed_s: status.update(starting_text(elapsed_s)))
    reported_s = 0.0

    def report_progress(elapsed_s: float) -> None:
        nonlocal reported_s
        if elapsed_s - reported_s >= LINE_S:
            reported_s = elapsed_s
            say(console, f"  {starting_text(elapsed_s)}")

    return venue.await_ready(report_progress)


def starting_text(elapsed_s: float) -> str:
    """What a user reads while the venue starts."""
    if elapsed_s < COLD_S:
        return f"starting ({elapsed_s:.0f} s)"
    return f"compiling the engine, only on the first start: {elapsed_s:.0f} s, about 60 on a free machine"


async def trade(
    venue: VenueProcess, ready: Ready, seconds: float, seed: int, console: Console
) -> tuple[Measurements, list[str]]:
    """Let makers and takers trade. Returns their measurements, and the symbols that they traded."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        public = await stack.enter_async_context(connect(ready.url))
        assert public.core.hello is not None
        months = choose(await public.instruments(), public.core.hello.time_us + ENDS_H * NS_PER_HOUR // NS_PER_US)
        sessions = [await stack.enter_async_context(log_on(ready.url, key)) for key in ready.keys]
        board = Board([row for rows in months for row in rows], sessions)
        say(console, f"Venue at {ready.url}: {len(public.core.feeds.instruments):,} instruments,")
        say(
            console,
            f"{MAKERS} market makers and {TAKERS} takers on {len(board.instruments)} instruments: "
            f"{len(months[0])} months of each of {len(months)} chips.",
        )
        watch = f"{program_name()} watch {months[0][0].symbol} --url {ready.url}"
        say(console, f"To watch from another terminal: {watch}\n")
        tasks = [
            asyncio.create_task(begin(*player, index))
            for index, player in enumerate(assign_strategies(months, sessions, seed))
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


def require_running(venue: VenueProcess, tasks: Sequence[asyncio.Task[None]]) -> None:
    """Raise UserError if the venue or a client has ended, or the error with which a strategy has ended."""
    venue.require_alive()
    for task in tasks:
        if task.done():
            task.result()
            raise UserError("a client lost its session for good", 1)


async def cancel_all_orders(venue: VenueProcess, sessions: Sequence[Session]) -> None:
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


def choose(instruments: dict[str, InstrumentDefinition], after_us: int) -> list[list[InstrumentDefinition]]:
    """The nearest three months of each chip that trade on after a time, a list for each."""
    months = []
    for chip in CHIPS:
        rows = [
            row
            for row in instruments.values()
            if (row.chip, row.family, row.period_kind, row.floor_bp) == (chip, "PHY", "month", TIER_BP)
            and not row.combo
            and row.last_trading_us > after_us
        ]
        months.append(sorted(rows, key=lambda row: row.first_day)[:MONTHS])
    return months


def assign_strategies(
    months: list[list[InstrumentDefinition]], sessions: Sequence[Session], seed: int
) -> Iterator[tuple[Strategy, Session]]:
    """Pair each session with a strategy: for each chip a tight, small maker, a wide, large maker, and takers."""
    symbols = [[row.symbol for row in rows] for rows in months]
    for number, session in enumerate(sessions):
        chip = number % len(CHIPS)
        if number < MAKERS:
            wide = number // len(CHIPS)
            yield MarketMaker(symbols[chip], lots=15 + 25 * wide, half_spread_ticks=2 + 2 * wide), session
        else:
            both = symbols[chip] + symbols[(chip + 1) % len(CHIPS)]
            yield Taker(both, random.Random(seed * 1_000 + number), orders_per_second=ORDERS_PER_SECOND), session


async def begin(strategy: Strategy, session: Session, index: int) -> None:
    """Run a strategy after a delay, so that the timers of the strategies do not fire together. `index`: its number."""
    await asyncio.sleep(strategy.timer_s * index / (MAKERS + TAKERS))
    await run(strategy, session)


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


def show_close(console: Console, closed: ClosedDay) -> None:
    """Print prices and methods by market, and what variation margin has moved."""
    say(console, f"\nThe day closes. The venue settles itself, and opens {closed.day}:")
    console.print(closing_table(closed))
    others = ", ".join(f"{method} {count}" for method, count in sorted(closed.methods.items()))
    say(console, f"All outrights by method: {others}. T1: mean price of the closing window, here all of the demo;")
    say(console, "T2: between the quotes; T3, T4: from neighbouring months, and from the months of a longer period.")
    money = to_the_mill(closed.paid_mills)
    say(
        console,
        f"Variation margin: {money} from those who lost to those who gained ({closed.accounts_paid}).\n",
    )


def as_object(figures: Measurements, closed: ClosedDay, result: DemoResult) -> dict[str, object]:
    """The result as `gpux demo --json` prints it."""
    return {
        "seconds": round(figures.seconds, 3),
        "orders": result.orders,
        "fills": result.fills,
        "requests": figures.requests,
        "refusals": figures.refusals,
        "acks_per_second": round(figures.acks_per_second, 1),
        "latency_us": {"p50": figures.p50_us, "p99": figures.p99_us},
        "settlements": {row.symbol: {"px": row.settle_tick, "method": row.method} for row in closed.markets},
        "variation_mills": closed.paid_mills,
        "checks": [{"name": check.name, "passed": check.passed, "detail": check.detail} for check in result.checks],
        "passed": result.passed,
    }


def report(console: Console, figures: Measurements, result: DemoResult, symbols: Sequence[str], folder: str) -> None:
    """Print the figures, the checks, an explanation, and the next commands to try."""
    say(console, "")
    say(console, f"{result.orders:>12,} orders")
    say(console, f"{result.fills:>12,} fills")
    say(
        console,
        f"{figures.acks_per_second:>12,.0f} acks/s over {figures.seconds:.1f} s, each after its command was on disk",
    )
    say(console, f"{figures.p50_us / 1000:>12,.2f} ms latency p50, as a client sees it among all the others")
    say(console, f"{figures.p99_us / 1000:>12,.2f} ms latency p99\n")
    for check in result.checks:
        mark = "[green]✓[/]" if check.passed else "[bold red]✗[/]"
        console.print(f"  {mark} {check.name}: {check.detail}", highlight=False, soft_wrap=True)
    if not result.passed:
        say(console, "\nA check failed: the venue broke one of its guarantees. Please report it with the lines above.")
        return
    say(
        console,
        f"""
What you saw: {MAKERS} market makers and {TAKERS} takers traded certified GPU-hours of {len(CHIPS)} chips,
each over its own websocket. Every order was on disk before anyone saw its effect. After
the stop a fresh engine read the journal and came to the same positions and cash, byte for byte.

Next:""",
    )
    steps = next_steps(symbols[0], folder or "data")
    width = max(len(command) for command, _ in steps)
    for command, what in steps:
        say(console, f"  {command:<{width}}  {what}")


def next_steps(symbol: str, folder: str) -> list[tuple[str, str]]:
    """Pairs (command, what it does) that a user may try next."""
    gpux = program_name()
    return [
        (f"{gpux} contracts {symbol}", "what one of these contracts promises"),
        (f"{gpux} demo --folder data", "the same, and keep the journal"),
        (f"{gpux} journal verify {folder}", "check that journal frame by frame"),
        (f"{gpux} serve {folder}", "open the venue again where it stopped"),
        ("clients/README.md", "write a trading program of your own"),
    ]


def program_name() -> str:
    """The name of this program: `gpux` if the shell finds it, else the path by which it was called."""
    return "gpux" if shutil.which("gpux") else sys.argv[0]
