"""Continuous matching, self-match prevention, and what becomes of the remainder."""

import pytest

from exchange.codes import MarketState, StateReason
from exchange.reference.matching import breach, executed_by
from tests.reference.scenario import events, run

OWN = "a S1@100 smp=K; b S1@101 acct=Q"


@pytest.mark.rule("MATCH-001", "MATCH-002", "MATCH-004")
def test_an_aggressor_takes_the_best_price_first_and_its_remainder_rests_at_its_limit() -> None:
    assert events("N t B9@102", "a S3@102; b S2@101; c S1@101") == [
        *("ACK t", "TRD b t 2@101", "TRD c t 1@101", "TRD a t 3@102", "RST t 3@102")
    ]


@pytest.mark.rule("ICE-002", "ICE-003")
def test_hidden_lots_of_a_price_trade_before_the_next_price() -> None:
    assert events("N t B4@102", "i S3@101 disp=1; a S1@101; b S5@102") == [
        *("ACK t", "TRD i t 1@101", "RFR i vis=1", "TRD a t 1@101"),
        *("TRD i t 1@101", "RFR i vis=1", "TRD i t 1@101"),
    ]


@pytest.mark.rule("TIF-001", "TIF-002", "TIF-004")
@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ("ioc", ["TRD a t 3@100", "CXL t 2 IOC"]),
        ("fok", ["CXL t 5 FOK"]),
        ("min=4", ["CXL t 5 MINQTY"]),
        ("min=3", ["TRD a t 3@100", "RST t 2@100"]),
    ],
)
def test_terms_of_entry_decide_what_executes_and_what_is_left(terms: str, expected: list[str]) -> None:
    assert events(f"N t B5@100 {terms}", "a S3@100") == ["ACK t", *expected]


@pytest.mark.rule("TIF-003")
def test_what_would_execute_is_found_without_a_trace() -> None:
    market, _ = run(before="a S3@100; b S2@101; x B9@90")
    taker = list(market.orders.values())[-1]
    taker.price = 101
    assert executed_by(market, taker) == 5
    assert (taker.leaves_lots, market.trades, len(market.orders)) == (9, 0, 3)


@pytest.mark.rule("PRO-001", "PRO-005", "PRO-007")
def test_a_pro_rata_level_is_shared_in_one_pass_then_icebergs_refresh() -> None:
    level = "a S6@100; b S3@100; c S9@100 disp=3"
    assert events("N t B4@100", level, "algo=prorata top=0") == ["ACK t", "TRD a t 4@100"]
    assert events("N t B13@100", level, "algo=prorata top=0") == [
        *("ACK t", "TRD a t 6@100", "TRD b t 3@100", "TRD c t 3@100", "RFR c vis=3", "TRD c t 1@100")
    ]


@pytest.mark.rule("BAND-006", "BAND-007", "BAND-008")
def test_a_velocity_breach_reserves_the_market_or_cancels_the_remainder() -> None:
    book, window = "a S3@100; b S3@110", "vel=5 ltp=100"
    assert events("N t B5@120", book, window) == ["ACK t", "TRD a t 3@100", "STA reserved", "RST t 2@120"]
    assert events("N t B5@120 ioc", book, window) == ["ACK t", "TRD a t 3@100", "CXL t 2 VELOCITY"]


@pytest.mark.rule("BAND-010")
def test_a_breach_of_the_breaker_reserves_the_market_whatever_becomes_of_the_remainder() -> None:
    assert events("N t B5@120 ioc", "a S3@100; b S3@110", "dcb=5 ltp=100") == [
        *("ACK t", "TRD a t 3@100", "CXL t 2 VELOCITY", "STA reserved")
    ]


@pytest.mark.rule("BAND-008")
def test_a_breach_of_the_lead_month_reserves_its_group_and_quotes_leave() -> None:
    market, found = run("N t B5@120", "a S3@110; MQ mm M2:1@90/1@120", "vel=5 ltp=100")
    assert found == ["ACK t", "STA reserved", "CXL mm.M2b 1 VELOCITY", "CXL mm.M2a 1 VELOCITY", "RST t 5@120"]
    assert market.market_state(2) == MarketState.RESERVED
    alone, found = run("N t B5@120", "a S3@110; MQ mm M2:1@90/1@120", "vel=5 ltp=100 lead=0")
    assert found == ["ACK t", "STA reserved", "RST t 5@120"]
    assert (alone.market_state(1), alone.market_state(2)) == (MarketState.RESERVED, MarketState.OPEN)


@pytest.mark.rule("BAND-009")
def test_one_breach_of_linked_prints_blocks_all() -> None:
    market, found = run("N t SP B1@30", "k M2 B1@98; f M1 S1@120", "imp=1 vel=9 ltp=100 ltp.M2=100")
    assert found == ["ACK t", "STA reserved", "RST t 1@30"]
    assert market.trades == 2, "those that made the last prices"
    assert market.market_state(3) == MarketState.RESERVED


@pytest.mark.rule("BAND-005")
def test_own_orders_are_dealt_with_before_a_print_is_tested() -> None:
    found = events("N t B1@120 smp=K", "a S1@110 smp=K", "vel=5 ltp=100")
    assert found == ["ACK t", "CXL a 1 SMP", "RST t 1@120"]


@pytest.mark.rule("BAND-005")
def test_a_print_is_tested_against_the_last_price_or_the_settlement() -> None:
    market, _ = run(parameters="vel=5 velwin=10")
    assert [breach(market, 1, price) for price in (105, 106)] == [StateReason.NONE, StateReason.VELOCITY]
    market.books[1].last_tick = 110
    assert breach(market, 1, 106) == StateReason.NONE


def test_nothing_trades_while_a_book_collects_orders() -> None:
    assert events("ST preopen; N t B1@101", "a S1@100") == ["STA preopen", "ACK t", "RST t 1@101"]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        pytest.param("CR", ["CXL a 1 SMP", "TRD b t 1@101", "RST t 1@101"], marks=pytest.mark.rule("SMP-002")),
        pytest.param("CA", ["CXL t 2 SMP"], marks=pytest.mark.rule("SMP-003")),
        pytest.param("CB", ["CXL a 1 SMP", "CXL t 2 SMP"], marks=pytest.mark.rule("SMP-004")),
        pytest.param("DC", ["DEC a t 1", "TRD b t 1@101"], marks=pytest.mark.rule("SMP-005")),
    ],
)
def test_the_instruction_of_the_aggressor_decides(mode: str, expected: list[str]) -> None:
    assert events(f"N t B2@101 smp=K:{mode}", OWN) == ["ACK t", *expected]


@pytest.mark.rule("SMP-006")
def test_only_an_order_whose_turn_has_come_is_touched() -> None:
    assert events("N t B1@100 smp=K", "b S1@100 acct=Q; a S1@100 smp=K") == ["ACK t", "TRD b t 1@100"]


@pytest.mark.rule("SMP-005")
def test_a_decrement_takes_hidden_lots_first() -> None:
    assert events("N t B3@100 smp=K:DC; N u B9@100 acct=Q", "a S5@100 smp=K disp=2") == [
        *("ACK t", "DEC a t 3", "ACK u", "TRD a u 2@100", "RST u 7@100")
    ]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("CR", ["CXL a 1 SMP", "CXL c 2 SMP", "TRD b t 1@100", "RST t 1@100"]),
        ("DC", ["CXL a 1 SMP", "CXL c 2 SMP", "TRD b t 1@100", "RST t 1@100"]),
        ("CA", ["CXL t 2 SMP"]),
        ("CB", ["CXL a 1 SMP", "CXL c 2 SMP", "CXL t 2 SMP"]),
    ],
)
@pytest.mark.rule("SMP-007")
def test_a_pro_rata_book_takes_own_orders_out_before_it_shares_a_level(mode: str, expected: list[str]) -> None:
    level = "a S1@100 smp=K; b S1@100 acct=Q; c S2@100 smp=K"
    assert events(f"N t B2@100 smp=K:{mode}", level, "algo=prorata") == ["ACK t", *expected]
