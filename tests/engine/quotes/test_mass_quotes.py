"""Mass quotes: what a stated side does to the old one, and what the reply says of both (QUOTE-003 to QUOTE-008)."""

import pytest

from exchange.codes import CommandKind, EventKind, QuoteState
from tests.played import play

OLD = "MQ mm M1:5@99/5@101"


@pytest.mark.rule("QUOTE-003", "QUOTE-004", "QUOTE-005")
@pytest.mark.parametrize(
    ("sides", "answer"),
    [
        ("5@99/5@101", "RPL mm.M1b keep; RPL mm.M1a keep"),
        ("3@99/5@101", "RPL mm.M1b keep; RPL mm.M1a keep"),
        ("6@99/5@101", "RPL mm.M1b lose; RPL mm.M1a keep; RST mm.M1b 6@99"),
        ("5@98/5@101", "RPL mm.M1b lose; RPL mm.M1a keep; RST mm.M1b 5@98"),
        ("0@0/5@101", "CXL mm.M1b 5 USER; RPL mm.M1a keep"),
        ("0@0/0@0", "CXL mm.M1b 5 USER; CXL mm.M1a 5 USER"),
    ],
    ids=["the same", "fewer lots", "more lots", "another price", "one side removed", "both removed"],
)
def test_a_side_that_is_stated_again_keeps_or_loses_its_place(sides: str, answer: str) -> None:
    assert play(f"MQ mm M1:{sides}", OLD).text == answer


@pytest.mark.rule("QUOTE-007")
def test_both_sides_leave_before_one_enters_so_that_a_quote_never_meets_itself() -> None:
    market = play("MQ mm M1:5@101/5@103", OLD)
    assert market.text == "RPL mm.M1b lose; RPL mm.M1a lose; RST mm.M1b 5@101; RST mm.M1a 5@103"


@pytest.mark.rule("QUOTE-002")
def test_an_entry_that_is_refused_leaves_its_old_quote_and_the_other_entries_alone() -> None:
    market = play("MQ mm M1:5@99/5@99 M2:1@95/1@97", OLD)
    assert market.text == "REJ mm#0 CROSSED_QUOTE; ACK mm.M2b; RST mm.M2b 1@95; ACK mm.M2a; RST mm.M2a 1@97"
    assert market.book().best.all(), "the old quote of M1 stands"


@pytest.mark.rule("QUOTE-008")
def test_the_reply_says_what_became_of_each_side() -> None:
    sides = {"bid_tick": 99, "bid_lots": 6, "ask_tick": 101, "ask_lots": 0}
    events = play("-", "MQ mm M1:5@99/5@101").send(CommandKind.QUOTE, instrument=1, **sides)
    (quoted,) = (event for event in events if event.kind == EventKind.QUOTE_ACCEPTED)
    assert (QuoteState(quoted.bid_state), QuoteState(quoted.ask_state)) == (QuoteState.ENTERED, QuoteState.REMOVED)
