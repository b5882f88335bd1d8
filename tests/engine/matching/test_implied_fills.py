"""An implied fill is one group: an order of each book, all or nothing, at prices that add up (IMP-007, IMP-008)."""

import pytest

from exchange.codes import CommandKind, EventKind, Side, TimeInForce
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


@pytest.mark.rule("SMP-010", "IMP-008")
def test_an_internal_leg_leaves_no_trace_in_its_book_but_the_lots() -> None:
    market = play("N t M1 B2@103", "s SP S2@4 smp=Z; k M2 S3@99 smp=Z", "imp=1")
    assert market.text == "ACK t; TRD s t 2@103 M1; TRD k s 2@99 M2 int"
    book = market.book("M2")
    assert not any(book[name] for name in ("has_last", "volume_lots", "volume_tick_lots", "last_trade_id", "day_high"))
    assert market.order("k").leaves_lots == 1
    assert [int(market.book(name).last_trade_id) for name in ("M1", "SP")] == [1, 2]


@pytest.mark.rule("SMP-010", "FEE-001")
@pytest.mark.parametrize(("owner", "fee"), [("smp=Z", 0), ("smp=Y", 6)])
def test_an_internal_leg_pays_no_fee(owner: str, fee: int) -> None:
    market = play("-", f"s SP S2@4 smp=Z; k M2 S3@99 {owner}", "imp=1")
    for name in ("M1", "M2", "SP"):
        market.book(name).maker_fee = 3
    row = {"instrument": 1, "side": Side.BUY, "price": 103, "lots": 2, "tif": TimeInForce.IOC}
    fills = [event for event in market.send(CommandKind.NEW, **row) if event.kind == EventKind.FILL]
    assert [(event.instrument, event.fee_mills) for event in fills] == [(1, 0), (2, fee), (3, 6)]
    assert market.fees_mills == 6 + fee


@pytest.mark.rule("IMP-008", "ICE-002")
def test_a_maker_that_is_an_iceberg_shows_its_next_slice() -> None:
    market = play("N t SP B2@5", "f M1 S4@103 disp=2; k M2 B9@99", "imp=1")
    assert market.text == "ACK t; TRD f t 2@103 M1; TRD k t 2@99 M2; RFR f vis=2"


@pytest.mark.rule("BAND-009", "IMP-008")
def test_one_breach_blocks_all_of_the_group() -> None:
    market = play("N t SP B5@16 ioc", "f M1 S5@109; k M2 B5@93", "imp=1 vel=5 ref=100 ref.M2=93")
    assert not [event for event in market.events if event.startswith("TRD")]
    assert market.order("f").leaves_lots == market.order("k").leaves_lots == 5
