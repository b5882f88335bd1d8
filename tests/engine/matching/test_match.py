"""Price-time matching: who trades first, at which price, and what becomes of the rest (MATCH-, TIF-001 to TIF-004)."""

import pytest

from exchange.limits import STEP_EVENTS
from tests.played import play


@pytest.mark.rule("MATCH-001", "MATCH-002")
def test_the_best_price_trades_first_and_of_one_price_the_oldest_order() -> None:
    market = play("N t S12@98", "a B5@99; b B5@100; c B5@100")
    assert market.text == "ACK t; TRD b t 5@100; TRD c t 5@100; TRD a t 2@99"


@pytest.mark.rule("MATCH-001")
def test_matching_stops_at_the_aggressor_s_limit() -> None:
    assert play("N t B9@101", "a S3@100; b S3@101; c S3@102").text == "ACK t; TRD a t 3@100; TRD b t 3@101; RST t 3@101"


@pytest.mark.rule("MATCH-003")
def test_a_part_fill_keeps_its_place() -> None:
    assert play("N t B2@100; N u B4@100", "a S5@100; b S5@100").events[1::2] == ["TRD a t 2@100", "TRD a u 3@100"]


@pytest.mark.rule("TIF-001", "TIF-002", "TIF-004", "MATCH-004")
@pytest.mark.parametrize(
    ("order", "answer"),
    [
        ("B5@100", "TRD a t 3@100; RST t 2@100"),
        ("B5@100 ioc", "TRD a t 3@100; CXL t 2 IOC"),
        ("B5@100 fok", "CXL t 5 FOK"),
        ("B5@100 min=4", "CXL t 5 MINQTY"),
        ("B5@100 min=3", "TRD a t 3@100; RST t 2@100"),
        ("B3@100 fok", "TRD a t 3@100"),
    ],
)
def test_what_is_left_rests_or_leaves_as_the_order_says(order: str, answer: str) -> None:
    assert play(f"N t {order}", "a S3@100; b S9@101").text == f"ACK t; {answer}"


@pytest.mark.rule("ICE-002")
def test_an_iceberg_shows_its_next_slice_behind_the_others() -> None:
    market = play("N t B9@100", "a S9@100 disp=3; b S4@100")
    assert market.text == "ACK t; TRD a t 3@100; RFR a vis=3; TRD b t 4@100; TRD a t 2@100"


@pytest.mark.rule("MATCH-002", "INV-020")
def test_more_fills_than_the_event_buffer_takes_come_out_in_the_same_order() -> None:
    before = "; ".join(f"o{number} S1@{100 + number % 3}" for number in range(STEP_EVENTS + 9))
    short = play("N t B99@102", before, capacity=STEP_EVENTS)
    assert short.events == play("N t B99@102", before).events and len(short.events) == STEP_EVENTS + 11
