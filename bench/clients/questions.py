"""The figures of `gpux bench clients` beside what they must be.

Not shown: a network, other machines, many books at once, a strategy's own work. Times of imports and of callbacks are
wall time, so other load on the machine is in them; rates of the book are processor time of the thread.
"""

import asyncio

from bench.clients.callback import measure
from bench.clients.depth_frames import DepthTraffic, recorded
from bench.clients.imports import import_ms
from bench.clients.local_book import book_rates
from bench.record import Report, distribution

DELTAS_MUST, CALLBACK_MUST_US, IMPORT_MUST_MS = 200_000, 25.0, 120.0
PASSES, MESSAGES, IMPORTS = 20, 3_000, 15


def run_clients(report: Report, _: str) -> None:
    """Measure book, callback and import. AssertionError: a result is wrong."""
    run_book(report, DepthTraffic(orders=800) if report.quick else DepthTraffic())
    run_callback(report, MESSAGES // 10 if report.quick else MESSAGES)
    run_imports(report, report.passes(IMPORTS))


def run_book(report: Report, traffic: DepthTraffic) -> None:
    """Deltas a second of a raw depth channel."""
    recording = recorded(traffic)
    passes = [book_rates(recording) for _ in range(report.passes(PASSES))]
    session = distribution([one.session for one in passes], "deltas/s")
    alone = distribution([one.alone for one in passes], "deltas/s")
    one = passes[0]
    what = f"{one.messages:,} messages, {one.deltas:,} deltas, {one.checksums:,} checksums"
    must = f"must: median {DELTAS_MUST:,}: {_reached(session.median >= DELTAS_MUST)}; {what}"
    report.row("local book: frame to event", f"{session.text()}", must)
    report.row("local book alone", alone.text(), what)
    report.keep("book", {"session": session, "alone": alone, "deltas": one.deltas}, traffic)


def run_callback(report: Report, messages: int) -> None:
    """Message to callback, less what a bare websocket takes."""
    found = asyncio.run(measure(messages))
    bare, strategy = distribution(found.bare, "us"), distribution(found.strategy, "us")
    over = strategy.median - bare.median
    must = f"must: median at most {CALLBACK_MUST_US:g} us over it: {_reached(over <= CALLBACK_MUST_US)}"
    report.row("message to `recv`, bare websocket", bare.text(), f"{messages:,} messages, one event loop")
    report.row("message to callback", strategy.text(), f"{over:+.1f} us; {must}")
    report.keep("callback", {"bare": bare, "strategy": strategy}, {"messages": messages})


def run_imports(report: Report, times: int) -> None:
    """Wall time of imports."""
    for what in ("import clients", "from clients import connect"):
        found = distribution(import_ms(what, times), "ms")
        must = f"must: median {IMPORT_MUST_MS:g} ms: {_reached(found.median <= IMPORT_MUST_MS)}"
        report.row(what, found.text(), f"{must}; {times} new interpreters")
        report.keep(what, {"ms": found}, {"times": times})


def _reached(is_reached: bool) -> str:
    return "reached" if is_reached else "not reached"
