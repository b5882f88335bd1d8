"""An implied fill is one group: an order of each book, all or nothing, at prices that add up (IMP-007, IMP-008)."""

import pytest

from tests.played import play


@pytest.mark.rule("IMP-007", "IMP-008")
def test_an_implied_fill_trades_an_order_of_each_leg() -> None:
    market = play("N t SP B9@5", "f M1 S3@103; g M1 S4@103; k M2 B5@99; l M2 B5@98", "imp=1")
    groups = ["TRD f t 3@103 M1; TRD k t 3@99 M2", "TRD g t 2@103 M1; TRD k t 2@99 M2"]
    groups.append("TRD g t 2@103 M1; TRD l t 2@98 M2")
    assert market.text == f"ACK t; {'; '.join(groups)}; RST t 2@5"


@pytest.mark.rule("IMP-007", "IMP-010")
def test_an_aggressor_of_a_leg_trades_with_the_combination_and_the_other_leg() -> None:
    market = play("N t M1 B2@103", "s SP S2@4; k M2 S2@99", "imp=1")
    assert market.text == "ACK t; TRD s t 2@103 M1; TRD k s 2@99 M2"
    assert not market.engine.states["route"].view("u1").any(), "nothing is left of the search"


@pytest.mark.rule("IMP-008", "ICE-002")
def test_a_maker_that_is_an_iceberg_shows_its_next_slice() -> None:
    market = play("N t SP B2@5", "f M1 S4@103 disp=2; k M2 B9@99", "imp=1")
    assert market.text == "ACK t; TRD f t 2@103 M1; TRD k t 2@99 M2; RFR f vis=2"


@pytest.mark.rule("BAND-009", "IMP-008")
def test_one_breach_blocks_all_of_the_group() -> None:
    market = play("N t SP B5@16 ioc", "f M1 S5@109; k M2 B5@93", "imp=1 vel=5 ref=100 ref.M2=93")
    assert not [event for event in market.events if event.startswith("TRD")]
    assert market.order("f").leaves_lots == market.order("k").leaves_lots == 5
