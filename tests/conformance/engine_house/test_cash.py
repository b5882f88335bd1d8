"""Deposits, withdrawals and settlements that people give again."""

import pytest

from tests.conformance.engine_house.scenes import play


@pytest.mark.rule("SETTLE-011")
def test_a_settlement_that_is_published_stays_and_one_of_another_day_is_unknown() -> None:
    play(
        """settle 2026-11-16 H100.G90.F27 2811 -> refused UNKNOWN
settle 2026-11-14 H100.G90.F27 2811 -> refused UNKNOWN
settle 2026-11-15 H100.G90.F27 2811 -> refused FROZEN
close
settle 2026-11-16 H100.G90.F27 2811 -> refused FROZEN
settle 2026-11-16 H100.G90.F30 2811 -> refused UNKNOWN
expect settle H100.G90.F27 2810
"""
    )


def test_cash_is_counted_from_what_an_account_was_opened_with() -> None:
    play(
        """account A 100
deposit A 20
deposit A 0 -> refused BAD_QTY
withdraw A 121 -> refused RISK
withdraw A 50
expect cash A -30
expect balance A 70
expect cash Z 0
expect equity Z 1000000000000
"""
    )
