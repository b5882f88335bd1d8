"""The collar of an auction: extended while its price lies too far off, then opened by an operator (AUC-014)."""

import pytest

from tests.played import play

FAR = "ST preopen; a B5@115; b S5@112"
PARAMETERS = "ref=100 collar=10"


@pytest.mark.rule("AUC-014")
def test_a_price_beyond_the_collar_extends_the_auction_of_its_book_alone() -> None:
    market = play("U", f"{FAR}; c M2 B1@100; d M2 S1@100", "ref=100 ref.M2=100 collar=10")
    assert market.text == "STA reserved; UNX 1@100 imb=0; TRD c d 1@100; STA open"
    assert market.state.guards[1].reopen_ns > 0


@pytest.mark.rule("AUC-014")
def test_an_auction_that_comes_back_inside_opens() -> None:
    market = play("U; N c S5@105; U", FAR, PARAMETERS)
    assert market.events[-3:] == ["UNX 5@105 imb=0", "TRD a c 5@105", "STA open"]


@pytest.mark.rule("AUC-014")
def test_when_extensions_are_used_up_an_operator_opens_the_book_at_the_edge_of_the_collar() -> None:
    before = "ST preopen; a B9@115; b S5@105"
    waiting = play("U; U; U", before, PARAMETERS)
    assert "TRD" not in waiting.text and waiting.state.guards[1].reopen_ns == 0, "no timer ends it"
    assert play("U; U; U; UC", before, PARAMETERS).events[-3:] == ["UNX 5@110 imb=4", "TRD a b 5@110", "STA open"]


@pytest.mark.rule("AUC-014")
def test_without_a_collar_any_price_opens() -> None:
    assert "TRD a b 5@112" in play("U", FAR, "ref=100").events
