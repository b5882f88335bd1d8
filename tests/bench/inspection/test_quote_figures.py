"""Each entry of a mass quote has its own checks, with the state that the entries before it have left."""

from typing import Any

import pytest

from bench.inspection.quote_figures import FOUND_OF_QUOTE
from exchange.codes import CommandFlag, CommandKind
from tests.bench.inspection.commands import explain_last, found_by, verdicts

SIDES = {"bid_tick": 190, "bid_lots": 5, "ask_tick": 210, "ask_lots": 5}


def quote(**fields: int) -> dict[str, Any]:
    return {"kind": CommandKind.QUOTE, **SIDES, **fields}


@pytest.mark.rule("QUOTE-002")
@pytest.mark.parametrize(
    ("fields", "reason", "found"),
    [
        ({"account": 9}, "UNKNOWN_ACCOUNT", "account 9 is not defined"),
        ({"bid_lots": -1}, "BAD_QTY", "bid -1 lots, ask 5 lots; allowed 0 to "),
        ({"bid_tick": 210}, "CROSSED_QUOTE", "bid 0.210, ask 0.210"),
        ({"instrument": 3}, "UNKNOWN_INST", "instrument 3; listed 1 to 2"),
        ({"protection_number": 4}, "MMP", "the account has no protection group 4"),
        ({"ask_tick": 400}, "BAND", "bid 0.190, ask 0.400; daily limits 0.100 to 0.300, band 0.200 around 0.200"),
    ],
)
def test_the_check_that_refuses_an_entry_says_what_it_found(fields: dict[str, int], reason: str, found: str) -> None:
    explained = explain_last(quote(**fields))
    assert explained.verdict == f"refused: {reason}" and verdicts(explained)[reason] == "refused"
    assert found in found_by(explained)[reason]
    assert list(verdicts(explained).values()).count("refused") == 1
    assert set(verdicts(explained)) <= {one.abbreviation for one in FOUND_OF_QUOTE} | {"FULL"}


def test_entries_are_explained_one_by_one() -> None:
    more = {"flags": CommandFlag.MORE}
    found = explain_last(quote(**more), quote(instrument=2, ask_tick=400, **more), quote())
    assert [row.verdict for row in found.rows] == ["accepted", "refused: BAND", "refused: DUP_INST"]
    assert found.verdict == "1 of 3 entries accepted"
    books = [row.book["symbol"] for row in found.rows if row.book]
    assert books == ["BOOK-1", "BOOK-2", "BOOK-1"]
    assert found_by(found, 2)["DUP_INST"] == "entry 1 is for it" and found_by(found, 2)["BAD_COMBO"][:8] == "entry 3;"
    third = found.rows[2].book
    assert third and third["bids"] == [["0.190", 5]], "as the first entry has left it"
    kinds = [event["kind"] for event in found.events]
    assert kinds.count("ORDER_REJECTED") == 2 and kinds.count("QUOTE_ACCEPTED") == 1


@pytest.mark.rule("QUOTE-004")
def test_a_quote_that_keeps_its_place_meets_no_check_of_price_or_margin() -> None:
    risk = {"BAND", "CLOSE_ONLY", "POSITION", "RISK"}
    kept, moved = (verdicts(explain_last(quote(), quote(**more))) for more in ({"bid_lots": 4}, {"bid_lots": 6}))
    assert {reason for reason, verdict in kept.items() if verdict == "not made"} == risk | {"MMP"}
    assert {reason for reason, verdict in moved.items() if verdict == "not made"} == {"MMP"}


def test_a_protection_group_is_shown_with_what_it_covers() -> None:
    group = {
        "kind": CommandKind.MMP_SET, "protection_number": 4, "lots_max": 50, "window_ns": 10**9, "group": 0,
        "instrument": 0,
    }  # fmt: skip
    found = explain_last(group, quote(protection_number=4))
    text = "protection group 4 has not tripped and covers all product groups; the book is in 1"
    assert found.verdict == "accepted" and found_by(found)["MMP"] == text
