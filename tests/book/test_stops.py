"""Stops that wait: which price elects one, in what order several go, what is left behind (STOP-001, STOP-005)."""

import pytest

from tests.played import play

OFFERS = "x S1@103; y S9@110"


@pytest.mark.rule("STOP-001")
@pytest.mark.parametrize(("trigger", "elected"), [(102, True), (103, True), (104, False)])
def test_a_print_elects_a_buy_at_its_trigger_or_above(trigger: int, elected: bool) -> None:
    market = play("N t B1@103", f"{OFFERS}; s B1 stop={trigger}", "ltp=100")
    assert ("TRG s" in market.events) == elected


@pytest.mark.rule("STOP-001")
@pytest.mark.parametrize(("trigger", "elected"), [(98, True), (97, True), (96, False)])
def test_a_print_elects_a_sell_at_its_trigger_or_below(trigger: int, elected: bool) -> None:
    market = play("N t S1@97", f"x B1@97; y B9@90; s S1 stop={trigger}", "ltp=100")
    assert ("TRG s" in market.events) == elected


@pytest.mark.rule("STOP-005")
def test_the_nearest_trigger_goes_first_and_of_one_trigger_the_oldest() -> None:
    stops = "far B1@90 stop=103; old B1@90 stop=101; new B1@90 stop=101; mid B1@90 stop=102"
    events = play("N t B1@103", f"{OFFERS}; {stops}", "ltp=100").events
    assert [event for event in events if event.startswith("TRG")] == ["TRG old", "TRG new", "TRG mid", "TRG far"]


@pytest.mark.rule("STOP-001")
def test_a_book_says_that_stops_wait_as_long_as_one_does() -> None:
    features = [int(play(messages, "s B1 stop=104; u S1 stop=90", "ltp=100").book().features) for messages in
                ("X s", "X s; X u")]  # fmt: skip
    assert features[0] != 0 and features[1] == 0
