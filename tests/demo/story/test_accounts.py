"""Statements explain cash without a gap, and what is wrong with money or positions is named."""

from pathlib import Path

import pytest

from exchange.demo.story.accounts import Explained, faults_of
from exchange.wire.messages import StatementView
from tests.gateway.harness import Bench


def view(day: str, opening: int, closing: int, **parts: int) -> StatementView:
    fields = {"variation": 0, "fees": 0, "delivery": 0, "moved": 0, "adjusted": 0} | parts
    return StatementView(day, *fields.values(), opening, closing, 0)


@pytest.mark.rule("SETTLE-013")
def test_statements_of_all_days_add_up_to_the_cash() -> None:
    explained = Explained()
    assert explained.add(view("2026-11-02", 0, 1_000, moved=1_000)) is None
    assert explained.add(view("2026-11-03", 1_000, 940, variation=-50, fees=-10)) is None
    assert explained.closing == 940 == sum(explained.parts.values())
    assert explained.days == [("2026-11-02", 1_000), ("2026-11-03", 940)]


@pytest.mark.rule("SETTLE-013")
def test_a_statement_that_does_not_continue_or_does_not_add_up_is_named() -> None:
    explained = Explained()
    explained.add(view("2026-11-02", 0, 1_000, moved=1_000))
    assert "the day before closed with 1000" in str(explained.add(view("2026-11-03", 999, 999)))
    assert "do not explain 990" in str(explained.add(view("2026-11-04", 999, 990, fees=-8)))


@pytest.mark.rule("INV-018")
def test_money_and_positions_that_do_not_sum_to_zero_are_named(tmp_path: Path) -> None:
    with Bench(str(tmp_path)) as bench:
        states = bench.venue.states
        assert not list(faults_of(states))
        states["accounts"]["cash_mills"][0, 1] += 5
        states["house_mills"][0, 3] += 2
        states["positions"]["lots"][0, 1], states["positions"]["book"][0, 1] = 3, 1
        states["used_positions"] = 1
        assert list(faults_of(states)) == [
            "the ledger sums to 7 mills, gains to 0",
            "the house keeps 2 mills of VARIATION",
            "positions of book 1 sum to 3 lots, open values to 0",
        ]
