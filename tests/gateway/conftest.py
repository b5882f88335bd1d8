"""One venue for the tests of a module, unless a test needs its own."""

from collections.abc import Iterator

import pytest

from exchange.engine.warmup import warm_up
from exchange.limits import MEDIUM
from tests.gateway.harness import Bench


@pytest.fixture(autouse=True, scope="session")
def _compiled() -> None:
    """Kernels compile before any test that has a time limit."""
    warm_up(MEDIUM)


@pytest.fixture
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A fresh venue with one instrument and keys 1 to 3 for accounts 1 to 3."""
    with Bench(str(tmp_path_factory.mktemp("venue"))) as made:
        yield made
