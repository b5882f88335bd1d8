"""Every expectation of the notation is read, and compared with an answer."""

from datetime import date

import pytest

from exchange.conformance.clearing.expectations import EXPECTATIONS, differences
from exchange.conformance.clearing.lines import ExpectLine
from exchange.conformance.clearing.notation import read_clearing

F27 = "H100.G90.F27"
# Text -> (an answer that is right, one that is not, what differs).
EXAMPLES: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    f"settle {F27} 2844 T1 flagged": (
        {"price": 2844, "settled": "T1", "flag": "flagged"},
        {"price": 2844, "settled": "T1", "flag": "unflagged"},
    ),
    f"mark {F27} 2850": ({"price": 2850}, {"price": None}),
    f"limits {F27} 2248..3372": ({"low_high": (2248, 3372)}, {"low_high": (2248, 3371)}),
    f"state {F27} LISTED": ({"life": "LISTED"}, {"life": "NONE"}),
    f"phase {F27}/I HALT": ({"phase": "HALT"}, {"phase": "OPEN"}),
    "cash A -3720": ({"mills": -3720}, {"mills": 0}),
    "balance A 0": ({"mills": 0}, {"mills": None}),
    "equity A 5": ({"mills": 5}, {"mills": 6}),
    f"position A {F27} 4 sum 11304": ({"lots": 4, "sum": 11_304}, {"lots": 4, "sum": 0}),
    f"open {F27} 4": ({"lots": 4}, {"lots": 5}),
    "order o1 GONE CASCADED left 2": (
        {"orderstate": "GONE", "why": "CASCADED", "left": 2},
        {"orderstate": "GONE", "why": "USER", "left": 2},
    ),
    "account A CLOSE_ONLY": ({"standing": "CLOSE_ONLY"}, {"standing": "OPEN"}),
    "call A 600960 due 23:00": ({"mills": 600_960, "due": 82_800}, {"mills": 600_960, "due": 0}),
    "margin A scan 2976000 total 2976000": (
        {"marginpart_mills": {"scan": 2_976_000, "intra": 7, "total": 2_976_000}},
        {"marginpart_mills": {"scan": 2_976_000}},
    ),
    f"whatif A -4 {F27} +6 {F27} total 5": ({"total": 5}, {"total": 6}),
    "statement A vm 74400 im 5": ({"entry_mills": {"vm": 74_400, "im": 5}}, {"entry_mills": {"vm": 74_400, "im": 6}}),
    "index H100.G90 2027-01-13 none MISSING": ({"taken": "none", "how": "MISSING"}, {"taken": "none", "how": "PRINT"}),
    "lotset L1 CERTIFIED G90 9084 until 2027-02-22": (
        {"lotstate": "CERTIFIED", "tier": "G90", "g": 9084, "until": date(2027, 2, 22)},
        {"lotstate": "CERTIFIED", "tier": "G90", "g": 9084, "until": date(2027, 2, 21)},
    ),
    "cdc c1 REGISTERED G85": ({"cdcstate": "REGISTERED", "tier": "G85"}, {"cdcstate": "REGISTERED", "tier": "G90"}),
    f"stock {F27} 8": ({"lots": 8}, {"lots": 0}),
    "spotlimit H100.F27 600": ({"lots": 600}, {"lots": 500}),
    "assigned c1 A|B": ({"accounts": "B"}, {"accounts": "C"}),
    "invoice c1 H 192 S 48 net 391152": (
        {"item_mills": {"H": 192, "S": 48, "net": 391_152, "gross": 1}},
        {"item_mills": {"H": 192, "S": 49, "net": 391_152}},
    ),
    "result c1 SHORTFALL": ({"outcome": "SHORTFALL"}, {"outcome": "FULFILLED"}),
    "flag A SPOT yes": ({"yesno": "yes"}, {"yesno": "no"}),
    "fund A 5": ({"mills": 5}, {"mills": 0}),
    **{f"{name} 5": ({"mills": 5}, {"mills": 4}) for name in ("fees", "sitg", "resold", "tearup")},
}


def line(text: str) -> ExpectLine:
    found = read_clearing(f"scenario A1 | | t\nexpect {text}", "t")[0].lines[0]
    assert isinstance(found, ExpectLine)
    return found


@pytest.mark.parametrize(("text", "answers"), EXAMPLES.items(), ids=[text.split()[0] for text in EXAMPLES])
def test_a_right_answer_has_no_difference_and_a_wrong_one_has_one(
    text: str, answers: tuple[dict[str, object], dict[str, object]]
) -> None:
    read = line(text)
    found = [len(differences(read.values, read.question, answer)) for answer in answers]
    assert found == [0, 1]


def test_every_expectation_has_an_example() -> None:
    assert {text.split()[0] for text in EXAMPLES} == EXPECTATIONS.keys()


def test_what_a_line_does_not_tell_is_not_compared() -> None:
    read = line(f"settle {F27} 2844")
    assert differences(read.values, read.question, {"price": 2844, "settled": "T3", "flag": "flagged"}) == []
    read = line("order o1 GONE")
    assert differences(read.values, read.question, {"orderstate": "GONE", "why": "USER"}) == []


def test_a_missing_index_value_is_expected_as_none() -> None:
    read = line("index H100.G90 2027-01-13 none MISSING")
    assert differences(read.values, read.question, {"taken": 2810, "how": "MISSING"}) == [("taken", "none", 2810)]
