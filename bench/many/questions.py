"""How fast do many small markets run side by side: on one core, in two processes, on a GPU?

All run zero-intelligence flow of their own (`noise.py`) through the whole engine: accounts, margin, positions, fees and
events. Checked: no command is refused, and books come to the same results in any company; on a GPU also the same bytes
of state as on the processor.

Not shown: flow from other models, observations and actions of an environment, states of other sizes.
"""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import distributions
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
from rich.markup import escape

from bench.many.books import Books, flow_rows
from bench.many.device import SIMULATED, DeviceBooks, check_device, device_memory
from bench.many.markets import TOGETHER, run_markets, spread_markets
from bench.many.memory import book_bytes, books_that_fit, table_bytes
from bench.record import Report, distribution, time_ns
from exchange.errors import UserError
from exchange.limits import NAMED

PASSES = 20
MARKETS, QUICK_MARKETS, MARKET_MESSAGES = 2_000, 64, 1_000
BOOKS, QUICK_BOOKS, STEP_MESSAGES = 1_024, 32, 100
SETTLING_MESSAGES = 1_500  # after these the number of orders in a book no longer grows
ALONE = 8  # books whose results are compared with those in other company
GPU_BOOKS, GPU_MESSAGES = (64, 1_024, 8_192, 65_536), 20_000
SIMULATED_BOOKS, SIMULATED_MESSAGES = (2, 4), 20
DRIVER = Path("/proc/driver/nvidia/version")


def run_many(report: Report, _: str) -> None:
    """Measure markets made and run a second, and messages a second of steps over many books."""
    measure_markets(report)
    measure_steps(report)


def measure_markets(report: Report) -> None:
    """Markets of MARKET_MESSAGES messages, each from the opening on, a second."""
    count = QUICK_MARKETS if report.quick else MARKETS
    run_markets(0, TOGETHER, 1)
    rates, walls = [], []
    for _ in range(report.passes(PASSES)):
        wall, start = perf_counter(), process_time()
        results = run_markets(0, count, MARKET_MESSAGES)
        rates.append(count / (process_time() - start))
        walls.append(perf_counter() - wall)
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn"), run_markets, (0, TOGETHER, 1)) as pool:
        spread_markets(pool, 2, 2, 1)
        both = []
        for _ in range(report.passes(PASSES)):
            wall = perf_counter()
            spread = spread_markets(pool, 2, 2 * count, MARKET_MESSAGES)
            both.append(perf_counter() - wall)
    if results["refused"].any() or not np.array_equal(spread[:count], results):
        raise AssertionError("markets: a command is refused, or two processes come to other results")
    ratio = 2 * min(walls) / min(both)
    figure = distribution(rates, "/s")
    detail = f"of {MARKET_MESSAGES:,} messages, made and run; two processes {ratio:.2f}x (needed: 500/s and 1.8x)"
    report.row("small markets on one core", figure.text(), detail)
    parameters = {"markets": count, "messages": MARKET_MESSAGES}
    report.keep("markets", {"a_second": figure, "two_processes": ratio}, parameters)


def measure_steps(report: Report) -> None:
    """Messages a second of a step of many books, on one core."""
    count = QUICK_BOOKS if report.quick else BOOKS
    books, alone, flows = Books(count), Books(ALONE), flow_rows(count)
    books.step(flows, SETTLING_MESSAGES)
    times = [time_ns(books.step, flows, STEP_MESSAGES) / 1e9 for _ in range(report.passes(PASSES))]
    alone.step(flows[:ALONE], SETTLING_MESSAGES + STEP_MESSAGES * len(times))
    if books.results["refused"].any() or not np.array_equal(books.results[:ALONE], alone.results):
        raise AssertionError("steps: a command is refused, or books come to other results alone")
    figure = distribution([count * STEP_MESSAGES / 1e6 / time for time in times], "M/s")
    most = 1e6 * max(count * STEP_MESSAGES / 1e6 / time for time in times) / STEP_MESSAGES
    detail = f"at most {most:,.0f} steps of a book a second (needed: 5 M/s and 50,000/s)"
    report.row(f"messages of {count:,} books, {STEP_MESSAGES} a step", figure.text(), detail)
    orders = float((books.states["orders"]["state"] != 0).sum() / count)
    figures = {"a_second": figure, "steps_a_second": most, "orders_in_a_book": orders}
    report.keep("steps", figures, {"books": count, "messages": STEP_MESSAGES})


def run_gpu(report: Report, _: str) -> None:
    """Measure messages a second on a GPU by number of books, and compare with the processor (GPU-004, GPU-010).

    A quick look measures the smaller half of the numbers of books.
    """
    try:
        check_device()
    except UserError as error:
        report.row("books on a GPU", "-", escape(f"not measured: {error}"))
        return
    report_capacity(report)
    counts, messages = (SIMULATED_BOOKS, SIMULATED_MESSAGES) if SIMULATED else (GPU_BOOKS, GPU_MESSAGES)
    for count in counts[: len(counts) // 2 if report.quick else None]:
        report_count(report, count, messages)


def report_capacity(report: Report) -> None:
    """Add the memory that a book takes, and how many books fit into the GPU (GPU-005)."""
    limits, (name, memory) = NAMED["small"], device_memory()
    each, fit, tables = book_bytes(limits), books_that_fit(limits, memory), table_bytes(limits)
    largest = ", ".join(f"{table} {size:,}" for table, size in list(tables.items())[:3])
    detail = f"largest tables: {largest}; {fit:,} books fit into {memory / 1e9:.1f} GB of {escape(name)}"
    detail += f"; {GPU_BOOKS[-1]:,} take {GPU_BOOKS[-1] * each / 1e9:.1f} GB"
    report.row("memory of a small book on a GPU", f"{each:,} B", detail)
    figures = {"bytes_a_book": each, "books_that_fit": fit, "table_bytes": tables}
    report.keep("capacity", figures, {"device": name, "memory_bytes": memory, "simulated": SIMULATED})


def report_count(report: Report, count: int, messages: int) -> None:
    """Add the row and the figures of so many books."""
    flows, device = flow_rows(count), DeviceBooks(Books(count))
    device.step(flows, 1)
    compiled_s = device.seconds
    device.step(flows, messages)
    rate = count * messages / device.seconds
    alone, one = Books(ALONE), flow_rows(ALONE)
    alone.step(one, 1)
    processor = ALONE * messages * 1e9 / time_ns(alone.step, one, messages)
    figure = "-" if SIMULATED else f"{rate / 1e6:,.1f} M/s"
    speed = "simulated, speed not measured" if SIMULATED else f"messages; {rate / processor:,.1f}x one core"
    report.row(f"{count:,} books on a GPU", figure, f"{speed}; {device.repeated} books equal to the processor's")
    figures = {"messages_a_second": rate, "one_core": processor, "first_run_s": compiled_s, "simulated": SIMULATED}
    parameters = {"books": count, "messages": messages, "device": device_memory()[0], **device_versions()}
    report.keep(f"{count} books", figures, parameters)


def device_versions() -> dict[str, Any]:
    """Driver, and packages for the GPU."""
    names = {one.metadata["Name"]: one.version for one in distributions()}
    packages = {name: text for name, text in names.items() if name.startswith(("numba-cuda", "nvidia-", "cuda-"))}
    return {"driver": DRIVER.read_text().splitlines()[0] if DRIVER.exists() else "", "packages": packages}
