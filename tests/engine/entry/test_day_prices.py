"""What the day's limits make of a price: inside, refused, to be parked, out of reach (BAND-004, STOP-009)."""

import pytest

from tests.played import play

LIMIT = "limit=20 ltp=100"  # 80 to 120


@pytest.mark.rule("BAND-004")
@pytest.mark.parametrize(
    ("order", "answer"),
    [
        ("B1@79 gtc", "ACK n; RST n 0@79"),
        ("S1@121 gtc", "ACK n; RST n 0@121"),
        ("B1@79 gtd=9", "ACK n; RST n 0@79"),
        ("B1@80", "ACK n; RST n 1@80"),
        ("B1@79", "REJ n BAND"),  # a DAY order will not see a day that covers it
        ("B1@121 gtc", "REJ n BAND"),  # it would trade at once on that day
        ("S1@79 gtc", "REJ n BAND"),
        ("M2 B1@0 gtc", "REJ n BAND"),  # a price that no outright may have
        ("SP B1@-30 gtc", "ACK n; RST n 0@-30"),
    ],
)
def test_an_order_behind_the_limits_is_parked_if_it_may_last(order: str, answer: str) -> None:
    assert play(f"N n {order}", parameters=LIMIT).text == answer


@pytest.mark.rule("BAND-004", "STOP-009")
@pytest.mark.parametrize(
    ("stop", "taken"),
    [("B1 stop=130 gtc", True), ("S1 stop=70 gtc", True), ("B1 stop=130", False), ("S1 stop=130 gtc", False)],
)
def test_a_trigger_that_no_print_of_the_day_reaches_waits_for_another_day(stop: str, taken: bool) -> None:
    assert play(f"N s {stop}", parameters=LIMIT).text == ("ACK s" if taken else "REJ s BAND")
