"""Books on a GPU, simulated: equal to the processor's, and a difference is an error."""

import json
import os
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from bench.many import device
from bench.many.books import Books, flow_rows, join_rows
from bench.many.device import BookDifference, DeviceBooks, check_device, compare, device_memory
from bench.many.questions import SIMULATED_BOOKS
from exchange.errors import UserError
from tests.bench.many.test_play import orders
from tests.source_tree import ROOT

COUNT, MESSAGES = 4, 300


@pytest.fixture(scope="module", name="found")
def _found() -> dict[str, Any]:
    """What `device_run` prints. The simulator runs every kernel as plain Python, in a process that compiles nothing."""
    environment = {**os.environ, "NUMBA_ENABLE_CUDASIM": "1", "NUMBA_DISABLE_JIT": "1"}
    command = [sys.executable, "-W", "ignore", "-m", "tests.bench.many.device_run", str(COUNT), str(MESSAGES)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    printed: dict[str, Any] = json.loads(done.stdout)
    return printed


@pytest.mark.rule("SCALE-068", "GPU-001", "GPU-003", "GPU-004", "GPU-008")
def test_simulated_books_are_those_of_the_compiled_kernels(found: dict[str, Any]) -> None:
    stepped, played = Books(COUNT), Books(COUNT)
    assert found["step"] == stepped.step(flow_rows(COUNT), MESSAGES)["event_hash"].tolist()
    rows = join_rows([orders(book, 10) for book in range(COUNT)], int(played.states["sequence"][0]))
    assert found["play"] == played.play(*rows)["event_hash"].tolist()
    other_flow, stopped = found["errors"]
    assert other_flow.startswith("book 0: results on the GPU differ from the processor's in ")
    assert stopped == "book 1 has stopped on the GPU: an index out of bounds, or another error"


@pytest.mark.rule("GPU-005", "GPU-010")
def test_a_measurement_says_what_ran_it_and_what_a_book_takes(found: dict[str, Any]) -> None:
    """The quick `gpux bench gpu` of the simulator: capacity, and the smaller half of the numbers of books."""
    figures, parameters = found["bench"]["figures"], found["bench"]["parameters"]
    assert list(figures) == list(parameters) == ["capacity", f"{SIMULATED_BOOKS[0]} books"]
    assert figures["capacity"]["books_that_fit"] == 303_739 and figures["capacity"]["table_bytes"]["orders"] == 65_536
    measured, about = figures["2 books"], parameters["2 books"]
    assert measured["simulated"] is True and measured["messages_a_second"] > 0 < measured["one_core"]
    assert about["device"] == "a simulated GPU" and {"driver", "packages"} <= set(about)
    details = found["bench"]["cells"][2]
    assert "303,739 books fit into 80.0 GB" in details[0] and "65,536 take 17.3 GB" in details[0]
    assert details[1] == "simulated, speed not measured; 2 books equal to the processor's"


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


def test_without_a_device_the_toolkit_is_named_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "check_package", lambda *arguments: None)
    monkeypatch.setattr(device, "load_cuda", lambda: SimpleNamespace(is_available=lambda: False))
    with pytest.raises(UserError, match="no CUDA device and driver, or no CUDA toolkit"):
        check_device()


def test_the_device_has_a_name_and_its_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    context = SimpleNamespace(
        device=SimpleNamespace(name="NVIDIA H100"), get_memory_info=lambda: SimpleNamespace(free=1, total=85 * 10**9)
    )
    monkeypatch.setattr(device, "load_cuda", lambda: SimpleNamespace(current_context=lambda: context))
    assert device_memory() == ("NVIDIA H100", 85 * 10**9)


def _no_package(asks: str, package: str, extra: str) -> None:
    raise UserError(f"{asks} needs {package}, extra {extra}")


def test_compiled_kernels_are_not_simulated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "SIMULATED", True)
    with pytest.raises(UserError, match="set NUMBA_DISABLE_JIT=1 too"):
        check_device()
