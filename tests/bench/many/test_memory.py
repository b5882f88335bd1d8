"""Memory of many books: what a book takes, and how many fit into a GPU (GPU-005)."""

import pytest

from bench.many.memory import GPU_BYTES, book_bytes, books_that_fit, table_bytes
from exchange.engine.state import state_dtype
from exchange.limits import NAMED
from tests.source_tree import ROOT


@pytest.mark.parametrize("name", NAMED)
def test_the_tables_of_a_state_are_all_of_it(name: str) -> None:
    limits = NAMED[name]
    sizes = table_bytes(limits)
    assert sum(sizes.values()) == state_dtype(limits).itemsize < book_bytes(limits)
    tables = list(sizes.values())[:-1]
    assert tables == sorted(tables, reverse=True) and 0 <= sizes["rest"] < 2_000


@pytest.mark.rule("GPU-005")
def test_65_536_small_books_fit_into_a_gpu_of_80_gb() -> None:
    assert books_that_fit(NAMED["small"], GPU_BYTES) >= 65_536 and books_that_fit(NAMED["venue"], GPU_BYTES) < 200
    assert books_that_fit(NAMED["small"], 10 * book_bytes(NAMED["small"])) == 10 < GPU_BYTES


def test_the_readme_has_these_figures() -> None:
    text = (ROOT / "bench" / "README.md").read_text()
    for name, limits in NAMED.items():
        figures = (state_dtype(limits).itemsize, book_bytes(limits), books_that_fit(limits, GPU_BYTES))
        assert f"| `{name}` | " + " | ".join(f"{figure:,}" for figure in figures) + " |" in text
    assert f"65,536 small books take {65_536 * book_bytes(NAMED['small']) / 1e9:.1f} GB" in text
