"""Market states and auctions: SET_STATE, the indicative price, the uncross with the stops that join it, its collar."""

import pytest

from exchange.codes import CommandFlag, CommandKind, EventKind, MarketState, RejectReason, Side
from exchange.conformance.market import GROUP
from exchange.reference.auction import expected_book, set_state
from exchange.reference.rows import Command
from tests.reference.scenario import events, run

S = MarketState
CROSSED = "ST preopen; N a S3@99; N b B5@101"


@pytest.mark.rule("AUC-001")
def test_the_indicative_price_is_where_the_book_would_uncross() -> None:
    assert events(f"{CROSSED}; IOP")[-1] == "IOP 3@101 imb=2"
    assert events("ST preopen; IOP")[-1] == "IOP none"
    market, _ = run(f"{CROSSED}; IOP")
    assert market.books[1].indicative_tick == 101


@pytest.mark.rule("AUC-010", "AUC-011", "AUC-013")
def test_an_uncross_trades_at_one_price_then_the_market_is_open() -> None:
    assert events(f"{CROSSED}; N c B2@102; U")[-4:] == ["UNX 3@101 imb=4", "TRD c a 2@101", "TRD b a 1@101", "STA open"]


@pytest.mark.rule("AUC-012")
def test_icebergs_that_show_nothing_get_their_next_slice() -> None:
    found = events("ST preopen; N a S3@99; N b B9@101 disp=3; U")
    assert found[-4:] == ["UNX 3@101 imb=6", "TRD b a 3@101", "RFR b vis=3", "STA open"]


@pytest.mark.rule("AUC-015", "STOP-010")
def test_a_book_that_does_not_cross_opens_without_an_uncross() -> None:
    assert events("ST preopen; N s B1 stop=100; U", parameters="ltp=100")[-3:] == ["STA open", "TRG s", "RST s 1@110"]


@pytest.mark.rule("AUC-009", "TIF-004")
def test_stops_that_the_price_elects_join_and_the_price_is_computed_again() -> None:
    found = events("ST preopen; N a S3@99; N b B5@101; N s B2@103 stop=101; N m B2@103 stop=101 min=1; U")
    assert found[-8:] == [
        *("TRG s", "RST s 2@103", "TRG m", "CXL m 2 MINQTY"),
        *("UNX 3@101 imb=4", "TRD s a 2@101", "TRD b a 1@101", "STA open"),
    ]


@pytest.mark.rule("AUC-009", "AUC-014")
def test_an_expected_book_has_the_stops_that_would_join_and_changes_nothing() -> None:
    market, _ = run("ST preopen; N a S3@99; N b B5@101; N s B2@103 stop=101; N m B2@103 stop=101 min=1")
    expected = expected_book(market, 1)
    assert expected.levels(Side.BUY) == [(103, 2), (101, 5)]
    assert market.books[1].levels(Side.BUY) == [(101, 5)]
    assert [order.pending for order in market.orders.values()] == [False, False, True, True]


@pytest.mark.rule("AUC-014")
def test_a_price_beyond_the_collar_is_extended_twice_and_needs_a_command_then() -> None:
    found = events("ST preopen; N a S3@99; N b B5@104; U; U; U; UC", parameters="collar=2")
    # The group opens and its first book stays behind; then the book alone is asked to open.
    assert found[5:9] == ["STA reserved", "STA open", "STA reserved", "STA reserved"]
    assert found[9:] == ["UNX 3@102 imb=2", "TRD b a 3@102", "STA open"]


@pytest.mark.rule("AUC-014")
def test_a_book_that_was_paused_stays_paused() -> None:
    assert events("ST paused; N a S3@99; N b B5@104; U", parameters="collar=2")[-2:] == ["STA reserved", "STA open"]
    assert events("SS paused M1; N a S3@99; N b B5@104; SS open M1", parameters="collar=2")[-1] == "STA paused"


@pytest.mark.rule("AUC-014")
def test_a_book_that_is_crossed_after_its_uncross_begins_the_next_auction() -> None:
    crossed = "ST preopen; N a S9@99; N b B2@104; N c B3@100; U; U; U; UC"
    market, found = run(crossed, parameters="ref=106 collar=2")
    assert found[-3:] == ["UNX 2@104 imb=-7", "TRD b a 2@104", "STA reserved"]
    assert market.guards[1].extensions == 0


@pytest.mark.rule("STATE-001")
def test_a_change_is_reported_or_refused_with_the_state_in_force() -> None:
    market, _ = run()
    answers = []
    for state, flags in ((S.PREOPEN, 0), (S.PAUSED, 0), (S.PREOPEN, CommandFlag.FORCE), (99, CommandFlag.FORCE)):
        market.events = []
        market.command = Command(kind=CommandKind.SET_STATE, group=GROUP, market_state=state, flags=flags)
        set_state(market)
        answers += [(event.kind, event.reason, event.state) for event in market.events]
    refused, changed = EventKind.COMMAND_REFUSED, EventKind.STATE_CHANGED
    assert answers == [
        (refused, RejectReason.STATE, S.OPEN), (changed, 0, S.PAUSED),
        (changed, 0, S.PREOPEN), (refused, RejectReason.STATE, S.PREOPEN),
    ]  # fmt: skip


@pytest.mark.parametrize("fields", [{"group": 7}, {"instrument": 77}])
def test_a_group_or_book_that_is_not_listed_is_unknown(fields: dict[str, int]) -> None:
    market, _ = run()
    market.events = []
    market.command = Command(kind=CommandKind.SET_STATE, market_state=S.PAUSED, **fields)
    set_state(market)
    assert [event.reason for event in market.events] == [RejectReason.UNKNOWN_INST]


@pytest.mark.rule("STATE-001", "STATE-005")
def test_a_book_may_halt_alone_and_its_group_closes_it() -> None:
    assert events("SS halt M2; N a M2 B1@99; N b B1@99; SS open M2; N c M2 B1@99") == [
        *("STA halt", "REJ a STATE", "ACK b", "RST b 1@99", "STA open", "ACK c", "RST c 1@99")
    ]
    market, _ = run("SS halt M2; ST closed")
    assert {market.market_state(index) for index in market.books} == {S.CLOSED}


@pytest.mark.rule("TIF-009", "STOP-001")
def test_the_day_ends_with_closed() -> None:
    market, found = run("ST closed; SS closed M1", "a B1@98; b B1@97 gtc; c M2 B1@97", "ltp=100")
    assert found[:3] == ["CXL a 1 EXPIRED", "CXL c 1 EXPIRED", "STA closed"]
    assert market.books[1].last_tick is None
    alone, found = run("SS closed M1", "a B1@98; c M2 B1@97", "ltp=100")
    assert found == ["CXL a 1 EXPIRED", "STA closed"]
    assert (alone.market_state(1), alone.market_state(2)) == (S.CLOSED, S.OPEN)


@pytest.mark.rule("BAND-010")
def test_an_uncross_empties_the_windows() -> None:
    market, _ = run("ST preopen; U", "a S1@101; t B1@101")
    assert market.guards[1].velocity.prints == []


@pytest.mark.rule("COD-004")
def test_cancels_that_waited_follow_the_change_of_state() -> None:
    found = events("ST nocancel; D 1; ST preopen", "x B1@98 sess=1")
    assert found[-2:] == ["STA preopen", "CXL x 1 COD"]
