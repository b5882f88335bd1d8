"""Answers of the engine to what a scenario expects."""

from tests.conformance.engine_house.scenes import outcome_of, play


def test_books_orders_and_positions_answer_from_the_state() -> None:
    play(
        """fees on
trade A buys 4 H100.G90.F27 @2815 from B
order o1 A sells 1 H100.G90.F27 @2900
10:05 expect mark H100.G90.F27 2815
expect settle H100.G90.F27 2810 SEED unflagged
expect state H100.G90.F27 LISTED
expect state H100.G90.F30 NONE
expect phase H100.G90.F27 OPEN
expect position B H100.G90.F27 -4 sum -11260
expect position A H100.G90.G27 0
expect open H100.G90.F27 4
expect open H100.G90.F30 0
expect order o1 WORKING left 1
expect account A OPEN
expect equity A 999999994048
expect fees 5952
expect spotlimit H100.F27 500
"""
    )


def test_what_is_not_listed_has_no_answer() -> None:
    lines = ["mark H100.G90.F30 1", "limits H100.G90.F30 1..2", "settle H100.G90.F27-G27 0", "phase H100.G90.F30 OPEN"]
    outcome, _ = outcome_of("".join(f"expect {line}\n" for line in [*lines, "order o9 GONE"]))
    assert [one.actual.split()[-1] for one in outcome.failures] == ["none"] * 5
