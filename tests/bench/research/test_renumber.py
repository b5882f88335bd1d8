"""Renumbered rows differ in their sequence alone."""

import numpy as np

from bench.research.renumber import renumber_rows
from exchange.engine.engine import blank_commands
from tests.bench.research.small_flow import small_flow


def test_only_sequences_change() -> None:
    rows, target = small_flow().commands, blank_commands(40)
    renumber_rows(rows, 100, 30, 7, target)
    expected = rows[100:130].copy()
    expected["sequence"] += 7
    assert target[:30].tobytes() == expected.tobytes()
    assert not target[30:].view(np.uint8).any()
