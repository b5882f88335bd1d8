"""The index of a chip and tier: what comes in, and the value of a day."""

import pytest

from exchange.reference.house.index import known_values
from tests.reference.house.scenes import play

START = "start 2027-01-11\n"


@pytest.mark.rule("INDEX-002")
def test_a_day_is_taken_at_noon_of_the_next() -> None:
    month = "H100.G90.F27/I"
    state = play(f"{START}11:59 deposit A 1\n")
    assert len(known_values(state, state.contracts[month])) == 9
    state = play(f"{START}12:00 deposit A 1\n")
    assert known_values(state, state.contracts[month]) == [2810] * 10


@pytest.mark.rule("INDEX-002")
def test_prints_are_refused_for_named_reasons() -> None:
    play(
        f"""{START}index H100.G90 2027-01-20 0 -> refused OUT_OF_RANGE
index H100.G90 2027-01-20 100001 -> refused OUT_OF_RANGE
index H100.G90 2027-01-11 2811 now -> refused EARLY
index H100.G90 2027-01-09 2811 now -> refused FROZEN
index H100.G95 2027-01-11 2811 -> refused SOURCE
index H100.G90 2027-01-10 2811
12:00 expect index H100.G90 2027-01-10 2811 PRINT
"""
    )


@pytest.mark.rule("INDEX-003")
def test_rentals_stand_in_for_an_external_print_from_the_third_day_on() -> None:
    rentals = "".join(f"rental H100.G90 2027-01-13 S{one} 1000h @290{one}\n" for one in (1, 2, 3))
    play(
        f"""{START}index H100.G90 2027-01-11..2027-01-13 none
{rentals}day 2027-01-15
expect index H100.G90 2027-01-12 2810 CARRIED
expect index H100.G90 2027-01-13 2902 CDP
"""
    )


@pytest.mark.rule("INDEX-003")
def test_a_committee_answers_only_a_day_that_waits_and_the_next_print_is_far_from_it() -> None:
    play(
        f"""{START}index H100.G90 2027-01-11..2027-01-13 none
committee H100.G90 2027-01-13 2805 -> refused UNKNOWN
day 2027-01-14
12:00 committee H100.G90 2027-01-12 2805 -> refused FROZEN
committee H100.G90 2027-01-13 9000
expect index H100.G90 2027-01-13 9000 COMMITTEE
day 2027-01-15
12:00 expect index H100.G90 2027-01-14 none MISSING
"""
    )


@pytest.mark.rule("INDEX-003")
def test_a_month_that_waits_takes_the_last_value_on_day_3() -> None:
    play(
        """start 2027-01-29
index H100.G90 2027-01-29..2027-02-02 none
trade A buys 1 H100.G90.F27/I @2810 from B
day 2027-02-02
12:30 expect state H100.G90.F27/I EXPIRED
expect index H100.G90 2027-01-31 none MISSING
day 2027-02-03
12:00 expect index H100.G90 2027-01-31 2810 LAST
expect state H100.G90.F27/I SETTLED
expect position A H100.G90.F27/I 0
"""
    )


@pytest.mark.rule("INDEX-003")
def test_a_committee_lets_an_ended_month_settle_at_the_next_noon() -> None:
    play(
        """start 2027-01-29
index H100.G90 2027-01-29..2027-02-02 none
day 2027-02-01
12:30 committee H100.G90 2027-01-31 2841
expect state H100.G90.F27/I EXPIRED
day 2027-02-02
12:00 expect settle H100.G90.F27/I 2811 FINAL
"""
    )
