"""A pro-rata pass over a level: own orders leave first, shares trade, icebergs refresh (PRO-007, SMP-007)."""

import pytest

from exchange.limits import STEP_EVENTS
from tests.played import play


@pytest.mark.rule("SMP-007")
@pytest.mark.parametrize(
    ("mode", "answer"),
    [
        ("", "CXL b 5 SMP; TRD a t 3@100; TRD c t 3@100"),
        (":CA", "CXL t 6 SMP"),
        (":CB", "CXL b 5 SMP; CXL t 6 SMP"),
    ],
)
def test_own_orders_are_dealt_with_before_the_level_is_shared(mode: str, answer: str) -> None:
    market = play(f"N t B6@100 smp=Z{mode}", "a S10@100; b S5@100 smp=Z; c S10@100", "algo=prorata top=0")
    assert market.text == f"ACK t; {answer}"


@pytest.mark.rule("PRO-007")
def test_icebergs_refresh_when_all_shares_have_traded_and_the_level_is_shared_again() -> None:
    market = play("N t B20@100", "a S10@100 disp=4; b S10@100", "algo=prorata top=0")
    assert market.text == (
        "ACK t; TRD a t 4@100; TRD b t 10@100; RFR a vis=4; TRD a t 4@100; RFR a vis=2; TRD a t 2@100"
    )


@pytest.mark.rule("PRO-007", "INV-020")
def test_a_level_longer_than_the_event_buffer_is_shared_in_steps() -> None:
    before = "; ".join(f"o{number} S{1 + number % 7}@100" for number in range(STEP_EVENTS + 9))
    line = ("N t B99@100", before, "algo=prorata top=0 minalloc=0")
    short = play(*line, STEP_EVENTS)
    assert short.events == play(*line).events and not short.engine.states["shares"].any()
