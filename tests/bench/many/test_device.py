"""Books on a GPU, simulated: equal to the processor's, and a difference is an error."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from bench.many import device
from bench.many.books import Books, flow_rows, join_rows
from bench.many.device import BookDifference, DeviceBooks, check_device, compare
from exchange.errors import UserError
from tests.bench.many.test_play import orders
from tests.source_tree import ROOT

COUNT, MESSAGES = 4, 300


@pytest.mark.rule("SCALE-068", "GPU-003", "GPU-004", "GPU-008")
def test_simulated_books_are_those_of_the_compiled_kernels() -> None:
    """The simulator runs every kernel as plain Python, in a process that compiles nothing."""
    environment = {**os.environ, "NUMBA_ENABLE_CUDASIM": "1", "NUMBA_DISABLE_JIT": "1"}
    command = [sys.executable, "-W", "ignore", "-m", "tests.bench.many.device_run", str(COUNT), str(MESSAGES)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    stepped, played = Books(COUNT), Books(COUNT)
    assert found["step"] == stepped.step(flow_rows(COUNT), MESSAGES)["event_hash"].tolist()
    rows = join_rows([orders(book, 10) for book in range(COUNT)], int(played.states["sequence"][0]))
    assert found["play"] == played.play(*rows)["event_hash"].tolist()
    other_flow, stopped = found["errors"]
    assert other_flow.startswith("book 0: results on the GPU differ from the processor's in ")
    assert stopped == "book 1 has stopped on the GPU: an index out of bounds, or another error"


def test_a_difference_names_book_and_fields() -> None:
    one, other = Books(2), Books(2)
    compare(np.array([7, 9]), one, other)
    other.states["trade_id"][1] = 5
    with pytest.raises(BookDifference, match=r"book 9: states on the GPU differ from the processor's in trade_id$"):
        compare(np.array([7, 9]), one, other)
    one.streams["word"][0] = 5
    with pytest.raises(BookDifference, match=r"book 7: streams .* word$"):
        compare(np.array([7, 9]), one, other)


def test_without_a_package_for_gpus_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "check_package", _no_package)
    with pytest.raises(UserError, match="books on a GPU needs numba_cuda, extra gpu"):
        DeviceBooks(Books(1))


def _no_package(asks: str, package: str, extra: str) -> None:
    raise UserError(f"{asks} needs {package}, extra {extra}")


def test_compiled_kernels_are_not_simulated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "SIMULATED", True)
    with pytest.raises(UserError, match="set NUMBA_DISABLE_JIT=1 too"):
        check_device()
