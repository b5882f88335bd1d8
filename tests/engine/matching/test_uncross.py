"""The uncross: books that come to OPEN trade at one price, pair by pair, one book after the other (AUC-011)."""

import pytest

from exchange.limits import STEP_EVENTS
from tests.played import play


@pytest.mark.rule("AUC-010", "AUC-011")
def test_all_trade_at_one_price_the_best_first_and_of_one_price_the_oldest() -> None:
    market = play("U", "ST preopen; a B2@102; b B2@103; c B2@102; x S3@100; y S2@101", "ref=100")
    assert market.events[0].startswith("UNX 5@") and market.events[-1] == "STA open"
    assert [event.split()[1:3] for event in market.events[1:-1]] == [["b", "x"], ["a", "x"], ["a", "y"], ["c", "y"]]
    assert len({event.split("@")[1] for event in market.events[1:-1]}) == 1


@pytest.mark.rule("AUC-012")
def test_an_iceberg_trades_what_it_shows_before_what_it_hides() -> None:
    market = play("U", "ST preopen; a B10@100 disp=3; c B10@100 disp=2; b B4@100; x S12@100", "ref=100")
    trades = [event for event in market.events if event.startswith("TRD")]
    assert trades == ["TRD a x 3@100", "TRD c x 2@100", "TRD b x 4@100", "TRD a x 3@100"]
    assert market.events[-3:] == ["RFR a vis=3", "RFR c vis=2", "STA open"]


@pytest.mark.rule("AUC-013")
def test_books_uncross_one_after_the_other_before_the_state_changes() -> None:
    market = play("U", "ST preopen; a B1@102; b S1@100; c M2 B1@92; d M2 S1@90", "ref=100 ref.M2=91")
    assert [event.split()[0] for event in market.events] == ["UNX", "TRD", "UNX", "TRD", "STA"]


@pytest.mark.rule("AUC-011", "INV-020")
def test_an_uncross_of_many_pairs_comes_out_whole_through_a_short_buffer() -> None:
    orders = "; ".join(f"b{number} B1@{101 + number % 3}; s{number} S1@{99 - number % 2}" for number in range(30))
    line = ("U", f"ST preopen; {orders}", "ref=100")
    assert play(*line, STEP_EVENTS).events == play(*line).events
