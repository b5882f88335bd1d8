"""ADJUST: a published settlement is corrected by cash, of two people, to the mill."""

from typing import Any

import msgspec
import pytest

from exchange.clearing_codes import CashReason, HouseAccount
from exchange.codes import CommandKind, EventFlag, EventKind
from exchange.engine import query
from exchange.engine.control.checks import ControlError
from exchange.units import MONEY_MAX
from tests.engine.control.house.test_settled_days import DAY, F27_ID, funded_with_ids, settle
from tests.funded import F27, RICH, Funded

PAY = {"instrument_id": F27_ID, "day": DAY, "amounts": [(7, 7_440), (RICH, -7_440), (8, 0)], "by_two": True}


def adjusted() -> Funded:
    funded = funded_with_ids()
    funded.account(7, 10**9), funded.account(8)
    settle(funded, DAY)
    return funded


@pytest.mark.rule("SETTLE-011", "INV-018")
def test_what_some_pay_others_receive_and_each_is_told_which_settlement_it_is_about() -> None:
    funded = adjusted()
    before = {number: query.margin(funded.pair.fast.engine.states, number).cash_mills for number in (7, 8, RICH)}
    events = funded.pair.control(CommandKind.ADJUST, PAY)
    funded.pair.compare_accounts()
    found = [(event.account, event.amount_mills, event.trading_day, event.instrument) for event in events]
    assert found == [(7, 7_440, DAY, F27), (RICH, -7_440, DAY, F27)]
    assert {(event.kind, event.cash_reason, event.flags) for event in events} == {
        (EventKind.CASH_MOVED, CashReason.ADJUSTMENT, EventFlag.MARGIN)
    }
    states = funded.pair.fast.engine.states
    paid = {number: query.margin(states, number).cash_mills - cash for number, cash in before.items()}
    assert paid == {7: 7_440, RICH: -7_440, 8: 0}
    assert query.totals(states).house_mills[HouseAccount.VARIATION] == 0


@pytest.mark.rule("SETTLE-011", "SEC-061")
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"day": DAY + 1}, "UNKNOWN"),
        ({"day": DAY - 1}, "UNKNOWN"),
        ({"instrument_id": 5}, "UNKNOWN"),
        ({"instrument_id": 0}, "UNKNOWN"),
        ({"amounts": [(7, 7_440), (RICH, -7_441)]}, "UNBALANCED"),
        ({"amounts": []}, "UNBALANCED"),
        ({"day": DAY + 1, "amounts": [(7, 1)]}, "UNKNOWN"),
        ({"amounts": [(7, 1), (3, -1)]}, "UNKNOWN_ACCOUNT"),
        ({"amounts": [(7, 1), (7, -1)]}, "adjust"),
        ({"amounts": [(7, 10**15 + 1), (RICH, -(10**15) - 1)]}, "adjust"),
        ({"by_two": False}, "an adjustment takes two people (SEC-061)"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason_and_changes_nothing(change: dict[str, Any], reason: str) -> None:
    engine = adjusted().pair.fast.engine
    before = engine.state_hash()
    with pytest.raises(ControlError) as caught:
        engine.check_control(CommandKind.ADJUST, msgspec.json.encode(PAY | change))
    assert str(caught.value).split(":")[0] == reason
    assert engine.state_hash() == before


@pytest.mark.rule("SPEC-004")
def test_no_adjustment_leads_to_cash_that_the_engine_cannot_count() -> None:
    engine = adjusted().pair.fast.engine
    engine.states[0].accounts[7].cash_mills = MONEY_MAX - 7_439
    with pytest.raises(ControlError, match="adjust: cash of account 7"):
        engine.check_control(CommandKind.ADJUST, msgspec.json.encode(PAY))


@pytest.mark.rule("SETTLE-011")
def test_an_adjustment_of_an_instrument_that_has_ended_names_no_book() -> None:
    funded = adjusted()
    funded.pair.fast.engine.states[0].books[F27].instrument_id = 0
    (event, _) = funded.pair.fast.control(CommandKind.ADJUST, PAY)
    assert event.instrument == 0 and event.amount_mills == 7_440
