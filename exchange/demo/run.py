"""`gpux demo`: starts a venue, lets clients trade, stops it, checks everything, and prints the result.

The clients are the population of `exchange.demo.market`: curve makers, dealers, operators, labs, inference fleets,
arbitrageurs and execution desks, each with its own key, account and websocket. With `keep` the venue is started again
after the checks, and its market goes on until Ctrl-C.
"""

import json
import math
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from exchange.demo.board import say
from exchange.demo.checks import TRADED, DemoResult, check_venue, to_the_mill
from exchange.demo.closing import ClosedDay, closing_table
from exchange.demo.market.live import LINE_S, LiveVenue, Measurements, by_hand, program_name, trade
from exchange.demo.market.population import DEMO, STEADY
from exchange.demo.venue_process import Plan, Ready, VenueProcess
from exchange.errors import UserError
from exchange.limits import NAMED
from exchange.venue.loop import run_loop

ACCOUNTS = 26  # members of the population on the launch catalogue
LAUNCH = Plan(accounts=ACCOUNTS, deposit_mills=25_000_000_000)
TERMINATED = 143  # exit code after SIGTERM
SECONDS_MAX = 86_400
COLD_S = 4.0  # a start that takes longer compiles the kernels


def demo(seconds: float, seed: int, as_json: bool, folder: str, plan: Plan = LAUNCH, keep: bool = False) -> int:
    """Run the demo. Returns the exit code: 0 if every check holds, else 1.

    seconds   of trading
    seed      of the clients' decisions; runs still differ, because time and sockets are real
    as_json   print one JSON object instead of text
    folder    for the venue's data; if empty, a temporary folder
    plan      the venue; by default it lists the launch catalogue
    keep      start the venue again after the checks, and let its market go on until Ctrl-C
    """
    if not 0 < seconds <= SECONDS_MAX:
        raise UserError(f"--seconds {seconds:g} is not above 0 and at most {SECONDS_MAX:,}")
    end_cleanly_when_terminated()
    console = Console(stderr=as_json)
    with data_folder(folder) as venue_folder:
        if keep:
            plan = replace(plan, keys=f"{venue_folder}/keys", accounts=plan.accounts + 1)
        venue = VenueProcess(venue_folder, plan)
        try:
            say(console, f"Starting the venue: launch catalogue, journal in {venue_folder}")
            ready = await_ready(venue, console)
            members = LiveVenue(ready.url, ready.keys, venue.require_alive)
            figures, symbols = run_loop(trade(members, seconds, seed, DEMO, console))
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
        if keep and result.passed:
            go_on(venue_folder, plan, seed, console)
    return 0 if result.passed else 1


def go_on(folder: str, plan: Plan, seed: int, console: Console) -> None:
    """Start the venue of a folder again, say how to reach it, and let its market live until a signal comes."""
    venue = VenueProcess(folder, replace(plan, close="never"))
    try:
        ready = await_ready(venue, console)
        end_cleanly_when_terminated()
        own = ready.keys[-1]
        for line in kept_text(ready.url, plan.enrolment.path(own.account), folder):
            say(console, line)
        members = LiveVenue(ready.url, ready.keys[:-1], venue.require_alive)
        run_loop(trade(members, math.inf, seed, STEADY, console))
        end_cleanly_when_terminated()
        venue.stop()
    finally:
        venue.end()


def kept_text(url: str, key_file: str, folder: str) -> list[str]:
    """How to reach a venue that is kept: its address, its page, and a key to trade with."""
    return [
        "",
        f"The venue serves again at {url}, until Ctrl-C. You have an account of it.",
        *by_hand(url, key_file),
        f"As operator:    {program_name()} operator status {folder}",
    ]


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
        say(console, f"\nA check failed: {what_failed(result.failed, figures.seconds)}")
        return
    say(
        console,
        f"""
What you saw: {len(figures.holdings)} clients traded certified GPU-hours, each over its own websocket: makers,
operators who hedge, labs, inference fleets, arbitrageurs and desks. Every order was on disk before anyone
saw its effect. After the stop a fresh engine read the journal and came to the same positions and cash,
byte for byte.

Next:""",
    )
    steps = next_steps(symbols[0], folder or "data")
    width = max(len(command) for command, _ in steps)
    for command, what in steps:
        say(console, f"  {command:<{width}}  {what}")


def what_failed(failed: Sequence[str], seconds: float) -> str:
    """What failed checks mean, and what to do."""
    if failed == [TRADED]:
        return f"nobody traded in {seconds:.1f} s, which shows nothing. Give more --seconds."
    return "the venue broke one of its guarantees. Please report it with the lines above."


def next_steps(symbol: str, folder: str) -> list[tuple[str, str]]:
    """Pairs (command, what it does) that a user may try next."""
    gpux = program_name()
    return [
        (f"{gpux} contracts {symbol}", "what one of these contracts promises"),
        (f"{gpux} demo --folder data", "the same, and keep the journal"),
        (f"{gpux} demo --keep", "the same, and go on until Ctrl-C"),
        (f"{gpux} journal verify {folder}", "check that journal frame by frame"),
        (f"{gpux} serve {folder}", "open the venue again where it stopped"),
        ("clients/README.md", "write a trading program of your own"),
    ]
