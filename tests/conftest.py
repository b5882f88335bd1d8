"""What every test shares: settings of random tests, and a guard against the outside network."""

import gc
import os
import socket
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any

import hypothesis
import pytest

from contracts_spec.instruments import instruments_on
from contracts_spec.load import load_spec
from contracts_spec.schema import Spec
from tests import one_day

# The first example of a run may wait for kernels to compile; a failing example prints how to repeat itself.
hypothesis.settings.register_profile(
    "gpux",
    deadline=None,
    print_blob=True,
    max_examples=20,  # of tests that say no number: all of `make test` has to end within minutes
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("gpux")

# What is shown does not depend on where tests run: a console keeps the width that it finds here when it is made.
for name in ("COLUMNS", "LINES", "FORCE_COLOR", "NO_COLOR"):
    os.environ.pop(name, None)

# Files that take longest begin first, so that at the end no process waits for another (`--no-loadscope-reorder`).
LONG = (
    "test_differential.py", "test_population.py", "test_curve_maker.py", "test_two_venues.py",
    "test_play.py", "test_kernel_inventory.py", "test_process.py", "test_converter.py",
)  # fmt: skip

LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run only simulated markets over several seeds (`make long`)")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The gate has a quarter of an hour: what is marked `long` runs with `--long` alone."""
    wanted = config.getoption("--long")
    left = [item for item in items if (item.get_closest_marker("long") is not None) != wanted]
    if left:
        config.hook.pytest_deselected(items=left)
        gone = set(left)
        items[:] = [item for item in items if item not in gone]
    items.sort(key=lambda item: item.path.name not in LONG)


def pytest_collection_finish() -> None:
    """A venue that starts collects garbage, and would look at eleven thousand tests each time, for seconds."""
    gc.collect()
    gc.freeze()


def pytest_configure(config: pytest.Config) -> None:
    """With JIT off hashes are NumPy scalars that wrap around on purpose. `exchange.kernel` has the same filter, but
    pytest has filters of its own."""
    if os.environ.get("NUMBA_DISABLE_JIT", "0") != "0":
        config.addinivalue_line("filterwarnings", "ignore:overflow encountered in scalar:RuntimeWarning")


@pytest.fixture(autouse=True, scope="session")
def _loopback_only() -> Iterator[None]:
    """Any attempt to leave this machine is a failure."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        outside = isinstance(address, tuple) and address[0] not in LOOPBACK
        assert not outside, f"a test connects to {address}: tests stay on loopback"
        connect(self, address)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield


@pytest.fixture(autouse=True, scope="session")
def _clocks_begin_on_one_day() -> Iterator[None]:
    """Venues of tests trade contracts that end: the real clock begins at noon of a Tuesday, whatever day it is."""
    with pytest.MonkeyPatch.context() as patch:
        one_day.begin(patch)
        yield


@pytest.fixture(autouse=True, scope="session")
def _catalogues_are_derived_once() -> Iterator[None]:
    """Venues that open on the same day share their specification and their list of instruments: both are values, and to
    derive them takes more than all else that opens a small venue."""
    load, known = cache(load_spec), dict[tuple[int, date], tuple[Spec, list[Any]]]()

    def listed(spec: Spec, day: date) -> list[Any]:
        key = id(spec), day
        if key not in known:
            known[key] = spec, instruments_on(spec, day)  # with its specification, so that no other gets its id
        return [*known[key][1]]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("exchange.venue.bootstrap.load_spec", load)
        patch.setattr("exchange.venue.bootstrap.instruments_on", listed)
        yield
