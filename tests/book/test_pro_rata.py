"""How a level of a pro-rata book is shared: TOP, lead makers, a part by time, then by size (PRO-002 to PRO-006).

What holds for every level and all terms is a property: tests/properties/test_pro_rata.py.
"""

import pytest

from tests.played import play


def shares(lots: int, before: str, parameters: str) -> dict[str, int]:
    """What each order of a level gets of an aggressor."""
    events = play(f"N t B{lots}@100", before, f"algo=prorata {parameters}").events
    trades = [event.split() for event in events if event.startswith("TRD")]
    return {name: int(what.split("@")[0]) for _, name, _, what in trades}


@pytest.mark.rule("PRO-002")
def test_top_comes_first_up_to_its_bound() -> None:
    assert shares(6, "a S10@100; b S10@100", "") == {"a": 6}
    assert shares(6, "a S10@100; b S10@100", "topmax=2") == {"a": 4, "b": 2}


@pytest.mark.rule("PRO-003")
def test_a_lead_maker_gets_its_percentage_before_all_others() -> None:
    assert shares(20, "a S40@100; b S40@100 lmm=50", "top=0") == {"a": 6, "b": 14}


@pytest.mark.rule("PRO-004")
def test_a_part_goes_by_time_and_the_rest_by_size() -> None:
    by_time, by_size = 10, {"a": 10 * 10 // 70, "b": 10 * 60 // 70}
    left = 20 - by_time - sum(by_size.values())
    wanted = {"a": by_time + by_size["a"] + left, "b": by_size["b"]}
    assert shares(20, "a S20@100; b S60@100", "top=0 split=50 minalloc=0") == wanted == {"a": 12, "b": 8}


@pytest.mark.rule("PRO-005", "PRO-006")
def test_shares_below_the_minimum_are_none_and_what_is_left_goes_by_time() -> None:
    assert shares(10, "a S10@100; b S10@100; c S80@100", "top=0 minalloc=2") == {"a": 2, "c": 8}


@pytest.mark.rule("PRO-001", "INV-014")
def test_an_aggressor_for_the_whole_level_leaves_nothing_to_share() -> None:
    assert shares(20, "a S5@100; b S15@100", "minalloc=9") == {"a": 5, "b": 15}
