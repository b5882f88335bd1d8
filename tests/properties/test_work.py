"""INV-030: the work of a command is bounded by what it does, never by what rests; counted in rows, not in time."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SLACK_ROWS = 16  # a probe more of a fuller index, one more step of a bitmap


@cache
def costs() -> dict[str, list[int]]:
    """What -> rows looked at in a small book, in one with ten times the orders."""
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    command = [sys.executable, "-m", "tests.properties.work"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, list[int]] = json.loads(done.stdout)
    return found


@pytest.mark.rule("INV-030")
def test_ten_times_the_resting_orders_cost_a_command_nothing() -> None:
    dearer = {what: pair for what, pair in costs().items() if pair[1] > pair[0] + SLACK_ROWS}
    assert costs() and not dearer


@pytest.mark.rule("INV-030")
def test_no_fill_or_slice_costs_more_than_those_before_it() -> None:
    """In the fuller book, where the fills end no price level: the end of one has a cost of its own."""
    fills = [costs()[f"{count} fills"][1] for count in (1, 2, 4, 8)]
    slices = [costs()[f"{count} slices"][1] for count in (1, 2, 4)]
    for rows in (fills, slices):
        each = [(more - fewer) / count for fewer, more, count in zip(rows, rows[1:], (1, 2, 4), strict=False)]
        assert each == sorted(each, reverse=True), "rows that each more fill or slice looks at"
