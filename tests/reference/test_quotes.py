"""QUOTE: entries of a mass quote."""

import pytest

from exchange.codes import Side
from exchange.reference.quotes import QuotedSide, quote_words
from tests.reference.scenario import events, order, run

QUOTED = "MQ mm M1:5@99/5@101"


@pytest.mark.rule("QUOTE-001", "QUOTE-007")
def test_both_sides_are_acknowledged_and_rest_the_bid_before_the_ask() -> None:
    market, found = run(QUOTED)
    assert found == ["ACK mm.M1b", "RST mm.M1b 5@99", "ACK mm.M1a", "RST mm.M1a 5@101"]
    bid, ask = market.orders.values()
    assert (bid.client_order_id, ask.client_order_id) == (quote_words(Side.BUY, 1), quote_words(Side.SELL, 1))


@pytest.mark.rule("QUOTE-003", "QUOTE-004", "QUOTE-005")
def test_an_old_side_is_removed_keeps_its_place_or_leaves_before_a_new_one_enters() -> None:
    assert events("MQ mm M1:0@0/4@101", QUOTED) == ["CXL mm.M1b 5 USER", "RPL mm.M1a keep"]
    assert events("MQ mm M1:6@101/6@103", QUOTED) == [
        *("RPL mm.M1b lose", "RPL mm.M1a lose", "RST mm.M1b 6@101", "RST mm.M1a 6@103")
    ]


@pytest.mark.rule("QUOTE-002", "QUOTE-006")
@pytest.mark.parametrize(
    ("entries", "parameters", "expected"),
    [
        ("M1:10001@99/1@101", "-", "REJ mm#0 BAD_QTY"),
        ("M1:1@101/1@101", "-", "REJ mm#0 CROSSED_QUOTE"),
        ("M3:1@99/1@101", "iocm3=1", "REJ mm#0 IOC_ONLY"),
        ("M1:1@99/1@102", "tick=2", "REJ mm#0 OFF_TICK"),
        ("M1:9@98/1@102", "maxord=8", "REJ mm#0 BAD_LOT"),
        ("M1:1@98/1@106", "limit=5", "REJ mm#0 BAND"),
        ("M1:1@98/1@102", "closeonly=1", "REJ mm#0 CLOSE_ONLY"),
        ("M1:9@98/1@102", "maxpos=8", "REJ mm#0 POSITION"),
        ("M1:9@98/1@102", "cash=8", "REJ mm#0 RISK"),
    ],
)
def test_an_entry_is_refused_as_a_whole(entries: str, parameters: str, expected: str) -> None:
    assert events(f"MQ mm {entries}", parameters=parameters) == [expected]


@pytest.mark.rule("QUOTE-006")
def test_an_instrument_named_twice_is_refused_the_second_time() -> None:
    found = events("MQ mm M1:0@0/0@0 M1:1@98/1@102 M2:1@98/0@0")
    assert found == ["REJ mm#1 DUP_INST", "ACK mm.M2b", "RST mm.M2b 1@98"]


@pytest.mark.rule("QUOTE-008")
def test_stops_that_a_mass_quote_elects_are_injected_after_its_last_entry() -> None:
    found = events("MQ mm M1:2@101/0@0 M2:1@98/0@0", "a S1@101; s B1@105 stop=101")
    assert found == [
        *("ACK mm.M1b", "TRD a mm.M1b 1@101", "RST mm.M1b 1@101", "ACK mm.M2b", "RST mm.M2b 1@98"),
        *("TRG s", "RST s 1@105"),
    ]


@pytest.mark.rule("QUOTE-004")
def test_a_side_is_judged_before_anything_changes() -> None:
    old = order(1, Side.BUY, 99, 5)
    assert [QuotedSide(Side.BUY, 99, lots, old).changes for lots in (4, 5, 6)] == [False, False, True]
    removed, moved = QuotedSide(Side.BUY, 99, 0, old), QuotedSide(Side.BUY, 98, 2, old)
    assert (removed.leaves, removed.enters) == (True, False)
    assert (moved.leaves, moved.enters, moved.fresh) == (True, True, False)
    fresh = QuotedSide(Side.BUY, 99, 5, None)
    assert (fresh.leaves, fresh.enters, fresh.fresh) == (False, True, True)
