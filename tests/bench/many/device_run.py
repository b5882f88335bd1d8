"""Runs books on numba's CUDA simulator and prints what became of them; `test_device.py` starts it in a process."""

import json
import sys

import numpy as np
from rich.table import Table

from bench.many.books import Books, flow_rows, join_rows
from bench.many.device import BookDifference, DeviceBooks
from bench.many.questions import run_gpu
from bench.record import Report
from tests.bench.many.test_play import orders


def main(count: int, messages: int) -> dict[str, object]:
    """Event hashes by book after steps and after recorded rows, errors of two runs with a fault, and the report of a
    quick `gpux bench gpu`.
    """
    books = Books(count)
    stepped, played = DeviceBooks(books, repeated=2), DeviceBooks(books, repeated=2)
    stepped.step(flow_rows(count), messages // 2)
    hashes = stepped.step(flow_rows(count), messages - messages // 2)["event_hash"].tolist()
    rows = join_rows([orders(book, 10) for book in range(count)], int(books.states["sequence"][0]))
    errors = [processor_with_other_flow(books), stopped_book(stepped)]
    report = Report(True, Table("what", "figure", "detail"))
    run_gpu(report, "gpu")
    cells = [list(column.cells) for column in report.table.columns]
    bench = {"cells": cells, "figures": report.figures, "parameters": report.parameters}
    return {"step": hashes, "play": played.play(*rows)["event_hash"].tolist(), "errors": errors, "bench": bench}


def processor_with_other_flow(books: Books) -> str:
    """The error of a run that the processor repeats with another flow."""
    step = Books.step
    Books.step = lambda part, flows, messages: step(part, flow_rows(part.count, lots_max=1), messages)  # type: ignore[method-assign,misc]
    try:
        DeviceBooks(books, repeated=1).step(flow_rows(books.count), 3)
    except BookDifference as error:
        return str(error)
    finally:
        Books.step = step  # type: ignore[method-assign]
    return ""


def stopped_book(device: DeviceBooks) -> str:
    """The error of a run in which a thread has not come to its end."""
    device.results["done"][1] = 0
    try:
        device._compared(device._part(), np.size)
    except BookDifference as error:
        return str(error)
    return ""


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]))))
