"""The figures of `gpux bench clearing` beside what they must be.

Not shown: the journal and the publishers of the events, other machines. Load on the machine slows a pass through the
caches only, because times are processor time of the thread.
"""

from dataclasses import replace
from datetime import date
from random import Random

import numpy as np

from bench.clearing.daily import time_marks, time_settlements
from bench.clearing.full_margin import Portfolios, check_margins, make_positions, time_margins
from bench.clearing.hold import hold_ratios
from bench.clearing.house import Filling, House, filled_house
from bench.record import Distribution, Report, distribution
from exchange.codes import CommandKind
from exchange.engine.calls.margin_payload import margin_payload
from exchange.engine.control.registry import encode_payload

MARGINS_MUST_MS, SETTLEMENT_MUST_MS, MARK_MUST_MS = 1_000, 1_000, 20
MEDIAN_MUST, P99_MUST = 1.10, 2.0
PASSES, MARK_PASSES = 5, 20
PORTFOLIOS, QUICK_PORTFOLIOS = 200, 20
HOLD_SEED = 14
ADDON_DAY = date(2026, 12, 20)  # F27 pays the delivery add-on


def run_clearing(report: Report, _: str) -> None:
    """Measure full margin, settlement, a MARK run, and the hold. AssertionError: a result is wrong."""
    house = filled_house(replace(Filling(), accounts=1_000) if report.quick else Filling())
    run_marks(report, house)
    run_settlement(report, house)
    run_full_margin(report, house, replace(Portfolios(), accounts=1_000) if report.quick else Portfolios())
    run_hold(report, QUICK_PORTFOLIOS if report.quick else PORTFOLIOS)


def run_marks(report: Report, house: House) -> None:
    """A MARK of all books that have printed. The house is marked then."""
    state = house.engine.states[0]
    before = state.books["mark_tick"].copy()
    times = distribution(time_marks(house, report.passes(MARK_PASSES)), "ms")
    moved = int(np.count_nonzero(before != state.books["mark_tick"]))
    _add(report, "MARK run", times, MARK_MUST_MS, f"{moved:,} marks moved, {_size(house)}")
    report.keep("mark", {"ms": times, "marks_moved": moved}, house.filling)


def run_settlement(report: Report, house: House) -> None:
    """A settlement of all groups. The house is settled then."""
    times = distribution(time_settlements(house, report.passes(PASSES)), "ms")
    what = f"{len(house.instruments):,} books in {len(house.groups)} groups, {_size(house)}"
    _add(report, "settlement of the catalogue", times, SETTLEMENT_MUST_MS, what)
    report.keep("settlement", {"ms": times, "books": len(house.instruments)}, house.filling)


def run_full_margin(report: Report, house: House, portfolios: Portfolios) -> None:
    """Full margin of all accounts, by the terms of the house on a day with the delivery add-on."""
    terms = margin_payload(house.engine.states, house.spec, ADDON_DAY)
    house.control(CommandKind.MARGIN, encode_payload(terms))
    state = house.engine.states[0]
    outrights = [book for book, one in enumerate(house.instruments, 1) if not one.legs]
    positions = make_positions(portfolios, outrights)
    milliseconds, found = time_margins(state, positions, portfolios.accounts, report.passes(PASSES))
    checked = check_margins(state, house.instruments, terms, positions, found)
    times, rows = distribution(milliseconds, "ms"), house.engine.limits.positions
    what = f"{portfolios.accounts:,} accounts x {portfolios.positions_each} positions, {checked} accounts checked"
    _add(report, "full margin", times, MARGINS_MUST_MS, f"{what}; a state of this size has rows for {rows:,} positions")
    report.keep("full_margin", {"ms": times, "position_rows": rows, "checked": checked}, portfolios)


def run_hold(report: Report, count: int) -> None:
    """The hold of random portfolios to the largest full margin, in far months and near a last trading day."""
    for name, is_near in (("far months", False), ("near a last trading day", True)):
        ratios = distribution(hold_ratios(Random(HOLD_SEED), count, is_near), "x")
        reached = _reached(ratios.median <= MEDIAN_MUST and ratios.p99 <= P99_MUST)
        must = f"must: median {MEDIAN_MUST:.2f}x, p99 {P99_MUST:.2f}x, never below 1: {reached}"
        text = f"{ratios.least:.3f} / {ratios.median:.3f} / {ratios.p99:.3f} x"
        report.row(f"hold to largest full margin, {name}", text, f"{must}; {count} portfolios")
        report.keep(f"hold, {name}", {"ratio": ratios}, {"portfolios": count, "seed": HOLD_SEED})


def _add(report: Report, what: str, times: Distribution, must_ms: int, detail: str) -> None:
    report.row(what, times.text(), f"must: median {must_ms:,} ms: {_reached(times.median <= must_ms)}; {detail}")


def _reached(is_reached: bool) -> str:
    return "reached" if is_reached else "not reached"


def _size(house: House) -> str:
    """What the house has, in words."""
    state = house.engine.states[0]
    held, live = np.count_nonzero(state.positions["lots"]), np.count_nonzero(state.orders["state"])
    return f"{house.filling.accounts:,} accounts, {held:,} positions, {live:,} working orders"
