"""The decorator of kernels: where compiled code is kept, and how Python calls it."""

import importlib
import sys

import pytest

import exchange.kernel
from exchange.compiler import JIT
from exchange.kernel import (
    EDGE,
    ENGINE,
    RESEARCH,
    bind,
    cache_folder,
    kernel,
    kernel_sources,
    part_of,
    source_hash,
    sources_of,
)
from exchange.machine import row_at
from exchange.records import COMMAND, blank_rows
from tests.source_tree import ROOT, kernel_files, kernels_of, sources


@kernel
def _sequence_of(rows, index):
    return row_at(rows, index).sequence


@pytest.mark.rule("SEC-013")
def test_only_the_owner_may_enter_the_folder_of_compiled_code() -> None:
    assert JIT, "the suite runs compiled"
    assert cache_folder().stat().st_mode & 0o777 == 0o700


def test_folder_of_compiled_code_is_named_by_what_it_was_compiled_from() -> None:
    assert source_hash()[:16] in cache_folder().name
    names = {path.name for path in kernel_sources()}
    assert {
        "apply.py",
        "levels.py",
        "margin.py",
        "records.py",
        "limits.py",
        "kernel.py",
        "machine.py",
        "compiler.py",
    } <= names


def test_kernels_at_the_edge_have_a_folder_of_their_own() -> None:
    """A change of one of them compiles nothing of the engine again."""
    assert cache_folder(EDGE).name.startswith("edge-") and cache_folder(EDGE).parent == cache_folder().parent
    beyond_the_engine = {path for path in kernel_files().values() if path not in kernel_sources()}
    assert beyond_the_engine <= set(sources_of(EDGE))
    assert {"words.py", "row_values.py"} <= {path.name for path in sources_of(EDGE)}, "constants of kernels"


def test_kernels_of_research_and_of_users_have_a_folder_of_their_own() -> None:
    """Its name covers what they call: an edited callee is never stale, and the engine stays compiled."""
    assert cache_folder(RESEARCH).name.startswith("research-")
    assert len({cache_folder(part) for part in (ENGINE, EDGE, RESEARCH)}) == 3
    modules = ("exchange.engine.apply", "exchange.gateway.inbound.rows", "bench.flows.flow_book", "__main__", __name__)
    assert [part_of(module) for module in modules] == [ENGINE, EDGE, RESEARCH, RESEARCH, RESEARCH]
    of_bench = {path for path in sources().values() if path.is_relative_to(ROOT / "bench") and kernels_of(path)}
    assert of_bench and of_bench <= set(sources_of(RESEARCH))
    assert not set(sources_of(RESEARCH)) & set(kernel_sources())


def test_a_bound_kernel_does_what_the_kernel_does() -> None:
    rows = blank_rows(COMMAND, 3)
    rows["sequence"] = 7, 8, 9
    bound = bind(_sequence_of, rows, 0)
    assert [bound(rows, index) for index in range(3)] == [7, 8, 9]
    with pytest.raises(IndexError):
        bound(rows, 3)


@pytest.mark.rule("GPU-008", "GPU-009")
def test_nothing_asks_for_a_gpu_before_it_is_used() -> None:
    importlib.import_module("bench.many.device")
    assert exchange.kernel.cuda is None and "numba_cuda" not in sys.modules
