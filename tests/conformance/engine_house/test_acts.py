"""Acts of operators in scenarios: prints, blocks, adjustments."""

import pytest

from tests.conformance.engine_house.scenes import play


@pytest.mark.rule("LIMIT-006", "SETTLE-011")
def test_blocks_book_both_sides_and_adjustments_name_a_settlement() -> None:
    play(
        """block A buys 4 H100.G90.F27 @2810 from B -> refused BAD_LOT
block A buys 5 H100.G90.F27 @2810 from B
expect position A H100.G90.F27 5 sum 14050
adjust 2026-11-16 H100.G90.F27 A 10 B -10 -> refused UNKNOWN
close
adjust 2026-11-16 H100.G90.F27 A 10 B -9 -> refused UNBALANCED
adjust 2026-11-16 H100.G90.F27 A 10 B -10
expect cash A 10
"""
    )


@pytest.mark.rule("INDEX-002")
def test_a_print_that_noon_has_taken_is_frozen() -> None:
    play(
        """index H100.G90 2026-11-16 2900 now -> refused EARLY
day 2026-11-17
index H100.G90 2026-11-16 2900 now
12:30 expect index H100.G90 2026-11-16 2900 PRINT
12:31 index H100.G90 2026-11-16 2901 now -> refused FROZEN
"""
    )
