"""The work of `gpux market`: a population of trading programs at a venue, until Ctrl-C.

A folder that no venue serves is served by a process of this command; a venue that serves one is asked for keys at its
operator's socket. At an address alone the keys must be there already.
"""

import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from rich.console import Console

from clients.errors import ConnectFailed, SessionOver
from exchange.demo.board import say
from exchange.demo.market.keys import DemoKey, Enrolment, enrol_at, load
from exchange.demo.market.live import LiveVenue, Measurements, by_hand, trade
from exchange.demo.market.population import DEMO, STEADY, Pace
from exchange.demo.run import ACCOUNTS, LAUNCH, await_ready, end_cleanly_when_terminated
from exchange.demo.venue_process import Plan, VenueProcess
from exchange.errors import UserError
from exchange.journal.folder_lock import make_data_folder
from exchange.operator.port import is_served
from exchange.seams import RealDisk
from exchange.venue.loop import run_loop

FIRST_ACCOUNT = 31
PORT = 8443
PACES: dict[str, Pace] = {"steady": STEADY, "fast": DEMO}
SCHEMES = ("ws://", "wss://")


def market(place: str, url: str, keys: str, seconds: float, seed: int, pace: str, plan: Plan | None = None) -> int:
    """Let a population trade. Returns the exit code.

    place     data folder of a venue, or address of one
    url       address of the venue that serves the folder
    keys      folder of the members' private keys; empty: `keys` in the data folder
    seconds   0: until Ctrl-C
    pace      steady or fast
    plan      the venue, if this command serves the folder
    """
    check(place, keys, seconds, pace)
    end_cleanly_when_terminated()
    console = Console(stderr=True)
    with venue_at(place, url, keys, console, plan) as venue:
        try:
            figures, _ = run_loop(trade(venue, seconds or math.inf, seed, PACES[pace], console))
        except (ConnectFailed, SessionOver) as failure:
            raise UserError(str(failure), os.EX_UNAVAILABLE) from None
        end_cleanly_when_terminated()
    say(console, summary(figures))
    return 0


def check(place: str, keys: str, seconds: float, pace: str) -> None:
    """Raise UserError for what cannot be used."""
    if pace not in PACES:
        raise UserError(f"--pace {pace!r} not one of {', '.join(PACES)}")
    if seconds < 0:
        raise UserError(f"--seconds {seconds:g} is below 0")
    if place.startswith(SCHEMES) and not keys:
        raise UserError(f"at {place} the members need keys: --keys FOLDER, where `gpux market` of its folder made them")


@contextmanager
def venue_at(place: str, url: str, keys: str, console: Console, plan: Plan | None = None) -> Iterator[LiveVenue]:
    """The venue of a folder or an address, with the keys of all members."""
    terms = plan or LAUNCH
    members = Enrolment(keys or f"{place}/keys", FIRST_ACCOUNT, ACCOUNTS, terms.deposit_mills)
    enrolment = replace(members, accounts=ACCOUNTS + 1)  # and one for the user
    if place.startswith(SCHEMES):
        yield LiveVenue(place, load(members))
    elif is_served(place):
        make_data_folder(RealDisk(), enrolment.folder)
        yield _with_key(url, enrol_at(place, enrolment), enrolment, console)
    else:
        make_data_folder(RealDisk(), place)
        with served(place, enrolment, terms, console) as venue:
            yield venue


@contextmanager
def served(folder: str, enrolment: Enrolment, plan: Plan, console: Console) -> Iterator[LiveVenue]:
    """Serve a folder in a process of its own."""
    plan = Plan(
        enrolment.accounts, enrolment.deposit_mills, plan.limits, plan.symbols, plan.day, enrolment.folder,
        enrolment.first, plan.port if plan is not LAUNCH else PORT, "usual",
    )  # fmt: skip
    process = VenueProcess(folder, plan)
    try:
        say(console, f"No venue serves {folder}: starting one, journal and keys in {folder}")
        ready = await_ready(process, console)
        yield replace(_with_key(ready.url, ready.keys, enrolment, console), require_alive=process.require_alive)
        process.stop()
    finally:
        process.end()


def _with_key(url: str, keys: Sequence[DemoKey], enrolment: Enrolment, console: Console) -> LiveVenue:
    """The venue with the members' keys; says how to trade with the last one, the user's."""
    for line in by_hand(url, enrolment.path(keys[-1].account)):
        say(console, line)
    return LiveVenue(url, keys[:-1])


def summary(figures: Measurements) -> str:
    """One line about what the members have done."""
    rate = f"{figures.acks_per_second:,.0f}/s over {figures.seconds:.0f} s"
    return f"{figures.requests:,} requests answered ({rate}), {figures.refusals:,} refused"
