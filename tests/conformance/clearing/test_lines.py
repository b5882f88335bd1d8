"""The parsed form of a scenario."""

from exchange.conformance.clearing.notation import read_clearing


def test_a_scenario_knows_whether_it_asks_more_than_functions() -> None:
    head = "scenario A1 | SPEC-003 | a title\n"
    texts = ["calc hours H100.G90.F27 = 744", "config margin.covered_bp 1", "needs delivery", "close", "expect fees 0"]
    assert [read_clearing(head + text, "t")[0].asks_a_house for text in texts] == [False, False, True, True, True]
