"""INV-030: the work of a command is bounded by what it does, never by what rests; counted in lines, not in time."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# A probe of a fuller index, one more step of a bitmap.
SLACK_LINES = 100
LINES_A_COMMAND = 600
LINES_A_FILL = 650


@cache
def costs() -> dict[str, list[int]]:
    """What -> lines in a small book, in one with ten times the orders."""
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    command = [sys.executable, "-m", "tests.properties.work"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, list[int]] = json.loads(done.stdout)
    return found


@pytest.mark.rule("INV-030")
def test_ten_times_the_resting_orders_cost_a_command_nothing() -> None:
    dearer = {what: pair for what, pair in costs().items() if pair[1] > pair[0] + SLACK_LINES}
    assert not dearer


@pytest.mark.rule("INV-030")
def test_an_entry_or_cancel_costs_a_bounded_number_of_operations() -> None:
    single = {what: pair for what, pair in costs().items() if not what[0].isdigit()}
    assert single
    assert not {what: pair for what, pair in single.items() if max(pair) > LINES_A_COMMAND}


@pytest.mark.rule("INV-030")
@pytest.mark.parametrize("what", ["fills", "slices"])
def test_an_aggressor_costs_so_much_for_each_fill_and_slice(what: str) -> None:
    runs = {int(name.split()[0]): pair for name, pair in costs().items() if name.endswith(what)}
    assert len(runs) > 1
    for count, pair in runs.items():
        assert max(pair) <= LINES_A_COMMAND + count * LINES_A_FILL, (count, pair)
