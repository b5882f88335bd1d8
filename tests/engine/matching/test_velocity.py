"""After a breach: what the aggressor's rest does, which market is reserved, what leaves it (BAND-006 to BAND-008)."""

import pytest

from exchange.codes import MarketState
from tests.played import play

BREACH = "a S1@104; b S2@106"
PARAMETERS = "ref=100 vel=5"


@pytest.mark.rule("BAND-006", "BAND-007")
@pytest.mark.parametrize(
    ("order", "rest"),
    [
        ("B3@112", "STA reserved; RST t 2@112"),
        ("B3@112 ioc", "CXL t 2 VELOCITY"),
        ("B3@mkt", "CXL t 2 VELOCITY"),
        ("B3@112 min=1", "CXL t 2 VELOCITY"),
    ],
)
def test_a_rest_waits_for_the_uncross_or_leaves(order: str, rest: str) -> None:
    market = play(f"N t {order}", BREACH, PARAMETERS)
    assert market.events[:2] == ["ACK t", "TRD a t 1@104"]
    assert rest.split("; ")[-1] in market.events


@pytest.mark.rule("BAND-007", "MMP-002")
def test_quotes_of_the_book_leave_before_the_rest_joins_it() -> None:
    market = play("N t B3@112", f"MQ mm M1:1@95/1@111; {BREACH}", PARAMETERS)
    assert market.events[2:] == ["STA reserved", "CXL mm.M1b 1 VELOCITY", "CXL mm.M1a 1 VELOCITY", "RST t 2@112"]


@pytest.mark.rule("BAND-008")
def test_a_breach_of_the_lead_month_reserves_its_group_and_of_another_month_that_alone() -> None:
    far = "c M2 S1@109"
    lead = play("N t B3@112", f"{BREACH}; {far}", PARAMETERS)
    assert lead.state.groups[1].state == lead.book("M2").market_state == MarketState.RESERVED
    other = play("N t M2 B1@110", far, "ref=100 ref.M2=100 vel=5")
    assert (other.book("M1").market_state, other.book("M2").market_state) == (MarketState.OPEN, MarketState.RESERVED)
