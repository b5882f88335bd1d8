"""Stops in an uncross: held-up ones join first, then those that its price elects, until none is left (AUC-009)."""

import pytest

from tests.played import play


@pytest.mark.rule("AUC-009")
def test_stops_that_the_price_elects_join_before_the_price_is_final() -> None:
    before = "ST preopen; a B5@102; b S5@102; c S1@110 stop=105; d B1@91 stop=102; e S1@111 stop=102"
    market = play("U", before, "ref=100")
    assert [event for event in market.events if event.startswith("TRG")] == ["TRG c", "TRG d", "TRG e"]


@pytest.mark.rule("AUC-009", "AUC-001")
def test_an_indicative_price_has_its_stops_included_and_changes_nothing() -> None:
    before = "SS paused; a B9@103; b S5@100; s B9@112 stop=102; z S9@108"
    market = play("IOP; IOP; U", before, "ref=100 ltp=100 pp=20")
    assert market.events[:4] == ["IOP 9@108 imb=-5", "IOP 9@108 imb=-5", "TRG s", "RST s 9@112"]
    assert market.events[4] == "UNX 9@108 imb=-5"


@pytest.mark.rule("AUC-009", "AUC-013")
def test_a_book_that_is_not_crossed_elects_nothing() -> None:
    market = play("U", "ST preopen; a B5@99; b S5@101; s B1 stop=100", "ref=100 ltp=98")
    assert market.text == "STA open" and market.order("s").resting == 0
